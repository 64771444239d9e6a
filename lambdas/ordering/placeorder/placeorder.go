// Package placeorder takes what is ordered out of the stock and writes the
// order, both or neither.
package placeorder

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Handler places orders of one stock.
type Handler struct {
	DynamoDB    DynamoDB // its own retries are best turned off: the handler decides how long to go on
	StockTable  string
	OrdersTable string
}

// Handle places one order. Repeated it changes nothing and says that the order
// is placed. One for which the stock is too small meanwhile is not available.
// The errors are contract.OrderInvalid and those of patience.Named.
func (h *Handler) Handle(ctx context.Context, request contract.Checked) (contract.Checked, error) {
	if err := request.Validate(); err != nil {
		return contract.Checked{}, err
	}
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	request.Available = false
	err := patience.Retry(ctx, func() (err error) {
		request.Available, err = h.place(ctx, request.Request)
		return err
	})
	if err != nil {
		return contract.Checked{}, patience.Named(fmt.Errorf("place order %s: %w", request.OrderID, err))
	}
	return request, nil
}

// Places of the writes in the transaction.
const (
	writeStock = iota
	writeOrder
)

// place writes once, and tells whether the order is placed, now or before.
func (h *Handler) place(ctx context.Context, request contract.Request) (placed bool, err error) {
	order := request.Message
	writes := make([]types.TransactWriteItem, 2)
	writes[writeStock].Update = &types.Update{
		TableName:                 aws.String(h.StockTable),
		Key:                       map[string]types.AttributeValue{contract.AttrItemName: attribute.Text(order.ItemName)},
		UpdateExpression:          aws.String("SET #quantity = #quantity - :ordered"),
		ConditionExpression:       aws.String("#quantity >= :ordered"), // which an item that is not there does not fulfil
		ExpressionAttributeNames:  map[string]string{"#quantity": contract.AttrQuantity},
		ExpressionAttributeValues: map[string]types.AttributeValue{":ordered": attribute.Number(order.Quantity)},
	}
	writes[writeOrder].Put = &types.Put{
		TableName: aws.String(h.OrdersTable),
		Item: map[string]types.AttributeValue{
			contract.AttrCustomerID: attribute.Text(order.CustomerID),
			contract.AttrOrderID:    attribute.Text(request.OrderID),
			contract.AttrItemName:   attribute.Text(order.ItemName),
			contract.AttrQuantity:   attribute.Number(order.Quantity),
			contract.AttrPlacedAt:   attribute.Text(time.Now().UTC().Format(time.RFC3339Nano)),
		},
		ConditionExpression: aws.String("attribute_not_exists(" + contract.AttrOrderID + ")"),
	}
	_, err = h.DynamoDB.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok && len(cancelled.CancellationReasons) == len(writes) {
		return judge(cancelled)
	}
	return err == nil, err
}

// judge tells what a transaction that was not performed means. An order that
// there is already has been placed, by a call whose answer was lost: what the
// stock has to say then is about the remainder.
func judge(cancelled *types.TransactionCanceledException) (placed bool, err error) {
	failed := func(write int) bool {
		return aws.ToString(cancelled.CancellationReasons[write].Code) == "ConditionalCheckFailed"
	}
	switch {
	case failed(writeOrder):
		return true, nil
	case slices.ContainsFunc(cancelled.CancellationReasons, passes):
		return false, patience.Again(cancelled)
	case failed(writeStock):
		return false, nil
	default:
		return false, cancelled
	}
}

// passes tells of a reason that lasts for a moment: others order the same item,
// or too many order at once.
func passes(reason types.CancellationReason) bool {
	switch aws.ToString(reason.Code) {
	case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
		return true
	}
	return false
}
