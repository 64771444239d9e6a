package training

// This file holds what a team may change about the system's alarms.

import (
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
)

// Alarms adjusts the alarms of a System. docs/operations.md says what to do
// about each.
type Alarms struct {
	// DeadLetters goes off when so many runs could not be started, or nobody was
	// told of so many. Default: at the first.
	DeadLetters operation.Alarm

	// Runs adjusts the alarms of the state machine.
	Runs workflow.Alarms

	// Endpoint adjusts the alarms of the endpoint's state machine.
	Endpoint workflow.Alarms

	// Functions adjusts the alarms of the functions.
	Functions gofunction.Alarms
}

func (a Alarms) validate(faults *operation.Faults) {
	faults.Alarms(map[string]operation.Alarm{"Alarms.DeadLetters": a.DeadLetters})
	a.Runs.Validate(faults, "Alarms.Runs")
	a.Endpoint.Validate(faults, "Alarms.Endpoint")
	a.Functions.Validate(faults, "Alarms.Functions")
}
