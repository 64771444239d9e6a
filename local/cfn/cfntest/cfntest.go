// Package cfntest creates and changes stacks in the tests of the types that
// their resources have.
package cfntest

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Stack is a stack "app" that a test has created.
type Stack struct {
	*cfn.Created
	site      cloud.Site
	types     map[string]cfn.Type
	resources map[string]json.RawMessage // as they were declared last
}

// Create creates resources, written as the members of a template's Resources. What
// there is of them is returned with an error too.
func Create(t testing.TB, site cloud.Site, types []cfn.Type, resources string) (*Stack, error) {
	t.Helper()
	s := &Stack{site: site, types: map[string]cfn.Type{}}
	for _, declared := range types {
		s.types[declared.Name] = declared
	}
	if err := json.Unmarshal([]byte("{"+resources+"}"), &s.resources); err != nil {
		return nil, err
	}
	wanted, err := s.wanted(s.resources)
	if err != nil {
		return nil, err
	}
	s.Created, err = wanted.Create(t.Context(), s.types)
	return s, err
}

func (s *Stack) wanted(resources map[string]json.RawMessage) (*cfn.Stack, error) {
	body, err := json.Marshal(map[string]any{"Resources": resources})
	if err != nil {
		return nil, err
	}
	template, err := cfn.Parse(body)
	if err != nil {
		return nil, err
	}
	if faults := template.Check(s.types); len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "\n"))
	}
	return &cfn.Stack{Name: "app", Site: s.site, Template: template}, nil
}

// Put updates the stack with a resource in place of the one with its logical id,
// or with one more.
func (s *Stack) Put(t testing.TB, id, resource string) {
	t.Helper()
	if err := s.Try(t, map[string]string{id: resource}); err != nil {
		t.Fatalf("update of %s: %v", id, err)
	}
}

// Remove updates the stack without some resources.
func (s *Stack) Remove(t testing.TB, ids ...string) {
	t.Helper()
	changes := map[string]string{}
	for _, id := range ids {
		changes[id] = ""
	}
	if err := s.Try(t, changes); err != nil {
		t.Fatalf("update without %q: %v", ids, err)
	}
}

// Try updates the stack with resources by their logical ids; one without a text
// goes. What fails is rolled back, and the error is what a resource's type said.
func (s *Stack) Try(t testing.TB, changes map[string]string) error {
	t.Helper()
	resources := maps.Clone(s.resources)
	for id, resource := range changes {
		if resources[id] = json.RawMessage(resource); resource == "" {
			delete(resources, id)
		}
	}
	wanted, err := s.wanted(resources)
	if err != nil {
		return err
	}
	err = s.Update(t.Context(), wanted)
	if err == nil {
		s.resources = resources
	} else if undone := s.Rollback(t.Context(), nil); undone != nil {
		t.Errorf("roll back after %v: %v", err, undone)
	}
	if failed, ok := errors.AsType[*cfn.Failure](err); ok {
		err = failed.Cause
	}
	return errors.Join(err, s.CleanUp(t.Context()))
}

// Ref answers Ref.
func (s *Stack) Ref(id string) string { return s.Handles[id].Ref }
