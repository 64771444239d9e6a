package logs

// This file is log groups: what they hold, and how they are made, listed and
// deleted.

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxStored is what a group keeps of the events that were put into it, in bytes.
const maxStored = 16 << 20

// group is a log group. The service's lock guards it.
type group struct {
	name      string
	created   time.Time
	retention int // in days; 0 for ever
	tags      map[string]string
	streams   map[string]*stream // by name
	stored    int                // bytes of the events that were put into it
	sequence  int64              // of the last event

	metricFilters map[string]*metricFilter // by name
	subscriptions map[string]*subscription // by name
	follow        func()                   // hears what services log by themselves
}

func (l *Logs) newGroup(name string) *group {
	return &group{
		name: name, created: time.Now(), tags: map[string]string{}, streams: map[string]*stream{},
		metricFilters: map[string]*metricFilter{}, subscriptions: map[string]*subscription{}, follow: l.startFollowing,
	}
}

// drop forgets a group, and what its filters have not sent. The lock is held.
func (l *Logs) drop(name string) {
	if g := l.groups[name]; g != nil {
		for _, f := range g.subscriptions {
			f.cancel()
		}
	}
	delete(l.groups, name)
}

// oldest is the time before which the group's events have expired.
func (g *group) oldest(now time.Time) time.Time {
	if g.retention == 0 {
		return time.Time{}
	}
	return now.AddDate(0, 0, -g.retention)
}

var groupName = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)

// errTooLong is about the name of a group or a stream.
var errTooLong = invalid("Invalid LogGroup or LogStream, both must have length less than or equal to 512.")

func checkGroupName(name string) error {
	if len(name) > 512 {
		return errTooLong
	}
	if !groupName.MatchString(name) {
		return invalid("1 validation error detected: Value '%s' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+, and have 1 to 512 characters", name)
	}
	return nil
}

// retentions are the days for which a group may keep its events.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func checkRetention(days int) error {
	if !slices.Contains(retentions, days) {
		return invalid("1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: %v", days, retentions)
	}
	return nil
}

type createLogGroupInput struct {
	Name  string            `json:"logGroupName"`
	Tags  map[string]string `json:"tags"`
	Class string            `json:"logGroupClass"`
	Key   string            `json:"kmsKeyId"` // encrypted or not, nobody sees it here
}

func (l *Logs) createLogGroup(_ context.Context, caller cloud.Caller, in createLogGroupInput) (struct{}, error) {
	var none struct{}
	if err := checkGroupName(in.Name); err != nil {
		return none, err
	}
	if in.Class != "" && in.Class != "STANDARD" {
		return none, invalid("the local engine has log groups of the class STANDARD only, got %s", in.Class)
	}
	if err := l.authorize(caller, "CreateLogGroup", in.Name, ""); err != nil {
		return none, err
	}
	g := l.newGroup(in.Name)
	maps.Copy(g.tags, in.Tags)
	return none, l.add(g)
}

// add makes a group known.
func (l *Logs) add(g *group) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.groups[g.name] != nil {
		return cloud.Errorf(400, "ResourceAlreadyExistsException", "The specified log group already exists")
	}
	l.groups[g.name] = g
	return nil
}

type groupInput struct {
	Name string `json:"logGroupName"`
}

func (l *Logs) deleteLogGroup(_ context.Context, caller cloud.Caller, in groupInput) (struct{}, error) {
	return l.change(caller, "DeleteLogGroup", in.Name, func(*group) error {
		l.drop(in.Name)
		return nil
	})
}

// change runs do on a group, under the lock, if the caller may do that to it.
func (l *Logs) change(caller cloud.Caller, action, name string, do func(*group) error) (none struct{}, err error) {
	if err := checkGroupName(name); err != nil {
		return none, err
	}
	if err := l.authorize(caller, action, name, ""); err != nil {
		return none, err
	}
	return none, l.on(name, do)
}

// on runs do on a group, under the lock.
func (l *Logs) on(name string, do func(*group) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	g, err := l.find(name)
	if err != nil {
		return err
	}
	return do(g)
}

type putRetentionInput struct {
	groupInput
	Days int `json:"retentionInDays"`
}

func (l *Logs) putRetentionPolicy(_ context.Context, caller cloud.Caller, in putRetentionInput) (struct{}, error) {
	if err := checkRetention(in.Days); err != nil {
		return struct{}{}, err
	}
	return l.change(caller, "PutRetentionPolicy", in.Name, func(g *group) error {
		g.retention = in.Days
		return nil
	})
}

func (l *Logs) deleteRetentionPolicy(_ context.Context, caller cloud.Caller, in groupInput) (struct{}, error) {
	return l.change(caller, "DeleteRetentionPolicy", in.Name, func(g *group) error {
		g.retention = 0
		return nil
	})
}

// tagged is a request about the tags of a group, which it names by ARN, with or
// without the ":*" at its end.
type tagged struct {
	ARN  string            `json:"resourceArn"`
	Tags map[string]string `json:"tags"`
	Keys []string          `json:"tagKeys"`
}

