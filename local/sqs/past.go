package sqs

// This file tells how many messages a queue had.

import (
	"time"
)

// passage is one message's from a state to another.
type passage struct{ from, to state }

// countsAt is how many messages were in each state an age ago.
func (q *queue) countsAt(age time.Duration) (counts [gone + 1]int, err error) {
	if age == 0 {
		return q.counts, nil
	}
	passages, err := q.past.Since(age)
	if err != nil {
		return counts, err
	}
	counts = q.counts
	for _, p := range passages {
		counts[p.What.from]++
		counts[p.What.to]--
	}
	return counts, nil
}
