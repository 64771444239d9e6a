// The CloudFormation resource types of EventBridge.

package events

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/schedule"
)

// Types returns AWS::Events::Rule, EventBus, EventBusPolicy, Archive,
// ApiDestination and Connection.
func (s *EventBridge) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::Events::Rule", s.createRule, cfn.Update(s.updateRule)),
		cfn.Define("AWS::Events::EventBus", s.createBus, cfn.Update(s.updateBus)),
		cfn.Define("AWS::Events::EventBusPolicy", s.createBusPolicy, cfn.Overwrite(s.createBusPolicy)),
		cfn.Define("AWS::Events::ApiDestination", s.createDestination, cfn.Update(s.updateDestination)),
		cfn.Define("AWS::Events::Archive", s.createArchive, cfn.Update(s.updateArchive)),
		cfn.Define("AWS::Events::Connection", s.connections.declare, cfn.Update(s.connections.redeclare)),
	}
}

type ruleProperties struct {
	Name, Description  string
	EventBusName       string // or ARN
	EventPattern       json.RawMessage
	ScheduleExpression string
	State              string
	RoleArn            string
	Targets            []targetProperties
	Tags               []cloud.Tag
}

// maxTargets is the most that a rule may have.
const maxTargets = 5

func (s *EventBridge) createRule(_ context.Context, res cfn.Resource, p ruleProperties) (cfn.Handle, error) {
	b, err := s.bus(p.EventBusName)
	if err != nil {
		return cfn.Handle{}, err
	}
	r, err := s.newRule(b, cmp.Or(p.Name, res.PhysicalName(64)), p)
	if err != nil {
		return cfn.Handle{}, err
	}
	s.setTags(r.arn, p.Tags)
	if err := s.add(b, r); err != nil {
		return cfn.Handle{}, err
	}
	ref := r.name
	if b.name != defaultBus {
		ref = b.name + "|" + r.name
	}
	return cfn.Handle{Ref: ref, Attributes: map[string]any{"Arn": r.arn}, Delete: func(context.Context) error {
		s.remove(b, r.name)
		return nil
	}}, nil
}

// updateRule puts another rule in the place of the one that was. An event that
// is on its way to a target goes on to that one.
func (s *EventBridge) updateRule(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after ruleProperties) (cfn.Handle, error) {
	b, err := s.bus(after.EventBusName)
	if err != nil {
		return h, err
	}
	r, err := s.newRule(b, h.Ref[strings.LastIndex(h.Ref, "|")+1:], after)
	if err != nil {
		return h, err
	}
	s.redeclareTags(r.arn, before.Tags, after.Tags)
	return h, s.replace(b, r)
}

// newRule is the rule that a template or a call declares, which add puts on its bus.
func (s *EventBridge) newRule(b *bus, name string, p ruleProperties) (*rule, error) {
	r := &rule{name: name, bus: b.name, description: p.Description, role: p.RoleArn, schedule: p.ScheduleExpression}
	r.arn, r.said = s.ruleARN(b.name, r.name), p
	var err error
	if r.enabled, err = enabled(p.State); err != nil {
		return nil, err
	}
	r.overhears = p.State == enabledForLooks
	if err := r.setPattern(p.EventPattern); err != nil {
		return nil, err
	}
	if r.when, err = ruleSchedule(p, b); err != nil {
		return nil, err
	}
	return r, s.setTargets(r, p.Targets)
}

// enabledForLooks is the state of a rule that is told of all calls which
// CloudTrail records, also of those that only look at something.
const enabledForLooks = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"

func enabled(state string) (bool, error) {
	switch state {
	case "", "ENABLED", enabledForLooks:
		return true, nil
	case "DISABLED":
		return false, nil
	}
	return false, cfn.Invalidf("State", "%q is not a state of rules", state)
}

func (r *rule) setPattern(raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	r.patternText = jsonText(raw)
	var err error
	if r.pattern, err = patterns.Compile(r.patternText); err != nil {
		return cfn.Invalidf("EventPattern", "%s", err)
	}
	return nil
}

