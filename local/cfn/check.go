package cfn

// This file finds what cannot be created before anything is.

import (
	"fmt"
	"maps"
	"slices"
)

// Check reports everything in the template that the types cannot create, by
// logical id, type and property, as if all conditions held.
func (t *Template) Check(types map[string]Type) []string {
	return t.check(types, func(*declaration) bool { return true })
}

// Check is Template.Check for those resources whose conditions hold; it also
// reports parameters without a value.
func (s *Stack) Check(types map[string]Type) []string {
	r, err := s.resolver()
	if err != nil {
		return []string{err.Error()}
	}
	return s.Template.check(types, func(d *declaration) bool {
		wanted, err := r.wanted(d.Condition)
		return wanted || err != nil // what a condition depends on may not exist yet
	})
}

func (t *Template) check(types map[string]Type, included func(*declaration) bool) []string {
	var faults []string
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		resource := t.Resources[id]
		if !included(resource) {
			continue
		}
		typ, ok := typeNamed(types, resource.Type)
		if !ok {
			faults = append(faults, fmt.Sprintf("%s: resource type %s is not supported by the local engine", id, resource.Type))
			continue
		}
		if !resource.DeletionPolicy.valid() {
			faults = append(faults, fmt.Sprintf("%s (%s): DeletionPolicy %q is not supported by the local engine: it makes no snapshots", id, resource.Type, resource.DeletionPolicy))
		}
		if typ.properties == nil {
			continue
		}
		for _, fault := range check(resource.Properties, typ.properties, "") {
			faults = append(faults, fmt.Sprintf("%s (%s): %s", id, resource.Type, fault))
		}
	}
	return faults
}

// Early resolves one property of a resource before any resource exists: it may
// depend on parameters only. It is nil if the property is not given.
func (s *Stack) Early(logicalID, property string) (any, error) {
	r, err := s.resolver()
	if err != nil {
		return nil, err
	}
	value, err := r.resolve(s.Template.Resources[logicalID].Properties[property])
	if err != nil {
		return nil, fmt.Errorf("%s: property %s: %w", logicalID, property, err)
	}
	return value, nil
}

// Declared returns the logical ids of all resources of a type, sorted.
func (t *Template) Declared(typeName string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if t.Resources[id].Type == typeName {
			ids = append(ids, id)
		}
	}
	return ids
}
