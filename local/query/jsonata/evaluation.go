// One evaluation: what it has taken so far, and how it goes through the tree.

package jsonata

import (
	"context"
	"slices"
	"time"
)

var (
	errEndless = &Error{Message: "the evaluation took too long and was stopped"}
	errMemory  = &Error{Message: "the evaluation took too much memory and was stopped"}
	errDepth   = &Error{Message: "the evaluation is nested too deeply and was stopped"}
)

// evaluation is the state of one evaluation. Its limits are counted, not watched from outside: neither other
// evaluations nor the process's heap have a part in whether it succeeds.
type evaluation struct {
	ctx     context.Context
	library *Library
	input   any // $$
	limits  limits

	steps    int
	bytes    int
	depth    int
	started  time.Time
	now      time.Time // what $now and $millis tell, once they were asked
	finisher finisher
	site     site
}

// site is where a function is called, for what evaluates there.
type site struct {
	input any
	env   *frame
}

// clockInterval is after how many steps the clock is looked at, and whether the context was cancelled.
const clockInterval = 1 << 12

// tick counts a step, of which each takes well below a microsecond.
func (ev *evaluation) tick() error {
	ev.steps++
	if ev.steps%clockInterval == 0 {
		return ev.look()
	}
	return nil
}

// ticks counts many steps at once.
func (ev *evaluation) ticks(n int) error {
	before := ev.steps
	ev.steps += n
	if ev.steps/clockInterval != before/clockInterval {
		return ev.look()
	}
	return nil
}

func (ev *evaluation) look() error {
	if ev.ctx.Err() != nil {
		return context.Cause(ev.ctx)
	}
	now := time.Now()
	if ev.started.IsZero() {
		ev.started = now
	}
	if now.Sub(ev.started) > ev.limits.time {
		return errEndless
	}
	return nil
}

// enter goes one level deeper; leave comes back.
func (ev *evaluation) enter() error {
	ev.depth++
	if ev.depth > ev.limits.depth {
		return errDepth
	}
	return ev.tick()
}

func (ev *evaluation) leave() { ev.depth-- }

// charge counts what is allocated.
func (ev *evaluation) charge(bytes int) error {
	ev.bytes += bytes
	if ev.bytes > ev.limits.bytes || bytes < 0 {
		return errMemory
	}
	return nil
}

// What values take, about.
const (
	itemSize   = 16
	listSize   = 64
	memberSize = 48
)

// timestamp is the time of the evaluation, the same however often it is asked for.
func (ev *evaluation) timestamp() time.Time {
	if ev.now.IsZero() {
		ev.now = time.Now()
	}
	return ev.now
}

// eval evaluates a node in a context and an environment.
func (ev *evaluation) eval(n *node, input any, env *frame) (any, error) {
	if n.predicate == nil && n.group == nil {
		switch n.kind { // what needs no more than this
		case nodeString, nodeNumber, nodeValue:
			return n.value, nil
		case nodeVariable:
			return unwrapped(n, ev.variable(n, input, env)), nil
		}
	}
	if err := ev.enter(); err != nil {
		return nil, err
	}
	result, err := ev.dispatch(n, input, env)
	ev.leave()
	if err != nil {
		return nil, err
	}
	for _, predicate := range n.predicate {
		if result, err = ev.filter(predicate.filter, result, env); err != nil {
			return nil, err
		}
	}
	if n.group != nil && n.kind != nodePath {
		if result, err = ev.groupBy(n.group, result, env); err != nil {
			return nil, err
		}
	}
	return unwrapped(n, result), nil
}

// unwrapped makes a sequence of one item that item, and an empty one undefined.
func unwrapped(n *node, result any) any {
	l, ok := result.(*list)
	if !ok || !l.sequence || l.tuples {
		return result
	}
	if n.keepArray {
		l.keepSingleton = true
	}
	switch {
	case len(l.items) == 0:
		return undefined
	case len(l.items) == 1 && !l.keepSingleton:
		return l.items[0]
	}
	return l
}

func (ev *evaluation) dispatch(n *node, input any, env *frame) (any, error) {
	switch n.kind {
	case nodePath:
		return ev.path(n, input, env)
	case nodeBinary:
		return ev.binary(n, input, env)
	case nodeUnary:
		return ev.unary(n, input, env)
	case nodeName:
		return ev.lookup(input, n.text)
	case nodeString, nodeNumber, nodeValue, nodeRegex:
		return n.value, nil
	case nodeVariable:
		return ev.variable(n, input, env), nil
	case nodeWildcard:
		return ev.wildcard(input)
	case nodeDescendant:
		return ev.descendants(input)
	case nodeParent:
		value, _ := env.lookup(n.slot.label)
		return value, nil
	case nodeCondition:
		return ev.condition(n, input, env)
	case nodeBlock:
		return ev.block(n, input, env)
	case nodeBind:
		value, err := ev.eval(n.rhs, input, env)
		if err == nil {
			env.bind(n.lhs.text, value)
		}
		return value, err
	case nodeFunction:
		return ev.call(n, input, env, nil)
	case nodePartial:
		return ev.partial(n, input, env)
	case nodeLambda:
		return &lambda{node: n, input: input, env: env}, nil
	case nodeApply:
		return ev.chain(n, input, env)
	case nodeTransform:
		return ev.transformer(n, env), nil
	}
	return undefined, nil
}

func (ev *evaluation) condition(n *node, input any, env *frame) (any, error) {
	condition, err := ev.eval(n.lhs, input, env)
	if err != nil {
		return nil, err
	}
	holds, _, err := ev.boolean(condition)
	switch {
	case err != nil:
		return nil, err
	case holds:
		return ev.eval(n.rhs, input, env)
	case n.third != nil:
		return ev.eval(n.third, input, env)
	}
	return undefined, nil
}

func (ev *evaluation) block(n *node, input any, env *frame) (any, error) {
	if n.scope {
		env = &frame{parent: env}
	}
	result := undefined
	for _, part := range n.list {
		var err error
		if result, err = ev.eval(part, input, env); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// variable looks up $name; $ is the context, and $$ the input.
func (ev *evaluation) variable(n *node, input any, env *frame) any {
	if n.text == "" {
		if l, ok := input.(*list); ok && l.outerWrapper {
			return l.items[0]
		}
		return input
	}
	if value, ok := env.lookup(n.text); ok {
		return value
	}
	if n.text == "$" {
		return ev.input
	}
	return n.builtin
}

// frame holds variables, and leads to those around it.
type frame struct {
	parent    *frame
	names     []string
	values    []any
	variables map[string]any // those that the evaluation was given
}

func (f *frame) lookup(name string) (any, bool) {
	for ; f != nil; f = f.parent {
		for i := range f.names {
			if f.names[i] == name {
				return f.values[i], true
			}
		}
		if f.variables != nil {
			if value, ok := f.variables[name]; ok {
				return value, true
			}
		}
	}
	return undefined, false
}

func (f *frame) bind(name string, value any) {
	if i := slices.Index(f.names, name); i >= 0 {
		f.values[i] = value
		return
	}
	f.names = append(f.names[:len(f.names):len(f.names)], name)
	f.values = append(f.values, value)
}

// within is a frame of a tuple's variables.
func (t *tuple) within(env *frame) *frame {
	return &frame{parent: env, names: t.names, values: slices.Clone(t.values)}
}