func (in tagged) group() string {
	_, name, _ := strings.Cut(in.ARN, ":log-group:")
	return strings.TrimSuffix(name, ":*")
}

func (l *Logs) tagResource(_ context.Context, caller cloud.Caller, in tagged) (struct{}, error) {
	return l.change(caller, "TagResource", in.group(), func(g *group) error {
		maps.Copy(g.tags, in.Tags)
		return nil
	})
}

func (l *Logs) untagResource(_ context.Context, caller cloud.Caller, in tagged) (struct{}, error) {
	return l.change(caller, "UntagResource", in.group(), func(g *group) error {
		for _, key := range in.Keys {
			delete(g.tags, key)
		}
		return nil
	})
}

type tagsOutput struct {
	Tags map[string]string `json:"tags"`
}

func (l *Logs) listTagsForResource(_ context.Context, caller cloud.Caller, in tagged) (out tagsOutput, err error) {
	_, err = l.change(caller, "ListTagsForResource", in.group(), func(g *group) error {
		out.Tags = maps.Clone(g.tags)
		return nil
	})
	return out, err
}

// groupTags is the older form of a request about tags, which names the group.
type groupTags struct {
	groupInput
	Tags map[string]string `json:"tags"`
}

func (l *Logs) tagLogGroup(_ context.Context, caller cloud.Caller, in groupTags) (struct{}, error) {
	return l.change(caller, "TagLogGroup", in.Name, func(g *group) error {
		maps.Copy(g.tags, in.Tags)
		return nil
	})
}

func (l *Logs) untagLogGroup(_ context.Context, caller cloud.Caller, in struct {
	groupInput
	Keys []string `json:"tags"`
}) (struct{}, error) {
	return l.change(caller, "UntagLogGroup", in.Name, func(g *group) error {
		for _, key := range in.Keys {
			delete(g.tags, key)
		}
		return nil
	})
}

func (l *Logs) listTagsLogGroup(_ context.Context, caller cloud.Caller, in groupInput) (out tagsOutput, err error) {
	_, err = l.change(caller, "ListTagsLogGroup", in.Name, func(g *group) error {
		out.Tags = maps.Clone(g.tags)
		return nil
	})
	return out, err
}

type describeLogGroupsInput struct {
	Prefix    string `json:"logGroupNamePrefix"`
	Pattern   string `json:"logGroupNamePattern"` // what is somewhere in the name, in any case
	Limit     *int   `json:"limit"`               // 1 to 50, which is the default
	NextToken string `json:"nextToken"`           // the last name of the page before
}

type describeLogGroupsOutput struct {
	LogGroups []describedGroup `json:"logGroups"`
	NextToken string           `json:"nextToken,omitempty"`
}

type describedGroup struct {
	ARN               string `json:"arn"`
	Created           int64  `json:"creationTime"`
	Class             string `json:"logGroupClass"`
	LogGroupARN       string `json:"logGroupArn"`
	Name              string `json:"logGroupName"`
	MetricFilterCount int    `json:"metricFilterCount"`
	Retention         int    `json:"retentionInDays,omitempty"`

	// AWS does not tell these of groups that it finds by a pattern.
	StoredBytes        *int  `json:"storedBytes,omitempty"`
	DeletionProtection *bool `json:"deletionProtectionEnabled,omitempty"` // never on here
}

func (l *Logs) describeLogGroups(_ context.Context, caller cloud.Caller, in describeLogGroupsInput) (describeLogGroupsOutput, error) {
	out := describeLogGroupsOutput{LogGroups: []describedGroup{}}
	if in.Prefix != "" && in.Pattern != "" {
		return out, invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	limit, err := limited(in.Limit, 50, 50)
	if err != nil {
		return out, err
	}
	if err := l.cloud.Authorize(caller, "logs:DescribeLogGroups", l.cloud.ARN("logs", "log-group:*")); err != nil {
		return out, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(l.groups)) {
		if name <= in.NextToken || !strings.HasPrefix(name, in.Prefix) || !strings.Contains(strings.ToLower(name), strings.ToLower(in.Pattern)) {
			continue
		}
		if len(out.LogGroups) == limit {
			out.NextToken = out.LogGroups[limit-1].Name
			break
		}
		g := l.groups[name]
		described := describedGroup{
			ARN: l.arn(name) + ":*", LogGroupARN: l.arn(name), Name: name, Class: "STANDARD",
			Created: milliseconds(g.created), Retention: g.retention, MetricFilterCount: len(g.metricFilters),
		}
		if in.Pattern == "" {
			stored := g.stored
			described.StoredBytes, described.DeletionProtection = &stored, new(bool)
		}
		out.LogGroups = append(out.LogGroups, described)
	}
	return out, nil
}

// limited is how many items a page has at most.
func limited(given *int, otherwise, most int) (int, error) {
	if given == nil {
		return otherwise, nil
	}
	switch {
	case *given < 1:
		return 0, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1", *given)
	case *given > most:
		return 0, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value less than or equal to %d", *given, most)
	}
	return *given, nil
}

func invalidToken() error { return invalid("The specified nextToken is invalid.") }
