// This file is the world around split in its tests: a bucket, a queue and a
// state machine that remember, and the tables.

package split

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	"github.com/tradepost-dev/tradepost/internal/batch"
	"github.com/tradepost-dev/tradepost/internal/batch/xml"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

// world holds what split did. A test may put itself before a service by
// setting the function; it is called with the lock held.
type world struct {
	t       *testing.T
	tables  *dynamotest.Tables
	metrics bytes.Buffer

	mu          sync.Mutex
	objects     map[string]string // by key + "@" + version
	deleted     map[string]bool   // keys whose newest version is a delete marker
	gets        int
	messages    []string
	batches     [][]sqstypes.SendMessageBatchRequestEntry
	settlements map[string]contract.Settlement // by execution name

	beforeHead   func()
	beforeSend   func(call int, batch *sqs.SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error)
	beforeWrite  func(call int, batch *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error)
	beforeSettle func(call int) error
	beforeUpdate func(in *dynamodb.UpdateItemInput) error
	writes       int
	settles      int
}

func newWorld(t *testing.T) *world {
	return &world{t: t, tables: dynamotest.New(t), objects: map[string]string{}, deleted: map[string]bool{}, settlements: map[string]contract.Settlement{}}
}

func (w *world) handler() *Handler {
	return &Handler{
		S3: w, SQS: w, DynamoDB: w, StepFunctions: w,
		Formats:    batch.Formats{xml.Format{}},
		Metrics:    &metrics.Emitter{Namespace: "Tradepost", Dimensions: []metrics.Dimension{{Name: contract.DimensionPipeline, Value: "test"}}, Out: &w.metrics},
		FilesTable: dynamotest.Files, OutcomesTable: dynamotest.Outcomes,
		QueueURL: "https://queue", SettlementARN: "arn:settlement", SettlementTimeout: 15 * time.Minute, SettlementRate: 100, Retention: 400 * 24 * time.Hour,
	}
}

func (w *world) HeadObject(_ context.Context, in *s3.HeadObjectInput, _ ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	if before := w.beforeHead; before != nil {
		before()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	newest := ""
	for name := range w.objects {
		if strings.HasPrefix(name, *in.Key+"@") {
			newest = max(newest, strings.TrimPrefix(name, *in.Key+"@"))
		}
	}
	if newest == "" || w.deleted[*in.Key] {
		return nil, &smithy.GenericAPIError{Code: "NotFound"}
	}
	return &s3.HeadObjectOutput{VersionId: aws.String(newest)}, nil
}

func (w *world) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gets++
	content, ok := w.objects[*in.Key+"@"+aws.ToString(in.VersionId)]
	if !ok {
		return nil, &smithy.GenericAPIError{Code: "NoSuchVersion"}
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(content)), ContentLength: aws.Int64(int64(len(content)))}, nil
}

func (w *world) SendMessageBatch(ctx context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batches = append(w.batches, in.Entries)
	refused := map[string]bool{}
	output := &sqs.SendMessageBatchOutput{}
	if w.beforeSend != nil {
		prepared, err := w.beforeSend(len(w.batches), in)
		if err != nil {
			return nil, err
		}
		if prepared != nil {
			output = prepared
		}
	}
	for _, failed := range output.Failed {
		refused[*failed.Id] = true
	}
	for _, entry := range in.Entries {
		if !refused[*entry.Id] {
			w.messages = append(w.messages, *entry.MessageBody)
		}
	}
	return output, nil
}

func (w *world) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settles++
	if w.beforeSettle != nil {
		if err := w.beforeSettle(w.settles); err != nil {
			return nil, err
		}
	}
	if _, ok := w.settlements[*in.Name]; ok {
		return nil, &sfntypes.ExecutionAlreadyExists{}
	}
	var s contract.Settlement
	if err := json.Unmarshal([]byte(*in.Input), &s); err != nil {
		return nil, err
	}
	w.settlements[*in.Name] = s
	return &sfn.StartExecutionOutput{}, nil
}

func (w *world) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return w.tables.GetItem(ctx, in)
}

func (w *world) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	if before := w.beforeUpdate; before != nil {
		if err := before(in); err != nil {
			return nil, err
		}
	}
	return w.tables.UpdateItem(ctx, in)
}

