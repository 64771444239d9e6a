package cloudformation

// This file has the actions that change stacks.

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// authorize asks whether the caller may do something with a stack, which need
// not exist, by its name or id.
func (f *CloudFormation) authorize(caller cloud.Caller, action, name string) error {
	resource := "*"
	if s := f.named(name); s != nil {
		resource = s.id
	} else if name != "" {
		resource = f.cloud.ARN("cloudformation", "stack/"+name+"/*")
	}
	return f.cloud.Authorize(caller, "cloudformation:"+action, resource)
}

type deleteStackInput struct {
	StackName          string
	RetainResources    []string
	DeletionMode       string // STANDARD
	ClientRequestToken string
	RoleARN            string
	DeploymentConfig   deploymentConfig
}

// deleteStack begins to delete a stack. One that does not exist needs none.
func (f *CloudFormation) deleteStack(_ context.Context, caller cloud.Caller, in deleteStackInput) (struct{}, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.authorize(caller, "DeleteStack", in.StackName); err != nil {
		return struct{}{}, err
	}
	s := f.named(in.StackName)
	if again, err := s.repeats("DeleteStack", in.ClientRequestToken); again || err != nil {
		return struct{}{}, err
	}
	switch {
	case in.DeletionMode != "" && in.DeletionMode != "STANDARD":
		return struct{}{}, invalid("the local engine deletes in DeletionMode STANDARD only, not %s", in.DeletionMode)
	case s == nil || s.gone() || s.status == "DELETE_IN_PROGRESS":
		return struct{}{}, nil
	case s.status != reviewed && s.inProgress():
		return struct{}{}, invalid("Stack [%s] cannot be deleted while in status %s", s.template.Name, s.status)
	case f.protected(s):
		return struct{}{}, invalid("Stack [%s] cannot be deleted while TerminationProtection is enabled", s.template.Name)
	case len(in.RetainResources) > 0 && s.status != "DELETE_FAILED":
		return struct{}{}, invalid("Stack [%s] is in %s: resources can be retained only of a stack in DELETE_FAILED", s.template.Name, s.status)
	}
	if user := f.inUse(s, nil); user != "" {
		s.becomes(s.status, user) // as CloudFormation does: the call succeeds, and the stack stays
		return struct{}{}, nil
	}
	if err := f.again(caller, s, in.RoleARN); err != nil {
		return struct{}{}, err
	}
	s.takes("DeleteStack", in.ClientRequestToken)
	s.becomes("DELETE_IN_PROGRESS", "User Initiated")
	f.cloud.Go(func(ctx context.Context) { f.delete(ctx, s, cfn.Deletion{Retain: in.RetainResources}) }) // its events tell of failures
	return struct{}{}, nil
}

// protected tells whether a stack, or that in which it is nested, has
// termination protection.
func (f *CloudFormation) protected(s *stack) bool { return f.root(s).protected }

func (f *CloudFormation) root(s *stack) *stack {
	for s.parent != "" {
		s = f.named(s.parent)
	}
	return s
}

type protectionInput struct {
	StackName                   string
	EnableTerminationProtection bool
}

type protectionOutput struct{ StackId string }

func (f *CloudFormation) updateTerminationProtection(_ context.Context, caller cloud.Caller, in protectionInput) (protectionOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.authorize(caller, "UpdateTerminationProtection", in.StackName); err != nil {
		return protectionOutput{}, err
	}
	s := f.named(in.StackName)
	switch {
	case s == nil || s.gone():
		return protectionOutput{}, invalid("Stack [%s] does not exist", in.StackName)
	case s.parent != "":
		return protectionOutput{}, invalid("Termination protection cannot be updated on nested stacks: update it on the root stack %s", f.root(s).template.Name)
	case s.status == "DELETE_IN_PROGRESS":
		return protectionOutput{}, invalid("Stack [%s] is in DELETE_IN_PROGRESS and cannot be protected", s.template.Name)
	}
	s.protected = in.EnableTerminationProtection
	f.Changed()
	return protectionOutput{s.id}, nil
}

func invalid(format string, arguments ...any) *cloud.Error {
	return cloud.Errorf(400, "ValidationError", format, arguments...)
}
