// This file answers questions about executions.

package states

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type executionRequest struct {
	ExecutionARN string `json:"executionArn"`
}

type describeExecutionRequest struct {
	executionRequest
	IncludedData string `json:"includedData"` // ALL_DATA or METADATA_ONLY
}

// execution finds an execution of a Standard machine, or a child of a Map Run, and
// authorizes the caller.
func (s *StepFunctions) execution(caller cloud.Caller, action, arn string) (slot, error) {
	if err := checkARN(arn, "execution"); err != nil && !(strings.HasPrefix(action, "Describe") && s.isExpressChild(arn)) {
		return slot{}, err
	}
	if err := s.cloud.Authorize(caller, "states:"+action, arn); err != nil {
		return slot{}, err
	}
	return s.existing(arn)
}

// isExpressChild tells the ARN of an Express execution that a Map Run has started.
func (s *StepFunctions) isExpressChild(arn string) bool {
	m, _ := s.ownerOf(arn)
	return m != nil && m.express && m.outer != nil
}

// ownerOf returns the machine of an execution's ARN, or nil, and the execution's
// name. That of a Map Run's child is the machine of the distributed Map.
func (s *StepFunctions) ownerOf(arn string) (m *machine, name string) {
	prefix := s.cloud.ARN("states", "execution:")
	rest, standard := strings.CutPrefix(arn, prefix)
	if !standard {
		rest = strings.TrimPrefix(arn, s.cloud.ARN("states", "express:"))
	}
	machineName, name, ok := strings.Cut(rest, ":")
	if !ok {
		return nil, ""
	}
	machineName, label, inner := strings.Cut(machineName, "/")
	s.mu.RLock()
	m = s.machines[s.cloud.ARN("states", "stateMachine:"+machineName)]
	s.mu.RUnlock()
	if m != nil && inner {
		m = m.maps.find(label)
	}
	if m != nil && m.express == standard {
		return nil, "" // the ARN is of the other type
	}
	return m, name
}

func (s *StepFunctions) describeExecution(ctx context.Context, caller cloud.Caller, r describeExecutionRequest) (any, error) {
	if !slices.Contains([]string{"", "ALL_DATA", "METADATA_ONLY"}, r.IncludedData) {
		return nil, cloud.Errorf(400, "ValidationException", "includedData is %q: it must be ALL_DATA or METADATA_ONLY", r.IncludedData)
	}
	e, err := s.execution(caller, "DescribeExecution", r.ExecutionARN)
	if err != nil {
		return nil, err
	}
	cloud.Tell(ctx, e.cause)
	description, err := e.description()
	if err == nil {
		description, err = describedAt(description, cloud.MomentOf(ctx))
	}
	if err == nil && r.IncludedData == "METADATA_ONLY" {
		return withoutData(description)
	}
	return description, ifDropped(err, r.ExecutionARN)
}

// withoutData is the description of an execution without what users gave it or
// got from it, which a key of theirs may encrypt.
func withoutData(description json.RawMessage) (any, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(description, &members); err != nil {
		return nil, fmt.Errorf("decode the description of an execution: %w", err)
	}
	for _, name := range []string{"input", "inputDetails", "output", "outputDetails", "error", "cause"} {
		delete(members, name)
	}
	return members, nil
}

// ifDropped is the error of reading an execution, which may have been let go of
// meanwhile.
func ifDropped(err error, arn string) error {
	if errors.Is(err, errDropped) {
		return noExecution(arn)
	}
	return err
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
	if e.mapRun != nil {
		d["mapRunArn"] = e.mapRun.arn
	}
	status, reason := e.redriveStatus(o)
	d["redriveStatus"] = status
	if reason != nil {
		d["redriveStatusReason"] = *reason
	}
	return d
}

// documents returns the execution as ListExecutions and as DescribeExecution give it.
func (e *execution) documents() (summary, description json.RawMessage, err error) {
	o, _ := e.now()
	if summary, err = json.Marshal(e.summary(o)); err != nil {
		return nil, nil, err
	}
	description, err = json.Marshal(e.describe())
	return summary, description, err
}

