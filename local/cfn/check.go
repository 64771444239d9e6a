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
	s := Stack{Template: t}
	return s.check(types, func(*declaration) bool { return true })
}

// Check is Template.Check for those resources whose conditions hold; it also
// reports parameters without a value.
func (s *Stack) Check(types map[string]Type) []string {
	r, err := s.resolver()
	if err != nil {
		return []string{err.Error()}
	}
	return s.check(types, func(d *declaration) bool {
		wanted, err := r.wanted(d.Condition)
		return wanted || err != nil // what a condition depends on may not exist yet
	})
}

func (s *Stack) check(types map[string]Type, included func(*declaration) bool) []string {
	var faults []string
	early := s.foresight()
	for _, id := range slices.Sorted(maps.Keys(s.Template.Resources)) {
		resource := s.Template.Resources[id]
		if !included(resource) {
			continue
		}
		typ, ok := typeNamed(types, resource.Type)
		if !ok {
			faults = append(faults, fmt.Sprintf("%s: resource type %s is not supported by the local engine", id, resource.Type))
			continue
		}
		for _, fault := range typ.faults(resource, early) {
			faults = append(faults, fmt.Sprintf("%s (%s): %s", id, resource.Type, fault))
		}
	}
	return faults
}

// faults are those of one resource.
func (t Type) faults(d *declaration, early *resolver) []string {
	var faults []string
	policies := early
	if early == nil && !isIntrinsic(d.DeletionPolicy) && !isIntrinsic(d.UpdateReplacePolicy) {
		policies = &resolver{}
	}
	if policies != nil {
		if _, err := policies.policies(d); err != nil {
			faults = append(faults, err.Error())
		}
	}
	if t.properties != nil {
		faults = append(faults, check(d.Properties, t.properties, "")...)
	}
	for _, name := range slices.Sorted(maps.Keys(unserved(d.Properties, map[string]bool{}))) {
		faults = append(faults, fmt.Sprintf("intrinsic function %s is not supported by the local engine", name))
	}
	if t.check == nil || early == nil {
		return faults
	}
	properties, err := early.resolve(orEmpty(d.Properties))
	if err != nil {
		return faults // it depends on what resources answer
	}
	if err := t.check(properties.(map[string]any)); err != nil {
		faults = append(faults, err.Error())
	}
	return faults
}

// unserved collects the intrinsic functions of a value that the engine has not.
func unserved(value any, into map[string]bool) map[string]bool {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			unserved(element, into)
		}
	case map[string]any:
		for key, argument := range v {
			if _, served := (*resolver)(nil).function(key); !served && isIntrinsic(v) {
				into[key] = true
			}
			unserved(argument, into)
		}
	}
	return into
}

// foresight resolves what can be resolved before there are resources, and puts
// placeholders for the rest. It is nil where parameters are missing, as those of
// a nested stack are: a condition on them would be guessed.
func (s *Stack) foresight() *resolver {
	r, err := s.resolver()
	if err != nil {
		return nil
	}
	r.imports = func(name string) (any, bool) { return placeholderOf(name), true }
	r.dynamic = func(_, reference string) (string, error) { return placeholderOf(reference), nil }
	r.early = placeholderOf
	return r
}

func placeholderOf(name string) string { return "${" + name + "}" }

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
