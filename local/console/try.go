package console

// This file tries expressions against what a state was given: Step Functions'
// TestState runs a Pass with the expression, and calls nobody. It takes no context
// object for that.

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

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
	definition, err := json.Marshal(passing(t.Language, t.Expression))
	if err != nil {
		return View{}, err
	}
	told, err := c.states.TestState(r.Context(), &sfn.TestStateInput{
		Definition: aws.String(string(definition)), Input: &t.Input, Variables: given(strings.TrimSpace(t.Variables)),
	})
	if err != nil {
		return View{}, err
	}
	t.Output, t.Error, t.Cause = aws.ToString(told.Output), aws.ToString(told.Error), aws.ToString(told.Cause)
	if told.Status == types.TestExecutionStatusSucceeded && t.Language != languages[0] {
		t.Output = result(t.Output)
	}
	return View{"An expression in " + t.State, "trial.html", t}, nil
}

// passing is a state that yields what an expression does. JSONPath takes functions in
// members of objects only.
func passing(language, expression string) map[string]any {
	if language == languages[0] {
		expression = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(expression, "{%"), "%}"))
		return map[string]any{"Type": "Pass", "QueryLanguage": language, "Output": "{% " + expression + " %}", "End": true}
	}
	return map[string]any{"Type": "Pass", "QueryLanguage": language, "Parameters": map[string]any{"result.$": expression}, "End": true}
}

// result is what the state for JSONPath has put into an object.
func result(output string) string {
	var object struct {
		Result json.RawMessage `json:"result"`
	}
	if json.Unmarshal([]byte(output), &object) != nil {
		return output
	}
	return string(object.Result)
}
