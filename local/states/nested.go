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

// nestedExecution finds the execution that a call started.
func (s *StepFunctions) nestedExecution(answer any) (slot, error) {
	members, _ := answer.(map[string]any)
	arn, _ := members["ExecutionArn"].(string)
	return s.existing(arn)
}

// stopNested stops a started execution whose task has ended.
func (s *StepFunctions) stopNested(answer any) {
	if e, err := s.nestedExecution(answer); err == nil && e.live != nil {
		e.live.end(outcome{status: statusAborted}, 0)
	}
}

// awaitNested waits for a started execution. In version 2 of .sync its input
// and output are JSON, not text.
func (s *StepFunctions) awaitNested(ctx context.Context, v *visit, version int, answer any) (any, *failure) {
	e, err := s.nestedExecution(answer)
	if err != nil {
		return nil, v.failed(errTaskFailed, "An Express execution can not be waited for.")
	}
	if e.live != nil {
		select {
		case <-e.live.done():
		case <-ctx.Done():
			return nil, aborted()
		}
	}
	result, err := e.result(version)
	if err != nil {
		return nil, v.failed(errRuntime, "%v", err)
	}
	if result["Status"] == statusSucceeded {
		return result, nil
	}
	cause, err := encode(result)
	if err != nil {
		return nil, v.failed(errRuntime, "%v", err)
	}
	return nil, &failure{name: errTaskFailed, cause: cause}
}

// result describes the execution as .sync gives it.
func (s *slot) result(version int) (map[string]any, error) {
	text, err := s.description()
	if err != nil {
		return nil, err
	}
	description, err := decode(text)
	if err != nil {
		return nil, err
	}
	d := renamed(description, upperFirst).(map[string]any)
	for _, name := range []string{"RedriveCount", "RedriveDate", "RedriveStatus", "RedriveStatusReason"} {
		delete(d, name)
	}
	for _, name := range []string{"StartDate", "StopDate"} {
		if seconds, ok := d[name].(float64); ok {
			d[name] = math.Round(seconds * 1000)
		}
	}
	if version == 2 {
		for _, name := range []string{"Input", "Output"} {
			text, given := d[name].(string)
			if !given {
				continue
			}
			if d[name], err = decode([]byte(text)); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}
