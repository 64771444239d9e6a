package statemachines

// This file runs transactions against the engine's own tables, under a virtual
// clock: what becomes of one, by what is there already and by what fails.

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
)

const ledgerTemplate = `{"Resources": {
	"Transactions": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "transactionKey", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "transactionKey", "KeyType": "HASH"}]}},
	"Outcomes": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "outcomeKey", "AttributeType": "S"}, {"AttributeName": "ordinal", "AttributeType": "N"}],
		"KeySchema": [{"AttributeName": "outcomeKey", "KeyType": "HASH"}, {"AttributeName": "ordinal", "KeyType": "RANGE"}]}},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
		"RoleArn": "arn:aws:iam::111122223333:role/r", "DefinitionString": %s, "DefinitionSubstitutions": {
		"TransactionsTable": {"Ref": "Transactions"}, "OutcomesTable": {"Ref": "Outcomes"}, "RetentionSeconds": "3600",
		"FormatFunctionArn": "format", "EnrichmentApiEndpoint": "api", "EnrichmentStage": "stage"}}}}}`

// ledger is an account with the machine and its tables.
type ledger struct {
	*cloud.Cloud
	t       *testing.T
	created *cfn.Created

	// fails is the error of a call, before it has an effect; loses of one whose
	// answer is lost. Default: none.
	fails, loses func(action string) error
	status       func() int // the enrichment API's
}

