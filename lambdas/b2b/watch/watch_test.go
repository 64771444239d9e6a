package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/files"
	"github.com/tradepost-dev/tradepost/internal/metrics"
)

const (
	fileID = "0123456789abcdef0123456789abcdef"
	prefix = "arn:aws:states:eu-west-1:111122223333:"
)

// settlements are the executions by name.
type settlements map[string]sfntypes.ExecutionStatus

func (s settlements) DescribeExecution(_ context.Context, in *sfn.DescribeExecutionInput, _ ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	name, ok := strings.CutPrefix(*in.ExecutionArn, prefix+"execution:settlement:")
	if !ok {
		return nil, errors.New("no such ARN: " + *in.ExecutionArn)
	}
	if s[name] == "" {
		return nil, &sfntypes.ExecutionDoesNotExist{}
	}
	if s[name] == "DENIED" {
		return nil, errors.New("access denied")
	}
	return &sfn.DescribeExecutionOutput{Status: s[name]}, nil
}

func (s settlements) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	if *in.StateMachineArn != prefix+"stateMachine:settlement" {
		return nil, errors.New("no such machine")
	}
	s[*in.Name] = sfntypes.ExecutionStatus(*in.Input)
	return &sfn.StartExecutionOutput{}, nil
}

// split is what the function of that name is told, or how it fails.
type split struct {
	told []*lambda.InvokeInput
	err  error
}

func (s *split) Invoke(_ context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	s.told = append(s.told, in)
	return &lambda.InvokeOutput{}, s.err
}

type fixture struct {
	*Handler
	tables  *dynamotest.Tables
	split   *split
	metrics *bytes.Buffer
}

func newFixture(t *testing.T, executions settlements) fixture {
	f := fixture{tables: dynamotest.New(t), split: &split{}, metrics: &bytes.Buffer{}}
	f.Handler = &Handler{
		DynamoDB: f.tables, StepFunctions: executions, Lambda: f.split,
		FilesTable: dynamotest.Files, SettlementARN: prefix + "stateMachine:settlement", SplitFunction: "split",
		Metrics: &metrics.Emitter{Namespace: "Tradepost", Dimensions: []metrics.Dimension{{Name: contract.DimensionPipeline, Value: "test"}}, Out: f.metrics},
	}
	return f
}

var overdue = time.Now().Add(-time.Minute).Truncate(time.Second).UTC()

// row is an unsettled file of the given status.
func row(id string, status contract.FileStatus, changes map[string]types.AttributeValue) map[string]types.AttributeValue {
	item := map[string]types.AttributeValue{
		contract.AttrFileID: attribute.Text(id), contract.AttrPartner: attribute.Text("acme"), contract.AttrBucket: attribute.Text("landing"),
		contract.AttrKey: attribute.Text("inbox/acme/a.xml"), contract.AttrVersionID: attribute.Text("v1"), contract.AttrFile: attribute.Text("a.xml"),
		contract.AttrReceived: attribute.Number(7), contract.AttrStatus: attribute.Text(status), contract.AttrUnsettled: attribute.Text(contract.Unsettled),
		contract.AttrDeadline: attribute.Number(overdue.UnixMilli()),
	}
	maps.Copy(item, changes)
	for name, value := range item {
		if value == nil {
			delete(item, name)
		}
	}
	return item
}

func TestASettlementThatEndedWithoutAReplyIsStartedAgain(t *testing.T) {
	attempt := func(n int) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{contract.AttrAttempts: attribute.Number(n)}
	}
	for _, test := range []struct {
		name    string
		status  contract.FileStatus
		changes map[string]types.AttributeValue
		before  settlements
		started string // name of the execution, "" for none
		counted bool
	}{
		{"failed", contract.FileSplit, nil, settlements{fileID: "FAILED"}, fileID + "-1", true},
		{"timed out", contract.FileOverdue, nil, settlements{fileID: "TIMED_OUT"}, fileID + "-1", true},
		{"stopped", contract.FileSplit, nil, settlements{fileID: "ABORTED"}, fileID + "-1", true},
		{"never started", contract.FileQuarantined, nil, settlements{}, fileID + "-1", true},
		{"failed again", contract.FileSplit, attempt(1), settlements{fileID: "FAILED", fileID + "-1": "FAILED"}, fileID + "-2", true},
		{"a name was taken and nothing started", contract.FileSplit, attempt(3), settlements{fileID: "FAILED"}, fileID + "-4", true},
		{"still runs", contract.FileOverdue, nil, settlements{fileID: "RUNNING"}, "", false},
		{"runs again", contract.FileOverdue, attempt(1), settlements{fileID: "FAILED", fileID + "-1": "RUNNING"}, "", false},
		{"is not due", contract.FileSplit, map[string]types.AttributeValue{
			contract.AttrDeadline: attribute.Number(time.Now().Add(time.Minute).UnixMilli())}, settlements{fileID: "FAILED"}, "", false},
		{"settled", contract.FileSettled, map[string]types.AttributeValue{contract.AttrUnsettled: nil}, settlements{fileID: "SUCCEEDED"}, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			executions := maps.Clone(test.before)
			f := newFixture(t, executions)
			f.tables.Put(dynamotest.Files, row(fileID, test.status, test.changes))
			if err := f.Handle(t.Context()); err != nil {
				t.Fatal(err)
			}
			for name := range test.before {
				delete(executions, name)
			}
			if test.started == "" && len(executions) != 0 || test.started != "" && (len(executions) != 1 || executions[test.started] == "") {
				t.Errorf("started %v", executions)
			}
			if got := strings.Contains(f.metrics.String(), `"FilesAbandoned":1`); got != test.counted {
				t.Errorf("metrics %s", f.metrics)
			}
			if len(f.split.told) > 0 {
				t.Errorf("split is told of %v", f.split.told)
			}
		})
	}
}

