package console

// This file makes of an execution's history what happened in each state.

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// outcome is how a visit stands.
type outcome string

const (
	running   outcome = "running"
	succeeded outcome = "succeeded"
	caught    outcome = "caught" // it failed, and the execution went on
	faulty    outcome = "failed"
	stopped   outcome = "stopped" // with its execution, or with its map or parallel
)

// visit is one time that an execution was in a state.
type visit struct {
	State         string
	Outcome       outcome
	Entered, Left time.Time
	Attempts      int   // of its task, or of its branches
	first, last   int64 // its first and last event
	failing       bool  // the last attempt has failed

	from *visit // the visit whose event it followed: around it or before it
}

// Took is how long the visit took, or has taken so far.
func (v *visit) Took() string { return took(v.Entered, v.Left) }

// Retried tells how often it was tried again.
func (v *visit) Retried() int { return max(v.Attempts-1, 0) }

// track is what happened in an execution.
type track struct {
	Visits []*visit // as they began
	owners map[int64]*visit
}

// follow reads a history.
func follow(events []types.HistoryEvent) *track {
	t := &track{owners: map[int64]*visit{}}
	for _, e := range events {
		t.add(e)
	}
	return t
}

func (t *track) add(e types.HistoryEvent) {
	kind, before := string(e.Type), t.owners[e.PreviousEventId]
	switch {
	case e.StateEnteredEventDetails != nil:
		v := &visit{State: *e.StateEnteredEventDetails.Name, Outcome: running, Entered: *e.Timestamp, first: e.Id, last: e.Id, from: before}
		t.Visits = append(t.Visits, v)
		t.owners[e.Id] = v
		return
	case e.StateExitedEventDetails != nil:
		before = before.named(*e.StateExitedEventDetails.Name)
		before.leave(*e.Timestamp, succeeded, caught)
	case strings.HasPrefix(kind, "Execution") && ended[e.Type]:
		for _, v := range t.Visits {
			if v.Outcome == running {
				v.leave(*e.Timestamp, stopped, faulty)
			}
		}
		return
	case kind == "ExecutionRedriven":
		return
	}
	if before == nil {
		return
	}
	t.owners[e.Id] = before
	before.last = e.Id
	switch {
	case begun[e.Type]:
		before.Attempts++
		before.failing = false
	case failing[e.Type]:
		before.failing = true
	}
}

// begun are the events of an attempt's begin.
var begun = map[types.HistoryEventType]bool{
	types.HistoryEventTypeTaskScheduled: true, types.HistoryEventTypeLambdaFunctionScheduled: true, types.HistoryEventTypeActivityScheduled: true,
	types.HistoryEventTypeMapStateStarted: true, types.HistoryEventTypeParallelStateStarted: true,
}

// failing are the events of an attempt's end that was none too good.
var failing = map[types.HistoryEventType]bool{
	types.HistoryEventTypeTaskFailed: true, types.HistoryEventTypeTaskTimedOut: true, types.HistoryEventTypeTaskStartFailed: true, types.HistoryEventTypeTaskSubmitFailed: true,
	types.HistoryEventTypeLambdaFunctionFailed: true, types.HistoryEventTypeLambdaFunctionTimedOut: true,
	types.HistoryEventTypeLambdaFunctionScheduleFailed: true, types.HistoryEventTypeLambdaFunctionStartFailed: true,
	types.HistoryEventTypeActivityFailed: true, types.HistoryEventTypeActivityTimedOut: true, types.HistoryEventTypeActivityScheduleFailed: true,
	types.HistoryEventTypeMapStateFailed: true, types.HistoryEventTypeParallelStateFailed: true, types.HistoryEventTypeMapRunFailed: true,
	types.HistoryEventTypeFailStateEntered: true, types.HistoryEventTypeEvaluationFailed: true,
}

// ended are the events of an execution's end.
var ended = map[types.HistoryEventType]bool{
	types.HistoryEventTypeExecutionSucceeded: true, types.HistoryEventTypeExecutionFailed: true,
	types.HistoryEventTypeExecutionAborted: true, types.HistoryEventTypeExecutionTimedOut: true,
}

// named is the visit to a state that is left: the one whose event came before, or
// one around that or before that.
func (v *visit) named(state string) *visit {
	for v != nil && v.State != state {
		v = v.from
	}
	return v
}

// follows tells whether another visit is around this one or before it.
func (v *visit) follows(other *visit) bool {
	for before := v.from; before != nil; before = before.from {
		if before == other {
			return true
		}
	}
	return false
}

// leave ends a visit, well or after a failure.
func (v *visit) leave(at time.Time, well, ill outcome) {
	if v == nil {
		return
	}
	v.Left, v.Outcome = at, well
	if v.failing {
		v.Outcome = ill
	}
}

// worst are outcomes in the order in which a state is coloured by one of many.
var worst = []outcome{running, faulty, stopped, caught, succeeded}

// byState is what a state is coloured by, and how often it was visited.
func (t *track) byState() (outcomes map[string]outcome, visits map[string]int) {
	outcomes, visits = map[string]outcome{}, map[string]int{}
	for _, v := range t.Visits {
		visits[v.State]++
	}
	for _, o := range worst {
		for _, v := range t.Visits {
			if v.Outcome == o && outcomes[v.State] == "" {
				outcomes[v.State] = o
			}
		}
	}
	return outcomes, visits
}

// history is what an execution's history has, without what states were given and
// gave: a history may have 25,000 events.
func (c *console) history(ctx context.Context, execution string) (*track, error) {
	var events []types.HistoryEvent
	pages := sfn.NewGetExecutionHistoryPaginator(c.states, &sfn.GetExecutionHistoryInput{
		ExecutionArn: &execution, IncludeExecutionData: aws.Bool(false), MaxResults: inList,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		events = append(events, page.Events...)
	}
	return follow(events), nil
}

// contents are what a visit was given and gave.
type contents struct {
	Input, Output string
	Variables     map[string]string
	Before        map[string]json.RawMessage // the variables that those before it had assigned
	Events        []types.HistoryEvent
}

// contents reads the part of a history that is of one visit, with all data.
func (c *console) contents(ctx context.Context, execution string, t *track, v *visit) (found contents, err error) {
	found.Before = map[string]json.RawMessage{}
	pages := sfn.NewGetExecutionHistoryPaginator(c.states, &sfn.GetExecutionHistoryInput{ExecutionArn: &execution, MaxResults: inList})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return contents{}, err
		}
		for _, e := range page.Events {
			if out := e.StateExitedEventDetails; out != nil && e.Id < v.first && v.follows(t.owners[e.Id]) {
				for name, value := range out.AssignedVariables {
					found.Before[name] = json.RawMessage(value)
				}
			}
			if t.owners[e.Id] != v {
				continue
			}
			found.Events = append(found.Events, e)
			if in := e.StateEnteredEventDetails; in != nil {
				found.Input = aws.ToString(in.Input)
			}
			if out := e.StateExitedEventDetails; out != nil {
				found.Output, found.Variables = aws.ToString(out.Output), out.AssignedVariables
			}
			if e.Id == v.last && v.Outcome != running {
				return found, nil
			}
		}
	}
	return found, nil
}
