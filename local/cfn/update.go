package cfn

// This file updates stacks. An update has two halves: Update or Rollback, after
// which everything stands as it is wanted, and CleanUp, which deletes what is not
// needed any more; in between the one can still be undone by the other.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn/schema"
)

// transition is an update that has begun and can be undone.
type transition struct {
	from     *Stack
	former   map[string]*instance // what stood for the logical ids
	replaced []doomed             // instances that stand for no logical id
	back     bool                 // whether the stack is what it was, or on the way there
}

// Failure is why a stack could not be updated.
type Failure struct {
	LogicalID string
	Creating  bool // whether the resource was to be created, not updated
	Cause     error
}

// Error is what CloudFormation says of the stack; the resource's step has the cause.
func (f *Failure) Error() string {
	if f.Creating {
		return fmt.Sprintf("The following resource(s) failed to create: [%s]. ", f.LogicalID)
	}
	return fmt.Sprintf("The following resource(s) failed to update: [%s]. ", f.LogicalID)
}

func (f *Failure) Unwrap() error { return f.Cause }

// ErrReplace is what an Update returns, having changed nothing, where a property
// that is updated in place for some values only asks for a new resource.
var ErrReplace = errors.New("the resource has to be replaced")

// Update makes the stack what another one of its name wants, resource by
// resource, each after what it refers to. It stops at the first fault. Then, and
// as long as CleanUp has not been called, Rollback undoes it, or another Update
// goes on from there.
func (c *Created) Update(ctx context.Context, to *Stack) error {
	if c.pending == nil {
		c.pending = &transition{from: c.stack, former: maps.Clone(c.live)}
	}
	own := *to // which nobody else changes
	return c.become(ctx, &own, nil)
}

// Rollback undoes an update, but for the resources that are to be skipped, which
// are taken for what they were. It may be called again after it has failed.
func (c *Created) Rollback(ctx context.Context, skip []string) error {
	if c.pending == nil {
		return nil
	}
	c.pending.back = true
	return c.become(ctx, c.pending.from, skip)
}

// become is an Update or its Rollback.
func (c *Created) become(ctx context.Context, to *Stack, skip []string) error {
	r, order, err := to.wanted()
	if err != nil {
		return err
	}
	c.stack = to
	m := move{Created: c, to: to, skip: skip}
	if c.pending.back {
		m.former = c.pending.former
	}
	for _, id := range order {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := m.bring(ctx, r, id); err != nil {
			return err
		}
		r.knows(id, c.live[id].handle, c.live[id].properties)
	}
	c.Outcome, err = to.resolveOutputs(r)
	return err
}

// move is the way of the resources towards what a stack wants.
type move struct {
	*Created
	to     *Stack
	former map[string]*instance // where a rollback leads to, or nil
	skip   []string
}

// bring makes one resource what is wanted.
func (m move) bring(ctx context.Context, r *resolver, id string) error {
	now, former := m.live[id], m.former[id]
	if slices.Contains(m.skip, id) && former != nil {
		m.leave(now, former)
		return nil
	}
	if now == nil {
		return failed(id, true, m.add(ctx, m.to, r, id))
	}
	wanted, err := m.resolved(m.to, r, id)
	if err != nil {
		m.to.tell(now.step("UPDATE_FAILED", err.Error()))
		return failed(id, false, err)
	}
	return failed(id, false, m.update(ctx, now, former, wanted))
}

func failed(id string, creating bool, err error) error {
	if err == nil {
		return nil
	}
	return &Failure{id, creating, err}
}

// update makes of one resource what is wanted, or lets another take its place.
func (m move) update(ctx context.Context, now, former, wanted *instance) error {
	back := former != nil && former.Generation != now.Generation
	if back {
		m.to.tell(former.step("UPDATE_IN_PROGRESS", ""))
		m.replace(now, former)
		now = former
	}
	wanted.Generation, wanted.handle = now.Generation, now.handle
	paths := differences(now.given(), wanted.given())
	switch {
	case len(paths) == 0 && !now.suspect && same(now.Metadata, wanted.Metadata) && !back:
		m.put(wanted) // its declaration may be another
		return nil
	case len(paths) == 0 && !now.suspect:
		if !back {
			m.to.tell(now.step("UPDATE_IN_PROGRESS", ""))
		}
		m.put(wanted)
		m.to.tell(wanted.step("UPDATE_COMPLETE", ""))
		return nil
	}
	err := ErrReplace
	if recreation(now.Type, paths) != schema.Always {
		m.to.tell(now.step("UPDATE_IN_PROGRESS", ""))
		err = m.inPlace(ctx, now, wanted, paths)
	}
	if errors.Is(err, ErrReplace) {
		err = m.recreate(ctx, now, wanted, paths)
	}
	if err != nil {
		m.to.tell(now.step("UPDATE_FAILED", err.Error()))
		return err
	}
	m.to.tell(m.live[now.LogicalID].step("UPDATE_COMPLETE", ""))
	return nil
}

