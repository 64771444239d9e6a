package logs

// This file finds events again.

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/logs/filter"
)

const (
	maxEvents      = 10_000 // of an answer
	maxAnswerBytes = 1 << 20
	maxStreams     = 100 // that FilterLogEvents is asked for
)

type getLogEventsInput struct {
	target
	Stream        string `json:"logStreamName"`
	Start         *int64 `json:"startTime"` // milliseconds, inclusive
	End           *int64 `json:"endTime"`   // milliseconds, exclusive
	Limit         *int   `json:"limit"`
	NextToken     string `json:"nextToken"`
	StartFromHead bool   `json:"startFromHead"`
	Unmask        bool   `json:"unmask"` // nothing is masked here
}

type getLogEventsOutput struct {
	Events   []readEvent `json:"events"`
	Forward  string      `json:"nextForwardToken"`
	Backward string      `json:"nextBackwardToken"`
}

type readEvent struct {
	Time     int64  `json:"timestamp"`
	Message  string `json:"message"`
	Ingested int64  `json:"ingestionTime"`
}

// getLogEvents reads a stream in either direction. A token names the event beside
// which a page begins; at the end of a stream it is the same again.
func (l *Logs) getLogEvents(_ context.Context, caller cloud.Caller, in getLogEventsInput) (getLogEventsOutput, error) {
	out := getLogEventsOutput{Events: []readEvent{}}
	groupName, err := in.target.group()
	if err != nil {
		return out, err
	}
	if err := checkStreamName(in.Stream); err != nil {
		return out, err
	}
	limit, err := limited(in.Limit, maxEvents, maxEvents)
	if err != nil {
		return out, err
	}
	if err := l.authorize(caller, "GetLogEvents", groupName, in.Stream); err != nil {
		return out, err
	}
	found, err := l.streams(groupName, func(s *stream) bool { return s.name == in.Stream })
	if err != nil {
		return out, err
	}
	if len(found) == 0 {
		return out, noStream()
	}
	events := between(found[0].recorded(), in.Start, in.End)
	first, last, err := in.page(events, limit)
	if err != nil {
		return out, err
	}
	for _, e := range events[first:last] {
		out.Events = append(out.Events, readEvent{e.time, e.message, e.ingested})
	}
	out.Forward, out.Backward = "f/"+mark(events, last-1, in.NextToken), "b/"+mark(events, first, in.NextToken)
	return out, nil
}

// page says which events are asked for.
func (in getLogEventsInput) page(events []event, limit int) (first, last int, err error) {
	direction, id, _ := strings.Cut(in.NextToken, "/")
	given := in.NextToken != ""
	at, known := slices.BinarySearchFunc(events, id, func(e event, id string) int { return strings.Compare(e.id(), id) })
	switch {
	case given && (direction != "f" && direction != "b" || len(id) != len(event{}.id())):
		return 0, 0, invalidToken()
	case direction == "f":
		if known {
			at++
		}
		first, last = at, min(at+limit, len(events))
	case direction == "b":
		first, last = max(at-limit, 0), at
	case in.StartFromHead:
		first, last = 0, min(limit, len(events))
	default:
		first, last = max(len(events)-limit, 0), len(events)
	}
	bytes := 0
	for i := range events[first:last] {
		if bytes += size(events[first+i].message); bytes > maxAnswerBytes && i > 0 {
			if direction == "f" || direction == "" && in.StartFromHead {
				return first, first + i, nil
			}
			return last - i, last, nil
		}
	}
	return first, last, nil
}

// mark is the id of the event at a place; without one there, that of the token
// by which the place was found.
func mark(events []event, at int, token string) string {
	if at >= 0 && at < len(events) {
		return events[at].id()
	}
	if _, id, ok := strings.Cut(token, "/"); ok {
		return id
	}
	return event{}.id()
}

// between returns the events of a time.
func between(events []event, start, end *int64) []event {
	index := func(at int64) int {
		i, _ := slices.BinarySearchFunc(events, at, func(e event, at int64) int { return byTime(event{time: e.time}, event{time: at}) })
		return i
	}
	first, last := 0, len(events)
	if start != nil {
		first = index(*start)
	}
	if end != nil {
		last = index(*end)
	}
	return events[first:max(first, last)]
}

