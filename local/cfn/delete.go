package cfn

// This file deletes stacks.

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
)

// Step is a step in the life of a resource, as CloudFormation tells it.
type Step struct {
	Resource
	PhysicalID string // empty as long as the resource has none
	Status     string // "DELETE_IN_PROGRESS"
	Reason     string // of a failure, say
	Replaced   bool   // whether another resource stands for the logical id
}

func (s *Stack) tell(step Step) {
	if s.Tell != nil {
		s.Tell(step)
	}
}

func (i *instance) step(status, reason string) Step {
	return Step{Resource: i.Resource, PhysicalID: i.handle.Ref, Status: status, Reason: reason}
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

// Deletion says what of a stack is deleted.
type Deletion struct {
	Retain   []string // logical ids of resources that go on without the stack
	Rollback bool     // whether the stack could not be created, so that RetainExceptOnCreate retains nothing
}

func (c *Created) retains(d Deletion, id string, policy deletionPolicy) bool {
	return slices.Contains(d.Retain, id) || policy.retains() && !(d.Rollback && (c.DropNew || policy == exceptOnCreate))
}

// Delete deletes the resources of the stack, each before what it refers to,
// but for those that the deletion or their DeletionPolicy retains: these go on
// without the stack. What could not be deleted stays in the stack, and so does
// what it refers to; then Delete may be called again.
func (c *Created) Delete(ctx context.Context, d Deletion) error {
	var all []doomed
	for _, i := range c.live {
		all = append(all, doomed{i, c.retains(d, i.LogicalID, i.policies.deletion)})
	}
	if c.pending != nil {
		all = append(all, c.pending.replaced...)
	}
	left, err := c.deleteAll(ctx, all)
	live := c.live
	c.live, c.pending = map[string]*instance{}, nil
	for _, one := range left {
		if live[one.LogicalID] == one.instance {
			c.live[one.LogicalID] = one.instance
			continue
		}
		if c.pending == nil {
			c.pending = &transition{}
		}
		c.pending.replaced = append(c.pending.replaced, one)
	}
	return err
}

// doomed is an instance that is to be deleted, or only left.
type doomed struct {
	*instance
	retained bool
}

// deleteAll deletes instances, each before what it needs. What could not be
// deleted is left, and so is what it needs.
func (c *Created) deleteAll(ctx context.Context, all []doomed) (left []doomed, err error) {
	retained := map[*instance]bool{}
	var instances []*instance
	for _, one := range all {
		instances, retained[one.instance] = append(instances, one.instance), one.retained
	}
	var failed []string
	for _, i := range slices.Backward(arranged(instances)) {
		stays := slices.ContainsFunc(left, func(other doomed) bool { return other.declared.needs()[i.LogicalID] })
		if !stays && c.delete(ctx, i, retained[i]) == nil {
			continue
		}
		left = append(left, doomed{i, retained[i]})
		if !stays {
			failed = append(failed, i.LogicalID)
		}
	}
	if len(failed) > 0 {
		err = refusal("The following resource(s) failed to delete: [" + strings.Join(failed, ", ") + "]. ")
	}
	return left, err
}

func (c *Created) delete(ctx context.Context, i *instance, retained bool) error {
	tell := func(status, reason string) {
		step := i.step(status, reason)
		step.Replaced = !i.is(c.live[i.LogicalID])
		c.stack.tell(step)
	}
	if retained {
		tell("DELETE_SKIPPED", "")
		return nil
	}
	tell("DELETE_IN_PROGRESS", "")
	if err := c.dispose(ctx, i); err != nil {
		tell("DELETE_FAILED", err.Error())
		return err
	}
	tell("DELETE_COMPLETE", "")
	return nil
}

// dispose deletes a resource, if it may be.
func (c *Created) dispose(ctx context.Context, i *instance) error {
	if err := c.stack.allow(Delete, i, i.given()); err != nil {
		return about(i.Resource, err)
	}
	if i.handle.Delete == nil {
		return nil
	}
	return errors.Join(ctx.Err(), i.handle.Delete(ctx))
}
