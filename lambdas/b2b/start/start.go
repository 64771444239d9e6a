// Package start takes messages from the queue and starts one workflow
// execution for each.
package start

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/executions"
)

// Handler starts executions of one workflow.
type Handler struct {
	StepFunctions executions.Client // its own retries are best turned off: the handler decides how long to go on
	WorkflowARN   string
}

// Handle starts an execution for every message of the batch and reports those
// that it could not start, for SQS to deliver again. Its error is always nil.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return executions.Each(ctx, batch, func(ctx context.Context, message events.SQSMessage) error {
		name, err := executionName(message.Body)
		if err != nil {
			return err
		}
		return executions.Start(ctx, h.StepFunctions, h.WorkflowARN, name, message.Body)
	}), nil
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
