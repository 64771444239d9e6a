// EventBridge as JSON calls.

package events

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

type putEventsInput struct{ Entries []putEventsEntry }

type putEventsEntry struct {
	Source, DetailType string
	Detail             json.RawMessage // a string of JSON, or, from a state machine, the object
	Resources          []string
	Time               cloud.Time
	EventBusName       string
	TraceHeader        string // of X-Ray; the request's, if there is none
}

// size is what an entry counts.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/calculate-putevents-entry-size.html
func (e putEventsEntry) size() int {
	size := len(e.Source) + len(e.DetailType) + len(e.detail())
	if !time.Time(e.Time).IsZero() {
		size += 14
	}
	for _, resource := range e.Resources {
		size += len(resource)
	}
	return size
}

// detail is the JSON of the detail, be it given as a text or not.
func (e putEventsEntry) detail() json.RawMessage {
	var text string
	if json.Unmarshal(e.Detail, &text) == nil {
		return json.RawMessage(text)
	}
	return e.Detail
}

type putEventsResult struct {
	EventId      string `json:",omitempty"`
	ErrorCode    string `json:",omitempty"`
	ErrorMessage string `json:",omitempty"`
}

// Limits of PutEvents.
const (
	maxEntries      = 10
	maxEntriesBytes = 1 << 20
)

func (s *EventBridge) putEvents(ctx context.Context, caller cloud.Caller, in putEventsInput) (any, error) {
	if err := in.checkLength(); err != nil {
		return nil, err
	}
	size := 0
	for _, entry := range in.Entries {
		size += entry.size()
		if err := s.cloud.Authorize(caller, "events:PutEvents", s.busARN(busName(entry.EventBusName))); err != nil {
			return nil, err
		}
	}
	if size > maxEntriesBytes {
		return nil, notValid("Total size of the entries in the request is over the limit.")
	}
	output := struct {
		FailedEntryCount int
		Entries          []putEventsResult
	}{}
	for _, entry := range in.Entries {
		entry.TraceHeader = cmp.Or(entry.TraceHeader, cloud.OriginOf(ctx).Trace)
		id, err := s.putEvent(ctx, entry)
		result := putEventsResult{EventId: id}
		if err != nil {
			e := cloud.AsError(err)
			result.ErrorCode, result.ErrorMessage = e.Code, e.Message
			output.FailedEntryCount++
		}
		output.Entries = append(output.Entries, result)
	}
	return output, nil
}

func (in putEventsInput) checkLength() error {
	if n := len(in.Entries); n >= 1 && n <= maxEntries {
		return nil
	}
	entries := make([]string, len(in.Entries))
	for i, e := range in.Entries {
		entries[i] = e.String()
	}
	bound := fmt.Sprintf("less than or equal to %d", maxEntries)
	if len(entries) == 0 {
		bound = "greater than or equal to 1"
	}
	return notValid("1 validation error detected: Value '[%s]' at 'entries' failed to satisfy constraint: Member must have length %s",
		strings.Join(entries, ", "), bound)
}

// String writes an entry as AWS does in its refusals.
func (e putEventsEntry) String() string {
	given := func(value string) string { return cmp.Or(value, "null") }
	at, resources, detail := "null", "null", string(e.Detail)
	if t := time.Time(e.Time); !t.IsZero() {
		at = t.UTC().Format(time.RFC3339)
	}
	if e.Resources != nil {
		resources = "[" + strings.Join(e.Resources, ", ") + "]"
	}
	var text string
	if json.Unmarshal(e.Detail, &text) == nil {
		detail = text
	}
	return fmt.Sprintf("PutEventsRequestEntry(time=%s, source=%s, resources=%s, detailType=%s, detail=%s, eventBusName=%s, traceHeader=%s, kmsKeyIdentifier=null, internalMetadata=null)",
		at, given(e.Source), resources, given(e.DetailType), given(detail), given(e.EventBusName), given(e.TraceHeader))
}

