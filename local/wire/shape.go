package wire

// This file reads the Go values that operations answer with, as encoding/json
// would: the members of their structs, and what stands for them.

import (
	"cmp"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// member is a member of a shape. Its names in XML and in forms are those of the
// tags xml and query, where they are not the one in JSON. A list or a map with
// the tag flat has no element around its own; a map calls its keys what it says.
type member struct {
	name     string // in JSON
	xml      string // in XML
	flat     string // what a flat list or map calls its keys; or empty
	query    string // in forms
	optional bool   // whether it is left out when it is empty
	field    reflect.StructField
}

// membersOf returns the members of a struct, in order.
func membersOf(t reflect.Type) []member {
	var members []member
	for _, field := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || name == "-" || field.Anonymous && name == "" { // the fields of an embedded struct stand for it
			continue
		}
		if name == "" {
			name = field.Name
		}
		members = append(members, member{
			name: name, xml: cmp.Or(field.Tag.Get("xml"), name), flat: field.Tag.Get("flat"), query: cmp.Or(field.Tag.Get("query"), name),
			optional: strings.Contains(options, "omit"), field: field,
		})
	}
	return members
}

// get returns the member of a struct; false for one that is left out.
func (m member) get(v reflect.Value) (reflect.Value, bool) {
	value, err := v.FieldByIndexErr(m.field.Index)
	if err != nil { // in an embedded pointer that is nil
		return value, false
	}
	if m.optional && isEmpty(value) {
		return value, false
	}
	value = dereference(value)
	return value, value.IsValid()
}

// isEmpty is what encoding/json calls empty: a pointer is not, unless it is nil.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

func indirect(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// dereference returns what a pointer or an interface holds; the zero Value for nil.
func dereference(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v
}

// reduce returns the value that stands for one with a JSON of its own: what
// its JSON decodes to.
func reduce(v reflect.Value) (reflect.Value, error) {
	switch v.Interface().(type) {
	case cloud.Time, cloud.Double:
		return v, nil
	}
	marshaler, ok := v.Interface().(json.Marshaler)
	if !ok {
		return v, nil
	}
	raw, err := marshaler.MarshalJSON()
	if err != nil {
		return v, err
	}
	var decoded any
	if err := json.Unmarshal(raw, &decoded); err != nil {
		return v, err
	}
	return reflect.ValueOf(decoded), nil
}
