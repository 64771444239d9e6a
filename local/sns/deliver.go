package sns

// This file delivers messages to subscriptions.

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/fifo"
)

// wanting returns the subscriptions that get a message.
func (s *SNS) wanting(t *topic, m *message) []*subscription {
	var wanting []*subscription
	for _, sub := range s.subscriptionsOf(t) {
		if s.inert(sub) {
			continue
		}
		if why := sub.filter.rejects(m.text(sub.protocol), m.attributes); why != "" {
			s.metrics.filteredOut.Observe(t.dimensions, 1)
			s.metrics.rejected[why].Observe(t.dimensions, 1)
			continue
		}
		wanting = append(wanting, sub)
	}
	return wanting
}

// deliver tries until the endpoint has the message, as long as SNS tries with
// AWS endpoints. What the caller is to blame for (no permission, no such
// queue) is not tried again.
func (s *SNS) deliver(ctx context.Context, t *topic, sub *subscription, m *message) {
	ctx = cloud.Because(ctx, m.cause)
	err := cloud.Retry(ctx, s.retries(t, sub), func() error { return s.send(ctx, t, sub, m) })
	switch {
	case ctx.Err() != nil: // the engine ends
	case err == nil:
		s.metrics.delivered.Observe(t.dimensions, 1)
	default:
		s.metrics.failed.Observe(t.dimensions, 1)
		s.giveUp(ctx, t, sub, m)
	}
}

// retries is the policy of a subscription: HTTP has one that users choose.
func (s *SNS) retries(t *topic, sub *subscription) cloud.Delays {
	if sub.byHTTP() {
		return sub.delivery.over(t.settings.Load()).Retry.delay
	}
	return retryDelay
}

// retryDelay is SNS's policy for SQS and Lambda: 3 retries at once, 2 after a
// second each, 10 with delays that grow from 1 to 20 seconds, and then one
// every 20 seconds for 23 days.
func retryDelay(attempt int) (delay time.Duration, more bool) {
	const immediate, preBackoff, backoff, postBackoff = 3, 2, 10, 100_000
	switch {
	case attempt <= immediate:
		return 0, true
	case attempt <= immediate+preBackoff:
		return time.Second, true
	case attempt <= immediate+preBackoff+backoff:
		return min(time.Second<<(attempt-immediate-preBackoff-1), 20*time.Second), true
	default:
		return 20 * time.Second, attempt <= immediate+preBackoff+backoff+postBackoff
	}
}

func (s *SNS) send(ctx context.Context, t *topic, sub *subscription, m *message) error {
	if m.trace != "" {
		ctx = cloud.WithOrigin(ctx, cloud.Origin{Trace: m.trace})
	}
	if sub.byMail() {
		return s.sendMail(t, sub, m)
	}
	if sub.byHTTP() {
		return s.notify(ctx, t, sub, m)
	}
	if sub.protocol == "lambda" {
		event, err := s.lambdaEvent(t, sub, m)
		if err != nil {
			return err
		}
		payload, err := json.Marshal(event)
		if err != nil {
			return err
		}
		return s.cloud.Do(ctx, s.cloud.ServiceCaller("sns.amazonaws.com", t.arn), "lambda", "Invoke", map[string]any{
			"FunctionName": sub.endpoint, "InvocationType": "Event", "Payload": json.RawMessage(payload),
		}, nil)
	}
	return s.sendToQueue(ctx, t, sub, sub.endpoint, m)
}

// queueInput is what SendMessage takes.
type queueInput struct {
	QueueUrl               string
	MessageBody            string
	MessageAttributes      map[string]attribute `json:",omitempty"`
	MessageGroupId         string               `json:",omitempty"`
	MessageDeduplicationId string               `json:",omitempty"`
}

// sendToQueue sends the message as the subscription has it to its queue, or to
// its dead letters.
func (s *SNS) sendToQueue(ctx context.Context, t *topic, sub *subscription, queue string, m *message) error {
	in := queueInput{QueueUrl: cloud.QueueURL(queue)}
	if sub.raw {
		in.MessageBody, in.MessageAttributes = m.text(sub.protocol), m.attributes
	} else {
		n, err := s.notification(t, sub, m)
		if err != nil {
			return err
		}
		body, err := json.Marshal(n)
		if err != nil {
			return err
		}
		in.MessageBody = string(body)
	}
	if fifo.Named(queue) == (t.fifo != nil) { // a FIFO topic's groups are not those of a fair queue
		in.MessageGroupId, in.MessageDeduplicationId = m.group, m.deduplicationID
	}
	return s.cloud.Do(ctx, s.cloud.ServiceCaller("sns.amazonaws.com", t.arn), "sqs", "SendMessage", in, nil)
}

