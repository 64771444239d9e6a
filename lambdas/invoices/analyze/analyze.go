// Package analyze has Textract analyze each document that arrives.
package analyze

// This file takes documents in; textract.go starts their jobs.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	"github.com/tradepost-dev/tradepost/internal/chance"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/executions"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// SQS is what the handler needs of the SQS client.
type SQS interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Handler starts jobs. The clients' own retries are best turned off: the handler
// decides how long to go on.
type Handler struct {
	DynamoDB      DynamoDB
	Textract      Textract
	StepFunctions executions.Client
	SQS           SQS
	Metrics       *metrics.Emitter
	FilesTable    string
	QueueURL      string
	WorkflowARN   string
	TopicARN      string        // that Textract tells of finished jobs
	Role          string        // ARN: as which Textract does
	Deadline      time.Duration // for a job
}

// Handle starts a job for each document of the batch, and reports those messages
// with which it could not, for SQS to deliver again. Its error is always nil.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return executions.Each(ctx, batch, h.take), nil
}

// object is the detail of S3's event "Object Created".
type object struct {
	Bucket struct {
		Name string `json:"name"`
	} `json:"bucket"`
	Object struct {
		Key     string `json:"key"`
		Version string `json:"version-id"`
		ETag    string `json:"etag"`
		// Sequencer grows with each write of a key.
		Sequencer string `json:"sequencer"`
	} `json:"object"`
}

// document is one version of an object.
type document struct {
	id, bucket, key, version string
}

func read(body string) (document, error) {
	var event struct {
		Detail object `json:"detail"`
	}
	if err := json.Unmarshal([]byte(body), &event); err != nil {
		return document{}, fmt.Errorf("read the event: %w", err)
	}
	o := event.Detail
	if o.Bucket.Name == "" || o.Object.Key == "" {
		return document{}, errors.New("the event has no bucket or no key")
	}
	d := document{bucket: o.Bucket.Name, key: o.Object.Key, version: o.Object.Version}
	identity := d.version
	if identity == "" { // a bucket without versions
		identity = o.Object.ETag + " " + o.Object.Sequencer
	}
	d.id = contract.FileID(d.bucket, d.key, identity)
	return d, nil
}

// take takes a document in. Every step may be repeated: the row is claimed once,
// Textract starts one job for a token, and an execution has the file's name.
func (h *Handler) take(ctx context.Context, message events.SQSMessage) error {
	d, err := read(message.Body)
	if err != nil {
		return err
	}
	if strings.HasSuffix(d.key, "/") {
		slog.InfoContext(ctx, "a folder is no document", "key", d.key)
		return nil
	}
	waiting, err := h.claim(ctx, d)
	if err != nil || !waiting {
		return err
	}
	job, err := h.start(ctx, d)
	switch refused, isRefused := errors.AsType[*refusal](err); {
	case isRefused:
		return h.report(ctx, d, refused.Error())
	case patience.Transient(err):
		return h.later(ctx, message, err)
	case err != nil:
		return fmt.Errorf("start the analysis of %s: %w", d.key, err)
	}
	return h.record(ctx, d, job)
}

// claim makes the file's row, which counts it, and tells whether it waits for
// its analysis: what was told of twice does not.
func (h *Handler) claim(ctx context.Context, d document) (waiting bool, err error) {
	now := time.Now()
	err = h.update(ctx, d, &dynamodb.UpdateItemInput{
		UpdateExpression: aws.String("SET #bucket = :bucket, #key = :key, #version = :version, #status = :received, #receivedAt = :now, " +
			"#open = :open, #deadline = :deadline"),
		ConditionExpression: aws.String("attribute_not_exists(#status)"),
		ExpressionAttributeNames: map[string]string{
			"#bucket": contract.AttrBucket, "#key": contract.AttrKey, "#version": contract.AttrVersion, "#status": contract.AttrStatus,
			"#receivedAt": contract.AttrReceivedAt, "#open": contract.AttrOpen, "#deadline": contract.AttrDeadline,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":bucket": attribute.Text(d.bucket), ":key": attribute.Text(d.key), ":version": attribute.Text(d.version),
			":received": attribute.Text(contract.FileReceived), ":now": attribute.Text(now.UTC().Format(time.RFC3339)),
			":open": attribute.Text(contract.Open), ":deadline": attribute.Number(now.Add(h.Deadline).Unix()),
		},
	})
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return attribute.String(failed.Item, contract.AttrStatus) == string(contract.FileReceived), nil
	}
	if err != nil {
		return false, fmt.Errorf("write down %s: %w", d.key, err)
	}
	return true, h.Metrics.Count(metrics.Value{Name: contract.MetricReceived, Count: 1})
}

// record notes the job. One that has been told of already is further than that.
func (h *Handler) record(ctx context.Context, d document, job string) error {
	err := h.update(ctx, d, &dynamodb.UpdateItemInput{
		UpdateExpression:         aws.String("SET #status = :analyzing, #job = :job"),
		ConditionExpression:      aws.String("#status = :received"),
		ExpressionAttributeNames: map[string]string{"#status": contract.AttrStatus, "#job": contract.AttrJobID},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":analyzing": attribute.Text(contract.FileAnalyzing), ":received": attribute.Text(contract.FileReceived), ":job": attribute.Text(job),
		},
	})
	if _, further := errors.AsType[*types.ConditionalCheckFailedException](err); further {
		return nil
	}
	if err != nil {
		return fmt.Errorf("note the job of %s: %w", d.key, err)
	}
	return nil
}

func (h *Handler) update(ctx context.Context, d document, input *dynamodb.UpdateItemInput) error {
	input.TableName = &h.FilesTable
	input.Key = map[string]types.AttributeValue{contract.AttrFileID: attribute.Text(d.id)}
	input.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	return patience.Retry(ctx, func() error {
		_, err := h.DynamoDB.UpdateItem(ctx, input)
		return err
	})
}

// report has the workflow record what Textract has refused.
func (h *Handler) report(ctx context.Context, d document, reason string) error {
	input, err := json.Marshal(contract.File{FileID: d.id, Refused: reason})
	if err != nil {
		return fmt.Errorf("encode file %s: %w", d.id, err)
	}
	return executions.Start(ctx, h.StepFunctions, h.WorkflowARN, d.id, string(input))
}

// later puts the message back, as a new one: a busy hour of Textract's, or more
// jobs than it runs at a time, would use up the receives of the old one. The
// file's deadline passes all the same, and raises an alarm.
func (h *Handler) later(ctx context.Context, message events.SQSMessage, busy error) error {
	const soonest, latest = 60, 600 // seconds
	slog.WarnContext(ctx, "Textract is busy; the document has to wait", "messageId", message.MessageId, "error", busy.Error())
	_, err := h.SQS.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &h.QueueURL, MessageBody: &message.Body, DelaySeconds: soonest + chance.Rand.Int32N(latest-soonest),
	})
	if err != nil {
		return errors.Join(busy, fmt.Errorf("put the message back: %w", err))
	}
	return nil
}
