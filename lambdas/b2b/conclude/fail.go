package conclude

// This file gives an execution that ended without success its outcome.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

// fail records the transaction as FAILED unless it has an outcome: the
// workflow may have recorded one before it ended, and even stored the
// transaction. It returns the outcome that is there in the end.
func (h *Handler) fail(ctx context.Context, e *execution, fileID string, ordinal int) (contract.Receipt, error) {
	message, err := h.message(ctx, e)
	if err != nil {
		return contract.Receipt{}, err
	}
	receipt, err := h.record(ctx, fileID, contract.Receipt{
		Ordinal:       ordinal,
		TransactionID: message.TransactionID,
		Outcome:       contract.Failed,
		Code:          contract.CodeWorkflowFailed,
		Message:       sentence(e),
	})
	if err != nil {
		return contract.Receipt{}, fmt.Errorf("record it as failed: %w", err)
	}
	slog.ErrorContext(ctx, "transaction failed", "partner", message.Partner, "fileId", fileID, "ordinal", ordinal,
		"transactionId", message.TransactionID, "execution", e.ARN, "status", e.Status, "error", e.Error, "outcome", receipt.Outcome)
	if contract.Posted(fileID) {
		if err := h.show(ctx, fileID, message, receipt); err != nil {
			return contract.Receipt{}, fmt.Errorf("show transaction %q of %s as %s: %w", message.TransactionID, message.Partner, receipt.Outcome, err)
		}
	}
	return receipt, nil
}

// message is the execution's input.
func (h *Handler) message(ctx context.Context, e *execution) (m contract.Message, err error) {
	if e.Input == nil || *e.Input == "" {
		described, err := h.StepFunctions.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(e.ARN)})
		if err != nil {
			return m, fmt.Errorf("read the input: %w", err)
		}
		e.Input = described.Input
		if e.Error == "" {
			e.Error = aws.ToString(described.Error)
		}
	}
	if err := json.Unmarshal([]byte(aws.ToString(e.Input)), &m); err != nil {
		return m, fmt.Errorf("read the input: %w", err)
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
func (h *Handler) record(ctx context.Context, fileID string, r contract.Receipt) (contract.Receipt, error) {
	_, err := h.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                aws.String(h.OutcomesTable),
		Item:                     outcomes.Item(fileID, r),
		ConditionExpression:      aws.String("attribute_not_exists(#ordinal)"),
		ExpressionAttributeNames: map[string]string{"#ordinal": contract.AttrOrdinal},
	})
	var exists *types.ConditionalCheckFailedException
	if errors.As(err, &exists) {
		return h.recorded(ctx, fileID, r.Ordinal)
	}
	return r, err
}

// show tells the outcome in the row of a posted transaction, as the workflow
// does ("Update status"): only in the row that this request left as RECEIVED.
func (h *Handler) show(ctx context.Context, fileID string, m contract.Message, r contract.Receipt) error {
	_, err := h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(h.TransactionsTable),
		Key: map[string]types.AttributeValue{
			contract.AttrTransactionKey: attribute.Text(contract.TransactionKey(m.Partner, m.TransactionID)),
		},
		UpdateExpression:    aws.String("SET #status = :outcome, #code = :code, #message = :message"),
		ConditionExpression: aws.String("#status = :received AND #file = :file"),
		ExpressionAttributeNames: map[string]string{
			"#status": contract.AttrStatus, "#code": contract.AttrCode, "#message": contract.AttrMessage, "#file": contract.AttrFileID,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":outcome": attribute.Text(r.Outcome), ":code": attribute.Text(r.Code), ":message": attribute.Text(r.Message),
			":received": attribute.Text(contract.StatusReceived), ":file": attribute.Text(fileID),
		},
	})
	var other *types.ConditionalCheckFailedException
	if errors.As(err, &other) {
		return nil
	}
	return err
}
