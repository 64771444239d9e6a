package sqs

// This file is a queue in memory. Visible messages wait in a list, hidden ones
// (delayed or in flight) in a heap by the time they come back, and all of them
// in a heap by the time they expire: no operation looks at more messages than
// it moves.

import (
	"container/heap"
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxInFlight is how many received messages of a standard queue may be
// undeleted at a time.
const maxInFlight = 120_000

type queue struct {
	cloud.Changes // of the messages

	name       string
	arn        string
	dimensions map[string]string // of its metrics
	created    time.Time

	mu         sync.Mutex
	settings   settings
	modified   time.Time
	purged     time.Time
	messages   map[string]*message // by id
	visible    list.List           // of *message, oldest first
	hidden     messageHeap
	expiry     messageHeap
	delayed    int           // how many of hidden were never received
	moves      []moveTask    // of messages out of this queue, oldest first
	changed    chan struct{} // closed when waiting receivers should look again; nil if none waits
	queueByARN func(arn string) *queue

	used       time.Time // by the last call
	reported   level     // to CloudWatch
	reportedAt time.Time

	senders sync.Map // of callers' ARNs to the SenderId that their messages share
}

func newQueue(name, arn string, settings settings, queueByARN func(arn string) *queue) *queue {
	now := time.Now()
	return &queue{
		name: name, arn: arn, dimensions: map[string]string{"QueueName": name},
		created: now, modified: now, used: now,
		settings:   settings,
		messages:   map[string]*message{},
		hidden:     messageHeap{time: func(m *message) time.Time { return m.hiddenUntil }, index: func(m *message) *int { return &m.hiddenIndex }},
		expiry:     messageHeap{time: func(m *message) time.Time { return m.expires }, index: func(m *message) *int { return &m.expiryIndex }},
		queueByARN: queueByARN,
	}
}

// use notes that the queue is of use to somebody.
func (q *queue) use() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.used = time.Now()
}

// put takes in a message that nobody else holds. A negative delay stands for
// the queue's own.
func (q *queue) put(m *message, delay time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if delay < 0 {
		delay = q.settings.delay
	}
	q.Changed()
	m.expires = m.sent.Add(q.settings.retention)
	m.arrived, m.receivesBefore = time.Now(), m.receives
	m.hiddenIndex = -1
	q.messages[m.id] = m
	heap.Push(&q.expiry, m)
	if delay > 0 {
		m.delayed = true
		q.delayed++
		q.hide(m, time.Now().Add(delay))
	} else {
		m.visible = q.visible.PushBack(m)
	}
	q.wake()
}

func (q *queue) hide(m *message, until time.Time) {
	m.hiddenUntil = until
	heap.Push(&q.hidden, m)
}

// unhide takes a message out of the heap of hidden ones.
func (q *queue) unhide(m *message) {
	heap.Remove(&q.hidden, m.hiddenIndex)
	if m.delayed {
		m.delayed = false
		q.delayed--
	}
}

// remove takes a message out of the queue.
func (q *queue) remove(m *message) {
	q.Changed()
	if m.visible != nil {
		q.visible.Remove(m.visible)
		m.visible = nil
	} else {
		q.unhide(m)
	}
	heap.Remove(&q.expiry, m.expiryIndex)
	delete(q.messages, m.id)
}

func (q *queue) wake() {
	if q.changed != nil {
		close(q.changed)
		q.changed = nil
	}
}

// settle brings the queue up to now: expired messages go, hidden ones whose
// time has come are visible again.
func (q *queue) settle(now time.Time) {
	for q.expiry.Len() > 0 && !q.expiry.first().expires.After(now) {
		q.remove(q.expiry.first())
	}
	for q.hidden.Len() > 0 && !q.hidden.first().hiddenUntil.After(now) {
		m := q.hidden.first()
		q.unhide(m)
		m.visible = q.visible.PushBack(m)
	}
}

// delivery is a received message as it was at that moment.
type delivery struct {
	*message
	handle           string
	receives         int
	firstReceived    time.Time
	deadLetterSource string
}

// receive waits up to wait for the first message and takes up to max of them.
// A negative visibility stands for the queue's own. When the context ends
// there is nothing to receive.
func (q *queue) receive(ctx context.Context, max int, visibility, wait time.Duration) ([]delivery, error) {
	deadline := time.Now().Add(wait)
	for {
		now := time.Now()
		got := q.take(now, max, visibility)
		q.giveUp(got)
		if len(got.deliveries) > 0 {
			return got.deliveries, nil
		}
		if got.full && wait == 0 {
			return nil, fail("OverLimit", "OverLimit", "The queue has %d messages in flight, which is the maximum.", maxInFlight)
		}
		if !now.Before(deadline) {
			return nil, nil
		}
		if err := q.waitForChange(ctx, deadline); err != nil {
			return nil, err
		}
	}
}

