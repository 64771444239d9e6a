// Package notifycustomer is the last step of an order: it tells whoever listens
// to the topic what to tell the customer.
package notifycustomer

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// SNS is what the handler needs of the SNS client.
type SNS interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Handler publishes to one topic.
type Handler struct {
	SNS        SNS // its own retries are best turned off: the handler decides how long to go on
	NoticesARN string
}

// Handle publishes the notification of one order, and returns it. The errors are
// contract.OrderInvalid and those of patience.Named.
func (h *Handler) Handle(ctx context.Context, order contract.Checked) (contract.Notification, error) {
	if err := order.Validate(); err != nil {
		return contract.Notification{}, err
	}
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	notification := notificationOf(order)
	if err := h.publish(ctx, order.Message.CustomerID, notification); err != nil {
		return contract.Notification{}, patience.Named(fmt.Errorf("publish the notice of order %s: %w", order.OrderID, err))
	}
	return notification, nil
}

// notificationOf has the words of the text that this system follows.
func notificationOf(order contract.Checked) contract.Notification {
	notification := contract.Notification{
		Email:   order.Message.CustomerEmail,
		Message: "Unfortunately we weren't able to place your order.",
	}
	if order.Available {
		notification.OrderID = &order.OrderID
		notification.Message = fmt.Sprintf("Order %s was placed succesfully.", order.OrderID)
	}
	return notification
}

func (h *Handler) publish(ctx context.Context, customerID string, notification contract.Notification) error {
	text, err := json.Marshal(notification)
	if err != nil {
		return err
	}
	return patience.Retry(ctx, func() error {
		_, err := h.SNS.Publish(ctx, &sns.PublishInput{
			TopicArn: aws.String(h.NoticesARN),
			Message:  aws.String(string(text)),
			MessageAttributes: map[string]types.MessageAttributeValue{
				contract.NoticeCustomerID: {DataType: aws.String("String"), StringValue: aws.String(customerID)},
			},
		})
		return err
	})
}
