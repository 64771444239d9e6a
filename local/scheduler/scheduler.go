// Package scheduler is Amazon EventBridge Scheduler for the local engine: schedules
// in groups, which call a target at their times, as their role.
package scheduler

// This file is the service itself, and how it finds groups and schedules.

import (
	"cmp"
	"regexp"
	"sync"
	"time"
	_ "time/tzdata" // time zones do not depend on the machine

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// principal is the service as who takes on the roles of schedules.
const principal = "scheduler.amazonaws.com"

// defaultGroup is the group that every account has.
const defaultGroup = "default"

// Scheduler is the service. It implements cloud.API: inputs and outputs have the
// members of the SDKs' shapes.
type Scheduler struct {
	cloud.Operations

	cloud   *cloud.Cloud
	metrics metrics

	mu        sync.Mutex // guards what follows
	groups    map[string]*group
	schedules map[key]*schedule
}

var _ cloud.API = (*Scheduler)(nil)

type key struct{ group, name string }

// group is a group as it is described.
type group struct {
	ARN                  string `json:"Arn"`
	CreationDate         cloud.Time
	LastModificationDate cloud.Time
	Name                 string
	State                string

	tags []cloud.Tag
}

// schedule is a schedule that exists, and does not change.
type schedule struct {
	spec
	ARN                  string `json:"Arn"`
	CreationDate         cloud.Time
	LastModificationDate cloud.Time

	target *target
	times  times
	stop   func() // nil for one that is disabled
}

// New returns the service with the default group.
func New(c *cloud.Cloud) *Scheduler {
	s := &Scheduler{cloud: c, metrics: newMetrics(c), groups: map[string]*group{}, schedules: map[key]*schedule{}}
	s.groups[defaultGroup] = s.newGroup(defaultGroup)
	s.Operations = cloud.Operations{
		"CreateSchedule":      cloud.Handle(s.createSchedule),
		"CreateScheduleGroup": cloud.Handle(s.createScheduleGroup),
		"DeleteSchedule":      cloud.Handle(s.deleteSchedule),
		"DeleteScheduleGroup": cloud.Handle(s.deleteScheduleGroup).Without("Tags"),
		"GetSchedule":         cloud.Handle(s.getSchedule).Without("ClientToken"),
		"GetScheduleGroup":    cloud.Handle(s.getScheduleGroup).Without("ClientToken", "Tags"),
		"ListScheduleGroups":  cloud.Handle(s.listScheduleGroups).Without("GroupName", "State"),
		"ListSchedules":       cloud.Handle(s.listSchedules),
		"ListTagsForResource": cloud.Handle(s.listTags),
		"TagResource":         cloud.Handle(s.tagResource).Without("TagKeys"),
		"UntagResource":       cloud.Handle(s.untagResource).Without("Tags"),
		"UpdateSchedule":      cloud.Handle(s.updateSchedule),
	}
	return s
}

// renamed are members by the names of the query string.
var renamed = map[string]string{"groupName": "GroupName", "clientToken": "ClientToken", "ScheduleGroup": "GroupName"}

// Protocols implements wire.Speaker.
func (s *Scheduler) Protocols() wire.Protocols {
	return wire.Protocols{REST: &wire.REST{Routes: []wire.Route{
		{Pattern: "POST /schedules/{Name}", Action: "CreateSchedule"},
		{Pattern: "PUT /schedules/{Name}", Action: "UpdateSchedule"},
		{Pattern: "GET /schedules/{Name}", Action: "GetSchedule", Query: []string{"groupName"}, Renamed: renamed},
		{Pattern: "DELETE /schedules/{Name}", Action: "DeleteSchedule", Query: []string{"groupName", "clientToken"}, Renamed: renamed},
		{Pattern: "GET /schedules", Action: "ListSchedules", Query: []string{"MaxResults", "NamePrefix", "NextToken", "ScheduleGroup", "State"}, Renamed: renamed},
		{Pattern: "POST /schedule-groups/{Name}", Action: "CreateScheduleGroup"},
		{Pattern: "GET /schedule-groups/{Name}", Action: "GetScheduleGroup"},
		{Pattern: "DELETE /schedule-groups/{Name}", Action: "DeleteScheduleGroup", Query: []string{"clientToken"}, Renamed: renamed},
		{Pattern: "GET /tags/{ResourceArn}", Action: "ListTagsForResource"},
		{Pattern: "POST /tags/{ResourceArn}", Action: "TagResource"},
		{Pattern: "DELETE /tags/{ResourceArn}", Action: "UntagResource", Query: []string{"TagKeys"}},
		{Pattern: "GET /schedule-groups", Action: "ListScheduleGroups", Query: []string{"MaxResults", "NamePrefix", "NextToken"}},
	}}}
}

func (s *Scheduler) newGroup(name string) *group {
	now := cloud.Time(time.Now())
	return &group{ARN: s.cloud.ARN("scheduler", "schedule-group/"+name), CreationDate: now, LastModificationDate: now, Name: name, State: "ACTIVE"}
}

func (s *Scheduler) arn(k key) string {
	return s.cloud.ARN("scheduler", "schedule/"+k.group+"/"+k.name)
}

// names are what schedules and groups may be called.
var names = regexp.MustCompile(`^[0-9a-zA-Z-_.]{1,64}$`)

// keyOf is where a schedule is found; without a group it is in the default one.
func keyOf(group, name string) (key, error) {
	k := key{cmp.Or(group, defaultGroup), name}
	for member, value := range map[string]string{"groupName": k.group, "name": k.name} {
		if !names.MatchString(value) {
			return k, invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$", value, member)
		}
	}
	return k, nil
}

func invalid(format string, arguments ...any) error {
	return cloud.Errorf(400, "ValidationException", format, arguments...)
}

func missing(what, name string) error {
	return cloud.Errorf(404, "ResourceNotFoundException", "%s %s does not exist.", what, name)
}

func existing(what, name string) error {
	return cloud.Errorf(409, "ConflictException", "%s %s already exists.", what, name)
}

// put begins a schedule, in place of one that it updates. It is called under the
// service's lock.
func (s *Scheduler) put(k key, sched *schedule) {
	s.schedules[k] = sched
	if sched.State == enabled {
		sched.stop = s.cloud.Start(s.run(k, sched))
	}
}

// take ends a schedule and returns it, if there is one.
func (s *Scheduler) take(k key) *schedule {
	s.mu.Lock()
	sched := s.schedules[k]
	delete(s.schedules, k)
	s.mu.Unlock()
	if sched != nil && sched.stop != nil {
		sched.stop()
	}
	return sched
}
