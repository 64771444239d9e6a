// Archives: what keeps the events of a bus, to be replayed.

package events

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// maxArchived is how many bytes of events an archive keeps: the last ones. AWS keeps
// all, for as long as the archive says.
const maxArchived = 64 << 20

// keeper is who manages the rule of an archive.
const keeper = "prod.vhs.events.aws.internal"

// archive has what it says under the service's lock.
type archive struct {
	name, arn   string
	bus         *bus
	description string
	pattern     string // as it was given, or empty
	retention   int    // days; 0 is for ever
	created     time.Time

	mu     sync.Mutex
	events []archived // in the order in which they came
	bytes  int
}

type archived struct {
	event cloud.Event
	came  time.Time
	bytes int
}

// size is what an event counts in an archive, as AWS was recorded to count: what its
// entry does, and its time as a text.
func (e *event) size() int {
	size := len(e.Source) + len(e.DetailType) + len(e.Detail) + len("2026-11-28T10:00:00Z")
	for _, resource := range e.Resources {
		size += len(resource)
	}
	return size
}

// keep puts an event into the archive.
func (a *archive) keep(retention int, e *event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	size := e.size()
	a.events, a.bytes = append(a.events, archived{e.Event, time.Now(), size}), a.bytes+size
	a.prune(retention)
}

// prune lets go of what is too old or too much. The archive's lock is held.
func (a *archive) prune(retention int) {
	since := time.Now().AddDate(0, 0, -retention)
	gone := 0
	for _, e := range a.events {
		if (retention == 0 || e.came.After(since)) && a.bytes <= maxArchived {
			break
		}
		a.bytes -= e.bytes
		gone++
	}
	clear(a.events[:gone])
	a.events = a.events[gone:] // a full archive lets go of some with each event: the others stay in their places
}

// between are the events of a time, by time.
func (a *archive) between(retention int, from, until time.Time) []cloud.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.prune(retention)
	var found []cloud.Event
	for _, e := range a.events {
		if !e.event.Time.Before(from.Truncate(time.Second)) && e.event.Time.Before(until) { // events have whole seconds
			found = append(found, e.event)
		}
	}
	slices.SortStableFunc(found, func(a, b cloud.Event) int { return a.Time.Compare(b.Time) })
	return found
}

// rule is what brings events into the archive: a rule of the bus that only the
// service changes. Replayed events are not archived again.
func (s *EventBridge) archiveRule(a *archive, pattern string, retention int) (*rule, error) {
	wanted := jsonvalue.NewObject(1)
	if pattern != "" {
		if _, err := compilePattern(pattern); err != nil {
			return nil, err
		}
		wanted = decodeJSON([]byte(pattern)).(*jsonvalue.Object).Clone() // it is an object: it is a pattern
	}
	wanted.Set("replay-name", []any{jsonvalue.NewObject(1).Set("exists", false)})
	r, err := s.newRule(a.bus, "Events-Archive-"+a.name, ruleProperties{EventPattern: encode(wanted)})
	if err != nil {
		return nil, err
	}
	r.managed = keeper
	target := &target{arn: "arn:aws:events:" + s.cloud.Region + ":::", send: func(_ context.Context, e *event, _ json.RawMessage) error {
		a.keep(retention, e)
		return nil
	}}
	r.targets, r.said.Targets = append(r.targets, target), []targetProperties{{Id: r.name, Arn: target.arn, InputTransformer: &inputTransformer{
		InputPathsMap: map[string]string{},
		InputTemplate: fmt.Sprintf(`{"archive-arn": "%s", "event": <aws.events.event.json>, "ingestion-time": <aws.events.event.ingestion-time>}`, a.arn),
	}}}
	return r, nil
}

// An archiving is what an archive is made by.
type archiving struct {
	Description   string
	EventPattern  string
	RetentionDays int
}

func (d archiving) check() error {
	var v violations
	v.atLeast(0, d.RetentionDays, "retentionDays")
	return v.err()
}

