// This file holds how a state fails: the errors' names, what they say, and
// which names in ErrorEquals they answer to.

package states

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/query"
)

// The error names that the language reserves.
const (
	errAll                = "States.ALL"
	errBranchFailed       = "States.BranchFailed"
	errDataLimitExceeded  = "States.DataLimitExceeded"
	errHeartbeatTimeout   = "States.HeartbeatTimeout"
	errIntrinsicFailure   = "States.IntrinsicFailure"
	errNoChoiceMatched    = "States.NoChoiceMatched"
	errParameterPath      = "States.ParameterPathFailure"
	errPermissions        = "States.Permissions"
	errQueryEvaluation    = "States.QueryEvaluationError"
	errResultPathMismatch = "States.ResultPathMatchFailure"
	errRuntime            = "States.Runtime"
	errTaskFailed         = "States.TaskFailed"
	errTimeout            = "States.Timeout"
	errTooManyFailures    = "States.ExceedToleratedFailureThreshold"
)

// A failure is how a state, and with it a thread, ends without a result.
type failure struct {
	name  string // may be empty: a Fail state and SendTaskFailure need not say
	cause string

	// also are further names that a Retry or a Catch may use for it.
	also []string

	// timedOut means that a task took too long, or was silent for too long.
	timedOut bool

	// within is the id of the event by which the state that failed was entered.
	within int

	// aborted means that the thread was cut off from outside: nothing was
	// wrong with its state, and nobody may handle it.
	aborted bool
}

func (f *failure) Error() string { return f.name + ": " + f.cause }

// matches tells whether an ErrorEquals list covers the failure. The wildcards
// leave out some errors: States.ALL does not cover States.Runtime, though, against
// what the documentation says, States.DataLimitExceeded; States.TaskFailed covers
// neither of them, nor States.Timeout. States.Runtime cannot be handled at all, not
// even by its own name.
func (f *failure) matches(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		switch name {
		case errAll:
			return f.name != errRuntime
		case errTaskFailed:
			return f.name != errRuntime && f.name != errDataLimitExceeded && f.name != errTimeout
		case errRuntime:
			return false
		default:
			return name == f.name || slices.Contains(f.also, name)
		}
	})
}

// isTerminal tells failures of the execution from those of a state's work.
func (f *failure) isTerminal() bool {
	return f.name == errRuntime || f.name == errDataLimitExceeded
}

// output is the error output that a Catch hands on. Both members are null for a
// task that was failed through the API without giving an error.
func (f *failure) output() *jsonvalue.Object {
	if f.name == "" && f.cause == "" {
		return jsonvalue.NewObject(2).Set("Error", nil).Set("Cause", nil)
	}
	return jsonvalue.NewObject(2).Set("Error", f.name).Set("Cause", f.cause)
}

// aborted is the failure of a thread whose context has ended.
func aborted() *failure { return &failure{aborted: true} }

// failed words a failure of the state itself as AWS does.
func (v *visit) failed(name, format string, args ...any) *failure {
	if v.execution.trial != nil { // which has no history
		return &failure{name: name, cause: fmt.Sprintf(format, args...), within: v.entered}
	}
	where := fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). ", v.state.name, v.entered)
	return &failure{name: name, cause: where + fmt.Sprintf(format, args...), within: v.entered}
}

// evaluationFailed is failed for a JSONata field, and records it.
func (v *visit) evaluationFailed(field, format string, args ...any) *failure {
	f := v.failed(errQueryEvaluation, format, args...)
	if v.last == v.entered && v.state.kind != kindWait {
		v.last = v.before // as AWS: the state counts as not entered yet
	}
	v.record("EvaluationFailed", &evaluationFailedDetails{Error: f.name, Cause: f.cause, Location: field, State: v.state.name})
	return f
}

// oversized is the failure of a state whose result does not fit.
func (v *visit) oversized(what string) *failure {
	return &failure{
		name:   errDataLimitExceeded,
		cause:  fmt.Sprintf("The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", what),
		within: v.entered,
	}
}

// expressionFailed tells the failure of an expression in the field by the error
// that the query package gave.
func (v *visit) expressionFailed(field string, err error) *failure {
	var (
		jsonata   *query.Error
		intrinsic *query.IntrinsicError
	)
	switch {
	case errors.As(err, &jsonata):
		placed := *jsonata
		placed.Path = field + jsonata.Path
		return v.evaluationFailed(placed.Path, "%v", &placed)
	case errors.As(err, &intrinsic):
		return v.failed(errIntrinsicFailure, "%v", err)
	case v.state.language == jsonataLanguage:
		return v.evaluationFailed(field, "%v", err)
	default:
		f := v.failed(errRuntime, "%v", err)
		// The service answers States.Runtime where its documentation names
		// States.ParameterPathFailure: that name may be used to handle it.
		f.also = []string{errParameterPath}
		return f
	}
}
