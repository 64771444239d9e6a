package sqs

// This file receives messages, deletes them, and changes how long they stay hidden.

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type receiveInput struct {
	target
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	AttributeNames              []string `query:"AttributeName"` // the older name of the next field
	MessageSystemAttributeNames []string `query:"MessageSystemAttributeName"`
	MessageAttributeNames       []string `query:"MessageAttributeName"`
	ReceiveRequestAttemptId     *string
}

type receivedMessage struct {
	MessageId              string
	ReceiptHandle          string `json:",omitempty"` // of a message that is looked at: none
	MD5OfBody              string
	Body                   string
	Attributes             map[string]string    `json:",omitempty" xml:"Attribute" flat:"Name"`
	MD5OfMessageAttributes string               `json:",omitempty"`
	MessageAttributes      map[string]attribute `json:",omitempty" xml:"MessageAttribute" flat:"Name"`
}

type receiveOutput struct {
	Messages []receivedMessage `json:",omitempty" xml:"Message" flat:"Name"`
}

func (s *SQS) receiveMessage(ctx context.Context, _ cloud.Caller, q *queue, in receiveInput) (any, error) {
	if cloud.IsAsOf(ctx) {
		return q.look(ctx, in)
	}
	o, err := q.order(in)
	if err != nil {
		return nil, err
	}
	deliveries, err := q.receive(ctx, o)
	if err != nil {
		return nil, err
	}
	if len(deliveries) == 0 {
		q.count(s.metrics.emptyReceives, 1)
		return receiveOutput{}, nil
	}
	q.count(s.metrics.received, len(deliveries))
	output := receiveOutput{Messages: make([]receivedMessage, len(deliveries))}
	system := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	for i, d := range deliveries {
		output.Messages[i] = d.answer(system, in.MessageAttributeNames)
		cloud.Tell(ctx, d.cause.Named(d.id)) // which another queue may have given anew
	}
	return output, nil
}

// Idle implements cloud.Idler.
func (s *SQS) Idle(ctx context.Context, caller cloud.Caller, url string, wait time.Duration) bool {
	q, err := s.open(caller, "sqs:ReceiveMessage", url)
	if err != nil {
		return false
	}
	q.use()
	if !q.staysEmpty(ctx, wait) {
		return false
	}
	q.count(s.metrics.emptyReceives, 1)
	return true
}

