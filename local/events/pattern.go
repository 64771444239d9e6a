// Event patterns, compiled: which events a rule is about.
//
// The language is that of "Amazon EventBridge event patterns": an object names
// fields that must all match, its lists are alternatives, and $or joins
// objects. Patterns only ever look at leaves; a list in an event stands for
// each of its elements.

package events

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// pattern is a compiled event pattern.
type pattern struct{ root objectPattern }

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

// compilePattern reads an event pattern; its errors say what EventBridge
// would refuse.
func compilePattern(raw []byte) (*pattern, error) {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return nil, fmt.Errorf("event pattern is not valid JSON: %w", err)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("event pattern must be an object, got %T", value)
	}
	root, err := compileObject(object, "")
	if err != nil {
		return nil, err
	}
	return &pattern{root}, nil
}

func compileObject(object map[string]any, path string) (objectPattern, error) {
	var compiled objectPattern
	if len(object) == 0 {
		return compiled, fmt.Errorf("event pattern: empty objects are not allowed, at %q", path)
	}
	names := slices.Sorted(maps.Keys(object))
	// The detail is the one costly part of an event: it is looked at last.
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	for _, name := range names {
		at := name
		if path != "" {
			at = path + "." + name
		}
		if alternatives, ok := alternatives(name, object[name]); ok {
			var or []objectPattern
			for _, alternative := range alternatives {
				o, err := compileObject(alternative, path)
				if err != nil {
					return compiled, err
				}
				or = append(or, o)
			}
			compiled.or = append(compiled.or, or)
			continue
		}
		field, err := compileField(name, object[name], at)
		if err != nil {
			return compiled, err
		}
		compiled.fields = append(compiled.fields, field)
	}
	return compiled, nil
}

func rank(name string) int {
	if name == "detail" {
		return 1
	}
	return 0
}

// alternatives tells whether a field is the operator $or: a list of two or
// more objects, none of which has an operator's name as a field.
func alternatives(name string, value any) ([]map[string]any, bool) {
	list, ok := value.([]any)
	if name != "$or" || !ok || len(list) < 2 {
		return nil, false
	}
	var objects []map[string]any
	for _, element := range list {
		object, ok := element.(map[string]any)
		if !ok {
			return nil, false
		}
		for field := range object {
			if operators[field] != nil {
				return nil, false
			}
		}
		objects = append(objects, object)
	}
	return objects, true
}

func compileField(name string, value any, path string) (fieldPattern, error) {
	field := fieldPattern{name: name}
	switch v := value.(type) {
	case map[string]any:
		object, err := compileObject(v, path)
		field.object = &object
		return field, err
	case []any:
		if len(v) == 0 {
			return field, fmt.Errorf("event pattern: empty lists are not allowed, at %q", path)
		}
		for _, element := range v {
			m, absent, err := compileValue(element)
			if err != nil {
				return field, fmt.Errorf("event pattern: %w, at %q", err, path)
			}
			if absent {
				field.absent = true
				continue
			}
			field.values = append(field.values, m)
		}
		return field, nil
	default:
		return field, fmt.Errorf("event pattern: %q must be an object or a list", path)
	}
}

// node is a place in an event where a pattern may look.
type node interface {
	field(name string) (any, bool)
}

type objectNode map[string]any

func (o objectNode) field(name string) (any, bool) {
	value, ok := o[name]
	return value, ok
}

// matches tells whether the pattern holds for an event.
func (p *pattern) matches(event node) bool { return p.root.matches(event) }

func (o *objectPattern) matches(n node) bool {
	for i := range o.fields {
		value, ok := n.field(o.fields[i].name)
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
		return o.matches(objectNode(v))
	case []any:
		return slices.ContainsFunc(v, o.matchesAny)
	default:
		return o.matches(objectNode(nil)) // only {"exists": false} can hold
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
