package webhooks

// This file holds what a team may change about the system's alarms.

import (
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
)

// Alarms adjusts the alarms of a System. docs/operations.md says what to do
// about each.
type Alarms struct {
	// ServerErrors goes off when so many webhooks were answered with 5xx within a
	// minute: they are not in the stream, and their senders try again. Default: at
	// the first.
	ServerErrors operation.Alarm

	// Refused goes off when so many requests were not signed right, or too large,
	// within a minute: a secret may be wrong. Default: 50.
	Refused operation.Alarm

	// Lag goes off when the oldest record has waited so many milliseconds in the
	// stream. Default: 300,000.
	Lag operation.Alarm

	// Failures goes off when so many webhooks were given up. Default: at the first.
	Failures operation.Alarm

	// Lost goes off when so many batches were given up by Lambda and could not be
	// parked: they are in the stream only. Default: at the first.
	Lost operation.Alarm

	// Undelivered goes off when so many events did not reach a subscription's
	// queue. Default: at the first.
	Undelivered operation.Alarm

	// DeadLetters goes off when a subscription's function has failed on so many
	// events five times. Default: at the first.
	DeadLetters operation.Alarm

	// Backlog goes off when the oldest event of a subscription has waited so many
	// seconds. Default: 900.
	Backlog operation.Alarm

	// Workflow adjusts the alarms of the state machine. An execution that fails is
	// tried again. Default of Failed: 5 within a minute.
	Workflow workflow.Alarms

	// Functions adjusts the alarms of all functions. What Authorize refuses is an
	// error as well: its alarm is off.
	Functions gofunction.Alarms
}

func (a Alarms) withDefaults() Alarms {
	if a.Workflow.Failed.Threshold == 0 {
		a.Workflow.Failed.Threshold = 5
	}
	return a
}

func (a Alarms) validate(faults *operation.Faults) {
	faults.Alarms(map[string]operation.Alarm{
		"Alarms.ServerErrors": a.ServerErrors, "Alarms.Refused": a.Refused, "Alarms.Lag": a.Lag, "Alarms.Failures": a.Failures, "Alarms.Lost": a.Lost,
		"Alarms.Undelivered": a.Undelivered, "Alarms.DeadLetters": a.DeadLetters, "Alarms.Backlog": a.Backlog,
	})
	a.Workflow.Validate(faults, "Alarms.Workflow")
	a.Functions.Validate(faults, "Alarms.Functions")
}
