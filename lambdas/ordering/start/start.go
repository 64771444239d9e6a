// Package start takes orders from the queue and starts one execution of the
// workflow for each.
package start

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/internal/executions"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// SQS is what the handler needs of the SQS client.
type SQS interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Handler starts executions of one workflow. The clients' own retries are best
// turned off: the handler decides how long to go on.
type Handler struct {
	StepFunctions  executions.Client
	WorkflowARN    string
	SQS            SQS
	DeadLettersURL string
}

// Handle starts an execution for every order of the batch, puts what is no order
// among the dead letters, and reports those messages with which it could do
// neither, for SQS to deliver again. Its error is always nil.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return executions.Each(ctx, batch, h.start), nil
}

// start starts the execution of one message. It has the message's id for a name,
// so a message that is delivered again starts nothing.
func (h *Handler) start(ctx context.Context, message events.SQSMessage) error {
	var order contract.Order
	if err := json.Unmarshal([]byte(message.Body), &order); err != nil {
		return h.refuse(ctx, message, err)
	}
	input, err := json.Marshal(contract.Request{OrderID: message.MessageId, Message: order})
	if err != nil {
		return fmt.Errorf("encode order %s: %w", message.MessageId, err)
	}
	return executions.Start(ctx, h.StepFunctions, h.WorkflowARN, message.MessageId, string(input))
}

// refuse puts a message among the dead letters with the reason. To deliver it
// again would not make an order of it.
func (h *Handler) refuse(ctx context.Context, message events.SQSMessage, fault error) error {
	reason := "the order is not JSON: " + fault.Error()
	if invalid, ok := errors.AsType[*contract.OrderInvalid](fault); ok {
		reason = invalid.Reason
	}
	err := patience.Retry(ctx, func() error {
		_, err := h.SQS.SendMessage(ctx, &sqs.SendMessageInput{
			QueueUrl:    aws.String(h.DeadLettersURL),
			MessageBody: aws.String(message.Body),
			MessageAttributes: map[string]types.MessageAttributeValue{
				contract.LetterError:     text(contract.ErrorOrderInvalid),
				contract.LetterReason:    text(reason),
				contract.LetterMessageID: text(message.MessageId),
			},
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("put message %s among the dead letters, as %s: %w", message.MessageId, reason, err)
	}
	slog.WarnContext(ctx, "message refused", "messageId", message.MessageId, "reason", reason)
	return nil
}

func text(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
}
