package conclude

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

const (
	fileID   = "0123456789abcdef0123456789abcdef"
	postedID = "r0123456789abcdef0123456789abcde"
)

type described func(arn string) (*sfn.DescribeExecutionOutput, error)

func (d described) DescribeExecution(_ context.Context, in *sfn.DescribeExecutionInput, _ ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	return d(*in.ExecutionArn)
}

type fixture struct {
	*Handler
	tables  *dynamotest.Tables
	metrics *bytes.Buffer
}

func newFixture(t *testing.T) fixture {
	f := fixture{tables: dynamotest.New(t), metrics: &bytes.Buffer{}}
	f.Handler = &Handler{
		DynamoDB: dynamotest.Consistent{Tables: f.tables}, Retention: 400 * 24 * time.Hour, OutcomesTable: dynamotest.Outcomes, TransactionsTable: dynamotest.Transactions,
		Metrics: &metrics.Emitter{Namespace: "Tradepost", Dimensions: []metrics.Dimension{{Name: contract.DimensionPipeline, Value: "test"}}, Out: f.metrics},
	}
	return f
}

func input(id string, ordinal int) string {
	text, err := json.Marshal(contract.Message{Record: contract.Record{FileID: id, Ordinal: ordinal, Partner: "acme", TransactionID: "T1"}})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func ended(name, status string, input any) events.EventBridgeEvent {
	return redriven(0, name, status, input)
}

func redriven(times int, name, status string, input any) events.EventBridgeEvent {
	detail, err := json.Marshal(map[string]any{
		"executionArn": "arn:execution:" + name, "stateMachineArn": "arn:machine", "name": name, "status": status, "input": input,
		"inputDetails": map[string]any{"included": input != nil}, "output": nil, "error": "Format.Crash", "cause": "secret internals",
		"redriveCount": times,
	})
	if err != nil {
		panic(err)
	}
	return events.EventBridgeEvent{ID: "e", DetailType: "Step Functions Execution Status Change", Detail: detail}
}

func (f fixture) outcome(t *testing.T) contract.Receipt {
	t.Helper()
	items := f.tables.All(dynamotest.Outcomes)
	if len(items) != 1 {
		t.Fatalf("%d outcomes", len(items))
	}
	r, err := outcomes.Receipt(items[0])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnExecutionThatFailsHasAnOutcome(t *testing.T) {
	for status, how := range map[string]string{"FAILED": "failed", "TIMED_OUT": "took too long", "ABORTED": "was stopped by an operator"} {
		f := newFixture(t)
		if err := f.Handle(t.Context(), ended(fileID+"-17", status, input(fileID, 17))); err != nil {
			t.Fatal(err)
		}
		r := f.outcome(t)
		if r.Ordinal != 17 || r.TransactionID != "T1" || r.Outcome != contract.Failed || r.Code != contract.CodeWorkflowFailed {
			t.Errorf("%s: outcome %+v", status, r)
		}
		if !strings.Contains(r.Message, how+" (Format.Crash)") || strings.Contains(r.Message, "secret") {
			t.Errorf("%s: message %q", status, r.Message)
		}
		if f.metrics.Len() != 0 { // acknowledge counts it
			t.Errorf("%s: metrics %s", status, f.metrics)
		}
	}
}

// refusing are tables that nothing can be written to.
type refusing struct{ DynamoDB }

func (refusing) PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return nil, errors.New("no power")
}

func TestAFailureThatCannotBeRecordedIsAnErrorSoThatItsEventComesAgain(t *testing.T) {
	f := newFixture(t)
	tables := f.DynamoDB
	f.DynamoDB = refusing{tables}
	event := ended(postedID+"-1", "FAILED", input(postedID, 1))
	if err := f.Handle(t.Context(), event); err == nil || f.metrics.Len() != 0 {
		t.Errorf("error %v, metrics %s", err, f.metrics)
	}
	f.DynamoDB = tables
	if err := f.Handle(t.Context(), event); err != nil || f.outcome(t).Outcome != contract.Failed {
		t.Errorf("error %v, outcome %+v", err, f.outcome(t))
	}
}

func TestAnOutcomeThatIsThereStays(t *testing.T) {
	f := newFixture(t)
	f.tables.Put(dynamotest.Outcomes, outcomes.Item(fileID, time.Now().Add(time.Hour), contract.Receipt{Ordinal: 1, TransactionID: "T1", Outcome: contract.Stored}))
	if err := f.Handle(t.Context(), ended(fileID+"-1", "FAILED", input(fileID, 1))); err != nil {
		t.Fatal(err)
	}
	if r := f.outcome(t); r.Outcome != contract.Stored || f.metrics.Len() != 0 {
		t.Errorf("outcome %+v, metrics %s", r, f.metrics)
	}
}

// Whatever ends it: a posted transaction is counted once, under the outcome
// that its partner is told.
func TestAPostedTransactionIsCountedOnce(t *testing.T) {
	tests := []struct {
		name     string
		recorded contract.Outcome // before the execution ended
		event    events.EventBridgeEvent
		want     contract.Totals
	}{
		{"stored", contract.Stored, ended(postedID+"-1", "SUCCEEDED", nil), contract.Totals{Stored: 1}},
		{"duplicate", contract.Duplicate, ended(postedID+"-1", "SUCCEEDED", nil), contract.Totals{Duplicate: 1}},
		{"conflict", contract.Rejected, ended(postedID+"-1", "SUCCEEDED", nil), contract.Totals{Rejected: 1}},
		{"failed and recorded so", contract.Failed, ended(postedID+"-1", "FAILED", input(postedID, 1)), contract.Totals{Failed: 1}},
		{"failed before anything was recorded", "", ended(postedID+"-1", "TIMED_OUT", input(postedID, 1)), contract.Totals{Failed: 1}},
		{"stopped when it was stored", contract.Stored, ended(postedID+"-1", "ABORTED", input(postedID, 1)), contract.Totals{Stored: 1}},
		{"redriven since it failed", contract.Stored, redriven(1, postedID+"-1", "SUCCEEDED", nil), contract.Totals{}},
		{"failed once more", contract.Failed, redriven(1, postedID+"-1", "FAILED", input(postedID, 1)), contract.Totals{}},
		{"of a file", contract.Stored, ended(fileID+"-1", "SUCCEEDED", nil), contract.Totals{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			if test.recorded != "" {
				for _, id := range []string{postedID, fileID} {
					f.tables.Put(dynamotest.Outcomes, outcomes.Item(id, time.Now().Add(time.Hour), contract.Receipt{Ordinal: 1, Outcome: test.recorded}))
				}
			}
			f.tables.Put(dynamotest.Transactions, map[string]types.AttributeValue{contract.AttrTransactionKey: attribute.Text("acme/T1")})
			if err := f.Handle(t.Context(), test.event); err != nil {
				t.Fatal(err)
			}
			var got contract.Totals // its members are named as the metrics are
			if f.metrics.Len() > 0 {
				if err := json.Unmarshal(f.metrics.Bytes(), &got); err != nil { // one line only
					t.Fatal(err)
				}
			}
			if got != test.want {
				t.Errorf("counted %+v, want %+v", got, test.want)
			}
		})
	}
}

// What a replay needs stands in the row, and a replay that fails without a word
// is recorded as the next failure: it could not be replayed again otherwise.
func TestAFailureIsRecordedWithItsAttempt(t *testing.T) {
	f := newFixture(t)
	replaying := outcomes.Failure{
		Receipt: contract.Receipt{Ordinal: 17, TransactionID: "T1", Outcome: contract.Replaying},
		FileID:  fileID, Partner: "acme", Error: "Old", Attempt: 2, FailedAt: time.Now().Add(-time.Hour),
	}
	for _, test := range []struct {
		name, execution string
		before          map[string]types.AttributeValue
		outcome         contract.Outcome
		error           string
		attempt         int
	}{
		{"the first", fileID + "-17", nil, contract.Failed, "Format.Crash", 0},
		{"a replay", fileID + "-17-2", replaying.Item(time.Now().Add(time.Hour)), contract.Failed, "Format.Crash", 2},
		{"a late word of an attempt before", fileID + "-17-1", replaying.Item(time.Now().Add(time.Hour)), contract.Replaying, "Old", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			f = newFixture(t)
			if test.before != nil {
				f.tables.Put(dynamotest.Outcomes, test.before)
			}
			if err := f.Handle(t.Context(), ended(test.execution, "FAILED", input(fileID, 17))); err != nil {
				t.Fatal(err)
			}
			got, err := outcomes.ReadFailure(f.tables.All(dynamotest.Outcomes)[0])
			if err != nil || got.Outcome != test.outcome || got.Error != test.error || got.Attempt != test.attempt || got.Partner != "acme" {
				t.Errorf("recorded %+v, %v", got, err)
			}
			if test.outcome != contract.Failed {
				return
			}
			if age := time.Since(got.FailedAt); age < 0 || age > time.Minute {
				t.Errorf("it failed %v ago", age)
			}
			expires, err := attribute.Int(f.tables.All(dynamotest.Outcomes)[0], contract.AttrExpiresAt)
			if err != nil || time.Until(time.Unix(expires, 0)).Round(time.Hour) != f.Retention {
				t.Errorf("expires at %d, %v", expires, err)
			}
		})
	}
}

