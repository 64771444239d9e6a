// Package start takes messages from the queue and starts one workflow
// execution for each.
package start

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"golang.org/x/sync/errgroup"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// concurrency bounds the StartExecution calls in flight. A batch of the
// default size goes out at once.
const concurrency = 10

// StepFunctions is what the handler needs of the Step Functions client. Its
// own retries are best turned off: the handler decides how long to go on.
type StepFunctions interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
}

// Handler starts executions of one workflow.
type Handler struct {
	StepFunctions StepFunctions
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
	for attempt := 0; ; attempt++ {
		_, err := h.StepFunctions.StartExecution(ctx, &sfn.StartExecutionInput{
			StateMachineArn: aws.String(h.WorkflowARN),
			Name:            aws.String(name),
			Input:           aws.String(body),
		})
		var exists *types.ExecutionAlreadyExists
		switch {
		case err == nil, errors.As(err, &exists): // delivered before, and started then
			return nil
		case !patience.Transient(err):
			return fmt.Errorf("start execution %s: %w", name, err)
		}
		if patience.Wait(ctx, attempt) != nil {
			return fmt.Errorf("start execution %s: gave up after %d attempts: %w", name, attempt+1, err)
		}
	}
}

// executionName derives the execution's name from a message. What is not a
// message of the pipeline is an error; it ends in the dead letters.
func executionName(body string) (string, error) {
	var m contract.Message
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return "", fmt.Errorf("the body is not a transaction message: %w", err)
	}
	name := contract.ExecutionName(m.FileID, m.Ordinal)
	if _, _, err := contract.ParseExecutionName(name); err != nil {
		return "", fmt.Errorf("the body is not a transaction message: fileId %q, ordinal %d", m.FileID, m.Ordinal)
	}
	return name, nil
}
