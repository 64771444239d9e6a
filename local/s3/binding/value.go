package binding

// This file writes values as texts, and reads them.

import (
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// The formats of times. Headers have the first, all else the second, unless the
// type itself says which.
const (
	rfc822  = "rfc822"
	iso8601 = "iso8601"
)

// kindOf is the kind that a name of no shape stands for, and the format of a time
// that has one of its own.
func kindOf(name string) (kind Kind, format string) {
	first, format, _ := strings.Cut(name, " ")
	return Kind(first), format
}

// textOf writes a value; format is that of times which have none of their own.
func textOf(v reflect.Value, name, format string) string {
	_, own := kindOf(name)
	if own != "" {
		format = own
	}
	switch value := v.Interface().(type) {
	case cloud.Time:
		if format == rfc822 {
			return time.Time(value).UTC().Format(http.TimeFormat)
		}
		return value.String()
	case int64:
		return strconv.FormatInt(value, 10)
	case bool:
		return strconv.FormatBool(value)
	}
	return v.String()
}

// read is the value that a text stands for, as one of a type.
func read(text string, t reflect.Type) (reflect.Value, error) {
	v := reflect.New(t).Elem()
	var err error
	switch v.Interface().(type) {
	case cloud.Time:
		at, fault := http.ParseTime(text)
		if fault != nil {
			at, fault = time.Parse(time.RFC3339, text)
		}
		v.Set(reflect.ValueOf(cloud.Time(at)))
		err = fault
	case int64:
		n, fault := strconv.ParseInt(text, 10, 64)
		v.SetInt(n)
		err = fault
	case bool:
		truth, fault := strconv.ParseBool(text)
		v.SetBool(truth)
		err = fault
	default:
		v.SetString(text)
	}
	if err != nil {
		return v, fmt.Errorf("read %q as a %s: %w", text, t, err)
	}
	return v, nil
}
