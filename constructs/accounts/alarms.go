package accounts

// This file holds what a team may change about the system's alarms.

import (
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
)

// Alarms adjusts the alarms of a System. docs/operations.md says what to do
// about each.
type Alarms struct {
	// Applications adjusts the alarms of the state machine. A conflict fails an
	// execution, too. Default of Failed: 5 within a minute.
	Applications workflow.Alarms

	// API adjusts the alarm of the REST API, which tells of every application
	// that was not processed.
	API workflowapi.Alarms

	// Functions adjusts the alarms of the functions. Errors is that of
	// OpenNewAccount: those of the others are rejections and conflicts.
	Functions gofunction.Alarms
}

// withDefaults lets some callers be told of a conflict.
func (a Alarms) withDefaults() Alarms {
	if a.Applications.Failed.Threshold == 0 {
		a.Applications.Failed.Threshold = 5
	}
	return a
}

func (a Alarms) validate(faults *operation.Faults) {
	a.Applications.Validate(faults, "Alarms.Applications")
	a.API.Validate(faults, "Alarms.API")
	a.Functions.Validate(faults, "Alarms.Functions")
}
