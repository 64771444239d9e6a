package console

// This file looks at the messages of a queue. SQS shows a message to nobody but a
// receiver, so that this is a receive, and counts as one: it happens only when
// somebody asks for it by a button, once per message, and the messages are visible
// again as soon as they have been read.

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	// lookedAt is how many messages are looked at, at most.
	lookedAt = 50

	// inBatch is how many messages SQS gives in an answer, and takes in a call.
	inBatch = 10

	// hidden is for how many seconds a message is hidden from others if the console
	// should end before it has given it back. Without it the first ten would be
	// received again and again.
	hidden = 10
)

// looked is the page of a queue's messages.
type looked struct {
	queue
	Messages []types.Message
}

func (c *console) look(r *http.Request) (View, error) {
	q, err := c.queue(r, r.PathValue("name"))
	if err != nil {
		return View{}, err
	}
	found, err := c.borrow(r.Context(), q)
	// Also if the user has gone away meanwhile.
	if err := errors.Join(err, c.giveBack(context.WithoutCancel(r.Context()), q, found)); err != nil {
		return View{}, err
	}
	return View{"Messages of " + q.Name, "look.html", looked{q, found}}, nil
}

func (c *console) borrow(ctx context.Context, q queue) (found []types.Message, err error) {
	for len(found) < lookedAt {
		received, err := c.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &q.URL, MaxNumberOfMessages: inBatch, VisibilityTimeout: hidden, MessageAttributeNames: []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		})
		if err != nil || len(received.Messages) == 0 {
			return found, err
		}
		found = append(found, received.Messages...)
	}
	return found, nil
}

// giveBack makes messages visible again.
func (c *console) giveBack(ctx context.Context, q queue, messages []types.Message) error {
	var faults []error
	for len(messages) > 0 {
		batch := messages[:min(inBatch, len(messages))]
		messages = messages[len(batch):]
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.URL}
		for i, m := range batch {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
		}
		// A message that somebody has deleted meanwhile, as by a purge, has no need of it.
		if _, err := c.queues.ChangeMessageVisibilityBatch(ctx, in); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// Sent is when a message was sent, which SQS tells in milliseconds.
func (looked) Sent(m types.Message) time.Time {
	sent, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(sent)
}
