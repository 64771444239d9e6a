package analyze

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/textract"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/metrics"
)

// office is what the handler works with, which takes the messages of a batch
// side by side.
type office struct {
	*dynamotest.Tables
	t       *testing.T
	mu      sync.Mutex // of all that follows
	refuse  []error    // of StartExpenseAnalysis, one after the other, the last one for good
	jobs    []*textract.StartExpenseAnalysisInput
	started []string
	sent    []*sqs.SendMessageInput
	noSend  error
	counted bytes.Buffer
}

func (o *office) StartExpenseAnalysis(_ context.Context, in *textract.StartExpenseAnalysisInput, _ ...func(*textract.Options)) (*textract.StartExpenseAnalysisOutput, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.jobs = append(o.jobs, in)
	if len(o.refuse) == 0 {
		return &textract.StartExpenseAnalysisOutput{JobId: aws.String("job of " + *in.ClientRequestToken)}, nil
	}
	err := o.refuse[0]
	if len(o.refuse) > 1 {
		o.refuse = o.refuse[1:]
	}
	if err == nil {
		o.refuse = nil
		return &textract.StartExpenseAnalysisOutput{JobId: aws.String("job of " + *in.ClientRequestToken)}, nil
	}
	return nil, err
}

func (o *office) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.started = append(o.started, *in.StateMachineArn+" "+*in.Name+" "+*in.Input)
	return &sfn.StartExecutionOutput{}, nil
}

func (o *office) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, in)
	return &sqs.SendMessageOutput{}, o.noSend
}

// Write takes a line of metrics.
func (o *office) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.counted.Write(line)
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{Tables: dynamotest.Empty(t), t: t}
	o.Create("Files", contract.AttrFileID)
	return o
}

func (o *office) take(bodies ...string) (failed int) {
	o.t.Helper()
	h := &Handler{
		DynamoDB: o, Textract: o, StepFunctions: o, SQS: o, Metrics: &metrics.Emitter{Namespace: "n", Out: o},
		FilesTable: "Files", QueueURL: "queue", WorkflowARN: "workflow", TopicARN: "topic", Role: "role", Deadline: time.Hour,
	}
	batch := events.SQSEvent{}
	for i, body := range bodies {
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: body})
	}
	ctx, cancel := context.WithTimeout(o.t.Context(), time.Minute)
	defer cancel()
	response, err := h.Handle(ctx, batch)
	if err != nil {
		o.t.Fatal(err)
	}
	return len(response.BatchItemFailures)
}

// event is S3's, in EventBridge's envelope.
const event = `{"version": "0", "source": "aws.s3", "detail-type": "Object Created", "detail": {"version": "0", "bucket": {"name": "in"},
	"object": {"key": "inbox/ü a.pdf", "size": 5, "etag": "e1", "version-id": "v1", "sequencer": "s1"}, "reason": "PutObject"}}`

var id = contract.FileID("in", "inbox/ü a.pdf", "v1")

func (o *office) row() map[string]types.AttributeValue {
	o.t.Helper()
	rows := o.All("Files")
	if len(rows) != 1 {
		o.t.Fatalf("rows %v", rows)
	}
	return rows[0]
}

func (o *office) wantStatus(status contract.FileStatus, job string) {
	o.t.Helper()
	row := o.row()
	if got := attribute.String(row, "status"); got != string(status) || attribute.String(row, "jobId") != job || attribute.String(row, "fileId") != id {
		o.t.Errorf("row %v", row)
	}
}

func TestADocumentIsWrittenDownAndAnalyzed(t *testing.T) {
	o := open(t)
	if failed := o.take(event); failed != 0 {
		t.Fatal("it failed")
	}
	o.wantStatus("ANALYZING", "job of "+id)
	row := o.row()
	deadline, err := attribute.Int(row, "deadline")
	if err != nil || time.Until(time.Unix(deadline, 0).Add(-time.Hour)).Abs() > time.Minute || attribute.String(row, "open") != "open" ||
		attribute.String(row, "bucket") != "in" || attribute.String(row, "key") != "inbox/ü a.pdf" || attribute.String(row, "version") != "v1" || attribute.String(row, "receivedAt") == "" {
		t.Errorf("row %v, %v", row, err)
	}
	job := o.jobs[0]
	if len(o.jobs) != 1 || *job.ClientRequestToken != id || *job.JobTag != id || *job.NotificationChannel.SNSTopicArn != "topic" || *job.NotificationChannel.RoleArn != "role" ||
		*job.DocumentLocation.S3Object.Bucket != "in" || *job.DocumentLocation.S3Object.Name != "inbox/ü a.pdf" || *job.DocumentLocation.S3Object.Version != "v1" {
		t.Errorf("job %+v", job)
	}
	if !strings.Contains(o.counted.String(), `"Received":1`) || len(o.started) != 0 {
		t.Errorf("counted %s, started %q", o.counted.String(), o.started)
	}
}

