package cloudformation

// This file creates, updates and rolls back stacks without a change set.

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type createStackInput struct {
	wanted
	OnFailure                                    string // ROLLBACK, DELETE, DO_NOTHING
	DisableRollback, EnableTerminationProtection bool
	RetainExceptOnCreate                         bool
	ClientRequestToken                           string
	TimeoutInMinutes                             int
	StackPolicyBody, StackPolicyURL              string
}

type stackOutput struct{ StackId string }

// createStack begins to create a stack.
func (f *CloudFormation) createStack(ctx context.Context, caller cloud.Caller, in createStackInput) (out stackOutput, err error) {
	if err := cmp.Or(f.may(caller, "CreateStack", in.wanted), checkToken(in.ClientRequestToken)); err != nil {
		return out, err
	}
	switch {
	case in.OnFailure != "" && in.DisableRollback:
		return out, invalid("You can specify either DisableRollback or OnFailure, but not both.")
	case !slices.Contains([]string{"", "ROLLBACK", "DELETE", "DO_NOTHING"}, in.OnFailure):
		return out, invalid("OnFailure is ROLLBACK, DELETE or DO_NOTHING, not %s", in.OnFailure)
	case in.TimeoutInMinutes != 0, in.StackPolicyBody != "", in.StackPolicyURL != "", in.UsePreviousTemplate:
		return out, invalid("the local engine creates stacks without TimeoutInMinutes, StackPolicyBody and StackPolicyURL")
	}
	actor, role, err := f.actor(caller, in.RoleARN, "")
	if err != nil {
		return out, err
	}
	ready, err := f.readied(ctx, caller, in.wanted)
	if err != nil {
		return out, err
	}
	if faults := ready.Check(f.options.Types); len(faults) > 0 {
		return out, invalid("the template uses what the local engine does not do: %s", strings.Join(faults, "; "))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if same := f.named(in.StackName); same != nil {
		if again, err := same.repeats("CreateStack", in.ClientRequestToken); again || err != nil {
			return stackOutput{same.id}, err
		}
		return out, cloud.Errorf(400, "AlreadyExistsException", "Stack [%s] already exists", in.StackName)
	}
	otherwise := onFailure(in.OnFailure, in.DisableRollback)
	settings := Settings{Protected: in.EnableTerminationProtection, DisableRollback: otherwise == "DO_NOTHING", token: in.ClientRequestToken}
	s := f.add(ready, settings, "CREATE_IN_PROGRESS", "User Initiated")
	s.terms, s.made, s.actor, s.dropNew = terms{in.Capabilities, "", role}, true, actor, in.RetainExceptOnCreate
	f.cloud.Go(func(ctx context.Context) { f.create(ctx, s, f.options.Types, otherwise) })
	return stackOutput{s.id}, nil
}

// createFrom lets a stack that was only reviewed be created, with the mutex held.
func (f *CloudFormation) createFrom(s *stack, ready cfn.Stack, t terms) {
	f.follow(s, &ready, s.imports)
	s.template, s.terms, s.made = ready, t, true
	s.updated = time.Now()
	s.becomes("CREATE_IN_PROGRESS", "User Initiated")
}

type updateStackInput struct {
	wanted
	DisableRollback                                         bool
	RetainExceptOnCreate                                    bool
	ClientRequestToken                                      string
	StackPolicyBody, StackPolicyURL                         string
	StackPolicyDuringUpdateBody, StackPolicyDuringUpdateURL string
}

// updateStack begins to update a stack.
func (f *CloudFormation) updateStack(ctx context.Context, caller cloud.Caller, in updateStackInput) (out stackOutput, err error) {
	if err := f.may(caller, "UpdateStack", in.wanted); err != nil {
		return out, err
	}
	if in.StackPolicyBody+in.StackPolicyURL+in.StackPolicyDuringUpdateBody+in.StackPolicyDuringUpdateURL != "" {
		return out, invalid("the local engine updates stacks without stack policies")
	}
	if id, again, err := f.repeated(in.StackName, "UpdateStack", in.ClientRequestToken); again || err != nil {
		return stackOutput{id}, err
	}
	s, err := f.updatableStack(in.StackName, in.DisableRollback)
	if err != nil {
		return out, err
	}
	f.mu.RLock()
	last := s.roleARN
	f.mu.RUnlock()
	actor, role, err := f.actor(caller, in.RoleARN, last)
	if err != nil {
		return out, err
	}
	ready, err := f.readied(ctx, caller, in.wanted)
	if err != nil {
		return out, err
	}
	plan, reason := f.plan(s, &ready, false)
	if reason != "" {
		return out, invalid("%s", reason)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	u := &update{ready, terms{in.Capabilities, "", role}, in.DisableRollback, in.RetainExceptOnCreate, actor}
	switch {
	case !s.updatable(in.DisableRollback): // it has begun to be updated meanwhile
		return out, s.notUpdatable()
	case plan.Empty():
		return out, invalid("No updates are to be performed.")
	}
	for _, set := range s.sets {
		if set.execution == "AVAILABLE" {
			set.execution = "OBSOLETE"
		}
	}
	s.takes("UpdateStack", in.ClientRequestToken)
	cancelled := f.begin(s, u, "User Initiated")
	f.cloud.Go(func(ctx context.Context) { f.run(ctx, cancelled, s, u) })
	return stackOutput{s.id}, nil
}

// repeated is whether a request to a stack has been taken before, and the stack's id.
func (f *CloudFormation) repeated(name, action, token string) (id string, again bool, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	s := f.named(name)
	if again, err = s.repeats(action, token); again {
		id = s.id
	}
	return id, again, err
}

// may authorizes a caller to have a stack created or updated.
func (f *CloudFormation) may(caller cloud.Caller, action string, in wanted) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if err := f.authorize(caller, action, in.StackName); err != nil {
		return err
	}
	if f.options.Ready == nil {
		return invalid("stacks are not created by the API here")
	}
	return checkTags(in.Tags)
}

// updatableStack finds a stack that can be updated.
func (f *CloudFormation) updatableStack(name string, keep bool) (*stack, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	s := f.named(name)
	switch {
	case s == nil || s.gone() || s.status == reviewed:
		return nil, invalid("Stack [%s] does not exist", name)
	case !s.updatable(keep):
		return nil, s.notUpdatable()
	}
	return s, nil
}

// updatable tells whether a stack may be updated. One that has failed half way
// may be, if it is kept should it fail again.
func (s *stack) updatable(keep bool) bool {
	switch s.status {
	case "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE":
		return true
	case "CREATE_FAILED", "UPDATE_FAILED":
		return keep && s.created != nil
	}
	return false
}

func (s *stack) notUpdatable() error {
	if s.status == "CREATE_FAILED" || s.status == "UPDATE_FAILED" {
		return invalid("This stack is currently in a non-terminal [%s] state. To update the stack from this state, please use the disable-rollback parameter with update-stack API. To rollback to the last known good state, use the rollback-stack API", s.status)
	}
	return invalid("Stack:%s is in %s state and can not be updated.", s.id, s.status)
}

func (s *stack) inProgress() bool { return strings.HasSuffix(s.status, "_IN_PROGRESS") }

// again finds who goes on with what a stack's last deployment has begun.
func (f *CloudFormation) again(caller cloud.Caller, s *stack, roleARN string) error {
	actor, role, err := f.actor(caller, roleARN, s.roleARN)
	if err == nil {
		s.actor, s.roleARN = actor, role
	}
	return err
}

type rollbackInput struct {
	StackName, RoleARN, ClientRequestToken string
	RetainExceptOnCreate                   bool
	DeploymentConfig                       deploymentConfig
}

// rollbackStack begins to undo what has failed and was kept.
func (f *CloudFormation) rollbackStack(_ context.Context, caller cloud.Caller, in rollbackInput) (out stackOutput, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, err := f.existing(caller, "RollbackStack", in.StackName)
	if err != nil {
		return out, err
	}
	if again, err := s.repeats("RollbackStack", in.ClientRequestToken); again || err != nil {
		return stackOutput{s.id}, err
	}
	if s.status != "CREATE_FAILED" && s.status != "UPDATE_FAILED" {
		return out, invalid("Stack:%s is in %s state and can not be rolled back.", s.id, s.status)
	}
	if err := f.again(caller, s, in.RoleARN); err != nil {
		return out, err
	}
	s.takes("RollbackStack", in.ClientRequestToken)
	s.dropNew = in.RetainExceptOnCreate
	f.undoLater(s, nil)
	return stackOutput{s.id}, nil
}

type continueInput struct {
	StackName, RoleARN, ClientRequestToken string
	ResourcesToSkip                        []string
	ForceRollback                          bool
}

// continueUpdateRollback goes on with a rollback that has failed.
func (f *CloudFormation) continueUpdateRollback(_ context.Context, caller cloud.Caller, in continueInput) (struct{}, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, err := f.existing(caller, "ContinueUpdateRollback", in.StackName)
	if err != nil {
		return struct{}{}, err
	}
	if again, err := s.repeats("ContinueUpdateRollback", in.ClientRequestToken); again || err != nil {
		return struct{}{}, err
	}
	if s.status != "UPDATE_ROLLBACK_FAILED" {
		return struct{}{}, invalid("Stack:%s is in %s state and can not continue update rollback.", s.id, s.status)
	}
	skip := in.ResourcesToSkip
	for _, r := range s.told() {
		failed := r.ResourceStatus == "UPDATE_FAILED"
		switch {
		case in.ForceRollback && failed:
			skip = append(skip, r.LogicalResourceId)
		case slices.Contains(skip, r.LogicalResourceId) && !failed:
			return struct{}{}, invalid("Unable to skip resource %s: only resources that failed to update can be skipped", r.LogicalResourceId)
		}
	}
	if err := f.again(caller, s, in.RoleARN); err != nil {
		return struct{}{}, err
	}
	s.takes("ContinueUpdateRollback", in.ClientRequestToken)
	f.undoLater(s, skip)
	return struct{}{}, nil
}

// undoLater begins a rollback, with the mutex held.
func (f *CloudFormation) undoLater(s *stack, skip []string) {
	what := f.rollsBack(s, "User Initiated")
	f.cloud.Go(func(ctx context.Context) {
		s.work.Lock()
		defer s.work.Unlock()
		f.rollback(ctx, s, what, skip)
	})
}

type cancelInput struct{ StackName, ClientRequestToken string }

// cancelUpdateStack lets an update end where it is and be rolled back.
func (f *CloudFormation) cancelUpdateStack(_ context.Context, caller cloud.Caller, in cancelInput) (struct{}, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, err := f.existing(caller, "CancelUpdateStack", in.StackName)
	if err != nil {
		return struct{}{}, err
	}
	if again, err := s.repeats("CancelUpdateStack", in.ClientRequestToken); again || err != nil {
		return struct{}{}, err
	}
	if s.status != "UPDATE_IN_PROGRESS" {
		return struct{}{}, invalid("CancelUpdateStack cannot be called from current stack status")
	}
	s.takes("CancelUpdateStack", in.ClientRequestToken)
	s.cancel()
	return struct{}{}, nil
}
