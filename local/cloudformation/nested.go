package cloudformation

// This file updates stacks that are nested in others. They are settled, or go
// back, with the stack that they are nested in.

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// Update updates a stack that is nested in another, which is being updated, or
// goes back to what it was before. It can be undone until Settle.
func (f *CloudFormation) Update(ctx context.Context, id string, ready cfn.Stack) (outputs map[string]any, err error) {
	f.mu.RLock()
	s := f.named(id)
	isThere := s != nil && s.created != nil
	f.mu.RUnlock()
	if !isThere {
		return nil, fmt.Errorf("nested stack %s is not there", id)
	}
	_, _ = ready.Hold() // what is missing is missed by what refers to it
	s.work.Lock()
	defer s.work.Unlock()
	f.mu.RLock()
	is := s.template.Alike(&ready) && maps.Equal(s.template.Held, ready.Held) && s.status != "UPDATE_FAILED"
	f.mu.RUnlock()
	switch {
	case s.created.GoesBackTo(&ready):
		f.mu.Lock()
		s.becomes("UPDATE_ROLLBACK_IN_PROGRESS", "")
		f.mu.Unlock()
		err = f.back(ctx, s, nil)
	case !is: // it may have gone back by itself
		err = f.advance(ctx, s, ready)
	}
	return s.created.Outputs, err
}

// advance updates a nested stack. One that cannot be goes back by itself, unless
// the stack that it is nested in is not rolled back either.
func (f *CloudFormation) advance(ctx context.Context, s *stack, ready cfn.Stack) error {
	f.mu.Lock()
	u := &update{ready: ready, terms: s.terms, keep: f.root(s).keep, actor: s.actor}
	cancelled := f.begin(s, u, "")
	f.mu.Unlock()
	err := f.apply(ctx, cancelled, s, u)
	if err == nil || ctx.Err() != nil && u.keep {
		return err
	}
	status := "UPDATE_FAILED"
	if u.keep {
		f.fail(s, err)
	} else {
		f.mu.Lock()
		what := f.rollsBack(s, err.Error())
		f.mu.Unlock()
		f.rollback(context.WithoutCancel(ctx), s, what, nil)
		status = "UPDATE_ROLLBACK_IN_PROGRESS"
	}
	return failed("Embedded stack %s was not successfully updated. Currently in %s with reason: %s", s.id, status, err)
}

// Settle ends the update of a nested stack, or its rollback, if there is one.
func (f *CloudFormation) Settle(ctx context.Context, id string) error {
	f.mu.RLock()
	s, what, unsettled := f.named(id), "", false
	if s != nil {
		what, unsettled = strings.CutSuffix(s.status, "_COMPLETE_CLEANUP_IN_PROGRESS") // UPDATE or UPDATE_ROLLBACK
	}
	f.mu.RUnlock()
	if unsettled {
		s.work.Lock()
		defer s.work.Unlock()
		f.cleanUp(ctx, s, what)
	}
	return nil
}
