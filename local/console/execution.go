package console

// This file shows an execution on the graph of its workflow, and acts on it.

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/local/states/graph"
)

// execution is its page.
type execution struct {
	*sfn.DescribeExecutionOutput
	Graph    template.HTML
	Track    *track
	Selected int // the number of the visit that is looked at, from 1; 0: none
	Contents contents
	MapRuns  []types.MapRunListItem

	definition string
	role       string // ARN
}

// CausesAt is the address of what caused it.
func (e execution) CausesAt() string { return executionCauses(*e.ExecutionArn) }

// Running tells whether it goes on.
func (e execution) Running() bool { return e.Status == types.ExecutionStatusRunning }

// Redrivable tells whether it can be redriven.
func (e execution) Redrivable() bool {
	return e.RedriveStatus == types.ExecutionRedriveStatusRedrivable
}

// Redriven is how often it was.
func (e execution) Redriven() int32 { return aws.ToInt32(e.RedriveCount) }

// Took is how long it took, or has taken so far.
func (e execution) Took() string {
	if e.StopDate == nil {
		return took(*e.StartDate, time.Now())
	}
	return took(*e.StartDate, *e.StopDate)
}

// Visit is the one that is looked at.
func (e execution) Visit() *visit {
	if e.Selected == 0 {
		return nil
	}
	return e.Track.Visits[e.Selected-1]
}

func (c *console) execution(r *http.Request) (View, error) {
	e, err := c.visited(r.Context(), r.PathValue("arn"), r.URL.Query().Get("visit"))
	if err != nil {
		return View{}, err
	}
	runs, err := c.states.ListMapRuns(r.Context(), &sfn.ListMapRunsInput{ExecutionArn: e.ExecutionArn})
	if err != nil {
		return View{}, err
	}
	e.MapRuns = runs.MapRuns
	if e.Graph, err = drawn(e.definition, e.marks()); err != nil {
		return View{}, err
	}
	return View{*e.Name, "execution.html", e}, nil
}

// visited reads an execution, and of the visit that is looked at what it was given
// and gave.
func (c *console) visited(ctx context.Context, arn, visit string) (e execution, err error) {
	if e.DescribeExecutionOutput, err = c.states.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn}); err != nil {
		return e, err
	}
	// The definition that it runs by, which the workflow's may not be any more.
	machine, err := c.states.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: &arn})
	if err != nil {
		return e, err
	}
	e.definition, e.role = *machine.Definition, *machine.RoleArn
	if e.Track, err = c.history(ctx, arn); err != nil {
		return e, err
	}
	if e.Selected, err = selected(visit, len(e.Track.Visits)); err != nil {
		return e, err
	}
	if v := e.Visit(); v != nil {
		e.Contents, err = c.contents(ctx, arn, e.Track, v)
	}
	return e, err
}

// language is the one that the state machine's states are written in, unless one
// has its own.
func (e execution) language() string {
	var fields struct{ QueryLanguage string }
	if json.Unmarshal([]byte(e.definition), &fields) == nil && fields.QueryLanguage == languages[0] {
		return languages[0]
	}
	return languages[1]
}

// selected reads which of so many visits is looked at.
func selected(text string, visits int) (n int, err error) {
	if text == "" {
		return 0, nil
	}
	if _, err := fmt.Sscan(text, &n); err != nil || n < 1 || n > visits {
		return 0, &Fault{http.StatusNotFound, fmt.Sprintf("There is no visit %q: this execution has made %d.", text, visits)}
	}
	return n, nil
}

// marks colour the graph; a state leads to its last visit.
func (e execution) marks() func(string) graph.Mark {
	outcomes, visits := e.Track.byState()
	last := map[string]int{}
	for i, v := range e.Track.Visits {
		last[v.State] = i + 1
	}
	return func(state string) graph.Mark {
		o := outcomes[state]
		if o == "" {
			return graph.Mark{Class: "untouched"}
		}
		mark := graph.Mark{Class: string(o), Link: fmt.Sprintf("?visit=%d#visit", last[state]), Title: fmt.Sprintf("%s: %s", state, o)}
		if n := visits[state]; n > 1 {
			mark.Title += fmt.Sprintf(", visited %d times", n)
		}
		if v := e.Visit(); v != nil && v.State == state {
			mark.Class += " selected"
		}
		return mark
	}
}

// again is a form with the input of an execution, to start another one.
func (c *console) again(r *http.Request) (View, error) {
	arn := r.PathValue("arn")
	described, err := c.states.DescribeExecution(r.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	if err != nil {
		return View{}, err
	}
	return View{"Start again", "again.html", described}, nil
}

func (c *console) stop(r *http.Request) (string, error) {
	arn := r.PathValue("arn")
	_, err := c.states.StopExecution(r.Context(), &sfn.StopExecutionInput{
		ExecutionArn: &arn, Error: aws.String("Stopped"), Cause: aws.String("by a person, in the console"),
	})
	return ExecutionPage(arn), err
}

func (c *console) redrive(r *http.Request) (string, error) {
	arn := r.PathValue("arn")
	_, err := c.states.RedriveExecution(r.Context(), &sfn.RedriveExecutionInput{ExecutionArn: &arn})
	return ExecutionPage(arn), err
}

// About tells what an event says besides its kind and time.
func (execution) About(e types.HistoryEvent) string {
	var said []string
	say := func(texts ...*string) {
		for _, text := range texts {
			if text != nil && *text != "" {
				said = append(said, *text)
			}
		}
	}
	if d := e.TaskScheduledEventDetails; d != nil {
		say(aws.String(*d.ResourceType+":"+*d.Resource), d.Parameters)
	}
	if d := e.TaskSucceededEventDetails; d != nil {
		say(d.Output)
	}
	if d := e.TaskSubmittedEventDetails; d != nil {
		say(d.Output)
	}
	if d := e.TaskFailedEventDetails; d != nil {
		say(d.Error, d.Cause)
	}
	if d := e.TaskTimedOutEventDetails; d != nil {
		say(d.Error, d.Cause)
	}
	if d := e.LambdaFunctionScheduledEventDetails; d != nil {
		say(d.Resource, d.Input)
	}
	if d := e.LambdaFunctionSucceededEventDetails; d != nil {
		say(d.Output)
	}
	if d := e.LambdaFunctionFailedEventDetails; d != nil {
		say(d.Error, d.Cause)
	}
	if d := e.EvaluationFailedEventDetails; d != nil {
		say(d.Error, d.Cause, d.Location)
	}
	if d := e.MapStateStartedEventDetails; d != nil {
		say(aws.String(fmt.Sprintf("%d items", aws.ToInt32(&d.Length))))
	}
	if d := e.MapIterationStartedEventDetails; d != nil {
		say(aws.String(fmt.Sprintf("item %d", d.Index)))
	}
	return strings.Join(said, "\n")
}