func TestADocumentThatIsToldOfAgainIsCountedAndAnalyzedOnce(t *testing.T) {
	o := open(t)
	o.take(event)
	o.take(event, event)
	if len(o.jobs) != 1 || strings.Count(o.counted.String(), "Received\":1") != 1 {
		t.Errorf("%d jobs, counted %s", len(o.jobs), o.counted.String())
	}
	o.wantStatus("ANALYZING", "job of "+id)

	// One that was told of while its job was not started, or its start not noted.
	o = open(t)
	o.refuse = []error{&smithy.GenericAPIError{Code: "AccessDeniedException"}, nil}
	if failed := o.take(event); failed != 1 {
		t.Errorf("%d failed", failed)
	}
	o.wantStatus("RECEIVED", "")
	o.take(event)
	o.wantStatus("ANALYZING", "job of "+id)
	if *o.jobs[0].ClientRequestToken != *o.jobs[1].ClientRequestToken || strings.Count(o.counted.String(), "Received\":1") != 1 {
		t.Errorf("counted %s", o.counted.String())
	}
}

// The completion may be told of before the start is noted.
func TestAFileThatIsFurtherIsNotPutBack(t *testing.T) {
	o := open(t)
	o.take(event)
	item := o.row()
	item["status"] = attribute.Text(contract.FileSettled)
	o.Put("Files", item)
	o.take(event)
	h := &Handler{DynamoDB: o, FilesTable: "Files"}
	if err := h.record(t.Context(), document{id: id}, "another"); err != nil {
		t.Fatal(err)
	}
	o.wantStatus("SETTLED", "job of "+id)
	if len(o.jobs) != 1 {
		t.Errorf("%d jobs", len(o.jobs))
	}
}

func TestVersionsAreFilesOfTheirOwnAndSoAreWritesWithoutVersions(t *testing.T) {
	o := open(t)
	unversioned := strings.Replace(event, `"version-id": "v1", `, "", 1)
	o.take(event, strings.Replace(event, `"v1"`, `"v2"`, 1), unversioned, strings.Replace(unversioned, `"s1"`, `"s2"`, 1), unversioned)
	if rows := o.All("Files"); len(rows) != 4 || len(o.jobs) < 4 {
		t.Errorf("%d rows, %d jobs", len(rows), len(o.jobs))
	}
	for _, job := range o.jobs {
		if version := job.DocumentLocation.S3Object.Version; version != nil && *version == "" {
			t.Error("a job has an empty version")
		}
	}
}

func TestWhatTextractRefusesIsReportedByTheWorkflow(t *testing.T) {
	for _, code := range []string{"BadDocumentException", "DocumentTooLargeException", "InvalidS3ObjectException", "UnsupportedDocumentException"} {
		o := open(t)
		o.refuse = []error{&smithy.GenericAPIError{Code: code, Message: "no PDF"}}
		if failed := o.take(event); failed != 0 {
			t.Errorf("%s: it failed", code)
		}
		want, err := json.Marshal(contract.File{FileID: id, Refused: "Textract refuses the document: " + code + ": no PDF"})
		if err != nil {
			t.Fatal(err)
		}
		if len(o.started) != 1 || o.started[0] != "workflow "+id+" "+string(want) {
			t.Errorf("started %q", o.started)
		}
		o.wantStatus("RECEIVED", "")
	}
}

func TestThrottlingIsWaitedOutAndWhatLastsIsPutBackAsNew(t *testing.T) {
	for _, code := range []string{"LimitExceededException", "ProvisionedThroughputExceededException", "ThrottlingException"} {
		busy := &smithy.GenericAPIError{Code: code}
		synctest.Test(t, func(t *testing.T) {
			o := open(t)
			o.refuse = []error{busy, busy, nil}
			if failed := o.take(event); failed != 0 || len(o.jobs) != 3 || len(o.sent) != 0 {
				t.Errorf("%s: %d failed, %d jobs", code, failed, len(o.jobs))
			}
			o.wantStatus("ANALYZING", "job of "+id)

			o = open(t)
			o.refuse = []error{busy}
			began := time.Now()
			if failed := o.take(event); failed != 0 || len(o.sent) != 1 || time.Since(began) < 10*time.Second || time.Since(began) > 30*time.Second {
				t.Fatalf("%s: %d failed, sent %v after %v", code, failed, o.sent, time.Since(began))
			}
			if sent := o.sent[0]; *sent.MessageBody != event || *sent.QueueUrl != "queue" || sent.DelaySeconds < 60 || sent.DelaySeconds > 900 {
				t.Errorf("sent %+v", sent)
			}
			o.wantStatus("RECEIVED", "")
			o.noSend = busy
			if failed := o.take(event); failed != 1 {
				t.Error("a message that could not be put back is gone")
			}
		})
	}
}

func TestWhatIsNoDocumentIsIgnoredOrHandedBack(t *testing.T) {
	o := open(t)
	if failed := o.take(strings.Replace(event, "inbox/ü a.pdf", "inbox/folder/", 1)); failed != 0 {
		t.Error("a folder failed")
	}
	for _, body := range []string{"", "[]", "{}", `{"detail": {"bucket": {"name": "in"}}}`, `{"detail": {"object": {"key": "k"}}}`} {
		if failed := o.take(body); failed != 1 {
			t.Errorf("%q did not fail", body)
		}
	}
	if len(o.All("Files")) != 0 || len(o.jobs) != 0 {
		t.Error("something was taken in")
	}
}
