// Rules and their targets, as calls make and change them.

package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func notValid(format string, args ...any) error {
	return cloud.Errorf(http.StatusBadRequest, "ValidationException", format, args...)
}

// asCall is the API's error of what a template may not say either, in AWS's own
// sentences, which name what they are about.
func asCall(action string, err error) error {
	if invalid, ok := errors.AsType[*cfn.Invalid](err); ok {
		return notValid("%s", invalid.Reason)
	}
	return cfn.AsCall(action, err, notValid)
}

// ownName is what rules, targets and statements may be called.
var ownName = regexp.MustCompile(`^[\.\-_A-Za-z0-9]+$`)

func checkName(parameter, name string) error { return checkShort(parameter, name, 64) }

// checkShort is checkName for a name of so many characters.
func checkShort(parameter, name string, most int) error {
	var v violations
	v.named(name, parameter, most)
	return v.err()
}

// page is the part of a list that a call asks for.
type page struct {
	Limit     int
	NextToken string
}

// pageOf is that part, and the token of the next one.
func pageOf[T any](p page, list []T) (part []T, next string, err error) {
	size := p.Limit
	if size < 1 || size > 100 {
		size = 100
	}
	if part, next, err = cloud.Page(list, p.NextToken, size); err != nil {
		err = notValid("The token is invalid.")
	}
	return part, next, err
}

// ruleARN is the ARN of a rule.
func (s *EventBridge) ruleARN(b, name string) string {
	if b == defaultBus {
		return s.cloud.ARN("events", "rule/"+name)
	}
	return s.cloud.ARN("events", "rule/"+b+"/"+name)
}

type ruleName struct{ Name, EventBusName string }

// openRule authorizes the caller and finds a rule with its bus.
func (s *EventBridge) openRule(caller cloud.Caller, action string, n ruleName) (*bus, *rule, error) {
	if err := s.cloud.Authorize(caller, action, s.ruleARN(busName(n.EventBusName), n.Name)); err != nil {
		return nil, nil, err
	}
	b, err := s.bus(n.EventBusName)
	if err != nil {
		return nil, nil, err
	}
	rules := s.rules(b)
	i, found := (&bus{rules: rules}).find(n.Name)
	if !found {
		return b, nil, cloud.Errorf(http.StatusBadRequest, "ResourceNotFoundException", "Rule %s does not exist on EventBus %s.", n.Name, b.name)
	}
	return b, rules[i], nil
}

type putRuleInput struct {
	ruleName
	Description        string
	EventPattern       string
	ScheduleExpression string
	State              string
	RoleArn            string
	Tags               []cloud.Tag
}

type ruleARNOutput struct{ RuleArn string }

