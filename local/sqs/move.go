package sqs

// This file moves messages from a dead-letter queue back to where they came from.

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// moveTask is a task. Its fields belong to the queue that it moves messages out
// of, under its lock.
type moveTask struct {
	id          string
	destination string // or empty: the queue that each message came from
	perSecond   int    // or 0: all at once
	status      string
	failure     string
	moved       int
	toMove      int
	started     time.Time
}

// States of a task.
const (
	running   = "RUNNING"
	completed = "COMPLETED"
	cancelled = "CANCELLED"
	failed    = "FAILED"
)

// toldTask is a task as ListMessageMoveTasks tells it.
type toldTask struct {
	TaskHandle                        string `json:",omitempty"` // of one that runs
	Status                            string
	SourceArn                         string
	DestinationArn                    string `json:",omitempty"`
	MaxNumberOfMessagesPerSecond      int    `json:",omitempty"`
	ApproximateNumberOfMessagesMoved  int
	ApproximateNumberOfMessagesToMove int
	FailureReason                     string `json:",omitempty"`
	StartedTimestamp                  int64  // milliseconds
}

// taskHandle is what a handle says, in base64.
type taskHandle struct {
	TaskID    string `json:"taskId"`
	SourceARN string `json:"sourceArn"`
}

func (h taskHandle) String() string {
	text, err := json.Marshal(h)
	if err != nil {
		panic(err) // two texts
	}
	return base64.StdEncoding.EncodeToString(text)
}

type startMoveInput struct {
	SourceArn                    string
	DestinationArn               string // default: the queue that each message came from
	MaxNumberOfMessagesPerSecond *int
}

// maxMoves is how many messages a second a task may be limited to.
const maxMoves = 500

// startMessageMoveTask moves the visible messages: all at once, or so many a
// second. Each becomes a new message, as on AWS: with another id, another time
// of sending, and no receives. Those of a group come back in their order.
func (s *SQS) startMessageMoveTask(_ context.Context, caller cloud.Caller, in startMoveInput) (any, error) {
	for _, permission := range []string{"StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		if err := s.cloud.Authorize(caller, "sqs:"+permission, in.SourceArn); err != nil {
			return nil, err
		}
	}
	source, err := s.deadLetterQueue(in.SourceArn)
	if err != nil {
		return nil, err
	}
	if err := s.checkDestinations(caller, source, in.DestinationArn); err != nil {
		return nil, err
	}
	task := &moveTask{id: cloud.UUID(), destination: in.DestinationArn, status: running, started: time.Now()}
	if n := in.MaxNumberOfMessagesPerSecond; n != nil {
		if *n < 1 || *n > maxMoves {
			return nil, invalid("Value %d for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and %d.", *n, maxMoves)
		}
		task.perSecond = *n
	}
	if err := source.begin(task); err != nil {
		return nil, err
	}
	if task.perSecond == 0 {
		source.moveSome(task, task.toMove)
		source.complete(task)
	} else {
		s.cloud.Go(func(ctx context.Context) { source.moveSlowly(ctx, task) })
	}
	return map[string]string{"TaskHandle": taskHandle{task.id, source.arn}.String()}, nil
}

func (s *SQS) checkDestinations(caller cloud.Caller, source *queue, chosen string) error {
	for _, arn := range s.destinations(source, chosen) {
		if err := s.cloud.Authorize(caller, "sqs:SendMessage", arn); err != nil {
			return err
		}
		target := s.queueByARN(arn)
		if target == nil {
			return noSuchResource("DestinationArn")
		}
		if (target.history == nil) != (source.history == nil) {
			return invalid("Source queue and destination queue must be of the same type.")
		}
	}
	return nil
}

// begin notes a task, unless another one is at work.
func (q *queue) begin(task *moveTask) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(time.Now())
	if slices.ContainsFunc(q.moves, func(other *moveTask) bool { return other.status == running }) {
		return invalid("There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
	}
	task.toMove = q.counts[visible]
	q.moves = append(q.moves, task)
	return nil
}

// complete ends a task that still runs.
func (q *queue) complete(task *moveTask) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if task.status == running {
		task.status = completed
	}
}

func (q *queue) moveSlowly(ctx context.Context, task *moveTask) {
	for q.moveSome(task, task.perSecond) {
		if !cloud.Sleep(ctx, time.Second) {
			return
		}
	}
	q.complete(task)
}

