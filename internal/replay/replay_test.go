package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	"github.com/tradepost-dev/tradepost/internal/batch"
	"github.com/tradepost-dev/tradepost/internal/batch/xml"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

const key = "inbox/acme/orders.xml"

var (
	fileID   = contract.FileID("landing", key, "v1")
	postedID = contract.RequestID("1")
)

// world is what a replay works with.
type world struct {
	*Replayer
	t      *testing.T
	tables *dynamotest.Tables
	object string
	inputs map[string]string // of executions, by name
	status map[string]sfntypes.ExecutionStatus

	mu          sync.Mutex
	sent        []contract.Message
	sendErr     error
	settlements map[string]contract.Settlement
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, tables: dynamotest.New(t), inputs: map[string]string{}, settlements: map[string]contract.Settlement{}}
	w.Replayer = &Replayer{
		Pipeline: Pipeline{
			FilesTable: dynamotest.Files, TransactionsTable: dynamotest.Transactions, OutcomesTable: dynamotest.Outcomes,
			QueueURL: "https://queue", PostedQueueURL: "https://posted", WorkflowARN: "arn:aws:states:eu-west-1:1:stateMachine:W", SettlementARN: "arn:settlement",
			SettlementTimeout: time.Hour, SettlementRate: 2,
		},
		DynamoDB: w.tables, S3: w, SQS: w, StepFunctions: w,
		Formats: batch.Formats{xml.Format{}}, Tell: t.Logf,
	}
	return w
}

func (w *world) HeadObject(_ context.Context, in *s3.HeadObjectInput, _ ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	if *in.Key != key || aws.ToString(in.VersionId) != "v1" {
		return nil, fmt.Errorf("looked up %s version %s", *in.Key, aws.ToString(in.VersionId))
	}
	return &s3.HeadObjectOutput{}, nil
}

func (w *world) GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(w.object))}, nil
}

func (w *world) SendMessageBatch(_ context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sendErr != nil {
		return nil, w.sendErr
	}
	for _, entry := range in.Entries {
		var m contract.Message
		if err := json.Unmarshal([]byte(*entry.MessageBody), &m); err != nil {
			return nil, err
		}
		if to := map[bool]string{false: "https://queue", true: "https://posted"}[contract.Posted(m.FileID)]; *in.QueueUrl != to {
			return nil, fmt.Errorf("%s is sent to %s, not to %s", m.FileID, *in.QueueUrl, to)
		}
		w.sent = append(w.sent, m)
	}
	return &sqs.SendMessageBatchOutput{}, nil
}

func (w *world) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	if len(w.sent) > 0 {
		w.t.Error("the settlement is started after messages")
	}
	var s contract.Settlement
	err := json.Unmarshal([]byte(*in.Input), &s)
	w.settlements[*in.Name] = s
	return &sfn.StartExecutionOutput{}, err
}

func (w *world) DescribeExecution(_ context.Context, in *sfn.DescribeExecutionInput, _ ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	_, name, _ := strings.Cut(*in.ExecutionArn, ":execution:W:")
	input, ok := w.inputs[name]
	if !ok {
		return nil, &sfntypes.ExecutionDoesNotExist{}
	}
	return &sfn.DescribeExecutionOutput{Input: &input, Status: w.status[name]}, nil
}

// upload makes a settled file of n transactions, of which those given failed.
func (w *world) upload(n int, failed ...int) {
	var records []string
	for i := 1; i <= n; i++ {
		records = append(records, fmt.Sprintf(`<Transaction TransactionID="T%d"><Notes>%d</Notes></Transaction>`, i, i))
		r := contract.Receipt{Ordinal: i, TransactionID: fmt.Sprintf("T%d", i), Outcome: contract.Stored}
		item := outcomes.Item(fileID, time.Now().Add(time.Hour), r)
		if slices.Contains(failed, i) {
			r.Outcome = contract.Failed
			item = outcomes.Failure{Receipt: r, FileID: fileID, Partner: "acme", Error: "States.Timeout", FailedAt: time.Now()}.Item(time.Now().Add(time.Hour))
		}
		w.tables.Put(dynamotest.Outcomes, item)
	}
	w.object = "<Transactions>" + strings.Join(records, "") + "</Transactions>"
	w.tables.Put(dynamotest.Files, map[string]types.AttributeValue{
		contract.AttrFileID: attribute.Text(fileID), contract.AttrStatus: attribute.Text(contract.FileSettled), contract.AttrPartner: attribute.Text("acme"),
		contract.AttrBucket: attribute.Text("landing"), contract.AttrKey: attribute.Text(key), contract.AttrVersionID: attribute.Text("v1"),
		contract.AttrExpiresAt: attribute.Number(1), contract.AttrFile: attribute.Text("orders.xml"), contract.AttrReceived: attribute.Number(n),
		contract.AttrTotals: &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"received": attribute.Number(n), "stored": attribute.Number(n - len(failed)), "failed": attribute.Number(len(failed)),
		}},
	})
}

