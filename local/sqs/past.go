package sqs

// This file tells which messages a queue had, and how many. Who looks at them so takes
// none: nobody notices it.

import (
	"container/heap"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// change is one of how a message is in its queue.
type change struct {
	message *message
	was     standing
	to      state
}

// size is what only the change keeps, in bytes: a message that is gone.
func (c change) size() int {
	if c.to != gone {
		return 0
	}
	return size(c.message.body, c.message.attributes)
}

// countsAt is how many messages were in each state at a moment; the zero time is now.
func (q *queue) countsAt(then time.Time) (counts [gone + 1]int, err error) {
	changes, err := q.past.Since(then)
	if err != nil {
		return counts, err
	}
	counts = q.counts
	for _, c := range changes {
		counts[c.What.was.state]++
		counts[c.What.to]--
	}
	return counts, nil
}

const (
	// maxLook is how many messages one look tells at most.
	maxLook = 1000

	// maxLookSize is how large they may be together, in bytes, but for the last one.
	maxLookSize = 4 << 20
)

// seen is a message as somebody sees it who looks at the queue.
type seen struct {
	*message
	standing
}

// look answers with messages as they are or were, in the order in which they have come.
func (q *queue) look(ctx context.Context, in receiveInput) (any, error) {
	most, after := 1, 0
	if n := in.MaxNumberOfMessages; n != nil {
		most = *n
	}
	if most < 1 || most > maxLook {
		return nil, invalid("Value %d for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and %d, if one looks as of a moment.", most, maxLook)
	}
	if place := cloud.AfterOf(ctx); place != "" {
		var err error
		if after, err = strconv.Atoi(place); err != nil {
			return nil, invalid("%q is the Place of no message.", place)
		}
	}
	found, err := q.seenAt(cloud.AsOfMoment(ctx), after, most)
	if err != nil {
		return nil, err
	}
	output, room := receiveOutput{}, maxLookSize
	system := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	for _, m := range found {
		if room <= 0 {
			break
		}
		room -= size(m.body, m.attributes)
		output.Messages = append(output.Messages, m.delivery().answer(system, in.MessageAttributeNames))
		cloud.Tell(ctx, m.cause.Named(m.id))
	}
	return output, nil
}

// earliest keeps those messages that have come first, so many at most. Of a long queue
// it costs no more than to go through it.
type earliest struct {
	most int
	kept latestFirst
}

func (e *earliest) add(s seen) {
	switch {
	case len(e.kept) < e.most:
		heap.Push(&e.kept, s)
	case s.order < e.kept[0].order:
		e.kept[0] = s
		heap.Fix(&e.kept, 0)
	}
}

// latestFirst is a heap of messages.
type latestFirst []seen

func (l latestFirst) Len() int           { return len(l) }
func (l latestFirst) Less(i, j int) bool { return l[i].order > l[j].order }
func (l latestFirst) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *latestFirst) Push(x any)        { *l = append(*l, x.(seen)) }

func (l *latestFirst) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}

// seenAt are the first messages behind a place that the queue had at a moment; the zero
// time is now.
func (q *queue) seenAt(then time.Time, after, most int) ([]seen, error) {
	found := earliest{most: most}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(time.Now())
	changes, err := q.past.Since(then)
	if err != nil {
		return nil, err
	}
	was := make(map[*message]standing, len(changes)) // of those that have changed since: before they did first
	for _, c := range changes {
		if _, known := was[c.What.message]; !known {
			was[c.What.message] = c.What.was
		}
	}
	for _, m := range q.messages {
		if m.order <= after {
			continue
		}
		if _, changed := was[m]; !changed {
			found.add(seen{m, m.standing})
		}
	}
	for m, was := range was {
		if was.state.hidden() && !was.hiddenUntil.After(then) { // which was noted when somebody used the queue again
			was.state = visible
		}
		if was.state != gone && m.expires.After(then) && m.order > after {
			found.add(seen{m, was})
		}
	}
	slices.SortFunc(found.kept, func(a, b seen) int { return a.order - b.order })
	return found.kept, nil
}

// stateNames are what a look calls the states of a message.
var stateNames = map[state]string{visible: "Visible", delayed: "Delayed", inFlight: "InFlight"}

// delivery is the message as a receiver would get it, with what it would not be told.
func (s seen) delivery() delivery {
	told := map[string]string{"State": stateNames[s.standing.state], "Place": strconv.Itoa(s.order)}
	if s.standing.state.hidden() {
		told["HiddenUntilTimestamp"] = milliseconds(s.standing.hiddenUntil)
	}
	return delivery{message: s.message, receives: s.standing.receives, firstReceived: s.standing.firstReceived, deadLetterSource: s.deadLetterSource, seen: told}
}
