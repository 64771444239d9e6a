// This file starts executions of other state machines, and waits for them.

package integration

import (
	"context"
	"math"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/states/integration/shapes"
)

func startExecution() *Integration {
	return &Integration{
		Service: "states", Action: "StartExecution", Callback: true,
		naming:  naming{api: "sfn", prefix: "StepFunctions", general: "AWSStepFunctionsException", service: "AWSStepFunctions"},
		prepare: ofObject(startRequest), answer: startAnswer, metadata: ofStates(), job: awaitExecution, stop: stopExecution, described: "DescribeExecution",
	}
}

// startRequest prepares a StartExecution.
func startRequest(t Task, parameters *jsonvalue.Object) (*jsonvalue.Object, error) {
	request, err := texts("Input")(t, parameters)
	return renamed(request, shapes.LowerFirst).(*jsonvalue.Object), err
}

// startAnswer is the result of states:startExecution, with its date in
// milliseconds since 1970.
func startAnswer(result any) (any, error) {
	answer, ok := renamed(result, shapes.UpperFirst).(*jsonvalue.Object)
	if !ok {
		return result, nil
	}
	inMilliseconds(answer, "StartDate")
	return answer, nil
}

func inMilliseconds(object *jsonvalue.Object, names ...string) {
	for _, name := range names {
		value, _ := object.Get(name)
		if seconds, ok := jsonvalue.Float(value); ok {
			object.Set(name, math.Round(seconds*1000))
		}
	}
}

// stopExecution stops a started execution whose task has ended.
func stopExecution(t Task, s Started) { t.StopExecution(s.answer("ExecutionArn")) }

// awaitExecution waits for a started execution. In version 2 of .sync its input
// and output are JSON, not text.
func awaitExecution(ctx context.Context, t Task, s Started) (any, error) {
	text, err := t.AwaitExecution(ctx, s.answer("ExecutionArn"))
	if err != nil {
		return nil, err
	}
	result, err := executionResult(text, s.Version)
	if err != nil {
		return nil, err
	}
	if textIn(result, "Status") == "SUCCEEDED" {
		return result, nil
	}
	cause, err := jsonvalue.Encode(result)
	if err != nil {
		return nil, err
	}
	return nil, &Failure{Name: errTaskFailed, Cause: cause}
}

// executionResult is a description of an execution as .sync gives it.
func executionResult(text []byte, version int) (*jsonvalue.Object, error) {
	description, err := jsonvalue.Decode(text)
	if err != nil {
		return nil, err
	}
	d := renamed(description, shapes.UpperFirst).(*jsonvalue.Object)
	inMilliseconds(d, "RedriveDate", "StartDate", "StopDate")
	if version == 1 {
		return d, nil
	}
	for _, name := range []string{"Input", "Output"} {
		value, _ := d.Get(name)
		text, given := value.(string)
		if !given {
			continue
		}
		if value, err = jsonvalue.Decode([]byte(text)); err != nil {
			return nil, err
		}
		d.Set(name, value)
	}
	return d, nil
}
