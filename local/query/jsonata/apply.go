// Functions, and how they are called.

package jsonata

import (
	"slices"
	"sync"
)

// function is anything that can be called.
type function interface {
	arity() int
	// apply calls it. Context is what stands in for arguments that are left out.
	apply(ev *evaluation, args []any, context any) (any, error)
}

// lambda is a function that an expression defines, with the environment that it was defined in. A thunk is
// a call in tail position that is still to be made.
type lambda struct {
	node  *node
	input any
	env   *frame
}

// builtin is a function of a library.
type builtin struct {
	name       string
	signature  *signature
	parameters int
	call       func(ev *evaluation, args []any) (any, error)
}

// closure is a function that was given to another as an argument.
type closure struct{ function }

// partial is a function of which some arguments are fixed, and hole stands for the others.
type partial struct {
	function function
	args     []any
}

type hole struct{}

func (f *lambda) arity() int  { return len(f.node.list) }
func (f *builtin) arity() int { return f.parameters }
func (f *partial) arity() int {
	holes := 0
	for _, arg := range f.args {
		holes += boolToInt(arg == any(hole{}))
	}
	return holes
}

func (f *lambda) apply(ev *evaluation, args []any, context any) (any, error) {
	if f.node.signature != nil {
		var err error
		if args, err = f.node.signature.validate(args, context); err != nil {
			return nil, err
		}
	}
	env := &frame{parent: f.env, names: f.node.names, values: make([]any, len(f.node.names))}
	for i := range env.values {
		env.values[i] = undefined
		if i < len(args) {
			env.values[i] = args[i]
		}
	}
	return ev.eval(f.node.rhs, f.input, env)
}

func (f *builtin) apply(ev *evaluation, args []any, context any) (any, error) {
	args, err := f.signature.validate(args, context)
	if err != nil {
		return nil, err
	}
	return f.call(ev, args)
}

// apply calls what was handed over. Nothing stands in for arguments that are left out.
func (f *closure) apply(ev *evaluation, args []any, _ any) (any, error) {
	return ev.apply(f.function, args, nil)
}

func (f *partial) apply(ev *evaluation, args []any, context any) (any, error) {
	all := make([]any, len(f.args))
	for i, arg := range f.args {
		if arg != any(hole{}) {
			all[i] = arg
			continue
		}
		all[i] = undefined
		if len(args) > 0 {
			all[i], args = args[0], args[1:]
		}
	}
	return f.function.apply(ev, all, context)
}

// apply calls a function, and then whatever that ends with a call of: the stack does not grow by these.
func (ev *evaluation) apply(f function, args []any, context any) (any, error) {
	result, err := f.apply(ev, args, context)
	for err == nil {
		thunk, ok := result.(*lambda)
		if !ok || !thunk.node.thunk {
			break
		}
		result, err = ev.tailCall(thunk, context)
	}
	return result, err
}

func (ev *evaluation) tailCall(thunk *lambda, context any) (any, error) {
	call := thunk.node.rhs
	callee, err := ev.eval(call.procedure, thunk.input, thunk.env)
	if err != nil {
		return nil, err
	}
	args := make([]any, len(call.list))
	for i, arg := range call.list {
		if args[i], err = ev.eval(arg, thunk.input, thunk.env); err != nil {
			return nil, err
		}
	}
	f, ok := callee.(function)
	if !ok {
		return nil, failAt("T1006", call.at, callName(call))
	}
	result, err := f.apply(ev, args, context)
	return result, at(err, call.at, callName(call))
}

// callName is what messages call the callee of a call: nil if it has no name.
func callName(call *node) any {
	switch procedure := call.procedure; procedure.kind {
	case nodePath:
		return procedure.list[0].text
	case nodeVariable:
		return procedure.text
	}
	return nil
}

// call evaluates f(args); with a first argument where f stands right of ~>.
func (ev *evaluation) call(n *node, input any, env *frame, first []any) (any, error) {
	callee, err := ev.eval(n.procedure, input, env)
	if err != nil {
		return nil, err
	}
	f, isFunction := callee.(function)
	if callee == undefined && n.procedure.kind == nodePath && ev.isVariable(n.procedure.list[0].text, env) {
		return nil, failAt("T1005", n.at, n.procedure.list[0].text)
	}
	args := make([]any, 0, len(first)+len(n.list))
	args = append(args, first...)
	for _, arg := range n.list {
		value, err := ev.eval(arg, input, env)
		if err != nil {
			return nil, err
		}
		if f, ok := value.(function); ok {
			value = &closure{f}
		}
		args = append(args, value)
	}
	if !isFunction {
		return nil, failAt("T1006", n.at, callName(n))
	}
	ev.site = site{input, env}
	result, err := ev.apply(f, args, input)
	if err != nil {
		return nil, at(err, n.at, callName(n))
	}
	return result, nil
}

// isVariable tells whether a $ was forgotten.
func (ev *evaluation) isVariable(name string, env *frame) bool {
	value, ok := env.lookup(name)
	if !ok && ev.library != nil {
		value = ev.library.lookup(name)
	}
	return truthy(value)
}

func (ev *evaluation) partial(n *node, input any, env *frame) (any, error) {
	args := make([]any, len(n.list))
	for i, arg := range n.list {
		if arg.kind == nodeOperator {
			args[i] = hole{}
			continue
		}
		var err error
		if args[i], err = ev.eval(arg, input, env); err != nil {
			return nil, err
		}
	}
	callee, err := ev.eval(n.procedure, input, env)
	if err != nil {
		return nil, err
	}
	f, ok := callee.(function)
	if !ok {
		code := "T1008"
		if n.procedure.kind == nodePath && callee == undefined && ev.isVariable(n.procedure.list[0].text, env) {
			code = "T1007"
		}
		return nil, failAt(code, n.at, callName(n))
	}
	if l, ok := f.(*lambda); ok { // what is left of its parameters has no signature
		unsigned := *l.node
		unsigned.signature = nil
		f = &lambda{&unsigned, l.input, l.env}
		args = slices.Grow(args, len(unsigned.list))
		for len(args) < len(unsigned.list) {
			args = append(args, undefined)
		}
	}
	return &partial{f, args}, nil
}

// chained is what f ~> g makes of two functions.
var chained = sync.OnceValues(func() (*node, error) {
	return compile(`function($f, $g) { function($x){ $g($f($x)) } }`, nil)
})

// chain evaluates value ~> f, and f ~> g.
func (ev *evaluation) chain(n *node, input any, env *frame) (any, error) {
	left, err := ev.eval(n.lhs, input, env)
	if err != nil {
		return nil, err
	}
	if n.rhs.kind == nodeFunction {
		return ev.call(n.rhs, input, env, []any{left})
	}
	right, err := ev.eval(n.rhs, input, env)
	if err != nil {
		return nil, err
	}
	f, ok := right.(function)
	if !ok {
		return nil, failValueAt("T2006", n.at, right)
	}
	if _, ok := left.(function); !ok {
		return ev.apply(f, []any{left}, nil)
	}
	compose, err := chained()
	if err != nil {
		return nil, err
	}
	both := &lambda{node: compose, env: env}
	return ev.apply(both, []any{left, right}, nil)
}
