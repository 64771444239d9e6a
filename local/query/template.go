// Templates: JSON values whose strings may be JSONata expressions.

package query

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/query/jsonata"
)

// Template is a JSON value in which every string "{% ... %}" is an expression, compiled once.
type Template struct {
	root part
}

// part is one value of a template. Parts without any expression are literals, shared by all results.
type part interface {
	eval(ctx context.Context, bindings map[string]any, path *pathTo) (any, error)
}

type (
	literalPart    struct{ value any }
	expressionPart struct {
		source  string
		program *Program
	}
	listPart   struct{ items []part }
	objectPart struct {
		names  []string
		values []part
	}
)

// pathTo names a place in a template; it is spelled out for errors only.
type pathTo struct {
	parent *pathTo
	name   string
	index  int
}

func (p *pathTo) String() string {
	if p == nil {
		return ""
	}
	if p.name == "" && p.index >= 0 {
		return p.parent.String() + "[" + strconv.Itoa(p.index) + "]"
	}
	return p.parent.String() + "/" + p.name
}

// ParseTemplate compiles every expression in a JSON value.
func ParseTemplate(value any) (*Template, error) {
	root, err := parsePart(value, nil)
	if err != nil {
		return nil, err
	}
	return &Template{root: root}, nil
}

// Eval evaluates every expression. An expression that fails or yields nothing is reported as *Error;
// a cancelled evaluation as the context's error.
func (t *Template) Eval(ctx context.Context, bindings map[string]any) (any, error) {
	return t.root.eval(ctx, bindings, nil)
}

func parsePart(value any, path *pathTo) (part, error) {
	switch v := value.(type) {
	case string:
		source, ok := Expression(v)
		if !ok {
			return literalPart{v}, nil
		}
		program, err := Compile(source)
		if err != nil {
			return nil, fmt.Errorf("field '%s': %w", path, err)
		}
		return expressionPart{source, program}, nil
	case []any:
		return parseList(v, path)
	case *jsonvalue.Object:
		return parseObject(v, path)
	default:
		return literalPart{v}, nil
	}
}

func parseList(list []any, path *pathTo) (part, error) {
	items, literal := make([]part, len(list)), true
	for i, item := range list {
		var err error
		if items[i], err = parsePart(item, &pathTo{path, "", i}); err != nil {
			return nil, err
		}
		literal = literal && isLiteral(items[i])
	}
	if literal {
		return literalPart{list}, nil
	}
	return listPart{items}, nil
}

func parseObject(object *jsonvalue.Object, path *pathTo) (part, error) {
	p, literal := objectPart{}, true
	for name, member := range object.All() {
		value, err := parsePart(member, &pathTo{path, name, -1})
		if err != nil {
			return nil, err
		}
		p.names, p.values = append(p.names, name), append(p.values, value)
		literal = literal && isLiteral(value)
	}
	if literal {
		return literalPart{object}, nil
	}
	return p, nil
}

func isLiteral(p part) bool {
	_, ok := p.(literalPart)
	return ok
}

func (p literalPart) eval(context.Context, map[string]any, *pathTo) (any, error) { return p.value, nil }

func (p expressionPart) eval(ctx context.Context, bindings map[string]any, path *pathTo) (any, error) {
	value, defined, err := p.program.Eval(ctx, bindings)
	var thrown *jsonata.Error
	switch {
	case errors.Is(err, jsonata.ErrFunction):
		return nil, &Error{path.String(), p.source, "returned an unsupported result type."}
	case errors.As(err, &thrown):
		return nil, &Error{path.String(), p.source, "threw an error during evaluation. " + thrown.Error()}
	case err != nil:
		return nil, err
	case !defined:
		return nil, &Error{path.String(), p.source, "returned nothing (undefined)."}
	}
	return value, nil
}

func (p listPart) eval(ctx context.Context, bindings map[string]any, path *pathTo) (any, error) {
	list := make([]any, len(p.items))
	for i, item := range p.items {
		var err error
		if list[i], err = item.eval(ctx, bindings, &pathTo{path, "", i}); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (p objectPart) eval(ctx context.Context, bindings map[string]any, path *pathTo) (any, error) {
	object := jsonvalue.NewObject(len(p.names))
	for i, name := range p.names {
		value, err := p.values[i].eval(ctx, bindings, &pathTo{path, name, -1})
		if err != nil {
			return nil, err
		}
		object.Set(name, value)
	}
	return object, nil
}
