package lambda

// This file is an SQS queue as a source. It waits in long polls, one at a time,
// so an idle mapping costs nothing. Messages that failed become visible again
// when their visibility timeout ends; those of a FIFO queue's groups keep the
// rest of their group waiting until then, by the queue's own rules. What the
// mapping's filters do not want is deleted.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/fifo"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// pollers is how many batches a mapping of a queue without ScalingConfig works on
// at a time: the number that AWS starts with. AWS goes on up to 1,250.
const pollers = 5

const (
	longPoll    = 20 * time.Second
	maxSQSBatch = 10 // entries of one call
)

type queueSource struct {
	mapping    *mapping
	queue      string // ARN
	visibility time.Duration
	wants      filter
}

var _ source = (*queueSource)(nil)

// newQueueSource makes sure, as AWS does, that the function's role may poll the
// queue and that messages stay hidden for as long as the function may take.
func newQueueSource(ctx context.Context, m *mapping, queue string) (*queueSource, error) {
	c, t := m.lambda.cloud, m.target()
	for _, action := range []string{"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		if err := c.Authorize(t.caller, "sqs:"+action, queue); err != nil {
			return nil, invalid("The function execution role does not have permissions to call %s on SQS: %v", action, err)
		}
	}
	var output struct{ Attributes map[string]string }
	err := c.Do(ctx, t.caller, "sqs", "GetQueueAttributes", map[string]any{
		"QueueUrl": cloud.QueueURL(queue), "AttributeNames": []string{"VisibilityTimeout"},
	}, &output)
	if err != nil {
		fault := cloud.AsError(err)
		return nil, invalid("Error occurred while ReceiveMessage. SQS Error Code: %s. SQS Error Message: %s", cmp.Or(fault.QueryCode, fault.Code), fault.Message)
	}
	seconds, err := strconv.Atoi(output.Attributes["VisibilityTimeout"])
	if err != nil {
		return nil, fmt.Errorf("event source %s: visibility timeout: %w", queue, err)
	}
	s := &queueSource{mapping: m, queue: queue, visibility: time.Duration(seconds) * time.Second}
	if s.visibility < t.timeout {
		return nil, invalid("Queue visibility timeout: %d seconds is less than Function timeout: %d seconds", seconds, int(t.timeout.Seconds()))
	}
	return s, nil
}

func (s *queueSource) arn() string { return s.queue }

// call calls SQS as the function's role.
func (s *queueSource) call(ctx context.Context, action string, in, out any) error {
	return s.mapping.lambda.cloud.Do(ctx, s.mapping.target().caller, "sqs", action, in, out)
}

// queueMessage is a message as ReceiveMessage answers it.
type queueMessage struct {
	MessageId              string
	ReceiptHandle          string
	Body                   string
	MD5OfBody              string
	MD5OfMessageAttributes string
	Attributes             map[string]string
	MessageAttributes      map[string]struct {
		DataType    string
		StringValue *string
		BinaryValue []byte
	}
}

// sqsRecord is a message as the function sees it.
type sqsRecord struct {
	MessageID         string                     `json:"messageId"`
	ReceiptHandle     string                     `json:"receiptHandle"`
	Body              string                     `json:"body"`
	Attributes        map[string]string          `json:"attributes"`
	MessageAttributes map[string]recordAttribute `json:"messageAttributes"`
	MD5OfAttributes   json.RawMessage            `json:"md5OfMessageAttributes,omitempty"`
	MD5OfBody         string                     `json:"md5OfBody"`
	EventSource       string                     `json:"eventSource"`
	EventSourceARN    string                     `json:"eventSourceARN"`
	AWSRegion         string                     `json:"awsRegion"`
}

type recordAttribute struct {
	StringValue      *string  `json:"stringValue,omitempty"`
	BinaryValue      []byte   `json:"binaryValue,omitempty"`
	StringListValues []string `json:"stringListValues"`
	BinaryListValues []string `json:"binaryListValues"`
	DataType         string   `json:"dataType"`
}

type receiveInput struct {
	QueueUrl                                           string
	MaxNumberOfMessages, WaitTimeSeconds               int
	MessageSystemAttributeNames, MessageAttributeNames []string
}

