// This file is what an execution of TestState goes by, which is of one state only:
// what is given in the place of an execution's past, and what is found out about
// the data on its way through the state. All of it is for a nil trial, too: that of
// an execution as any other.

package states

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/httpcall"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// loneName is how AWS calls a state that is tested alone, whatever its name is.
const loneName = "StateName"

// maxTrial is how long the test of a state may take.
const maxTrial = 5 * time.Minute

// A trial is the test of one state.
type trial struct {
	context *jsonvalue.Object // nil: the execution's own
	given   data              // the context object with its text
	retried int               // how many attempts the retrier of the error has made already

	failedIterations int     // of a Map, as its mock has it
	read             *string // by its ItemReader; nil: that is not said

	stages map[stage]string // the data on its way
	call   *httpcall.Trace  // of an HTTP endpoint; nil: it is not asked for
	caught int              // the catcher that the state is left by; -1: none
	retry  retry            // what Retry says of the failure
	cause  *failure         // which Retry and Catch were asked about

	// What bounds the iterations of a Map, as far as it was evaluated.
	concurrency *int
	tolerated   failureLimits
}

// A stage is a place on the data's way through a state, as inspectionData calls it.
type stage string

const (
	afterArguments      stage = "afterArguments"
	afterInputPath      stage = "afterInputPath"
	afterItemBatcher    stage = "afterItemBatcher"
	afterItemSelector   stage = "afterItemSelector"
	afterItemsPath      stage = "afterItemsPath"
	afterItemsPointer   stage = "afterItemsPointer"
	afterParameters     stage = "afterParameters"
	afterResultPath     stage = "afterResultPath"
	afterResultSelector stage = "afterResultSelector"
	rawResult           stage = "result"
)

// stagesOf are the places that TestState tells of. Of a Parallel state and of a
// Pass state with a Result AWS leaves the first ones out.
func stagesOf(s state) []stage {
	b := s.common()
	if b.language == jsonataLanguage {
		switch b.kind {
		case kindTask:
			return []stage{afterArguments, rawResult}
		case kindMap:
			return []stage{afterItemSelector, afterItemBatcher}
		default:
			return nil
		}
	}
	after := []stage{afterResultSelector, afterResultPath}
	switch b.kind {
	case kindTask:
		return append(after, afterInputPath, afterParameters, rawResult)
	case kindMap:
		return append(after, afterInputPath, afterItemsPath, afterItemsPointer, afterItemSelector, afterItemBatcher)
	case kindParallel:
		return after
	case kindPass:
		if s.(*pass).fixed {
			return append(after, rawResult)
		}
		return append(after, afterInputPath, afterParameters)
	default:
		return []stage{afterInputPath}
	}
}

// inspect takes down what the data is at a place.
func (v *visit) inspect(at stage, value any) {
	t := v.execution.trial
	if t == nil {
		return
	}
	if d, err := v.written(value); err == nil { // or the state fails of it soon
		t.stages[at] = d.text
	}
}

// inspectItems takes down the items of a Map, as they are written in the document
// that a path has found them in.
func (v *visit) inspectItems(list any) {
	t := v.execution.trial
	if t == nil {
		return
	}
	for _, document := range []data{v.input, v.execution.input, t.given} {
		if text := textWithin(document, list); text != "" {
			t.stages[afterItemsPath] = text
			return
		}
	}
	v.inspect(afterItemsPath, list)
}

// textWithin is how a list is written in a document that it lies in, or empty.
func textWithin(document data, list any) string {
	if isSame(document.value, list) {
		return document.text
	}
	switch value := document.value.(type) {
	case []any:
		var texts []json.RawMessage
		if json.Unmarshal([]byte(document.text), &texts) != nil || len(texts) != len(value) {
			return ""
		}
		for i, element := range value {
			if text := textWithin(data{element, string(texts[i])}, list); text != "" {
				return text
			}
		}
	case *jsonvalue.Object:
		var texts map[string]json.RawMessage
		if value == nil || json.Unmarshal([]byte(document.text), &texts) != nil {
			return ""
		}
		for name, member := range value.All() {
			if text := textWithin(data{member, string(texts[name])}, list); text != "" {
				return text
			}
		}
	}
	return ""
}

// used is how many attempts each of n retriers has made before.
func (t *trial) used(n int) []int {
	used := make([]int, n)
	if t != nil {
		for i := range used {
			used[i] = t.retried
		}
	}
	return used
}

// failed takes down a failure, and what Retry says of it.
func (t *trial) failed(f *failure, r retry) {
	if t != nil {
		t.cause, t.retry = f, r
	}
}

// caughtBy takes down by which catcher the state is left.
func (t *trial) caughtBy(index int) {
	if t != nil {
		t.caught = index
	}
}

// nameOf is the name of a state in its context object.
func (t *trial) nameOf(s *base) string {
	if t != nil {
		return loneName
	}
	return s.name
}

// givenContext is the context object that was given, with the item of the Map
// iteration that its expressions are evaluated for, or nil.
func (t *trial) givenContext(item *jsonvalue.Object) *jsonvalue.Object {
	if t == nil || t.context == nil || item == nil {
		return t.contextOrNil()
	}
	return t.context.Clone().Set("Map", jsonvalue.NewObject(1).Set("Item", item))
}

func (t *trial) contextOrNil() *jsonvalue.Object {
	if t == nil {
		return nil
	}
	return t.context
}

// inspection is inspectionData.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_InspectionData.html
func (t *trial) inspection(s state, input data, after variables) map[string]any {
	told := map[string]any{"input": input.text}
	for at, text := range t.stages {
		if slices.Contains(stagesOf(s), at) {
			told[string(at)] = text
		}
	}
	if text, err := newData(after.object()); err == nil && len(after) > 0 {
		told["variables"] = text.text
	}
	if t.call != nil && t.call.Request != nil {
		told["request"] = t.call.Request
	}
	if t.call != nil && t.call.Response != nil {
		told["response"] = t.call.Response
	}
	if details := t.errorDetails(); len(details) > 0 {
		told["errorDetails"] = details
	}
	if n := t.concurrency; n != nil {
		told["maxConcurrency"] = *n
	}
	if n := t.tolerated.count; n != nil {
		told["toleratedFailureCount"] = *n
	}
	if n := t.tolerated.percentage; n != nil {
		told["toleratedFailurePercentage"] = decimal(*n)
	}
	return told
}

// errorDetails says what became of a failure.
func (t *trial) errorDetails() map[string]any {
	details := map[string]any{}
	if t.cause == nil {
		return details
	}
	if t.retry.by >= 0 {
		details["retryIndex"] = t.retry.by
	}
	if t.retry.due {
		details["retryBackoffIntervalSeconds"] = int(t.retry.after / time.Second)
	}
	if t.caught >= 0 {
		details["catchIndex"] = t.caught
	}
	return details
}
