package sqs

// This file is what a FIFO queue remembers: which messages were sent, so that
// none is taken in twice, and which receives were answered, so that one whose
// answer was lost can be repeated.

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/local/fifo"
)

// history is the memory of a FIFO queue.
type history struct {
	groups   *groups
	sequence fifo.Sequence
	sent     fifo.Memory[accepted]   // by deduplication id, within its scope
	attempts fifo.Memory[[]delivery] // by ReceiveRequestAttemptId
}

// accepted is how a queue has answered a sender.
type accepted struct {
	id       string
	sequence string // of a FIFO queue
}

// scope is the key under which a deduplication id is known.
func (s *settings) scope(m *message) string {
	if s.deduplicationScope == perGroup {
		return m.groupID + "\n" + m.deduplicationID
	}
	return m.deduplicationID
}

// checkIDs checks what only a FIFO queue takes, and fills the deduplication id
// in. The ids of a standard queue's fair use have the same form.
func (q *queue) checkIDs(in *messageInput) error {
	contentBased := q.current().contentBased
	if q.history == nil {
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
			return noDeduplication()
		}
		id := fifo.ContentID(*in.MessageBody)
		in.MessageDeduplicationId = &id
	}
	if err := checkID("MessageGroupId", in.MessageGroupId); err != nil {
		return err
	}
	return checkID("MessageDeduplicationId", in.MessageDeduplicationId)
}

func noDeduplication() error {
	return invalid("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
}

// checkEntryIDs refuses a batch for a FIFO queue as a whole if an entry lacks
// what it needs to be in order.
func (q *queue) checkEntryIDs(entries []sendEntry) error {
	if q.history == nil {
		return nil
	}
	contentBased := q.current().contentBased
	for _, entry := range entries {
		switch {
		case entry.MessageGroupId == nil:
			return invalid("The request must contain the parameter MessageGroupId.")
		case entry.MessageDeduplicationId == nil && !contentBased:
			return noDeduplication()
		}
	}
	return nil
}

// checkID checks the form of an id, if there is one.
func checkID(parameter string, id *string) error {
	if id == nil || fifo.ValidID(*id) {
		return nil
	}
	return invalid("Value %s for parameter %s is invalid. Reason: %s can only include alphanumeric and punctuation characters. 1 to 128 in length.", *id, parameter, parameter)
}

func notForThisType(parameter, value string) error {
	return invalid("Value %s for parameter %s is invalid. Reason: The request include parameter that is not valid for this queue type.", value, parameter)
}
