package statemachines

import (
	"slices"
	"strings"
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

var b2bTransaction = agreement{
	placeholders: []string{"FormatFunctionArn", "EnrichmentApiEndpoint", "EnrichmentStage", "TransactionsTable", "OutcomesTable", "RetentionSeconds"},
	attributes: map[string][]string{
		"Store transaction: TransactionsTable Item": {
			contract.AttrTransactionKey, contract.AttrPartner, contract.AttrTransactionID, contract.AttrPartnerDay, contract.AttrStatus,
			contract.AttrSource, contract.AttrFile, contract.AttrFileID, contract.AttrOrdinal,
			contract.AttrContent, contract.AttrContentVersion, contract.AttrContentHash, contract.AttrContact, contract.AttrStoredAt,
		},
		"Store transaction: TransactionsTable Expressions": {contract.AttrTransactionKey, contract.AttrStatus},
		"Store transaction: OutcomesTable Item":            {contract.AttrOutcomeKey, contract.AttrOrdinal, contract.AttrOutcome, contract.AttrExpiresAt},
		"Store transaction: OutcomesTable Expressions":     {contract.AttrOrdinal, contract.AttrOutcome},

		"Read stored transaction: TransactionsTable Key":         {contract.AttrTransactionKey},
		"Read stored transaction: TransactionsTable Expressions": {contract.AttrFileID, contract.AttrOrdinal, contract.AttrContentHash},

		"Record outcome: OutcomesTable Item": {
			contract.AttrOutcomeKey, contract.AttrOrdinal, contract.AttrTransactionID,
			contract.AttrOutcome, contract.AttrCode, contract.AttrMessage, contract.AttrExpiresAt,
		},
		"Record outcome: OutcomesTable Expressions": {contract.AttrOrdinal, contract.AttrOutcome},

		"Record failure: OutcomesTable Item": {
			contract.AttrOutcomeKey, contract.AttrOrdinal, contract.AttrTransactionID,
			contract.AttrOutcome, contract.AttrCode, contract.AttrMessage,
			contract.AttrPartner, contract.AttrError, contract.AttrAttempt, contract.AttrFailedDay, contract.AttrFailedAt, contract.AttrExpiresAt,
		},
		"Record failure: OutcomesTable Expressions": {contract.AttrOrdinal, contract.AttrOutcome},

		"Update status: TransactionsTable Key": {contract.AttrTransactionKey},
		"Update status: TransactionsTable Expressions": {
			contract.AttrStatus, contract.AttrCode, contract.AttrMessage, contract.AttrFileID,
		},
	},
	members: map[string][]string{
		"states.input": {"record"}, // of a contract.Message
		"record":       fields(contract.Record{}),
		"formatted":    fields(contract.Formatted{}),
		"stored":       {contract.AttrFileID, contract.AttrOrdinal, contract.AttrContentHash},
		"error":        {"Error", "Cause"},
	},
	words: []string{
		string(contract.Stored), string(contract.Duplicate), string(contract.Rejected), string(contract.Failed),
		string(contract.Replaying), contract.StatusReceived, string(contract.SourceREST),
		contract.CodeDuplicate, contract.CodeContentConflict, contract.CodePartnerUnknown,
		contract.CodeTransactionTooLarge, contract.CodeWorkflowFailed, contract.ErrorTransactionTooLarge,
		"ConditionalCheckFailed", "GET", "IAM_ROLE", // DynamoDB's, API Gateway's
	},
}

var b2bSettlement = agreement{
	placeholders: []string{"TallyFunctionArn", "AcknowledgeFunctionArn"},
	objects: map[string][]string{
		"Is the file broken?: totals":  fields(contract.Totals{}),
		"Is the file broken?: request": {"fileId", "received"}, // the first contract.TallyRequest has no previous
		"Tally outcomes: request":      fields(contract.TallyRequest{}),
	},
	members: map[string][]string{
		"states.input":          {"fileId", "received", "reason"}, // of a contract.Settlement
		"states.result.Payload": {"settled", "totals"},            // of a contract.Tally
		"file":                  {"fileId", "received", "deadline"},
	},
	words: append(fields(contract.Totals{}),
		string(contract.FileSplit), string(contract.FileSettled), string(contract.FileQuarantined), string(contract.FileOverdue),
		"status", "totals"), // what a contract.Acknowledgement adds to the contract.Settlement
}

// What an agreement writes down by hand is a member of the shape it names.
func TestNamesOfB2BAgreementsAreMembersOfTheirShapes(t *testing.T) {
	for _, test := range []struct{ some, all []string }{
		{b2bTransaction.members["states.input"], fields(contract.Message{})},
		{b2bSettlement.members["states.input"], fields(contract.Settlement{})},
		{b2bSettlement.members["file"], fields(contract.Settlement{})},
		{b2bSettlement.members["states.result.Payload"], fields(contract.Tally{})},
		{b2bSettlement.objects["Is the file broken?: request"], fields(contract.TallyRequest{})},
		{[]string{"status", "totals"}, fields(contract.Acknowledgement{})},
	} {
		for _, name := range test.some {
			if !slices.Contains(test.all, name) {
				t.Errorf("%q is none of %q", name, test.all)
			}
		}
	}
}

// A process that dies by accident costs no transaction, and one that dies of a
// transaction does not run it for ever.
func TestADeadProcessIsTriedAgainAFewTimes(t *testing.T) {
	for _, retry := range parse(t, Definition("b2b/transaction.asl.json")).States["Format transaction"].Retry {
		if slices.Contains(retry.ErrorEquals, "Runtime.ExitError") {
			if retry.MaxAttempts == nil || *retry.MaxAttempts < 1 || *retry.MaxAttempts > 3 {
				t.Errorf("%v more attempts", retry.MaxAttempts)
			}
			return
		}
	}
	t.Error("Runtime.ExitError is not retried")
}

// An execution that ends without recording an outcome is recorded by
// conclude; these tasks must not even get there for what they can catch.
func TestATransactionsFailuresLeadToARecordedOutcome(t *testing.T) {
	for name, s := range parse(t, Definition("b2b/transaction.asl.json")).States {
		if s.Type != "Task" || strings.HasPrefix(name, "Record ") || name == "Update status" {
			continue
		}
		last := s.Catch[len(s.Catch)-1]
		if !slices.Equal(last.ErrorEquals, []string{"States.ALL"}) || last.Next != "Record failure" {
			t.Errorf("task %q does not end in catching States.ALL into Record failure", name)
		}
	}
}
