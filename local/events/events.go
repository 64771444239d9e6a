// Package events is Amazon EventBridge for the local engine: event buses,
// rules by pattern and by schedule, input transformers, and targets with
// retries and dead-letter queues.
//
// Targets are Lambda functions, SQS queues, SNS topics, state machines and
// other event buses (targetkind.go); anything else is refused when the template
// is loaded.
package events

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/httpcall"
	"github.com/tradepost-dev/tradepost/local/match"
	"github.com/tradepost-dev/tradepost/local/schedule"
)

// principal is EventBridge as a caller.
const principal = "events.amazonaws.com"

// defaultBus is the bus that every account has, and AWS services emit to.
const defaultBus = "default"

// EventBridge is the service, and the engine's cloud.Bus.
type EventBridge struct {
	cloud.Operations

	cloud   *cloud.Cloud
	metrics metrics

	changing sync.Mutex // whoever changes rules by calls

	connections connections
	calls       *httpcall.Calls // of API destinations
	patience    time.Duration   // with their endpoints

	mu           sync.RWMutex
	buses        map[string]*bus         // by name
	archives     map[string]*archive     // by name
	replays      map[string]*replay      // by name
	destinations map[string]*destination // by name
	tags         map[string][]cloud.Tag  // of rules and buses, by ARN
}

var (
	_ cloud.Bus = (*EventBridge)(nil)
	_ cloud.API = (*EventBridge)(nil)
)

// bus is an event bus. Its rules are replaced as a whole, never changed.
type bus struct {
	name, arn         string
	description       string
	created, modified time.Time
	policies          []busPart
	rules             []*rule // by name
}

// rule is a rule that exists; it does not change, but for stop.
type rule struct {
	name, arn, bus string
	said           ruleProperties
	description    string
	role           string // for targets that name none
	enabled        bool
	overhears      bool           // also events of calls that only look at something
	pattern        *match.Pattern // nil for a rule that only has a schedule
	patternText    string
	schedule       string
	when           schedule.Schedule // nil for a rule that only has a pattern
	targets        []*target

	managed string // by which service that alone changes it; empty: by none

	stop func() // its schedule; guarded by the service's lock
}

// New returns EventBridge with the default bus.
func New(c *cloud.Cloud) *EventBridge {
	s := &EventBridge{
		cloud:        c,
		metrics:      newMetrics(c),
		connections:  connections{cloud: c, byName: map[string]*connection{}},
		buses:        map[string]*bus{},
		archives:     map[string]*archive{},
		replays:      map[string]*replay{},
		destinations: map[string]*destination{},
		calls:        httpcall.NewCalls(),
		patience:     callTimeout,
		tags:         map[string][]cloud.Tag{},
	}
	s.Operations = cloud.Operations{
		"CancelReplay":           cloud.Handle(s.cancelReplay),
		"CreateApiDestination":   cloud.Handle(s.createDestinationByCall),
		"CreateArchive":          cloud.Handle(s.createArchiveByCall),
		"CreateEventBus":         cloud.Handle(s.createBusByCall),
		"DeleteApiDestination":   cloud.Handle(s.deleteDestination),
		"DeleteArchive":          cloud.Handle(s.deleteArchive),
		"DeleteEventBus":         cloud.Handle(s.deleteBus),
		"DeleteRule":             cloud.Handle(s.deleteRule),
		"DescribeApiDestination": cloud.Handle(s.describeDestination),
		"DescribeArchive":        cloud.Handle(s.describeArchive),
		"DescribeEventBus":       cloud.Handle(s.describeBus),
		"DescribeReplay":         cloud.Handle(s.describeReplay),
		"DescribeRule":           cloud.Handle(s.describeRule),
		"DisableRule":            cloud.Handle(s.disableRule),
		"EnableRule":             cloud.Handle(s.enableRule),
		"ListApiDestinations":    cloud.Handle(s.listDestinations),
		"ListArchives":           cloud.Handle(s.listArchives),
		"ListEventBuses":         cloud.Handle(s.listBuses),
		"ListReplays":            cloud.Handle(s.listReplays),
		"ListRuleNamesByTarget":  cloud.Handle(s.listRuleNamesByTarget),
		"ListRules":              cloud.Handle(s.listRules),
		"ListTagsForResource":    cloud.Handle(s.listTagsForResource),
		"ListTargetsByRule":      cloud.Handle(s.listTargetsByRule),
		"PutEvents":              cloud.Handle(s.putEvents),
		"PutPermission":          cloud.Handle(s.putPermission),
		"PutRule":                cloud.Handle(s.putRule),
		"PutTargets":             cloud.Handle(s.putTargets),
		"RemovePermission":       cloud.Handle(s.removePermission),
		"RemoveTargets":          cloud.Handle(s.removeTargets),
		"StartReplay":            cloud.Handle(s.startReplay),
		"TagResource":            cloud.Handle(s.tagResource).Without("TagKeys"),
		"TestEventPattern":       cloud.Handle(s.testEventPattern),
		"UntagResource":          cloud.Handle(s.untagResource).Without("Tags"),
		"UpdateApiDestination":   cloud.Handle(s.updateDestinationByCall),
		"UpdateArchive":          cloud.Handle(s.updateArchiveByCall),
		"UpdateEventBus":         cloud.Handle(s.updateBusByCall),
	}
	maps.Copy(s.Operations, s.connections.operations())
	now := time.Now()
	s.buses[defaultBus] = &bus{name: defaultBus, arn: s.busARN(defaultBus), created: now, modified: now}
	return s
}

