package scheduler

// This file has the operations.

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type scheduleInput struct {
	spec
	ClientToken string
}

type scheduleOutput struct {
	ScheduleARN string `json:"ScheduleArn"`
}

func (s *Scheduler) createSchedule(_ context.Context, caller cloud.Caller, in scheduleInput) (scheduleOutput, error) {
	k, err := keyOf(in.GroupName, in.Name)
	if err != nil {
		return scheduleOutput{}, err
	}
	if err := s.cloud.Authorize(caller, "scheduler:CreateSchedule", s.arn(k)); err != nil {
		return scheduleOutput{}, err
	}
	sched, err := s.create(caller, k, in.spec)
	if err != nil {
		return scheduleOutput{}, err
	}
	return scheduleOutput{sched.ARN}, nil
}

// create makes a schedule and begins it.
func (s *Scheduler) create(caller cloud.Caller, k key, p spec) (*schedule, error) {
	now := time.Now()
	sched, err := s.compile(caller, k, p, now, now)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.groups[k.group] == nil {
		return nil, missing("Schedule group", k.group)
	}
	if s.schedules[k] != nil {
		return nil, existing("Schedule", k.name)
	}
	s.put(k, sched)
	return sched, nil
}

// compile checks a schedule and the rights of who asks for it.
func (s *Scheduler) compile(caller cloud.Caller, k key, p spec, created, modified time.Time) (*schedule, error) {
	sched := &schedule{spec: p, ARN: s.arn(k), CreationDate: cloud.Time(created), LastModificationDate: cloud.Time(modified)}
	var err error
	if sched.target, err = s.newTarget(sched.Target); err != nil {
		return nil, err
	}
	if sched.times, err = sched.spec.compile(modified); err != nil {
		return nil, err
	}
	return sched, s.passable(caller, sched.Target.RoleARN, sched.ARN)
}

// updateSchedule replaces a schedule: what is not said has its default.
func (s *Scheduler) updateSchedule(_ context.Context, caller cloud.Caller, in scheduleInput) (scheduleOutput, error) {
	k, err := keyOf(in.GroupName, in.Name)
	if err != nil {
		return scheduleOutput{}, err
	}
	if err := s.cloud.Authorize(caller, "scheduler:UpdateSchedule", s.arn(k)); err != nil {
		return scheduleOutput{}, err
	}
	s.mu.Lock()
	there := s.schedules[k] != nil
	s.mu.Unlock()
	if !there {
		return scheduleOutput{}, missing("Schedule", k.name)
	}
	sched, err := s.replace(caller, k, k, in.spec)
	if err != nil {
		return scheduleOutput{}, err
	}
	return scheduleOutput{sched.ARN}, nil
}

// replace puts a schedule in the place of another one, if that has not come to
// its end meanwhile, or beside it in another group.
func (s *Scheduler) replace(caller cloud.Caller, former, k key, p spec) (*schedule, error) {
	s.mu.Lock()
	created := time.Now()
	if is := s.schedules[former]; is != nil {
		created = time.Time(is.CreationDate)
	}
	group, taken := s.groups[k.group], s.schedules[k] != nil && k != former
	s.mu.Unlock()
	switch {
	case group == nil:
		return nil, missing("Schedule group", k.group)
	case taken:
		return nil, existing("Schedule", k.name)
	}
	sched, err := s.compile(caller, k, p, created, time.Now())
	if err != nil {
		return nil, err
	}
	s.take(former)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(k, sched)
	return sched, nil
}

type scheduleNamed struct {
	Name        string
	GroupName   string
	ClientToken string
}

func (s *Scheduler) named(caller cloud.Caller, action string, in scheduleNamed) (key, error) {
	k, err := keyOf(in.GroupName, in.Name)
	if err != nil {
		return k, err
	}
	return k, s.cloud.Authorize(caller, "scheduler:"+action, s.arn(k))
}

func (s *Scheduler) getSchedule(_ context.Context, caller cloud.Caller, in scheduleNamed) (*schedule, error) {
	k, err := s.named(caller, "GetSchedule", in)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sched, ok := s.schedules[k]
	if !ok {
		return nil, missing("Schedule", k.name)
	}
	return sched, nil
}

func (s *Scheduler) deleteSchedule(_ context.Context, caller cloud.Caller, in scheduleNamed) (struct{}, error) {
	k, err := s.named(caller, "DeleteSchedule", in)
	if err != nil {
		return struct{}{}, err
	}
	if s.take(k) == nil {
		return struct{}{}, missing("Schedule", k.name)
	}
	return struct{}{}, nil
}

type listInput struct {
	MaxResults *int
	NamePrefix string
	NextToken  string
	GroupName  string // of schedules
	State      string
}

// page returns the part of n things that is asked for.
func (in *listInput) page(n int) (from, to int, next string, err error) {
	size := 100
	if in.MaxResults != nil {
		if size = *in.MaxResults; size < 1 || size > 100 {
			return 0, 0, "", invalid("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value between 1 and 100", size)
		}
	}
	if in.NextToken != "" {
		if from, err = strconv.Atoi(in.NextToken); err != nil || from < 0 {
			return 0, 0, "", invalid("Invalid NextToken %s.", in.NextToken)
		}
	}
	from = min(from, n)
	if to = from + size; to < n {
		return from, to, strconv.Itoa(to), nil
	}
	return from, n, "", nil
}

type listSchedulesOutput struct {
	NextToken string `json:",omitempty"`
	Schedules []scheduleSummary
}

type scheduleSummary struct {
	ARN                  string `json:"Arn"`
	CreationDate         cloud.Time
	GroupName            string
	LastModificationDate cloud.Time
	Name                 string
	State                string
	Target               struct {
		ARN string `json:"Arn"`
	}
}

func (s *Scheduler) listSchedules(_ context.Context, caller cloud.Caller, in listInput) (listSchedulesOutput, error) {
	if err := s.cloud.Authorize(caller, "scheduler:ListSchedules", s.arn(key{"*", "*"})); err != nil {
		return listSchedulesOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := listSchedulesOutput{Schedules: []scheduleSummary{}}
	for k, sched := range s.schedules {
		if strings.HasPrefix(k.name, in.NamePrefix) && (in.GroupName == "" || k.group == in.GroupName) && (in.State == "" || sched.State == in.State) {
			summary := scheduleSummary{sched.ARN, sched.CreationDate, k.group, sched.LastModificationDate, k.name, sched.State, struct {
				ARN string `json:"Arn"`
			}{sched.Target.ARN}}
			out.Schedules = append(out.Schedules, summary)
		}
	}
	slices.SortFunc(out.Schedules, func(a, b scheduleSummary) int {
		return cmp.Or(cmp.Compare(a.GroupName, b.GroupName), cmp.Compare(a.Name, b.Name))
	})
	from, to, next, err := in.page(len(out.Schedules))
	out.Schedules, out.NextToken = out.Schedules[from:to], next
	return out, err
}
