// Package cloudformation is AWS CloudFormation for the local engine: the stacks
// that the engine creates when it starts or that change sets create, told and
// deleted as CloudFormation's API does, and custom resources.
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

	// Types are what change sets create. Required with Ready.
	Types map[string]cfn.Type

	// Ready makes the stack that a change set would create. Default: there are
	// no change sets.
	Ready func(name string, template *cfn.Template, parameters map[string]string) (cfn.Stack, error)

	// Fetch reads a template that lies in S3, as the caller. Required with Ready.
	Fetch func(ctx context.Context, caller cloud.Caller, url string) ([]byte, error)
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
		"CreateChangeSet":             cloud.Handle(f.createChangeSet),
		"DeleteChangeSet":             cloud.Handle(f.deleteChangeSet),
		"DescribeChangeSet":           cloud.Handle(f.describeChangeSet),
		"ExecuteChangeSet":            cloud.Handle(f.executeChangeSet),
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
	f.mu.Lock()
	s := f.add(template, settings, "CREATE_IN_PROGRESS", "")
	f.mu.Unlock()
	onFailure := "ROLLBACK"
	if settings.DisableRollback {
		onFailure = "DO_NOTHING"
	}
	return f.create(ctx, s, types, onFailure)
}

// create creates the resources of a stack that is in CREATE_IN_PROGRESS.
func (f *CloudFormation) create(ctx context.Context, s *stack, types map[string]cfn.Type, onFailure string) (*cfn.Created, error) {
	s.work.Lock()
	defer s.work.Unlock()
	created, err := s.template.Create(ctx, types)
	f.mu.Lock()
	s.created = created
	switch {
	case err == nil:
		s.becomes("CREATE_COMPLETE", "")
	case onFailure == "DO_NOTHING":
		s.becomes("CREATE_FAILED", err.Error())
	case onFailure == "DELETE":
		s.becomes("DELETE_IN_PROGRESS", err.Error())
	default:
		s.becomes("ROLLBACK_IN_PROGRESS", err.Error())
	}
	status := s.status
	f.mu.Unlock()
	switch status {
	case "ROLLBACK_IN_PROGRESS":
		f.undo(ctx, s, cfn.Deletion{Rollback: true}, "ROLLBACK")
	case "DELETE_IN_PROGRESS":
		f.undo(ctx, s, cfn.Deletion{Rollback: true}, "DELETE")
	}
	return created, err
}

// undo deletes what has been created of a stack, and tells how that ended: as
// DELETE_COMPLETE or DELETE_FAILED, say, for DELETE.
func (f *CloudFormation) undo(ctx context.Context, s *stack, d cfn.Deletion, what string) (err error) {
	if s.created != nil {
		err = s.created.Delete(ctx, d)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		s.becomes(what+"_FAILED", err.Error())
		return err
	}
	s.becomes(what+"_COMPLETE", "")
	return nil
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
