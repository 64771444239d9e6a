package sns

// This file takes messages in.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxBytes is SNS's limit of a message with its attributes, and of a batch.
const maxBytes = 256 << 10

type messageInput struct {
	Message           string
	Subject           *string
	MessageStructure  string // "json": Message is an object of texts by protocol
	MessageAttributes map[string]attribute

	MessageGroupId         *string
	MessageDeduplicationId *string
}

type publishInput struct {
	TopicArn, TargetArn *string // the same thing
	PhoneNumber         string
	messageInput
}

type publishOutput struct {
	MessageId      string
	SequenceNumber string `json:",omitempty"` // of a FIFO topic
}

// message is a published message.
type message struct {
	id         string
	subject    string
	texts      map[string]string // by protocol; "default" is for the others
	attributes map[string]attribute
	bytes      int // as published
	published  time.Time
	trace      string // that the publisher's call had
	cause      *cloud.Cause

	group           string // a standard topic's is for fair queues
	deduplicationID string // of a FIFO topic, as the next
	sequence        string
}

func (m *message) text(protocol string) string {
	if text, ok := m.texts[protocol]; ok {
		return text
	}
	return m.texts["default"]
}

func (s *SNS) publish(ctx context.Context, caller cloud.Caller, in publishInput) (any, error) {
	if in.PhoneNumber != "" {
		if !phoneNumber.MatchString(in.PhoneNumber) {
			return nil, invalid("PhoneNumber Reason: %s is not valid to publish to", in.PhoneNumber)
		}
		return nil, invalid("PhoneNumber Reason: the local engine sends no text messages")
	}
	given := cmp.Or(in.TopicArn, in.TargetArn)
	if given == nil {
		return nil, invalid("TopicArn or TargetArn Reason: no value for required parameter")
	}
	arn := *given
	if arn == "" {
		return nil, invalid("TopicArn Reason: An ARN must have at least 6 elements, not 1")
	}
	t, err := s.open(caller, "sns:Publish", arn)
	if err != nil {
		if parsed, _ := cloud.ParseARN(arn); strings.HasPrefix(parsed.Resource, "endpoint/") && cloud.AsError(err).Code == "NotFound" {
			err = invalid("TargetArn Reason: No endpoint found for the target arn specified")
		}
		return nil, err
	}
	if err := t.checkIDs(&in.messageInput); err != nil {
		return nil, err
	}
	m, err := in.message(ctx)
	if err != nil {
		return nil, err
	}
	return s.accept(ctx, t, m), nil
}

// accept takes a sound message in.
func (s *SNS) accept(ctx context.Context, t *topic, m *message) publishOutput {
	m.cause = s.cloud.Made(ctx, "message", t.arn, m.id)
	s.metrics.published.Observe(t.dimensions, 1)
	s.metrics.size.Observe(t.dimensions, float64(m.bytes))
	if t.fifo != nil {
		return s.acceptInOrder(t, m)
	}
	for _, sub := range s.wanting(t, m) {
		s.cloud.Go(func(ctx context.Context) { s.deliver(ctx, t, sub, m) })
	}
	return publishOutput{MessageId: m.id}
}

func (in messageInput) message(ctx context.Context) (*message, error) {
	if in.Message == "" {
		return nil, invalid("Empty message")
	}
	if in.size() > maxBytes {
		return nil, invalid("Message too long")
	}
	if s := in.Subject; s != nil && (*s == "" || len(*s) > 100 || strings.ContainsAny(*s, "\r\n")) {
		return nil, invalid("Subject")
	}
	if err := in.checkAttributes(""); err != nil {
		return nil, err
	}
	texts, err := in.texts()
	if err != nil {
		return nil, err
	}
	m := &message{id: cloud.UUID(), attributes: in.MessageAttributes, bytes: in.size(), published: time.Now(), trace: cloud.OriginOf(ctx).Trace, texts: texts}
	if in.Subject != nil {
		m.subject = *in.Subject
	}
	if in.MessageGroupId != nil {
		m.group = *in.MessageGroupId
	}
	if in.MessageDeduplicationId != nil {
		m.deduplicationID = *in.MessageDeduplicationId
	}
	return m, nil
}

