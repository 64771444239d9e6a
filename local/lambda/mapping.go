package lambda

// This file polls an SQS queue for a function. It waits in long polls, one at
// a time, so an idle mapping costs nothing.

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// pollers is how many batches a mapping without ScalingConfig works on at a
// time: the number that AWS starts with. AWS goes on up to 1,250.
const pollers = 5

const (
	longPoll       = 20 // seconds
	pollRetryDelay = time.Second
	maxBatchBytes  = maxSyncRequest - 1<<10 // leaves room for what surrounds the records
)

type mapping struct {
	lambda      *Lambda
	target      target
	queueARN    string
	batchSize   int
	window      time.Duration
	concurrency int
	partial     bool          // ReportBatchItemFailures
	visibility  time.Duration // of the queue
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
	MD5OfAttributes   string                     `json:"md5OfMessageAttributes,omitempty"`
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

func (m *mapping) record(q queueMessage) sqsRecord {
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
		MD5OfAttributes:   q.MD5OfMessageAttributes,
		MD5OfBody:         q.MD5OfBody,
		EventSource:       "aws:sqs",
		EventSourceARN:    m.queueARN,
		AWSRegion:         m.lambda.cloud.Region,
	}
}

// poll receives batches as long as the engine runs, each as soon as the one
// before it was received, while fewer than the permitted number are worked on.
func (m *mapping) poll(ctx context.Context) {
	slots := make(chan struct{}, m.concurrency)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		messages, err := m.collect(ctx)
		if err != nil && ctx.Err() == nil {
			m.target.log.note("event source %s: %v", m.queueARN, err)
			pause(ctx, pollRetryDelay)
		}
		if len(messages) == 0 {
			<-slots
			continue
		}
		m.lambda.cloud.Go(func(ctx context.Context) {
			defer func() { <-slots }()
			if err := m.process(ctx, messages); err != nil && ctx.Err() == nil {
				m.target.log.note("event source %s: %v", m.queueARN, err)
			}
		})
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// collect waits for a message and then, up to the window's end, for more of
// them until the batch is full.
func (m *mapping) collect(ctx context.Context) ([]queueMessage, error) {
	messages, err := m.receive(ctx, m.batchSize)
	if err != nil || len(messages) == 0 || m.window == 0 {
		return messages, err
	}
	ctx, cancel := context.WithTimeout(ctx, m.window)
	defer cancel()
	for len(messages) < m.batchSize && bodyBytes(messages) < maxBatchBytes {
		more, err := m.receive(ctx, m.batchSize-len(messages))
		messages = append(messages, more...)
		if errors.Is(err, context.DeadlineExceeded) {
			return messages, nil
		}
		if err != nil {
			return messages, err
		}
	}
	return messages, nil
}

func bodyBytes(messages []queueMessage) int {
	n := 0
	for _, message := range messages {
		n += len(message.Body)
	}
	return n
}

func (m *mapping) receive(ctx context.Context, max int) ([]queueMessage, error) {
	var output struct{ Messages []queueMessage }
	err := m.lambda.cloud.Do(ctx, m.target.caller, "sqs", "ReceiveMessage", map[string]any{
		"QueueUrl":                    cloud.QueueURL(m.queueARN),
		"MaxNumberOfMessages":         min(max, 10),
		"WaitTimeSeconds":             longPoll,
		"MessageSystemAttributeNames": []string{"All"},
		"MessageAttributeNames":       []string{"All"},
	}, &output)
	return output.Messages, err
}

// process invokes the function with the messages, in more than one batch if
// they are too large for one, and deletes those that succeeded. The others
// become visible again when their visibility timeout ends.
func (m *mapping) process(ctx context.Context, messages []queueMessage) error {
	giveUp := time.Now().Add(m.visibility)
	for len(messages) > 0 {
		payload, n, err := m.event(messages)
		if err != nil {
			return err
		}
		answer, err := m.invoke(ctx, payload, giveUp)
		if err != nil {
			return err
		}
		if err := m.remove(ctx, m.succeeded(messages[:n], answer)); err != nil {
			return err
		}
		messages = messages[n:]
	}
	return nil
}

// event is the function's input for the first n messages.
func (m *mapping) event(messages []queueMessage) (payload []byte, n int, err error) {
	var event struct{ Records []json.RawMessage }
	size := 0
	for _, message := range messages {
		record, err := json.Marshal(m.record(message))
		if err != nil {
			return nil, 0, err
		}
		size += len(record) + 1
		if n > 0 && size > maxBatchBytes {
			break
		}
		event.Records = append(event.Records, record)
		n++
	}
	payload, err = json.Marshal(event)
	return payload, n, err
}

// invoke tries again while the function is throttled, until the messages are
// visible to others.
func (m *mapping) invoke(ctx context.Context, payload []byte, giveUp time.Time) (answer, error) {
	delay := 100 * time.Millisecond
	for {
		a, err := m.lambda.run(ctx, request{id: cloud.UUID(), target: m.target, payload: payload})
		if err == nil || ctx.Err() != nil || time.Now().Add(delay).After(giveUp) {
			return a, err
		}
		pause(ctx, delay)
		delay = min(2*delay, 5*time.Second)
	}
}

// succeeded returns the messages that the function has done with. Whatever is
// wrong with a partial response makes the whole batch fail.
func (m *mapping) succeeded(messages []queueMessage, a answer) []queueMessage {
	if a.failed {
		return nil
	}
	if !m.partial {
		return messages
	}
	var response *struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if len(a.payload) > 0 && json.Unmarshal(a.payload, &response) != nil {
		return nil
	}
	if response == nil {
		return messages
	}
	failed := map[string]bool{}
	for _, failure := range response.BatchItemFailures {
		failed[failure.ItemIdentifier] = true
	}
	var done []queueMessage
	for _, message := range messages {
		if !failed[message.MessageId] {
			done = append(done, message)
		}
		delete(failed, message.MessageId)
	}
	if len(failed) > 0 {
		return nil // an empty, missing or foreign identifier
	}
	return done
}

func (m *mapping) remove(ctx context.Context, messages []queueMessage) error {
	type entry struct{ Id, ReceiptHandle string }
	for len(messages) > 0 {
		n := min(len(messages), 10)
		entries := make([]entry, n)
		for i, message := range messages[:n] {
			entries[i] = entry{message.MessageId, message.ReceiptHandle}
		}
		err := m.lambda.cloud.Do(ctx, m.target.caller, "sqs", "DeleteMessageBatch", map[string]any{
			"QueueUrl": cloud.QueueURL(m.queueARN), "Entries": entries,
		}, nil)
		if err != nil {
			return err
		}
		messages = messages[n:]
	}
	return nil
}
