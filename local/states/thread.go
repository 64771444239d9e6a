// This file walks a graph: a thread goes from state to state, and pays each a visit.

package states

import (
	"context"
	"time"
)

// A state is one step of a definition, ready to run.
type state interface {
	common() *base

	// run does what the state is for. It returns early when the context ends.
	run(ctx context.Context, v *visit) (exit, *failure)
}

// base is what all states have.
type base struct {
	name      string
	kind      string // "Pass"
	language  language
	next      string // "" where the thread ends
	retryable bool   // has Retry and Catch
}

func (b *base) common() *base { return b }

// An exit is how a state is left.
type exit struct {
	output   data
	assigned assignment
	next     string // set by Choice and by a Catch, which choose it
}

// A thread walks one graph: an execution's own, a branch's or an iteration's.
type thread struct {
	execution *execution
	variables variables
	item      map[string]any // of the innermost Map iteration: Index, Value

	// last is the id of the event that the thread's next event follows.
	last int

	// open is the kind of state that the thread is in; cut records what its
	// branches or iterations were in when it was cut off.
	open string
	cut  func(after int)
}

// fork makes a thread for a branch or an iteration.
func (t *thread) fork(item map[string]any) *thread {
	return &thread{execution: t.execution, variables: t.variables, item: item, last: t.last}
}

// A visit is a thread's stay in one state.
type visit struct {
	*thread
	state     *base
	input     data
	entered   int // id of the event that recorded the entering
	before    int // id of the event before
	enteredAt time.Time
	retries   int
	token     string // of a Task that can be completed from outside

	result      data // its text may be missing
	hasResult   bool
	errorOutput map[string]any

	context map[string]any // see contextObject
}

// walk runs the graph to its end and returns the last state's output.
func (t *thread) walk(ctx context.Context, g *graph, input data) (data, *failure) {
	name := g.start
	for {
		if ctx.Err() != nil {
			return data{}, aborted()
		}
		s := g.states[name]
		v := t.enter(s.common(), input)
		e, f := s.run(ctx, v)
		if f != nil {
			return data{}, f
		}
		v.leave(e)
		name = v.state.next
		if e.next != "" {
			name = e.next
		}
		if name == "" {
			return e.output, nil
		}
		input = e.output
	}
}

// enter records that the thread comes to a state.
func (t *thread) enter(s *base, input data) *visit {
	v := &visit{thread: t, state: s, input: input, before: t.last, enteredAt: time.Now()}
	// The first state of an execution follows nothing: AWS gives it the
	// previous event 0, not the ExecutionStarted.
	if t.last == 1 {
		t.last, v.before = 0, 0
	}
	v.entered = v.record(s.kind+"StateEntered", &stateEnteredDetails{Name: s.name, Input: input.text})
	t.open = s.kind
	return v
}

// leave records that the thread goes on, and makes its new variables visible.
func (v *visit) leave(e exit) {
	v.record(v.state.kind+"StateExited", &stateExitedDetails{
		Name: v.state.name, Output: e.output.text, AssignedVariables: e.assigned.texts,
	})
	v.variables = v.variables.with(e.assigned)
	v.open = ""
}

// succeed sets what expressions see as the result.
func (v *visit) succeed(result data) {
	v.result, v.hasResult = result, true
}

// record adds an event to the thread's chain.
func (t *thread) record(kind string, details details) int {
	t.last = t.note(kind, details)
	return t.last
}

// note adds an event that the thread's next one does not follow.
func (t *thread) note(kind string, details details) int {
	return t.execution.history.add(kind, t.last, details)
}

// abort records which states a thread was in when it was cut off, or when it
// failed within a state that went on being open. after is the event that made it so.
func (t *thread) abort(after int) {
	if t.cut != nil {
		t.cut(after)
	}
	switch t.open {
	case kindTask, kindWait, kindParallel, kindMap:
		t.execution.history.add(t.open+"StateAborted", after, nil)
	}
}

// sleep waits and tells whether it waited to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
