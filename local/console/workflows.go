package console

// This file shows state machines and the lists of their executions.

import (
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/local/states/graph"
)

func (c *console) workflows(r *http.Request) (View, error) {
	var machines []types.StateMachineListItem
	for pages := sfn.NewListStateMachinesPaginator(c.states, &sfn.ListStateMachinesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(r.Context())
		if err != nil {
			return View{}, err
		}
		machines = append(machines, page.StateMachines...)
	}
	slices.SortFunc(machines, func(a, b types.StateMachineListItem) int { return cmp.Compare(*a.Name, *b.Name) })
	return View{"Workflows", "workflows.html", machines}, nil
}

// workflow is the page of a state machine.
type workflow struct {
	Name, ARN, Log string
	Express        bool
	Graph          template.HTML
	Definition     string
	Executions     listing
}

func (c *console) workflow(r *http.Request) (View, error) {
	arn := r.PathValue("arn")
	machine, err := c.states.DescribeStateMachine(r.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
	if err != nil {
		return View{}, err
	}
	w := workflow{Name: *machine.Name, ARN: arn, Express: machine.Type == types.StateMachineTypeExpress, Definition: *machine.Definition}
	if w.Graph, err = drawn(w.Definition, func(string) graph.Mark { return graph.Mark{} }); err != nil {
		return View{}, err
	}
	if w.Express { // whose executions only a log tells
		w.Log = logOf(machine.LoggingConfiguration)
	} else if w.Executions, err = c.list(r, arn); err != nil {
		return View{}, err
	}
	return View{w.Name, "workflow.html", w}, nil
}

// run is the page of a map run.
type run struct {
	*sfn.DescribeMapRunOutput
	Executions listing
}

func (c *console) run(r *http.Request) (View, error) {
	arn := r.PathValue("arn")
	described, err := c.states.DescribeMapRun(r.Context(), &sfn.DescribeMapRunInput{MapRunArn: &arn})
	if err != nil {
		return View{}, err
	}
	executions, err := c.list(r, arn)
	return View{"Map run " + lastPart(arn), "run.html", run{described, executions}}, err
}

// logOf is the name of the log group that a state machine writes to, or empty.
func logOf(logging *types.LoggingConfiguration) string {
	if logging == nil {
		return ""
	}
	for _, destination := range logging.Destinations {
		if group := destination.CloudWatchLogsLogGroup; group != nil {
			_, name, _ := strings.Cut(strings.TrimSuffix(aws.ToString(group.LogGroupArn), ":*"), ":log-group:")
			return name
		}
	}
	return ""
}

// drawn is a state machine as a page shows it.
func drawn(definition string, mark func(state string) graph.Mark) (template.HTML, error) {
	machine, err := graph.Read([]byte(definition))
	if err != nil {
		return "", err
	}
	return template.HTML(machine.Figure(mark)), nil // which escapes all names
}

// start starts an execution of what the form has.
func (c *console) start(r *http.Request) (string, error) {
	arn := r.PathValue("arn")
	fields, err := Form(r)
	if err != nil {
		return "", err
	}
	in := &sfn.StartExecutionInput{StateMachineArn: &arn}
	if name := strings.TrimSpace(fields.Get("name")); name != "" {
		in.Name = &name
	}
	if input := strings.TrimSpace(fields.Get("input")); input != "" {
		in.Input = &input
	}
	started, err := c.states.StartExecution(r.Context(), in)
	if err != nil {
		return "", err
	}
	if strings.Contains(*started.ExecutionArn, ":express:") { // which nobody can look at
		return "/workflows/" + url.PathEscape(arn) + "?started=" + url.QueryEscape(lastPart(*started.ExecutionArn)), nil
	}
	return ExecutionPage(*started.ExecutionArn), nil
}
