// Package logs knows the log groups that templates declare, so that services
// can tell whether a group exists. What is logged goes to files.
package logs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Logs is the register of log groups.
type Logs struct {
	cloud *cloud.Cloud

	mu     sync.Mutex
	groups map[string]string // ARNs by name
}

// New returns a register without groups.
func New(c *cloud.Cloud) *Logs {
	return &Logs{cloud: c, groups: map[string]string{}}
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
	return cfn.Handle{Ref: name, Attributes: map[string]any{"Arn": l.groups[name]}}, nil
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
