package lambda

// This file calls handlers that live in this process, and makes of their
// errors what aws-lambda-go's runtime would report.

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
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

// executeInProcess calls the handler. One that does not return by its deadline
// has timed out; it should then end, since its context has.
func (l *Lambda) executeInProcess(ctx context.Context, r request) answer {
	started := time.Now()
	ctx, cancel := context.WithTimeout(ctx, r.target.timeout)
	defer cancel()
	ctx, err := withLambdaContext(ctx, r)
	if err != nil {
		return reported(err)
	}
	done := make(chan answer, 1)
	l.cloud.Go(func(context.Context) { done <- callHandler(ctx, r.target.inProcess, r.payload) })
	var a answer
	select {
	case a = <-done:
	case <-ctx.Done():
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