// A posted transaction that fails and is replayed is counted twice: as FAILED,
// and, with the replay, under what becomes of it then.
func TestAReplayedPostIsCountedAgain(t *testing.T) {
	f := newFixture(t)
	f.tables.Put(dynamotest.Outcomes, outcomes.Item(postedID, time.Now().Add(time.Hour), contract.Receipt{Ordinal: 1, Outcome: contract.Stored}))
	if err := f.Handle(t.Context(), ended(postedID+"-1-1", "SUCCEEDED", nil)); err != nil {
		t.Fatal(err)
	}
	for _, metric := range []string{`"Stored":1`, `"Failed":0`, `"Replayed":1`} {
		if !strings.Contains(f.metrics.String(), metric) {
			t.Errorf("no %s in %s", metric, f.metrics)
		}
	}
}

func TestALateWordOfAnEarlierAttemptLeavesTheStatusOfAPost(t *testing.T) {
	f := newFixture(t)
	f.tables.Put(dynamotest.Outcomes, outcomes.Failure{
		Receipt: contract.Receipt{Ordinal: 1, TransactionID: "T1", Outcome: contract.Replaying}, FileID: postedID, Attempt: 1, FailedAt: time.Now(),
	}.Item(time.Now().Add(time.Hour)))
	f.tables.Put(dynamotest.Transactions, map[string]types.AttributeValue{
		contract.AttrTransactionKey: attribute.Text("acme/T1"), contract.AttrStatus: attribute.Text(contract.StatusReceived), contract.AttrFileID: attribute.Text(postedID),
	})
	if err := f.Handle(t.Context(), ended(postedID+"-1", "FAILED", input(postedID, 1))); err != nil {
		t.Fatal(err)
	}
	if row := f.tables.All(dynamotest.Transactions)[0]; attribute.String(row, contract.AttrStatus) != contract.StatusReceived {
		t.Errorf("row %v", row)
	}
	if !strings.Contains(f.metrics.String(), `"Failed":1`) {
		t.Errorf("the attempt that failed is not counted: %s", f.metrics)
	}
}

