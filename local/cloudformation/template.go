package cloudformation

// This file has the actions that tell of templates.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cfn/schema"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type templateInput struct{ StackName, TemplateStage, ChangeSetName string }

type templateOutput struct {
	TemplateBody    string
	StagesAvailable []string
}

// getTemplate answers a template as it was written: nothing here processes it. A
// stack that only has change sets has an empty one.
func (f *CloudFormation) getTemplate(_ context.Context, caller cloud.Caller, in templateInput) (templateOutput, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if in.StackName == "" && in.ChangeSetName == "" {
		return templateOutput{}, invalid("StackName is required if ChangeSetName is not specified.")
	}
	if in.StackName == "" {
		if !strings.HasPrefix(in.ChangeSetName, "arn:") {
			return templateOutput{}, invalid("StackName is a required parameter.")
		}
		_, set, err := f.found(caller, "GetTemplate", changeSetInput{ChangeSetName: in.ChangeSetName})
		if err != nil {
			return templateOutput{}, err
		}
		return templateOutput{set.ready.Template.Body, []string{"Original", "Processed"}}, nil
	}
	if err := f.authorize(caller, "GetTemplate", in.StackName); err != nil {
		return templateOutput{}, err
	}
	s := f.named(in.StackName)
	if s == nil {
		return templateOutput{}, invalid("Stack with id %s does not exist", in.StackName)
	}
	of := s.template
	if in.ChangeSetName != "" {
		set, err := s.existingSet(in.ChangeSetName)
		if err != nil {
			return templateOutput{}, err
		}
		of = set.ready
	}
	return templateOutput{of.Template.Body, []string{"Original", "Processed"}}, nil
}

type summaryInput struct {
	StackName                 string
	TemplateBody, TemplateURL string
}

type summaryOutput struct {
	Description                 string `json:",omitempty"`
	Parameters                  []parameterDeclaration
	Capabilities                []string `json:",omitempty"`
	CapabilitiesReason          string   `json:",omitempty"`
	ResourceTypes               []string
	ResourceIdentifierSummaries []identifierSummary
	Version                     string `json:",omitempty"`
	Metadata                    string `json:",omitempty"`
}

type parameterDeclaration struct {
	templateParameter
	ParameterType        string
	ParameterConstraints parameterConstraints
}

// templateParameter is what a validation tells of a parameter.
type templateParameter struct {
	ParameterKey string
	DefaultValue string `json:",omitempty"`
	NoEcho       bool
	Description  string `json:",omitempty"`
}

type parameterConstraints struct {
	AllowedValues []string `json:",omitempty"`
}

type identifierSummary struct {
	ResourceType        string
	LogicalResourceIds  []string
	ResourceIdentifiers []string `json:",omitempty"` // what an import is told them by
}

// getTemplateSummary tells of the template of a stack, or of one that is given.
func (f *CloudFormation) getTemplateSummary(ctx context.Context, caller cloud.Caller, in summaryInput) (out summaryOutput, err error) {
	template, err := f.chosen(ctx, caller, in)
	if err != nil {
		return out, err
	}
	out.Description, out.Parameters, out.Version = template.Description, declarations(template), cmp.Or(template.Version, "2010-09-09")
	out.Metadata = template.MetadataText()
	out.Capabilities, out.CapabilitiesReason = acknowledged(template)
	for _, id := range slices.Sorted(maps.Keys(template.Resources)) {
		out.ResourceTypes = append(out.ResourceTypes, template.Resources[id].Type)
	}
	slices.Sort(out.ResourceTypes)
	out.ResourceTypes = slices.Compact(out.ResourceTypes)
	for _, name := range out.ResourceTypes {
		out.ResourceIdentifierSummaries = append(out.ResourceIdentifierSummaries, identifierSummary{name, template.Declared(name), schema.Identifiers(name)})
	}
	return out, nil
}

// chosen is the template that is asked about.
func (f *CloudFormation) chosen(ctx context.Context, caller cloud.Caller, in summaryInput) (*cfn.Template, error) {
	f.mu.RLock()
	s, err := f.existing(caller, "GetTemplateSummary", in.StackName)
	f.mu.RUnlock()
	switch {
	case in.StackName == "":
		if err := f.mayAsk(caller, "GetTemplateSummary"); err != nil {
			return nil, err
		}
		return f.read(ctx, caller, source{in.TemplateBody, in.TemplateURL})
	case err != nil:
		return nil, err
	case in.TemplateBody != "" || in.TemplateURL != "":
		return nil, invalid("Only one of StackName, TemplateBody and TemplateURL may be specified.")
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	if s.status == reviewed {
		return nil, invalid("GetTemplateSummary cannot be called on %s stacks.", reviewed)
	}
	return s.template.Template, nil
}

// mayAsk authorizes what has to do with no stack.
func (f *CloudFormation) mayAsk(caller cloud.Caller, action string) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.authorize(caller, action, "")
}

type validateInput struct{ TemplateBody, TemplateURL string }

type validateOutput struct {
	Description        string `json:",omitempty"`
	Parameters         []templateParameter
	Capabilities       []string `json:",omitempty"`
	CapabilitiesReason string   `json:",omitempty"`
}

// validateTemplate tells whether a template is well formed, as on AWS; what the
// engine does of it, a change set tells.
func (f *CloudFormation) validateTemplate(ctx context.Context, caller cloud.Caller, in validateInput) (out validateOutput, err error) {
	if err := f.mayAsk(caller, "ValidateTemplate"); err != nil {
		return out, err
	}
	template, err := f.read(ctx, caller, source{in.TemplateBody, in.TemplateURL})
	if err != nil {
		return out, err
	}
	out.Description = template.Description
	for _, p := range declarations(template) {
		out.Parameters = append(out.Parameters, p.templateParameter)
	}
	out.Capabilities, out.CapabilitiesReason = acknowledged(template)
	return out, nil
}

func acknowledged(template *cfn.Template) (capabilities []string, reason string) {
	needed, because := capability(template)
	if needed == "" {
		return nil, ""
	}
	return []string{needed}, fmt.Sprintf("The following resource(s) require capabilities: %v", because)
}

// declarations are the parameters of a template.
func declarations(template *cfn.Template) (all []parameterDeclaration) {
	for _, name := range slices.Sorted(maps.Keys(template.Parameters)) {
		p := template.Parameters[name]
		d := parameterDeclaration{templateParameter: templateParameter{ParameterKey: name, NoEcho: p.Secret(), Description: p.Description}, ParameterType: p.Type}
		if p.Default != nil {
			d.DefaultValue = fmt.Sprint(p.Default)
		}
		for _, value := range p.AllowedValues {
			d.ParameterConstraints.AllowedValues = append(d.ParameterConstraints.AllowedValues, fmt.Sprint(value))
		}
		all = append(all, d)
	}
	return all
}