// giveUp puts what could not be delivered into the subscription's dead-letter
// queue, in the form in which it would have been delivered.
func (s *SNS) giveUp(ctx context.Context, t *topic, sub *subscription, m *message) {
	if sub.deadLetters == "" {
		return
	}
	metric := s.metrics.redriven
	if err := cloud.Insist(ctx, func() error { return s.sendToQueue(ctx, t, sub, sub.deadLetters, m) }); err != nil {
		metric = s.metrics.notRedriven
	}
	metric.Observe(t.dimensions, 1)
}

// notification is the message as a queue gets it.
type notification struct {
	Type           string
	MessageID      string  `json:"MessageId"`
	SequenceNumber string  `json:",omitempty"`
	TopicARN       string  `json:"TopicArn"`
	Subject        *string `json:",omitempty"`
	Message        string
	Timestamp      string
	signature
	UnsubscribeURL    string
	MessageAttributes map[string]notedAttribute `json:",omitempty"`
}

type notedAttribute struct {
	Type  string
	Value string // a binary one in base64
}

// stamp is a time as messages tell it.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

func (s *SNS) notification(t *topic, sub *subscription, m *message) (n notification, err error) {
	n = notification{
		Type:              "Notification",
		MessageID:         m.id,
		SequenceNumber:    m.sequence,
		TopicARN:          t.arn,
		Message:           m.text(sub.protocol),
		Timestamp:         stamp(m.published),
		UnsubscribeURL:    s.address() + "/?Action=Unsubscribe&SubscriptionArn=" + sub.arn,
		MessageAttributes: noted(m.attributes),
	}
	if m.subject != "" {
		n.Subject = &m.subject
	}
	if t.fifo == nil {
		version := cmp.Or(t.settings.Load().signature, "1")
		n.signature, err = s.sign(version, "Message", n.Message, "MessageId", n.MessageID, "Subject", m.subject, "Timestamp", n.Timestamp, "TopicArn", n.TopicARN, "Type", n.Type)
	}
	return n, err
}

func noted(attributes map[string]attribute) map[string]notedAttribute {
	out := map[string]notedAttribute{}
	for name, a := range attributes {
		out[name] = notedAttribute{a.DataType, a.value()}
	}
	return out
}

// lambdaEvent is the message as a function gets it.
type lambdaEvent struct{ Records []lambdaRecord }

type lambdaRecord struct {
	EventVersion         string
	EventSubscriptionArn string
	EventSource          string
	Sns                  lambdaNotification
}

type lambdaNotification struct {
	Signature         string
	MessageID         string `json:"MessageId"`
	Type              string
	TopicARN          string `json:"TopicArn"`
	MessageAttributes map[string]notedAttribute
	SignatureVersion  string
	Timestamp         string
	SigningCertURL    string `json:"SigningCertUrl"` // written otherwise than for queues
	Message           string
	UnsubscribeURL    string `json:"UnsubscribeUrl"`
	Subject           *string
}

func (s *SNS) lambdaEvent(t *topic, sub *subscription, m *message) (lambdaEvent, error) {
	n, err := s.notification(t, sub, m)
	return lambdaEvent{[]lambdaRecord{{
		EventVersion:         "1.0",
		EventSubscriptionArn: sub.arn,
		EventSource:          "aws:sns",
		Sns: lambdaNotification{
			Signature: n.Signature, MessageID: n.MessageID, Type: n.Type, TopicARN: n.TopicARN,
			MessageAttributes: n.MessageAttributes, SignatureVersion: n.SignatureVersion, Timestamp: n.Timestamp,
			SigningCertURL: n.SigningCertURL, Message: n.Message, UnsubscribeURL: n.UnsubscribeURL, Subject: n.Subject,
		},
	}}}, err
}
