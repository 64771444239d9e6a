package cloudformation

// This file describes, executes and deletes change sets.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type changeSetInput struct {
	StackName, ChangeSetName string // or their ids; with the set's no stack is needed
	NextToken                string
	DisableRollback          bool   // of ExecuteChangeSet only
	RetainExceptOnCreate     bool   // of ExecuteChangeSet only
	ClientRequestToken       string // of ExecuteChangeSet only
	IncludePropertyValues    bool   // of DescribeChangeSet only
}

type describeChangeSetOutput struct {
	ChangeSetId, ChangeSetName, StackId, StackName string
	Description                                    string `json:",omitempty"`
	CreationTime                                   cloud.Time
	Status, ExecutionStatus                        string
	StatusReason                                   string      `json:",omitempty"`
	OnStackFailure                                 string      `json:",omitempty"`
	Parameters                                     []parameter `json:",omitempty"`
	Capabilities                                   []string
	Tags                                           []cfn.Tag `json:",omitempty"`
	IncludeNestedStacks                            bool
	NotificationARNs                               []string // none
	RollbackConfiguration                          struct{} // none
	Changes                                        []change
	NextToken                                      string `json:",omitempty"`
}

// set finds one of the stack's change sets by its name or id.
func (s *stack) set(name string) *changeSet {
	for _, set := range slices.Backward(s.sets) {
		if set.name == name || set.id == name {
			return set
		}
	}
	return nil
}

// found authorizes the caller and finds a change set, or says what is not there.
func (f *CloudFormation) found(caller cloud.Caller, action string, in changeSetInput) (*stack, *changeSet, error) {
	if in.StackName == "" {
		if !strings.HasPrefix(in.ChangeSetName, "arn:") {
			return nil, nil, invalid("StackName must be specified if ChangeSetName is not specified as an ARN.")
		}
		for _, s := range f.stacks {
			if set := s.set(in.ChangeSetName); set != nil && set.id == in.ChangeSetName {
				in.StackName = s.id
			}
		}
		if in.StackName == "" {
			return nil, nil, cloud.Errorf(404, "ChangeSetNotFound", "ChangeSet [%s] does not exist", in.ChangeSetName)
		}
	}
	s, err := f.existing(caller, action, in.StackName)
	if err != nil {
		return nil, nil, err
	}
	set, err := s.existingSet(in.ChangeSetName)
	return s, set, err
}

func (s *stack) existingSet(name string) (*changeSet, error) {
	if set := s.set(name); set != nil {
		return set, nil
	}
	return nil, cloud.Errorf(404, "ChangeSetNotFound", "ChangeSet [%s] does not exist", name)
}

func (f *CloudFormation) describeChangeSet(_ context.Context, caller cloud.Caller, in changeSetInput) (out describeChangeSetOutput, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	s, set, err := f.found(caller, "DescribeChangeSet", in)
	if err != nil {
		return out, err
	}
	out = describeChangeSetOutput{
		ChangeSetId: set.id, ChangeSetName: set.name, StackId: s.id, StackName: s.template.Name, Description: set.description,
		CreationTime: cloud.Time(set.created), Status: set.status, StatusReason: set.reason, ExecutionStatus: set.execution,
		OnStackFailure: set.failure, Parameters: parametersOf(set.ready), Capabilities: set.capabilities, Tags: set.ready.Tags,
	}
	changes, next, err := page(set.changes, in.NextToken)
	for _, c := range changes {
		out.Changes = append(out.Changes, told(c, in.IncludePropertyValues))
		if in.IncludePropertyValues && c.Doubt != "" && out.StatusReason == "" {
			out.StatusReason = fmt.Sprintf("[WARN] --include-property-values option can return incomplete ChangeSet data because: ChangeSet creation failed for resource [%s] because: %s", c.LogicalID, c.Doubt)
		}
	}
	out.NextToken = next
	return out, err
}

// parametersOf are the parameters of a stack as they are told.
func parametersOf(s cfn.Stack) (all []parameter) {
	for _, name := range slices.Sorted(maps.Keys(s.Template.Parameters)) {
		given, ok := s.Parameters[name]
		declared := s.Template.Parameters[name]
		told := parameter{ParameterKey: name, ParameterValue: declared.Told(given, ok)}
		if held, ok := s.Held[name]; ok {
			told.ResolvedValue = declared.Told(held, true)
		}
		all = append(all, told)
	}
	return all
}

