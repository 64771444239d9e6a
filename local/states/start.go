// This file starts and stops executions.

package states

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// nameLife is how long the name of a finished execution stays taken.
const nameLife = 90 * 24 * time.Hour

type startRequestBody struct {
	StateMachineARN string  `json:"stateMachineArn"`
	Name            string  `json:"name"`
	Input           *string `json:"input"`

	testCase string // which Step Functions Local takes behind the ARN
	awaited  bool   // by StartSyncExecution
}

// named takes the test case off the ARN, ARN#TESTCASE.
func (r startRequestBody) named() startRequestBody {
	r.StateMachineARN, r.testCase, _ = strings.Cut(r.StateMachineARN, "#")
	return r
}

func (s *StepFunctions) startExecution(ctx context.Context, caller cloud.Caller, r startRequestBody) (any, error) {
	e, err := s.start(ctx, caller, "StartExecution", r)
	if err != nil {
		return nil, err
	}
	return map[string]any{"executionArn": e.arn, "startDate": apiTime(e.started)}, nil
}

func (s *StepFunctions) startSyncExecution(ctx context.Context, caller cloud.Caller, r startRequestBody) (any, error) {
	r = r.named()
	r.awaited = true
	t, err := s.target(caller, "StartSyncExecution", r.StateMachineARN)
	if err != nil {
		return nil, err
	}
	if !t.machine.express {
		return nil, cloud.Errorf(400, "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
	}
	e, err := t.start(ctx, r)
	if err != nil {
		return nil, err
	}
	select {
	case <-e.done():
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return e.syncAnswer(), nil
}

// syncAnswer is what StartSyncExecution answers.
func (e *execution) syncAnswer() map[string]any {
	o, _ := e.now()
	answer := e.describe()
	for _, name := range []string{"redriveCount", "redriveStatus", "redriveStatusReason"} {
		delete(answer, name)
	}
	answer["outputDetails"] = included{true}
	const unit = 100 * time.Millisecond // of billing
	billed := (o.stopped.Sub(e.started) + unit - 1) / unit * unit
	answer["billingDetails"] = map[string]any{
		"billedDurationInMilliseconds": max(billed, unit).Milliseconds(), "billedMemoryUsedInMB": 64,
	}
	return answer
}

// start begins an execution of the machine that the request names.
func (s *StepFunctions) start(ctx context.Context, caller cloud.Caller, action string, r startRequestBody) (*execution, error) {
	r = r.named()
	t, err := s.target(caller, action, r.StateMachineARN)
	if err != nil {
		return nil, err
	}
	return t.start(ctx, r)
}

// start begins an execution, or finds the running one that the same request
// began before.
func (t target) start(ctx context.Context, r startRequestBody) (*execution, error) {
	input, err := parseInput(r.Input)
	if err != nil {
		return nil, err
	}
	if r.Name == "" {
		r.Name = cloud.UUID()
	} else if err := checkName(r.Name); err != nil {
		return nil, err
	}
	m := t.machine
	mocks, err := m.testCase(t.revision, r.testCase)
	if err != nil {
		return nil, err
	}
	if err := m.states.crowd.enter(ctx); err != nil {
		return nil, err
	}
	e, isNew, err := t.enrol(ctx, r.Name, input, mocks)
	if err == nil && isNew {
		e.awaited = r.awaited
		e.launch()
	} else {
		m.states.crowd.leave()
	}
	return e, err
}

// parseInput reads the input of an execution, or of the test of a state, which is {}
// if none is given.
func parseInput(given *string) (data, error) {
	text := "{}"
	if given != nil {
		text = *given
	}
	if len(text) > maxPayload {
		return data{}, cloud.Errorf(400, "ValidationException",
			"1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to %d", maxPayload)
	}
	input, err := parseData(text)
	if err != nil {
		return data{}, cloud.Errorf(400, "InvalidExecutionInput", "Invalid State Machine Execution Input: '%s'", notAnInput(text, err))
	}
	return input, nil
}

// notAnInput is what AWS says of a text that is no JSON, as far as that is known.
func notAnInput(text string, err error) string {
	if strings.TrimSpace(text) == "" {
		return "Invalid execution input."
	}
	if f := jsonParser.Fault(text); f != nil {
		return f.Message
	}
	return err.Error()
}

// enrol takes the name. Express executions may share one.
func (t target) enrol(ctx context.Context, name string, input data, mocks mocks) (e *execution, isNew bool, err error) {
	if t.machine.express {
		return t.newExecution(ctx, name, input, mocks), true, nil
	}
	e, isNew, err = t.machine.executions.enrol(name, input.text, func() *execution { return t.newExecution(ctx, name, input, mocks) })
	if errors.Is(err, errNameTaken) {
		return nil, false, cloud.Errorf(400, "ExecutionAlreadyExists", "Execution Already Exists: '%s'", t.machine.executionARN(name))
	}
	return e, isNew, err
}

type stopRequest struct {
	ExecutionARN string `json:"executionArn"`
	Error        string `json:"error"`
	Cause        string `json:"cause"`
}

func (s *StepFunctions) stopExecution(_ context.Context, caller cloud.Caller, r stopRequest) (any, error) {
	if err := checkHidden(hidden{"error", r.Error, maxError}, hidden{"cause", r.Cause, maxCause}); err != nil {
		return nil, err
	}
	e, err := s.execution(caller, "StopExecution", r.ExecutionARN)
	if err != nil {
		return nil, err
	}
	if e.live != nil {
		e.live.end(outcome{status: statusAborted, error: r.Error, cause: r.Cause}, 0)
	}
	_, stopped := e.outcome()
	return map[string]any{"stopDate": apiTime(stopped)}, nil
}
