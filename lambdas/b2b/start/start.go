// Package start takes messages from the queue and starts one workflow
// execution for each.
package start

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/sync/errgroup"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/executions"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// concurrency bounds the StartExecution calls in flight. A batch of the
// default size goes out at once.
const concurrency = 10

// Handler starts executions of one workflow.
type Handler struct {
	StepFunctions executions.Client // its own retries are best turned off: the handler decides how long to go on
	WorkflowARN   string
}

// Handle starts an execution for every message of the batch and reports those
// that it could not start, for SQS to deliver again. Its error is always nil.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(concurrency)
	for _, record := range batch.Records {
		group.Go(func() error {
			if err := h.start(ctx, record.Body); err != nil {
				slog.ErrorContext(ctx, "message not started", "messageId", record.MessageId,
					"receiveCount", record.Attributes["ApproximateReceiveCount"], "error", err.Error())
				mu.Lock()
				defer mu.Unlock()
				response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: record.MessageId})
			}
			return nil
		})
	}
	_ = group.Wait() // the functions report through response
	return response, nil
}

// start starts the execution of one message. Throttling is waited out here,
// for as long as the invocation lasts: handing the message back would use up
// its receive count, and a busy hour would end in the dead letters.
func (h *Handler) start(ctx context.Context, body string) error {
	name, err := executionName(body)
	if err != nil {
		return err
	}
	return executions.Start(ctx, h.StepFunctions, h.WorkflowARN, name, body)
}

// executionName derives the execution's name from a message. What is not a
// message of the pipeline is an error; it ends in the dead letters.
func executionName(body string) (string, error) {
	var m contract.Message
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return "", fmt.Errorf("the body is not a transaction message: %w", err)
	}
	name := contract.ExecutionName(m.FileID, m.Ordinal, m.Attempt)
	if _, _, _, err := contract.ParseExecutionName(name); err != nil {
		return "", fmt.Errorf("the body is not a transaction message: fileId %q, ordinal %d, attempt %d", m.FileID, m.Ordinal, m.Attempt)
	}
	return name, nil
}