// executeChangeSet begins to create or update the stack; its events tell of failures.
func (f *CloudFormation) executeChangeSet(_ context.Context, caller cloud.Caller, in changeSetInput) (struct{}, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, set, err := f.found(caller, "ExecuteChangeSet", in)
	if err != nil {
		return struct{}{}, err
	}
	again, err := s.repeats("ExecuteChangeSet", in.ClientRequestToken)
	switch {
	case again, err != nil:
		return struct{}{}, err
	case set.status == "FAILED":
		return struct{}{}, cloud.Errorf(400, "InvalidChangeSetStatus", "ChangeSet [%s] cannot be executed in its current status of [%s]", set.id, set.status)
	case set.execution != "AVAILABLE":
		return struct{}{}, cloud.Errorf(400, "InvalidChangeSetStatus", "ChangeSet [%s] cannot be executed in its current execution status of [%s]", set.id, set.execution)
	case set.creates && s.status != reviewed:
		return struct{}{}, cloud.Errorf(400, "InvalidChangeSetStatus", "ChangeSet [%s] cannot be executed in its current execution status of [OBSOLETE]", set.id)
	case in.DisableRollback && set.failure != "":
		return struct{}{}, invalid("You can specify either DisableRollback or OnStackFailure, but not both.")
	case !set.creates && !s.updatable(in.DisableRollback || set.failure == "DO_NOTHING"):
		return struct{}{}, s.notUpdatable()
	}
	actor, role, err := f.actor(caller, "", cmp.Or(set.roleARN, s.roleARN))
	if err != nil {
		return struct{}{}, err
	}
	s.takes("ExecuteChangeSet", in.ClientRequestToken)
	set.roleARN, set.execution = role, "EXECUTE_IN_PROGRESS"
	s.sets = []*changeSet{set} // as CloudFormation does, which deletes those that were not chosen
	otherwise := onFailure(set.failure, in.DisableRollback)
	if set.creates {
		f.createFrom(s, set.ready, set.terms)
		s.actor, s.dropNew = actor, in.RetainExceptOnCreate
		f.cloud.Go(func(ctx context.Context) { f.executed(set, f.create(ctx, s, f.options.Types, otherwise)) })
		return struct{}{}, nil
	}
	u := &update{set.ready, set.terms, otherwise == "DO_NOTHING", in.RetainExceptOnCreate, actor}
	cancelled := f.begin(s, u, "User Initiated")
	f.cloud.Go(func(ctx context.Context) { f.executed(set, f.run(ctx, cancelled, s, u)) })
	return struct{}{}, nil
}

// executed notes how the execution of a set ended.
func (f *CloudFormation) executed(set *changeSet, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	set.execution = "EXECUTE_COMPLETE"
	if err != nil {
		set.execution = "EXECUTE_FAILED"
	}
}

type listChangeSetsOutput struct {
	Summaries []changeSetSummary
	NextToken string `json:",omitempty"`
}

type changeSetSummary struct {
	ChangeSetId, ChangeSetName, StackId, StackName string
	Status, ExecutionStatus                        string
	StatusReason                                   string `json:",omitempty"`
	Description                                    string `json:",omitempty"`
	CreationTime                                   cloud.Time
	IncludeNestedStacks                            bool
}

func (f *CloudFormation) listChangeSets(_ context.Context, caller cloud.Caller, in pageInput) (out listChangeSetsOutput, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	s, err := f.existing(caller, "ListChangeSets", in.StackName)
	if err != nil {
		return out, err
	}
	all := []changeSetSummary{}
	for _, set := range s.sets {
		if set.waits() {
			all = append(all, changeSetSummary{set.id, set.name, s.id, s.template.Name, set.status, set.execution, set.reason, set.description, cloud.Time(set.created), false})
		}
	}
	out.Summaries, out.NextToken, err = page(all, in.NextToken)
	return out, err
}

// deleteChangeSet deletes a set, if it is there. The stack stays in review.
func (f *CloudFormation) deleteChangeSet(_ context.Context, caller cloud.Caller, in changeSetInput) (struct{}, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, set, err := f.found(caller, "DeleteChangeSet", in)
	switch {
	case s == nil:
		return struct{}{}, err
	case set == nil:
		return struct{}{}, nil
	case set.execution == "EXECUTE_IN_PROGRESS":
		return struct{}{}, cloud.Errorf(400, "InvalidChangeSetStatus", "ChangeSet [%s] cannot be deleted in its current execution status of [%s]", set.id, set.execution)
	}
	s.sets = slices.DeleteFunc(s.sets, func(other *changeSet) bool { return other == set })
	return struct{}{}, nil
}

type eventsInput struct {
	StackName, ChangeSetName, OperationId string
	Filters                               struct{ FailedEvents bool }
	NextToken                             string
}

type operationEventsOutput struct{ OperationEvents []operationEvent }

type operationEvent struct {
	EventId, StackId       string
	EventType              string // VALIDATION_ERROR
	ValidationStatus       string // FAILED
	ValidationStatusReason string
	Timestamp              cloud.Time
}

// describeEvents tells why a change set could not be made. Of stacks,
// DescribeStackEvents tells.
func (f *CloudFormation) describeEvents(_ context.Context, caller cloud.Caller, in eventsInput) (out operationEventsOutput, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if in.ChangeSetName == "" {
		return out, invalid("the local engine describes the events of change sets only: use DescribeStackEvents")
	}
	s, set, err := f.found(caller, "DescribeEvents", changeSetInput{StackName: in.StackName, ChangeSetName: in.ChangeSetName})
	if err != nil || set.status != "FAILED" {
		return out, err
	}
	out.OperationEvents = []operationEvent{{set.id, s.id, "VALIDATION_ERROR", "FAILED", set.reason, cloud.Time(set.created)}}
	return out, nil
}
