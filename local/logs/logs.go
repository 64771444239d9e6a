// Package logs knows the log groups that templates declare, so that services
// and clients can tell whether a group exists. What is logged goes to files.
package logs

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Logs is the register of log groups. It implements cloud.API.
type Logs struct {
	cloud.Operations

	cloud *cloud.Cloud

	mu     sync.Mutex
	groups map[string]string // ARNs by name
}

// New returns a register without groups.
func New(c *cloud.Cloud) *Logs {
	l := &Logs{cloud: c, groups: map[string]string{}}
	l.Operations = cloud.Operations{"DescribeLogGroups": cloud.Handle(l.describeLogGroups)}
	return l
}

type describeLogGroupsInput struct {
	LogGroupNamePrefix string `json:"logGroupNamePrefix"`
	Limit              int    `json:"limit"`     // at most 50, which is the default
	NextToken          string `json:"nextToken"` // the last name of the page before
}

type describeLogGroupsOutput struct {
	LogGroups []describedGroup `json:"logGroups"`
	NextToken string           `json:"nextToken,omitempty"`
}

type describedGroup struct {
	Name string `json:"logGroupName"`
	ARN  string `json:"arn"`
}

func (l *Logs) describeLogGroups(_ context.Context, caller cloud.Caller, in describeLogGroupsInput) (describeLogGroupsOutput, error) {
	const most = 50
	out := describeLogGroupsOutput{LogGroups: []describedGroup{}}
	if err := l.cloud.Authorize(caller, "logs:DescribeLogGroups", l.cloud.ARN("logs", "log-group:*")); err != nil {
		return out, err
	}
	if in.Limit < 0 || in.Limit > most {
		return out, cloud.Errorf(400, "InvalidParameterException", "limit must be 1 to %d, got %d", most, in.Limit)
	}
	for _, name := range l.Groups() {
		if name <= in.NextToken || !strings.HasPrefix(name, in.LogGroupNamePrefix) {
			continue
		}
		if len(out.LogGroups) == cmp.Or(in.Limit, most) {
			out.NextToken = out.LogGroups[len(out.LogGroups)-1].Name
			break
		}
		arn, _ := l.Group(name)
		out.LogGroups = append(out.LogGroups, describedGroup{name, arn})
	}
	return out, nil
}

// Group returns the ARN of a log group, which ends in ":*", by the group's
// name; false if no template declares it.
func (l *Logs) Group(name string) (arn string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	arn, ok = l.groups[name]
	return arn, ok
}

// Groups returns the names of all log groups, sorted.
func (l *Logs) Groups() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.groups))
}

type logGroup struct {
	LogGroupName string

	BearerTokenAuthenticationEnabled cfn.Ignored
	DataProtectionPolicy             cfn.Ignored
	DeletionProtectionEnabled        cfn.Ignored
	FieldIndexPolicies               cfn.Ignored
	KmsKeyId                         cfn.Ignored
	LogGroupClass                    cfn.Ignored
	ResourcePolicyDocument           cfn.Ignored
	RetentionInDays                  cfn.Ignored
	Tags                             cfn.Ignored
}

type logStream struct {
	LogGroupName  string
	LogStreamName string
}

// Types returns the resource types of CloudWatch Logs. Metric and subscription
// filters are not among them: nothing reads the log groups' lines, so they would
// find nothing in silence.
func (l *Logs) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::Logs::LogGroup", l.createGroup),
		cfn.Define("AWS::Logs::LogStream", l.createStream),
		cfn.Inert("AWS::Logs::QueryDefinition", nil),
		cfn.Inert("AWS::Logs::ResourcePolicy", l.policyAttributes),
	}
}

func (l *Logs) createGroup(_ context.Context, r cfn.Resource, p logGroup) (cfn.Handle, error) {
	name := p.LogGroupName
	if name == "" {
		name = r.PhysicalName(512)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, exists := l.groups[name]; exists {
		return cfn.Handle{}, fmt.Errorf("log group %s exists already", name)
	}
	l.groups[name] = l.cloud.ARN("logs", "log-group:"+name+":*")
	return cfn.Handle{Ref: name, Attributes: map[string]any{"Arn": l.groups[name]}, Delete: cfn.Removal(&l.mu, l.groups, name)}, nil
}

func (l *Logs) createStream(_ context.Context, r cfn.Resource, p logStream) (cfn.Handle, error) {
	if p.LogStreamName == "" {
		p.LogStreamName = r.PhysicalName(512)
	}
	return cfn.Handle{Ref: p.LogStreamName}, nil
}

func (l *Logs) policyAttributes(_ cfn.Resource, ref string) map[string]any {
	return map[string]any{"Arn": l.cloud.ARN("logs", "resource-policy:"+ref)}
}