// inLedger runs a test under a virtual clock.
func inLedger(t *testing.T, test func(t *testing.T, l *ledger)) {
	synctest.Test(t, func(t *testing.T) {
		none := func(string) error { return nil }
		l := &ledger{Cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"}), t: t, fails: none, loses: none, status: answers(200)}
		defer l.Close()
		l.Around = func(ctx context.Context, call cloud.Call, perform cloud.Perform) (any, error) {
			if call.Caller.Root {
				return perform(ctx, call.Input)
			}
			if err := l.fails(call.Action); err != nil {
				return nil, err
			}
			output, err := perform(ctx, call.Input)
			if lost := l.loses(call.Action); lost != nil {
				return nil, lost
			}
			return output, err
		}
		tables, machines := dynamodb.New(l.Cloud, dynamodb.Options{}), newStates(t, l.Cloud)
		l.Register("dynamodb", tables)
		l.Register("states", machines)
		l.Register("lambda", functions{"format": func(payload json.RawMessage) (any, error) {
			var m contract.Message
			if err := json.Unmarshal(payload, &m); err != nil {
				return nil, err
			}
			text := m.Content.Children[0].Text
			if text == "large" {
				return nil, failure(contract.ErrorTransactionTooLarge)
			}
			return contract.Formatted{Content: contract.AttributeValue{S: &text}, ContentVersion: 1, ContentHash: "hash of " + text}, nil
		}})
		l.Register("execute-api", api(func(string, json.RawMessage) (any, error) {
			return map[string]any{"StatusCode": l.status(), "ResponseBody": map[string]string{"name": "Acme"}}, nil
		}))
		definition, err := json.Marshal(Definition("b2b/transaction.asl.json"))
		if err != nil {
			t.Fatal(err)
		}
		template, err := cfn.Parse(fmt.Appendf(nil, ledgerTemplate, definition))
		if err != nil {
			t.Fatal(err)
		}
		types := map[string]cfn.Type{}
		for _, kind := range append(tables.Types(), machines.Types()...) {
			types[kind.Name] = kind
		}
		stack := cfn.Stack{Name: "test", Site: l.Site, Template: template}
		if l.created, err = stack.Create(t.Context(), types); err != nil {
			t.Fatal(err)
		}
		test(t, l)
	})
}

func (l *ledger) do(service, action string, in, out any) {
	l.t.Helper()
	if err := l.Do(l.t.Context(), l.Administrator(), service, action, in, out); err != nil {
		l.t.Fatalf("%s: %v", action, err)
	}
}

// messageOf is of the second record of a file of acme's, or the same as acme posts it.
func messageOf(source contract.Source, text string) contract.Message {
	return contract.Message{
		Record:  contract.NewRecord("file", 2, "acme", source, "a.xml", "T"),
		Content: contract.Content{Children: []contract.Node{{Name: contract.ElementNotes, Text: text}}},
	}
}

// run runs a transaction and returns how the execution ended: SUCCEEDED, or the error.
func (l *ledger) run(m contract.Message) string {
	l.t.Helper()
	input, err := json.Marshal(m)
	if err != nil {
		l.t.Fatal(err)
	}
	var started struct {
		ExecutionArn string `json:"executionArn"`
	}
	l.do("states", "StartExecution", map[string]any{"stateMachineArn": l.created.Handles["Machine"].Ref, "input": string(input)}, &started)
	for {
		var d struct{ Status, Error string }
		l.do("states", "DescribeExecution", map[string]any{"executionArn": started.ExecutionArn}, &d)
		switch d.Status {
		case "RUNNING":
			time.Sleep(time.Second)
		case "FAILED":
			return d.Error
		default:
			return d.Status
		}
	}
}

// answers are an API's, of which the last one is for good.
func answers(statuses ...int) func() int {
	return func() int {
		status := statuses[0]
		if len(statuses) > 1 {
			statuses = statuses[1:]
		}
		return status
	}
}

// put makes a row with texts, and with the numbers of its key.
func (l *ledger) put(table string, row map[string]string) {
	l.t.Helper()
	item := map[string]any{}
	for name, text := range row {
		kind := "S"
		if name == contract.AttrOrdinal {
			kind = "N"
		}
		item[name] = map[string]string{kind: text}
	}
	l.do("dynamodb", "PutItem", map[string]any{"TableName": l.created.Handles[table].Ref, "Item": item}, nil)
}

// outcome is what is recorded of the transaction: "OUTCOME CODE", or nothing.
func (l *ledger) outcome() string {
	l.t.Helper()
	return l.row("Outcomes", map[string]any{
		contract.AttrOutcomeKey: map[string]string{"S": contract.OutcomeKey("file", 2)}, contract.AttrOrdinal: map[string]string{"N": "2"},
	}, contract.AttrOutcome, contract.AttrCode)
}

// stands is what the transaction's row says: "STATUS of <file>", or nothing.
func (l *ledger) stands() string {
	l.t.Helper()
	return l.row("Transactions", map[string]any{
		contract.AttrTransactionKey: map[string]string{"S": contract.TransactionKey("acme", "T")},
	}, contract.AttrStatus, contract.AttrFileID, contract.AttrContentHash)
}

func (l *ledger) row(table string, key map[string]any, names ...string) string {
	l.t.Helper()
	var got struct{ Item map[string]struct{ S string } }
	l.do("dynamodb", "GetItem", map[string]any{"TableName": l.created.Handles[table].Ref, "ConsistentRead": true, "Key": key}, &got)
	var parts []string
	for _, name := range names {
		if text := got.Item[name].S; text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " ")
}

// before puts what there is: the outcome of the transaction, and its row.
func (l *ledger) before(outcome string, row map[string]string) {
	l.t.Helper()
	if outcome != "" {
		l.put("Outcomes", map[string]string{contract.AttrOutcomeKey: contract.OutcomeKey("file", 2), contract.AttrOrdinal: "2", contract.AttrOutcome: outcome})
	}
	if row != nil {
		row[contract.AttrTransactionKey] = contract.TransactionKey("acme", "T")
		l.put("Transactions", row)
	}
}

// rowOf is a row that has a status, by a record of a file.
func rowOf(status, file, ordinal, text string) map[string]string {
	return map[string]string{
		contract.AttrStatus: status, contract.AttrFileID: file, contract.AttrOrdinal: ordinal, contract.AttrContentHash: "hash of " + text,
	}
}

const mine = "STORED file hash of text"

func TestATransactionIsStoredOnceAndToldByWhatIsThere(t *testing.T) {
	for _, test := range []struct {
		name    string
		outcome string // recorded before
		row     map[string]string
		want    string // recorded then
		stands  string
	}{
		{"nothing is there", "", nil, "STORED", mine},
		{"it failed", "FAILED", nil, "STORED", mine},
		{"it is replayed", "REPLAYING", nil, "STORED", mine},
		{"it was rejected", "REJECTED", nil, "REJECTED", ""},
		{"it was a duplicate", "DUPLICATE", nil, "DUPLICATE", ""},
		{"its message comes again", "STORED", rowOf("STORED", "file", "2", "text"), "STORED", mine},
		{"it is received", "", rowOf("RECEIVED", "post", "1", ""), "STORED", mine},
		{"another one failed", "", rowOf("FAILED", "post", "1", "other"), "STORED", mine},
		{"another one was rejected", "", rowOf("REJECTED", "post", "1", "other"), "STORED", mine},
		{"the same is stored", "", rowOf("STORED", "other", "2", "text"), "DUPLICATE DUPLICATE", "STORED other hash of text"},
		{"another record of the file has it", "", rowOf("STORED", "file", "1", "text"), "DUPLICATE DUPLICATE", "STORED file hash of text"},
		{"the same is stored, and it failed", "FAILED", rowOf("STORED", "other", "1", "text"), "DUPLICATE DUPLICATE", "STORED other hash of text"},
		{"the same is stored, and it is replayed", "REPLAYING", rowOf("STORED", "other", "1", "text"), "DUPLICATE DUPLICATE", "STORED other hash of text"},
		{"the same is stored, and it was rejected", "REJECTED", rowOf("STORED", "other", "1", "text"), "REJECTED", "STORED other hash of text"},
		{"another content is stored", "", rowOf("STORED", "other", "1", "else"), "REJECTED CONTENT_CONFLICT", "STORED other hash of else"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inLedger(t, func(t *testing.T, l *ledger) {
				l.before(test.outcome, test.row)
				if end := l.run(messageOf(contract.SourceSFTP, "text")); end != "SUCCEEDED" {
					t.Errorf("it ended as %s", end)
				}
				if got, stands := l.outcome(), l.stands(); got != test.want || stands != test.stands {
					t.Errorf("%q is recorded, and its row is %q", got, stands)
				}
			})
		})
	}
}

