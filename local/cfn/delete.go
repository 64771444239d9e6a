package cfn

// This file deletes stacks.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Step is a step in the life of a resource, as CloudFormation tells it.
type Step struct {
	Resource
	PhysicalID string // empty as long as the resource has none
	Status     string // "DELETE_IN_PROGRESS"
	Reason     string // of a failure
}

func (s *Stack) tell(step Step) {
	if s.Tell != nil {
		s.Tell(step)
	}
}

// Removal is the Delete of a resource that is an entry of a map.
func Removal[K comparable, V any](guard sync.Locker, entries map[K]V, key K) func(context.Context) error {
	return func(context.Context) error {
		guard.Lock()
		defer guard.Unlock()
		delete(entries, key)
		return nil
	}
}

// Resources returns the resources that the stack has, as they were created.
func (c *Created) Resources() []Resource { return slices.Clone(c.order) }

// Deletion says what of a stack is deleted.
type Deletion struct {
	Retain   []string // logical ids of resources that go on without the stack
	Rollback bool     // whether the stack could not be created, so that RetainExceptOnCreate retains nothing
}

func (d Deletion) retains(id string, policy deletionPolicy) bool {
	return slices.Contains(d.Retain, id) || policy.retains() && !(d.Rollback && policy == exceptOnCreate)
}

// Delete deletes the resources of the stack, each before what it refers to,
// but for those that the deletion or their DeletionPolicy retains: these go on
// without the stack. What could not be deleted stays in the stack, and so does
// what it refers to; then Delete may be called again.
func (c *Created) Delete(ctx context.Context, d Deletion) error {
	var failed []string
	stays := map[string]bool{} // the failed ones, and what they need
	var left []Resource
	for _, r := range slices.Backward(c.order) {
		if c.stack.Template.neededByAny(r.LogicalID, stays) {
			stays[r.LogicalID] = true
			left = append(left, r)
			continue
		}
		if err := c.delete(ctx, r, d); err != nil {
			stays[r.LogicalID] = true
			left, failed = append(left, r), append(failed, r.LogicalID)
		}
	}
	slices.Reverse(left)
	c.order = left
	if len(failed) > 0 {
		return fmt.Errorf("The following resource(s) failed to delete: [%s]. ", strings.Join(failed, ", ")) //lint:ignore ST1005 as CloudFormation says it
	}
	return nil
}

func (c *Created) delete(ctx context.Context, r Resource, d Deletion) error {
	handle := c.Handles[r.LogicalID]
	if d.retains(r.LogicalID, c.stack.Template.Resources[r.LogicalID].DeletionPolicy) {
		c.stack.tell(Step{r, handle.Ref, "DELETE_SKIPPED", ""})
		return nil
	}
	c.stack.tell(Step{r, handle.Ref, "DELETE_IN_PROGRESS", ""})
	if handle.Delete != nil {
		if err := errors.Join(ctx.Err(), handle.Delete(ctx)); err != nil {
			c.stack.tell(Step{r, handle.Ref, "DELETE_FAILED", err.Error()})
			return err
		}
	}
	c.stack.tell(Step{r, handle.Ref, "DELETE_COMPLETE", ""})
	return nil
}
