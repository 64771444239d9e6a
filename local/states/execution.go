// This file is the life of an execution: it starts, runs its machine's graph in a
// goroutine of its own, and ends. A redrive (redrive.go) lets it run once more.

package states

import (
	"context"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// maxExpress is how long an Express execution may run.
const maxExpress = 5 * time.Minute

// The statuses of an execution.
const (
	statusRunning   = "RUNNING"
	statusSucceeded = "SUCCEEDED"
	statusFailed    = "FAILED"
	statusTimedOut  = "TIMED_OUT"
	statusAborted   = "ABORTED"
)

// An execution is one run of a machine.
type execution struct {
	machine  *machine
	revision *revision // of the machine, by which it goes
	chosen   *chosen   // the version or alias that it was started by, or nil
	place    int       // in the machine's register
	arn      string
	name     string
	started  time.Time
	history  *history
	mocks    mocks   // of its test case, if it has one
	trial    *trial  // of TestState; nil: of no other
	mapRun   *mapRun // that has started it, or nil
	awaited  bool    // by who started it
	index    int     // in the run
	cause    *cloud.Cause

	redriving sync.Mutex  // held by one redrive at a time
	tokens    []usedToken // of the last redrives

	mu       sync.Mutex
	attempt  *attempt
	thread   *thread // where it stands; nil once it cannot be redriven
	input    data
	outcome  outcome
	redrives redrives
	context  *jsonvalue.Object // see contextObject
}

// An attempt is one run of an execution: the first one, or a redrive.
type attempt struct {
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{} // closed when the execution has ended
	idle   chan struct{} // closed when nothing of it runs any more
}

func newAttempt() *attempt {
	a := &attempt{done: make(chan struct{}), idle: make(chan struct{})}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	return a
}

// outcome is how an execution ended, or statusRunning.
type outcome struct {
	status       string
	stopped      time.Time
	output       string
	error, cause string
}

// newExecution makes an execution of the machine.
func (t target) newExecution(ctx context.Context, name string, input data, mocks mocks) *execution {
	return t.begin(ctx, t.revision.definition.graph, name, input, mocks)
}

// begin makes an execution that walks a graph, for a call or a task; launch lets it run.
func (t target) begin(ctx context.Context, g *graph, name string, input data, mocks mocks) *execution {
	m, r := t.machine, t.revision
	r.traceOnce(m.states.cloud)
	e := &execution{
		machine: m, revision: r, chosen: t.chosen(), name: name, arn: m.executionARN(name), started: time.Now(), input: input, mocks: mocks,
		history: &history{discard: m.express}, attempt: newAttempt(), outcome: outcome{status: statusRunning},
	}
	e.cause = m.states.cloud.Made(ctx, "execution", e.arn, "")
	e.history.overflow = func() {
		e.fail(&failure{name: errRuntime, cause: "The execution reached the maximum number of history events (25000)."}, maxEvents-1)
	}
	if r.journal != nil {
		e.history.logged = func(event event, redrives int) { r.journal.note(happened{event, e.arn, redrives}) }
	}
	m.Changed()
	e.thread = &thread{execution: e, graph: g, next: g.start, input: input}
	e.thread.last = e.history.begin(e.started, &executionStartedDetails{Input: input.text, RoleARN: r.role})
	return e
}

// executionARN names an execution. Those of an Express machine end in a UUID,
// since their names need not be unique.
func (m *machine) executionARN(name string) string {
	if m.express {
		if m.outer == nil {
			name += ":" + cloud.UUID()
		}
		return m.states.cloud.ARN("states", "express:"+m.name+":"+name)
	}
	return m.states.cloud.ARN("states", "execution:"+m.name+":"+name)
}

// launch runs the execution in the background, until the engine closes. The
// crowd has counted it in.
func (e *execution) launch() {
	e.mu.Lock()
	a, t := e.attempt, e.thread
	e.mu.Unlock()
	e.machine.announce(e)
	if t == nil {
		e.machine.states.crowd.leave()
		return // it was stopped, and fell off the shelf, before it could begin
	}
	e.machine.states.cloud.Go(func(engine context.Context) {
		defer e.machine.states.crowd.leave()
		defer close(a.idle)
		defer a.cancel()
		defer context.AfterFunc(engine, a.cancel)()
		e.run(a.ctx, t)
	})
}

// run walks the graph.
func (e *execution) run(ctx context.Context, t *thread) {
	if limit := e.limit(); limit > 0 {
		fired := make(chan struct{})
		timer := time.AfterFunc(limit, func() {
			defer close(fired)
			e.end(outcome{status: statusTimedOut}, 0)
		})
		defer func() {
			if !timer.Stop() {
				<-fired // it must not end a redrive
			}
		}()
	}
	output, f := t.walk(ctx)
	switch {
	case f == nil:
		e.end(outcome{status: statusSucceeded, output: output.text}, t.last)
	case !f.aborted:
		e.fail(f, t.last)
	}
	// What cut the execution off has ended it already, unless the whole engine
	// is closing: then it stays as it is.
}

// limit is how long the execution may run; 0: without end.
func (e *execution) limit() time.Duration {
	limit := e.revision.definition.timeout
	if e.mapRun != nil {
		limit = 0 // it is the outer execution's
	}
	if e.machine.express && (limit == 0 || limit > maxExpress) {
		return maxExpress
	}
	return limit
}

func (e *execution) fail(f *failure, last int) {
	e.end(outcome{status: statusFailed, error: f.name, cause: f.cause}, last)
}

// end ends the execution, unless it has ended before. last is the id of the
// event that the final one follows.
func (e *execution) end(o outcome, last int) {
	e.mu.Lock()
	if e.outcome.status != statusRunning {
		e.mu.Unlock()
		return
	}
	o.stopped = time.Now()
	e.outcome = o
	e.context, e.input.value = nil, nil // the texts are enough from now on
	if o.status == statusSucceeded || e.machine.express {
		e.thread = nil
	}
	a := e.attempt
	e.mu.Unlock()

	kind, details := o.event()
	e.history.close(kind, last, details)
	a.cancel()
	if e.machine.remembers() {
		e.retire()
	}
	e.machine.announce(e)
	if e.mapRun != nil {
		e.mapRun.ended(e, o.status)
	}
	close(a.done)
}

// done is closed when the execution has ended.
func (e *execution) done() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.attempt.done
}

