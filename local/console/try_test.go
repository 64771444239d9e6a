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
	wantText(t, tab, "Second", "Try an expression against this input")
	tab.Paste("Expression", `$who & " in " & $states.input.shop`)
	tab.Submit("Try it")
	wantText(t, tab, "An expression in Second", "Back to the execution", "Result", `"Ann in north"`, "Input of the state", `"shop": "north"`)
	readable(t, tab)
	tab.Paste("Expression", `{% $nothing( %}`)
	if status := tab.Submit("Try it"); status != http.StatusBadRequest {
		t.Errorf("what is no expression is answered with %d:\n%s", status, tab.Text())
	}

	tab.Open(d.execution("Assigns", "tried") + "?visit=1")
	tab.Run(`document.querySelector("#language").value = "JSONPath"`)
	tab.Paste("Expression", `States.Format('Hello {}', $.name)`)
	tab.Submit("Try it")
	wantText(t, tab, "Result", `"Hello Ann"`)
	tab.Paste("Expression", `$.big`)
	tab.Submit("Try it")
	wantText(t, tab, "Result", `12345678901234567890`, "Input of the state")
	tab.Paste("Expression", `$.none`)
	tab.Submit("Try it")
	wantText(t, tab, "It fails", "States.")
	tab.Follow("Back to the execution")
	wantText(t, tab, "tried", "First succeeded")
}