func TestATransactionIsRejectedForWhatSpeaksAgainstIt(t *testing.T) {
	for name, test := range map[string]struct {
		text   string
		status int
		want   string
	}{
		"it is too large":       {"large", 200, "REJECTED TRANSACTION_TOO_LARGE"},
		"nobody knows a sender": {"text", 404, "REJECTED PARTNER_UNKNOWN"},
	} {
		t.Run(name, func(t *testing.T) {
			inLedger(t, func(t *testing.T, l *ledger) {
				l.status = answers(test.status)
				l.before("", rowOf("RECEIVED", "file", "2", ""))
				if end := l.run(messageOf(contract.SourceREST, test.text)); end != "SUCCEEDED" || l.outcome() != test.want || !strings.HasPrefix(l.stands(), "REJECTED ") {
					t.Errorf("it ended as %s, %q is recorded, and its row is %q", end, l.outcome(), l.stands())
				}
			})
		})
	}
}

// always are an action's calls that fail for good.
func always(action string) func(string) error {
	return func(called string) error {
		if called == action {
			return cloud.Errorf(400, "ValidationException", "no")
		}
		return nil
	}
}

func TestAFailureIsRecordedAndShownAndOverwritesNothing(t *testing.T) {
	for _, test := range []struct {
		name            string
		outcome, status string // before
		file            string // of the row
		want, stands    string
	}{
		{"nothing is there", "", "RECEIVED", "file", "FAILED WORKFLOW_FAILED", "FAILED"},
		{"it is replayed", "REPLAYING", "FAILED", "file", "FAILED WORKFLOW_FAILED", "FAILED"},
		{"it failed before", "FAILED", "FAILED", "file", "FAILED WORKFLOW_FAILED", "FAILED"},
		{"it is stored", "STORED", "STORED", "file", "STORED", "STORED"},
		{"it was rejected", "REJECTED", "REJECTED", "file", "REJECTED", "REJECTED"},
		{"it was posted again", "", "RECEIVED", "post", "FAILED WORKFLOW_FAILED", "RECEIVED"},
	} {
		for _, action := range []string{"Invoke", "TransactWriteItems", "of the API"} {
			t.Run(test.name+", "+action, func(t *testing.T) {
				inLedger(t, func(t *testing.T, l *ledger) {
					l.before(test.outcome, rowOf(test.status, test.file, "2", "text"))
					if l.fails = always(action); action == "of the API" {
						l.status = answers(500)
					}
					if end := l.run(messageOf(contract.SourceREST, "text")); end == "SUCCEEDED" || strings.Contains(end, "ConditionalCheckFailed") {
						t.Errorf("it ended as %s", end)
					}
					if got, stands := l.outcome(), strings.Fields(l.stands()); got != test.want || stands[0] != test.stands || stands[1] != test.file {
						t.Errorf("%q is recorded, and its row is %q", got, stands)
					}
				})
			})
		}
	}
}

func TestWhatCannotBeReadIsAFailureOfAFile(t *testing.T) {
	inLedger(t, func(t *testing.T, l *ledger) {
		l.before("", rowOf("STORED", "other", "1", "text"))
		l.fails = always("GetItem")
		if end := l.run(messageOf(contract.SourceSFTP, "text")); end == "SUCCEEDED" || l.outcome() != "FAILED WORKFLOW_FAILED" {
			t.Errorf("it ended as %s, and %q is recorded", end, l.outcome())
		}
	})
}

