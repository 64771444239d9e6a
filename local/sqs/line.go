package sqs

// This file is how messages wait: the states that they are in, the line from
// which a standard queue hands them out, and the heaps of their times.

import (
	"container/list"
	"time"
)

// state is where a message is in its queue.
type state int

const (
	visible  state = iota // may be received
	delayed               // hidden since it was sent
	inFlight              // hidden since it was received
	gone                  // in no queue: not yet, or not any more
)

func (s state) hidden() bool { return s == delayed || s == inFlight }

// line decides which message is received next.
type line interface {
	// moved tells that a message has come from another state. A new one was gone before.
	moved(m *message, from state)

	// next returns a message that may be received now, or nil. One call may
	// receive several; after is the last of them, or nil.
	next(after *message) *message

	// inOrder returns all messages in the order in which another run of the
	// engine should find them.
	inOrder(messages map[string]*message) []*message
}

// unordered is the line of a standard queue: visible messages, those first that
// have been visible for longest.
type unordered struct{ visible list.List }

var _ line = (*unordered)(nil)

func (u *unordered) moved(m *message, from state) {
	if from == visible {
		u.visible.Remove(m.place)
	}
	if m.state == visible {
		m.place = u.visible.PushBack(m)
	}
}

func (u *unordered) next(*message) *message {
	if u.visible.Len() == 0 {
		return nil
	}
	return u.visible.Front().Value.(*message)
}

// inOrder puts the hidden messages first, since they have waited longest.
func (u *unordered) inOrder(messages map[string]*message) []*message {
	all := make([]*message, 0, len(messages))
	for _, m := range messages {
		if m.state.hidden() {
			all = append(all, m)
		}
	}
	sortBySent(all)
	for e := u.visible.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(*message))
	}
	return all
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
	return m
}
