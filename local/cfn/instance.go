package cfn

// This file is a resource that exists, and the order among those of a stack.

import (
	"context"
	"maps"
	"slices"
)

// instance is a resource that exists, or is wanted, and what it is made of. It
// does not change: another one takes its place.
type instance struct {
	Resource
	handle     Handle
	declared   *declaration
	properties map[string]any // resolved
	tags       []Tag          // those of its stack
	policies   policies

	// suspect tells that the last update failed: the properties are those that
	// it was to give, and nobody knows which ones it gave.
	suspect bool
}

// is tells whether two instances are one and the same resource.
func (i *instance) is(other *instance) bool {
	return other != nil && i.LogicalID == other.LogicalID && i.Generation == other.Generation && i.handle.Ref == other.handle.Ref
}

// resolved is what a resource is to be.
func (c *Created) resolved(s *Stack, r *resolver, id string) (*instance, error) {
	declared := s.Template.Resources[id]
	wanted := &instance{Resource: Resource{Stack: s.Name, LogicalID: id, Type: declared.Type}, declared: declared}
	t, _ := typeNamed(c.types, wanted.Type)
	wanted.tags = s.tags(t, wanted.Resource)
	var err error
	if wanted.policies, err = r.policies(declared); err != nil {
		return wanted, wanted.fault("attribute", err)
	}
	properties, err := r.resolve(orEmpty(declared.Properties))
	if err != nil {
		return wanted, wanted.fault("property", err)
	}
	metadata, err := r.resolve(orEmpty(declared.Metadata.Members))
	if err != nil {
		return wanted, wanted.fault("metadata", err)
	}
	wanted.properties, wanted.Metadata = properties.(map[string]any), metadata.(map[string]any)
	return wanted, nil
}

// create creates what is wanted, in a generation of its own or in that of an
// earlier run, and returns what
// there is of it, which has a handle with a Delete if it is half done.
func (c *Created) create(ctx context.Context, wanted instance) (*instance, error) {
	id := wanted.LogicalID
	if generation, ok := c.again[id]; ok {
		wanted.Generation = generation
		delete(c.again, id)
	} else {
		wanted.Generation = c.generations[id]
		c.generations[id]++
	}
	t, _ := typeNamed(c.types, wanted.Type)
	err := c.stack.allow(Create, &wanted, wanted.given())
	if err != nil {
		return &wanted, about(wanted.Resource, err)
	}
	wanted.handle, err = t.create(ctx, wanted.Resource, wanted.given())
	return &wanted, err
}

// put lets an instance stand for its logical id.
func (c *Created) put(i *instance) {
	c.live[i.LogicalID] = i
	c.Handles[i.LogicalID] = i.handle
}

// arranged puts instances in order, each after what it needs; among equals,
// alphabetically.
func arranged(instances []*instance) []*instance {
	byID := map[string][]*instance{}
	for _, i := range instances {
		byID[i.LogicalID] = append(byID[i.LogicalID], i)
	}
	var sorted []*instance
	seen := map[string]bool{}
	var visit func(id string)
	visit = func(id string) {
		if seen[id] {
			return
		}
		seen[id] = true
		needs := map[string]bool{}
		for _, i := range byID[id] {
			maps.Copy(needs, i.declared.needs())
		}
		for _, need := range slices.Sorted(maps.Keys(needs)) {
			visit(need)
		}
		sorted = append(sorted, byID[id]...)
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		visit(id)
	}
	return sorted
}

// Resources returns the resources that the stack has, each after what it needs.
func (c *Created) Resources() []Resource {
	var all []Resource
	for _, i := range arranged(slices.Collect(maps.Values(c.live))) {
		all = append(all, i.Resource)
	}
	return all
}
