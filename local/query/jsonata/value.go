// The values of an evaluation: those of jsonvalue, and what exists only while an expression is evaluated.

package jsonata

import (
	"math"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// Undefined is the absence of a value, which is not null.
type Undefined struct{}

var undefined any = Undefined{}

// list is an array that an evaluation made. One that came from outside is a plain []any, and is never
// changed. The marks are those of the reference implementation: they decide when an array of one item
// stands for the item, and when an array within an array is flattened.
type list struct {
	items         []any
	sequence      bool // made by a path or a function: one item stands for itself, none is undefined
	keepSingleton bool // the expression asked for an array, by []
	cons          bool // made by [...] as a step: not flattened into others
	outerWrapper  bool // holds the input document, which is an array
	tuples        bool // its items are *tuple

	growth *growth // not nil: items may grow in place, see appendItems
}

// object is an object that an evaluation made: unlike one from outside it may hold what JSON cannot.
type object struct {
	*jsonvalue.Object
	finished bool // is part of the result already
}

// tuple is an item of a path that carries variables along: by @ and #, and for the parent operator.
type tuple struct {
	at     any
	names  []string
	values []any
}

func newSequence(items ...any) *list { return &list{items: items, sequence: true} }

func newArray(items []any) *list { return &list{items: items} }

func newObject(capacity int) *object { return &object{Object: jsonvalue.NewObject(capacity)} }

// itemsOf returns an array's items.
func itemsOf(value any) ([]any, bool) {
	switch v := value.(type) {
	case []any:
		return v, true
	case *list:
		return v.items, true
	}
	return nil, false
}

// itemsOrOne returns an array's items; any other value is taken for an array of one.
func itemsOrOne(value any) []any {
	if items, ok := itemsOf(value); ok {
		return items
	}
	return []any{value}
}

func isArray(value any) bool {
	_, ok := itemsOf(value)
	return ok
}

func isSequence(value any) bool {
	l, ok := value.(*list)
	return ok && l.sequence
}

func isCons(value any) bool {
	l, ok := value.(*list)
	return ok && l.cons
}

// isTuples tells a stream of tuples.
func isTuples(value any) bool {
	l, ok := value.(*list)
	return ok && l.tuples
}

// membersOf returns an object's members.
func membersOf(value any) (*jsonvalue.Object, bool) {
	switch v := value.(type) {
	case *jsonvalue.Object:
		return v, true
	case *object:
		return v.Object, true
	case *tuple:
		members := jsonvalue.NewObject(len(v.names)+1).Set("@", v.at)
		for i, name := range v.names {
			members.Set(name, v.values[i])
		}
		return members, true
	}
	return nil, false
}

// numberOf returns any number, even one that JSON does not have.
func numberOf(value any) (float64, bool) {
	if f, ok := value.(float64); ok {
		return f, true
	}
	return jsonvalue.Float(value)
}

// numeric returns a number that can be calculated with. NaN is none, and an infinity is an error.
func numeric(value any) (float64, bool, error) {
	f, ok := numberOf(value)
	switch {
	case !ok || math.IsNaN(f):
		return 0, false, nil
	case math.IsInf(f, 0):
		return 0, false, failValue("D1001", value)
	}
	return f, true, nil
}

// A kind is the symbol of a type in function signatures.
type kind byte

const (
	kindMissing  kind = 'm'
	kindNull     kind = 'l'
	kindBoolean  kind = 'b'
	kindNumber   kind = 'n'
	kindString   kind = 's'
	kindArray    kind = 'a'
	kindObject   kind = 'o'
	kindFunction kind = 'f'
)

// ordered tells whether values of a type can be compared with others of it.
func (k kind) ordered() bool { return k == kindString || k == kindNumber }

func kindOf(value any) kind {
	switch value.(type) {
	case Undefined:
		return kindMissing
	case nil:
		return kindNull
	case bool:
		return kindBoolean
	case float64, jsonvalue.Number:
		return kindNumber
	case string:
		return kindString
	case []any, *list:
		return kindArray
	case function:
		return kindFunction
	}
	return kindObject
}

// same is JavaScript's ===: arrays and objects are the same only if they are one.
func same(a, b any) bool {
	switch x := a.(type) {
	case []any:
		y, ok := b.([]any)
		return ok && len(x) == len(y) && len(x) > 0 && &x[0] == &y[0]
	case float64, jsonvalue.Number:
		y, ok := numberOf(b)
		f, _ := numberOf(a)
		return ok && f == y
	}
	if _, ok := b.([]any); ok {
		return false // not comparable by ==
	}
	return a == b
}

// equal compares by content, objects whatever the order of their members.
func (ev *evaluation) equal(a, b any) (bool, error) {
	if err := ev.enter(); err != nil {
		return false, err
	}
	defer ev.leave()
	if x, ok := itemsOf(a); ok {
		y, ok := itemsOf(b)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		for i := range x {
			if ok, err := ev.equal(x[i], y[i]); !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	}
	if x, ok := membersOf(a); ok {
		y, ok := membersOf(b)
		if !ok || x.Len() != y.Len() {
			return false, nil
		}
		for name, value := range x.All() {
			other, ok := y.Get(name)
			if !ok {
				return false, nil
			}
			if ok, err := ev.equal(value, other); !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	}
	return same(a, b), nil
}

// boolean casts a value; an undefined one is not defined.
func (ev *evaluation) boolean(value any) (result, defined bool, err error) {
	switch v := value.(type) {
	case Undefined:
		return false, false, nil
	case nil:
		return false, true, nil
	case bool:
		return v, true, nil
	case string:
		return v != "", true, nil
	case float64, jsonvalue.Number:
		f, ok, err := numeric(v)
		return ok && f != 0, true, err
	case *lambda, *builtin, *partial:
		return true, true, nil // objects, to the reference implementation
	case function:
		return false, true, nil
	}
	if items, ok := itemsOf(value); ok {
		for _, item := range items {
			if err := ev.tick(); err != nil {
				return false, true, err
			}
			if result, _, err := ev.boolean(item); result || err != nil {
				return result, true, err
			}
		}
		return false, true, nil
	}
	members, _ := membersOf(value)
	return members.Len() > 0, true, nil
}

// truthy is JavaScript's own idea of truth, which a comparator's result is judged by.
func truthy(value any) bool {
	switch v := value.(type) {
	case Undefined, nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case float64, jsonvalue.Number:
		f, _ := numberOf(v)
		return f != 0 && !math.IsNaN(f)
	}
	return true
}