// checkAttributes checks the attributes of a message that is within what the prefix says.
func (in messageInput) checkAttributes(prefix string) error {
	for _, name := range slices.Sorted(maps.Keys(in.MessageAttributes)) {
		if err := checkAttribute(prefix, name, in.MessageAttributes[name]); err != nil {
			return err
		}
	}
	return nil
}

// texts are what the message says, by protocol.
func (in messageInput) texts() (map[string]string, error) {
	switch in.MessageStructure {
	case "":
		return map[string]string{"default": in.Message}, nil
	case "json":
	default:
		return nil, invalid("MessageStructure")
	}
	var members map[string]any
	if err := json.Unmarshal([]byte(in.Message), &members); err != nil {
		return nil, invalid("Message Structure - JSON message body failed to parse")
	}
	texts := map[string]string{}
	for protocol, value := range members { // what is no text is nobody's
		if text, ok := value.(string); ok {
			texts[protocol] = text
		}
	}
	if _, ok := texts["default"]; !ok {
		return nil, invalid("Message Structure - No default entry in JSON message body")
	}
	return texts, nil
}

func (in messageInput) size() int {
	n := len(in.Message)
	for name, a := range in.MessageAttributes {
		n += len(name) + len(a.DataType) + len(a.BinaryValue)
		if a.StringValue != nil {
			n += len(*a.StringValue)
		}
	}
	return n
}

type publishBatchInput struct {
	TopicArn                   string
	PublishBatchRequestEntries []struct {
		Id string
		messageInput
	}
}

type publishBatchOutput struct {
	Successful []batchSuccess
	Failed     []batchFailure
}

type batchSuccess struct {
	Id string
	publishOutput
}

type batchFailure struct {
	Id, Code, Message string
	SenderFault       bool
}

func (s *SNS) publishBatch(ctx context.Context, caller cloud.Caller, in publishBatchInput) (any, error) {
	t, err := s.open(caller, "sns:Publish", in.TopicArn)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	for i := range in.PublishBatchRequestEntries { // of which one makes the whole batch fail
		entry := &in.PublishBatchRequestEntries[i].messageInput
		if _, err := entry.texts(); err != nil {
			return nil, err
		}
		if err := entry.checkAttributes(fmt.Sprintf("publishBatchRequestEntries.%d.member.", i+1)); err != nil {
			return nil, err
		}
		if err := t.checkIDs(entry); err != nil {
			return nil, err
		}
	}
	output := publishBatchOutput{Successful: []batchSuccess{}, Failed: []batchFailure{}}
	for _, entry := range in.PublishBatchRequestEntries {
		m, err := entry.message(ctx)
		if err != nil {
			e := cloud.AsError(err)
			output.Failed = append(output.Failed, batchFailure{entry.Id, e.Code, e.Message, true})
			continue
		}
		output.Successful = append(output.Successful, batchSuccess{entry.Id, s.accept(ctx, t, m)})
	}
	return output, nil
}

func (in publishBatchInput) check() error {
	entries := in.PublishBatchRequestEntries
	if len(entries) == 0 {
		return cloud.Errorf(400, "EmptyBatchRequest", "The batch request doesn't contain any entries.")
	}
	if len(entries) > 10 {
		return cloud.Errorf(400, "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
	}
	seen, size := map[string]bool{}, 0
	for _, entry := range entries {
		switch {
		case entry.Id == "":
			return cloud.Errorf(400, "InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification.")
		case len(entry.Id) > 80:
			return cloud.Errorf(400, "InvalidBatchEntryId", "The Id of a batch entry in the batch request is too long: %s", entry.Id)
		case !topicName.MatchString(entry.Id): // names of topics and ids have the same characters
			return cloud.Errorf(400, "InvalidBatchEntryId", "The Id of a batch entry in the batch request contains an impermissible character: %s", entry.Id)
		}
		if seen[entry.Id] {
			return cloud.Errorf(400, "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
		}
		seen[entry.Id] = true
		size += entry.size()
	}
	if size > maxBytes {
		return cloud.Errorf(400, "BatchRequestTooLong", "The length of all the messages put together is more than the limit.")
	}
	return nil
}
