// Package pay orders payments: each once, in a table that whoever makes them
// reads.
package pay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// Handler orders payments.
type Handler struct {
	DynamoDB DynamoDB
	Table    string
}

// Handle orders one payment. Ordered again it is the same one; with another
// total it is a *contract.PaymentConflict. The other errors are those of
// patience.Named.
func (h *Handler) Handle(ctx context.Context, payment contract.Payment) (contract.Paid, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	if payment.PaymentID == "" || payment.Total.Value == "" || payment.Total.Currency == "" {
		return contract.Paid{}, &contract.PaymentConflict{Reason: "the payment has no id or no total"}
	}
	err := patience.Retry(ctx, func() error {
		_, err := h.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: &h.Table,
			Item: map[string]types.AttributeValue{
				contract.AttrPaymentID: attribute.Text(payment.PaymentID), contract.AttrFileID: attribute.Text(payment.FileID),
				contract.AttrVendor: attribute.Text(payment.Vendor), contract.AttrNumber: attribute.Text(payment.Number),
				contract.AttrTotal: attribute.Text(payment.Total.Value), contract.AttrCurrency: attribute.Text(payment.Total.Currency),
				contract.AttrDate: attribute.Text(payment.Date), contract.AttrDue: attribute.Text(payment.Due),
				contract.AttrOrderedAt: attribute.Text(time.Now().UTC().Format(time.RFC3339)),
			},
			ConditionExpression:                 aws.String("attribute_not_exists(" + contract.AttrPaymentID + ")"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		return err
	})
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		ordered := contract.Amount{Value: attribute.String(failed.Item, contract.AttrTotal), Currency: attribute.String(failed.Item, contract.AttrCurrency)}
		if ordered != payment.Total {
			return contract.Paid{}, &contract.PaymentConflict{Reason: fmt.Sprintf("payment %s is ordered already, of %s, not of %s", payment.PaymentID, ordered, payment.Total)}
		}
		err = nil
	}
	if err != nil {
		return contract.Paid{}, patience.Named(fmt.Errorf("order payment %s: %w", payment.PaymentID, err))
	}
	return contract.Paid{Reference: payment.PaymentID}, nil
}
