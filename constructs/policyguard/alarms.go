package policyguard

// This file holds what a team may change about the system's alarms.

import (
	"github.com/tradepost-dev/tradepost/constructs/approval"
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
)

// Alarms adjusts the alarms of a System. docs/operations.md says what to do
// about each.
type Alarms struct {
	// Undelivered goes off when so many changes of policies were judged by
	// nobody, since no execution could be started. Default: at the first.
	Undelivered operation.Alarm

	// Untold goes off when so many notices did not reach an administrator within
	// a minute. Default: at the first.
	Untold operation.Alarm

	// Guard adjusts the alarms of the state machine.
	Guard workflow.Alarms

	// Functions adjusts the alarms of all functions.
	Functions gofunction.Alarms

	// Approval adjusts the alarms of what asks administrators.
	Approval approval.Alarms
}

func (a Alarms) validate(faults *operation.Faults) {
	faults.Alarms(map[string]operation.Alarm{"Alarms.Undelivered": a.Undelivered, "Alarms.Untold": a.Untold})
	a.Guard.Validate(faults, "Alarms.Guard")
	a.Functions.Validate(faults, "Alarms.Functions")
}
