// Package logs is CloudWatch Logs for the local engine: log groups of templates and
// of the API, the events that clients put into their streams, and those of streams
// that services of the engine log by themselves, as Lambda's functions do.
//
// A group keeps the last 16 MiB of what was put into it, for as long as its
// retention says. Nothing outlives the engine.
package logs

// This file is the service itself: what it holds, and its operations.

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Logs is the service. It implements cloud.API.
type Logs struct {
	cloud.Operations

	cloud *cloud.Cloud

	following sync.Once

	mu       sync.Mutex
	groups   map[string]*group         // by name
	policies map[string]resourcePolicy // by name
}

// New returns a service without groups.
func New(c *cloud.Cloud) *Logs {
	l := &Logs{cloud: c, groups: map[string]*group{}, policies: map[string]resourcePolicy{}}
	l.Operations = cloud.Operations{
		"CreateLogGroup":              cloud.Handle(l.createLogGroup),
		"CreateLogStream":             cloud.Handle(l.createLogStream),
		"DeleteLogGroup":              cloud.Handle(l.deleteLogGroup),
		"DeleteLogStream":             cloud.Handle(l.deleteLogStream),
		"DeleteMetricFilter":          cloud.Handle(l.deleteMetricFilter),
		"DeleteResourcePolicy":        cloud.Handle(l.deleteResourcePolicy),
		"DeleteRetentionPolicy":       cloud.Handle(l.deleteRetentionPolicy),
		"DeleteSubscriptionFilter":    cloud.Handle(l.deleteSubscriptionFilter),
		"DescribeLogGroups":           cloud.Handle(l.describeLogGroups),
		"DescribeLogStreams":          cloud.Handle(l.describeLogStreams),
		"DescribeMetricFilters":       cloud.Handle(l.describeMetricFilters),
		"DescribeResourcePolicies":    cloud.Handle(l.describeResourcePolicies),
		"DescribeSubscriptionFilters": cloud.Handle(l.describeSubscriptionFilters),
		"FilterLogEvents":             cloud.Handle(l.filterLogEvents),
		"GetLogEvents":                cloud.Handle(l.getLogEvents),
		"ListTagsForResource":         cloud.Handle(l.listTagsForResource).Without("tags", "tagKeys"),
		"ListTagsLogGroup":            cloud.Handle(l.listTagsLogGroup),
		"PutLogEvents":                cloud.Handle(l.putLogEvents),
		"PutMetricFilter":             cloud.Handle(l.putMetricFilter),
		"PutResourcePolicy":           cloud.Handle(l.putResourcePolicy),
		"PutRetentionPolicy":          cloud.Handle(l.putRetentionPolicy),
		"PutSubscriptionFilter":       cloud.Handle(l.putSubscriptionFilter),
		"TagLogGroup":                 cloud.Handle(l.tagLogGroup),
		"TagResource":                 cloud.Handle(l.tagResource).Without("tagKeys"),
		"TestMetricFilter":            cloud.Handle(l.testMetricFilter),
		"UntagLogGroup":               cloud.Handle(l.untagLogGroup),
		"UntagResource":               cloud.Handle(l.untagResource).Without("tags"),
	}
	return l
}

// Group returns the ARN of a log group, which ends in ":*", by the group's
// name; false if there is none.
func (l *Logs) Group(name string) (arn string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.groups[name] == nil {
		return "", false
	}
	return l.arn(name) + ":*", true
}

// Groups returns the names of all log groups, sorted.
func (l *Logs) Groups() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.groups))
}

// arn is the ARN of a log group, to which policies add ":*".
func (l *Logs) arn(group string) string { return l.cloud.ARN("logs", "log-group:"+group) }

// authorize asks whether the caller may do that to a group, or to a stream of it.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
func (l *Logs) authorize(caller cloud.Caller, action, group, stream string) error {
	return l.cloud.Authorize(caller, "logs:"+action, l.arn(group)+":log-stream:"+stream)
}

// find returns a group. The lock is held.
func (l *Logs) find(name string) (*group, error) {
	if g := l.groups[name]; g != nil {
		return g, nil
	}
	return nil, cloud.Errorf(400, "ResourceNotFoundException", "The specified log group does not exist.")
}

func invalid(format string, args ...any) error {
	return cloud.Errorf(400, "InvalidParameterException", format, args...)
}

// target is what a request names a group by: its name, or its name or ARN.
type target struct {
	Name       string `json:"logGroupName"`
	Identifier string `json:"logGroupIdentifier"`
}

// group is the name of the group that a request is about.
func (t target) group() (string, error) {
	switch {
	case t.Name != "" && t.Identifier != "":
		return "", cloud.Errorf(400, "ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters.")
	case t.Name != "":
		return t.Name, checkGroupName(t.Name)
	case t.Identifier != "":
		name := t.Identifier
		if _, after, isARN := strings.Cut(name, ":log-group:"); isARN {
			name = after
		}
		return name, checkGroupName(name)
	}
	return "", invalid("1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: Member must not be null")
}

// milliseconds is how the API writes a time.
func milliseconds(t time.Time) int64 { return t.UnixMilli() }
