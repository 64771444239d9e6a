// Package match compiles the patterns by which services choose JSON: event
// patterns of EventBridge and filter policies of SNS. AWS makes both of them
// with one library, event-ruler, whose words the errors have.
//
// A pattern is an object that names fields which must all match; a list has
// alternatives, and $or joins objects. Patterns only ever look at leaves; a
// list in the data stands for each of its elements.
package match

// This file is patterns, compiled.

import (
	"encoding/json"
	"maps"
	"slices"
)

// A Dialect is what sets a service's patterns apart.
type Dialect struct {
	// MaxNumber bounds the numbers that a pattern compares with, either way.
	MaxNumber float64

	// Folding lets prefix and suffix take {"equals-ignore-case": string}.
	Folding bool

	// Negatable are the operators that anything-but takes, and Lists tells
	// whether each takes a list of strings there.
	Negatable []string
	Lists     bool

	// Valued makes null and the empty string fail {"exists": true}.
	Valued bool

	// Last is a field that is looked at after all others, as it costs more.
	Last string
}

// Pattern is a compiled pattern.
type Pattern struct{ root objectPattern }

// objectPattern holds where all its fields and alternatives hold.
type objectPattern struct {
	fields []fieldPattern
	or     [][]objectPattern // of each $or, one must hold
}

// fieldPattern is what one field must be: an object, or one of some values.
type fieldPattern struct {
	name   string
	object *objectPattern
	values []matcher
	absent bool // {"exists": false} is among the values
}

// Compile reads a pattern. Its errors are what AWS would refuse.
func (d Dialect) Compile(raw []byte) (*Pattern, error) {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return nil, refuse("Filter is not valid JSON: %w", err)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, refuse("Filter is not an object")
	}
	root, err := d.object(object, "")
	if err != nil {
		return nil, err
	}
	return &Pattern{root}, nil
}

func (d Dialect) object(object map[string]any, path string) (objectPattern, error) {
	var compiled objectPattern
	if len(object) == 0 {
		return compiled, refuse("Empty objects are not allowed, at %q", path)
	}
	for _, name := range d.order(object) {
		at := name
		if path != "" {
			at = path + "." + name
		}
		if alternatives := Alternatives(name, object[name]); alternatives != nil {
			var or []objectPattern
			for _, alternative := range alternatives {
				o, err := d.object(alternative, path)
				if err != nil {
					return compiled, err
				}
				or = append(or, o)
			}
			compiled.or = append(compiled.or, or)
			continue
		}
		field, err := d.field(name, object[name], at)
		if err != nil {
			return compiled, err
		}
		compiled.fields = append(compiled.fields, field)
	}
	return compiled, nil
}

func (d Dialect) order(object map[string]any) []string {
	names := slices.Sorted(maps.Keys(object))
	if i := slices.Index(names, d.Last); i >= 0 {
		names = append(slices.Delete(names, i, i+1), d.Last)
	}
	return names
}

// Alternatives returns the objects that a field joins if it is the operator
// $or: a list of two or more, none of which has an operator's name as a field.
// Any other field called $or is one as any other.
func Alternatives(name string, value any) []map[string]any {
	list, ok := value.([]any)
	if name != "$or" || !ok || len(list) < 2 {
		return nil
	}
	var objects []map[string]any
	for _, element := range list {
		object, ok := element.(map[string]any)
		if !ok {
			return nil
		}
		for field := range object {
			if operators[field] != nil {
				return nil
			}
		}
		objects = append(objects, object)
	}
	return objects
}

func (d Dialect) field(name string, value any, path string) (fieldPattern, error) {
	field := fieldPattern{name: name}
	switch v := value.(type) {
	case map[string]any:
		object, err := d.object(v, path)
		field.object = &object
		return field, err
	case []any:
		if len(v) == 0 {
			return field, refuse("Empty arrays are not allowed, at %q", path)
		}
		for _, element := range v {
			m, absent, err := d.value(element)
			if err != nil {
				return field, refuse("%w, at %q", err, path)
			}
			if absent {
				field.absent = true
				continue
			}
			field.values = append(field.values, m)
		}
		return field, nil
	default:
		return field, refuse("%q must be an object or an array", path)
	}
}

// A Node is a place in the data where a pattern may look.
type Node interface {
	Field(name string) (any, bool)
}

// Object is decoded JSON.
type Object map[string]any

// Field implements Node.
func (o Object) Field(name string) (any, bool) {
	value, ok := o[name]
	return value, ok
}

// Matches tells whether the pattern holds for the data.
func (p *Pattern) Matches(data Node) bool { return p.root.matches(data) }

func (o *objectPattern) matches(n Node) bool {
	for i := range o.fields {
		value, ok := n.Field(o.fields[i].name)
		if !o.fields[i].matches(value, ok) {
			return false
		}
	}
	for _, or := range o.or {
		if !slices.ContainsFunc(or, func(alternative objectPattern) bool { return alternative.matches(n) }) {
			return false
		}
	}
	return true
}

func (f *fieldPattern) matches(value any, ok bool) bool {
	if f.object != nil {
		return f.object.matchesAny(value)
	}
	if f.absent && !(ok && hasLeaf(value)) {
		return true
	}
	return ok && f.matchesLeaf(value)
}

// matchesAny holds an object pattern to an object, or to any object in a list:
// all its fields must hold for the same one.
func (o *objectPattern) matchesAny(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return o.matches(Object(v))
	case []any:
		return slices.ContainsFunc(v, o.matchesAny)
	default:
		return o.matches(Object(nil)) // only {"exists": false} can hold
	}
}

func (f *fieldPattern) matchesLeaf(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return false
	case []any:
		return slices.ContainsFunc(v, f.matchesLeaf)
	case json.Number:
		n, err := v.Float64()
		return err == nil && f.matchesLeaf(n)
	default:
		return slices.ContainsFunc(f.values, func(m matcher) bool { return m(v) })
	}
}

// hasLeaf tells whether a value is there as a leaf: objects and empty lists
// are not.
func hasLeaf(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return false
	case []any:
		return slices.ContainsFunc(v, hasLeaf)
	default:
		return true
	}
}
