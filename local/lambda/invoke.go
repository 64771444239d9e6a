package lambda

// This file carries out one invocation, whatever asked for it: admission, log
// lines, metrics, and the errors that the service itself reports.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// request is an invocation to be carried out.
type request struct {
	id            string // the same on each retry of an asynchronous one
	trace         string // header of X-Ray; so is it
	target        target
	payload       []byte
	clientContext string // JSON, or empty
	tail          bool   // answer the end of the log
	cause         *cloud.Cause
}

// answer is what an invocation yields: the function's own answer, or an error
// object that its runtime or the service made.
type answer struct {
	payload []byte
	failed  bool
	unsaid  bool   // an error of the service's, which the function did not log
	logTail string // base64; only if asked for
	version string // that ran

	duration time.Duration // of the handler
	init     time.Duration // of the environment's start, if this invocation began it
}

// failure makes an answer in the form of a function's error.
func failure(errorType, format string, args ...any) answer {
	payload, err := json.Marshal(struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}{errorType, fmt.Sprintf(format, args...)})
	if err != nil {
		panic(err) // two strings
	}
	return answer{payload: payload, failed: true, unsaid: true}
}

func timedOut(id string, timeout time.Duration) answer {
	return failure("Sandbox.Timedout", "RequestId: %s Error: Task timed out after %.2f seconds", id, timeout.Seconds())
}

// run carries out an invocation and waits for it. An error means that the
// function did not run. When ctx ends, run returns; the function goes on, as a
// Lambda function does when its caller hangs up.
func (l *Lambda) run(ctx context.Context, r request) (answer, error) {
	done, err := l.begin(r)
	if err != nil {
		return answer{}, err
	}
	select {
	case got := <-done:
		return got.answer, got.err
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

// runThrough is run for a caller that stays until the function has ended. It
// fails when the engine ends before.
func (l *Lambda) runThrough(r request) (answer, error) {
	done, err := l.begin(r)
	if err != nil {
		return answer{}, err
	}
	got := <-done
	return got.answer, got.err
}

type result struct {
	answer answer
	err    error
}

// begin admits an invocation and starts it.
func (l *Lambda) begin(r request) (done chan result, err error) {
	f := r.target.function
	v, ok := f.take(r.target.qualifier)
	if !ok {
		return nil, r.target.notFound()
	}
	r.target.version = v
	running, err := f.admit(v)
	if err != nil {
		f.leave(v)
		r.target.observe(l.metrics.throttles, 1)
		return nil, err
	}
	r.target.observe(l.metrics.concurrent, float64(running))
	done = make(chan result, 1)
	l.cloud.Go(func(engine context.Context) {
		defer f.leave(v)
		defer f.done(v)
		a, err := l.execute(engine, r)
		if engine.Err() != nil {
			err = engine.Err() // what the function answers to its end is no answer
		}
		done <- result{a, err}
	})
	return done, nil
}

func (l *Lambda) execute(ctx context.Context, r request) (answer, error) {
	f := r.target.function
	mark := f.log.start(r)
	var a answer
	var err error
	switch {
	case r.target.inProcess != nil:
		a = l.executeInProcess(ctx, r)
	case r.target.code.entry != nil:
		a = noEntry(r)
	default:
		a, err = r.target.pool.execute(ctx, r)
	}
	if err != nil {
		return a, cloud.Errorf(500, "ServiceException", "run function %s: %v", f.name, err)
	}
	if len(a.payload) > maxResponse {
		a = withTimes(failure("Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse), a)
	}
	a.version = r.target.number
	f.log.end(r, a)
	if r.tail {
		a.logTail = f.log.tail(mark)
	}
	if f.log.rotate() {
		f.renew()
	}
	r.target.observe(l.metrics.invocations, 1)
	r.target.observe(l.metrics.duration, float64(a.duration.Microseconds())/1000)
	failures := 0.0
	if a.failed {
		failures = 1
	}
	r.target.observe(l.metrics.errors, failures)
	return a, nil
}

// noEntry is what comes of code that can not be started.
func noEntry(r request) answer {
	why := r.target.code.entry.Error()
	if errors.Is(r.target.code.entry, errNoBootstrap) {
		why = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
	}
	return failure("Runtime.InvalidEntrypoint", "RequestId: %s Error: %s", r.id, why)
}

func withTimes(a, of answer) answer {
	a.duration, a.init = of.duration, of.init
	return a
}

// reportLine is the REPORT line that Lambda logs after an invocation.
func reportLine(r request, a answer) string {
	ms := float64(a.duration.Microseconds()) / 1000
	line := fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %.0f ms\tMemory Size: %d MB", r.id, ms, math.Ceil(ms), r.target.memory)
	if a.init > 0 {
		line += fmt.Sprintf("\tInit Duration: %.2f ms", float64(a.init.Microseconds())/1000)
	}
	return line + "\n"
}
