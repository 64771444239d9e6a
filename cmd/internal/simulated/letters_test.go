package simulated

// This file reads what is left in queues.

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
)

// letters are the messages that are in the queues when all is quiet, with their
// attributes: nothing is left there but dead letters.
type letters []string

func (l letters) have(text string) bool {
	for _, letter := range l {
		if strings.Contains(letter, text) {
			return true
		}
	}
	return false
}

func undelivered(ctx context.Context, l *laptop.Laptop) (left letters, err error) {
	client := sqs.NewFromConfig(l.AWS())
	queues, err := client.ListQueues(ctx, &sqs.ListQueuesInput{})
	if err != nil {
		return nil, err
	}
	for _, url := range queues.QueueUrls {
		for {
			got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
				QueueUrl: aws.String(url), MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
			})
			if err != nil {
				return nil, err
			}
			if len(got.Messages) == 0 {
				break
			}
			for _, message := range got.Messages {
				attributes, err := json.Marshal(message.MessageAttributes)
				if err != nil {
					return nil, err
				}
				left = append(left, *message.MessageId+" "+*message.Body+" "+string(attributes))
			}
		}
	}
	return left, nil
}
