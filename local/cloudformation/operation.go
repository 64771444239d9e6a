package cloudformation

// This file is what becomes of a stack: how it is created, updated and deleted,
// and which states it goes through.

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Create creates a stack and all of its resources. Its name must be new.
func (f *CloudFormation) Create(ctx context.Context, template cfn.Stack, types map[string]cfn.Type, settings Settings) (*cfn.Created, error) {
	_, _ = template.Hold() // what is missing is missed by what refers to it
	f.mu.Lock()
	s := f.add(template, settings, "CREATE_IN_PROGRESS", "")
	f.mu.Unlock()
	err := f.create(ctx, s, types, onFailure("", settings.DisableRollback))
	return s.created, err
}

// onFailure is what becomes of a stack that cannot be created: what was chosen,
// or else its rollback, unless that is disabled.
func onFailure(chosen string, disableRollback bool) string {
	if disableRollback {
		return "DO_NOTHING"
	}
	return cmp.Or(chosen, "ROLLBACK")
}

// create creates the resources of a stack that is in CREATE_IN_PROGRESS.
func (f *CloudFormation) create(ctx context.Context, s *stack, types map[string]cfn.Type, onFailure string) error {
	s.work.Lock()
	defer s.work.Unlock()
	created, err := s.template.Create(ctx, types)
	f.mu.Lock()
	s.created = created
	f.note(s)
	if err == nil {
		err = f.exportable(s)
	}
	switch {
	case err == nil:
		s.complete()
		s.becomes("CREATE_COMPLETE", "")
	case onFailure == "DO_NOTHING":
		s.becomes("CREATE_FAILED", s.notCreated(err))
	case onFailure == "DELETE":
		s.becomes("DELETE_IN_PROGRESS", s.notCreated(err)+"Delete requested by user.")
	default:
		s.becomes("ROLLBACK_IN_PROGRESS", s.notCreated(err)+"Rollback requested by user.")
	}
	status := s.status
	f.mu.Unlock()
	switch status {
	case "ROLLBACK_IN_PROGRESS":
		f.undo(ctx, s, cfn.Deletion{Rollback: true}, "ROLLBACK")
	case "DELETE_IN_PROGRESS":
		f.undo(ctx, s, cfn.Deletion{Rollback: true}, "DELETE")
	}
	return err
}

// note takes down what there is of a stack now, with the mutex held.
func (f *CloudFormation) note(s *stack) {
	if s.created != nil {
		s.lineage = s.created.Lineage()
	}
	f.Changed()
}

// notCreated is why a stack could not be created: its resources' events have the
// causes.
func (s *stack) notCreated(err error) string {
	var failed []string
	for _, r := range s.told() {
		if r.ResourceStatus == "CREATE_FAILED" {
			failed = append(failed, r.LogicalResourceId)
		}
	}
	if len(failed) == 0 {
		return err.Error() + " "
	}
	return fmt.Sprintf("The following resource(s) failed to create: [%s]. ", strings.Join(failed, ", "))
}

// complete takes over what the resources' outputs are, with the mutex held.
func (s *stack) complete() {
	s.stable = true
	s.outcome = s.created.Outcome
}

