package endtoend

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/format"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
	locallambda "github.com/tradepost-dev/tradepost/local/lambda"
)

// outcome reads an outcome's row, or nil.
func outcome(t *testing.T, fileID string, ordinal int) map[string]types.AttributeValue {
	t.Helper()
	got, err := dynamodb.NewFromConfig(desk.AWS()).GetItem(deadline(t), &dynamodb.GetItemInput{
		TableName: aws.String(output(t, "OutcomesTable")),
		Key: map[string]types.AttributeValue{
			contract.AttrOutcomeKey: &types.AttributeValueMemberS{Value: contract.OutcomeKey(fileID, ordinal)},
			contract.AttrOrdinal:    &types.AttributeValueMemberN{Value: fmt.Sprint(ordinal)},
		},
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	return got.Item
}

func wantNoDeadLetters(t *testing.T) {
	t.Helper()
	for _, queue := range []string{"DeadLetterQueueURL", "PostedDeadLetterQueueURL"} {
		got, err := sqs.NewFromConfig(desk.AWS()).GetQueueAttributes(deadline(t), &sqs.GetQueueAttributesInput{
			QueueUrl:       aws.String(output(t, queue)),
			AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages},
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := got.Attributes["ApproximateNumberOfMessages"]; n != "0" {
			t.Errorf("%s dead letters at %s", n, queue)
		}
	}
}

func TestEnrichmentThatFailsThreeTimesIsRetriedUntilStored(t *testing.T) {
	t.Parallel()
	var left atomic.Int32
	left.Store(3)
	fault.add(func(_ context.Context, call cloud.Call) error {
		// The enrichment API of this partner only, as its back end sees it.
		if call.Service == "execute-api" && about(call, "/partners/"+partnerIDs()[1]) && left.Add(-1) >= 0 {
			return cloud.Errorf(500, "ApiGateway.500", "the back end is down")
		}
		return nil
	})
	wantTotals(t, settle(t, partnerIDs()[1], "flaky.xml", batch(record("flaky", "x"))), 1, 0, 0, 0)
	if left.Load() > -1 {
		t.Errorf("enrichment was called too rarely: %d failures left", left.Load()+1)
	}
}

func TestThrottlingDelaysTransactionsAndLosesNone(t *testing.T) {
	t.Parallel()
	var stores, starts atomic.Int32
	fault.add(func(_ context.Context, call cloud.Call) error {
		switch {
		case call.Action == "TransactWriteItems" && about(call, `"throttled-`) && stores.Add(1)%3 == 0:
			return cloud.Errorf(400, "ThrottlingException", "rate exceeded")
		case call.Action == "StartExecution" && about(call, `throttled-`) && starts.Add(1)%2 == 0:
			return cloud.Errorf(400, "ThrottlingException", "rate exceeded")
		}
		return nil
	})
	var records []string
	for i := range 40 {
		records = append(records, record(fmt.Sprintf("throttled-%d", i), "x"))
	}
	wantTotals(t, settle(t, "acme", "throttled.xml", batch(records...)), 40, 0, 0, 0)
	wantNoDeadLetters(t)
	if stores.Load() < 40 || starts.Load() < 60 {
		t.Errorf("%d stores and %d starts: too few were throttled", stores.Load(), starts.Load())
	}
}

func TestAFormatHandlerThatCrashesFailsOnlyWhatMakesItCrash(t *testing.T) {
	t.Parallel()
	// An engine of its own, whose format handler panics or dies.
	l := anotherDesk(t, local.Options{
		Handlers: map[string]locallambda.Handler{desk.Stack + "/" + logicalID(t, desk.Stack, "WorkflowFormat"): &dying{handler: crashing{locallambda.HandlerOf(format.Handle)}}},
	})
	acme := l.Partners["acme"]
	if err := acme.Upload(deadline(t), "crash.xml", strings.NewReader(batch(record("crash-1", "x"), record("crash-2", "x"), record("crash-3", "x"), record("dies-once", "x"), record("dies-always", "x")))); err != nil {
		t.Fatal(err)
	}
	r := reply(t, acme, "crash.xml", "")
	wantTotals(t, r, 3, 0, 0, 2)
	for i, ordinal := range []int{2, 5} {
		if receipt := r.Transactions[i]; receipt.Ordinal != ordinal || receipt.Outcome != contract.Failed || receipt.Code != contract.CodeWorkflowFailed {
			t.Errorf("receipt %+v", receipt)
		}
	}
	eventually(t, "the metric that the alarm watches", func() bool {
		return sum(t, l.Laptop, "AWS/States", "ExecutionsFailed", "StateMachineArn", output(t, "WorkflowARN")) == 2
	})
}

// crashing is a handler that panics for one transaction.
type crashing struct{ handler locallambda.Handler }

func (c crashing) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if bytes.Contains(payload, []byte(`"crash-2"`)) {
		panic("no format for crash-2")
	}
	return c.handler.Invoke(ctx, payload)
}

// dying is a handler whose process ends in the midst of one transaction, by
// accident, and whenever it is given another one.
type dying struct {
	handler locallambda.Handler
	died    atomic.Bool
}

func (d *dying) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	once := bytes.Contains(payload, []byte(`"dies-once"`)) && d.died.CompareAndSwap(false, true)
	if once || bytes.Contains(payload, []byte(`"dies-always"`)) {
		return nil, messages.InvokeResponse_Error{Type: "Runtime.ExitError", Message: "Error: Runtime exited with error: exit status 2"}
	}
	return d.handler.Invoke(ctx, payload)
}

// logicalID finds the one function of a stack whose logical id has a part.
func logicalID(t *testing.T, stack, part string) string {
	t.Helper()
	var template struct {
		Resources map[string]struct{ Type string }
	}
	raw := read(t, filepath.Join(assembly(), stack+".template.json"))
	if err := json.Unmarshal([]byte(raw), &template); err != nil {
		t.Fatal(err)
	}
	for id, resource := range template.Resources {
		if resource.Type == "AWS::Lambda::Function" && strings.Contains(id, part) {
			return id
		}
	}
	t.Fatalf("no function %s in the template", part)
	return ""
}

// S3 and the SFTP server speak for every upload of these tests already; here one of
// them repeats itself.
func TestAnUploadAnnouncedManyTimesIsSplitOnce(t *testing.T) {
	t.Parallel()
	r := settle(t, "acme", "announced.xml", batch(record("announced", "x")))
	wantTotals(t, r, 1, 0, 0, 0)
	version := file(t, r.FileID)[contract.AttrVersionID].(*types.AttributeValueMemberS).Value
	detail, err := json.Marshal(map[string]any{
		"version": "0",
		"bucket":  map[string]any{"name": output(t, "LandingBucket")},
		"object":  map[string]any{"key": "inbox/acme/announced.xml", "version-id": version, "size": 100},
		"reason":  "PutObject",
	})
	if err != nil {
		t.Fatal(err)
	}
	before := invocations(t, "split")
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			desk.Engine.Cloud.Emit(cloud.Event{Version: "0", ID: cloud.UUID(), Source: "aws.s3", DetailType: "Object Created",
				Account: desk.Engine.Cloud.Account, Region: desk.Engine.Cloud.Region, Detail: detail})
		})
	}
	group.Wait()
	eventually(t, "split's answers to the notices", func() bool { return invocations(t, "split") >= before+5 })
	if got := executions(t, r.FileID); len(got) != 1 {
		t.Errorf("executions %q, want one", got)
	}
	again, _, err := desk.Partners["acme"].Reply(deadline(t), "announced.xml", func(contract.Reply) bool { return true })
	if err != nil || again.FileID != r.FileID || again.Totals != r.Totals {
		t.Errorf("the reply is now %+v, %v", again, err)
	}
}

// file reads a file's row.
func file(t *testing.T, fileID string) map[string]types.AttributeValue {
	t.Helper()
	got, err := dynamodb.NewFromConfig(desk.AWS()).GetItem(deadline(t), &dynamodb.GetItemInput{
		TableName:      aws.String(output(t, "FilesTable")),
		Key:            map[string]types.AttributeValue{contract.AttrFileID: &types.AttributeValueMemberS{Value: fileID}},
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Item == nil {
		t.Fatal(errors.New("no file " + fileID))
	}
	return got.Item
}

// invocations counts the ended invocations of the one function whose log is
// named after a handler.
func invocations(t *testing.T, handler string) int {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(desk.Endpoints.Logs, "*"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, log := range logs {
		if strings.Contains(strings.ToLower(filepath.Base(log)), handler) {
			count += strings.Count(read(t, log), "REPORT RequestId")
		}
	}
	return count
}
