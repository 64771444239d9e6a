// Package resend puts webhooks into the stream again that were given up.
package resend

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/letters"
)

// Receiver is what a Replay needs of the SQS client.
type Receiver interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
}

// Putter is what a Replay needs of the Kinesis client.
type Putter interface {
	PutRecord(context.Context, *kinesis.PutRecordInput, ...func(*kinesis.Options)) (*kinesis.PutRecordOutput, error)
}

// Replay puts letters into the stream again.
type Replay struct {
	SQS     Receiver
	URL     string // of the queue of failures
	Kinesis Putter
	Stream  string // name
	Limit   int    // how many letters are looked at

	// Select says which of them. Nil selects none: they are looked at only.
	Select func(letters.Letter) bool

	// Tell is told of each letter that is selected, or of all if none is.
	Tell func(letters.Letter)
}

// Count is what was done.
type Count struct {
	Seen, Sent int
	Unusable   int // no webhook of ours: it stays where it is
}

// hidden is how long nobody else sees the letters that are in hand.
const hidden = 5 * time.Minute

type inHand struct {
	letter  letters.Letter
	receipt *string
}

// Run looks at letters, sends those that are selected in the stream's former
// order, and lets the others go back. What has failed on the way stays in the
// queue, and so does what was sent and could not be deleted: sent once more, it
// is a duplicate.
func (r *Replay) Run(ctx context.Context) (count Count, err error) {
	taken, unusable, err := r.take(ctx)
	count.Seen, count.Unusable = len(taken)+unusable, unusable
	slices.SortStableFunc(taken, func(a, b inHand) int { return inStream(a.letter, b.letter) })
	for _, in := range taken {
		if r.Select == nil || r.Select(in.letter) {
			r.Tell(in.letter)
		}
		if err != nil || r.Select == nil || !r.Select(in.letter) {
			err = errors.Join(err, r.release(ctx, in.receipt))
			continue
		}
		if sending := r.send(ctx, in); sending != nil {
			err = errors.Join(err, sending, r.release(ctx, in.receipt))
			continue
		}
		count.Sent++
	}
	return count, err
}

// inStream compares letters by their records' numbers, which are of any length.
func inStream(a, b letters.Letter) int {
	return cmp.Or(cmp.Compare(len(a.Sequence), len(b.Sequence)), strings.Compare(a.Sequence, b.Sequence))
}

// take receives letters until there are no more, or enough.
func (r *Replay) take(ctx context.Context) (taken []inHand, unusable int, err error) {
	for len(taken)+unusable < r.Limit {
		got, err := r.SQS.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(r.URL), MessageAttributeNames: []string{"All"},
			MaxNumberOfMessages: int32(min(10, r.Limit-len(taken)-unusable)), VisibilityTimeout: int32(hidden.Seconds()), WaitTimeSeconds: 1,
		})
		if err != nil {
			return taken, unusable, fmt.Errorf("receive failures: %w", err)
		}
		if len(got.Messages) == 0 {
			break
		}
		for _, message := range got.Messages {
			letter, fault := letters.Read(message)
			if fault != nil || letter.Record.Version != contract.RecordVersion {
				unusable++
				if err := r.release(ctx, message.ReceiptHandle); err != nil {
					return taken, unusable, err
				}
				continue
			}
			taken = append(taken, inHand{letter, message.ReceiptHandle})
		}
	}
	return taken, unusable, nil
}

func (r *Replay) send(ctx context.Context, in inHand) error {
	record := in.letter.Record
	record.Replay++
	data, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode webhook %s of %s: %w", record.ID, record.Source, err)
	}
	if _, err := r.Kinesis.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String(r.Stream), PartitionKey: aws.String(record.Key), Data: data}); err != nil {
		return fmt.Errorf("put webhook %s of %s into the stream: %w", record.ID, record.Source, err)
	}
	if _, err := r.SQS.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(r.URL), ReceiptHandle: in.receipt}); err != nil {
		return fmt.Errorf("webhook %s of %s is sent; delete it from the failures: %w", record.ID, record.Source, err)
	}
	return nil
}

// release lets a letter be seen again, also when the operator has had enough.
func (r *Replay) release(ctx context.Context, receipt *string) error {
	_, err := r.SQS.ChangeMessageVisibility(context.WithoutCancel(ctx), &sqs.ChangeMessageVisibilityInput{
		QueueUrl: aws.String(r.URL), ReceiptHandle: receipt, VisibilityTimeout: 0,
	})
	if err != nil {
		return fmt.Errorf("let a failure be seen again: %w", err)
	}
	return nil
}
