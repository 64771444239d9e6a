package executions

// This file goes through a batch of a queue's messages.

import (
	"context"
	"log/slog"
	"sync"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost-dev/tradepost/internal/patience"
)

// concurrency bounds the messages in work. A batch of the default size is done
// at once.
const concurrency = 10

// Each calls work for every message of a batch and reports those that it failed
// on, for SQS to deliver again. Throttling is best waited out by work, for as
// long as its context lasts, which is until shortly before the invocation ends:
// handing a message back uses up its receive count, and a busy hour would end in
// the dead letters.
func Each(ctx context.Context, batch events.SQSEvent, work func(context.Context, events.SQSMessage) error) events.SQSEventResponse {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(concurrency)
	for _, message := range batch.Records {
		group.Go(func() error {
			if err := work(ctx, message); err != nil {
				slog.ErrorContext(ctx, "message not started", "messageId", message.MessageId,
					"receiveCount", message.Attributes["ApproximateReceiveCount"], "error", err.Error())
				mu.Lock()
				defer mu.Unlock()
				response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			}
			return nil
		})
	}
	_ = group.Wait() // the functions report through response
	return response
}