// summary returns the execution as ListExecutions gives it.
func (e *execution) summary(o outcome) map[string]any {
	r := e.redriven()
	d := map[string]any{
		"executionArn": e.arn, "stateMachineArn": e.machine.arn, "name": e.name,
		"status": o.status, "startDate": apiTime(e.started), "redriveCount": r.count,
	}
	if c := e.chosen; c != nil {
		d["stateMachineVersionArn"] = c.version
		if c.alias != "" {
			d["stateMachineAliasArn"] = c.alias
		}
	}
	if !r.last.IsZero() {
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
	MapRunARN       string `json:"mapRunArn"`
	StatusFilter    string `json:"statusFilter"`
	RedriveFilter   string `json:"redriveFilter"`
}

// listExecutions gives the executions of a machine or of a Map Run, newest first. A
// page's token counts the executions from the oldest one, so that new ones do not
// shift it.
func (s *StepFunctions) listExecutions(ctx context.Context, caller cloud.Caller, r listExecutionsRequest) (any, error) {
	if r.MapRunARN != "" {
		return s.listChildren(caller, r)
	}
	t, err := s.target(caller, "ListExecutions", r.StateMachineARN)
	if err != nil {
		return nil, err
	}
	if t.machine.express {
		return nil, cloud.Errorf(400, "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
	}
	if err := r.checkFilters(); err != nil {
		return nil, err
	}
	size, err := r.size()
	if err != nil {
		return nil, err
	}
	before := -1
	if r.NextToken != "" {
		if before, err = r.start(maxExecutionsToken); err != nil {
			return nil, err
		}
	}
	then := cloud.MomentOf(ctx)
	slots, next, ok := t.machine.executions.list(before, size, r.wants(t, then))
	if !ok {
		return nil, cloud.Errorf(400, "InvalidToken", "Invalid Token: 'Invalid token'")
	}
	list, err := summaries(slots, then)
	if err != nil {
		return nil, err
	}
	return executionsPage(list, next), nil
}

// summaries returns executions as ListExecutions gives them at a moment, but for those
// that began later, and those that are let go of meanwhile.
func summaries(slots []slot, then time.Time) ([]map[string]any, error) {
	list := []map[string]any{}
	for i := range slots {
		summary, err := slots[i].summary()
		switch {
		case errors.Is(err, errDropped):
		case err != nil:
			return nil, err
		case asOf(summary, then):
			list = append(list, summary)
		}
	}
	return list, nil
}

// executionsPage is ListExecutions' answer; next is where the next page begins, or 0.
func executionsPage(list []map[string]any, next int) map[string]any {
	token := ""
	if next > 0 {
		token = pageToken(next)
	}
	return withNext(map[string]any{"executions": list}, token)
}

// wants tells which executions are listed: those with a status at a moment, and by a
// version or an alias.
func (r *listExecutionsRequest) wants(t target, then time.Time) func(s *slot) bool {
	return func(s *slot) bool {
		if !then.IsZero() && apiTime(s.began()) > apiTime(then) {
			return false
		}
		if r.StatusFilter != "" && r.StatusFilter != s.statusAt(then) {
			return false
		}
		by := s.by()
		switch {
		case t.alias != nil:
			return by != nil && by.alias == t.alias.arn
		case t.version != nil:
			return by != nil && by.version == t.version.arn
		default:
			return true
		}
	}
}

// summary returns the execution as ListExecutions gives it.
func (s *slot) summary() (map[string]any, error) {
	if s.live != nil {
		o, _ := s.live.now()
		return s.live.summary(o), nil
	}
	text, err := s.record.summary()
	if err != nil {
		return nil, err
	}
	var summary map[string]any
	if err := json.Unmarshal(text, &summary); err != nil {
		return nil, fmt.Errorf("decode an execution that has ended: %w", err)
	}
	return summary, nil
}

// checkFilters refuses what AWS refuses beside the ARN of a machine: redriveFilter,
// and the status that only child executions of a Map Run can have.
func (r *listExecutionsRequest) checkFilters() error {
	statuses := []string{statusSucceeded, statusTimedOut, statusPendingRedrive, statusAborted, statusFailed, statusRunning}
	switch {
	case r.StatusFilter != "" && !slices.Contains(statuses, r.StatusFilter):
		return oneOf("statusFilter", r.StatusFilter, statuses...)
	case r.MapRunARN != "" && r.StateMachineARN != "":
		return cloud.Errorf(400, "ValidationException", "Must specify either a stateMachineArn or a mapRunArn, but not both")
	case r.MapRunARN != "" && r.RedriveFilter != "":
		return oneOf("redriveFilter", r.RedriveFilter, "REDRIVEN", "NOT_REDRIVEN")
	case r.MapRunARN != "":
		return nil
	case r.StatusFilter == statusPendingRedrive:
		return cloud.Errorf(400, "ValidationException", "The statusFilter %s requires a mapRunArn", statusPendingRedrive)
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

func (s *StepFunctions) getExecutionHistory(ctx context.Context, caller cloud.Caller, r historyRequest) (any, error) {
	e, err := s.execution(caller, "GetExecutionHistory", r.ExecutionARN)
	if err != nil {
		return nil, err
	}
	next := ""
	texts, err := e.history(func(n int) (from, to int, err error) {
		from, to, next, err = r.bounds(n)
		if r.ReverseOrder {
			from, to = n-to, n-from
		}
		return from, to, err
	})
	if err != nil {
		return nil, ifDropped(err, r.ExecutionARN)
	}
	if then := cloud.AsOfMoment(ctx); !then.IsZero() {
		if texts, err = recordedBy(then, texts); err != nil {
			return nil, err
		}
	}
	if r.ReverseOrder {
		slices.Reverse(texts)
	}
	events := make([]any, len(texts))
	for i, text := range texts {
		if events[i], err = present(text, r.IncludeExecutionData == nil || *r.IncludeExecutionData); err != nil {
			return nil, err
		}
	}
	return withNext(map[string]any{"events": events}, next), nil
}
