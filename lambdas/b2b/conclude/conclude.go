// Package conclude learns from EventBridge how executions of the transaction
// workflow ended. It is the pipeline's last net: one that ended without
// success is given an outcome all the same. And it counts what became of a
// posted transaction, as acknowledge does for a file's.
package conclude

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// StepFunctions is what the handler needs of the Step Functions client.
type StepFunctions interface {
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
}

// Handler concludes the executions of one pipeline.
type Handler struct {
	DynamoDB          DynamoDB
	StepFunctions     StepFunctions
	Metrics           *metrics.Emitter
	OutcomesTable     string
	TransactionsTable string
	Retention         time.Duration // of outcomes
}

// execution is the detail of "Step Functions Execution Status Change". Input
// is null when it is too large for an event; older events have no error.
type execution struct {
	ARN          string  `json:"executionArn"`
	Name         string  `json:"name"`
	Status       string  `json:"status"`
	Input        *string `json:"input"`
	Error        string  `json:"error"`
	RedriveCount int     `json:"redriveCount"`
}

// Handle concludes one execution that ended SUCCEEDED, FAILED, TIMED_OUT or
// ABORTED. It may be repeated: an outcome that is there stays as it is, and
// the count comes last, so that a repetition after an error counts once. Only
// an event that EventBridge or Lambda delivers twice, which is rare, is
// counted twice.
func (h *Handler) Handle(ctx context.Context, event events.EventBridgeEvent) error {
	var e execution
	if err := json.Unmarshal(event.Detail, &e); err != nil {
		return fmt.Errorf("read event %s: %w", event.ID, err)
	}
	fileID, ordinal, attempt, err := contract.ParseExecutionName(e.Name)
	if err != nil {
		// Someone ran the workflow by hand: nobody waits for this one.
		slog.WarnContext(ctx, "execution of no transaction", "execution", e.ARN, "status", e.Status)
		return nil
	}
	var receipt contract.Receipt
	if e.Status == "SUCCEEDED" {
		receipt, err = h.recorded(ctx, fileID, ordinal)
	} else {
		receipt, err = h.fail(ctx, &e, fileID, ordinal, attempt)
	}
	if err != nil {
		return fmt.Errorf("conclude execution %s, %s: %w", e.Name, e.Status, err)
	}
	if !contract.Posted(fileID) || e.RedriveCount > 0 {
		return nil // acknowledge counts a file's; a redriven one was counted when it failed
	}
	var totals contract.Totals
	totals.Count(receipt.Outcome, 1)
	if attempt > 0 {
		return h.Metrics.Count(metrics.Again(totals, contract.Totals{Failed: 1})...)
	}
	return h.Metrics.Count(metrics.Totals(totals)...)
}

// recorded reads the outcome that the workflow has recorded.
func (h *Handler) recorded(ctx context.Context, fileID string, ordinal int) (contract.Receipt, error) {
	got, err := h.DynamoDB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(h.OutcomesTable),
		Key: map[string]types.AttributeValue{
			contract.AttrOutcomeKey: attribute.Text(contract.OutcomeKey(fileID, ordinal)),
			contract.AttrOrdinal:    attribute.Number(ordinal),
		},
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return contract.Receipt{}, fmt.Errorf("read the outcome: %w", err)
	}
	if got.Item == nil {
		return contract.Receipt{}, errors.New("it has no outcome")
	}
	return outcomes.Receipt(got.Item)
}