// putRule makes a rule, or gives the one that there is other properties but no
// other targets and tags.
func (s *EventBridge) putRule(_ context.Context, caller cloud.Caller, in putRuleInput) (out ruleARNOutput, err error) {
	if err := checkName("name", in.Name); err != nil {
		return out, err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	b, existing, err := s.openRule(caller, "events:PutRule", in.ruleName)
	if b == nil {
		return out, err
	}
	if err := s.checkRule(caller, b, in); err != nil {
		return out, err
	}
	wanted := ruleProperties{Description: in.Description, ScheduleExpression: in.ScheduleExpression, State: in.State, RoleArn: in.RoleArn}
	if in.EventPattern != "" {
		wanted.EventPattern = json.RawMessage(in.EventPattern)
	}
	if existing != nil {
		if err := existing.own(); err != nil {
			return out, err
		}
		wanted.Targets = existing.said.Targets
	}
	r, err := s.newRule(b, in.Name, wanted)
	if err != nil {
		return out, asCall("PutRule", err)
	}
	if existing != nil {
		return ruleARNOutput{r.arn}, s.replace(b, r)
	}
	s.setTags(r.arn, in.Tags)
	return ruleARNOutput{r.arn}, s.add(b, r)
}

func (s *EventBridge) checkRule(caller cloud.Caller, b *bus, in putRuleInput) error {
	if in.EventPattern == "" && in.ScheduleExpression == "" {
		return notValid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	}
	if in.EventPattern != "" {
		if _, err := compilePattern(in.EventPattern); err != nil {
			return err
		}
	}
	if _, err := ruleSchedule(ruleProperties{ScheduleExpression: in.ScheduleExpression, EventPattern: json.RawMessage("{}")}, b); err != nil {
		if b.name != defaultBus {
			return asCall("PutRule", err)
		}
		return notValid("Parameter ScheduleExpression is not valid.")
	}
	if err := checkTags(in.Tags); err != nil {
		return err
	}
	if len(in.Tags) > 0 {
		if err := s.cloud.Authorize(caller, "events:TagResource", s.ruleARN(b.name, in.Name)); err != nil {
			return err
		}
	}
	if in.RoleArn == "" {
		return nil
	}
	return s.cloud.MayPass(caller, in.RoleArn, principal)
}

// own refuses to change a rule that a service has made.
func (r *rule) own() error {
	if r.managed == "" {
		return nil
	}
	return cloud.Errorf(http.StatusBadRequest, "ManagedRuleException", "Rule %s is managed by an AWS service.", r.name)
}

// reform puts a rule in place that says something else.
func (s *EventBridge) reform(caller cloud.Caller, action string, n ruleName, change func(p *ruleProperties) error) (struct{}, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	b, r, err := s.openRule(caller, action, n)
	if err != nil {
		return struct{}{}, err
	}
	if err := r.own(); err != nil {
		return struct{}{}, err
	}
	wanted := r.said
	if err := change(&wanted); err != nil {
		return struct{}{}, err
	}
	changed, err := s.newRule(b, r.name, wanted)
	if err != nil {
		return struct{}{}, asCall(strings.TrimPrefix(action, "events:"), err)
	}
	return struct{}{}, s.replace(b, changed)
}

func (s *EventBridge) enableRule(_ context.Context, caller cloud.Caller, in ruleName) (struct{}, error) {
	return s.reform(caller, "events:EnableRule", in, func(p *ruleProperties) error {
		p.State = "ENABLED"
		return nil
	})
}

func (s *EventBridge) disableRule(_ context.Context, caller cloud.Caller, in ruleName) (struct{}, error) {
	return s.reform(caller, "events:DisableRule", in, func(p *ruleProperties) error {
		p.State = "DISABLED"
		return nil
	})
}

// deleteRule deletes a rule that has no targets; one that is not there has been.
func (s *EventBridge) deleteRule(_ context.Context, caller cloud.Caller, in struct {
	ruleName
	Force cloud.Ignored // of rules of AWS services, which are archives' and go with them
}) (struct{}, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	b, r, err := s.openRule(caller, "events:DeleteRule", in.ruleName)
	if r == nil {
		if b != nil {
			err = nil
		}
		return struct{}{}, err
	}
	if err := r.own(); err != nil {
		return struct{}{}, err
	}
	if len(r.targets) > 0 {
		return struct{}{}, notValid("Rule can't be deleted since it has targets.")
	}
	s.remove(b, r.name)
	return struct{}{}, nil
}

type putTargetsInput struct {
	Rule         string
	EventBusName string
	Targets      []targetProperties
}

type failedTarget struct{ TargetId, ErrorCode, ErrorMessage string }

type targetsOutput struct {
	FailedEntryCount int
	FailedEntries    []failedTarget
}

// putTargets adds targets to a rule, or puts them in the place of those with their ids.
func (s *EventBridge) putTargets(_ context.Context, caller cloud.Caller, in putTargetsInput) (targetsOutput, error) {
	none := targetsOutput{FailedEntries: []failedTarget{}}
	for i, t := range in.Targets {
		if err := checkName(fmt.Sprintf("targets.%d.member.id", i+1), t.Id); err != nil {
			return none, err
		}
	}
	_, err := s.reform(caller, "events:PutTargets", ruleName{in.Rule, in.EventBusName}, func(p *ruleProperties) error {
		targets := slices.Clone(p.Targets)
		for _, given := range in.Targets {
			if given.RoleArn != "" {
				if err := s.cloud.MayPass(caller, given.RoleArn, principal); err != nil {
					return err
				}
			}
			if at := slices.IndexFunc(targets, func(t targetProperties) bool { return t.Id == given.Id }); at >= 0 {
				targets[at] = given
			} else {
				targets = append(targets, given)
			}
		}
		if len(targets) > maxTargets {
			return cloud.Errorf(http.StatusBadRequest, "LimitExceededException", "The requested resource exceeds the maximum number allowed.")
		}
		p.Targets = targets
		return nil
	})
	return none, err
}

type removeTargetsInput struct {
	Rule         string
	EventBusName string
	Ids          []string
	Force        cloud.Ignored // of rules of AWS services, which are archives' and go with them
}

func (s *EventBridge) removeTargets(_ context.Context, caller cloud.Caller, in removeTargetsInput) (targetsOutput, error) {
	out := targetsOutput{FailedEntries: []failedTarget{}}
	_, err := s.reform(caller, "events:RemoveTargets", ruleName{in.Rule, in.EventBusName}, func(p *ruleProperties) error {
		targets := slices.Clone(p.Targets)
		for _, id := range in.Ids {
			at := slices.IndexFunc(targets, func(t targetProperties) bool { return t.Id == id })
			if at < 0 {
				out.FailedEntries = append(out.FailedEntries, failedTarget{id, "ResourceNotFoundException", fmt.Sprintf("Rule %s does not have a target with the Id %s.", in.Rule, id)})
				continue
			}
			targets = slices.Delete(targets, at, at+1)
		}
		p.Targets = targets
		return nil
	})
	out.FailedEntryCount = len(out.FailedEntries)
	return out, err
}

type listTargetsInput struct {
	page
	Rule         string
	EventBusName string
}

type listTargetsOutput struct {
	Targets   []targetProperties
	NextToken string `json:",omitempty"`
}

func (s *EventBridge) listTargetsByRule(_ context.Context, caller cloud.Caller, in listTargetsInput) (out listTargetsOutput, err error) {
	_, r, err := s.openRule(caller, "events:ListTargetsByRule", ruleName{in.Rule, in.EventBusName})
	if err != nil {
		return out, err
	}
	out.Targets, out.NextToken, err = pageOf(in.page, r.said.Targets)
	return out, err
}

type listRuleNamesInput struct {
	page
	TargetArn    string
	EventBusName string
}

type listRuleNamesOutput struct {
	RuleNames []string
	NextToken string `json:",omitempty"`
}

func (s *EventBridge) listRuleNamesByTarget(_ context.Context, caller cloud.Caller, in listRuleNamesInput) (out listRuleNamesOutput, err error) {
	if err := s.cloud.Authorize(caller, "events:ListRuleNamesByTarget", s.cloud.ARN("events", "rule/*")); err != nil {
		return out, err
	}
	b, err := s.bus(in.EventBusName)
	if err != nil {
		return out, err
	}
	var names []string
	for _, r := range s.rules(b) {
		if slices.ContainsFunc(r.targets, func(t *target) bool { return t.arn == in.TargetArn }) {
			names = append(names, r.name)
		}
	}
	out.RuleNames, out.NextToken, err = pageOf(in.page, names)
	return out, err
}

type describeRuleOutput struct {
	ruleDescription
	CreatedBy string
}

func (s *EventBridge) describeRule(_ context.Context, caller cloud.Caller, in ruleName) (describeRuleOutput, error) {
	_, r, err := s.openRule(caller, "events:DescribeRule", in)
	if err != nil {
		return describeRuleOutput{}, err
	}
	return describeRuleOutput{r.describe(), s.cloud.Account}, nil
}
