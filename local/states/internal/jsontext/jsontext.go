// Package jsontext turns the JSON values of state machines into text and back.
package jsontext

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Encode is json.Marshal without the escaping for HTML.
func Encode(value any) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", fmt.Errorf("encode a JSON document: %w", err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// Decode returns the value of a text.
func Decode(text []byte) (any, error) {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, fmt.Errorf("decode a JSON document: %w", err)
	}
	return value, nil
}

// KindOf names a JSON value's type as JSONata and AWS's messages do.
func KindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64, json.Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	default:
		return "object"
	}
}
