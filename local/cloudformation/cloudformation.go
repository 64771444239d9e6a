// Package cloudformation is AWS CloudFormation for the local engine: the stacks
// that the engine creates when it starts or that its API does, updated, told
// and deleted as CloudFormation does it, and custom resources.
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

	// Types are those of the resources that the API creates. Required with Ready.
	Types map[string]cfn.Type

	// Ready makes the stack of a template that the API takes. Default: the API
	// creates and updates none.
	Ready func(name string, template *cfn.Template, parameters map[string]string) (cfn.Stack, error)

	// Fetch reads a template that lies in S3, as the caller. Required with Ready.
	Fetch func(ctx context.Context, caller cloud.Caller, url string) ([]byte, error)
}

// principal is who takes on the roles that stacks are deployed by.
const principal = "cloudformation.amazonaws.com"

// CloudFormation is the service. It implements cloud.API.
type CloudFormation struct {
	cloud.Operations

	cloud   *cloud.Cloud
	options Options
	answers answers

	mu     sync.RWMutex
	stacks []*stack // as they were created; deleted ones too
	cloud.Changes
	kept  map[string]saved // stacks of an earlier run that are not there yet, by name
	order []string         // their names, as they were created
}

var _ cloud.API = (*CloudFormation)(nil)

// New returns the service, without stacks.
func New(c *cloud.Cloud, o Options) *CloudFormation {
	if o.Localize == nil {
		o.Localize = func(text string) string { return text }
	}
	f := &CloudFormation{cloud: c, options: o}
	f.Operations = cloud.Operations{
		"CancelUpdateStack":                 cloud.Handle(f.cancelUpdateStack),
		"ContinueUpdateRollback":            cloud.Handle(f.continueUpdateRollback).Without("ForceRollback"),
		"CreateChangeSet":                   cloud.Handle(f.createChangeSet),
		"CreateStack":                       cloud.Handle(f.createStack).Without("UsePreviousTemplate"),
		"DeleteChangeSet":                   cloud.Handle(f.deleteChangeSet).Without("NextToken", "DisableRollback", "RetainExceptOnCreate", "ClientRequestToken", "IncludePropertyValues"),
		"DeleteStack":                       cloud.Handle(f.deleteStack),
		"DescribeChangeSet":                 cloud.Handle(f.describeChangeSet).Without("DisableRollback", "RetainExceptOnCreate", "ClientRequestToken"),
		"DescribeEvents":                    cloud.Handle(f.describeEvents),
		"DescribeStackDriftDetectionStatus": cloud.Handle(f.describeStackDriftDetectionStatus),
		"DescribeStackEvents":               cloud.Handle(f.describeStackEvents),
		"DescribeStackResource":             cloud.Handle(f.describeStackResource),
		"DescribeStackResourceDrifts":       cloud.Handle(f.describeStackResourceDrifts),
		"DescribeStackResources":            cloud.Handle(f.describeStackResources),
		"DescribeStacks":                    cloud.Handle(f.describeStacks),
		"DetectStackDrift":                  cloud.Handle(f.detectStackDrift),
		"ExecuteChangeSet":                  cloud.Handle(f.executeChangeSet).Without("NextToken", "IncludePropertyValues"),
		"GetTemplate":                       cloud.Handle(f.getTemplate),
		"GetTemplateSummary":                cloud.Handle(f.getTemplateSummary),
		"ListChangeSets":                    cloud.Handle(f.listChangeSets),
		"ListExports":                       cloud.Handle(f.listExports),
		"ListImports":                       cloud.Handle(f.listImports),
		"ListStackResources":                cloud.Handle(f.listStackResources),
		"ListStacks":                        cloud.Handle(f.listStacks),
		"RollbackStack":                     cloud.Handle(f.rollbackStack),
		"UpdateStack":                       cloud.Handle(f.updateStack),
		"UpdateTerminationProtection":       cloud.Handle(f.updateTerminationProtection),
		"ValidateTemplate":                  cloud.Handle(f.validateTemplate),
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
	return []cfn.Type{cfn.Define("AWS::CloudFormation::CustomResource", f.CreateCustom, cfn.Update(f.UpdateCustom))}
}

// Settings are what a stack has besides its template.
type Settings struct {
	Parent    string // the name of the stack that it is nested in, or empty
	Protected bool   // whether it has termination protection

	// DisableRollback leaves what has been created where the rest cannot be.
	// Default: it is deleted again.
	DisableRollback bool

	token string // of the request
}

// Export answers Fn::ImportValue.
func (f *CloudFormation) Export(name string) (any, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, s := range f.stacks {
		if value, ok := s.outcome.Exports[name]; ok {
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
		if s.outcome.Outputs != nil && !s.gone() {
			outputs[s.template.Name] = maps.Clone(s.outcome.Outputs)
		}
	}
	return outputs
}