// undo deletes what has been created of a stack, and tells how that ended: as
// DELETE_COMPLETE or DELETE_FAILED, say, for DELETE.
func (f *CloudFormation) undo(ctx context.Context, s *stack, d cfn.Deletion, what string) (err error) {
	if s.created != nil {
		f.mu.RLock()
		s.created.DropNew = s.dropNew
		f.mu.RUnlock()
		err = s.created.Delete(ctx, d)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(s)
	if err != nil {
		s.becomes(what+"_FAILED", err.Error())
		return err
	}
	s.outcome = cfn.Outcome{}
	s.becomes(what+"_COMPLETE", "")
	return nil
}

// delete deletes the resources of a stack that is in DELETE_IN_PROGRESS.
func (f *CloudFormation) delete(ctx context.Context, s *stack, d cfn.Deletion) error {
	s.work.Lock()
	defer s.work.Unlock()
	return f.undo(ctx, s, d, "DELETE")
}

// Delete deletes a stack that is nested in another, which is being deleted.
func (f *CloudFormation) Delete(ctx context.Context, id string) error {
	f.mu.Lock()
	s := f.named(id)
	if s == nil || s.gone() {
		f.mu.Unlock()
		return nil
	}
	s.becomes("DELETE_IN_PROGRESS", "")
	f.mu.Unlock()
	return f.delete(ctx, s, cfn.Deletion{})
}

// update is what a stack is to become.
type update struct {
	ready cfn.Stack
	terms
	keep    bool // whether it is not rolled back when it fails
	dropNew bool // whether a rollback deletes what is new, whatever its DeletionPolicy
	actor   cloud.Caller
}

// begin lets a stack be in UPDATE_IN_PROGRESS, with the mutex held. The context
// ends when the update is cancelled.
func (f *CloudFormation) begin(s *stack, u *update, reason string) (cancelled context.Context) {
	s.updated, s.keep, s.dropNew, s.actor = time.Now(), u.keep, u.dropNew, u.actor
	s.before = before{s.template, s.terms, s.imports}
	s.importing = map[string]bool{}
	f.follow(s, &u.ready, s.importing)
	u.ready.InPlace = u.keep
	s.becomes("UPDATE_IN_PROGRESS", reason)
	cancelled, s.cancel = context.WithCancel(context.Background())
	return cancelled
}

// run is an update that has begun, to its end.
func (f *CloudFormation) run(ctx, cancelled context.Context, s *stack, u *update) error {
	s.work.Lock()
	defer s.work.Unlock()
	err := f.apply(ctx, cancelled, s, u)
	switch {
	case err == nil:
		f.cleanUp(ctx, s, "UPDATE")
	case ctx.Err() != nil: // the engine ends
	case u.keep && cancelled.Err() == nil:
		f.fail(s, err)
	default:
		f.mu.Lock()
		what := f.rollsBack(s, reasonOf(cancelled, err))
		f.mu.Unlock()
		f.rollback(ctx, s, what, nil)
	}
	return err
}

func (f *CloudFormation) fail(s *stack, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.becomes("UPDATE_FAILED", err.Error())
}

// reasonOf is why an update is rolled back, as the stack tells it.
func reasonOf(cancelled context.Context, err error) string {
	if cancelled.Err() != nil {
		return "User Initiated"
	}
	return err.Error()
}

// apply updates the resources. What other stacks import must be as it was.
func (f *CloudFormation) apply(ctx, cancelled context.Context, s *stack, u *update) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(cancelled, end)()
	if err := s.created.Update(ctx, &u.ready); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.exportable(s); err != nil {
		return err
	}
	s.template, s.terms, s.imports, s.importing = u.ready, u.terms, s.importing, nil
	s.complete()
	f.note(s)
	s.becomes("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "")
	return nil
}

// cleanUp deletes what an update or its rollback has left over.
func (f *CloudFormation) cleanUp(ctx context.Context, s *stack, what string) {
	f.mu.RLock()
	s.created.DropNew = s.dropNew
	f.mu.RUnlock()
	err := s.created.CleanUp(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(s)
	there := map[string]bool{}
	for _, r := range s.created.Resources() {
		there[r.LogicalID] = true
	}
	for id := range s.resources {
		if !there[id] {
			delete(s.resources, id)
		}
	}
	reason := ""
	if err != nil && what == "UPDATE" {
		reason = "Update successful. One or more resources could not be deleted."
	}
	s.becomes(what+"_COMPLETE", reason)
}

// rollsBack lets a stack be rolled back, with the mutex held, and answers what
// that is called. One that has never been complete is deleted down to its name.
func (f *CloudFormation) rollsBack(s *stack, reason string) (what string) {
	what = "UPDATE_ROLLBACK"
	if !s.stable {
		what = "ROLLBACK"
	}
	s.becomes(what+"_IN_PROGRESS", reason)
	return what
}

// rollback is a rollback that has begun, to its end.
func (f *CloudFormation) rollback(ctx context.Context, s *stack, what string, skip []string) {
	if what == "ROLLBACK" {
		f.undo(ctx, s, cfn.Deletion{Rollback: true}, what)
		return
	}
	if f.back(ctx, s, skip) == nil {
		f.cleanUp(ctx, s, what)
	}
}

// back makes the resources what they were.
func (f *CloudFormation) back(ctx context.Context, s *stack, skip []string) error {
	err := s.created.Rollback(ctx, skip)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		s.becomes("UPDATE_ROLLBACK_FAILED", err.Error())
		return err
	}
	s.template, s.terms, s.imports, s.importing = s.before.template, s.before.terms, s.before.imports, nil
	s.complete()
	s.becomes("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "")
	return nil
}
