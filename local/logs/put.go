package logs

// This file takes events.

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// The limits of a batch of events.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
const (
	maxBatch      = 10_000
	maxBatchBytes = 1 << 20
	perEvent      = 26 // bytes that each event counts more than its message
	maxAge        = 14 * 24 * time.Hour
	maxAhead      = 2 * time.Hour
	maxSpan       = 24 * time.Hour
)

func size(message string) int { return len(message) + perEvent }

type putLogEventsInput struct {
	streamInput
	Events        []inputEvent `json:"logEvents"`
	SequenceToken string       `json:"sequenceToken"` // of no effect, as on AWS since 2023
}

type inputEvent struct {
	Time    *int64  `json:"timestamp"` // milliseconds
	Message *string `json:"message"`
}

type putLogEventsOutput struct {
	Token    string          `json:"nextSequenceToken"`
	Rejected *rejectedEvents `json:"rejectedLogEventsInfo,omitempty"`
}

// rejectedEvents tells which events were too old or too new, by their places in the batch.
type rejectedEvents struct {
	ExpiredEnd  *int `json:"expiredLogEventEndIndex,omitempty"` // the first that has not expired
	TooOldEnd   *int `json:"tooOldLogEventEndIndex,omitempty"`  // the first that is not too old
	TooNewStart *int `json:"tooNewLogEventStartIndex,omitempty"`
}

func (l *Logs) putLogEvents(_ context.Context, caller cloud.Caller, in putLogEventsInput) (out putLogEventsOutput, err error) {
	if err := in.check(); err != nil {
		return out, err
	}
	err = l.within(caller, "PutLogEvents", in.streamInput, func(g *group) error {
		s, err := g.stream(in.Stream)
		if err != nil {
			return err
		}
		if s.lines != nil {
			return invalid("the log stream %s is written by a service of the local engine", s.name)
		}
		now := time.Now()
		taken, rejected := in.timely(now, g)
		out.Rejected = rejected
		batch := make([]event, len(taken))
		for i, e := range taken {
			g.sequence++
			batch[i] = event{*e.Time, g.sequence, milliseconds(now), *e.Message}
			g.stored += size(*e.Message)
		}
		s.add(batch)
		l.hear(g, s, batch)
		g.trim()
		out.Token = fmt.Sprintf("%056d", g.sequence)
		return nil
	})
	return out, err
}

func (in putLogEventsInput) check() error {
	total := 0
	for i, e := range in.Events {
		switch {
		case e.Time == nil || *e.Time < 0:
			return invalid("1 validation error detected: Value at 'logEvents.%d.member.timestamp' failed to satisfy constraint: Member must be a time from 1970 on", i+1)
		case e.Message == nil || *e.Message == "":
			return invalid("1 validation error detected: Value at 'logEvents.%d.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1", i+1)
		case i > 0 && *e.Time < *in.Events[i-1].Time:
			return invalid("Log events in a single PutLogEvents request must be in chronological order.")
		}
		total += size(*e.Message)
	}
	switch n := len(in.Events); {
	case n == 0 || n > maxBatch:
		return invalid("1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length between 1 and %d, got %d", maxBatch, n)
	case total > maxBatchBytes:
		return invalid("Upload too large: %d bytes exceeds limit of %d", total, maxBatchBytes)
	case time.Duration(*in.Events[n-1].Time-*in.Events[0].Time)*time.Millisecond > maxSpan:
		return invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	}
	return nil
}

// timely returns the events that are neither too old nor too new.
func (in putLogEventsInput) timely(now time.Time, g *group) ([]inputEvent, *rejectedEvents) {
	from := func(t time.Time) int {
		at, _ := slices.BinarySearchFunc(in.Events, milliseconds(t), func(e inputEvent, at int64) int { return cmp.Compare(*e.Time, at) })
		return at
	}
	expired, tooOld := 0, from(now.Add(-maxAge))
	if g.retention > 0 {
		expired = from(g.oldest(now))
	}
	tooNew := from(now.Add(maxAhead).Add(time.Millisecond))
	var rejected rejectedEvents
	if expired > 0 {
		rejected.ExpiredEnd = &expired
	}
	if tooOld > 0 {
		rejected.TooOldEnd = &tooOld
	}
	if tooNew < len(in.Events) {
		rejected.TooNewStart = &tooNew
	}
	first := max(expired, tooOld)
	if first == 0 && tooNew == len(in.Events) {
		return in.Events, nil
	}
	return in.Events[first:tooNew], &rejected
}

// add takes events that are in order. It leaves the events that are there where they
// are, as somebody may be reading them.
func (s *stream) add(batch []event) {
	if n := len(s.events); n == 0 || len(batch) == 0 || byTime(s.events[n-1], batch[0]) < 0 {
		s.events = append(s.events, batch...)
		return
	}
	s.events = slices.Concat(s.events, batch)
	slices.SortFunc(s.events, byTime)
}

// trim drops the group's oldest events while it has more than it keeps.
func (g *group) trim() {
	for g.stored > maxStored {
		var oldest *stream
		for _, s := range g.streams {
			if len(s.events) > 0 && (oldest == nil || byTime(s.events[0], oldest.events[0]) < 0) {
				oldest = s
			}
		}
		g.stored -= size(oldest.events[0].message)
		oldest.events = oldest.events[1:]
	}
}