// putEvent routes one entry and returns the id of its event.
func (s *EventBridge) putEvent(ctx context.Context, entry putEventsEntry) (string, error) {
	for _, required := range []struct{ name, value string }{{"Source", entry.Source}, {"DetailType", entry.DetailType}, {"Detail", string(entry.Detail)}} {
		if required.value == "" || required.value == "null" {
			return "", cloud.Errorf(400, "InvalidArgument", "Parameter %s is not valid. Reason: %[1]s is a required argument.", required.name)
		}
	}
	if strings.HasPrefix(entry.Source, "aws.") {
		return "", cloud.Errorf(400, "NotAuthorizedForSourceException", "Not authorized for the source.")
	}
	detail := entry.detail()
	var object map[string]json.RawMessage
	if json.Unmarshal(detail, &object) != nil || object == nil {
		return "", cloud.Errorf(400, "MalformedDetail", "Detail is malformed.")
	}
	e := s.newEvent(cloud.Event{Source: entry.Source, DetailType: entry.DetailType, Detail: detail, Resources: entry.Resources, Time: time.Time(entry.Time)})
	e.trace = entry.TraceHeader
	if b, err := s.bus(entry.EventBusName); err == nil { // AWS takes an event for a bus that is not there as well
		e.happened = s.cloud.Made(ctx, "event", b.arn, e.ID)
		s.route(b, e)
	}
	return e.ID, nil
}

type ruleDescription struct {
	Name, Arn          string
	EventPattern       string `json:",omitempty"`
	ScheduleExpression string `json:",omitempty"`
	State              string
	Description        string `json:",omitempty"`
	RoleArn            string `json:",omitempty"`
	ManagedBy          string `json:",omitempty"`
	EventBusName       string
}

func (r *rule) describe() ruleDescription {
	state := "DISABLED"
	switch {
	case r.overhears:
		state = enabledForLooks
	case r.enabled:
		state = "ENABLED"
	}
	return ruleDescription{
		Name: r.name, Arn: r.arn, EventPattern: r.patternText, ScheduleExpression: r.schedule, State: state,
		Description: r.description, RoleArn: r.role, ManagedBy: r.managed, EventBusName: r.bus,
	}
}

type listRulesInput struct {
	page
	EventBusName, NamePrefix string
}

type listRulesOutput struct {
	Rules     []ruleDescription
	NextToken string `json:",omitempty"`
}

func (s *EventBridge) listRules(_ context.Context, caller cloud.Caller, in listRulesInput) (out listRulesOutput, err error) {
	b, err := s.bus(in.EventBusName)
	if err != nil {
		return out, err
	}
	if err := s.cloud.Authorize(caller, "events:ListRules", s.cloud.ARN("events", "rule/*")); err != nil {
		return out, err
	}
	var all []ruleDescription
	for _, r := range s.rules(b) {
		if strings.HasPrefix(r.name, in.NamePrefix) {
			all = append(all, r.describe())
		}
	}
	out.Rules, out.NextToken, err = pageOf(in.page, all)
	return out, err
}

type testEventPatternInput struct{ EventPattern, Event string }

func (s *EventBridge) testEventPattern(_ context.Context, caller cloud.Caller, in testEventPatternInput) (any, error) {
	if err := s.cloud.Authorize(caller, "events:TestEventPattern", "*"); err != nil {
		return nil, err
	}
	p, err := compilePattern(in.EventPattern)
	if err != nil {
		return nil, err
	}
	event, ok := decodeJSON([]byte(in.Event)).(*jsonvalue.Object)
	if !ok {
		return nil, notValid("Parameter Event is not valid.")
	}
	for _, required := range []string{"id", "account", "source", "time", "region", "detail-type"} { // whatever they are
		if _, there := event.Get(required); !there {
			return nil, notValid("Parameter Event is not valid.")
		}
	}
	return struct{ Result bool }{p.Matches(event)}, nil
}
