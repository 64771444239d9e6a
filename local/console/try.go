package console

// This file tries expressions against what a state was given: Step Functions'
// TestState runs a Task with the expression, for which a mock stands, so that nobody is
// called. Without a mock it would take no context object.

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// languages are those that expressions are written in.
var languages = []string{"JSONata", "JSONPath"}

// trial is an expression with what came of it.
type trial struct {
	Execution, Visit                string // its ARN, and the number of the visit
	State, Input                    string
	Language, Expression, Variables string
	Tried                           bool
	Output, Error, Cause            string
}

// Languages are those to choose from.
func (trial) Languages() []string { return languages }

// Back is the address of the visit's page.
func (t trial) Back() string {
	return ExecutionPage(t.Execution) + "?" + url.Values{"visit": {t.Visit}}.Encode() + "#visit"
}

// Trial is a form for an expression, with what the visit that is looked at was given.
func (e execution) Trial() trial {
	variables, err := json.MarshalIndent(e.Contents.Before, "", "  ")
	if err != nil || len(e.Contents.Before) == 0 {
		variables = []byte("{}")
	}
	return trial{
		Execution: *e.ExecutionArn, Visit: strconv.Itoa(e.Selected), State: e.Visit().State, Input: e.Contents.Input,
		Language: e.language(), Variables: string(variables),
	}
}

// try shows what an expression yields.
func (c *console) try(r *http.Request) (View, error) {
	fields, err := Form(r)
	if err != nil {
		return View{}, err
	}
	arn := r.PathValue("arn")
	e, err := c.visited(r.Context(), arn, fields.Get("visit"))
	if err != nil {
		return View{}, err
	}
	if e.Visit() == nil {
		return View{}, &Fault{http.StatusBadRequest, "The form says of which state the input is."}
	}
	t := e.Trial()
	t.Tried, t.Language, t.Expression, t.Variables = true, fields.Get("language"), strings.TrimSpace(fields.Get("expression")), fields.Get("variables")
	definition, err := json.Marshal(trying(t.Language, t.Expression))
	if err != nil {
		return View{}, err
	}
	context, err := json.Marshal(e.context())
	if err != nil {
		return View{}, err
	}
	told, err := c.states.TestState(r.Context(), &sfn.TestStateInput{
		Definition: aws.String(string(definition)), Input: &t.Input, Variables: given(strings.TrimSpace(t.Variables)),
		Context: aws.String(string(context)), Mock: &types.MockInput{Result: aws.String("{}"), FieldValidationMode: types.MockResponseValidationModeNone}, InspectionLevel: types.InspectionLevelDebug,
	})
	if err != nil {
		return View{}, err
	}
	t.Output, t.Error, t.Cause = aws.ToString(told.Output), aws.ToString(told.Error), aws.ToString(told.Cause)
	if told.Status == types.TestExecutionStatusSucceeded && t.Language != languages[0] {
		t.Output = payload(aws.ToString(told.InspectionData.AfterParameters))
	}
	return View{"An expression in " + t.State, "trial.html", t}, nil
}

// trying is a state that yields what an expression does: as its output, or in JSONPath,
// which takes functions in members of objects only, as what it gives a function.
func trying(language, expression string) map[string]any {
	state := map[string]any{"Type": "Task", "QueryLanguage": language, "End": true, "Resource": "arn:aws:states:::lambda:invoke"}
	if language == languages[0] {
		expression = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(expression, "{%"), "%}"))
		state["Arguments"], state["Output"] = map[string]any{"FunctionName": "mocked"}, "{% "+expression+" %}"
	} else {
		state["Parameters"] = map[string]any{"FunctionName": "mocked", "Payload.$": expression}
	}
	return state
}

// context is the context object that the visit that is looked at had, as far as
// TestState takes one: without the item of a Map, and without a task's token.
func (e execution) context() map[string]any {
	v := e.Visit()
	run := map[string]any{"Id": *e.ExecutionArn, "Name": *e.Name, "RoleArn": e.role, "StartTime": inContext(*e.StartDate), "RedriveCount": e.Redriven()}
	if e.Input != nil {
		run["Input"] = json.RawMessage(*e.Input)
	}
	if e.RedriveDate != nil {
		run["RedriveTime"] = inContext(*e.RedriveDate)
	}
	return map[string]any{
		"Execution":    run,
		"State":        map[string]any{"Name": v.State, "EnteredTime": inContext(v.Entered), "RetryCount": v.Retried()},
		"StateMachine": map[string]any{"Id": *e.StateMachineArn, "Name": lastPart(*e.StateMachineArn)},
	}
}

// inContext is a time as a context object has it.
func inContext(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// payload is what the state for JSONPath has given its function.
func payload(parameters string) string {
	var given struct{ Payload json.RawMessage }
	if json.Unmarshal([]byte(parameters), &given) != nil {
		return parameters
	}
	return string(given.Payload)
}