// jsonText is a property that is JSON, which CloudFormation also takes in a text.
func jsonText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// ruleSchedule returns the schedule of a rule, or nil for one that has only
// a pattern.
func ruleSchedule(p ruleProperties, b *bus) (schedule.Schedule, error) {
	if p.ScheduleExpression == "" {
		if len(p.EventPattern) == 0 {
			return nil, cfn.Invalidf("EventPattern", "a rule needs an event pattern or a schedule expression")
		}
		return nil, nil
	}
	if b.name != defaultBus {
		return nil, cfn.Invalidf("ScheduleExpression", "ScheduleExpression is supported only on the default event bus.")
	}
	when, err := schedule.Parse(p.ScheduleExpression, time.UTC)
	if err != nil {
		return nil, cfn.Invalidf("ScheduleExpression", "%s", err)
	}
	return when, nil
}

func (s *EventBridge) setTargets(r *rule, targets []targetProperties) error {
	if len(targets) > maxTargets {
		return cfn.Invalidf("Targets", "a rule has at most %d targets, got %d", maxTargets, len(targets))
	}
	for i, p := range targets {
		t, err := s.newTarget(r, p, fmt.Sprintf("Targets[%d]", i))
		if err != nil {
			return err
		}
		r.targets = append(r.targets, t)
	}
	return nil
}

// keepTime triggers a rule by its schedule until ctx ends.
func (s *EventBridge) keepTime(ctx context.Context, r *rule) {
	for at := r.when.Next(time.Now()); !at.IsZero(); at = r.when.Next(at) {
		if !cloud.Sleep(ctx, time.Until(at)) {
			return
		}
		s.trigger(r, s.scheduled(r, at))
	}
}

type busProperties struct {
	Name             string
	Description      string
	Tags             []cloud.Tag
	KmsKeyIdentifier cfn.Ignored
	DeadLetterConfig cfn.Ignored // takes events that could not be decrypted
	LogConfig        cfn.Ignored
	Policy           json.RawMessage
}

func (s *EventBridge) createBus(_ context.Context, _ cfn.Resource, p busProperties) (cfn.Handle, error) {
	if p.Name == "" || strings.Contains(p.Name, "/") {
		return cfn.Handle{}, cfn.Invalidf("Name", "%q is not a name for a custom event bus", p.Name)
	}
	b, err := s.newBus(p.Name, p.Description)
	if err != nil {
		return cfn.Handle{}, err
	}
	s.setTags(b.arn, p.Tags)
	if len(p.Policy) > 0 {
		if err := s.setPolicy(b, "", p.Policy); err != nil {
			return cfn.Handle{}, err
		}
	}
	return cfn.Handle{Ref: b.name, Attributes: map[string]any{"Arn": b.arn, "Name": b.name}, Delete: func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.dropBus(b)
	}}, nil
}

func (s *EventBridge) updateBus(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after busProperties) (cfn.Handle, error) {
	b, err := s.bus(h.Ref)
	if err != nil {
		return h, err
	}
	s.mu.Lock()
	b.description = after.Description
	s.mu.Unlock()
	s.redeclareTags(b.arn, before.Tags, after.Tags)
	if len(before.Policy)+len(after.Policy) == 0 {
		return h, nil
	}
	return h, s.setPolicy(b, "", after.Policy)
}

type busPolicyProperties struct {
	EventBusName string
	StatementId  string
	Statement    json.RawMessage
}

func (s *EventBridge) createBusPolicy(_ context.Context, _ cfn.Resource, p busPolicyProperties) (cfn.Handle, error) {
	b, err := s.bus(p.EventBusName)
	if err != nil {
		return cfn.Handle{}, err
	}
	if len(p.Statement) == 0 {
		return cfn.Handle{}, cfn.Invalidf("Statement", "it is required")
	}
	var statement map[string]json.RawMessage
	if err := json.Unmarshal(p.Statement, &statement); err != nil {
		return cfn.Handle{}, cfn.Invalidf("Statement", "%s", err)
	}
	statement["Sid"], err = json.Marshal(p.StatementId)
	if err != nil {
		return cfn.Handle{}, err
	}
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{statement}})
	if err != nil {
		return cfn.Handle{}, fmt.Errorf("encode the policy of event bus %s: %w", b.name, err)
	}
	return cfn.Handle{Ref: p.StatementId, Delete: func(context.Context) error {
		return s.setPolicy(b, p.StatementId, nil)
	}}, s.setPolicy(b, p.StatementId, policy)
}
