// This file lets a task start an execution of another machine, and wait for it.

package states

import (
	"context"
	"math"
)

// startRequest prepares a StartExecution.
func startRequest(v *visit, parameters map[string]any) (map[string]any, error) {
	request, err := texts("Input")(v, parameters)
	return renamed(request, lowerFirst).(map[string]any), err
}

// startAnswer is the result of states:startExecution, with its date in
// milliseconds since 1970.
func startAnswer(result any) (any, *failure) {
	answer, ok := renamed(result, upperFirst).(map[string]any)
	if !ok {
		return result, nil
	}
	if started, ok := answer["StartDate"].(float64); ok {
		answer["StartDate"] = math.Round(started * 1000)
	}
	return addMetadata(answer, "application/x-amz-json-1.0", nil), nil
}

// nestedExecution finds the execution that a call started, or nil.
func (s *States) nestedExecution(answer any) *execution {
	members, _ := answer.(map[string]any)
	arn, _ := members["ExecutionArn"].(string)
	return s.findExecution(arn)
}

// stopNested stops a started execution whose task has ended.
func (s *States) stopNested(answer any) {
	if e := s.nestedExecution(answer); e != nil {
		e.end(outcome{status: statusAborted}, 0)
	}
}

// awaitNested waits for a started execution. In version 2 of .sync its input
// and output are JSON, not text.
func (s *States) awaitNested(ctx context.Context, v *visit, version int, answer any) (any, *failure) {
	e := s.nestedExecution(answer)
	if e == nil {
		return nil, v.failed(errTaskFailed, "An Express execution can not be waited for.")
	}
	select {
	case <-e.done():
	case <-ctx.Done():
		return nil, aborted()
	}
	result, err := e.result(version)
	if err != nil {
		return nil, v.failed(errRuntime, "%v", err)
	}
	if o, _ := e.now(); o.status == statusSucceeded {
		return result, nil
	}
	cause, err := encode(result)
	if err != nil {
		return nil, v.failed(errRuntime, "%v", err)
	}
	return nil, &failure{name: errTaskFailed, cause: cause}
}

// result describes the execution as .sync gives it.
func (e *execution) result(version int) (map[string]any, error) {
	o, input := e.now()
	d := map[string]any{
		"ExecutionArn": e.arn, "StateMachineArn": e.machine.arn, "Name": e.name, "Status": o.status,
		"StartDate": float64(e.started.UnixMilli()), "StopDate": float64(o.stopped.UnixMilli()),
		"Input": input.text, "InputDetails": map[string]any{"Included": true},
	}
	if o.status == statusSucceeded {
		d["Output"], d["OutputDetails"] = o.output, map[string]any{"Included": true}
	}
	if version == 2 {
		for _, name := range []string{"Input", "Output"} {
			text, given := d[name].(string)
			if !given {
				continue
			}
			value, err := decode([]byte(text))
			if err != nil {
				return nil, err
			}
			d[name] = value
		}
	}
	if o.error != "" {
		d["Error"] = o.error
	}
	if o.cause != "" {
		d["Cause"] = o.cause
	}
	return d, nil
}
