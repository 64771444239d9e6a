// Package salvage parks what Lambda has given up: batches of the stream that
// forward was killed by again and again, or that became too old. Lambda tells the
// shard and the numbers of the records only, so they are read from the stream.
package salvage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/tradepost-dev/tradepost/internal/executions"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// Kinesis is what the handler needs of the Kinesis client. Its own retries are
// best turned off: the handler decides how long to go on.
type Kinesis interface {
	GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error)
}

// Parker parks a record of the stream: a *forward.Handler.
type Parker interface {
	Park(ctx context.Context, record events.KinesisRecord, reason string) error
}

// Handler salvages the records of one stream.
type Handler struct {
	Kinesis   Kinesis
	StreamARN string
	Parker    Parker
}

// notice is what Lambda says of a batch that it has given up:
// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
type notice struct {
	RequestContext struct {
		Condition         string `json:"condition"` // RetryAttemptsExhausted, RecordAgeExceeded, ...
		ApproximateInvoke int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	Batch struct {
		ShardID string `json:"shardId"`
		First   string `json:"startSequenceNumber"`
		Last    string `json:"endSequenceNumber"`
		Size    int    `json:"batchSize"`
	} `json:"KinesisBatchInfo"`
}

// Handle parks the records that messages tell of, and reports the messages with
// which it could not, for SQS to deliver again. Its error is always nil.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return executions.Each(ctx, batch, h.salvage), nil
}

func (h *Handler) salvage(ctx context.Context, message events.SQSMessage) error {
	var given notice
	if err := json.Unmarshal([]byte(message.Body), &given); err != nil {
		return fmt.Errorf("message %s is not about a batch: %w", message.MessageId, err)
	}
	last, ok := new(big.Int).SetString(given.Batch.Last, 10)
	if !ok || given.Batch.ShardID == "" || given.Batch.First == "" {
		return fmt.Errorf("message %s names no records: %.200s", message.MessageId, message.Body)
	}
	reason := fmt.Sprintf("Lambda has given it up after %d attempts: %s", given.RequestContext.ApproximateInvoke, given.RequestContext.Condition)
	parked := 0
	iterator, err := h.iterator(ctx, given.Batch.ShardID, given.Batch.First)
	for err == nil && iterator != nil {
		var page *kinesis.GetRecordsOutput
		if page, err = h.page(ctx, iterator); err != nil {
			break
		}
		for _, record := range page.Records {
			number, ok := new(big.Int).SetString(aws.ToString(record.SequenceNumber), 10)
			if !ok || number.Cmp(last) > 0 {
				return h.account(ctx, given, parked)
			}
			if err := h.Parker.Park(ctx, eventOf(record), reason); err != nil {
				return err
			}
			if parked++; number.Cmp(last) == 0 {
				return h.account(ctx, given, parked)
			}
		}
		iterator = page.NextShardIterator
		if len(page.Records) == 0 && aws.ToInt64(page.MillisBehindLatest) == 0 {
			break // nothing more is there
		}
	}
	if err != nil {
		return fmt.Errorf("read records %s to %s of %s: %w", given.Batch.First, given.Batch.Last, given.Batch.ShardID, err)
	}
	return h.account(ctx, given, parked)
}

// errGone is the error of records that the stream has no longer.
var errGone = errors.New("the stream has no longer all of the records")

// account holds what was parked to what Lambda has counted.
func (h *Handler) account(ctx context.Context, given notice, parked int) error {
	if parked < given.Batch.Size {
		return fmt.Errorf("%d of %d records from %s to %s of %s were parked: %w", parked, given.Batch.Size, given.Batch.First, given.Batch.Last, given.Batch.ShardID, errGone)
	}
	slog.WarnContext(ctx, "batch salvaged", "shard", given.Batch.ShardID, "first", given.Batch.First, "records", parked)
	return nil
}

func (h *Handler) iterator(ctx context.Context, shard, first string) (iterator *string, err error) {
	err = patience.Retry(ctx, func() error {
		got, err := h.Kinesis.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
			StreamARN: aws.String(h.StreamARN), ShardId: aws.String(shard),
			ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: aws.String(first),
		})
		if err == nil {
			iterator = got.ShardIterator
		}
		return err
	})
	return iterator, err
}

func (h *Handler) page(ctx context.Context, iterator *string) (page *kinesis.GetRecordsOutput, err error) {
	err = patience.Retry(ctx, func() error {
		page, err = h.Kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{StreamARN: aws.String(h.StreamARN), ShardIterator: iterator, Limit: aws.Int32(100)})
		return err
	})
	return page, err
}

// eventOf is a record as Lambda delivers it.
func eventOf(record types.Record) events.KinesisRecord {
	return events.KinesisRecord{
		Data: record.Data, PartitionKey: aws.ToString(record.PartitionKey), SequenceNumber: aws.ToString(record.SequenceNumber),
	}
}
