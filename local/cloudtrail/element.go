// What goes into a call and comes out of it, in the shape that records have.

package cloudtrail

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// parameters are the members of an input; nil for one without any.
func parameters(input json.RawMessage) map[string]any {
	var members map[string]any
	if json.Unmarshal(input, &members) != nil || len(members) == 0 {
		return nil
	}
	return renamed(members).(map[string]any)
}

// elements are the members of an output; nil for one without any.
func elements(output any) map[string]any {
	if raw, ok := output.(json.RawMessage); ok {
		return parameters(raw)
	}
	members, _ := element(reflect.ValueOf(output)).(map[string]any)
	if len(members) == 0 {
		return nil
	}
	return members
}

// renamed gives the members of all objects the names that records have.
func renamed(value any) any {
	switch v := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, member := range v {
			object[lowerFirst(name)] = renamed(member)
		}
		return object
	case []any:
		for i := range v {
			v[i] = renamed(v[i])
		}
	}
	return value
}

// element is a Go value as records have it; nil for one that they leave out.
func element(v reflect.Value) any {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		return nil
	}
	if at, ok := v.Interface().(cloud.Time); ok {
		return time.Time(at).UTC().Format("Jan 2, 2006 3:04:05 PM")
	}
	switch v.Kind() {
	case reflect.Struct:
		return members(v)
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = element(v.Index(i))
		}
		return list
	default:
		return v.Interface()
	}
}

// secret are members that no record shows.
var secret = map[string]bool{"SecretAccessKey": true, "SessionToken": true}

func members(v reflect.Value) map[string]any {
	object := map[string]any{}
	for _, field := range reflect.VisibleFields(v.Type()) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || field.Anonymous || name == "-" || secret[field.Name] {
			continue
		}
		if name == "" {
			name = field.Name
		}
		value := v.FieldByIndex(field.Index)
		if strings.Contains(options, "omit") && (value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0) {
			continue
		}
		if member := element(value); member != nil {
			object[lowerFirst(name)] = member
		}
	}
	return object
}

func lowerFirst(name string) string {
	for i, first := range name {
		return string(unicode.ToLower(first)) + name[i+len(string(first)):]
	}
	return name
}
