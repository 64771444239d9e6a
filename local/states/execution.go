// This file is the life of an execution: it starts, runs its machine's graph in a
// goroutine of its own, and ends exactly once.

package states

import (
	"context"
	"sync"
	"time"
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
	machine *machine
	arn     string
	name    string
	started time.Time
	history *history
	done    chan struct{} // closed when it has ended
	ctx     context.Context
	cancel  context.CancelFunc

	mu        sync.Mutex
	input     data
	forgotten bool // its history is gone
	outcome   outcome
	context   map[string]any // see contextObject
}

// outcome is how an execution ended, or statusRunning.
type outcome struct {
	status       string
	stopped      time.Time
	output       string
	error, cause string
}

// newExecution makes an execution; launch lets it run.
func (m *machine) newExecution(name string, input data) *execution {
	e := &execution{
		machine: m, name: name, arn: m.executionARN(name), started: time.Now(), input: input,
		history: &history{discard: m.express}, done: make(chan struct{}),
		outcome: outcome{status: statusRunning},
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.history.overflow = func() {
		e.fail(&failure{name: errRuntime, cause: "The execution reached the maximum number of history events (25000)."}, maxEvents-1)
	}
	e.history.add("ExecutionStarted", 0, &executionStartedDetails{Input: input.text, RoleARN: m.role})
	return e
}

// executionARN names an execution. Those of an Express machine end in a UUID,
// since their names need not be unique.
func (m *machine) executionARN(name string) string {
	if m.express {
		return m.states.cloud.ARN("states", "express:"+m.name+":"+name+":"+newUUID())
	}
	return m.states.cloud.ARN("states", "execution:"+m.name+":"+name)
}

// launch runs the execution in the background, until the engine closes.
func (e *execution) launch() {
	e.machine.announce(e)
	e.machine.states.cloud.Go(func(engine context.Context) {
		defer e.cancel()
		defer context.AfterFunc(engine, e.cancel)()
		e.run()
	})
}

// run walks the graph.
func (e *execution) run() {
	if limit := e.limit(); limit > 0 {
		timer := time.AfterFunc(limit, e.timeOut)
		defer timer.Stop()
	}
	_, input := e.now()
	t := &thread{execution: e, last: 1}
	output, f := t.walk(e.ctx, e.machine.definition.graph, input)
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
	limit := e.machine.definition.timeout
	if e.machine.express && (limit == 0 || limit > maxExpress) {
		return maxExpress
	}
	return limit
}

func (e *execution) timeOut() { e.end(outcome{status: statusTimedOut}, 0) }

func (e *execution) fail(f *failure, last int) {
	e.end(outcome{status: statusFailed, error: f.name, cause: f.cause}, last)
}

// end ends the execution, unless it has ended before. last is the id of the
// event that the final one follows.
func (e *execution) end(o outcome, last int) bool {
	e.mu.Lock()
	if e.outcome.status != statusRunning {
		e.mu.Unlock()
		return false
	}
	o.stopped = time.Now()
	e.outcome = o
	e.context, e.input.value = nil, nil // the texts are enough from now on
	e.mu.Unlock()

	kind, details := o.event()
	e.history.close(kind, last, details)
	e.cancel()
	if !e.machine.express {
		e.machine.states.shelf.put(e)
	}
	e.machine.announce(e)
	close(e.done)
	return true
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

// forget drops what takes much memory. The name stays taken.
func (e *execution) forget() {
	e.history.drop()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forgotten, e.input, e.outcome.output = true, data{}, ""
}

// contextObject is the Execution member of the context object.
func (e *execution) contextObject() map[string]any {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.context == nil {
		e.context = map[string]any{
			"Id": e.arn, "Input": e.input.value, "Name": e.name, "RoleArn": e.machine.role, "StartTime": timestamp(e.started),
		}
		if !e.machine.express {
			e.context["RedriveCount"] = float64(0)
		}
	}
	return e.context
}