type filterLogEventsInput struct {
	target
	Streams     []string `json:"logStreamNames"`
	Prefix      string   `json:"logStreamNamePrefix"`
	Start       *int64   `json:"startTime"` // milliseconds, inclusive
	End         *int64   `json:"endTime"`   // milliseconds, inclusive
	Pattern     string   `json:"filterPattern"`
	Limit       *int     `json:"limit"`
	NextToken   string   `json:"nextToken"`
	Interleaved *bool    `json:"interleaved"` // of no effect, as on AWS since 2019
	Unmask      bool     `json:"unmask"`
}

type filterLogEventsOutput struct {
	Events   []filteredEvent  `json:"events"`
	Searched []searchedStream `json:"searchedLogStreams"` // always empty, as on AWS
	Next     string           `json:"nextToken,omitempty"`
}

type searchedStream struct{}

type filteredEvent struct {
	ID       string `json:"eventId"`
	Ingested int64  `json:"ingestionTime"`
	Stream   string `json:"logStreamName"`
	Message  string `json:"message"`
	Time     int64  `json:"timestamp"`
}

// filterLogEvents searches the streams of a group, in the order of time.
func (l *Logs) filterLogEvents(_ context.Context, caller cloud.Caller, in filterLogEventsInput) (filterLogEventsOutput, error) {
	out := filterLogEventsOutput{Events: []filteredEvent{}, Searched: []searchedStream{}}
	groupName, err := in.target.group()
	if err != nil {
		return out, err
	}
	limit, err := limited(in.Limit, maxEvents, maxEvents)
	if err != nil {
		return out, err
	}
	pattern, err := filter.Parse(in.Pattern)
	switch {
	case err != nil:
		return out, invalid("Invalid filter pattern: %v", err)
	case len(in.Streams) > 0 && in.Prefix != "":
		return out, invalid("LogStreamNames and LogStreamNamePrefix are mutually exclusive parameters.")
	case len(in.Streams) > maxStreams:
		return out, invalid("1 validation error detected: Value at 'logStreamNames' failed to satisfy constraint: Member must have length less than or equal to %d", maxStreams)
	}
	if err := l.authorize(caller, "FilterLogEvents", groupName, ""); err != nil {
		return out, err
	}
	streams, err := l.streams(groupName, func(s *stream) bool {
		return strings.HasPrefix(s.name, in.Prefix) && (len(in.Streams) == 0 || slices.Contains(in.Streams, s.name))
	})
	if err != nil {
		return out, err
	}
	if absent(in.Streams, streams) {
		return out, noStream()
	}
	end := in.End
	if end != nil && *end < math.MaxInt64 {
		after := *end + 1
		end = &after
	}
	for _, s := range streams {
		for _, e := range between(s.recorded(), in.Start, end) {
			if pattern.Matches(e.message) {
				out.Events = append(out.Events, filteredEvent{e.id(), e.ingested, s.name, e.message, e.time})
			}
		}
	}
	slices.SortFunc(out.Events, func(a, b filteredEvent) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Stream, b.Stream))
	})
	return out, out.cut(in.NextToken, limit)
}

// cut leaves the page that a token leads to: of the events after the one that it names.
func (out *filterLogEventsOutput) cut(token string, limit int) error {
	first := 0
	if token != "" {
		id, stream, ok := strings.Cut(token, "/")
		if !ok || len(id) != len(event{}.id()) {
			return invalidToken()
		}
		first, _ = slices.BinarySearchFunc(out.Events, token, func(e filteredEvent, _ string) int {
			return cmp.Or(strings.Compare(e.ID, id), strings.Compare(e.Stream, stream+"\x00"))
		})
	}
	last, bytes := first, 0
	for last < len(out.Events) && last-first < limit {
		if bytes += size(out.Events[last].Message); bytes > maxAnswerBytes && last > first {
			break
		}
		last++
	}
	if last < len(out.Events) {
		end := out.Events[last-1]
		out.Next = fmt.Sprintf("%s/%s", end.ID, end.Stream)
	}
	out.Events = out.Events[first:last]
	return nil
}

// absent tells whether a stream that was asked for is not there.
func absent(names []string, found []stream) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return !slices.ContainsFunc(found, func(s stream) bool { return s.name == name })
	})
}
