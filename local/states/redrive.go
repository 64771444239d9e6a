// This file redrives executions: one that did not succeed runs on from where it
// stands, with the same definition, input and variables, under the same ARN.
// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
//
// The state that an execution stands in is repeated with all its retries, without
// being entered again. Of a Parallel or Map state only the branches or iterations
// that did not succeed run, each from the state that it stands in. A Fail state
// fails again, and the execution's time-out begins anew.

package states

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	redrivePeriod = 14 * 24 * time.Hour  // after an execution's end
	maxOpenTime   = 365 * 24 * time.Hour // after its start

	maxClientToken  = 64 // characters
	clientTokenLife = 15 * time.Minute
	maxUsedTokens   = 10 // of an execution
)

// redrives tells how often an execution was redriven, and when last.
type redrives struct {
	count int
	last  time.Time
}

// usedToken is a client token and when it redrove the execution.
type usedToken struct {
	token string
	at    time.Time
}

type redriveRequest struct {
	ExecutionARN string `json:"executionArn"`
	ClientToken  string `json:"clientToken"`
}

func (s *StepFunctions) redriveExecution(ctx context.Context, caller cloud.Caller, r redriveRequest) (any, error) {
	isForbidden := func(r rune) bool { return r < '!' || r > '~' }
	if len(r.ClientToken) > maxClientToken || strings.ContainsFunc(r.ClientToken, isForbidden) {
		return nil, cloud.Errorf(400, "ValidationException",
			"1 validation error detected: Value '%s' at 'clientToken' failed to satisfy constraint: Member must have 1 to %d printable ASCII characters", r.ClientToken, maxClientToken)
	}
	e, err := s.execution(caller, "RedriveExecution", r.ExecutionARN)
	if err != nil {
		return nil, err
	}
	if m, _ := s.ownerOf(r.ExecutionARN); m.outer != nil {
		return nil, cloud.Errorf(400, "ValidationException", "Labeled Execution ARNs are not supported for this API")
	}
	if e.live == nil {
		return nil, notRedrivable(unredrivable(e.status), r.ExecutionARN)
	}
	at, err := e.live.redrive(ctx, r.ClientToken)
	if err != nil {
		return nil, err
	}
	return map[string]any{"redriveDate": apiTime(at)}, nil
}

// redrive lets an execution run on, and returns when it did so: with a client
// token that was used shortly before, that is the time of then.
func (e *execution) redrive(ctx context.Context, token string) (time.Time, error) {
	e.redriving.Lock()
	defer e.redriving.Unlock()
	for _, used := range e.tokens {
		if used.token == token && time.Since(used.at) < clientTokenLife {
			return used.at, nil
		}
	}
	o, _ := e.now()
	if reason := e.unredrivable(o); reason != "" {
		return time.Time{}, notRedrivable(reason, e.arn)
	}
	if err := e.settle(ctx); err != nil {
		return time.Time{}, err
	}
	if err := e.restart(); err != nil {
		return time.Time{}, err
	}
	at := e.redriven().last
	if token != "" {
		e.tokens = append(e.tokens, usedToken{token, at})
		e.tokens = e.tokens[max(0, len(e.tokens)-maxUsedTokens):]
	}
	e.machine.states.crowd.join()
	e.launch()
	return at, nil
}

// settle waits until an execution that has ended does nothing any more.
func (e *execution) settle(ctx context.Context) error {
	e.mu.Lock()
	a := e.attempt
	e.mu.Unlock()
	for _, ended := range []chan struct{}{a.done, a.idle} {
		select {
		case <-ended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// restart makes an execution that has settled ready for another attempt.
func (e *execution) restart() error {
	if !e.machine.states.shelf.take(e) {
		return notRedrivable(unredrivable(statusFailed), e.arn) // it fell off meanwhile
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	input, err := parseData(e.input.text)
	if err != nil {
		return fmt.Errorf("redrive %s: %w", e.arn, err)
	}
	e.redrives = redrives{e.redrives.count + 1, time.Now()}
	e.history.reopen(e.redrives.count)
	e.attempt, e.input, e.context = newAttempt(), input, nil
	e.outcome = outcome{status: statusRunning}
	e.machine.Changed()
	return nil
}

func notRedrivable(reason, arn string) error {
	return cloud.Errorf(400, "ExecutionNotRedrivable", "%s: '%s'", reason, arn)
}

// unredrivable returns why an execution that does not stand anywhere any more
// cannot be redriven.
func unredrivable(status string) string {
	if status == statusRunning || status == statusSucceeded {
		return "Execution is " + status + " and cannot be redriven"
	}
	return "Execution redrivable period exceeded"
}

// unredrivable returns why an execution that stands so can not be redriven, or "".
func (e *execution) unredrivable(o outcome) string {
	switch {
	case o.status == statusRunning, o.status == statusSucceeded:
		return unredrivable(o.status)
	case time.Since(e.started) >= maxOpenTime:
		return "Execution has exceeded the max execution time"
	case time.Since(o.stopped) >= redrivePeriod, !e.stands() && !e.machine.express:
		return unredrivable(o.status)
	case e.history.isFull():
		return "Execution history event limit exceeded"
	default:
		return ""
	}
}

// redriveStatus is unredrivable as the API and the events give it.
func (e *execution) redriveStatus(o outcome) (status string, reason *string) {
	if why := e.unredrivable(o); why != "" {
		return "NOT_REDRIVABLE", &why
	}
	if e.mapRun != nil {
		return "REDRIVABLE_BY_MAP_RUN", nil
	}
	return "REDRIVABLE", nil
}

// stands tells whether it is known where the execution stands.
func (e *execution) stands() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.thread != nil
}

func (e *execution) redriven() redrives {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.redrives
}
