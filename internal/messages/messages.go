// Package messages puts transactions on the pipeline's queue.
package messages

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

const (
	batchEntries = 10      // SQS's limit
	batchBytes   = 1 << 20 // SQS's limit, of all bodies together
)

// Encode makes a message's JSON. Without HTML escapes it is nearly as short as
// the text it holds.
func Encode(m contract.Message) (string, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(m); err != nil {
		return "", fmt.Errorf("encode ordinal %d of %s: %w", m.Ordinal, m.FileID, err)
	}
	return string(bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))), nil
}

// SQS is what a Sender needs of the SQS client.
type SQS interface {
	SendMessageBatch(context.Context, *sqs.SendMessageBatchInput, ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error)
}

// Sender gathers messages in batches and sends full ones in the background, in
// a group that bounds how many, and with them the memory they take.
type Sender struct {
	SQS      SQS
	QueueURL string
	Group    *errgroup.Group // the first error of a batch is the group's

	entries []types.SendMessageBatchRequestEntry
	bytes   int // of the bodies in entries
}

// Add sends a message's JSON with the next batch.
func (s *Sender) Add(ctx context.Context, body string) {
	if len(s.entries) == batchEntries || s.bytes+len(body) > batchBytes {
		s.Flush(ctx)
	}
	s.entries = append(s.entries, types.SendMessageBatchRequestEntry{
		Id:          aws.String(strconv.Itoa(len(s.entries))),
		MessageBody: aws.String(body),
	})
	s.bytes += len(body)
}

// Flush sends what has been gathered.
func (s *Sender) Flush(ctx context.Context) {
	if len(s.entries) == 0 {
		return
	}
	batch := s.entries
	s.entries, s.bytes = nil, 0
	s.Group.Go(func() error {
		if err := s.send(ctx, batch); err != nil {
			return fmt.Errorf("send %d messages: %w", len(batch), err)
		}
		return nil
	})
}

// send sends a batch and then, for as long as there is time, those of its
// entries that the queue did not take.
func (s *Sender) send(ctx context.Context, entries []types.SendMessageBatchRequestEntry) error {
	return patience.Retry(ctx, func() error {
		output, err := s.SQS.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: aws.String(s.QueueURL), Entries: entries})
		if err != nil || len(output.Failed) == 0 {
			return err
		}
		entries, err = remaining(entries, output.Failed)
		return err
	})
}

// remaining picks the entries that failed, to be sent Again. None if an error
// is our own: sending the same again cannot help.
func remaining(entries []types.SendMessageBatchRequestEntry, failed []types.BatchResultErrorEntry) ([]types.SendMessageBatchRequestEntry, error) {
	var left []types.SendMessageBatchRequestEntry
	var first error
	for _, failure := range failed {
		err := fmt.Errorf("queue refused an entry: %s: %s", aws.ToString(failure.Code), aws.ToString(failure.Message))
		if failure.SenderFault {
			return nil, err
		}
		if first == nil {
			first = patience.Again(err)
		}
		for _, entry := range entries {
			if aws.ToString(entry.Id) == aws.ToString(failure.Id) {
				left = append(left, entry)
			}
		}
	}
	return left, first
}
