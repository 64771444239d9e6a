// JSONPath payload templates: Parameters, ResultSelector, ItemSelector, Assign.

package query

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// Payload is a JSON value in which the members named "x.$" are paths or intrinsic functions, compiled once.
type Payload struct {
	root source
}

// source is what a value of a payload comes from: a literal, a path, an intrinsic function, or a list or
// object with such things in it.
type source interface {
	get(scope Scope) (any, error)
}

type (
	literalSource struct{ value any }
	pathSource    struct {
		field string
		path  *Path
	}
	listSource   struct{ items []source }
	objectSource struct {
		names  []string
		values []source
	}
)

// A DynamicError is a value of a field whose name ends in ".$" that can not be compiled.
type DynamicError struct {
	Field string
	Err   error
}

func (e *DynamicError) Error() string { return e.Err.Error() }

func (e *DynamicError) Unwrap() error { return e.Err }

// ParsePayload compiles every path and intrinsic function in a payload template. One
// that can not be compiled is a *DynamicError.
func ParsePayload(value any) (*Payload, error) {
	root, err := parseSource(value)
	if err != nil {
		return nil, err
	}
	return &Payload{root}, nil
}

// Eval fills the template in. A path without a value is a *PathError, a failed intrinsic function an
// *IntrinsicError.
func (p *Payload) Eval(scope Scope) (any, error) { return p.root.get(scope) }

func parseSource(value any) (source, error) {
	switch v := value.(type) {
	case *jsonvalue.Object:
		return parseObjectSource(v)
	case []any:
		list := listSource{make([]source, len(v))}
		literal := true
		for i, item := range v {
			var err error
			if list.items[i], err = parseSource(item); err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			_, isLiteral := list.items[i].(literalSource)
			literal = literal && isLiteral
		}
		if literal {
			return literalSource{v}, nil
		}
		return list, nil
	default:
		return literalSource{v}, nil
	}
}

func parseObjectSource(object *jsonvalue.Object) (source, error) {
	var o objectSource
	literal := true
	for key, member := range object.All() {
		name, dynamic := strings.CutSuffix(key, ".$")
		var value source
		var err error
		if dynamic {
			if object.Has(name) {
				return nil, fmt.Errorf("%q is there twice, as %q too", name, key)
			}
			if value, err = parseDynamic(key, member); err != nil {
				err = &DynamicError{key, err}
			}
		} else {
			value, err = parseSource(member)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		_, isLiteral := value.(literalSource)
		literal = literal && isLiteral
		o.names, o.values = append(o.names, name), append(o.values, value)
	}
	if literal {
		return literalSource{object}, nil
	}
	return o, nil
}

func parseDynamic(field string, value any) (source, error) {
	text, ok := value.(string)
	switch {
	case ok && strings.HasPrefix(text, "$"):
		path, err := ParsePath(text)
		return pathSource{field, path}, err
	case ok && strings.HasPrefix(text, "States."):
		return parseIntrinsic(text)
	default:
		return nil, errors.New("the value of a field whose name ends in '.$' must be a JSONPath or an intrinsic function")
	}
}

func (s literalSource) get(Scope) (any, error) { return s.value, nil }

func (s pathSource) get(scope Scope) (any, error) {
	value, found, err := s.path.Get(scope)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, &PathError{s.path.source, s.path.Missing(scope, s.field)}
	}
	return value, nil
}

func (s listSource) get(scope Scope) (any, error) {
	list := make([]any, len(s.items))
	for i, item := range s.items {
		var err error
		if list[i], err = item.get(scope); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s objectSource) get(scope Scope) (any, error) {
	object := jsonvalue.NewObject(len(s.names))
	for i, name := range s.names {
		value, err := s.values[i].get(scope)
		if err != nil {
			return nil, err
		}
		object.Set(name, value)
	}
	return object, nil
}
