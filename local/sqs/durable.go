package sqs

// This file keeps messages from run to run.

import (
	"errors"
	"io"
	"iter"
	"slices"
	"time"
)

// savedMessage is a message as the next run finds it: in flight no more.
type savedMessage struct {
	ID               string
	Body             string
	Attributes       map[string]attribute `json:",omitempty"`
	SystemAttributes map[string]attribute `json:",omitempty"`
	Sender           string
	Sent             time.Time
	GroupID          string    `json:",omitempty"`
	DeadLetterSource string    `json:",omitempty"`
	Receives         int       `json:",omitempty"`
	FirstReceived    time.Time `json:",omitzero"`
	LastReceived     time.Time `json:",omitzero"`
	DelayedUntil     time.Time `json:",omitzero"`
}

// Snapshot implements cloud.Durable: the messages in flight first, since they
// have waited longest.
func (q *queue) Snapshot() iter.Seq[any] {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(time.Now())
	saved := make([]any, 0, len(q.messages))
	hidden := slices.Clone(q.hidden.messages)
	slices.SortFunc(hidden, func(a, b *message) int { return a.sent.Compare(b.sent) })
	for _, m := range hidden {
		saved = append(saved, m.saved())
	}
	for e := q.visible.Front(); e != nil; e = e.Next() {
		saved = append(saved, e.Value.(*message).saved())
	}
	return slices.Values(saved)
}

func (m *message) saved() *savedMessage {
	s := &savedMessage{
		ID: m.id, Body: m.body, Attributes: m.attributes, SystemAttributes: m.systemAttributes,
		Sender: m.sender, Sent: m.sent, GroupID: m.groupID, DeadLetterSource: m.deadLetterSource,
		Receives: m.receives, FirstReceived: m.firstReceived, LastReceived: m.lastReceived,
	}
	if m.delayed {
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
		q.put(&message{
			id: s.ID, body: s.Body, attributes: s.Attributes, md5OfAttributes: digestAttributes(s.Attributes),
			systemAttributes: s.SystemAttributes, sender: s.Sender, sent: s.Sent, groupID: s.GroupID,
			deadLetterSource: s.DeadLetterSource, receives: s.Receives, firstReceived: s.FirstReceived, lastReceived: s.LastReceived,
		}, max(0, time.Until(s.DelayedUntil)))
	}
}