// idle is closed when nothing of the execution runs any more.
func (e *execution) idle() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.attempt.idle
}

// event is the last one of the history.
func (o *outcome) event() (string, details) {
	if o.status == statusSucceeded {
		return "ExecutionSucceeded", &executionSucceededDetails{Output: o.output}
	}
	kind := map[string]string{
		statusFailed: "ExecutionFailed", statusTimedOut: "ExecutionTimedOut", statusAborted: "ExecutionAborted",
	}[o.status]
	return kind, &executionEndedDetails{Error: o.error, Cause: o.cause, as: memberOf(kind)}
}

// now returns how the execution stands.
func (e *execution) now() (outcome, data) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.outcome, e.input
}

// contextObject is the Execution member of the context object.
func (e *execution) contextObject() *jsonvalue.Object {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.context == nil {
		c := jsonvalue.NewObject(7)
		c.Set("Id", e.arn).Set("Input", e.input.value).Set("StartTime", timestamp(e.started)).Set("Name", e.name).Set("RoleArn", e.revision.roleOrNull())
		if !e.awaited { // an Express execution that nobody waits for has one, too
			c.Set("RedriveCount", float64(e.redrives.count))
		}
		if e.redrives.count > 0 {
			c.Set("RedriveTime", timestamp(e.redrives.last))
		}
		e.context = c
	}
	return e.context
}