func (w *world) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w.writes++
	if w.beforeWrite != nil {
		if output, err := w.beforeWrite(w.writes, in); output != nil || err != nil {
			return output, err
		}
	}
	for _, table := range in.RequestItems {
		if len(table) > 25 {
			return nil, fmt.Errorf("%d items in a batch", len(table))
		}
	}
	return w.tables.BatchWriteItem(ctx, in)
}

// received is what the queue holds, in order of the ordinals and without the
// second copies that a repetition leaves.
func (w *world) received() []contract.Message {
	w.t.Helper()
	byOrdinal := map[int]contract.Message{}
	texts := map[int]string{}
	for _, body := range w.messages {
		var m contract.Message
		if err := json.Unmarshal([]byte(body), &m); err != nil {
			w.t.Fatal(err)
		}
		if earlier, ok := texts[m.Ordinal]; ok && earlier != body {
			w.t.Fatalf("ordinal %d was sent as %s and as %s", m.Ordinal, earlier, body)
		}
		byOrdinal[m.Ordinal], texts[m.Ordinal] = m, body
	}
	var messages []contract.Message
	for _, m := range byOrdinal {
		messages = append(messages, m)
	}
	slices.SortFunc(messages, func(a, b contract.Message) int { return a.Ordinal - b.Ordinal })
	return messages
}

// rejected is what the Outcomes table holds, in order of the ordinals.
func (w *world) rejected() []contract.Receipt {
	w.t.Helper()
	var receipts []contract.Receipt
	for _, item := range w.tables.All(dynamotest.Outcomes) {
		r, err := outcomes.Receipt(item)
		if err != nil {
			w.t.Fatal(err)
		}
		receipts = append(receipts, r)
	}
	slices.SortFunc(receipts, func(a, b contract.Receipt) int { return a.Ordinal - b.Ordinal })
	return receipts
}

// file is the only file of the Files table.
func (w *world) file() map[string]types.AttributeValue {
	w.t.Helper()
	items := slices.DeleteFunc(w.tables.All(dynamotest.Files), func(item map[string]types.AttributeValue) bool {
		return item[contract.AttrStatus] == nil // a notice
	})
	if len(items) != 1 {
		w.t.Fatalf("%d files", len(items))
	}
	return items[0]
}

func (w *world) status() contract.FileStatus {
	w.t.Helper()
	return contract.FileStatus(attribute.String(w.file(), contract.AttrStatus))
}

// invocation is the context of a Lambda invocation.
func invocation(ctx context.Context, requestID string) context.Context {
	return lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: requestID})
}

func objectCreated(key, version string) events.EventBridgeEvent {
	return event("Object Created", map[string]any{
		"version": "0",
		"bucket":  map[string]any{"name": "landing"},
		"object":  map[string]any{"key": key, "size": 100, "etag": "e", "version-id": version, "sequencer": "00"},
		"reason":  "PutObject",
	})
}

func cloudTrail(key, version, errorCode string) events.EventBridgeEvent {
	detail := map[string]any{
		"eventSource":       "s3.amazonaws.com",
		"eventName":         "CompleteMultipartUpload",
		"requestParameters": map[string]any{"bucketName": "landing", "key": key},
		"responseElements":  nil,
	}
	if version != "" {
		detail["responseElements"] = map[string]any{"x-amz-version-id": version}
	}
	if errorCode != "" {
		detail["errorCode"] = errorCode
	}
	return event("AWS API Call via CloudTrail", detail)
}

func serverEvent(operation string, detail map[string]any) events.EventBridgeEvent {
	common := map[string]any{
		"server-id": "s-0123456789abcdef0", "username": "acme", "session-id": "0123456789abcdef", "client-ip": "192.0.2.1", "protocol": "SFTP",
		"start-timestamp": "2026-11-24T12:00:00.000Z", "end-timestamp": "2026-11-24T12:00:01.000Z",
	}
	maps.Copy(common, detail)
	return event("SFTP Server File "+operation, common)
}

func event(detailType string, detail any) events.EventBridgeEvent {
	text, err := json.Marshal(detail)
	if err != nil {
		panic(err)
	}
	return events.EventBridgeEvent{ID: "e-1", DetailType: detailType, Detail: text}
}