// cancelled is a transaction of DynamoDB's that was not performed.
func cancelled(reason string) error {
	return cloud.Errorf(400, "TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [%s, None]", reason)
}

// first are the errors of an action's first calls.
func first(n int, action string, err error) func(string) error {
	return func(called string) error {
		if called != action || n == 0 {
			return nil
		}
		n--
		return err
	}
}

func TestWhatPassesCostsNoTransaction(t *testing.T) {
	busy := cloud.Errorf(400, "ProvisionedThroughputExceededException", "slow down")
	internal := cloud.Errorf(500, "InternalServerError", "a moment")
	fault := rowOf("STORED", "other", "1", "else") // what makes it read, record and show
	for _, test := range []struct {
		name string
		row  map[string]string
		want string
		set  func(l *ledger)
	}{
		{"the function is busy", nil, "STORED", func(l *ledger) {
			l.fails = first(3, "Invoke", cloud.Errorf(429, "TooManyRequestsException", "slow down"))
		}},
		{"the API fails", nil, "STORED", func(l *ledger) { l.status = answers(500, 503, 429, 200) }},
		{"the tables are busy", nil, "STORED", func(l *ledger) { l.fails = first(3, "TransactWriteItems", busy) }},
		{"the tables fail", nil, "STORED", func(l *ledger) { l.fails = first(3, "TransactWriteItems", internal) }},
		{"another one writes", nil, "STORED", func(l *ledger) { l.fails = first(7, "TransactWriteItems", cancelled("TransactionConflict")) }},
		{"one table is busy", nil, "STORED", func(l *ledger) {
			l.fails = first(7, "TransactWriteItems", cancelled("ProvisionedThroughputExceeded"))
		}},
		{"its answer is lost", nil, "STORED", func(l *ledger) { l.loses = first(1, "TransactWriteItems", internal) }},
		{"what is stored cannot be read for a while", fault, "REJECTED CONTENT_CONFLICT", func(l *ledger) { l.fails = first(3, "GetItem", busy) }},
		{"its outcome cannot be recorded for a while", fault, "REJECTED CONTENT_CONFLICT", func(l *ledger) { l.fails = first(3, "PutItem", busy) }},
		{"the answer of its outcome is lost", fault, "REJECTED CONTENT_CONFLICT", func(l *ledger) { l.loses = first(1, "PutItem", internal) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			inLedger(t, func(t *testing.T, l *ledger) {
				l.before("", test.row)
				test.set(l)
				if end := l.run(messageOf(contract.SourceSFTP, "text")); end != "SUCCEEDED" || l.outcome() != test.want {
					t.Errorf("it ended as %s, and %q is recorded", end, l.outcome())
				}
			})
		})
	}
}

func TestAFailureIsRecordedThoughTheTableIsBusy(t *testing.T) {
	for _, action := range []string{"PutItem", "UpdateItem"} {
		inLedger(t, func(t *testing.T, l *ledger) {
			l.before("", rowOf("RECEIVED", "file", "2", ""))
			busy, good := first(3, action, cloud.Errorf(400, "ThrottlingException", "slow down")), always("Invoke")
			l.fails = func(called string) error {
				if err := busy(called); err != nil {
					return err
				}
				return good(called)
			}
			l.run(messageOf(contract.SourceREST, "text"))
			if l.outcome() != "FAILED WORKFLOW_FAILED" || !strings.HasPrefix(l.stands(), "FAILED ") {
				t.Errorf("%s: %q is recorded, and its row is %q", action, l.outcome(), l.stands())
			}
		})
	}
}

func TestAWriteThatIsCancelledForGoodIsAFailureAndIsNotTriedForEver(t *testing.T) {
	for name, err := range map[string]error{"for good": cancelled("ValidationError"), "again and again": cancelled("TransactionConflict")} {
		t.Run(name, func(t *testing.T) {
			inLedger(t, func(t *testing.T, l *ledger) {
				l.fails = first(-1, "TransactWriteItems", err)
				began := time.Now()
				if end := l.run(messageOf(contract.SourceSFTP, "text")); end == "SUCCEEDED" || l.outcome() != "FAILED WORKFLOW_FAILED" || time.Since(began) > 3*time.Minute {
					t.Errorf("it ended as %s after %s, and %q is recorded", end, time.Since(began), l.outcome())
				}
			})
		})
	}
}