func TestASuccessWithoutAnOutcomeIsAnError(t *testing.T) {
	f := newFixture(t)
	if err := f.Handle(t.Context(), ended(postedID+"-1", "SUCCEEDED", nil)); err == nil || f.metrics.Len() != 0 {
		t.Errorf("%v, metrics %s", err, f.metrics)
	}
}

// The row that its partner asks for tells the outcome, if the workflow did not
// get to it.
func TestAPostedTransactionThatFailsIsShown(t *testing.T) {
	tests := []struct {
		name           string
		recorded       contract.Outcome // before the execution ended
		status, fileID string           // of the row
		want           string
	}{
		{"received", "", "RECEIVED", postedID, "FAILED"},
		{"received, and recorded as failed", contract.Failed, "RECEIVED", postedID, "FAILED"},
		{"received, and found in conflict", contract.Rejected, "RECEIVED", postedID, "REJECTED"},
		{"stored, and stopped afterwards", contract.Stored, "STORED", postedID, "STORED"},
		{"shown as a conflict", contract.Failed, "REJECTED", postedID, "REJECTED"},
		{"posted again since", "", "RECEIVED", "another", "RECEIVED"},
		{"stored by another file", "", "STORED", "another", "STORED"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			f.tables.Put(dynamotest.Transactions, map[string]types.AttributeValue{
				contract.AttrTransactionKey: attribute.Text("acme/T1"), contract.AttrStatus: attribute.Text(test.status), contract.AttrFileID: attribute.Text(test.fileID),
			})
			if test.recorded != "" {
				f.tables.Put(dynamotest.Outcomes, outcomes.Item(postedID, time.Now().Add(time.Hour), contract.Receipt{Ordinal: 1, Outcome: test.recorded, Code: "CODE", Message: "as recorded"}))
			}
			if err := f.Handle(t.Context(), ended(postedID+"-1", "FAILED", input(postedID, 1))); err != nil {
				t.Fatal(err)
			}
			row := f.tables.All(dynamotest.Transactions)[0]
			if attribute.String(row, contract.AttrStatus) != test.want {
				t.Errorf("row %v, want %s", row, test.want)
			}
			told := attribute.String(row, contract.AttrMessage)
			if want := f.outcome(t); test.want != test.status && (told != want.Message || attribute.String(row, contract.AttrCode) != want.Code) {
				t.Errorf("the row is %v, the outcome %+v", row, want)
			}
		})
	}
}

