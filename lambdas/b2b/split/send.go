// This file sends a file's records: good ones to the queue, bad and repeated
// ones to their outcome.

package split

import (
	"context"
	"fmt"
	"time"

	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/batch"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/messages"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

const (
	batchOutcomes = 25 // DynamoDB's limit of items in one BatchWriteItem
	concurrency   = 16 // calls in flight; it bounds memory to as many batches
)

// send reads the file again and sends all of it, of the repeated ids only the
// first record.
func (h *Handler) send(ctx context.Context, f *file, content *content, repeated []idDigest) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	s := &sender{
		handler: h, file: f, firsts: newFirsts(repeated), expires: time.Now().Add(h.Retention), ctx: groupCtx, group: group,
		messages: messages.Sender{SQS: h.SQS, QueueURL: h.QueueURL, Group: group},
	}
	readErr := h.records(groupCtx, content, s.record)
	if readErr == nil {
		s.messages.Flush(groupCtx)
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
	expires time.Time       // of the outcomes
	ctx     context.Context // ends when a send has failed
	group   *errgroup.Group

	seen     int
	messages messages.Sender
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
	body, err := messages.Encode(message)
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
	s.messages.Add(s.ctx, body)
	return nil
}

func (s *sender) message(r *batch.Record) contract.Message {
	return contract.Message{
		Record:  contract.NewRecord(s.file.FileID, r.Ordinal, s.file.Partner, contract.SourceSFTP, s.file.File, r.TransactionID()),
		Content: r.Content(),
	}
}

// verdict is what becomes of a record that is not queued.
type verdict struct {
	outcome       contract.Outcome
	code, message string
}

func (s *sender) conclude(r *batch.Record, v verdict) {
	s.outcomes = append(s.outcomes, dynamodbtypes.WriteRequest{
		PutRequest: &dynamodbtypes.PutRequest{Item: outcomes.Item(s.file.FileID, s.expires, contract.Receipt{
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
