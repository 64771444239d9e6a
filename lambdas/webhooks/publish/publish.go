// Package publish tells the topic of an event.
package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// SNS is what the handler needs of the SNS client. Its own retries are best turned
// off: the handler decides how long to go on.
type SNS interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Handler publishes to one FIFO topic.
type Handler struct {
	SNS      SNS
	TopicARN string
}

// MaxMessageBytes is SNS's limit of a message with its attributes; some of it is
// for these.
const MaxMessageBytes = 256<<10 - 2<<10

// Handle publishes the event. Events of one key form a group, which keeps its
// order; the same event within five minutes is published once. The errors are
// contract.WebhookInvalid and those of patience.Named.
func (h *Handler) Handle(ctx context.Context, event contract.Event) (*contract.Result, error) {
	message, err := encode(event)
	if err != nil {
		return nil, &contract.WebhookInvalid{Reason: "the event cannot be encoded: " + err.Error()}
	}
	if len(message) > MaxMessageBytes {
		return nil, &contract.WebhookInvalid{Reason: fmt.Sprintf("the event has %d bytes: SNS takes %d", len(message), MaxMessageBytes)}
	}
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	source := strings.TrimPrefix(event.Source, contract.SourcePrefix)
	err = patience.Retry(ctx, func() error {
		_, err := h.SNS.Publish(ctx, &sns.PublishInput{
			TopicArn:               aws.String(h.TopicARN),
			Message:                aws.String(message),
			MessageGroupId:         aws.String(contract.Group(event.PartitionKey)),
			MessageDeduplicationId: aws.String(contract.Deduplication(source, event.ID)),
			MessageAttributes: map[string]types.MessageAttributeValue{
				contract.EventSource: text(source), contract.EventType: text(event.Type), contract.EventID: text(event.ID),
			},
		})
		return err
	})
	if err != nil {
		return nil, patience.Named(fmt.Errorf("publish webhook %s of %s: %w", event.ID, source, err))
	}
	return &contract.Result{Outcome: contract.Published}, nil
}

func text(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
}

// encode makes the JSON that subscribers get: the data is the sender's, with its
// numbers and the order of its members, without white space between them.
func encode(event contract.Event) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // < would take six bytes
	err := encoder.Encode(struct {
		contract.Event
		NoData []byte          `json:"data_base64,omitempty"` // hides that of the event
		Data   json.RawMessage `json:"data"`
	}{Event: event, Data: escape(event.Data)})
	return strings.TrimSuffix(out.String(), "\n"), err
}

// escape writes two characters that SQS takes in no message as JSON can: they
// stand inside of strings only.
func escape(data []byte) []byte {
	data = bytes.ReplaceAll(data, []byte("\ufffe"), []byte(`\ufffe`))
	return bytes.ReplaceAll(data, []byte("\uffff"), []byte(`\uffff`))
}