// waitForChange returns when the queue may have something to receive, or at
// the deadline.
func (q *queue) waitForChange(ctx context.Context, deadline time.Time) error {
	q.mu.Lock()
	if q.visible.Len() > 0 && q.inFlight() < maxInFlight {
		q.mu.Unlock()
		return nil
	}
	if q.changed == nil {
		q.changed = make(chan struct{})
	}
	changed := q.changed
	if q.hidden.Len() > 0 && q.hidden.first().hiddenUntil.Before(deadline) {
		deadline = q.hidden.first().hiddenUntil
	}
	q.mu.Unlock()

	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-changed:
		return nil
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// haul is what one look at the queue yields.
type haul struct {
	deliveries []delivery
	dead       []*message // received too often, and out of the queue by now
	deadTarget string     // ARN of the queue they belong to
	full       bool       // the limit of messages in flight is reached
}

// take receives up to max visible messages.
func (q *queue) take(now time.Time, max int, visibility time.Duration) (got haul) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(now)
	if visibility < 0 {
		visibility = q.settings.visibility
	}
	for len(got.deliveries) < max && q.visible.Len() > 0 {
		if q.inFlight() >= maxInFlight {
			got.full = true
			break
		}
		m := q.visible.Front().Value.(*message)
		if r := q.settings.redrive; r != nil && m.receives >= r.maxReceiveCount {
			q.remove(m)
			got.dead, got.deadTarget = append(got.dead, m), r.target
			continue
		}
		q.visible.Remove(m.visible)
		m.visible = nil
		q.Changed()
		m.receives++
		m.lastReceived = now
		if m.receives == 1 {
			m.firstReceived = now
		}
		q.hide(m, now.Add(visibility))
		got.deliveries = append(got.deliveries, delivery{
			message:          m,
			handle:           receipt{q.name, m.id, m.receives}.handle(),
			receives:         m.receives,
			firstReceived:    m.firstReceived,
			deadLetterSource: m.deadLetterSource,
		})
	}
	return got
}

// giveUp moves messages to the dead-letter queue. They keep their ids, the
// time they were sent and their receive counts.
func (q *queue) giveUp(got haul) {
	if len(got.dead) == 0 {
		return
	}
	letters := q.queueByARN(got.deadTarget) // there: queues are not deleted, and settings name existing ones
	for _, m := range got.dead {
		m.deadLetterSource = q.arn
		letters.put(m, 0)
	}
}

func (q *queue) inFlight() int { return q.hidden.Len() - q.delayed }

// delete removes the message of a receipt. A receipt that a later receive has
// replaced deletes nothing, and no error says so: the consumer was too slow.
func (q *queue) delete(r receipt) (deleted bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(time.Now())
	m, ok := q.messages[r.message]
	if !ok || m.receives != r.receive {
		return false
	}
	q.remove(m)
	q.wake() // one less in flight
	return true
}

// changeVisibility hides the message of a receipt for timeout from now on.
func (q *queue) changeVisibility(r receipt, timeout time.Duration) error {
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(now)
	m, ok := q.messages[r.message]
	if !ok {
		return invalid("Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.", r.handle())
	}
	if m.visible != nil || m.receives != r.receive {
		return fail("MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight", "The message referred to isn't in flight.")
	}
	if now.Add(timeout).After(m.lastReceived.Add(maxVisibility)) {
		return invalid("Value %d for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [%d seconds].", int(timeout.Seconds()), int(maxVisibility.Seconds()))
	}
	q.unhide(m)
	if timeout == 0 {
		m.visible = q.visible.PushBack(m)
	} else {
		q.hide(m, now.Add(timeout))
	}
	q.wake()
	return nil
}

// purge removes all messages, at most once a minute.
func (q *queue) purge() error {
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	if now.Sub(q.purged) < time.Minute {
		return fail("PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.name)
	}
	q.purged = now
	for _, m := range q.messages {
		q.remove(m)
	}
	return nil
}

// drain takes all visible messages out of the queue.
func (q *queue) drain() []*message {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(time.Now())
	var drained []*message
	for q.visible.Len() > 0 {
		m := q.visible.Front().Value.(*message)
		q.remove(m)
		drained = append(drained, m)
	}
	return drained
}

// counts returns how many messages are visible, in flight and delayed.
func (q *queue) counts() (visible, inFlight, delayed int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(time.Now())
	return q.visible.Len(), q.inFlight(), q.delayed
}

// messageHeap orders messages by one of their times and tells each its place.
type messageHeap struct {
	messages []*message
	time     func(*message) time.Time
	index    func(*message) *int
}

func (h *messageHeap) first() *message    { return h.messages[0] }
func (h *messageHeap) Len() int           { return len(h.messages) }
func (h *messageHeap) Less(i, j int) bool { return h.time(h.messages[i]).Before(h.time(h.messages[j])) }

func (h *messageHeap) Swap(i, j int) {
	h.messages[i], h.messages[j] = h.messages[j], h.messages[i]
	*h.index(h.messages[i]), *h.index(h.messages[j]) = i, j
}

func (h *messageHeap) Push(x any) {
	m := x.(*message)
	*h.index(m) = len(h.messages)
	h.messages = append(h.messages, m)
}

func (h *messageHeap) Pop() any {
	last := len(h.messages) - 1
	m := h.messages[last]
	h.messages[last] = nil
	h.messages = h.messages[:last]
	*h.index(m) = -1
	return m
}
