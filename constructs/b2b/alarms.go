package b2b

// This file holds what a team may change about a pipeline's alarms.

import (
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
)

// Alarms adjusts the alarms of a pipeline or of a part of it, which has some of
// them. docs/operations.md says what to do about each.
type Alarms struct {
	// DeadLetters goes off when transactions could not be started.
	// Default: at the first.
	DeadLetters operation.Alarm

	// Backlog goes off when the oldest transaction has waited so many seconds
	// to be started. Default: 900.
	Backlog operation.Alarm

	// UploadFailed goes off when uploads were broken off or refused.
	// Default: at the first.
	UploadFailed operation.Alarm

	// Undelivered goes off when notices of files were given up.
	// Default: at the first.
	Undelivered operation.Alarm

	// Unrecorded goes off when the ends of executions could not be recorded.
	// Default: at the first.
	Unrecorded operation.Alarm

	// TransactionFailed goes off when transactions FAILED. Default: at the
	// first.
	TransactionFailed operation.Alarm

	// Overdue goes off when files are unsettled past their deadline.
	// Default: at the first.
	Overdue operation.Alarm

	// Abandoned goes off when nobody worked on a file past its deadline.
	// Default: at the first.
	Abandoned operation.Alarm

	// ServerErrors goes off when partners are answered with 5xx.
	// Default: at the first.
	ServerErrors operation.Alarm

	// Transactions and Settlement adjust the alarms of the state machines.
	Transactions, Settlement workflow.Alarms

	// Functions adjusts the alarms of every function.
	Functions gofunction.Alarms
}

func (a Alarms) validate(faults *operation.Faults) {
	faults.Alarms(map[string]operation.Alarm{
		"Alarms.DeadLetters":       a.DeadLetters,
		"Alarms.Backlog":           a.Backlog,
		"Alarms.UploadFailed":      a.UploadFailed,
		"Alarms.Undelivered":       a.Undelivered,
		"Alarms.Unrecorded":        a.Unrecorded,
		"Alarms.TransactionFailed": a.TransactionFailed,
		"Alarms.Overdue":           a.Overdue,
		"Alarms.Abandoned":         a.Abandoned,
		"Alarms.ServerErrors":      a.ServerErrors,
	})
	a.Transactions.Validate(faults, "Alarms.Transactions")
	a.Settlement.Validate(faults, "Alarms.Settlement")
	a.Functions.Validate(faults, "Alarms.Functions")
}
