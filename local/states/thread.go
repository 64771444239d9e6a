// This file walks a graph: a thread goes from state to state, and pays each a visit.

package states

import (
	"cmp"
	"context"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
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
	by       arm    // that it is left by
}

// A thread walks one graph: an execution's own, a branch's or an iteration's.
type thread struct {
	execution *execution
	graph     *graph
	variables variables
	item      *jsonvalue.Object // of the innermost Map iteration: Index, Value

	// last is the id of the event that the thread's next event follows.
	last int

	// next is the state that the thread is in or comes to, and input is what it
	// takes. At the end of the graph next is empty and input is the output.
	next  string
	input data
	begun bool // has entered a state

	// visit is the stay in next, or nil if that was not entered yet; inner are
	// the branches or iterations of its last attempt, run is its Map Run. They
	// outlive a failed execution, so that a redrive goes on from where the thread
	// stands.
	visit *visit
	inner map[int]*thread
	run   *mapRun

	// open is the kind of state that the thread is in; cut records what its
	// branches or iterations were in when it was cut off.
	open string
	cut  func(after int)

	entered chan struct{} // closed when it is in its first state, if others of its group wait for that
}

// fork makes a thread for a branch or an iteration.
func (t *thread) fork(g *graph, input data, item *jsonvalue.Object) *thread {
	return &thread{execution: t.execution, graph: g, variables: t.variables, item: item, last: t.last, next: g.start, input: input}
}

// hasEntered lets the thread behind it in its group begin: threads that start at the
// same time enter their first states in their order, as recorded on AWS.
func (t *thread) hasEntered() {
	if t.entered != nil {
		close(t.entered)
		t.entered = nil
	}
}

// finished tells whether the thread has come to the end of its graph.
func (t *thread) finished() bool { return t.next == "" }

// A visit is a thread's stay in one state.
type visit struct {
	*thread
	state     *base
	entered   int // id of the event that recorded the entering
	before    int // id of the event before
	enteredAt time.Time
	retries   int
	token     string // of a Task that can be completed from outside

	result      data // its text may be missing
	hasResult   bool
	errorOutput *jsonvalue.Object

	context *jsonvalue.Object // see contextObject
}

// walk runs the graph to its end, from where the thread stands, and returns the
// last state's output.
func (t *thread) walk(ctx context.Context) (data, *failure) {
	for !t.finished() {
		if !t.admit(ctx) {
			return data{}, aborted()
		}
		s := t.graph.states[t.next]
		if t.visit != nil {
			t.resume()
		} else if !t.enter(s.common()) {
			return data{}, aborted()
		}
		t.hasEntered()
		v := t.visit
		e, f := s.run(ctx, v)
		if f != nil {
			if f.name == errDataLimitExceeded && f.within == v.entered {
				t.inner = nil // AWS redrives all branches if their results were too large
			}
			return data{}, f
		}
		if !v.leave(e) {
			return data{}, aborted()
		}
	}
	return t.input, nil
}

// enter records that the thread comes to a state. Without a record, because the
// execution has ended meanwhile, it did not come there.
func (t *thread) enter(s *base) bool {
	v := &visit{thread: t, state: s, before: t.last, enteredAt: time.Now()}
	// The first state of an execution follows nothing: AWS gives it the
	// previous event 0, not the ExecutionStarted.
	if t.last == 1 {
		t.last, v.before = 0, 0
	}
	v.entered = v.record(s.kind+"StateEntered", &stateEnteredDetails{Name: s.name, Input: t.input.text})
	if v.entered == 0 {
		t.last = v.before
		return false
	}
	t.visit, t.open, t.begun = v, s.kind, true
	t.execution.revision.ways.take(s, arm{kind: entered})
	return true
}

// resume makes a new visit of the state that a redrive repeats. The state is not
// entered again: its next event follows the one by which it was entered first.
func (t *thread) resume() {
	v := t.visit
	t.visit = &visit{thread: t, state: v.state, entered: v.entered, before: v.before, enteredAt: v.enteredAt}
	t.last, t.open, t.cut = v.entered, v.state.kind, nil
}

// leave records that the thread goes on, and makes its new variables visible.
// Without a record it does not go on.
func (v *visit) leave(e exit) bool {
	left := v.record(v.state.kind+"StateExited", &stateExitedDetails{
		Name: v.state.name, Output: e.output.text, AssignedVariables: e.assigned.texts,
	})
	if left == 0 {
		return false
	}
	v.execution.revision.ways.take(v.state, e.by)
	v.variables = v.variables.with(e.assigned)
	v.next, v.input = cmp.Or(e.next, v.state.next), e.output
	v.visit, v.inner, v.run, v.open = nil, nil, nil, ""
	return true
}

// succeed sets what expressions see as the result.
func (v *visit) succeed(result data) {
	v.result, v.hasResult = result, true
}

// record adds an event to the thread's chain. It returns 0 if the execution has
// ended.
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

// sleep is the function of that name for a thread.
func (t *thread) sleep(ctx context.Context, d time.Duration) (whole bool) {
	t.rest(func() { whole = cloud.Sleep(ctx, d) })
	return whole
}