// order checks what is asked for, and fills in what the queue says of it.
func (q *queue) order(in receiveInput) (order, error) {
	o := order{max: 1, visibility: -1, wait: q.current().wait}
	if n := in.MaxNumberOfMessages; n != nil {
		if *n < 1 || *n > maxEntries {
			return o, invalid("Value %d for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and %d, if provided.", *n, maxEntries)
		}
		o.max = *n
	}
	if in.VisibilityTimeout != nil {
		if err := checkVisibility(*in.VisibilityTimeout); err != nil {
			return o, err
		}
		o.visibility = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	if n := in.WaitTimeSeconds; n != nil {
		o.wait = time.Duration(*n) * time.Second
		if o.wait < 0 || o.wait > maxWait {
			return o, invalid("Value %d for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= %d, if provided.", *n, int(maxWait.Seconds()))
		}
	}
	if id := in.ReceiveRequestAttemptId; id != nil {
		if q.history == nil {
			return o, notForThisType("ReceiveRequestAttemptId", *id)
		}
		o.attempt = *id
	}
	return o, checkID("ReceiveRequestAttemptId", in.ReceiveRequestAttemptId)
}

// answer is the delivery with the attributes that were asked for.
func (d delivery) answer(system, names []string) receivedMessage {
	answer := receivedMessage{
		MessageId:     d.id,
		ReceiptHandle: d.handle,
		MD5OfBody:     digest(d.body),
		Body:          d.body,
		Attributes:    d.system(system),
	}
	answer.MessageAttributes = selectAttributes(d.attributes, names)
	if len(answer.MessageAttributes) == len(d.attributes) {
		answer.MD5OfMessageAttributes = d.md5OfAttributes
	} else {
		answer.MD5OfMessageAttributes = digestAttributes(answer.MessageAttributes)
	}
	return answer
}

func (d delivery) system(names []string) map[string]string {
	if len(names) == 0 {
		return nil
	}
	all := map[string]string{
		"SenderId":                d.sender,
		"SentTimestamp":           milliseconds(d.sent),
		"ApproximateReceiveCount": strconv.Itoa(d.receives),
	}
	if d.receives > 0 {
		all["ApproximateFirstReceiveTimestamp"] = milliseconds(d.firstReceived)
	}
	maps.Copy(all, d.seen)
	if d.deadLetterSource != "" {
		all["DeadLetterQueueSourceArn"] = d.deadLetterSource
	}
	if d.groupID != "" {
		all["MessageGroupId"] = d.groupID
	}
	if d.sequence != "" {
		all["MessageDeduplicationId"] = d.deduplicationID
		all["SequenceNumber"] = d.sequence
	}
	if trace, ok := d.systemAttributes[traceHeader]; ok {
		all[traceHeader] = *trace.StringValue
	}
	if slices.Contains(names, "All") {
		return all
	}
	chosen := map[string]string{}
	for _, name := range names {
		if value, ok := all[name]; ok {
			chosen[name] = value
		}
	}
	return chosen
}

func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// selectAttributes knows the patterns "All", "*", ".*", "prefix.*" and plain names.
func selectAttributes(attributes map[string]attribute, names []string) map[string]attribute {
	if len(attributes) == 0 || len(names) == 0 {
		return nil
	}
	chosen := map[string]attribute{}
	for name, a := range attributes {
		if slices.ContainsFunc(names, func(pattern string) bool {
			prefix, isPrefix := strings.CutSuffix(pattern, ".*")
			return pattern == "All" || pattern == "*" || pattern == name || isPrefix && strings.HasPrefix(name, prefix)
		}) {
			chosen[name] = a
		}
	}
	return chosen
}

func checkVisibility(seconds int) error {
	if most := int(maxVisibility.Seconds()); seconds < 0 || seconds > most {
		return invalid("Value %d for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and %d.", seconds, most)
	}
	return nil
}

// receipt reads a handle that must be of this queue.
func (q *queue) receipt(handle string) (receipt, error) {
	if handle == "" {
		return receipt{}, missing("ReceiptHandle")
	}
	r, err := parseHandle(handle)
	if err == nil && r.queue != q.name {
		err = invalidHandle(handle)
	}
	return r, err
}

type deleteInput struct {
	target
	ReceiptHandle string
}

func (s *SQS) deleteMessage(_ context.Context, _ cloud.Caller, q *queue, in deleteInput) (any, error) {
	r, err := q.receipt(in.ReceiptHandle)
	if err != nil {
		return nil, err
	}
	deleted, err := q.delete(r)
	if deleted {
		q.count(s.metrics.deleted, 1)
	}
	return struct{}{}, err
}

type batchOutput struct {
	Successful []batchID    `xml:"DeleteMessageBatchResultEntry" flat:"Name"`
	Failed     []batchError `json:",omitempty" xml:"BatchResultErrorEntry" flat:"Name"`
}

type batchID struct{ Id string }

// batch runs one request for each entry and sorts out which failed.
func batch[Entry any](entries []Entry, id func(Entry) string, run func(Entry) error) (batchOutput, error) {
	ids := make([]string, len(entries))
	for i, entry := range entries {
		ids[i] = id(entry)
	}
	if err := checkBatch(ids); err != nil {
		return batchOutput{}, err
	}
	output := batchOutput{Successful: []batchID{}}
	for i, entry := range entries {
		if err := run(entry); err != nil {
			output.Failed = append(output.Failed, newBatchError(ids[i], err))
			continue
		}
		output.Successful = append(output.Successful, batchID{ids[i]})
	}
	return output, nil
}

type deleteEntry struct{ Id, ReceiptHandle string }

type deleteBatchInput struct {
	target
	Entries []deleteEntry `query:"DeleteMessageBatchRequestEntry"`
}

func (s *SQS) deleteMessageBatch(_ context.Context, _ cloud.Caller, q *queue, in deleteBatchInput) (any, error) {
	deleted := 0
	output, err := batch(in.Entries, func(e deleteEntry) string { return e.Id }, func(e deleteEntry) error {
		r, err := q.receipt(e.ReceiptHandle)
		if err != nil {
			return err
		}
		done, err := q.delete(r)
		if done {
			deleted++
		}
		return err
	})
	q.count(s.metrics.deleted, deleted)
	return output, err
}

type visibilityInput struct {
	target
	visibilityChange
}

type visibilityChange struct {
	ReceiptHandle     string
	VisibilityTimeout *int
}

type visibilityEntry struct {
	Id string
	visibilityChange
}

func (s *SQS) changeMessageVisibility(_ context.Context, _ cloud.Caller, q *queue, in visibilityInput) (any, error) {
	return struct{}{}, q.change(in.visibilityChange)
}

type visibilityBatchInput struct {
	target
	Entries []visibilityEntry `query:"ChangeMessageVisibilityBatchRequestEntry"`
}

type visibilityBatchOutput struct {
	Successful []batchID    `xml:"ChangeMessageVisibilityBatchResultEntry" flat:"Name"`
	Failed     []batchError `json:",omitempty" xml:"BatchResultErrorEntry" flat:"Name"`
}

func (s *SQS) changeMessageVisibilityBatch(_ context.Context, _ cloud.Caller, q *queue, in visibilityBatchInput) (any, error) {
	output, err := batch(in.Entries, func(e visibilityEntry) string { return e.Id }, func(e visibilityEntry) error { return q.change(e.visibilityChange) })
	return visibilityBatchOutput(output), err
}

func (q *queue) change(in visibilityChange) error {
	r, err := q.receipt(in.ReceiptHandle)
	if err != nil {
		return err
	}
	if in.VisibilityTimeout == nil {
		return missing("VisibilityTimeout")
	}
	if err := checkVisibility(*in.VisibilityTimeout); err != nil {
		return err
	}
	return q.changeVisibility(r, time.Duration(*in.VisibilityTimeout)*time.Second)
}