// moveSome moves so many messages and tells whether there may be more.
func (q *queue) moveSome(task *moveTask, most int) bool {
	for range most {
		m, target := q.takeFor(task)
		if m == nil {
			return false
		}
		target.put(&message{
			id: cloud.UUID(), body: m.body, attributes: m.attributes, md5OfAttributes: m.md5OfAttributes,
			systemAttributes: m.systemAttributes, sender: m.sender, sent: time.Now(), groupID: m.groupID, deduplicationID: m.deduplicationID, cause: m.cause,
		}, 0)
	}
	return true
}

// takeFor takes a message out of the queue for a task that still runs, and finds
// where it goes; nil if there is none, or the task has seen to all that were there
// when it began. One that was sent to the dead-letter queue directly has nowhere
// to go back to: it stays where it is in the line, and the task has failed.
func (q *queue) takeFor(task *moveTask) (m *message, target *queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(time.Now())
	m = q.line.next(nil)
	if m == nil || task.status != running || task.moved == task.toMove {
		return nil, nil
	}
	target = q.queueByARN(cmp.Or(task.destination, m.deadLetterSource))
	if target == nil {
		task.status, task.failure = failed, "AWS.SimpleQueueService.NonExistentQueue"
		return nil, nil
	}
	q.remove(m)
	task.moved++
	return m, target
}

// cancelMessageMoveTask stops a task; what it has moved stays moved.
func (s *SQS) cancelMessageMoveTask(_ context.Context, caller cloud.Caller, in struct{ TaskHandle string }) (any, error) {
	var handle taskHandle
	text, err := base64.StdEncoding.DecodeString(in.TaskHandle)
	if err != nil || json.Unmarshal(text, &handle) != nil || handle.SourceARN == "" {
		return nil, invalid("Value for parameter TaskHandle is invalid.")
	}
	if err := s.cloud.Authorize(caller, "sqs:CancelMessageMoveTask", handle.SourceARN); err != nil {
		return nil, err
	}
	source := s.queueByARN(handle.SourceARN)
	if source == nil {
		return nil, noSuchResource("SourceArn")
	}
	source.mu.Lock()
	defer source.mu.Unlock()
	place := slices.IndexFunc(source.moves, func(task *moveTask) bool { return task.id == handle.TaskID && task.status == running })
	if place < 0 {
		return nil, resourceNotFound("Task does not exist.")
	}
	source.moves[place].status = cancelled
	return map[string]int{"ApproximateNumberOfMessagesMoved": source.moves[place].moved}, nil
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
	redrive := q.current().redrive
	return redrive != nil && redrive.target == target.arn
}

// deadLetterQueue finds a queue that some other queue gives messages up to.
func (s *SQS) deadLetterQueue(arn string) (*queue, error) {
	q := s.queueByARN(arn)
	if q == nil {
		return nil, noSuchResource("SourceArn")
	}
	if !slices.ContainsFunc(s.sorted(), func(other *queue) bool { return other.redrivesTo(q) }) {
		return nil, invalid("Source queue must be configured as a Dead Letter Queue.")
	}
	return q, nil
}

func noSuchResource(parameter string) error {
	return resourceNotFound("The resource that you specified for the %s parameter doesn't exist.", parameter)
}

func resourceNotFound(format string, args ...any) error {
	err := fail("ResourceNotFoundException", "ResourceNotFoundException", format, args...)
	err.Status = 404
	return err
}

func (s *SQS) listMessageMoveTasks(_ context.Context, caller cloud.Caller, in struct {
	SourceArn  string
	MaxResults *int // default: 1
}) (any, error) {
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
	told := []toldTask{}
	for _, task := range slices.Backward(source.moves) {
		if len(told) < count {
			told = append(told, task.told(source.arn))
		}
	}
	return map[string][]toldTask{"Results": told}, nil
}

func (t *moveTask) told(source string) toldTask {
	told := toldTask{
		Status: t.status, SourceArn: source, DestinationArn: t.destination, MaxNumberOfMessagesPerSecond: t.perSecond,
		ApproximateNumberOfMessagesMoved: t.moved, ApproximateNumberOfMessagesToMove: t.toMove, FailureReason: t.failure,
		StartedTimestamp: t.started.UnixMilli(),
	}
	if t.status == running {
		told.TaskHandle = taskHandle{t.id, source}.String()
	}
	return told
}
