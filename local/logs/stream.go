package logs

// This file is log streams and their events.

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// stream is a log stream: of events that were put into it, or of lines that a
// service has logged by itself.
type stream struct {
	name    string
	created time.Time
	events  []event // by time; none of them changes, see add
	lines   Lines
	heard   int64 // the last line that the group's filters have heard of
}

// event is in the order of its time, and of its sequence within the group.
type event struct {
	time     int64 // milliseconds
	sequence int64
	ingested int64 // milliseconds
	message  string
}

// id is the event's id: ids are in the order of events.
func (e event) id() string { return fmt.Sprintf("3%014d%041d", e.time, e.sequence) }

func byTime(a, b event) int {
	return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.sequence, b.sequence))
}

// A Line is what a service has logged by itself.
type Line struct {
	Position int64 // grows from line to line of a stream
	Time     time.Time
	Text     string
}

// Lines are those of a stream from a position on: 0, or that of a line.
type Lines func(from int64) iter.Seq[Line]

// Publish lets a stream have the lines that a service logs by itself; a group that
// is not there is made, as by the service on AWS. A stream of that name that is there
// already stays as it is.
func (l *Logs) Publish(groupName, streamName string, lines Lines) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := l.groups[groupName]
	if g == nil {
		g = l.newGroup(groupName)
		l.groups[groupName] = g
	}
	if g.streams[streamName] == nil {
		g.streams[streamName] = &stream{name: streamName, created: time.Now(), lines: lines, heard: nowhere}
	}
}

// recorded returns the events of the stream. The lock need not be held for what a
// service logs.
func (s *stream) recorded() []event {
	if s.lines == nil {
		return s.events
	}
	return s.logged(0)
}

// logged returns what a service has logged, from a position on.
func (s *stream) logged(from int64) []event {
	var events []event
	for line := range s.lines(from) {
		at := milliseconds(line.Time)
		events = append(events, event{at, line.Position, at, line.Text})
	}
	return events
}

var streamName = regexp.MustCompile(`^[^:*]{1,512}$`)

func checkStreamName(name string) error {
	if len(name) > 512 {
		return errTooLong
	}
	if !streamName.MatchString(name) {
		return invalid("1 validation error detected: Value '%s' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*, and have 1 to 512 characters", name)
	}
	return nil
}

// stream returns a stream of the group.
func (g *group) stream(name string) (*stream, error) {
	if s := g.streams[name]; s != nil {
		return s, nil
	}
	return nil, noStream()
}

func noStream() error {
	return cloud.Errorf(400, "ResourceNotFoundException", "The specified log stream does not exist.")
}

type streamInput struct {
	Group  string `json:"logGroupName"`
	Stream string `json:"logStreamName"`
}

// within runs do on a group, under the lock, if the caller may do that to the stream.
func (l *Logs) within(caller cloud.Caller, action string, in streamInput, do func(*group) error) error {
	if err := checkGroupName(in.Group); err != nil {
		return err
	}
	if err := checkStreamName(in.Stream); err != nil {
		return err
	}
	if err := l.authorize(caller, action, in.Group, in.Stream); err != nil {
		return err
	}
	return l.on(in.Group, do)
}

func (l *Logs) createLogStream(_ context.Context, caller cloud.Caller, in streamInput) (struct{}, error) {
	return struct{}{}, l.within(caller, "CreateLogStream", in, func(g *group) error { return g.addStream(in.Stream) })
}

func (g *group) addStream(name string) error {
	if g.streams[name] != nil {
		return cloud.Errorf(400, "ResourceAlreadyExistsException", "The specified log stream already exists")
	}
	g.streams[name] = &stream{name: name, created: time.Now()}
	return nil
}

func (l *Logs) deleteLogStream(_ context.Context, caller cloud.Caller, in streamInput) (struct{}, error) {
	return struct{}{}, l.within(caller, "DeleteLogStream", in, func(g *group) error {
		s, err := g.stream(in.Stream)
		if err != nil {
			return err
		}
		g.removeStream(s)
		return nil
	})
}

func (g *group) removeStream(s *stream) {
	for _, e := range s.events {
		g.stored -= size(e.message)
	}
	delete(g.streams, s.name)
}

