package logs

// This file is what templates declare.

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type logGroup struct {
	LogGroupName    string
	RetentionInDays int
	Tags            []struct{ Key, Value string }

	BearerTokenAuthenticationEnabled cfn.Ignored
	DataProtectionPolicy             cfn.Ignored
	DeletionProtectionEnabled        cfn.Ignored
	FieldIndexPolicies               cfn.Ignored
	KmsKeyId                         cfn.Ignored
	LogGroupClass                    cfn.Ignored
	ResourcePolicyDocument           cfn.Ignored
}

type logStream struct {
	LogGroupName  string
	LogStreamName string
}

// Types returns the resource types of CloudWatch Logs.
func (l *Logs) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::Logs::LogGroup", l.createGroup, cfn.Update(l.updateGroup)),
		cfn.Define("AWS::Logs::LogStream", l.createStream),
		cfn.Define("AWS::Logs::MetricFilter", l.createMetricFilter, cfn.Overwrite(l.createMetricFilter)),
		cfn.Define("AWS::Logs::SubscriptionFilter", l.createSubscription, cfn.Overwrite(l.createSubscription)),
		cfn.Inert("AWS::Logs::QueryDefinition", nil),
		cfn.Inert("AWS::Logs::ResourcePolicy", l.policyAttributes),
	}
}

func (l *Logs) createGroup(_ context.Context, r cfn.Resource, p logGroup) (cfn.Handle, error) {
	name := p.LogGroupName
	if name == "" {
		name = r.PhysicalName(512)
	}
	g := l.newGroup(name)
	if err := g.set(p); err != nil {
		return cfn.Handle{}, err
	}
	if err := l.add(g); err != nil {
		return cfn.Handle{}, fmt.Errorf("log group %s: %w", name, err)
	}
	arn, _ := l.Group(name)
	return cfn.Handle{Ref: name, Attributes: map[string]any{"Arn": arn}, Delete: func(context.Context) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.drop(name)
		return nil
	}}, nil
}

// set gives a group what its template has.
func (g *group) set(p logGroup) error {
	if p.RetentionInDays != 0 {
		if err := checkRetention(p.RetentionInDays); err != nil {
			return err
		}
	}
	g.retention = p.RetentionInDays
	for _, tag := range p.Tags {
		g.tags[tag.Key] = tag.Value
	}
	return nil
}

func (l *Logs) updateGroup(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after logGroup) (cfn.Handle, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g, err := l.find(h.Ref)
	if err != nil {
		return h, err
	}
	for _, tag := range before.Tags {
		delete(g.tags, tag.Key)
	}
	return h, g.set(after)
}

func (l *Logs) createStream(_ context.Context, r cfn.Resource, p logStream) (cfn.Handle, error) {
	name := p.LogStreamName
	if name == "" {
		name = r.PhysicalName(512)
	}
	if err := checkStreamName(name); err != nil {
		return cfn.Handle{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	g, err := l.find(p.LogGroupName)
	if err != nil {
		return cfn.Handle{}, err
	}
	if err := g.addStream(name); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: name, Delete: func(context.Context) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if g := l.groups[p.LogGroupName]; g != nil && g.streams[name] != nil {
			g.removeStream(g.streams[name])
		}
		return nil
	}}, nil
}

func (l *Logs) policyAttributes(_ cfn.Resource, ref string) map[string]any {
	return map[string]any{"Arn": l.cloud.ARN("logs", "resource-policy:"+ref)}
}

var _ cloud.API = (*Logs)(nil)
