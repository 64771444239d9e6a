// This file is TestState: one state runs without a state machine, with a mock in
// the place of its work if there is to be one.
// https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html

package states

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/httpcall"
	"github.com/tradepost-dev/tradepost/local/mock"
)

// The statuses of a test.
const (
	trialSucceeded = "SUCCEEDED"
	trialFailed    = "FAILED"
	trialRetriable = "RETRIABLE"
	trialCaught    = "CAUGHT_ERROR"
)

type testStateRequest struct {
	Definition         string              `json:"definition"`
	RoleARN            string              `json:"roleArn"`
	Input              *string             `json:"input"`
	InspectionLevel    string              `json:"inspectionLevel"`
	RevealSecrets      bool                `json:"revealSecrets"`
	Variables          *string             `json:"variables"`
	StateName          string              `json:"stateName"`
	Mock               *mockInput          `json:"mock"`
	Context            *string             `json:"context"`
	StateConfiguration *stateConfiguration `json:"stateConfiguration"`
}

type mockInput struct {
	Result              *string      `json:"result"`
	ErrorOutput         *errorOutput `json:"errorOutput"`
	FieldValidationMode string       `json:"fieldValidationMode"`
}

type errorOutput struct {
	Error string `json:"error"`
	Cause string `json:"cause"`
}

type stateConfiguration struct {
	RetrierRetryCount        *int    `json:"retrierRetryCount"`
	ErrorCausedByState       string  `json:"errorCausedByState"`
	MapIterationFailureCount *int    `json:"mapIterationFailureCount"`
	MapItemReaderData        *string `json:"mapItemReaderData"`
}

type testStateAnswer struct {
	Output         *string        `json:"output,omitempty"`
	Error          string         `json:"error,omitempty"`
	Cause          string         `json:"cause,omitempty"`
	InspectionData map[string]any `json:"inspectionData,omitempty"`
	NextState      string         `json:"nextState,omitempty"`
	Status         string         `json:"status"`
}

func (s *StepFunctions) testState(ctx context.Context, caller cloud.Caller, r testStateRequest) (any, error) {
	if err := s.cloud.Authorize(caller, "states:TestState", "*"); err != nil {
		return nil, err
	}
	if r.RevealSecrets {
		if err := s.cloud.Authorize(caller, "states:RevealSecrets", "*"); err != nil {
			return nil, err
		}
	}
	if err := r.checkLengths(); err != nil {
		return nil, err
	}
	tested, err := r.state(resolver{supports: s.cloud.Supports, mocked: r.Mock != nil})
	if err != nil {
		return nil, err
	}
	if err := r.check(tested); err != nil {
		return nil, err
	}
	e, err := s.trialOf(caller, tested, r)
	if err != nil {
		return nil, err
	}
	variables, err := r.variables()
	if err != nil {
		return nil, err
	}
	return e.try(ctx, tested, variables, r.InspectionLevel), nil
}

// trialOf makes the execution that a state is tested in: an Express one, as its
// ARN shows.
func (s *StepFunctions) trialOf(caller cloud.Caller, tested state, r testStateRequest) (*execution, error) {
	input, err := parseInput(r.Input)
	if err != nil {
		return nil, err
	}
	m := s.newMachine(cloud.UUID(), true, time.Now(), nil)
	rev := &revision{wish: wish{role: r.RoleARN}}
	if r.RoleARN != "" {
		if err := s.check(caller, nil, &r.RoleARN); err != nil {
			return nil, err
		}
		if rev.caller, err = m.assume(r.RoleARN); err != nil {
			return nil, refused(errors.Join(errUnassumable, err))
		}
	}
	e := &execution{machine: m, revision: rev, name: cloud.UUID(), started: time.Now(), input: input, attempt: newAttempt(), awaited: true}
	e.arn = s.cloud.ARN("states", "express:"+m.name+":"+e.name)
	e.history = &history{discard: true}
	if r.Mock != nil {
		e.mocks = mocks{tested.common().name: mock.Sequence("of the test", r.Mock.response()).Count()}
	}
	e.trial, err = r.trial(tested)
	return e, err
}

// response is the mock as a mock configuration has it.
func (m *mockInput) response() mock.Response {
	if m.ErrorOutput != nil {
		return mock.Response{Throw: &mock.Throw{Error: m.ErrorOutput.Error, Cause: m.ErrorOutput.Cause}}
	}
	return mock.Response{Return: []byte(*m.Result)}
}

// try runs the state.
func (e *execution) try(ctx context.Context, tested state, before variables, level string) testStateAnswer {
	ctx, cancel := context.WithTimeout(ctx, maxTrial)
	defer cancel()
	crowd := &e.machine.states.crowd
	crowd.join()
	defer crowd.leave()

	t := e.trial
	if t.call != nil {
		ctx = httpcall.WithTrace(ctx, t.call)
	}
	v := &visit{
		thread: &thread{execution: e, variables: before, input: e.input}, state: tested.common(), enteredAt: time.Now(), retries: t.retried,
	}
	left, f := tested.run(ctx, v)
	if f != nil && f.aborted {
		f = &failure{name: errTimeout}
	}
	var answer testStateAnswer
	switch {
	case f == nil:
		answer = testStateAnswer{Status: trialSucceeded, Output: &left.output.text, NextState: cmp.Or(left.next, v.state.next)}
		if t.caught >= 0 {
			answer.Status, answer.Error, answer.Cause = trialCaught, t.cause.name, t.cause.cause
		}
	case t.retry.due && f == t.cause:
		answer = testStateAnswer{Status: trialRetriable, Error: f.name, Cause: f.cause}
	default:
		answer = testStateAnswer{Status: trialFailed, Error: f.name, Cause: f.cause}
	}
	if level == "DEBUG" || level == "TRACE" {
		answer.InspectionData = t.inspection(tested, e.input, before.with(left.assigned))
	}
	return answer
}
