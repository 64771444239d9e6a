// Package split takes a partner's batch file apart: it checks the whole file,
// then sends each of its transactions to the queue.
//
// A file goes through four steps: claim (so that several notices of one upload
// are handled once), check (nothing is sent of a file that is broken as a
// document), send (bad records get their outcome here, all others become
// messages), and settle (the settlement execution is started and the claim
// finished). Within a file an id counts once, for the first good record that
// has it: records are processed side by side, so only split can tell which one
// came first. Every step may be repeated: a crash anywhere is healed by Lambda's
// retry, which starts over from the first byte and ends in the same messages,
// ids and outcomes.
package split

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/internal/batch"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/executions"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// S3 is what the handler needs of the S3 client.
type S3 interface {
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// SQS is what the handler needs of the SQS client.
type SQS interface {
	SendMessageBatch(context.Context, *sqs.SendMessageBatchInput, ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error)
}

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
}

// Handler splits the files of one pipeline.
type Handler struct {
	S3                S3
	SQS               SQS
	DynamoDB          DynamoDB
	StepFunctions     executions.Client
	Metrics           *metrics.Emitter
	FilesTable        string
	OutcomesTable     string
	QueueURL          string
	SettlementARN     string
	SettlementTimeout time.Duration // from the file's split to its deadline, and
	SettlementRate    int           // a second more for so many transactions
	Retention         time.Duration // of outcomes
	Formats           batch.Formats
	Limits            batch.Limits
}

// file is the version of an object that is being split. Its Reason is set
// when the file is found broken.
type file struct {
	contract.Settlement
	etag string // of an object without a version, so that one content is read
}

// Handle splits the file that a notice announces. An error means trouble with
// AWS, never with the file: Lambda repeats the notice, and the claim is left
// so that the repetition, which has the same request id, takes it over.
func (h *Handler) Handle(ctx context.Context, event events.EventBridgeEvent) error {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	if event.DetailType == uploadFailed {
		return h.tellOperator(ctx, event)
	}
	n, err := read(event)
	if err != nil {
		return err
	}
	partner, path, ignored := n.file()
	if ignored != "" {
		slog.InfoContext(ctx, "notice ignored", "key", n.key, "because", ignored)
		return nil
	}
	f, err := h.locate(ctx, n)
	if err != nil || f == nil {
		return err
	}
	f.Partner, f.File = partner, path
	if err := h.split(ctx, f); err != nil {
		return fmt.Errorf("split %s version %q: %w", f.Key, f.VersionID, err)
	}
	return nil
}

func (h *Handler) split(ctx context.Context, f *file) error {
	held, err := h.claim(ctx, f)
	if err != nil || !held {
		return err
	}
	content := h.content(f)
	repeated, err := h.check(ctx, f, content)
	if err != nil {
		return err
	}
	if f.Reason == nil {
		if err := h.send(ctx, f, content, repeated); err != nil {
			return err
		}
	}
	if err := h.settle(ctx, f); err != nil {
		return err
	}
	if err := h.finish(ctx, f); err != nil {
		return err
	}
	slog.InfoContext(ctx, "file split", "partner", f.Partner, "file", f.File, "fileId", f.FileID,
		"version", f.VersionID, "received", f.Received, "reason", f.Reason)
	return h.Metrics.Count(metrics.Value{Name: contract.MetricReceived, Count: f.Received})
}

// check reads the whole file and finds out how many records it has and which
// ids it repeats, or the reason why it is none of ours.
func (h *Handler) check(ctx context.Context, f *file, content *content) (repeated []idDigest, err error) {
	records := 0
	var ids []idDigest
	err = h.records(ctx, content, func(r *batch.Record) error {
		records++
		if r.Code == "" {
			ids = append(ids, digestID(r))
		}
		return nil
	})
	var fault *batch.Fault
	switch {
	case errors.As(err, &fault):
		f.Reason = &contract.Reason{Code: string(fault.Code), Message: fault.Message,
			Place: &contract.Place{Line: fault.Line, Column: fault.Column, Byte: fault.Offset}}
	case errors.Is(err, errGone):
		f.Reason = &contract.Reason{Code: contract.FileCodeGone, Message: "The file was deleted or replaced before it could be read."}
	case err != nil:
		return nil, fmt.Errorf("check: %w", err)
	default:
		f.Received = records
		repeated = repeats(ids)
	}
	return repeated, nil
}

// records passes the file's records to each.
func (h *Handler) records(ctx context.Context, content *content, each func(*batch.Record) error) error {
	body, err := content.open(ctx)
	if err != nil {
		return err
	}
	defer body.Close()
	return h.Formats.Split(content.file.File, body, h.Limits, each)
}

// settle starts the file's settlement. It has the file's id for its name, so
// that it runs once.
func (h *Handler) settle(ctx context.Context, f *file) error {
	f.Deadline = contract.Deadline(time.Now(), h.SettlementTimeout, h.SettlementRate, f.Received)
	input, err := json.Marshal(f.Settlement)
	if err != nil {
		return fmt.Errorf("encode settlement: %w", err)
	}
	if err := executions.Start(ctx, h.StepFunctions, h.SettlementARN, contract.SettlementName(f.FileID, 0), string(input)); err != nil {
		return fmt.Errorf("start settlement: %w", err)
	}
	return nil
}