func (w *world) run(s Selection) (int, error) {
	w.t.Helper()
	batches, err := w.Find(w.t.Context(), s)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.Run(w.t.Context(), batches)
}

// names are those of the executions that what was sent starts.
func (w *world) names() []string {
	var names []string
	for _, m := range w.sent {
		names = append(names, contract.ExecutionName(m.FileID, m.Ordinal, m.Attempt))
	}
	slices.Sort(names)
	return names
}

func TestAReplayThatIsInterruptedGoesOnWithTheSameNames(t *testing.T) {
	w := newWorld(t)
	w.upload(40, 3, 17, 40)
	w.sendErr = errors.New("interrupted")
	if _, err := w.run(Selection{FileID: fileID}); err == nil {
		t.Fatal("not interrupted")
	}
	w.sendErr = nil
	if started, err := w.run(Selection{FileID: fileID}); err != nil || started != 3 {
		t.Fatalf("started %d, %v", started, err)
	}
	if want := []string{fileID + "-17-1", fileID + "-3-1", fileID + "-40-1"}; !slices.Equal(w.names(), want) {
		t.Errorf("sent %q", w.names())
	}
	// The second settlement takes over from the first, and both know what was
	// counted before the replay.
	want := contract.Totals{Received: 40, Stored: 37, Failed: 3}
	for attempt := 1; attempt <= 2; attempt++ {
		s := w.settlements[contract.SettlementName(fileID, attempt)]
		if s.Attempt != attempt || s.Previous == nil || *s.Previous != want || s.Received != 40 || s.File != "orders.xml" {
			t.Errorf("settlement %d: %+v", attempt, s)
		}
		if left := time.Until(s.Deadline); left < 59*time.Minute || left > 61*time.Minute { // the pipeline's hour, and 2 seconds for 3
			t.Errorf("settlement %d is due in %v", attempt, left)
		}
	}
	row := w.tables.All(dynamotest.Files)[0]
	if attribute.String(row, contract.AttrUnsettled) != contract.Unsettled || row[contract.AttrDeadline] == nil || row[contract.AttrExpiresAt] != nil {
		t.Errorf("whoever watches over unsettled files does not see it: %v", row)
	}
	if latest, _ := attribute.Int(row, contract.AttrAttempts); latest != 2 || attribute.String(row, contract.AttrStatus) != string(contract.FileSplit) {
		t.Errorf("file %v", row)
	}
}

// Lambda may lose the event by which the end of an attempt would be recorded.
func TestAnAttemptThatEndedRedAndWasNotRecordedIsFollowedByTheNext(t *testing.T) {
	for status, next := range map[sfntypes.ExecutionStatus]int{
		sfntypes.ExecutionStatusRunning: 1, sfntypes.ExecutionStatusSucceeded: 1, // whose outcome is about to come
		sfntypes.ExecutionStatusFailed: 2, sfntypes.ExecutionStatusTimedOut: 2, sfntypes.ExecutionStatusAborted: 2,
	} {
		w := newWorld(t)
		w.upload(3, 2, 3)
		if _, err := w.run(Selection{FileID: fileID}); err != nil {
			t.Fatal(err)
		}
		w.sent = nil
		name := contract.ExecutionName(fileID, 2, 1)
		w.inputs[name], w.status = "{}", map[string]sfntypes.ExecutionStatus{name: status}
		if _, err := w.run(Selection{FileID: fileID}); err != nil {
			t.Fatal(err)
		}
		if want := []string{contract.ExecutionName(fileID, 2, next), fileID + "-3-1"}; !slices.Equal(w.names(), want) { // 3 has not begun
			t.Errorf("after %s, sent %q", status, w.names())
		}
		for _, item := range w.tables.All(dynamotest.Outcomes) {
			ordinal, _ := attribute.Int(item, contract.AttrOrdinal)
			if attempt, _ := attribute.Int(item, contract.AttrAttempt); ordinal == 2 && int(attempt) != next {
				t.Errorf("after %s, the outcome is of attempt %d", status, attempt)
			}
		}
	}
}

func TestFailuresAreSelected(t *testing.T) {
	w := newWorld(t)
	w.upload(20, 1, 2, 20)
	for name, test := range map[string]struct {
		selection Selection
		want      int
	}{
		"the file":                {Selection{FileID: fileID}, 3},
		"another file":            {Selection{FileID: strings.Repeat("0", 32)}, 0},
		"records of it":           {Selection{FileID: fileID, Ordinals: []int{20, 1, 20, 3, 99}}, 2},
		"records that are stored": {Selection{FileID: fileID, Ordinals: []int{3}}, 0},
		"a record of the reason":  {Selection{FileID: fileID, Ordinals: []int{1}, Reason: "States.Runtime"}, 0},
		"the partner":             {Selection{Partner: "acme", Since: time.Now().Add(-time.Hour)}, 3},
		"another partner":         {Selection{Partner: "globex", Since: time.Now().Add(-time.Hour)}, 0},
		"the reason":              {Selection{Reason: "States.Timeout", Since: time.Now().Add(-48 * time.Hour)}, 3},
		"another reason":          {Selection{FileID: fileID, Reason: "States.Runtime"}, 0},
		"since they had happened": {Selection{Since: time.Now().Add(time.Minute)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			batches, err := w.Find(t.Context(), test.selection)
			found := 0
			for _, b := range batches {
				found += len(b.Failures)
			}
			if err != nil || found != test.want {
				t.Errorf("found %d, %v", found, err)
			}
		})
	}
}

func TestACheckTellsWhatIsInTheWayAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.upload(3, 2)
	batches, err := w.Find(t.Context(), Selection{FileID: fileID})
	if err != nil {
		t.Fatal(err)
	}
	before := w.tables.All(dynamotest.Files)
	if err := w.Check(t.Context(), batches[0]); err != nil {
		t.Errorf("a file that can be replayed: %v", err)
	}
	if after := w.tables.All(dynamotest.Files); !reflect.DeepEqual(after, before) || len(w.settlements) > 0 || len(w.sent) > 0 {
		t.Errorf("it has changed %v to %v, settles %v, sends %q", before, after, w.settlements, w.names())
	}
	before[0][contract.AttrStatus] = attribute.Text(contract.FileClaimed)
	w.tables.Put(dynamotest.Files, before[0])
	if err := w.Check(t.Context(), batches[0]); err == nil || !strings.Contains(err.Error(), "CLAIMED") {
		t.Errorf("a file that is not split: %v", err)
	}
	if err := w.Check(t.Context(), Batch{FileID: postedID, Failures: []outcomes.Failure{{FileID: postedID, Receipt: contract.Receipt{Ordinal: 1}}}}); err == nil || !strings.Contains(err.Error(), "post it again") {
		t.Errorf("a posted transaction whose input is gone: %v", err)
	}
}

func TestAFileThatChangedSinceIsNotSent(t *testing.T) {
	w := newWorld(t)
	w.upload(3, 2)
	w.object = strings.Replace(w.object, "T2", "T9", 1)
	if _, err := w.run(Selection{FileID: fileID}); err == nil || !strings.Contains(err.Error(), `not transaction "T2" any more`) || len(w.sent) != 0 {
		t.Errorf("%v, sent %q", err, w.names())
	}
}

func TestAPostedTransactionIsReplayedFromItsInput(t *testing.T) {
	w := newWorld(t)
	m := contract.Message{Record: contract.NewRecord(postedID, 1, "acme", contract.SourceREST, "", "12")}
	input, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	w.inputs[contract.ExecutionName(postedID, 1, 0)] = string(input)
	w.tables.Put(dynamotest.Outcomes, outcomes.Failure{
		Receipt: contract.Receipt{Ordinal: 1, TransactionID: "12", Outcome: contract.Failed}, FileID: postedID, Partner: "acme", FailedAt: time.Now(),
	}.Item(time.Now().Add(time.Hour)))
	w.tables.Put(dynamotest.Transactions, map[string]types.AttributeValue{
		contract.AttrTransactionKey: attribute.Text("acme/12"), contract.AttrFileID: attribute.Text(postedID),
		contract.AttrStatus: attribute.Text(contract.Failed), contract.AttrCode: attribute.Text(contract.CodeWorkflowFailed),
	})
	for range 2 { // the second time it is marked, and its execution is not there yet
		if started, err := w.run(Selection{FileID: postedID}); err != nil || started != 1 {
			t.Fatalf("started %d, %v", started, err)
		}
	}
	if want := []string{postedID + "-1-1", postedID + "-1-1"}; !slices.Equal(w.names(), want) {
		t.Errorf("sent %q", w.names())
	}
	row := w.tables.All(dynamotest.Transactions)[0]
	if attribute.String(row, contract.AttrStatus) != contract.StatusReceived || row[contract.AttrCode] != nil {
		t.Errorf("row %v", row)
	}
}

func TestAPostedTransactionWhoseInputIsGoneStaysFailed(t *testing.T) {
	w := newWorld(t)
	w.tables.Put(dynamotest.Outcomes, outcomes.Failure{
		Receipt: contract.Receipt{Ordinal: 1, TransactionID: "12", Outcome: contract.Failed}, FileID: postedID, Partner: "acme", FailedAt: time.Now(),
	}.Item(time.Now().Add(time.Hour)))
	if _, err := w.run(Selection{FileID: postedID}); err == nil || !strings.Contains(err.Error(), "post it again") {
		t.Errorf("%v", err)
	}
	if r, err := outcomes.Receipt(w.tables.All(dynamotest.Outcomes)[0]); err != nil || r.Outcome != contract.Failed {
		t.Errorf("outcome %+v, %v", r, err)
	}
}
