package sqs

// This file keeps messages from run to run.

import (
	"errors"
	"io"
	"iter"
	"slices"
	"time"
)

// savedMessage is a message as the next run finds it, in flight no more, or only
// what a FIFO queue remembers of it.
type savedMessage struct {
	ID               string               `json:",omitempty"`
	Body             string               `json:",omitempty"`
	Attributes       map[string]attribute `json:",omitempty"`
	SystemAttributes map[string]attribute `json:",omitempty"`
	Sender           string               `json:",omitempty"`
	Sent             time.Time            `json:",omitzero"`
	GroupID          string               `json:",omitempty"`
	DeduplicationID  string               `json:",omitempty"`
	Sequence         string               `json:",omitempty"`
	DeadLetterSource string               `json:",omitempty"`
	Receives         int                  `json:",omitempty"`
	FirstReceived    time.Time            `json:",omitzero"`
	LastReceived     time.Time            `json:",omitzero"`
	DelayedUntil     time.Time            `json:",omitzero"`

	Remembered *savedSend `json:",omitempty"`
}

// savedSend is how a sender was answered.
type savedSend struct {
	Key      string
	ID       string
	Sequence string
	At       time.Time
}

// Snapshot implements cloud.Durable.
func (q *queue) Snapshot() iter.Seq[any] {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	q.settle(now)
	saved := make([]any, 0, len(q.messages))
	for _, m := range q.line.inOrder(q.messages) {
		saved = append(saved, m.saved())
	}
	if q.history != nil {
		for r := range q.history.sent.All(now) {
			saved = append(saved, &savedMessage{Remembered: &savedSend{r.Key, r.Entry.id, r.Entry.sequence, r.At}})
		}
	}
	return slices.Values(saved)
}

func (m *message) saved() *savedMessage {
	s := &savedMessage{
		ID: m.id, Body: m.body, Attributes: m.attributes, SystemAttributes: m.systemAttributes,
		Sender: m.sender, Sent: m.sent, GroupID: m.groupID, DeduplicationID: m.deduplicationID, Sequence: m.sequence, DeadLetterSource: m.deadLetterSource,
		Receives: m.receives, FirstReceived: m.firstReceived, LastReceived: m.lastReceived,
	}
	if m.state == delayed {
		s.DelayedUntil = m.hiddenUntil
	}
	return s
}

// Restore implements cloud.Durable.
func (q *queue) Restore(next func(record any) error) error {
	for {
		var s savedMessage
		err := next(&s)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if s.Remembered != nil {
			q.remember(*s.Remembered)
			continue
		}
		q.put(s.message(), max(0, time.Until(s.DelayedUntil)))
	}
}

func (s *savedMessage) message() *message {
	return &message{
		id: s.ID, body: s.Body, attributes: s.Attributes, md5OfAttributes: digestAttributes(s.Attributes),
		systemAttributes: s.SystemAttributes, sender: s.Sender, sent: s.Sent,
		groupID: s.GroupID, deduplicationID: s.DeduplicationID, sequence: s.Sequence,
		deadLetterSource: s.DeadLetterSource, standing: standing{receives: s.Receives, firstReceived: s.FirstReceived}, lastReceived: s.LastReceived,
	}
}

func (q *queue) remember(s savedSend) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.history != nil {
		q.history.sent.Keep(s.Key, accepted{s.ID, s.Sequence}, s.At)
	}
}