type describeLogStreamsInput struct {
	target
	Prefix     string `json:"logStreamNamePrefix"`
	OrderBy    string `json:"orderBy"` // LogStreamName, the default, or LastEventTime
	Descending bool   `json:"descending"`
	Limit      *int   `json:"limit"`     // 1 to 50, which is the default
	NextToken  string `json:"nextToken"` // how many streams came before
}

type describeLogStreamsOutput struct {
	LogStreams []describedStream `json:"logStreams"`
	NextToken  string            `json:"nextToken,omitempty"`
}

type describedStream struct {
	ARN           string `json:"arn"`
	Created       int64  `json:"creationTime"`
	FirstEvent    int64  `json:"firstEventTimestamp,omitempty"`
	LastEvent     int64  `json:"lastEventTimestamp,omitempty"`
	LastIngestion int64  `json:"lastIngestionTime,omitempty"`
	Name          string `json:"logStreamName"`
	StoredBytes   int    `json:"storedBytes"` // always 0, as on AWS
	Token         string `json:"uploadSequenceToken,omitempty"`
}

func (l *Logs) describeLogStreams(_ context.Context, caller cloud.Caller, in describeLogStreamsInput) (describeLogStreamsOutput, error) {
	out := describeLogStreamsOutput{LogStreams: []describedStream{}}
	name, err := in.target.group()
	if err != nil {
		return out, err
	}
	limit, err := limited(in.Limit, 50, 50)
	switch {
	case err != nil:
		return out, err
	case !slices.Contains([]string{"", "LogStreamName", "LastEventTime"}, in.OrderBy):
		return out, invalid("1 validation error detected: Value '%s' at 'orderBy' failed to satisfy constraint: Member must satisfy enum value set: [LogStreamName, LastEventTime]", in.OrderBy)
	case in.OrderBy == "LastEventTime" && in.Prefix != "":
		return out, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	before := 0
	if in.NextToken != "" {
		if before, err = strconv.Atoi(in.NextToken); err != nil || before < 0 {
			return out, invalidToken()
		}
	}
	if err := l.authorize(caller, "DescribeLogStreams", name, ""); err != nil {
		return out, err
	}
	streams, err := l.streams(name, func(s *stream) bool { return strings.HasPrefix(s.name, in.Prefix) })
	if err != nil {
		return out, err
	}
	for _, s := range streams {
		out.LogStreams = append(out.LogStreams, l.describe(name, s))
	}
	slices.SortFunc(out.LogStreams, func(a, b describedStream) int {
		order := strings.Compare(a.Name, b.Name)
		if in.OrderBy == "LastEventTime" && a.LastEvent != b.LastEvent {
			order = cmp.Compare(a.LastEvent, b.LastEvent)
		}
		if in.Descending {
			order = -order
		}
		return order
	})
	all := out.LogStreams
	first := min(before, len(all))
	last := min(first+limit, len(all))
	out.LogStreams = all[first:last]
	if last < len(all) {
		out.NextToken = strconv.Itoa(last)
	}
	return out, nil
}

// streams returns a group's streams that are wanted, as they are now.
func (l *Logs) streams(groupName string, wanted func(*stream) bool) ([]stream, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g, err := l.find(groupName)
	if err != nil {
		return nil, err
	}
	oldest := milliseconds(g.oldest(time.Now()))
	var found []stream
	for _, s := range g.streams {
		if wanted(s) {
			one := *s
			first, _ := slices.BinarySearchFunc(one.events, oldest, func(e event, at int64) int { return byTime(e, event{time: at}) })
			one.events = one.events[first:]
			found = append(found, one)
		}
	}
	return found, nil
}

func (l *Logs) describe(groupName string, s stream) describedStream {
	d := describedStream{ARN: l.arn(groupName) + ":log-stream:" + s.name, Created: milliseconds(s.created), Name: s.name}
	if events := s.recorded(); len(events) > 0 {
		last := events[len(events)-1]
		d.FirstEvent, d.LastEvent, d.LastIngestion = events[0].time, last.time, last.ingested
		d.Token = fmt.Sprint(last.sequence)
	}
	return d
}
