package conclude

// This file gives an execution that ended without success its outcome.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

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
// transaction. It returns what became of this attempt.
func (h *Handler) fail(ctx context.Context, e *execution, fileID string, ordinal, attempt int) (contract.Receipt, error) {
	message, err := h.message(ctx, e)
	if err != nil {
		return contract.Receipt{}, err
	}
	failure := outcomes.Failure{
		Receipt: contract.Receipt{
			Ordinal:       ordinal,
			TransactionID: message.TransactionID,
			Outcome:       contract.Failed,
			Code:          contract.CodeWorkflowFailed,
			Message:       sentence(e),
		},
		FileID: fileID, Partner: message.Partner, Error: reason(e), Attempt: attempt, FailedAt: time.Now(),
	}
	receipt, err := h.record(ctx, failure)
	if err != nil {
		return contract.Receipt{}, fmt.Errorf("record it as failed: %w", err)
	}
	if receipt.Outcome == contract.Replaying { // a later attempt is under way, and speaks for itself
		return failure.Receipt, nil
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

// reason is what an operator selects failures by.
func reason(e *execution) string {
	if e.Error != "" {
		return e.Error
	}
	return e.Status
}

// record puts the outcome unless this attempt has one, or a later one has
// begun, and returns the one that is there in the end.
func (h *Handler) record(ctx context.Context, f outcomes.Failure) (contract.Receipt, error) {
	_, err := h.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:           aws.String(h.OutcomesTable),
		Item:                f.Item(time.Now().Add(h.Retention)),
		ConditionExpression: aws.String("attribute_not_exists(#ordinal) OR (#outcome = :replaying AND #attempt = :attempt)"),
		ExpressionAttributeNames: map[string]string{
			"#ordinal": contract.AttrOrdinal, "#outcome": contract.AttrOutcome, "#attempt": contract.AttrAttempt,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":replaying": attribute.Text(contract.Replaying), ":attempt": attribute.Number(f.Attempt),
		},
	})
	if _, exists := errors.AsType[*types.ConditionalCheckFailedException](err); exists {
		return h.recorded(ctx, f.FileID, f.Ordinal)
	}
	return f.Receipt, err
}

// show tells the outcome in the row of a posted transaction, as the workflow
// does ("Update status"): only in the row of this request.
func (h *Handler) show(ctx context.Context, fileID string, m contract.Message, r contract.Receipt) error {
	_, err := h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(h.TransactionsTable),
		Key: map[string]types.AttributeValue{
			contract.AttrTransactionKey: attribute.Text(contract.TransactionKey(m.Partner, m.TransactionID)),
		},
		UpdateExpression:    aws.String("SET #status = :outcome, #code = :code, #message = :message"),
		ConditionExpression: aws.String("#file = :file AND #status IN (:received, :failed)"),
		ExpressionAttributeNames: map[string]string{
			"#status": contract.AttrStatus, "#code": contract.AttrCode, "#message": contract.AttrMessage, "#file": contract.AttrFileID,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":outcome": attribute.Text(r.Outcome), ":code": attribute.Text(r.Code), ":message": attribute.Text(r.Message),
			":received": attribute.Text(contract.StatusReceived), ":failed": attribute.Text(contract.Failed), ":file": attribute.Text(fileID),
		},
	})
	var other *types.ConditionalCheckFailedException
	if errors.As(err, &other) {
		return nil
	}
	return err
}
