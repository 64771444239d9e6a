package sqs

// This file sends messages.

import (
	"context"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type sendInput struct {
	target
	messageInput
}

type messageInput struct {
	MessageBody             *string
	DelaySeconds            *int
	MessageAttributes       map[string]attribute `query:"MessageAttribute"`
	MessageSystemAttributes map[string]attribute `query:"MessageSystemAttribute"`
	MessageGroupId          *string              // on a standard queue: the tenant of a fair queue
	MessageDeduplicationId  *string
}

type sendOutput struct {
	MessageId                    string
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string `json:",omitempty"`
	MD5OfMessageSystemAttributes string `json:",omitempty"`
	SequenceNumber               string `json:",omitempty"` // of a FIFO queue
}

func (s *SQS) sendMessage(ctx context.Context, caller cloud.Caller, q *queue, in sendInput) (any, error) {
	output, err := s.send(ctx, caller, q, in.messageInput)
	if err != nil {
		return nil, err
	}
	return output, nil
}

func (s *SQS) send(ctx context.Context, caller cloud.Caller, q *queue, in messageInput) (sendOutput, error) {
	if err := q.checkSend(&in); err != nil {
		return sendOutput{}, err
	}
	id := cloud.UUID()
	m := &message{
		id:               id,
		body:             *in.MessageBody,
		attributes:       in.MessageAttributes,
		md5OfAttributes:  digestAttributes(in.MessageAttributes),
		systemAttributes: withTrace(in.MessageSystemAttributes, cloud.OriginOf(ctx).Trace),
		sender:           senderID(caller),
		sent:             time.Now(),
		cause:            s.cloud.Made(ctx, "message", q.arn, id),
	}
	if in.MessageGroupId != nil {
		m.groupID = *in.MessageGroupId
	}
	if in.MessageDeduplicationId != nil {
		m.deduplicationID = *in.MessageDeduplicationId
	}
	delay := time.Duration(-1)
	if in.DelaySeconds != nil && q.history == nil {
		delay = time.Duration(*in.DelaySeconds) * time.Second
	}
	answer, duplicate := q.send(m, delay)
	if duplicate {
		q.count(s.metrics.deduplicated, 1)
	}
	q.count(s.metrics.sent, 1)
	s.metrics.sentBytes.Observe(q.dimensions, float64(size(m.body, m.attributes)))
	return sendOutput{
		MessageId:                    answer.id,
		SequenceNumber:               answer.sequence,
		MD5OfMessageBody:             digest(m.body),
		MD5OfMessageAttributes:       m.md5OfAttributes,
		MD5OfMessageSystemAttributes: digestAttributes(in.MessageSystemAttributes),
	}, nil
}

// withTrace adds the trace that the request itself belongs to, unless the sender
// names one.
func withTrace(attributes map[string]attribute, trace string) map[string]attribute {
	if _, named := attributes[traceHeader]; named || trace == "" {
		return attributes
	}
	return map[string]attribute{traceHeader: {DataType: "String", StringValue: &trace}}
}

func (q *queue) checkSend(in *messageInput) error {
	if in.MessageBody == nil || *in.MessageBody == "" {
		return missing("MessageBody")
	}
	if err := q.checkIDs(in); err != nil {
		return err
	}
	if d := in.DelaySeconds; d != nil && (*d < 0 || *d > int(maxDelay.Seconds())) {
		return invalid("Value %d for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= %d.", *d, int(maxDelay.Seconds()))
	}
	if bad, found := unsendable(*in.MessageBody); found {
		return fail("InvalidMessageContents", "InvalidMessageContents", "Invalid binary character '#x%X' was found in the message body, "+allowedCharacters, bad)
	}
	if err := checkAttributes(in.MessageAttributes); err != nil {
		return err
	}
	if err := checkSystemAttributes(in.MessageSystemAttributes); err != nil {
		return err
	}
	limit := q.current().maxBytes
	if size(*in.MessageBody, in.MessageAttributes) > limit {
		return invalid("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", limit)
	}
	return nil
}

type sendBatchInput struct {
	target
	Entries []sendEntry `query:"SendMessageBatchRequestEntry"`
}

type sendEntry struct {
	Id string
	messageInput
}

type sendBatchOutput struct {
	Successful []sendBatchResult `xml:"SendMessageBatchResultEntry" flat:"Name"`
	Failed     []batchError      `json:",omitempty" xml:"BatchResultErrorEntry" flat:"Name"`
}

type sendBatchResult struct {
	Id string
	sendOutput
}

func (s *SQS) sendMessageBatch(ctx context.Context, caller cloud.Caller, q *queue, in sendBatchInput) (any, error) {
	ids := make([]string, len(in.Entries))
	total := 0
	for i, entry := range in.Entries {
		ids[i] = entry.Id
		if entry.MessageBody != nil {
			total += size(*entry.MessageBody, entry.MessageAttributes)
		}
	}
	if err := checkBatch(ids); err != nil {
		return nil, err
	}
	if total > maxBytes {
		return nil, fail("BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong",
			"Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBytes, total)
	}
	if err := q.checkEntryIDs(in.Entries); err != nil {
		return nil, err
	}
	output := sendBatchOutput{Successful: []sendBatchResult{}}
	for _, entry := range in.Entries {
		sent, err := s.send(ctx, caller, q, entry.messageInput)
		if err != nil {
			output.Failed = append(output.Failed, newBatchError(entry.Id, err))
			continue
		}
		output.Successful = append(output.Successful, sendBatchResult{entry.Id, sent})
	}
	return output, nil
}

const maxEntries = 10

// checkBatch holds for the ids of every kind of batch.
func checkBatch(ids []string) error {
	if len(ids) == 0 {
		return fail("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest", "There should be at least one entry in the request.")
	}
	if len(ids) > maxEntries {
		return fail("TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
			"Maximum number of entries per request are %d. You have sent %d.", maxEntries, len(ids))
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if !validEntryID(id) {
			return fail("InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId",
				"A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		if seen[id] {
			return fail("BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Id %s repeated.", id)
		}
		seen[id] = true
	}
	return nil
}

func validEntryID(id string) bool {
	return id != "" && len(id) <= 80 && strings.IndexFunc(id, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}) < 0
}

// senderID is the SenderId of a caller: its unique id, or the account of one that has none.
func senderID(caller cloud.Caller) string {
	if caller.ID != "" {
		return caller.ID
	}
	_, rest, _ := strings.Cut(caller.ARN, "::")
	if account, _, ok := strings.Cut(rest, ":"); ok {
		return account
	}
	return caller.ARN
}
