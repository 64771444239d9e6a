package sqs

// This file is what a FIFO queue remembers: which messages were sent, so that
// none is taken in twice, and which receives were answered, so that one whose
// answer was lost can be repeated.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// deduplicationInterval is for how long a FIFO queue remembers.
const deduplicationInterval = 5 * time.Minute

type fifo struct {
	groups   *groups
	sequence int64
	sent     memory[accepted]   // by deduplication id, within its scope
	attempts memory[[]delivery] // by ReceiveRequestAttemptId
}

// accepted is how a queue has answered a sender.
type accepted struct {
	id       string
	sequence string // of a FIFO queue
}

// memory keeps entries for the deduplication interval.
type memory[E any] struct {
	entries map[string]remembered[E]
	order   []string // keys, oldest first
}

type remembered[E any] struct {
	entry E
	at    time.Time
}

// settle forgets what is too old.
func (m *memory[E]) settle(now time.Time) {
	n := 0
	for _, key := range m.order {
		if now.Sub(m.entries[key].at) < deduplicationInterval {
			break
		}
		delete(m.entries, key)
		n++
	}
	m.order = m.order[n:]
}

func (m *memory[E]) find(key string, now time.Time) (E, bool) {
	m.settle(now)
	r, ok := m.entries[key]
	return r.entry, ok
}

// keep remembers an entry under a key that is not known.
func (m *memory[E]) keep(key string, entry E, at time.Time) {
	if m.entries == nil {
		m.entries = map[string]remembered[E]{}
	}
	m.entries[key] = remembered[E]{entry, at}
	m.order = append(m.order, key)
}

func (m *memory[E]) forget(key string) {
	delete(m.entries, key)
	for i, other := range m.order {
		if other == key {
			m.order = append(m.order[:i:i], m.order[i+1:]...)
			return
		}
	}
}

// next returns the next sequence number: 20 digits that grow from message to
// message, and from run to run.
func (f *fifo) next(now time.Time) string {
	f.sequence = max(f.sequence+1, now.UnixNano())
	return fmt.Sprintf("1%019d", f.sequence)
}

// scope is the key under which a deduplication id is known.
func (s *settings) scope(m *message) string {
	if s.deduplicationScope == perGroup {
		return m.groupID + "\n" + m.deduplicationID
	}
	return m.deduplicationID
}

// contentID is the deduplication id of a body.
func contentID(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// checkIDs checks what only a FIFO queue takes, and fills the deduplication id
// in. The ids of a standard queue's fair use have the same form.
func (q *queue) checkIDs(in *messageInput) error {
	q.mu.Lock()
	contentBased := q.settings.contentBased
	q.mu.Unlock()
	if q.fifo == nil {
		if in.MessageDeduplicationId != nil {
			return notForThisType("MessageDeduplicationId", *in.MessageDeduplicationId)
		}
		return checkID("MessageGroupId", in.MessageGroupId)
	}
	if in.DelaySeconds != nil && *in.DelaySeconds != 0 {
		return notForThisType("DelaySeconds", fmt.Sprint(*in.DelaySeconds))
	}
	if in.MessageGroupId == nil {
		return missing("MessageGroupId")
	}
	if in.MessageDeduplicationId == nil {
		if !contentBased {
			return invalid("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
		}
		id := contentID(*in.MessageBody)
		in.MessageDeduplicationId = &id
	}
	if err := checkID("MessageGroupId", in.MessageGroupId); err != nil {
		return err
	}
	return checkID("MessageDeduplicationId", in.MessageDeduplicationId)
}

// checkID checks the form of an id, if there is one.
func checkID(parameter string, id *string) error {
	if id == nil || *id != "" && len(*id) <= 128 && strings.IndexFunc(*id, func(r rune) bool { return r <= ' ' || r > '~' }) < 0 {
		return nil
	}
	return invalid("Value %s for parameter %s is invalid. Reason: %s can only include alphanumeric and punctuation characters. 1 to 128 in length.", *id, parameter, parameter)
}

func notForThisType(parameter, value string) error {
	return invalid("Value %s for parameter %s is invalid. Reason: The request include parameter that is not valid for this queue type.", value, parameter)
}