func (s *EventBridge) busARN(name string) string { return s.cloud.ARN("events", "event-bus/"+name) }

// busName returns the name of a bus that may be given by its ARN or not at all.
func busName(nameOrARN string) string {
	if nameOrARN == "" {
		return defaultBus
	}
	return nameOrARN[strings.LastIndex(nameOrARN, "/")+1:]
}

func (s *EventBridge) bus(nameOrARN string) (*bus, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if b := s.buses[busName(nameOrARN)]; b != nil {
		return b, nil
	}
	return nil, cloud.Errorf(400, "ResourceNotFoundException", "Event bus %s does not exist.", busName(nameOrARN))
}

// rules returns the rules of a bus as they are now.
func (s *EventBridge) rules(b *bus) []*rule {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return b.rules
}

// add puts a rule on its bus, where its schedule begins.
func (s *EventBridge) add(b *bus, r *rule) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := b.find(r.name)
	if found {
		return cloud.Errorf(400, "ResourceAlreadyExistsException", "Rule %s already exists on event bus %s.", r.name, b.name)
	}
	b.rules = slices.Insert(slices.Clone(b.rules), i, r)
	s.begin(r)
	return nil
}

func (b *bus) find(name string) (place int, found bool) {
	return slices.BinarySearchFunc(b.rules, name, func(r *rule, name string) int { return strings.Compare(r.name, name) })
}

// begin starts a rule's schedule, under the lock.
func (s *EventBridge) begin(r *rule) {
	r.stop = func() {}
	if r.when != nil && r.enabled {
		r.stop = s.cloud.Start(func(ctx context.Context) { s.keepTime(ctx, r) })
	}
}

// replace puts a rule in the place of the one with its name: there is no moment
// at which an event meets neither.
func (s *EventBridge) replace(b *bus, r *rule) error {
	s.mu.Lock()
	i, found := b.find(r.name)
	if !found {
		s.mu.Unlock()
		return cloud.Errorf(400, "ResourceNotFoundException", "Rule %s does not exist on EventBus %s.", r.name, b.name)
	}
	former := b.rules[i]
	b.rules = slices.Clone(b.rules)
	b.rules[i] = r
	s.begin(r)
	s.mu.Unlock()
	former.stop()
	return nil
}

// remove takes a rule off its bus, and its schedule has ended then.
func (s *EventBridge) remove(b *bus, name string) {
	s.mu.Lock()
	stop := func() {}
	b.rules = slices.DeleteFunc(slices.Clone(b.rules), func(r *rule) bool {
		if r.name == name {
			stop = r.stop
			delete(s.tags, r.arn)
		}
		return r.name == name
	})
	s.mu.Unlock()
	stop()
}

// Emit puts an event on the default bus. It does not wait for targets.
func (s *EventBridge) Emit(e cloud.Event) {
	s.mu.RLock()
	b := s.buses[defaultBus]
	s.mu.RUnlock()
	emitted := s.newEvent(e)
	emitted.happened = s.cloud.Happened(cloud.Cause{Type: "event", Resource: b.arn, ID: emitted.ID, By: e.Source, Of: cloud.Known(e.Cause)})
	s.route(b, emitted)
}

// route delivers an event to the targets of every rule of a bus that it matches.
func (s *EventBridge) route(b *bus, e *event) { s.routeTo(s.rules(b), e) }

func (s *EventBridge) routeTo(rules []*rule, e *event) {
	for _, r := range rules {
		if r.enabled && r.pattern != nil && r.pattern.Matches(e) && (r.overhears || !e.isLook()) {
			r.count(s.metrics.matched)
			s.trigger(r, e)
		}
	}
}

// trigger delivers an event to a rule's targets.
func (s *EventBridge) trigger(r *rule, e *event) {
	r.count(s.metrics.triggered)
	for _, t := range r.targets {
		s.deliverLater(r, t, e)
	}
}

// scheduled is the event of a rule that its schedule triggers.
func (s *EventBridge) scheduled(r *rule, at time.Time) *event {
	e := s.newEvent(cloud.Event{DetailType: "Scheduled Event", Source: "aws.events", Time: at, Resources: []string{r.arn}})
	e.happened = s.cloud.Happened(cloud.Cause{Type: "schedule", Resource: r.arn, At: at})
	return e
}
