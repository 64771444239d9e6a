// Package jsonata evaluates JSONata 2.0.6, the language of Step Functions' expressions: all of its grammar and
// its functions, with the reference implementation's results, codes and messages.
//
// Values are those of jsonvalue. What an expression only hands on keeps the order of its members and the text of
// its numbers; what it calculates is what JavaScript would. Where the reference implementation is at the mercy
// of JavaScript, this one is not: members named like 1 come in their own order, "toString" is a member like
// any other, and no evaluation changes the values that it was given.
package jsonata

import (
	"context"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// Expression is a compiled expression. It can be evaluated concurrently.
type Expression struct {
	source  string
	library *Library
	root    *node
}

// Compile checks the syntax of an expression whose functions are those of a library. Its errors are *Error.
func Compile(source string, library *Library) (*Expression, error) {
	root, err := compile(source, library)
	if err != nil {
		return nil, finished(err, source)
	}
	return &Expression{source, library, root}, nil
}

func compile(source string, library *Library) (*node, error) {
	root, err := parse(source)
	if err != nil {
		return nil, err
	}
	p := &processor{library: library}
	if root, err = p.process(root); err != nil {
		return nil, err
	}
	if root.kind == nodeParent || root.seekingParent != nil {
		return nil, failAt("S0217", root.at, nodeNames[root.kind])
	}
	markPlain(root)
	return root, nil
}

// Eval evaluates the expression: input is its context and its $$, or Undefined{}; variables are named without
// their $. defined is false where it yields nothing. An error is an *Error, or the
// context's.
func (e *Expression) Eval(ctx context.Context, input any, variables map[string]any) (value any, defined bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if value, ok := e.given(variables); ok {
		return value, true, nil
	}
	ev := &evaluation{ctx: ctx, library: e.library, input: input, limits: defaultLimits}
	return e.eval(ev, input, variables)
}

// given is a path into a variable that meets nothing but objects on its way, as most expressions are: it takes no
// evaluation to follow it.
func (e *Expression) given(variables map[string]any) (any, bool) {
	if !e.root.plain || e.root.list[0].kind != nodeVariable {
		return nil, false
	}
	value, ok := variables[e.root.list[0].text]
	for i := 1; ok && i < len(e.root.list); i++ {
		members, isObject := value.(*jsonvalue.Object)
		if !isObject {
			return nil, false
		}
		value, ok = members.Get(e.root.list[i].text)
	}
	return value, ok
}

func (e *Expression) eval(ev *evaluation, input any, variables map[string]any) (value any, defined bool, err error) {
	if items, ok := input.([]any); ok { // one input, not many
		input = &list{items: []any{items}, sequence: true, outerWrapper: true}
	}
	value, err = ev.eval(e.root, input, &frame{variables: variables})
	if err == nil {
		value, err = ev.result(value)
	}
	if err != nil {
		return nil, false, finished(err, e.source)
	}
	if value == undefined {
		return nil, false, nil
	}
	return value, true, nil
}

// limits are what an evaluation may take.
type limits struct {
	time  time.Duration
	bytes int // of all values that it makes, whether they are still needed or not
	depth int // of nested evaluations
	list  int // items of one array
}

var defaultLimits = limits{time: 10 * time.Second, bytes: 512 << 20, depth: 100_000, list: 10_000_000}
