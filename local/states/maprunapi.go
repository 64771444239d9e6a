// This file answers questions about Map Runs, and changes what they are held to.

package states

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type mapRunRequest struct {
	MapRunARN string `json:"mapRunArn"`
}

func (s *StepFunctions) describeMapRun(_ context.Context, caller cloud.Caller, r mapRunRequest) (any, error) {
	run, err := s.existingRun(caller, "DescribeMapRun", r.MapRunARN)
	if err != nil {
		return nil, err
	}
	return run.describe(), nil
}

// describe returns the run as DescribeMapRun gives it.
func (r *mapRun) describe() map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	count, percentage := 0, 0.0
	if r.tolerated.count != nil {
		count = *r.tolerated.count
	}
	if r.tolerated.percentage != nil {
		percentage = *r.tolerated.percentage
	}
	d := map[string]any{
		"mapRunArn": r.arn, "executionArn": r.parent, "status": r.status, "startDate": apiTime(r.started),
		"maxConcurrency": r.concurrency, "toleratedFailureCount": count, "toleratedFailurePercentage": decimal(percentage),
		"executionCounts": r.executions.describe(), "itemCounts": r.items.describe(), "redriveCount": r.redrives.count,
	}
	if r.status != statusRunning {
		d["stopDate"] = apiTime(r.stopped)
	}
	if r.redrives.count > 0 {
		d["redriveDate"] = apiTime(r.redrives.last)
	}
	return d
}

// decimal is a number with a point, as AWS writes it: clients that tell integers from
// others see one.
func decimal(n float64) json.RawMessage {
	text := strconv.FormatFloat(n, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return json.RawMessage(text)
}

func (t *tally) describe() map[string]int {
	return map[string]int{
		"pending": t.pending, "running": t.byStatus[statusRunning], "succeeded": t.byStatus[statusSucceeded],
		"failed": t.byStatus[statusFailed], "timedOut": t.byStatus[statusTimedOut], "aborted": t.byStatus[statusAborted],
		"total": t.total(), "resultsWritten": t.written,
		"failuresNotRedrivable": t.stuck, "pendingRedrive": t.byStatus[statusPendingRedrive],
	}
}

type listMapRunsRequest struct {
	page
	executionRequest
}

func (s *StepFunctions) listMapRuns(_ context.Context, caller cloud.Caller, r listMapRunsRequest) (any, error) {
	if _, err := s.execution(caller, "ListMapRuns", r.ExecutionARN); err != nil {
		return nil, err
	}
	m, _ := s.ownerOf(r.ExecutionARN)
	return pageOf(r.page, "mapRuns", m.root().maps.of(r.ExecutionARN), (*mapRun).summary)
}

// summary returns the run as ListMapRuns gives it.
func (r *mapRun) summary() map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := map[string]any{"mapRunArn": r.arn, "executionArn": r.parent, "stateMachineArn": r.machine.arn, "startDate": apiTime(r.started)}
	if r.status != statusRunning {
		d["stopDate"] = apiTime(r.stopped)
	}
	return d
}

type updateMapRunRequest struct {
	mapRunRequest
	MaxConcurrency             *int     `json:"maxConcurrency"`
	ToleratedFailureCount      *int     `json:"toleratedFailureCount"`
	ToleratedFailurePercentage *float64 `json:"toleratedFailurePercentage"`
}

func (s *StepFunctions) updateMapRun(_ context.Context, caller cloud.Caller, r updateMapRunRequest) (any, error) {
	run, err := s.existingRun(caller, "UpdateMapRun", r.MapRunARN)
	if err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return struct{}{}, run.update(r)
}

func (r updateMapRunRequest) check() error {
	const tooLow = "Member must have value greater than or equal to 0"
	switch {
	case r.MaxConcurrency != nil && *r.MaxConcurrency < 0:
		return invalidMember(strconv.Itoa(*r.MaxConcurrency), "maxConcurrency", tooLow)
	case r.ToleratedFailureCount != nil && *r.ToleratedFailureCount < 0:
		return invalidMember(strconv.Itoa(*r.ToleratedFailureCount), "toleratedFailureCount", tooLow)
	case r.ToleratedFailurePercentage == nil:
		return nil
	}
	value := strconv.FormatFloat(*r.ToleratedFailurePercentage, 'f', -1, 64)
	switch p := *r.ToleratedFailurePercentage; {
	case p < 0:
		return invalidMember(value, "toleratedFailurePercentage", tooLow)
	case p > 100:
		return invalidMember(value, "toleratedFailurePercentage", "Member must have value less than or equal to 100")
	default:
		return nil
	}
}

// update changes what a run is held to, from now on.
func (r *mapRun) update(to updateMapRunRequest) error {
	r.mu.Lock()
	defer r.wake()
	defer r.machine.Changed()
	defer r.mu.Unlock()
	if r.status != statusRunning {
		return cloud.Errorf(400, "ValidationException", "Map Run is not running: '%s'", r.arn)
	}
	if to.MaxConcurrency != nil {
		r.concurrency = *to.MaxConcurrency
	}
	if to.ToleratedFailureCount != nil {
		r.tolerated.count = to.ToleratedFailureCount
	}
	if to.ToleratedFailurePercentage != nil {
		r.tolerated.percentage = to.ToleratedFailurePercentage
	}
	return nil
}

// listChildren is ListExecutions for a Map Run.
func (s *StepFunctions) listChildren(caller cloud.Caller, r listExecutionsRequest) (any, error) {
	run, err := s.existingRun(caller, "ListExecutions", r.MapRunARN)
	if err != nil {
		return nil, err
	}
	if err := r.checkFilters(); err != nil {
		return nil, err
	}
	size, err := r.size()
	if err != nil {
		return nil, err
	}
	before := math.MaxInt
	if r.NextToken != "" {
		if before, err = r.start(maxExecutionsToken); err != nil {
			return nil, err
		}
	}
	return run.list(before, size, r)
}

// list returns up to size children that were started before one, newest first.
func (r *mapRun) list(before, size int, wanted listExecutionsRequest) (any, error) {
	children := r.all()
	before = min(before, len(children))
	list := []map[string]any{}
	for ; before > 0 && len(list) < size; before-- {
		c := children[before-1]
		if !wanted.wantsChild(c) {
			continue
		}
		found := r.machine.executions.at(c.place)
		if found.gone() {
			continue
		}
		summaries, err := summaries([]slot{found}, time.Time{})
		if err != nil {
			return nil, err
		}
		for _, summary := range summaries {
			summary["status"], summary["mapRunArn"], summary["itemCount"] = c.status, r.arn, c.items
			list = append(list, summary)
		}
	}
	return executionsPage(list, before), nil
}

// wantsChild tells which children of a Map Run are listed.
func (r *listExecutionsRequest) wantsChild(c child) bool {
	if r.StatusFilter != "" && r.StatusFilter != c.status {
		return false
	}
	return r.RedriveFilter == "" || c.redriven == (r.RedriveFilter == "REDRIVEN")
}