// newArchive makes an archive of the bus of an ARN.
func (s *EventBridge) newArchive(name, source string, d archiving) (*archive, error) {
	if err := checkShort("archiveName", name, 48); err != nil {
		return nil, err
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	b, err := s.bus(source)
	if err != nil {
		return nil, err
	}
	a := &archive{name: name, arn: s.archiveARN(name), bus: b, created: time.Now()}
	a.description, a.pattern, a.retention = d.Description, d.EventPattern, d.RetentionDays
	r, err := s.archiveRule(a, d.EventPattern, d.RetentionDays)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	_, exists := s.archives[name]
	if !exists {
		s.archives[name] = a
	}
	s.mu.Unlock()
	if exists {
		return nil, cloud.Errorf(http.StatusBadRequest, "ResourceAlreadyExistsException", "Archive %s already exists.", name)
	}
	return a, s.add(b, r)
}

// changeArchive gives an archive something else to keep.
func (s *EventBridge) changeArchive(a *archive, change func(d *archiving)) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	s.mu.RLock()
	d := archiving{a.description, a.pattern, a.retention}
	s.mu.RUnlock()
	change(&d)
	if err := d.check(); err != nil {
		return err
	}
	r, err := s.archiveRule(a, d.EventPattern, d.RetentionDays)
	if err != nil {
		return err
	}
	if err := s.replace(a.bus, r); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.description, a.pattern, a.retention = d.Description, d.EventPattern, d.RetentionDays
	return nil
}

// dropArchive deletes an archive with its events.
func (s *EventBridge) dropArchive(a *archive) {
	s.changing.Lock()
	defer s.changing.Unlock()
	s.mu.Lock()
	found := s.archives[a.name] == a
	if found {
		delete(s.archives, a.name)
	}
	s.mu.Unlock()
	if found {
		s.remove(a.bus, "Events-Archive-"+a.name)
	}
}

func (s *EventBridge) archiveARN(name string) string { return s.cloud.ARN("events", "archive/"+name) }

func (s *EventBridge) archive(name string) (*archive, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if a := s.archives[name]; a != nil {
		return a, nil
	}
	return nil, cloud.Errorf(http.StatusBadRequest, "ResourceNotFoundException", "Archive %s does not exist.", name)
}

// openArchive authorizes the caller and finds an archive.
func (s *EventBridge) openArchive(caller cloud.Caller, action, name string) (*archive, error) {
	if err := s.cloud.Authorize(caller, action, s.archiveARN(name)); err != nil {
		return nil, err
	}
	return s.archive(name)
}

// listedArchive is what lists tell.
type listedArchive struct {
	ArchiveName    string
	EventSourceArn string
	State          string
	RetentionDays  int
	SizeBytes      int
	EventCount     int
	CreationTime   cloud.Time
}

type archiveDescription struct {
	listedArchive
	ArchiveArn   string
	Description  string `json:",omitempty"`
	EventPattern string `json:",omitempty"`
}

// describe is what is told, under the service's lock.
func (a *archive) describe() archiveDescription {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.prune(a.retention)
	return archiveDescription{listedArchive{a.name, a.bus.arn, "ENABLED", a.retention, a.bytes, len(a.events), cloud.Time(a.created)}, a.arn, a.description, a.pattern}
}

// sortedArchives are all of them, by name.
func (s *EventBridge) sortedArchives() (all []*archive) {
	for _, name := range slices.Sorted(maps.Keys(s.archives)) {
		all = append(all, s.archives[name])
	}
	return all
}

// filters are what lists of archives and of replays may be asked for, one at a time.
type filters struct{ NamePrefix, EventSourceArn, State string }

func (f filters) check(action string) error {
	given := 0
	for _, filter := range []string{f.NamePrefix, f.EventSourceArn, f.State} {
		if filter != "" {
			given++
		}
	}
	if given > 1 {
		return notValid("At most one filter is allowed for %s. Use either : State, EventSourceArn, or NamePrefix.", action)
	}
	return nil
}

func (f filters) match(name, source, state string) bool {
	return strings.HasPrefix(name, f.NamePrefix) && (f.EventSourceArn == "" || f.EventSourceArn == source) && (f.State == "" || f.State == state)
}
