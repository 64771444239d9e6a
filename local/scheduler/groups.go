package scheduler

// This file is groups of schedules.

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type groupNamed struct {
	Name        string
	ClientToken string
	Tags        []cloud.Tag
}

// mayGroup checks a group's name and authorizes the caller.
func (s *Scheduler) mayGroup(caller cloud.Caller, action, name string) error {
	if _, err := keyOf(name, "-"); err != nil {
		return err
	}
	return s.cloud.Authorize(caller, "scheduler:"+action, s.cloud.ARN("scheduler", "schedule-group/"+name))
}

type createScheduleGroupOutput struct {
	ScheduleGroupARN string `json:"ScheduleGroupArn"`
}

func (s *Scheduler) createScheduleGroup(_ context.Context, caller cloud.Caller, in groupNamed) (createScheduleGroupOutput, error) {
	if err := s.mayGroup(caller, "CreateScheduleGroup", in.Name); err != nil {
		return createScheduleGroupOutput{}, err
	}
	g, err := s.addGroup(in.Name, in.Tags)
	if err != nil {
		return createScheduleGroupOutput{}, err
	}
	return createScheduleGroupOutput{g.ARN}, nil
}

func (s *Scheduler) addGroup(name string, tags []cloud.Tag) (*group, error) {
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.groups[name] != nil {
		return nil, existing("Schedule group", name)
	}
	g := s.newGroup(name)
	g.tags = cloud.WithTags(nil, tags)
	s.groups[name] = g
	return g, nil
}

func (s *Scheduler) getScheduleGroup(_ context.Context, caller cloud.Caller, in groupNamed) (*group, error) {
	if err := s.mayGroup(caller, "GetScheduleGroup", in.Name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.groups[in.Name]
	if !ok {
		return nil, missing("Schedule group", in.Name)
	}
	return g, nil
}

func (s *Scheduler) deleteScheduleGroup(_ context.Context, caller cloud.Caller, in groupNamed) (struct{}, error) {
	if err := s.mayGroup(caller, "DeleteScheduleGroup", in.Name); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.removeGroup(in.Name)
}

// removeGroup deletes a group with its schedules.
func (s *Scheduler) removeGroup(name string) error {
	if name == defaultGroup {
		return invalid("The default schedule group cannot be deleted.")
	}
	s.mu.Lock()
	_, ok := s.groups[name]
	delete(s.groups, name)
	var within []key
	for k := range s.schedules {
		if k.group == name {
			within = append(within, k)
		}
	}
	s.mu.Unlock()
	for _, k := range within {
		s.take(k)
	}
	if !ok {
		return missing("Schedule group", name)
	}
	return nil
}

type listScheduleGroupsOutput struct {
	NextToken      string `json:",omitempty"`
	ScheduleGroups []*group
}

func (s *Scheduler) listScheduleGroups(_ context.Context, caller cloud.Caller, in listInput) (listScheduleGroupsOutput, error) {
	if err := s.cloud.Authorize(caller, "scheduler:ListScheduleGroups", s.cloud.ARN("scheduler", "schedule-group/*")); err != nil {
		return listScheduleGroupsOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := listScheduleGroupsOutput{ScheduleGroups: []*group{}}
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		if strings.HasPrefix(name, in.NamePrefix) {
			out.ScheduleGroups = append(out.ScheduleGroups, s.groups[name])
		}
	}
	from, to, next, err := in.page(len(out.ScheduleGroups))
	out.ScheduleGroups, out.NextToken = out.ScheduleGroups[from:to], next
	return out, err
}