// receive calls SQS when there is something to receive: a poll that would find nothing
// is none, as in lane.rest.
func (s *queueSource) receive(ctx context.Context, max int, _ bool) (batch, error) {
	url := cloud.QueueURL(s.queue)
	if s.mapping.idle(ctx, "sqs", url, longPoll) {
		return batch{}, nil
	}
	if err := ctx.Err(); err != nil {
		return batch{}, err
	}
	var output struct{ Messages []queueMessage }
	causes := heard{}
	all := []string{"All"}
	err := s.call(causes.hear(ctx), "ReceiveMessage", receiveInput{url, min(max, maxSQSBatch), int(longPoll.Seconds()), all, all}, &output)
	if err != nil {
		return batch{}, err
	}
	b := batch{until: time.Now().Add(s.visibility)}
	var unwanted []deletion
	for _, message := range output.Messages {
		body, err := json.Marshal(s.record(message))
		if err != nil {
			return b, fmt.Errorf("message %s: %w", message.MessageId, err)
		}
		if !s.wanted(body) {
			unwanted = append(unwanted, deletion{message.MessageId, message.ReceiptHandle})
			continue
		}
		b.records = append(b.records, batchRecord{id: message.MessageId, body: body, handle: message.ReceiptHandle, cause: causes[message.MessageId]})
	}
	return b, s.delete(ctx, unwanted)
}

// wanted tells whether the function gets a message. Filters look into a body that is
// an object, and see any other one as text.
func (s *queueSource) wanted(record []byte) bool {
	if len(s.wants) == 0 {
		return true
	}
	value, err := jsonvalue.Decode(record)
	seen, ok := value.(*jsonvalue.Object)
	if err != nil || !ok {
		return false
	}
	if text, ok := seen.Get("body"); ok {
		if body, ok := text.(string); ok {
			if inner, err := jsonvalue.Decode([]byte(body)); err == nil {
				if object, ok := inner.(*jsonvalue.Object); ok {
					seen.Set("body", object)
				}
			}
		}
	}
	return s.wants.match(seen)
}

func (s *queueSource) record(q queueMessage) sqsRecord {
	attributes := map[string]recordAttribute{}
	for name, a := range q.MessageAttributes {
		attributes[name] = recordAttribute{
			StringValue: a.StringValue, BinaryValue: a.BinaryValue, DataType: a.DataType,
			StringListValues: []string{}, BinaryListValues: []string{},
		}
	}
	return sqsRecord{
		MessageID:         q.MessageId,
		ReceiptHandle:     q.ReceiptHandle,
		Body:              q.Body,
		Attributes:        q.Attributes,
		MessageAttributes: attributes,
		MD5OfAttributes:   s.digestOf(q),
		MD5OfBody:         q.MD5OfBody,
		EventSource:       "aws:sqs",
		EventSourceARN:    s.queue,
		AWSRegion:         s.mapping.lambda.cloud.Region,
	}
}

// digestOf is that of the message's attributes. Where there are none, mappings with a
// window say null, and others nothing (recorded in November 2025).
func (s *queueSource) digestOf(q queueMessage) json.RawMessage {
	switch {
	case q.MD5OfMessageAttributes != "":
		return json.RawMessage(`"` + q.MD5OfMessageAttributes + `"`)
	case s.mapping.window > 0:
		return json.RawMessage("null")
	}
	return nil
}

// settle deletes the messages that have succeeded.
func (s *queueSource) settle(ctx context.Context, b batch, v verdict) (again []batch, err error) {
	var done []deletion
	for _, r := range b.records {
		if !v.failed[r.id] {
			done = append(done, deletion{r.id, r.handle})
		}
	}
	if err := s.delete(ctx, done); err != nil {
		return nil, err
	}
	if len(v.failed) > 0 && fifo.Named(s.queue) {
		return nil, errHeldUp
	}
	return nil, nil
}

// deletion is an entry of DeleteMessageBatch.
type deletion struct{ Id, ReceiptHandle string }

func (s *queueSource) delete(ctx context.Context, messages []deletion) error {
	for some := range slices.Chunk(messages, maxSQSBatch) {
		in := map[string]any{"QueueUrl": cloud.QueueURL(s.queue), "Entries": some}
		if err := s.call(ctx, "DeleteMessageBatch", in, nil); err != nil {
			return err
		}
	}
	return nil
}
