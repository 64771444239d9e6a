package lambda

// This file calls handlers that live in this process, and makes of their
// errors what aws-lambda-go's runtime would report.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// HandlerOf makes a Handler of a function as lambda.NewHandler takes it:
// func(context.Context, Event) (Answer, error) and the like. Each invocation has
// one of aws-lambda-go's handlers to itself, since those keep the buffer in
// which they write an answer for the next one.
func HandlerOf(function any) Handler { return inProcess{function} }

type inProcess struct{ function any }

func (h inProcess) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return lambda.NewHandler(h.function).Invoke(ctx, payload)
}

// inProcess is what runs in this process of a function, or nil.
func (l *Lambda) inProcess(function string) Handler {
	if main, ok := l.opts.Mains[function]; ok {
		return &resident{main: main}
	}
	return l.opts.Handlers[function]
}

// resident is a version of a function that lives in this process: its execution
// environments, each with a handler of its own.
type resident struct {
	main Main
	env  func() (Environment, error)

	mu   sync.Mutex
	idle []Handler
}

// of is the same of a version.
func (r *resident) of(l *Lambda, f *function, v *version) *resident {
	return &resident{main: r.main, env: func() (Environment, error) {
		l.observe(v.pool)
		variables, err := l.variables(f, v, nil, nil)
		return Environment{variables, &logWriter{log: f.log, printed: l.opts.Printed}}, err
	}}
}

// Invoke runs an invocation in the environment that was used last, or in a new
// one. What did not come to its end leaves no environment to be used again.
func (r *resident) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	handler, err := r.acquire()
	if err != nil {
		return nil, err
	}
	output, err := handler.Invoke(ctx, payload)
	if ctx.Err() == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.idle = append(r.idle, handler)
	}
	return output, err
}

func (r *resident) acquire() (Handler, error) {
	if handler := r.lastIdle(); handler != nil {
		return handler, nil
	}
	env, err := r.env()
	if err != nil {
		return nil, err
	}
	return r.main(env)
}

func (r *resident) lastIdle() Handler {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.idle)
	if n == 0 {
		return nil
	}
	handler := r.idle[n-1]
	r.idle = r.idle[:n-1]
	return handler
}

// logWriter is a function's log as its standard output.
type logWriter struct {
	log     *logFile // may be nil
	printed func(log string, line []byte)

	mu   sync.Mutex
	rest []byte // a line that has not ended
}

func (w *logWriter) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.log == nil {
		return len(text), nil
	}
	w.log.write(string(text))
	w.rest = append(w.rest, text...)
	for {
		line, after, ended := bytes.Cut(w.rest, []byte("\n"))
		if !ended {
			return len(text), nil
		}
		if w.printed != nil {
			w.printed(strings.TrimSuffix(filepath.Base(w.log.path), ".log"), line)
		}
		w.rest = after
	}
}

// errExit is why an invocation ended whose environment did.
var errExit = errors.New("the execution environment has ended")

type exitKey struct{}

// Exit ends the execution environment, in this process, of the invocation that a
// context is of, as a process that dies does; the handler's context ends with it.
// It tells whether there is one.
func Exit(ctx context.Context) bool {
	exit, ok := ctx.Value(exitKey{}).(context.CancelCauseFunc)
	if ok {
		exit(errExit)
	}
	return ok
}

// executeInProcess calls the handler. One that does not return by its deadline
// has timed out; it should then end, since its context has.
func (l *Lambda) executeInProcess(ctx context.Context, r request) answer {
	started := time.Now()
	ctx, cancel := context.WithTimeout(ctx, r.target.timeout)
	defer cancel()
	ctx, exit := context.WithCancelCause(cloud.Because(ctx, r.cause))
	defer exit(nil)
	ctx, err := withLambdaContext(context.WithValue(ctx, exitKey{}, exit), r)
	if err != nil {
		return reported(err)
	}
	done := make(chan answer, 1)
	l.cloud.Go(func(context.Context) { done <- callHandler(ctx, r.target.inProcess, r.payload) })
	var a answer
	select {
	case a = <-done:
	case <-ctx.Done():
	}
	switch {
	case context.Cause(ctx) == errExit:
		a = failure("Runtime.ExitError", "RequestId: %s Error: Runtime exited with error: exit status 1", r.id)
	case ctx.Err() != nil:
		a = timedOut(r.id, r.target.timeout)
	}
	a.duration = time.Since(started)
	return a
}

func withLambdaContext(ctx context.Context, r request) (context.Context, error) {
	lc := &lambdacontext.LambdaContext{AwsRequestID: r.id, InvokedFunctionArn: r.target.arn()}
	if r.clientContext != "" {
		if err := json.Unmarshal([]byte(r.clientContext), &lc.ClientContext); err != nil {
			return ctx, fmt.Errorf("read the client context: %w", err)
		}
	}
	return lambdacontext.NewContext(ctx, lc), nil
}

func callHandler(ctx context.Context, handler Handler, payload []byte) (a answer) {
	defer func() {
		if value := recover(); value != nil {
			a = report(messages.InvokeResponse_Error{Message: fmt.Sprint(value), Type: typeName(value)})
		}
	}()
	output, err := handler.Invoke(ctx, payload)
	if err != nil {
		return reported(err)
	}
	return answer{payload: output}
}

// reported is what the runtime makes of a handler's error. The error's type is
// the name of the outermost Go type: wrapping changes it.
func reported(err error) answer {
	if e, ok := err.(messages.InvokeResponse_Error); ok {
		return report(e)
	}
	return report(messages.InvokeResponse_Error{Message: err.Error(), Type: typeName(err)})
}

func report(e messages.InvokeResponse_Error) answer {
	payload, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings and numbers
	}
	return answer{payload: payload, failed: true, unsaid: true}
}

func typeName(value any) string {
	t := reflect.TypeOf(value)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}
