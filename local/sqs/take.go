package sqs

// This file takes messages out of a queue for their receivers, and puts those
// that were received too often among the dead letters.

import (
	"context"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// delivery is a received message as it was at that moment.
type delivery struct {
	*message
	handle           string
	receives         int
	firstReceived    time.Time
	deadLetterSource string
	until            time.Time         // when it is visible again
	seen             map[string]string // further attributes of one that is looked at
}

// order is what a receiver asks for.
type order struct {
	max        int
	visibility time.Duration // negative: the queue's own
	wait       time.Duration // for the first message
	attempt    string        // of a FIFO queue; may be empty
}

// receive waits for the first message and takes as many as were ordered. When
// the context ends there is nothing to receive.
func (q *queue) receive(ctx context.Context, o order) ([]delivery, error) {
	deadline := time.Now().Add(o.wait)
	for {
		if q.isGone() {
			return nil, noSuchQueue()
		}
		now := time.Now()
		got := q.take(now, o)
		q.giveUp(got)
		if len(got.deliveries) > 0 {
			return got.deliveries, nil
		}
		if got.full && o.wait == 0 && q.history == nil { // of a FIFO queue's limit no error tells
			return nil, fail("OverLimit", "OverLimit", "The queue has %d messages in flight, which is the maximum.", maxInFlight)
		}
		if !now.Before(deadline) {
			return nil, nil
		}
		if err := q.waitForChange(ctx, deadline); err != nil {
			return nil, err
		}
		cloud.Turn(ctx)
	}
}

// staysEmpty waits for so long, and tells whether there was nothing to receive.
func (q *queue) staysEmpty(ctx context.Context, wait time.Duration) bool {
	deadline := time.Now().Add(wait)
	for !q.isGone() && !q.offers(time.Now()) {
		if !time.Now().Before(deadline) {
			return true
		}
		if q.waitForChange(ctx, deadline) != nil {
			return false
		}
	}
	return false
}

// offers tells whether the queue has a message that is not hidden.
func (q *queue) offers(now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(now)
	return q.line.next(nil) != nil
}

func (q *queue) isGone() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.deleted
}

// waitForChange returns when the queue may have something to receive, or at
// the deadline.
func (q *queue) waitForChange(ctx context.Context, deadline time.Time) error {
	q.mu.Lock()
	if q.line.next(nil) != nil && q.counts[inFlight] < maxInFlight {
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

// take receives visible messages.
func (q *queue) take(now time.Time, o order) (got haul) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(now)
	if o.visibility < 0 {
		o.visibility = q.settings.visibility
	}
	if o.attempt != "" {
		if again := q.repeat(o, now); again != nil {
			return haul{deliveries: again}
		}
	}
	var last *message
	for len(got.deliveries) < o.max {
		m := q.line.next(last)
		if m == nil {
			break
		}
		if q.counts[inFlight] >= maxInFlight {
			got.full = true
			break
		}
		if r := q.settings.redrive; r != nil && r.target != q.arn && m.receives >= r.maxReceiveCount && q.queueByARN(r.target) != nil {
			q.remove(m)
			got.dead, got.deadTarget = append(got.dead, m), r.target
			continue
		}
		got.deliveries = append(got.deliveries, q.deliver(m, now, now.Add(o.visibility)))
		last = m
	}
	if o.attempt != "" && len(got.deliveries) > 0 {
		q.history.attempts.Keep(o.attempt, slices.Clone(got.deliveries), now)
	}
	return got
}

// deliver hides a message until then.
func (q *queue) deliver(m *message, now, until time.Time) delivery {
	q.Changed()
	m.lastReceived = now
	to := standing{inFlight, until, m.receives + 1, m.firstReceived}
	if to.receives == 1 {
		to.firstReceived = now
	}
	q.place(m, to)
	return delivery{
		message:          m,
		handle:           receipt{q.name, m.id, m.receives}.handle(),
		receives:         m.receives,
		firstReceived:    m.firstReceived,
		deadLetterSource: m.deadLetterSource,
		until:            until,
	}
}

// repeat answers an attempt as it was answered before, as long as all of its
// messages are hidden by it, and hides them anew. It returns nil for a new
// attempt, and for one whose messages have been deleted, received or given
// another visibility since.
func (q *queue) repeat(o order, now time.Time) []delivery {
	answered, ok := q.history.attempts.Find(o.attempt, now)
	if !ok {
		return nil
	}
	for _, d := range answered {
		if m := q.messages[d.id]; m == nil || m.state != inFlight || m.receives != d.receives || !m.hiddenUntil.Equal(d.until) {
			q.history.attempts.Forget(o.attempt)
			return nil
		}
	}
	for i := range answered {
		answered[i].until = now.Add(o.visibility)
		q.move(answered[i].message, inFlight, answered[i].until)
	}
	return slices.Clone(answered)
}

// giveUp moves messages to the dead-letter queue. They keep their ids and their
// receive counts, and those of a standard queue the time they were sent: a FIFO
// queue's are retained from now on.
func (q *queue) giveUp(got haul) {
	if len(got.dead) == 0 {
		return
	}
	letters := q.queueByARN(got.deadTarget)
	if letters == nil { // deleted a moment ago
		letters = q
	}
	for _, m := range got.dead {
		letter := *m // an earlier receiver may still be reading the message
		letter.deadLetterSource = q.arn
		if q.history != nil {
			letter.sent = time.Now()
		}
		letters.put(&letter, 0)
	}
}
