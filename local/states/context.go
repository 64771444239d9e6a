// This file makes the context object, which expressions see as $$ and as
// $states.context. Its members have the order that they have on AWS.

package states

import (
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/query"
)

// timestampLayout is how the context object writes a time.
const timestampLayout = "2006-01-02T15:04:05.000Z"

func timestamp(t time.Time) string { return t.UTC().Format(timestampLayout) }

// contextObject returns the context object of the visit as it is now.
func (v *visit) contextObject() *jsonvalue.Object {
	if v.context != nil {
		return v.context
	}
	if given := v.execution.trial.givenContext(v.item); given != nil {
		v.context = given
		return given
	}
	at := jsonvalue.NewObject(3).Set("Name", v.execution.trial.nameOf(v.state)).Set("EnteredTime", timestamp(v.enteredAt))
	if v.state.retryable {
		at.Set("RetryCount", float64(v.retries))
	}
	machine := v.execution.machine
	c := jsonvalue.NewObject(5)
	c.Set("Execution", v.execution.contextObject())
	c.Set("StateMachine", jsonvalue.NewObject(2).Set("Id", machine.arn).Set("Name", machine.root().name))
	c.Set("State", at)
	if v.token != "" {
		c.Set("Task", jsonvalue.NewObject(1).Set("Token", v.token))
	}
	if v.item != nil {
		c.Set("Map", jsonvalue.NewObject(1).Set("Item", v.item))
	}
	v.context = c
	return c
}

// bindings are what a JSONata expression sees.
func (v *visit) bindings() map[string]any {
	states := jsonvalue.NewObject(4).Set("input", v.input.value).Set("context", v.contextObject())
	if v.hasResult {
		states.Set("result", v.result.value)
	}
	if v.errorOutput != nil {
		states.Set("errorOutput", v.errorOutput)
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