func TestAFileWhoseClaimRanOutIsSplitAgain(t *testing.T) {
	for _, test := range []struct {
		name  string
		lease time.Time
		told  int
	}{
		{"is being split", time.Now().Add(time.Minute), 0},
		{"its splitter died for good", overdue, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			executions := settlements{}
			f := newFixture(t, executions)
			f.tables.Put(dynamotest.Files, row(fileID, contract.FileClaimed, map[string]types.AttributeValue{contract.AttrLeaseUntil: attribute.Number(test.lease.UnixMilli())}))
			if err := f.Handle(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(executions) > 0 || len(f.split.told) != test.told {
				t.Fatalf("started %v, told split of %v", executions, f.split.told)
			}
			if got := strings.Contains(f.metrics.String(), `"FilesAbandoned":1`); got != (test.told > 0) {
				t.Errorf("metrics %s", f.metrics)
			}
			for _, told := range f.split.told {
				if *told.FunctionName != "split" || told.InvocationType != lambdatypes.InvocationTypeEvent {
					t.Errorf("%s of %s", told.InvocationType, *told.FunctionName)
				}
				var notice events.EventBridgeEvent
				if err := json.Unmarshal(told.Payload, &notice); err != nil {
					t.Fatal(err)
				}
				const want = `{"bucket":{"name":"landing"},"object":{"key":"inbox/acme/a.xml","version-id":"v1"}}`
				if notice.ID != fileID || notice.DetailType != "Object Created" || string(notice.Detail) != want {
					t.Errorf("split is told %s", told.Payload)
				}
			}
		})
	}
}

func TestAFileThatSplitCannotBeToldOfIsAnErrorAndCounted(t *testing.T) {
	f := newFixture(t, settlements{})
	f.split.err = errors.New("too many requests")
	f.tables.Put(dynamotest.Files, row(fileID, contract.FileClaimed, map[string]types.AttributeValue{contract.AttrLeaseUntil: attribute.Number(overdue.UnixMilli())}))
	if err := f.Handle(t.Context()); err == nil || !strings.Contains(err.Error(), fileID) || !strings.Contains(f.metrics.String(), `"FilesAbandoned":1`) {
		t.Errorf("error %v, metrics %s", err, f.metrics)
	}
}

