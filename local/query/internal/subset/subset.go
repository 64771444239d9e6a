// Package subset evaluates the JSONata expressions that nearly all state machines consist of - paths over
// variables, conditions, concatenations, constructors - without the reference library, thousands of
// times faster. Its answers are the library's, or it gives none: Parse refuses an expression beyond the
// subset, Eval a value whose treatment by the library is not plain (a step that meets an array, a string
// that is not ASCII where case matters, a type error). The caller then asks the library.
package subset

import "github.com/tradepost-dev/tradepost/local/jsonvalue"

// Program is a compiled expression. It can be evaluated concurrently.
type Program struct {
	root node
}

// undefined is JSONata's absence of a value.
var undefined any = absent{}

type absent struct{}

// node is an expression. ok is false where the library must decide.
type node interface {
	eval(f *frame) (value any, ok bool)
}

// Eval evaluates the expression against its variables. ok is false where the library must decide.
// A result may share structure with the variables.
func (p *Program) Eval(variables map[string]any) (value any, defined, ok bool) {
	value, ok = p.root.eval(&frame{variables: variables})
	if !ok {
		return nil, false, false
	}
	if value == undefined {
		return nil, false, true
	}
	return value, true, true
}

// frame holds the variables of one evaluation.
type frame struct {
	variables map[string]any
	locals    []local // of the blocks entered, innermost last
	millis    int64   // of $now and $millis, fixed at their first use
}

type local struct {
	name  string
	value any
}

// lookup finds a variable; a variable can be bound to undefined.
func (f *frame) lookup(name string) (value any, bound bool) {
	for i := len(f.locals) - 1; i >= 0; i-- {
		if f.locals[i].name == name {
			return f.locals[i].value, true
		}
	}
	if value, ok := f.variables[name]; ok {
		return value, true
	}
	return undefined, false
}

type literal struct{ value any }

func (n literal) eval(*frame) (any, bool) { return n.value, true }

type conditional struct{ condition, then, otherwise node }

func (n conditional) eval(f *frame) (any, bool) {
	condition, ok := n.condition.eval(f)
	if !ok {
		return nil, false
	}
	if truth(condition) {
		return n.then.eval(f)
	}
	return n.otherwise.eval(f)
}

// block evaluates its statements in a scope of their own and yields the last one's value.
type block struct{ statements []node }

func (n block) eval(f *frame) (value any, ok bool) {
	outer := len(f.locals)
	for _, statement := range n.statements {
		if value, ok = statement.eval(f); !ok {
			return nil, false
		}
	}
	f.locals = f.locals[:outer]
	return value, true
}

type bind struct {
	name  string
	value node
}

func (n bind) eval(f *frame) (any, bool) {
	value, ok := n.value.eval(f)
	if !ok {
		return nil, false
	}
	f.locals = append(f.locals, local{n.name, value})
	return value, true
}

type array struct{ items []node }

func (n array) eval(f *frame) (any, bool) {
	list := make([]any, 0, len(n.items))
	for _, item := range n.items {
		value, ok := item.eval(f)
		if !ok {
			return nil, false
		}
		if value == undefined {
			continue
		}
		inner, isArray := value.([]any)
		if _, constructed := item.(array); isArray && !constructed {
			list = append(list, inner...) // arrays that are not spelled out here are flattened into this one
		} else {
			list = append(list, value)
		}
	}
	return list, true
}

type object struct {
	names  []string
	values []node
}

func (n object) eval(f *frame) (any, bool) {
	members := jsonvalue.NewObject(len(n.names))
	for i, name := range n.names {
		value, ok := n.values[i].eval(f)
		if !ok {
			return nil, false
		}
		if value != undefined {
			members.Set(name, value)
		}
	}
	return members, true
}
