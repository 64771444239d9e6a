// Package cloudformation is AWS CloudFormation for the local engine: the stacks
// that it has created, told and deleted as CloudFormation's API does, and custom
// resources. Stacks are not created by the API but when the engine starts.
package cloudformation

import (
	"context"
	"maps"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// Options configure New.
type Options struct {
	// Endpoint returns the URL under which ServeHTTP takes the answers of custom
	// resources. Required for those.
	Endpoint func() string

	// Localize replaces, in an output, the addresses that resources would have
	// on AWS by those that they have here. Default: outputs stay as they are.
	Localize func(text string) string
}

// CloudFormation is the service. It implements cloud.API.
type CloudFormation struct {
	cloud.Operations

	cloud   *cloud.Cloud
	options Options
	answers answers

	mu     sync.RWMutex
	stacks []*stack // as they were created; deleted ones too
}

var _ cloud.API = (*CloudFormation)(nil)

// New returns the service, without stacks.
func New(c *cloud.Cloud, o Options) *CloudFormation {
	if o.Localize == nil {
		o.Localize = func(text string) string { return text }
	}
	f := &CloudFormation{cloud: c, options: o}
	f.Operations = cloud.Operations{
		"DeleteStack":                 cloud.Handle(f.deleteStack),
		"DescribeStackEvents":         cloud.Handle(f.describeStackEvents),
		"DescribeStackResources":      cloud.Handle(f.describeStackResources),
		"DescribeStacks":              cloud.Handle(f.describeStacks),
		"GetTemplate":                 cloud.Handle(f.getTemplate),
		"ListStackResources":          cloud.Handle(f.listStackResources),
		"ListStacks":                  cloud.Handle(f.listStacks),
		"UpdateTerminationProtection": cloud.Handle(f.updateTerminationProtection),
	}
	return f
}

// Protocols implements wire.Speaker.
func (*CloudFormation) Protocols() wire.Protocols {
	return wire.Protocols{Query: &wire.Query{Namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/"}}
}

// Types returns the type of custom resources. Nested stacks are the engine's,
// which knows where their templates lie.
func (f *CloudFormation) Types() []cfn.Type {
	return []cfn.Type{cfn.Define("AWS::CloudFormation::CustomResource", f.CreateCustom)}
}

// Settings are what a stack has besides its template.
type Settings struct {
	Parent    string // the id of the stack that it is nested in, or empty
	Protected bool   // whether it has termination protection

	// DisableRollback leaves what has been created where the rest cannot be.
	// Default: it is deleted again.
	DisableRollback bool
}

// Create creates a stack and all of its resources. Its name must be new.
func (f *CloudFormation) Create(ctx context.Context, template cfn.Stack, types map[string]cfn.Type, settings Settings) (*cfn.Created, error) {
	s := f.begin(template, settings)
	s.work.Lock()
	defer s.work.Unlock()
	created, err := s.template.Create(ctx, types)
	f.mu.Lock()
	s.created = created
	switch {
	case err == nil:
		s.becomes("CREATE_COMPLETE", "")
	case settings.DisableRollback || created == nil:
		s.becomes("CREATE_FAILED", err.Error())
	default:
		s.becomes("ROLLBACK_IN_PROGRESS", err.Error())
	}
	rollback := s.status == "ROLLBACK_IN_PROGRESS"
	f.mu.Unlock()
	if rollback {
		f.rollBack(ctx, s)
	}
	return created, err
}

// rollBack deletes what has been created of a stack, which itself stays.
func (f *CloudFormation) rollBack(ctx context.Context, s *stack) {
	err := s.created.Delete(ctx, cfn.Deletion{Rollback: true})
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		s.becomes("ROLLBACK_FAILED", err.Error())
		return
	}
	s.becomes("ROLLBACK_COMPLETE", "")
}

// Export answers Fn::ImportValue.
func (f *CloudFormation) Export(name string) (any, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, s := range f.stacks {
		if value, ok := s.exports()[name]; ok {
			return value, true
		}
	}
	return nil, false
}

// Outputs returns the outputs of all stacks, by stack and name.
func (f *CloudFormation) Outputs() map[string]map[string]any {
	f.mu.RLock()
	defer f.mu.RUnlock()
	outputs := map[string]map[string]any{}
	for _, s := range f.stacks {
		if s.created != nil && !s.gone() {
			outputs[s.template.Name] = maps.Clone(s.created.Outputs)
		}
	}
	return outputs
}