func TestARestartedSettlementKnowsWhatTheFirstOneKnew(t *testing.T) {
	const sentence = "Line 1, column 1 (byte 0): The file ends."
	reason := map[string]types.AttributeValue{contract.AttrReason: attribute.Text(sentence), contract.AttrCode: attribute.Text("TRUNCATED")}
	for status, want := range map[contract.FileStatus]*contract.Reason{
		contract.FileQuarantined: {Code: "TRUNCATED", Message: sentence},
		contract.FileOverdue:     nil, // its reason says how many are missing: the file is sound
	} {
		executions := settlements{fileID: "FAILED"}
		f := newFixture(t, executions)
		f.tables.Put(dynamotest.Files, row(fileID, status, reason))
		if err := f.Handle(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got contract.Settlement
		if err := json.Unmarshal([]byte(executions[fileID+"-1"]), &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, contract.Settlement{
			FileID: fileID, Partner: "acme", Bucket: "landing", Key: "inbox/acme/a.xml", VersionID: "v1", File: "a.xml",
			Received: 7, Deadline: overdue, Attempt: 1, Reason: want,
		}) {
			t.Errorf("%s: %+v", status, got)
		}
	}
}

func TestOneFileInTroubleKeepsNoOtherWaiting(t *testing.T) {
	other := strings.Repeat("f", 32)
	executions := settlements{fileID: "DENIED", other: "FAILED"}
	f := newFixture(t, executions)
	f.tables.Put(dynamotest.Files, row(fileID, contract.FileSplit, map[string]types.AttributeValue{contract.AttrDeadline: attribute.Number(1)}))
	f.tables.Put(dynamotest.Files, row(other, contract.FileSplit, nil))
	if err := f.Handle(t.Context()); err == nil || !strings.Contains(err.Error(), fileID) {
		t.Errorf("error %v", err)
	}
	if executions[other+"-1"] == "" {
		t.Errorf("the other file's settlement is not started: %v", executions)
	}
}

// throttled refuses the first description.
type throttled struct {
	settlements
	refused *bool
}

func (s throttled) DescribeExecution(ctx context.Context, in *sfn.DescribeExecutionInput, o ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	if !*s.refused {
		*s.refused = true
		return nil, &smithy.GenericAPIError{Code: "ThrottlingException"}
	}
	return s.settlements.DescribeExecution(ctx, in, o...)
}

func TestAllAbandonedFilesAreCountedHoweverBusyStepFunctionsIs(t *testing.T) {
	other := strings.Repeat("f", 32)
	executions := settlements{fileID: "FAILED", other: "FAILED"}
	f := newFixture(t, executions)
	f.StepFunctions = throttled{executions, new(bool)}
	f.tables.Put(dynamotest.Files, row(fileID, contract.FileSplit, nil))
	f.tables.Put(dynamotest.Files, row(other, contract.FileSplit, nil))
	if err := f.Handle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(f.metrics.String(), `"FilesAbandoned":2`) || executions[fileID+"-1"] == "" || executions[other+"-1"] == "" {
		t.Errorf("metrics %s, executions %v", f.metrics, executions)
	}
}

// unreadable is a table that cannot be read.
type unreadable struct{ DynamoDB }

func (unreadable) Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return nil, errors.New("access denied")
}

func TestATableThatCannotBeReadIsAnError(t *testing.T) {
	f := newFixture(t, settlements{})
	f.DynamoDB = unreadable{}
	if err := f.Handle(t.Context()); err == nil || !strings.Contains(err.Error(), "access denied") {
		t.Errorf("error %v", err)
	}
}

// hurried notes until when a query may take.
type hurried struct {
	DynamoDB
	until *time.Time
}

func (h hurried) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	*h.until, _ = ctx.Deadline()
	return h.DynamoDB.Query(ctx, in, o...)
}

// Lambda ends a function without a word; what it could not do is told before.
func TestWatchingEndsBeforeLambdaEndsIt(t *testing.T) {
	f := newFixture(t, settlements{})
	var until time.Time
	f.DynamoDB = hurried{f.tables, &until}
	end := time.Now().Add(time.Minute)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	if err := f.Handle(ctx); err != nil {
		t.Fatal(err)
	}
	if !until.Before(end) {
		t.Errorf("it goes on until %v, its function until %v", until, end)
	}
}

func TestTwoWatchersStartOneSettlement(t *testing.T) {
	executions := settlements{fileID: "FAILED"}
	f := newFixture(t, executions)
	f.tables.Put(dynamotest.Files, row(fileID, contract.FileSplit, nil))
	seen, err := files.Read(f.tables.All(dynamotest.Files)[0])
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false} {
		if restarted, err := f.restart(t.Context(), seen); restarted != want || err != nil {
			t.Errorf("watcher %d: %v, %v", i, restarted, err)
		}
	}
}

func TestAFileThatWasSettledMeanwhileIsLeftAlone(t *testing.T) {
	executions := settlements{fileID: "SUCCEEDED"}
	f := newFixture(t, executions)
	seen, err := files.Read(row(fileID, contract.FileSplit, nil))
	if err != nil {
		t.Fatal(err)
	}
	f.tables.Put(dynamotest.Files, row(fileID, contract.FileSettled, map[string]types.AttributeValue{contract.AttrUnsettled: nil}))
	if restarted, err := f.restart(t.Context(), seen); restarted || err != nil || len(executions) != 1 {
		t.Errorf("%v, %v, %v", restarted, err, executions)
	}
}

func TestARowOfAnotherShapeIsAnError(t *testing.T) {
	f := newFixture(t, settlements{})
	f.tables.Put(dynamotest.Files, row(fileID, contract.FileSplit, map[string]types.AttributeValue{contract.AttrReceived: attribute.Text("seven")}))
	if err := f.Handle(t.Context()); err == nil || !strings.Contains(err.Error(), contract.AttrReceived) {
		t.Errorf("error %v", err)
	}
}
