// Package record is what a subscription does with events if a team gives it no
// function of its own: it keeps them in a table, each once, in their order.
package record

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

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client. Its own retries are
// best turned off: the handler decides how long to go on.
type DynamoDB interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Handler records the events of a FIFO queue.
type Handler struct {
	DynamoDB DynamoDB
	Table    string
}

// Handle records a batch, one event after the other, and reports those that it
// failed on. Behind a failed one, the others of its group are not touched, and
// are reported as well: SQS delivers them again in their order. Its error is
// always nil.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	held := map[string]bool{}
	for _, message := range batch.Records {
		group := message.Attributes["MessageGroupId"]
		if !held[group] {
			err := h.record(ctx, message.Body)
			if err == nil {
				continue
			}
			slog.ErrorContext(ctx, "event not recorded", "messageId", message.MessageId, "group", group, "error", err.Error())
			held[group] = true
		}
		response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
	}
	return response, nil
}

// event is what is kept of a CloudEvent.
type event struct {
	ID, Source, Type, Time, PartitionKey string
	Data                                 json.RawMessage
}

func (h *Handler) record(ctx context.Context, body string) error {
	var e event
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		return fmt.Errorf("decode the event: %w", err)
	}
	if e.ID == "" || e.Source == "" || e.PartitionKey == "" {
		return fmt.Errorf("the event has the id %q, the source %q and the key %q", e.ID, e.Source, e.PartitionKey)
	}
	return patience.Retry(ctx, func() error { return h.append(ctx, e) })
}

// append puts the event behind those of its key, unless it is there already.
func (h *Handler) append(ctx context.Context, e event) error {
	key := map[string]types.AttributeValue{
		contract.AttrEventKey: attribute.Text(e.PartitionKey), contract.AttrEventID: attribute.Text(contract.HeadID),
	}
	head, err := h.DynamoDB.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(h.Table), Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return fmt.Errorf("read how many events %s has: %w", e.PartitionKey, err)
	}
	var count int64
	if head.Item != nil {
		if count, err = attribute.Int(head.Item, contract.AttrEventPlace); err != nil {
			return fmt.Errorf("read how many events %s has: %w", e.PartitionKey, err)
		}
	}
	_, err = h.DynamoDB.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{
			TableName:           aws.String(h.Table),
			Item:                e.row(count + 1),
			ConditionExpression: aws.String("attribute_not_exists(" + contract.AttrEventID + ")"),
		}},
		{Update: &types.Update{
			TableName:                 aws.String(h.Table),
			Key:                       key,
			UpdateExpression:          aws.String("SET #place = :next"),
			ConditionExpression:       aws.String("attribute_not_exists(#place) OR #place = :count"),
			ExpressionAttributeNames:  map[string]string{"#place": contract.AttrEventPlace},
			ExpressionAttributeValues: map[string]types.AttributeValue{":next": attribute.Number(count + 1), ":count": attribute.Number(count)},
		}},
	}})
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok && len(cancelled.CancellationReasons) == 2 {
		if aws.ToString(cancelled.CancellationReasons[0].Code) == "ConditionalCheckFailed" {
			return nil // it was recorded before
		}
		return patience.Again(cancelled) // another one has come in between
	}
	if err != nil {
		return fmt.Errorf("record event %s of %s: %w", e.ID, e.Source, err)
	}
	return nil
}

func (e event) row(place int64) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		contract.AttrEventKey:   attribute.Text(e.PartitionKey),
		contract.AttrEventID:    attribute.Text(strings.TrimPrefix(e.Source, contract.SourcePrefix) + "#" + e.ID),
		contract.AttrEventType:  attribute.Text(e.Type),
		contract.AttrEventTime:  attribute.Text(e.Time),
		contract.AttrEventData:  attribute.Text(string(e.Data)),
		contract.AttrEventPlace: attribute.Number(place),
	}
}
