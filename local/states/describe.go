// This file answers questions about executions.

package states

import (
	"context"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type executionRequest struct {
	ExecutionARN string `json:"executionArn"`
}

// execution finds an execution of a Standard machine and authorizes the caller.
func (s *States) execution(caller cloud.Caller, action, arn string) (*execution, error) {
	if err := checkARN(arn, "execution"); err != nil {
		return nil, err
	}
	if err := s.cloud.Authorize(caller, "states:"+action, arn); err != nil {
		return nil, err
	}
	if e := s.findExecution(arn); e != nil {
		return e, nil
	}
	return nil, noExecution(arn)
}

func noExecution(arn string) error {
	return cloud.Errorf(400, "ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
}

// findExecution returns nil if there is no such execution.
func (s *States) findExecution(arn string) *execution {
	machineName, name, ok := strings.Cut(strings.TrimPrefix(arn, s.cloud.ARN("states", "execution:")), ":")
	if !ok {
		return nil
	}
	s.mu.RLock()
	m := s.machines[s.cloud.ARN("states", "stateMachine:"+machineName)]
	s.mu.RUnlock()
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.executions[name]
}

func (s *States) describeExecution(_ context.Context, caller cloud.Caller, r executionRequest) (any, error) {
	e, err := s.execution(caller, "DescribeExecution", r.ExecutionARN)
	if err != nil {
		return nil, err
	}
	return e.describe(), nil
}

// describe returns the execution as DescribeExecution gives it.
func (e *execution) describe() map[string]any {
	o, input := e.now()
	d := e.summary(o)
	d["input"], d["inputDetails"] = input.text, included{true}
	if o.status == statusSucceeded {
		d["output"], d["outputDetails"] = o.output, included{true}
	}
	if o.error != "" {
		d["error"] = o.error
	}
	if o.cause != "" {
		d["cause"] = o.cause
	}
	status, reason := e.redriveStatus(o)
	d["redriveStatus"] = status
	if reason != nil {
		d["redriveStatusReason"] = *reason
	}
	return d
}

// summary returns the execution as ListExecutions gives it.
func (e *execution) summary(o outcome) map[string]any {
	r := e.redriven()
	d := map[string]any{
		"executionArn": e.arn, "stateMachineArn": e.machine.arn, "name": e.name,
		"status": o.status, "startDate": apiTime(e.started), "redriveCount": r.count,
	}
	if r.count > 0 {
		d["redriveDate"] = apiTime(r.last)
	}
	if o.status != statusRunning {
		d["stopDate"] = apiTime(o.stopped)
	}
	return d
}

type listExecutionsRequest struct {
	page
	StateMachineARN string `json:"stateMachineArn"`
	StatusFilter    string `json:"statusFilter"`
	RedriveFilter   string `json:"redriveFilter"`
}

// listExecutions gives the executions of a machine, newest first. A page's token
// counts the executions from the oldest one, so that new ones do not shift it.
func (s *States) listExecutions(_ context.Context, caller cloud.Caller, r listExecutionsRequest) (any, error) {
	m, err := s.machine(caller, "ListExecutions", r.StateMachineARN)
	if err != nil {
		return nil, err
	}
	if m.express {
		return nil, cloud.Errorf(400, "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
	}
	if err := r.checkFilters(); err != nil {
		return nil, err
	}
	size, err := r.size()
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	started := m.started[:len(m.started):len(m.started)]
	m.mu.Unlock()
	at := len(started)
	if r.NextToken != "" {
		if at, err = r.start(); err != nil || at > len(started) {
			return nil, cloud.Errorf(400, "InvalidToken", "Invalid Token: 'Invalid token'")
		}
	}
	list := []any{}
	for ; at > 0 && len(list) < size; at-- {
		e := started[at-1]
		if o, _ := e.now(); r.StatusFilter == "" || r.StatusFilter == o.status {
			list = append(list, e.summary(o))
		}
	}
	next := ""
	if at > 0 {
		next = pageToken(at)
	}
	return withNext(map[string]any{"executions": list}, next), nil
}

// checkFilters refuses what AWS refuses beside the ARN of a machine: redriveFilter,
// and the status that only child executions of a Map Run can have.
func (r *listExecutionsRequest) checkFilters() error {
	const pendingRedrive = "PENDING_REDRIVE"
	statuses := []string{statusSucceeded, statusTimedOut, pendingRedrive, statusAborted, statusFailed, statusRunning}
	switch {
	case r.StatusFilter != "" && !slices.Contains(statuses, r.StatusFilter):
		return cloud.Errorf(400, "ValidationException",
			"1 validation error detected: Value '%s' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
			r.StatusFilter, strings.Join(statuses, ", "))
	case r.StatusFilter == pendingRedrive:
		return cloud.Errorf(400, "ValidationException", "The statusFilter %s requires a mapRunArn", pendingRedrive)
	case r.RedriveFilter != "":
		return cloud.Errorf(400, "ValidationException", "A redriveFilter requires a mapRunArn")
	default:
		return nil
	}
}

type historyRequest struct {
	page
	ExecutionARN         string `json:"executionArn"`
	ReverseOrder         bool   `json:"reverseOrder"`
	IncludeExecutionData *bool  `json:"includeExecutionData"`
}

func (s *States) getExecutionHistory(_ context.Context, caller cloud.Caller, r historyRequest) (any, error) {
	e, err := s.execution(caller, "GetExecutionHistory", r.ExecutionARN)
	if err != nil {
		return nil, err
	}
	if e.isForgotten() {
		return nil, noExecution(r.ExecutionARN)
	}
	all := e.history.snapshot()
	from, to, next, err := r.bounds(len(all))
	if err != nil {
		return nil, err
	}
	events := []any{}
	for i := from; i < to; i++ {
		event := &all[i]
		if r.ReverseOrder {
			event = &all[len(all)-1-i]
		}
		rendered, err := event.render(r.IncludeExecutionData == nil || *r.IncludeExecutionData)
		if err != nil {
			return nil, err
		}
		events = append(events, rendered)
	}
	return withNext(map[string]any{"events": events}, next), nil
}

// isForgotten tells whether the history made room for newer ones, as AWS forgets
// executions after 90 days.
func (e *execution) isForgotten() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.forgotten
}
