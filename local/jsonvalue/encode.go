// This file writes JSON.

package jsonvalue

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Append adds a value's text to a buffer. It has no blanks, and nothing is escaped for HTML. Numbers and strings
// are written as encoding/json and JavaScript write them. A json.RawMessage stands for the value whose text it is,
// and is written as it is.
func Append(dst []byte, value any) ([]byte, error) {
	var err error
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return dst, fmt.Errorf("encode a JSON document: %v is no number of JSON", v)
		}
		return AppendFloat(dst, v), nil
	case Number:
		return append(dst, v...), nil
	case string:
		return appendString(dst, v), nil
	case []any:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = Append(dst, item); err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	case *Object:
		return appendObject(dst, v)
	case json.RawMessage:
		return append(dst, v...), nil
	default:
		return dst, fmt.Errorf("encode a JSON document: %T is no value of it", value)
	}
}

func appendObject(dst []byte, o *Object) ([]byte, error) {
	dst = append(dst, '{')
	first := true
	for name, value := range o.All() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, name), ':')
		var err error
		if dst, err = Append(dst, value); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// appendString writes a string; what is not UTF-8 in it becomes U+FFFD, as encoding/json has it, and that is all
// that there could be an error about.
func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}

// Encode returns a value's text, as Append writes it.
func Encode(value any) (string, error) {
	text, err := Append(nil, value)
	if err != nil {
		return "", err
	}
	return string(text), nil
}

// Text is a value's text where there is nobody to tell that it has none, as in messages: Go's text stands in.
func Text(value any) string {
	text, err := Encode(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return text
}

// String is the object's text, for messages.
func (o *Object) String() string {
	text, err := Encode(o)
	if err != nil {
		return err.Error()
	}
	return text
}

// MarshalJSON makes an object a value of what encoding/json writes.
func (o *Object) MarshalJSON() ([]byte, error) { return appendObject(nil, o) }
