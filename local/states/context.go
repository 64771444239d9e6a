// This file makes the context object, which expressions see as $$ and as
// $states.context.

package states

import (
	"time"

	"github.com/tradepost-dev/tradepost/local/query"
)

// timestampLayout is how the context object writes a time.
const timestampLayout = "2006-01-02T15:04:05.000Z"

func timestamp(t time.Time) string { return t.UTC().Format(timestampLayout) }

// contextObject returns the context object of the visit as it is now.
func (v *visit) contextObject() map[string]any {
	if v.context != nil {
		return v.context
	}
	at := map[string]any{"Name": v.state.name, "EnteredTime": timestamp(v.enteredAt)}
	if v.state.retryable {
		at["RetryCount"] = float64(v.retries)
	}
	machine := v.execution.machine
	v.context = map[string]any{
		"Execution":    v.execution.contextObject(),
		"StateMachine": map[string]any{"Id": machine.arn, "Name": machine.name},
		"State":        at,
	}
	if v.token != "" {
		v.context["Task"] = map[string]any{"Token": v.token}
	}
	if v.item != nil {
		v.context["Map"] = map[string]any{"Item": v.item}
	}
	return v.context
}

// bindings are what a JSONata expression sees.
func (v *visit) bindings() map[string]any {
	states := map[string]any{"input": v.input.value, "context": v.contextObject()}
	if v.hasResult {
		states["result"] = v.result.value
	}
	if v.errorOutput != nil {
		states["errorOutput"] = v.errorOutput
	}
	bindings := make(map[string]any, len(v.variables)+1)
	for name, value := range v.variables {
		bindings[name] = value
	}
	bindings["states"] = states
	return bindings
}

// scope is what a JSONPath sees; document is its "$".
func (v *visit) scope(document any) query.Scope {
	return query.Scope{Document: document, Context: v.contextObject(), Variables: v.variables}
}
