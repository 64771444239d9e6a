// This file sends a file's records: good ones to the queue, bad and repeated
// ones to their outcome.

package split

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/batch"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

const (
	batchEntries  = 10      // SQS's limit
	batchBytes    = 1 << 20 // SQS's limit, of all bodies together
	batchOutcomes = 25      // DynamoDB's limit of items in one BatchWriteItem
	concurrency   = 16      // calls in flight; it bounds memory to as many batches
)

// send reads the file again and sends all of it, of the repeated ids only the
// first record.
func (h *Handler) send(ctx context.Context, f *file, content *content, repeated []idDigest) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	s := &sender{handler: h, file: f, firsts: newFirsts(repeated), ctx: groupCtx, group: group}
	readErr := h.records(groupCtx, content, s.record)
	if readErr == nil {
		s.flushMessages()
		s.flushOutcomes()
	}
	if err := group.Wait(); err != nil { // the cause, if reading ended because a send failed
		return err
	}
	if readErr != nil {
		return fmt.Errorf("send: %w", readErr)
	}
	if s.seen != f.Received {
		return fmt.Errorf("send: read %d records, after %d the first time", s.seen, f.Received)
	}
	return nil
}

// sender gathers records in batches and sends full ones in the background.
type sender struct {
	handler *Handler
	file    *file
	firsts  firsts
	ctx     context.Context // ends when a send has failed
	group   *errgroup.Group

	seen     int
	json     bytes.Buffer
	messages []sqstypes.SendMessageBatchRequestEntry
	bytes    int // of the bodies in messages
	outcomes []dynamodbtypes.WriteRequest
}

func (s *sender) record(r *batch.Record) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	s.seen++
	if r.Code != "" {
		s.conclude(r, verdict{contract.Rejected, r.Code, r.Message})
		return nil
	}
	message := s.message(r)
	body, err := s.encode(message)
	if err != nil {
		return err
	}
	if len(body) > contract.MaxMessageBytes {
		s.conclude(r, verdict{contract.Rejected, contract.CodeTransactionTooLarge,
			fmt.Sprintf("The transaction takes %d bytes; at most %d are allowed.", len(body), contract.MaxMessageBytes)})
		return nil
	}
	if later := s.firsts.judge(r, message.Content); later != nil {
		s.conclude(r, *later)
		return nil
	}
	s.enqueue(body)
	return nil
}

func (s *sender) message(r *batch.Record) contract.Message {
	return contract.Message{
		Record:  contract.NewRecord(s.file.FileID, r.Ordinal, s.file.Partner, contract.SourceSFTP, s.file.File, r.TransactionID()),
		Content: r.Content(),
	}
}

// encode makes a message's JSON. Without HTML escapes its size stays close to
// that of the text.
func (s *sender) encode(m contract.Message) (string, error) {
	s.json.Reset()
	encoder := json.NewEncoder(&s.json)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(m); err != nil {
		return "", fmt.Errorf("encode ordinal %d: %w", m.Ordinal, err)
	}
	return string(bytes.TrimSuffix(s.json.Bytes(), []byte("\n"))), nil
}

func (s *sender) enqueue(body string) {
	if len(s.messages) == batchEntries || s.bytes+len(body) > batchBytes {
		s.flushMessages()
	}
	s.messages = append(s.messages, sqstypes.SendMessageBatchRequestEntry{
		Id:          aws.String(strconv.Itoa(len(s.messages))),
		MessageBody: aws.String(body),
	})
	s.bytes += len(body)
}

func (s *sender) flushMessages() {
	if len(s.messages) == 0 {
		return
	}
	batch, last := s.messages, s.seen
	s.messages, s.bytes = nil, 0
	s.group.Go(func() error {
		if err := s.handler.sendBatch(s.ctx, batch); err != nil {
			return fmt.Errorf("send %d messages up to ordinal %d: %w", len(batch), last, err)
		}
		return nil
	})
}

// verdict is what becomes of a record that is not queued.
type verdict struct {
	outcome       contract.Outcome
	code, message string
}

func (s *sender) conclude(r *batch.Record, v verdict) {
	s.outcomes = append(s.outcomes, dynamodbtypes.WriteRequest{
		PutRequest: &dynamodbtypes.PutRequest{Item: outcomes.Item(s.file.FileID, contract.Receipt{
			Ordinal: r.Ordinal, TransactionID: r.TransactionID(), Outcome: v.outcome, Code: v.code, Message: v.message,
		})},
	})
	if len(s.outcomes) == batchOutcomes {
		s.flushOutcomes()
	}
}

func (s *sender) flushOutcomes() {
	if len(s.outcomes) == 0 {
		return
	}
	batch, last := s.outcomes, s.seen
	s.outcomes = nil
	s.group.Go(func() error {
		if err := s.handler.writeBatch(s.ctx, batch); err != nil {
			return fmt.Errorf("write %d outcomes up to ordinal %d: %w", len(batch), last, err)
		}
		return nil
	})
}

// sendBatch sends a batch and then, for as long as there is time, those of its
// entries that the queue did not take.
func (h *Handler) sendBatch(ctx context.Context, entries []sqstypes.SendMessageBatchRequestEntry) error {
	return patience.Retry(ctx, func() error {
		output, err := h.SQS.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: aws.String(h.QueueURL), Entries: entries})
		if err != nil || len(output.Failed) == 0 {
			return err
		}
		entries, err = remaining(entries, output.Failed)
		return err
	})
}

// remaining picks the entries that failed, with the first one's error. If an
// error is our own it is not one to be tried again: sending the same cannot
// help.
func remaining(entries []sqstypes.SendMessageBatchRequestEntry, failed []sqstypes.BatchResultErrorEntry) ([]sqstypes.SendMessageBatchRequestEntry, error) {
	var again []sqstypes.SendMessageBatchRequestEntry
	var first error
	for _, failure := range failed {
		err := fmt.Errorf("queue refused an entry: %s: %s", aws.ToString(failure.Code), aws.ToString(failure.Message))
		if failure.SenderFault {
			return nil, err
		}
		if first == nil {
			first = err
		}
		for _, entry := range entries {
			if aws.ToString(entry.Id) == aws.ToString(failure.Id) {
				again = append(again, entry)
			}
		}
	}
	return again, patience.Again(first)
}

// writeBatch puts outcomes and then, for as long as there is time, those that
// DynamoDB left over.
func (h *Handler) writeBatch(ctx context.Context, writes []dynamodbtypes.WriteRequest) error {
	return patience.Retry(ctx, func() error {
		output, err := h.DynamoDB.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]dynamodbtypes.WriteRequest{h.OutcomesTable: writes},
		})
		if err != nil {
			return err
		}
		if writes = output.UnprocessedItems[h.OutcomesTable]; len(writes) > 0 {
			return patience.Again(fmt.Errorf("%d items unprocessed", len(writes)))
		}
		return nil
	})
}
