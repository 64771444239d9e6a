package ordering

// This file holds what a team may change about the system's alarms.

import (
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
)

// Alarms adjusts the alarms of a System. docs/operations.md says what to do
// about each.
type Alarms struct {
	// DeadLetters goes off when so many messages were no orders, or could not be
	// started. Default: at the first.
	DeadLetters operation.Alarm

	// Backlog goes off when the oldest order has waited so many seconds to be
	// started. Default: 900.
	Backlog operation.Alarm

	// Undelivered goes off when so many notices did not reach a subscriber of
	// the topic within a minute. Default: at the first.
	Undelivered operation.Alarm

	// Orders adjusts the alarms of the state machine.
	Orders workflow.Alarms

	// Functions adjusts the alarms of all functions.
	Functions gofunction.Alarms
}

func (a Alarms) validate(faults *operation.Faults) {
	faults.Alarms(map[string]operation.Alarm{
		"Alarms.DeadLetters": a.DeadLetters,
		"Alarms.Backlog":     a.Backlog,
		"Alarms.Undelivered": a.Undelivered,
	})
	a.Orders.Validate(faults, "Alarms.Orders")
	a.Functions.Validate(faults, "Alarms.Functions")
}
