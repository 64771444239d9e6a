// This file is what integrations see of the task that calls them.

package states

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/states/integration"
)

// host is a visit of a Task, which calls as somebody.
type host struct {
	visit  *visit
	caller cloud.Caller
}

var _ integration.Task = host{}

func (h host) Perform(ctx context.Context, service, action string, request json.RawMessage) (any, error) {
	return h.visit.execution.machine.states.cloud.Perform(cloud.WithPart(h.visit.because(cloud.Onward(ctx)), h.visit.state.name), h.caller, service, action, request)
}

// because is the context of what comes of a visit.
func (v *visit) because(ctx context.Context) context.Context {
	e := v.execution
	if e.cause == nil {
		return ctx
	}
	return cloud.Because(ctx, e.machine.states.cloud.Happened(cloud.Cause{Type: "state", Resource: e.arn, ID: v.state.name, Of: cloud.Known(e.cause)}))
}

func (h host) Input(service, action string) reflect.Type {
	return h.visit.execution.machine.states.cloud.Input(service, action)
}

func (h host) Execution() string { return h.visit.execution.arn }

func (h host) Machine() string { return h.visit.execution.machine.arn }

func (h host) AwaitExecution(ctx context.Context, arn string) (json.RawMessage, error) {
	e, err := h.visit.execution.machine.states.existing(arn)
	if err != nil {
		return nil, &integration.Failure{Name: errTaskFailed, Cause: "An Express execution can not be waited for.", OfState: true}
	}
	if e.live != nil {
		select {
		case <-e.live.done():
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return e.description()
}

func (h host) StopExecution(arn string) {
	if e, err := h.visit.execution.machine.states.existing(arn); err == nil && e.live != nil {
		e.live.end(outcome{status: statusAborted}, 0)
	}
}

func (h host) AwaitJob(ctx context.Context, service, id string) error {
	return h.visit.execution.machine.states.cloud.AwaitJob(ctx, service, id)
}

// calledInVain makes the task's failure of an integration's error.
func (v *visit) calledInVain(err error) *failure {
	var f *integration.Failure
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &f):
		return v.failed(errRuntime, "%v", err)
	case f.OfState:
		return v.failed(f.Name, "%s", f.Cause)
	default:
		return &failure{name: f.Name, cause: f.Cause, also: f.Also}
	}
}
