package sqs

// This file moves messages from a dead-letter queue back to where they came from.

import (
	"context"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// moveTask is a finished task, as ListMessageMoveTasks answers it.
type moveTask struct {
	TaskHandle                        string
	Status                            string
	SourceArn                         string
	DestinationArn                    string `json:",omitempty"`
	ApproximateNumberOfMessagesMoved  int
	ApproximateNumberOfMessagesToMove int
	StartedTimestamp                  int64 // milliseconds
}

type moveInput struct {
	SourceArn      string
	DestinationArn string // default: the queue that each message came from
	MaxResults     *int   // of ListMessageMoveTasks; default: 1
}

// startMessageMoveTask moves all visible messages at once, whatever
// MaxNumberOfMessagesPerSecond says. Each becomes a new message, as on AWS:
// with another id, another time of sending, and no receives. Those of a group
// come back in their order.
func (s *SQS) startMessageMoveTask(_ context.Context, caller cloud.Caller, in moveInput) (any, error) {
	for _, permission := range []string{"StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		if err := s.cloud.Authorize(caller, "sqs:"+permission, in.SourceArn); err != nil {
			return nil, err
		}
	}
	source, err := s.deadLetterQueue(in.SourceArn)
	if err != nil {
		return nil, err
	}
	for _, arn := range s.destinations(source, in.DestinationArn) {
		if err := s.cloud.Authorize(caller, "sqs:SendMessage", arn); err != nil {
			return nil, err
		}
		target := s.queueByARN(arn)
		if target == nil {
			return nil, noSuchResource(arn)
		}
		if (target.history == nil) != (source.history == nil) {
			return nil, invalid("Source queue and destination queue must be of the same type.")
		}
	}
	task := moveTask{TaskHandle: cloud.UUID(), Status: "COMPLETED", SourceArn: source.arn, DestinationArn: in.DestinationArn, StartedTimestamp: time.Now().UnixMilli()}
	for _, m := range source.drain() {
		task.ApproximateNumberOfMessagesToMove++
		if s.move(m, source, in.DestinationArn) {
			task.ApproximateNumberOfMessagesMoved++
		} else {
			task.Status = "FAILED"
		}
	}
	source.mu.Lock()
	source.moves = append(source.moves, task)
	source.mu.Unlock()
	return map[string]string{"TaskHandle": task.TaskHandle}, nil
}

// move sends a drained message on. One that was sent to the dead-letter queue
// directly has nowhere to go back to, and stays.
func (s *SQS) move(m *message, source *queue, destination string) bool {
	if destination == "" {
		destination = m.deadLetterSource
	}
	target := s.queueByARN(destination)
	if target == nil {
		source.put(m, 0)
		return false
	}
	target.put(&message{
		id: cloud.UUID(), body: m.body, attributes: m.attributes, md5OfAttributes: m.md5OfAttributes,
		systemAttributes: m.systemAttributes, sender: m.sender, sent: time.Now(), groupID: m.groupID, deduplicationID: m.deduplicationID,
	}, 0)
	return true
}

// destinations are the queues that a task may send to.
func (s *SQS) destinations(source *queue, chosen string) []string {
	if chosen != "" {
		return []string{chosen}
	}
	var arns []string
	for _, q := range s.sorted() {
		if q.redrivesTo(source) {
			arns = append(arns, q.arn)
		}
	}
	return arns
}

func (q *queue) redrivesTo(target *queue) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.settings.redrive != nil && q.settings.redrive.target == target.arn
}

// deadLetterQueue finds a queue that some other queue gives messages up to.
func (s *SQS) deadLetterQueue(arn string) (*queue, error) {
	q := s.queueByARN(arn)
	if q == nil {
		return nil, noSuchResource(arn)
	}
	if !slices.ContainsFunc(s.sorted(), func(other *queue) bool { return other.redrivesTo(q) }) {
		return nil, invalid("Source queue must be configured as a Dead Letter Queue.")
	}
	return q, nil
}

func noSuchResource(arn string) error {
	return fail("ResourceNotFoundException", "ResourceNotFoundException", "The resource that you specified for the queue, %s, doesn't exist.", arn)
}

func (s *SQS) listMessageMoveTasks(_ context.Context, caller cloud.Caller, in moveInput) (any, error) {
	if err := s.cloud.Authorize(caller, "sqs:ListMessageMoveTasks", in.SourceArn); err != nil {
		return nil, err
	}
	source, err := s.deadLetterQueue(in.SourceArn)
	if err != nil {
		return nil, err
	}
	count := 1
	if in.MaxResults != nil {
		count = *in.MaxResults
	}
	if count < 1 || count > 10 {
		return nil, invalid("Value %d for parameter MaxResults is invalid. Reason: Must be between 1 and 10.", count)
	}
	source.mu.Lock()
	defer source.mu.Unlock()
	latest := slices.Clone(source.moves)
	slices.Reverse(latest)
	return map[string][]moveTask{"Results": latest[:min(len(latest), count)]}, nil
}
