// Package recordfailure is the pipeline's last net: it learns from EventBridge
// of every execution of the transaction workflow that ended without success
// and sees to it that the transaction has an outcome all the same.
package recordfailure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/internal/contract"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// StepFunctions is what the handler needs of the Step Functions client.
type StepFunctions interface {
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
}

// Handler records failures in two tables.
type Handler struct {
	DynamoDB          DynamoDB
	StepFunctions     StepFunctions
	Metrics           *metrics.Emitter
	OutcomesTable     string
	TransactionsTable string
}

// execution is the detail of "Step Functions Execution Status Change". Input
// is null when it is too large for an event; older events have no error.
type execution struct {
	ARN    string  `json:"executionArn"`
	Name   string  `json:"name"`
	Status string  `json:"status"`
	Input  *string `json:"input"`
	Error  string  `json:"error"`
}

// Handle records one execution that ended FAILED, TIMED_OUT or ABORTED. It may
// be repeated: an outcome that is there stays as it is.
func (h *Handler) Handle(ctx context.Context, event events.EventBridgeEvent) error {
	var e execution
	if err := json.Unmarshal(event.Detail, &e); err != nil {
		return fmt.Errorf("read event %s: %w", event.ID, err)
	}
	fileID, ordinal, err := contract.ParseExecutionName(e.Name)
	if err != nil {
		// Someone ran the workflow by hand: no file waits for this one.
		slog.WarnContext(ctx, "execution of no transaction", "execution", e.ARN, "status", e.Status)
		return nil
	}
	message, err := h.message(ctx, &e)
	if err != nil {
		return err
	}
	current, err := h.record(ctx, fileID, contract.Receipt{
		Ordinal:       ordinal,
		TransactionID: message.TransactionID,
		Outcome:       contract.Failed,
		Code:          contract.CodeWorkflowFailed,
		Message:       sentence(&e),
	})
	if err != nil {
		return fmt.Errorf("record execution %s as failed: %w", e.Name, err)
	}
	slog.ErrorContext(ctx, "transaction failed", "partner", message.Partner, "fileId", fileID, "ordinal", ordinal,
		"transactionId", message.TransactionID, "execution", e.ARN, "status", e.Status, "error", e.Error, "outcome", current)
	if message.Source != contract.SourceREST || current != contract.Failed {
		return nil // acknowledge counts what belongs to a file
	}
	if err := h.show(ctx, fileID, message); err != nil {
		return fmt.Errorf("show transaction %q of %s as failed: %w", message.TransactionID, message.Partner, err)
	}
	return h.Metrics.Count(metrics.Value{Name: contract.MetricFailed, Count: 1})
}

// message is the execution's input.
func (h *Handler) message(ctx context.Context, e *execution) (m contract.Message, err error) {
	if e.Input == nil || *e.Input == "" {
		described, err := h.StepFunctions.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(e.ARN)})
		if err != nil {
			return m, fmt.Errorf("read the input of execution %s: %w", e.Name, err)
		}
		e.Input = described.Input
		if e.Error == "" {
			e.Error = aws.ToString(described.Error)
		}
	}
	if err := json.Unmarshal([]byte(aws.ToString(e.Input)), &m); err != nil {
		return m, fmt.Errorf("read the input of execution %s: %w", e.Name, err)
	}
	return m, nil
}

// sentence tells the partner what happened. The cause stays in our logs: it
// quotes data and internals.
func sentence(e *execution) string {
	how := map[string]string{"TIMED_OUT": "took too long", "ABORTED": "was stopped by an operator"}[strings.ToUpper(e.Status)]
	if how == "" {
		how = "failed"
	}
	if e.Error != "" {
		how += " (" + e.Error + ")"
	}
	return "Processing " + how + " on our side; the transaction is not stored. Please send it again, or ask us."
}

// record puts the outcome unless there is one, and returns the one that is
// there in the end.
func (h *Handler) record(ctx context.Context, fileID string, r contract.Receipt) (contract.Outcome, error) {
	_, err := h.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           aws.String(h.OutcomesTable),
		Item:                                outcomes.Item(fileID, r),
		ConditionExpression:                 aws.String("attribute_not_exists(#ordinal)"),
		ExpressionAttributeNames:            map[string]string{"#ordinal": contract.AttrOrdinal},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var exists *types.ConditionalCheckFailedException
	if errors.As(err, &exists) {
		return contract.Outcome(outcomes.String(exists.Item, contract.AttrOutcome)), nil
	}
	return r.Outcome, err
}

// show turns the RECEIVED row of a posted transaction into a FAILED one. A row
// of a later post, or one that is finished, stays as it is.
func (h *Handler) show(ctx context.Context, fileID string, m contract.Message) error {
	text := func(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }
	_, err := h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(h.TransactionsTable),
		Key: map[string]types.AttributeValue{
			contract.AttrPartner:       text(m.Partner),
			contract.AttrTransactionID: text(m.TransactionID),
		},
		UpdateExpression:    aws.String("SET #status = :failed, #code = :code, #message = :message"),
		ConditionExpression: aws.String("#status = :received AND #file = :file"),
		ExpressionAttributeNames: map[string]string{
			"#status": contract.AttrStatus, "#code": contract.AttrCode, "#message": contract.AttrMessage, "#file": contract.AttrFileID,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":failed": text(string(contract.Failed)), ":received": text(contract.StatusReceived), ":file": text(fileID),
			":code":    text(contract.CodeWorkflowFailed),
			":message": text("Processing failed on our side; the transaction is not stored. Please post it again, or ask us."),
		},
	})
	var other *types.ConditionalCheckFailedException
	if errors.As(err, &other) {
		return nil
	}
	return err
}
