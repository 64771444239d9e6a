package sns

// This file is FIFO topics: each message is taken in once, and each subscription
// gets those of a group one after the other, in their order.

import (
	"context"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/fifo"
)

// Values of FifoThroughputScope. Nothing is throttled here: the scope is that of
// deduplication.
const (
	perTopic = "Topic"
	perGroup = "MessageGroup"
)

type fifoTopic struct {
	mu       sync.Mutex
	sequence fifo.Sequence
	known    fifo.Memory[publishOutput] // by deduplication id, within its scope
	lanes    map[laneKey]*lane          // with a delivery under way
}

// A lane is the messages of a group that wait for one subscription.
type lane struct{ waiting []delivery }

type laneKey struct{ subscription, group string }

type delivery struct {
	sub     *subscription
	message *message
}

// checkIDs checks what a publisher says of groups and deduplication, and fills
// the deduplication id of a FIFO topic in.
func (t *topic) checkIDs(in *messageInput) error {
	if t.fifo == nil && in.MessageDeduplicationId != nil {
		return invalid("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type")
	}
	if t.fifo != nil {
		if in.MessageGroupId == nil {
			return invalid("The MessageGroupId parameter is required for FIFO topics")
		}
		if in.MessageDeduplicationId == nil {
			if !t.settings.Load().contentBased {
				return invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
			}
			id := fifo.ContentID(in.Message)
			in.MessageDeduplicationId = &id
		}
	}
	for _, id := range []struct {
		name  string
		value *string
	}{{"MessageGroupId", in.MessageGroupId}, {"MessageDeduplicationId", in.MessageDeduplicationId}} {
		if id.value != nil && !fifo.ValidID(*id.value) {
			return invalid("%s Reason: %s can only include alphanumeric and punctuation characters. 1 to 128 in length.", id.name, id.name)
		}
	}
	return nil
}

// acceptInOrder takes a message of a FIFO topic in, unless it is known.
func (s *SNS) acceptInOrder(t *topic, m *message) publishOutput {
	f := t.fifo
	f.mu.Lock()
	defer f.mu.Unlock()
	now, key := time.Now(), m.deduplicationID
	if t.settings.Load().scope == perGroup {
		key = m.group + "\n" + key
	}
	if before, ok := f.known.Find(key, now); ok {
		return before
	}
	m.sequence = f.sequence.Next(now)
	output := publishOutput{m.id, m.sequence}
	f.known.Keep(key, output, now)
	for _, sub := range s.wanting(t, m) {
		s.enqueue(t, laneKey{sub.arn, m.group}, delivery{sub, m})
	}
	return output
}

// enqueue puts a delivery at the end of its lane, under the topic's lock, and
// starts the lane if nothing is under way in it.
func (s *SNS) enqueue(t *topic, key laneKey, d delivery) {
	if l, busy := t.fifo.lanes[key]; busy {
		l.waiting = append(l.waiting, d)
		return
	}
	l := &lane{waiting: []delivery{d}}
	t.fifo.lanes[key] = l
	s.cloud.Go(func(ctx context.Context) {
		for d, ok := t.fifo.next(key); ok && ctx.Err() == nil; d, ok = t.fifo.next(key) {
			s.deliver(ctx, t, d.sub, d.message)
		}
	})
}

// next takes the first delivery out of a lane, which ends with the last.
func (f *fifoTopic) next(key laneKey) (delivery, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.lanes[key]
	if len(l.waiting) == 0 {
		delete(f.lanes, key)
		return delivery{}, false
	}
	d := l.waiting[0]
	l.waiting = l.waiting[1:]
	return d, true
}
