package simulated

// This file reads what is left in queues.

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
)

// letters are the messages that are in the queues when all is quiet, with their
// attributes: nothing is left there but dead letters.
type letters []string

func (l letters) have(text string) bool { return len(l.with(text)) > 0 }

// with are those that have a text in them.
func (l letters) with(text string) (found letters) {
	for _, letter := range l {
		if strings.Contains(letter, text) {
			found = append(found, letter)
		}
	}
	return found
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

// subscription is a queue that a topic tells, as a subscriber of ours might have it.
type subscription struct {
	client *sqs.Client
	url    string
}

// subscribe has a topic tell a new queue.
func subscribe(ctx context.Context, l *laptop.Laptop, topic string) (*subscription, error) {
	s := &subscription{client: sqs.NewFromConfig(l.AWS())}
	name, attributes := "subscriber", map[string]string{
		"Policy": `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]}`,
	}
	if strings.HasSuffix(topic, ".fifo") {
		name, attributes["FifoQueue"] = name+".fifo", "true"
	}
	created, err := s.client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		return nil, err
	}
	s.url = *created.QueueUrl
	got, err := s.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &s.url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn}})
	if err != nil {
		return nil, err
	}
	_, err = sns.NewFromConfig(l.AWS()).Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: &topic, Protocol: aws.String("sqs"), Endpoint: aws.String(got.Attributes["QueueArn"]), Attributes: map[string]string{"RawMessageDelivery": "true"},
	})
	return s, err
}

// all takes out what the topic has told.
func (s *subscription) all(ctx context.Context) (heard letters, err error) {
	events, err := s.events(ctx)
	for _, event := range events {
		heard = append(heard, event.body)
	}
	return heard, err
}

// A notice is what a topic has told, and when.
type notice struct {
	body string
	sent time.Time
}

// events takes out what the topic has told, and tells when.
func (s *subscription) events(ctx context.Context) (heard []notice, err error) {
	for {
		got, err := s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &s.url, MaxNumberOfMessages: 10, MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp},
		})
		if err != nil || len(got.Messages) == 0 {
			return heard, err
		}
		for _, message := range got.Messages {
			sent, err := strconv.ParseInt(message.Attributes["SentTimestamp"], 10, 64)
			if err != nil {
				return nil, err
			}
			heard = append(heard, notice{*message.Body, time.UnixMilli(sent)})
			if _, err := s.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &s.url, ReceiptHandle: message.ReceiptHandle}); err != nil {
				return nil, err
			}
		}
	}
}