func TestAnInputTooLargeForTheEventIsLookedUp(t *testing.T) {
	f := newFixture(t)
	f.StepFunctions = described(func(arn string) (*sfn.DescribeExecutionOutput, error) {
		if arn != "arn:execution:"+fileID+"-3" {
			t.Errorf("looked up %s", arn)
		}
		return &sfn.DescribeExecutionOutput{Input: aws.String(input(fileID, 3))}, nil
	})
	if err := f.Handle(t.Context(), ended(fileID+"-3", "FAILED", nil)); err != nil {
		t.Fatal(err)
	}
	if r := f.outcome(t); r.Ordinal != 3 || r.TransactionID != "T1" {
		t.Errorf("outcome %+v", r)
	}
}

// Events of old tell no error: what an operator selects failures by is looked up.
func TestTheErrorIsLookedUpWithTheInput(t *testing.T) {
	f := newFixture(t)
	f.StepFunctions = described(func(string) (*sfn.DescribeExecutionOutput, error) {
		return &sfn.DescribeExecutionOutput{Input: aws.String(input(fileID, 3)), Error: aws.String("Store.Refused")}, nil
	})
	event := ended(fileID+"-3", "FAILED", nil)
	event.Detail = bytes.Replace(event.Detail, []byte("Format.Crash"), nil, 1)
	if err := f.Handle(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	if got, err := outcomes.ReadFailure(f.tables.All(dynamotest.Outcomes)[0]); err != nil || got.Error != "Store.Refused" {
		t.Errorf("recorded %+v, %v", got, err)
	}
}

func TestExecutionsOfNoTransactionAreIgnored(t *testing.T) {
	f := newFixture(t)
	if err := f.Handle(t.Context(), ended("a-test-by-hand", "FAILED", "{}")); err != nil || len(f.tables.All(dynamotest.Outcomes)) != 0 {
		t.Errorf("%v", err)
	}
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	f := newFixture(t)
	for _, event := range []events.EventBridgeEvent{{Detail: []byte(`"x"`)}, ended(fileID+"-1", "FAILED", "not JSON")} {
		if err := f.Handle(t.Context(), event); err == nil {
			t.Errorf("%s is accepted", event.Detail)
		}
	}
}
