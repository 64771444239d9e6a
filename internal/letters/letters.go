// Package letters puts webhooks that were given up into the queue of failures,
// with all that it takes to send them again, and takes them out.
package letters

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

// Sender is what a Box needs of the SQS client.
type Sender interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Box is the queue of failures.
type Box struct {
	SQS Sender
	URL string
}

// Letter is a webhook that was given up, and why.
type Letter struct {
	Record   contract.Record
	Outcome  contract.Outcome // contract.Rejected or contract.Parked
	Reason   string
	Sequence string // the record's number in the stream
}

// maxReason bounds what services have to say.
const maxReason = 1000

// Send puts a letter into the queue. One that is sent twice is taken out twice:
// what is sent again from it is published once.
func (b *Box) Send(ctx context.Context, letter Letter) error {
	body, err := json.Marshal(letter.Record)
	if err != nil {
		return fmt.Errorf("encode webhook %s of %s: %w", letter.Record.ID, letter.Record.Source, err)
	}
	_, err = b.SQS.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl:    aws.String(b.URL),
		MessageBody: aws.String(string(body)),
		MessageAttributes: map[string]types.MessageAttributeValue{
			contract.LetterOutcome:  text(string(letter.Outcome)),
			contract.LetterReason:   text(letter.Reason),
			contract.LetterSource:   text(letter.Record.Source),
			contract.LetterID:       text(letter.Record.ID),
			contract.LetterKey:      text(letter.Record.Key),
			contract.LetterSequence: text(letter.Sequence),
			contract.LetterParkedAt: text(time.Now().UTC().Format(time.RFC3339Nano)),
		},
	})
	if err != nil {
		return fmt.Errorf("put webhook %s of %s among the failures, as %s: %w", letter.Record.ID, letter.Record.Source, letter.Reason, err)
	}
	return nil
}

// text is an attribute's value. SQS takes neither an empty one nor characters
// that XML 1.0 has not.
func text(value string) types.MessageAttributeValue {
	value = strings.Map(func(c rune) rune {
		if c == utf8.RuneError || c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == '\ufffe' || c == '\uffff' {
			return '?'
		}
		return c
	}, value)
	if len(value) > maxReason {
		value = strings.ToValidUTF8(value[:maxReason], "") + "..."
	}
	if value == "" {
		value = "-"
	}
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
}

// Read makes a letter of a message of the queue.
func Read(message types.Message) (Letter, error) {
	var letter Letter
	if err := json.Unmarshal([]byte(aws.ToString(message.Body)), &letter.Record); err != nil {
		return Letter{}, fmt.Errorf("message %s is no webhook that was given up: %w", aws.ToString(message.MessageId), err)
	}
	value := func(name string) string { return aws.ToString(message.MessageAttributes[name].StringValue) }
	letter.Outcome = contract.Outcome(value(contract.LetterOutcome))
	letter.Reason, letter.Sequence = value(contract.LetterReason), value(contract.LetterSequence)
	return letter, nil
}
