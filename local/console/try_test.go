package console_test

// This file tries expressions as a person does.

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/internal/browser"
)

func try(t *testing.T, d *desk, tab *browser.Tab) {
	d.start(t, "Assigns", "tried", `{"name": "Ann", "big": 12345678901234567890}`)
	d.status(t, "Assigns", "tried", types.ExecutionStatusSucceeded)
	tab.Open(d.execution("Assigns", "tried") + "?visit=2")
	tab.Shows("Second", "Try an expression against this input")
	tab.Paste("Expression", `$who & " in " & $states.input.shop`)
	tab.Submit("Try it")
	tab.Shows("An expression in Second", "Back to the execution", "Result", `"Ann in north"`, "Input of the state", `"shop": "north"`)
	tab.Readable()
	tab.Document("expression", 1250)
	tab.Paste("Expression", `$states.context.(Execution.Name & ", " & Execution.Input.name & ", " & State.Name & ", " & StateMachine.Name & ", " & $count(State.RetryCount))`)
	tab.Submit("Try it")
	tab.Shows("Result", `"tried, Ann, Second, Assigns, 1"`)
	tab.Paste("Expression", `$toMillis($states.context.State.EnteredTime) >= $toMillis($states.context.Execution.StartTime)`)
	tab.Submit("Try it")
	tab.Shows("Result", "true")
	tab.Paste("Expression", `{% $nothing( %}`)
	if status := tab.Submit("Try it"); status != http.StatusBadRequest {
		t.Errorf("what is no expression is answered with %d:\n%s", status, tab.Text())
	}

	tab.Open(d.execution("Assigns", "tried") + "?visit=1")
	tab.Run(`document.querySelector("#language").value = "JSONPath"`)
	tab.Paste("Expression", `States.Format('Hello {}', $.name)`)
	tab.Submit("Try it")
	tab.Shows("Result", `"Hello Ann"`)
	tab.Paste("Expression", `$.big`)
	tab.Submit("Try it")
	tab.Shows("Result", `12345678901234567890`, "Input of the state")
	tab.Paste("Expression", `States.Format('{} {}', $$.State.Name, $.name)`)
	tab.Submit("Try it")
	tab.Shows("Result", `"First Ann"`)
	tab.Paste("Expression", `$.none`)
	tab.Submit("Try it")
	tab.Shows("It fails", "States.")
	tab.Follow("Back to the execution")
	tab.Shows("tried", "First succeeded")
}
