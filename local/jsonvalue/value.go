// This file compares values, names their types, and takes over those of encoding/json.

package jsonvalue

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// KindOf names a value's type as JSONata and AWS's messages do: "null", "boolean", "number", "string", "array"
// or "object".
func KindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64, Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	default:
		return "object"
	}
}

// Equal tells whether two values are the same: numbers by what they are worth, objects whatever the order of
// their members.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case float64:
		if b, ok := b.(float64); ok {
			return a == b
		}
		return sameNumber(a, b)
	case Number:
		if b, ok := b.(Number); ok && a == b {
			return true
		}
		return sameNumber(a, b)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Equal)
	case *Object:
		b, ok := b.(*Object)
		return ok && sameMembers(a, b)
	default:
		switch b.(type) {
		case []any, *Object:
			return false // not comparable by ==
		}
		return a == b
	}
}

// sameNumber compares numbers of which at least one has kept its text: 1e2 is 100. Two integers that are too
// large for a float64 to tell apart are told apart by their digits.
func sameNumber(a, b any) bool {
	x, ok := Float(a)
	y, ok2 := Float(b)
	if !ok || !ok2 || x != y {
		return false
	}
	const exact = 1 << 53
	if math.Abs(x) <= exact {
		return true
	}
	s, t := numberText(a), numberText(b)
	return s == t || !isInteger(s) || !isInteger(t)
}

func numberText(value any) string {
	if n, ok := value.(Number); ok {
		return string(n)
	}
	return string(AppendFloat(nil, value.(float64)))
}

func isInteger(text string) bool { return !strings.ContainsAny(text, ".eE") }

func sameMembers(a, b *Object) bool {
	if a == b {
		return true
	}
	if a.Len() != b.Len() {
		return false
	}
	for name, value := range a.All() {
		if other, ok := b.Get(name); !ok || !Equal(value, other) {
			return false
		}
	}
	return true
}

// Of takes over a value of encoding/json, whose objects have no order: their members are sorted by name. Anything
// else stays what it is.
func Of(value any) any {
	switch v := value.(type) {
	case map[string]any:
		object := NewObject(len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			object.Set(name, Of(v[name]))
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = Of(item)
		}
		return list
	case json.Number:
		return number([]byte(v))
	case int:
		return float64(v)
	default:
		return value
	}
}

// Plain is a value as encoding/json would have read it, for what knows no other: objects lose the order of their
// members, and numbers their text. What is larger than any float64 becomes the largest.
func Plain(value any) any {
	switch v := value.(type) {
	case *Object:
		members := make(map[string]any, v.Len())
		for name, member := range v.All() {
			members[name] = Plain(member)
		}
		return members
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = Plain(item)
		}
		return list
	case Number:
		f, _ := strconv.ParseFloat(string(v), 64)
		return max(-math.MaxFloat64, min(f, math.MaxFloat64))
	default:
		return value
	}
}
