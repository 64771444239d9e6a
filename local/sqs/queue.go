package sqs

// This file is a queue in memory. Visible messages wait in a line, hidden ones
// (delayed or in flight) in a heap by the time they come back, and all of them
// in a heap by the time they expire: no operation looks at more messages than
// it moves.

import (
	"container/heap"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/fifo"
)

// maxInFlight is how many received messages of a queue may be undeleted at a time.
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
	line       line
	history    *history // nil for a standard queue
	past       cloud.Past[change]
	hidden     messageHeap
	expiry     messageHeap
	counts     [gone + 1]int // of messages, by state
	arrivals   int           // how many messages were put here
	tags       map[string]string
	deleted    bool
	moves      []*moveTask   // of messages out of this queue, oldest first
	changed    chan struct{} // closed when waiting receivers should look again; nil if none waits
	queueByARN func(arn string) *queue

	used       time.Time // by the last call
	reported   level     // to CloudWatch
	reportedAt time.Time
}

func newQueue(name, arn string, settings settings, queueByARN func(arn string) *queue) *queue {
	now := time.Now()
	q := &queue{
		name: name, arn: arn, dimensions: map[string]string{"QueueName": name},
		created: now, modified: now, used: now,
		settings:   settings,
		messages:   map[string]*message{},
		hidden:     messageHeap{time: func(m *message) time.Time { return m.hiddenUntil }, index: func(m *message) *int { return &m.hiddenIndex }},
		expiry:     messageHeap{time: func(m *message) time.Time { return m.expires }, index: func(m *message) *int { return &m.expiryIndex }},
		queueByARN: queueByARN,
		line:       &unordered{},
	}
	if settings.fifo {
		groups := newGroups()
		q.line, q.history = groups, &history{groups: groups}
	}
	return q
}

// current are the queue's settings as they are now.
func (q *queue) current() settings {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.settings
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
	q.insert(m, delay)
}

// send is put for a new message. A FIFO queue answers one that it remembers as
// it did before, and takes nothing in.
func (q *queue) send(m *message, delay time.Duration) (answer accepted, duplicate bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	answer = accepted{id: m.id}
	if q.history != nil {
		now, key := time.Now(), q.settings.scope(m)
		if before, ok := q.history.sent.Find(key, now); ok {
			return before, true
		}
		m.sequence = q.history.sequence.Next(now)
		answer.sequence = m.sequence
		q.history.sent.Keep(key, answer, now)
	}
	q.insert(m, delay)
	return answer, false
}

func (q *queue) insert(m *message, delay time.Duration) {
	if delay < 0 {
		delay = q.settings.delay
	}
	q.Changed()
	now := time.Now()
	if q.history != nil && m.sequence == "" {
		m.sequence = q.history.sequence.Next(now)
	}
	m.expires = m.sent.Add(q.settings.retention)
	m.arrived, m.receivesBefore = now, m.receives
	q.arrivals++
	m.order, m.state = q.arrivals, gone
	q.messages[m.id] = m
	heap.Push(&q.expiry, m)
	if delay > 0 {
		q.move(m, delayed, now.Add(delay))
	} else {
		q.move(m, visible, time.Time{})
	}
	q.wake()
}

// move gives a message another state; until counts for hidden ones.
func (q *queue) move(m *message, to state, until time.Time) {
	then := m.standing
	then.state, then.hiddenUntil = to, until
	q.place(m, then)
}

// place lets a message be in the queue as it is from now on.
func (q *queue) place(m *message, to standing) {
	was, at := m.standing, time.Now()
	switch { // as of when, if the queue has been left alone meanwhile
	case to.state == gone && m.expires.Before(at):
		at = m.expires
	case to.state != gone && was.state.hidden() && was.hiddenUntil.Before(at):
		at = was.hiddenUntil
	}
	if was.state.hidden() {
		heap.Remove(&q.hidden, m.hiddenIndex)
	}
	m.standing = to
	if to.state.hidden() {
		heap.Push(&q.hidden, m)
	}
	q.counts[was.state]--
	q.counts[to.state]++
	q.line.moved(m, was.state)
	q.past.Note(at, change{m, was, to.state})
}

// remove takes a message out of the queue.
func (q *queue) remove(m *message) {
	q.Changed()
	q.move(m, gone, time.Time{})
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
		q.move(q.hidden.first(), visible, time.Time{})
	}
}

// become gives the queue other settings. They count for the messages that are in
// it too: their age, and how often they may be received; and in a FIFO queue the delay.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
func (q *queue) become(to settings) {
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(now)
	retimed := q.history != nil && to.delay != q.settings.delay
	q.settings, q.modified = to, now
	for _, m := range q.messages {
		m.expires = m.sent.Add(to.retention)
		if retimed && m.state == delayed {
			q.past.Note(now, change{m, m.standing, delayed})
			m.hiddenUntil = m.arrived.Add(to.delay)
		}
	}
	heap.Init(&q.hidden) // the other heap is in order: all expire so long after they were sent
	q.wake()
}

// delete removes the message of a receipt. A receipt that a later receive has
// replaced deletes nothing, and no error of a standard queue says so: the
// consumer was too slow. A FIFO queue says so, and as soon as the message is
// visible again, since others of its group may be under way by then.
func (q *queue) delete(r receipt) (deleted bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(time.Now())
	m, ok := q.messages[r.message]
	switch {
	case !ok:
		return false, nil
	case q.history != nil && !m.heldBy(r):
		return false, invalid("Value %s for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.", r.handle())
	case m.receives != r.receive:
		return false, nil
	}
	q.remove(m)
	q.wake() // one less in flight
	return true, nil
}

// changeVisibility hides the message of a receipt for timeout from now on. A
// standard queue hides it also if it is visible again, or if a later receive
// has hidden it.
func (q *queue) changeVisibility(r receipt, timeout time.Duration) error {
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(now)
	m, ok := q.messages[r.message]
	if !ok {
		return invalid("Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.", r.handle())
	}
	if q.history != nil && !m.heldBy(r) {
		return fail("MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight", "The message referred to isn't in flight.")
	}
	if now.Add(timeout).After(m.lastReceived.Add(maxVisibility)) {
		return invalid("Value %d for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [%d seconds].", int(timeout.Seconds()), int(maxVisibility.Seconds()))
	}
	if timeout == 0 {
		q.move(m, visible, time.Time{})
	} else {
		q.move(m, inFlight, now.Add(timeout))
	}
	q.wake()
	return nil
}

// purge removes all messages and what is remembered of them, at most once a
// minute.
func (q *queue) purge() error {
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	if now.Sub(q.purged) < time.Minute {
		err := fail("PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.name)
		err.Status = 403
		return err
	}
	q.purged = now
	for _, m := range q.messages {
		q.remove(m)
	}
	if q.history != nil {
		q.history.sent = fifo.Memory[accepted]{}
	}
	return nil
}
