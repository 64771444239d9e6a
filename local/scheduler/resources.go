package scheduler

// This file creates the schedules and groups of templates.

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Types returns AWS::Scheduler::Schedule and ScheduleGroup.
func (s *Scheduler) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::Scheduler::Schedule", s.createFrom, cfn.Update(s.updateFrom)),
		cfn.Define("AWS::Scheduler::ScheduleGroup", s.createGroupFrom, cfn.Update(s.updateGroupFrom)),
	}
}

type scheduleProperties struct {
	Name                       string
	GroupName                  string
	Description                string
	ScheduleExpression         string
	ScheduleExpressionTimezone string
	StartDate, EndDate         string
	State                      string
	KmsKeyArn                  string
	ActionAfterCompletion      string
	FlexibleTimeWindow         *flexibleTimeWindow
	Target                     struct {
		Arn, RoleArn, Input string
		RetryPolicy         *struct{ MaximumRetryAttempts, MaximumEventAgeInSeconds *int }
		DeadLetterConfig    *struct{ Arn string }

		EventBridgeParameters *struct{ DetailType, Source string }
		KinesisParameters     *struct{ PartitionKey string }
		SqsParameters         *struct{ MessageGroupId string }
	}
}

func (s *Scheduler) createFrom(_ context.Context, r cfn.Resource, p scheduleProperties) (cfn.Handle, error) {
	k, asked, err := p.asked(cmp.Or(p.Name, r.PhysicalName(64)))
	if err != nil {
		return cfn.Handle{}, err
	}
	sched, err := s.create(s.cloud.Administrator(), k, asked)
	if err != nil {
		return cfn.Handle{}, err
	}
	return s.handle(k, sched), nil
}

// updateFrom replaces a schedule, or moves it to another group. One that has
// come to its end and is gone is made anew. Its ARN says where it is.
func (s *Scheduler) updateFrom(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after scheduleProperties) (cfn.Handle, error) {
	k, asked, err := after.asked(h.Ref)
	if err != nil {
		return h, err
	}
	former := key{path.Base(path.Dir(fmt.Sprint(h.Attributes["Arn"]))), h.Ref}
	sched, err := s.replace(s.cloud.Administrator(), former, k, asked)
	if err != nil {
		return h, err
	}
	return s.handle(k, sched), nil
}

func (s *Scheduler) handle(k key, sched *schedule) cfn.Handle {
	return cfn.Handle{Ref: k.name, Attributes: map[string]any{"Arn": sched.ARN}, Delete: func(context.Context) error {
		s.take(k)
		return nil
	}}
}

// asked is where a schedule is to be, and what.
func (p *scheduleProperties) asked(name string) (key, spec, error) {
	asked, err := p.spec()
	if err != nil {
		return key{}, spec{}, err
	}
	asked.Name = name
	k, err := keyOf(p.GroupName, name)
	return k, asked, err
}

// spec is what the properties ask for.
func (p *scheduleProperties) spec() (spec, error) {
	t := &targetSpec{
		ARN: p.Target.Arn, RoleARN: p.Target.RoleArn, Input: p.Target.Input,
		EventBridgeParameters: p.Target.EventBridgeParameters, KinesisParameters: p.Target.KinesisParameters,
	}
	if r := p.Target.RetryPolicy; r != nil {
		t.RetryPolicy = &retryPolicy{r.MaximumRetryAttempts, r.MaximumEventAgeInSeconds}
	}
	if d := p.Target.DeadLetterConfig; d != nil {
		t.DeadLetterConfig = &deadLetterConfig{d.Arn}
	}
	if q := p.Target.SqsParameters; q != nil {
		t.SqsParameters = &sqsParameters{q.MessageGroupId}
	}
	asked := spec{
		GroupName: p.GroupName, Description: p.Description, ScheduleExpression: p.ScheduleExpression,
		ScheduleExpressionTimezone: p.ScheduleExpressionTimezone, State: p.State, FlexibleTimeWindow: p.FlexibleTimeWindow,
		ActionAfterCompletion: p.ActionAfterCompletion, KmsKeyARN: p.KmsKeyArn, Target: t,
	}
	var err error
	if asked.StartDate, err = date("StartDate", p.StartDate); err != nil {
		return asked, err
	}
	asked.EndDate, err = date("EndDate", p.EndDate)
	return asked, err
}

func date(property, text string) (*cloud.Time, error) {
	if text == "" {
		return nil, nil
	}
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, cfn.Invalidf(property, "want a time such as 2026-11-27T12:00:00Z, got %s", text)
	}
	at := cloud.Time(parsed)
	return &at, nil
}

type groupProperties struct {
	Name string
	Tags []cloud.Tag
}

func (s *Scheduler) createGroupFrom(_ context.Context, r cfn.Resource, p groupProperties) (cfn.Handle, error) {
	name := cmp.Or(p.Name, r.PhysicalName(64))
	if _, err := keyOf(name, "-"); err != nil {
		return cfn.Handle{}, err
	}
	g, err := s.addGroup(name, p.Tags)
	if err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: name, Attributes: map[string]any{
		"Arn": g.ARN, "State": g.State, "CreationDate": g.CreationDate.String(), "LastModificationDate": g.LastModificationDate.String(),
	}, Delete: func(context.Context) error { return s.removeGroup(name) }}, nil
}

// updateGroupFrom gives a group the tags that its template has now.
func (s *Scheduler) updateGroupFrom(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after groupProperties) (cfn.Handle, error) {
	if err := checkTags(after.Tags); err != nil {
		return h, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.groups[h.Ref]; g != nil {
		g.tags = cloud.RedeclaredTags(g.tags, before.Tags, after.Tags)
	}
	return h, nil
}
