// Package checkavailability is the first step of an order: is there enough of
// the item?
package checkavailability

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
}

// Handler looks into one stock.
type Handler struct {
	DynamoDB   DynamoDB // its own retries are best turned off: the handler decides how long to go on
	StockTable string
}

// Handle tells whether the stock has what is ordered. It takes nothing out:
// PlaceOrder does, if it is still there then. An item that the stock does not
// know is not available. The errors are contract.OrderInvalid and those of
// patience.Named.
func (h *Handler) Handle(ctx context.Context, request contract.Request) (contract.Checked, error) {
	if err := request.Validate(); err != nil {
		return contract.Checked{}, err
	}
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	left, err := h.stock(ctx, request.Message.ItemName)
	if err != nil {
		return contract.Checked{}, patience.Named(fmt.Errorf("look for %q in the stock: %w", request.Message.ItemName, err))
	}
	return contract.Checked{Request: request, Available: left >= int64(request.Message.Quantity)}, nil
}

// stock is how much there is of an item. What it says is final for a customer,
// so it is read consistently.
func (h *Handler) stock(ctx context.Context, item string) (left int64, err error) {
	err = patience.Retry(ctx, func() error {
		output, err := h.DynamoDB.GetItem(ctx, &dynamodb.GetItemInput{
			TableName:      aws.String(h.StockTable),
			Key:            map[string]types.AttributeValue{contract.AttrItemName: attribute.Text(item)},
			ConsistentRead: aws.Bool(true),
		})
		if err != nil {
			return err
		}
		left, err = attribute.Int(output.Item, contract.AttrQuantity)
		return err
	})
	return left, err
}
