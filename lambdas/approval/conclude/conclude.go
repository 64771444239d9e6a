// Package conclude ends a question for whose decision the task has waited long
// enough: without one, it is denied.
package conclude

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/approvals"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// Handler concludes questions.
type Handler struct {
	DynamoDB DynamoDB
	Table    string
}

// Handle denies what nobody has decided. A decision that was made in time, of
// which the task has not heard, stands: it is the answer. Its errors are
// contract.RequestUnknown, patience.ServiceBusy and patience.ServiceRefused.
func (h *Handler) Handle(ctx context.Context, in contract.Concluded) (contract.Decision, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	denied := contract.Decision{Decision: contract.Denied, At: time.Now().UTC().Format(time.RFC3339), TimedOut: true}
	_, err := h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           &h.Table,
		Key:                 approvals.Key(approvals.ID(in.Name)),
		UpdateExpression:    aws.String("SET #decision = :denied, #at = :at, #told = :at"),
		ConditionExpression: aws.String("attribute_exists(#id) AND attribute_not_exists(#decision)"),
		ExpressionAttributeNames: map[string]string{
			"#id": contract.AttrRequestID, "#decision": contract.AttrDecision, "#at": contract.AttrDecidedAt, "#told": contract.AttrToldAt,
		},
		ExpressionAttributeValues:           map[string]types.AttributeValue{":denied": attribute.Text(contract.Denied), ":at": attribute.Text(denied.At)},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		if len(failed.Item) == 0 {
			return contract.Decision{}, contract.RequestUnknown(in)
		}
		row, err := approvals.Read(failed.Item)
		if err != nil {
			return contract.Decision{}, fmt.Errorf("read the decision on %s: %w", in.Name, err)
		}
		return *row.Decision, nil
	}
	if err != nil {
		return contract.Decision{}, patience.Named(fmt.Errorf("conclude %s: %w", in.Name, err))
	}
	return denied, nil
}
