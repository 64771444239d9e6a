// Package ordering is order placement on this machine: the clients of those who
// stock items, who order and who look after orders, and the story that the demo
// tells.
package ordering

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/internal/executions"
)

// System is order placement for a laptop.
func System() laptop.System { return laptop.System{Name: "ordering"} }

// Shop is a laptop that takes orders.
type Shop struct {
	*laptop.Laptop
	Stack       string // the system's
	Queue       string // URL of the queue of orders
	DeadLetters string // URL
	Workflow    string // ARN
	Notices     string // ARN of the topic

	stock, orders string // the tables
}

// Connect finds the system's addresses.
func Connect(l *laptop.Laptop) (*Shop, error) {
	stack, err := l.Stack("Tradepost-Ordering-")
	if err != nil {
		return nil, err
	}
	s := &Shop{Laptop: l, Stack: stack}
	for name, value := range map[string]*string{
		"QueueURL": &s.Queue, "DeadLetterQueueURL": &s.DeadLetters, "WorkflowARN": &s.Workflow,
		"NoticesTopicARN": &s.Notices, "StockTable": &s.stock, "OrdersTable": &s.orders,
	} {
		if *value, err = l.Output(stack, name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Stock adds so many of an item to the stock.
func (s *Shop) Stock(ctx context.Context, item string, n int) error {
	_, err := dynamodb.NewFromConfig(s.AWS()).UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(s.stock),
		Key:                       map[string]types.AttributeValue{contract.AttrItemName: attribute.Text(item)},
		UpdateExpression:          aws.String("ADD " + contract.AttrQuantity + " :n"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":n": attribute.Number(n)},
	})
	if err != nil {
		return fmt.Errorf("stock %d of %q: %w", n, item, err)
	}
	return nil
}

// Left is how many of an item there are.
func (s *Shop) Left(ctx context.Context, item string) (int64, error) {
	got, err := dynamodb.NewFromConfig(s.AWS()).GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(s.stock), ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{contract.AttrItemName: attribute.Text(item)},
	})
	if err != nil {
		return 0, fmt.Errorf("count the stock of %q: %w", item, err)
	}
	return attribute.Int(got.Item, contract.AttrQuantity)
}

// Order sends a message, and returns its id, which is the order's.
func (s *Shop) Order(ctx context.Context, body string) (id string, err error) {
	sent, err := sqs.NewFromConfig(s.AWS()).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(s.Queue), MessageBody: aws.String(body)})
	if err != nil {
		return "", fmt.Errorf("order %s: %w", body, err)
	}
	return *sent.MessageId, nil
}

// Execution is the ARN of an order's execution.
func (s *Shop) Execution(id string) string {
	return executions.ARN(s.Workflow, id)
}

// Told waits until an order's execution has ended, and returns what the customer
// was told. The error of one that failed is a *laptop.Failed.
func (s *Shop) Told(ctx context.Context, id string) (notification contract.Notification, err error) {
	output, err := s.Ended(ctx, s.Execution(id))
	if err != nil {
		return notification, err
	}
	if err := json.Unmarshal([]byte(output), &notification); err != nil {
		return notification, fmt.Errorf("parse what was told of order %s: %w", id, err)
	}
	return notification, nil
}

// Placed are a customer's orders, as the table has them.
func (s *Shop) Placed(ctx context.Context, customer string) (orders []map[string]types.AttributeValue, err error) {
	pages := dynamodb.NewQueryPaginator(dynamodb.NewFromConfig(s.AWS()), &dynamodb.QueryInput{
		TableName: aws.String(s.orders), ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String(contract.AttrCustomerID + " = :customer"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":customer": attribute.Text(customer)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("look up the orders of customer %s: %w", customer, err)
		}
		orders = append(orders, page.Items...)
	}
	return orders, nil
}

// Letter is a dead letter.
type Letter struct {
	Body                     string
	Error, Reason, MessageID string // empty for an order that could not be started
}

// Refused waits until dead letters of the messages are there, and takes them out
// of the queue. Others stay.
func (s *Shop) Refused(ctx context.Context, ids ...string) (map[string]Letter, error) {
	client := sqs.NewFromConfig(s.AWS())
	wanted, found := map[string]bool{}, map[string]Letter{}
	for _, id := range ids {
		wanted[id] = true
	}
	for {
		got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(s.DeadLetters), MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
		})
		if err != nil {
			return found, fmt.Errorf("receive dead letters: %w", err)
		}
		for _, m := range got.Messages {
			text := func(name string) string { return aws.ToString(m.MessageAttributes[name].StringValue) }
			letter := Letter{*m.Body, text(contract.LetterError), text(contract.LetterReason), text(contract.LetterMessageID)}
			if !wanted[letter.MessageID] {
				if err := laptop.PutBack(ctx, client, s.DeadLetters, m); err != nil {
					return found, err
				}
				continue
			}
			found[letter.MessageID] = letter
			if _, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(s.DeadLetters), ReceiptHandle: m.ReceiptHandle}); err != nil {
				return found, fmt.Errorf("delete the dead letter of message %s: %w", letter.MessageID, err)
			}
		}
		if len(found) == len(wanted) {
			return found, nil
		}
		if err := laptop.Pause(ctx); err != nil {
			return found, fmt.Errorf("%d of %d messages are dead letters: %w", len(found), len(wanted), err)
		}
	}
}
