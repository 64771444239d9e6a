// JSON values to and from the library, and what it throws.

package query

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/dop251/goja"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// reads says which part of its variables an expression looks at; the rest is not converted for it.
type reads struct {
	all     bool // everything from here on
	members map[string]*reads
}

// newReads takes over the list of paths that functions.js found; null stands for everything.
func newReads(paths goja.Value) *reads {
	root := &reads{all: goja.IsNull(paths)}
	if root.all {
		return root
	}
	list, _ := paths.Export().([]any)
	for _, path := range list {
		at := root
		names, _ := path.([]any)
		for _, name := range names {
			at = at.member(name.(string))
		}
		at.all = true
	}
	return root
}

func (r *reads) member(name string) *reads {
	if r.members == nil {
		r.members = map[string]*reads{}
	}
	if r.members[name] == nil {
		r.members[name] = &reads{}
	}
	return r.members[name]
}

// bindings converts the variables that the expression mentions.
func (r *reads) bindings(js *goja.Runtime, variables map[string]any) goja.Value {
	object := js.NewObject()
	for name, value := range variables {
		if r.all {
			set(js, object, name, toJS(js, value, r))
		} else if of, ok := r.members[name]; ok {
			set(js, object, name, toJS(js, value, of))
		}
	}
	return object
}

func toJS(js *goja.Runtime, value any, r *reads) goja.Value {
	switch v := value.(type) {
	case *jsonvalue.Object:
		object := js.NewObject()
		for name, member := range v.All() {
			if r.all {
				set(js, object, name, toJS(js, member, r))
			} else if of, ok := r.members[name]; ok {
				set(js, object, name, toJS(js, member, of))
			}
		}
		return object
	case jsonvalue.Number:
		n, _ := jsonvalue.Float(v)
		return js.ToValue(n)
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = toJS(js, item, r) // a step through an array looks at each item
		}
		return js.NewArray(items...)
	default:
		return js.ToValue(v)
	}
}

// set defines a member, even one named __proto__, which an assignment would take for the prototype.
func set(js *goja.Runtime, object *goja.Object, name string, value goja.Value) {
	if name == "__proto__" {
		_ = object.DefineDataProperty(name, value, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
		return
	}
	_ = object.Set(name, value)
}

// fromJS converts a result. defined is false for undefined.
func fromJS(value goja.Value, depth int) (v any, defined bool, err error) {
	if depth > maxDepth {
		return nil, false, &thrownError{Message: errDepth.Error()}
	}
	switch {
	case value == nil, goja.IsUndefined(value):
		return nil, false, nil
	case goja.IsNull(value):
		return nil, true, nil
	}
	object, ok := value.(*goja.Object)
	if !ok {
		v, err = fromPrimitive(value)
		return v, true, err
	}
	if _, isFunction := goja.AssertFunction(object); isFunction || isProcedure(object) {
		return nil, false, &thrownError{Message: "the result is or contains a function, which JSON cannot represent"}
	}
	if object.ClassName() == "Array" {
		v, err = fromArray(object, depth)
		return v, true, err
	}
	members := jsonvalue.NewObject(0)
	for _, name := range object.Keys() {
		member, defined, err := fromJS(object.Get(name), depth+1)
		if err != nil {
			return nil, false, err
		}
		if defined {
			members.Set(name, member)
		}
	}
	return members, true, nil
}

func fromArray(array *goja.Object, depth int) (any, error) {
	items := make([]any, array.Get("length").ToInteger())
	for i := range items {
		item, _, err := fromJS(array.Get(strconv.Itoa(i)), depth+1)
		if err != nil {
			return nil, err
		}
		items[i] = item
	}
	return items, nil
}

func fromPrimitive(value goja.Value) (any, error) {
	switch v := value.Export().(type) {
	case int64:
		return float64(v), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, &thrownError{Code: "D1001", Message: fmt.Sprintf("Number out of range: %v", v)}
		}
		if v == 0 {
			return 0.0, nil // JSON has no negative zero
		}
		return v, nil
	case string, bool:
		return v, nil
	default:
		return nil, &thrownError{Message: fmt.Sprintf("the result is a %T, which JSON cannot represent", v)}
	}
}

// isProcedure recognizes the library's own function objects.
func isProcedure(object *goja.Object) bool {
	for _, mark := range []string{"_jsonata_lambda", "_jsonata_function"} {
		if v := object.Get(mark); v != nil && v.ToBoolean() {
			return true
		}
	}
	return false
}

// thrownError is what the library threw: its code (T2001, D3030, ...), where it has one, and message.
type thrownError struct{ Code, Message string }

func (e *thrownError) Error() string {
	if e.Code == "" {
		return e.Message
	}
	return e.Code + ": " + e.Message
}

func thrown(err error) error {
	var exception *goja.Exception
	if errors.As(err, &exception) {
		return thrownValue(exception.Value())
	}
	return &thrownError{Message: err.Error()}
}

func thrownValue(value goja.Value) error {
	object, ok := value.(*goja.Object)
	if !ok {
		return &thrownError{Message: value.String()}
	}
	text := func(name string) string {
		if v := object.Get(name); v != nil && !goja.IsUndefined(v) && !goja.IsNull(v) {
			return v.String()
		}
		return ""
	}
	e := &thrownError{Code: text("code"), Message: text("message")}
	if e.Message == "" && e.Code == "" {
		e.Message = value.String()
	}
	return e
}
