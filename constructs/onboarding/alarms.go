package onboarding

// This file holds what a team may change about the system's alarms.

import (
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
)

// Alarms adjusts the alarms of a System. docs/operations.md says what to do
// about each.
type Alarms struct {
	// DeadLetters goes off when consumers gave events up. Default: at the first.
	DeadLetters operation.Alarm

	// Backlog goes off when the oldest event has waited so many seconds for a
	// consumer. SQS measures no longer than six hours after a queue was used
	// last. Default: 3,600.
	Backlog operation.Alarm

	// Onboardings adjusts the alarms of the state machine.
	Onboardings workflow.Alarms

	// Functions adjusts the alarms of the function.
	Functions gofunction.Alarms
}

func (a Alarms) validate(faults *operation.Faults) {
	faults.Alarms(map[string]operation.Alarm{
		"Alarms.DeadLetters": a.DeadLetters,
		"Alarms.Backlog":     a.Backlog,
	})
	a.Onboardings.Validate(faults, "Alarms.Onboardings")
	a.Functions.Validate(faults, "Alarms.Functions")
}
