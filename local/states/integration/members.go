// This file names the members of requests and answers. A task names them after the
// AWS SDK for Java, in PascalCase; the API has names of its own. What is a member and
// what the key of a map follows from the Go types that the engine has for the action.

package integration

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/states/integration/shapes"
)

// members translates names for one service.
type members struct {
	lower bool     // its API's begin with a lower-case letter
	known sync.Map // by type of struct, map[string]field by a task's name
}

// field is a member of an API.
type field struct {
	name  string
	index []int
	is    reflect.Type
}

// of returns a struct's members by the names that a task may have for them: that
// of the API's is one if it begins with an upper-case letter.
func (m *members) of(t reflect.Type) map[string]field {
	if found, ok := m.known.Load(t); ok {
		return found.(map[string]field)
	}
	fields := map[string]field{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		own := field{name, f.Index, f.Type}
		fields[shapes.TaskName(name)] = own
		fields[name] = own
	}
	m.known.Store(t, fields)
	return fields
}

// toAPI translates the request of an action, whose type is nil where it is not known.
// What begins with a lower-case letter is no name for a member.
func (m *members) toAPI(action string, value any, t reflect.Type) (any, error) {
	t = readAs(t)
	switch v := value.(type) {
	case *jsonvalue.Object:
		return m.objectToAPI(action, v, t)
	case []any:
		var element reflect.Type
		if t != nil && t.Kind() == reflect.Slice {
			element = t.Elem()
		}
		list := make([]any, len(v))
		for i, item := range v {
			var err error
			if list[i], err = m.toAPI(action, item, element); err != nil {
				return nil, err
			}
		}
		return list, nil
	default:
		return value, nil
	}
}

// readAs is the type as which JSON is read into one; nil for one that reads it by
// itself, or takes anything.
func readAs(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return nil
	}
	if shaped, ok := reflect.Zero(t).Interface().(cloud.Shaped); ok {
		return reflect.TypeOf(shaped.Shape())
	}
	anything := t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Interface
	if anything || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	return t
}

func (m *members) objectToAPI(action string, v *jsonvalue.Object, t reflect.Type) (any, error) {
	object := jsonvalue.NewObject(v.Len())
	for name, member := range v.All() {
		to, is, err := m.apiName(action, name, t)
		if err != nil {
			return nil, err
		}
		translated, err := m.toAPI(action, member, is)
		if err != nil {
			return nil, err
		}
		object.Set(to, translated)
	}
	return object, nil
}

// apiName is the API's name for what a task names within a type, with its own type.
func (m *members) apiName(action, name string, t reflect.Type) (string, reflect.Type, error) {
	switch {
	case t == nil && m.lower:
		return shapes.LowerFirst(name), nil, nil
	case t == nil || t.Kind() != reflect.Map && t.Kind() != reflect.Struct:
		return name, nil, nil
	case t.Kind() == reflect.Map:
		return name, t.Elem(), nil
	case shapes.LowerFirst(name) == name:
		return "", nil, errors.New("The field '" + name + "' is not supported by Step Functions")
	}
	known, ok := m.of(t)[name]
	if !ok {
		return "", nil, cloud.NotHonoured(action, name)
	}
	return known.name, known.is, nil
}

// answer translates the answer of an action, which may be written as a map.
func (m *members) answer(value, from any) any {
	v, isObject := value.(*jsonvalue.Object)
	of := reflect.ValueOf(from)
	if !isObject || of.Kind() != reflect.Map {
		return m.fromAPI(value, of)
	}
	object := jsonvalue.NewObject(v.Len())
	for name, member := range v.All() {
		inside, _ := m.inside(of, name)
		object.Set(shapes.TaskName(name), m.fromAPI(member, inside))
	}
	return object
}

// fromAPI translates a part of an answer, of which the engine has the Go value; it is
// the zero Value where it has none. Times are texts.
func (m *members) fromAPI(value any, from reflect.Value) any {
	for from.IsValid() && (from.Kind() == reflect.Pointer || from.Kind() == reflect.Interface) {
		from = from.Elem()
	}
	if from.IsValid() && from.CanInterface() {
		switch own := from.Interface().(type) {
		case cloud.Time:
			return time.Time(own).UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
		case cloud.Shaped:
			from = reflect.ValueOf(own.Shape())
		case json.Marshaler:
			from = reflect.Value{}
		}
	}
	switch v := value.(type) {
	case *jsonvalue.Object:
		return m.objectFromAPI(v, from)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			var element reflect.Value
			if from.IsValid() && from.Kind() == reflect.Slice && i < from.Len() {
				element = from.Index(i)
			}
			list[i] = m.fromAPI(item, element)
		}
		return list
	default:
		return value
	}
}

func (m *members) objectFromAPI(v *jsonvalue.Object, from reflect.Value) any {
	object := jsonvalue.NewObject(v.Len())
	for name, member := range v.All() {
		inside, isKey := m.inside(from, name)
		if !isKey {
			name = shapes.TaskName(name)
		}
		object.Set(name, m.fromAPI(member, inside))
	}
	return object
}

// inside returns what a value has under a name, and whether that is a key of users'
// own. A map of anything is written in the place of a struct.
func (m *members) inside(from reflect.Value, name string) (inside reflect.Value, isKey bool) {
	switch {
	case !from.IsValid():
		return inside, !m.lower // as of old: only what is known is renamed
	case from.Kind() == reflect.Map && from.Type().Key().Kind() == reflect.String:
		isKey = from.Type().Elem().Kind() != reflect.Interface
		return from.MapIndex(reflect.ValueOf(name).Convert(from.Type().Key())), isKey
	case from.Kind() == reflect.Struct:
		if f, ok := m.of(from.Type())[name]; ok {
			inside, _ = from.FieldByIndexErr(f.index)
		}
	}
	return inside, false
}