// inPlace gives a resource other properties.
func (m move) inPlace(ctx context.Context, now, wanted *instance, paths [][]string) error {
	t, _ := typeNamed(m.types, now.Type)
	alike, err := t.alike(wanted.Resource, now.given(), wanted.given())
	switch {
	case err != nil:
		return err
	case alike && !now.suspect:
		m.put(wanted)
		return nil
	case !alike && isCustom(now.Type) && slices.ContainsFunc(paths, func(path []string) bool { return path[0] == "ServiceToken" }):
		return refusal("Modifying service token is not allowed.")
	case t.update == nil:
		return about(now.Resource, fmt.Errorf("the local engine does not update property %s of a resource of this type", strings.Join(paths[0], ".")))
	}
	if err := m.to.allow(Alter, now, wanted.given()); err != nil {
		return about(now.Resource, err)
	}
	handle, err := t.update(ctx, wanted.Resource, now.handle, now.given(), wanted.given())
	if errors.Is(err, ErrReplace) {
		return err
	}
	if err != nil {
		doubtful := *now
		doubtful.properties, doubtful.tags, doubtful.suspect = wanted.properties, wanted.tags, true
		m.put(&doubtful)
		return err
	}
	wanted.handle = handle
	if handle.Ref != now.handle.Ref { // a custom resource's function has made another
		m.replace(now, wanted)
		return nil
	}
	m.put(wanted)
	return nil
}

// recreate creates a resource that takes the place of another.
func (m move) recreate(ctx context.Context, now, wanted *instance, paths [][]string) error {
	if name := customName(now, wanted, paths); name != "" {
		return refusal(fmt.Sprintf("CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename %s and update the stack again.", name))
	}
	if m.to.InPlace && !m.pending.back {
		return refusal("Replacement type updates not supported on stack with disable-rollback.")
	}
	m.to.tell(now.step("UPDATE_IN_PROGRESS", "Requested update requires the creation of a new physical resource; hence creating one."))
	made, err := m.create(ctx, *wanted)
	if err != nil {
		if made.handle.Delete != nil {
			m.pending.replaced = append(m.pending.replaced, doomed{made, false})
		}
		return err
	}
	m.to.tell(made.step("UPDATE_IN_PROGRESS", "Resource creation Initiated"))
	m.replace(now, made)
	return nil
}

// replace lets an instance stand where another one stood. That one is to be
// deleted, unless it is what a rollback goes back to.
func (m move) replace(old, other *instance) {
	m.pending.replaced = slices.DeleteFunc(m.pending.replaced, func(d doomed) bool { return d.is(other) })
	m.pending.replaced = append(m.pending.replaced, doomed{old, other.policies.replacement.retains()})
	m.put(other)
}

// leave takes a resource for what it was before.
func (m move) leave(now, former *instance) {
	if now != nil && !now.is(former) {
		m.replace(now, former)
	}
	m.put(former)
	m.to.tell(former.step("UPDATE_COMPLETE", ""))
}

// CleanUp deletes what an update, or its Rollback, has left over, each before
// what it refers to. What could not be deleted goes on without the stack.
func (c *Created) CleanUp(ctx context.Context) error {
	if c.pending == nil {
		return nil
	}
	_, order, err := c.stack.wanted()
	if err != nil {
		return err
	}
	all := c.pending.replaced
	for id, i := range c.live {
		if !slices.Contains(order, id) {
			all = append(all, doomed{i, c.retains(Deletion{Rollback: c.pending.back}, id, i.policies.deletion)})
		}
	}
	var faults []error
	for _, id := range order {
		if settle := c.live[id].handle.Settle; settle != nil {
			faults = append(faults, settle(ctx))
		}
	}
	_, err = c.deleteAll(ctx, all)
	for _, one := range all {
		if c.live[one.LogicalID] == one.instance {
			delete(c.live, one.LogicalID)
			delete(c.Handles, one.LogicalID)
		}
	}
	c.pending = nil
	return errors.Join(append(faults, err)...)
}

// GoesBackTo tells whether a stack is what Rollback would go back to.
func (c *Created) GoesBackTo(to *Stack) bool {
	return c.pending != nil && c.pending.from != nil && c.pending.from.Alike(to)
}

// Alike tells whether two stacks have the same template, parameters and tags.
func (s *Stack) Alike(other *Stack) bool {
	return s.Template.Body == other.Template.Body && maps.Equal(s.Parameters, other.Parameters) && slices.Equal(s.sortedTags(), other.sortedTags())
}
