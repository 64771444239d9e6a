package iam

// This file creates and updates the policies of templates.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// belongsTo are the properties that say whose a policy is.
type belongsTo struct{ roles, users, groups []string }

func (b belongsTo) named() []entityName {
	var all []entityName
	for kind, names := range map[*kind][]string{roles: b.roles, users: b.users, groups: b.groups} {
		for _, name := range names {
			all = append(all, entityName{kind, name})
		}
	}
	return all
}

// find returns the entities, all of which must be there. The lock is held.
func (b belongsTo) find(s *IAM) ([]*entity, error) {
	var found []*entity
	for _, n := range b.named() {
		e, err := s.find(n.kind, n.name)
		if err != nil {
			return nil, err
		}
		found = append(found, e)
	}
	return found, nil
}

// present returns those of the entities that are still there. The lock is held.
func (b belongsTo) present(s *IAM) []*entity {
	var found []*entity
	for _, n := range b.named() {
		if e, err := s.find(n.kind, n.name); err == nil {
			found = append(found, e)
		}
	}
	return found
}

type policyProperties struct {
	PolicyName           string
	PolicyDocument       json.RawMessage
	Roles, Users, Groups []string
}

func (p policyProperties) owners() belongsTo { return belongsTo{p.Roles, p.Users, p.Groups} }

func (s *IAM) newInline(_ context.Context, r cfn.Resource, p policyProperties) (cfn.Handle, error) {
	document, err := compileIdentity(compact(p.PolicyDocument))
	if err != nil {
		return cfn.Handle{}, fmt.Errorf("PolicyDocument: %w", err)
	}
	name := cmp.Or(p.PolicyName, r.PhysicalName(maxPolicyName))
	s.mu.Lock()
	defer s.mu.Unlock()
	owners, err := p.owners().find(s)
	if err != nil {
		return cfn.Handle{}, err
	}
	if len(owners) == 0 {
		return cfn.Handle{}, errors.New("at least one of Roles, Users and Groups must be given")
	}
	remove := func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, e := range owners {
			delete(e.inline, name)
		}
		return nil
	}
	ref := r.PhysicalName(maxPolicyName)
	handle := cfn.Handle{Ref: ref, Attributes: map[string]any{"Id": ref}, Delete: remove}
	for _, e := range owners {
		if err := e.put(name, document); err != nil {
			return handle, err
		}
	}
	return handle, nil
}

// updateInline writes the policy anew, and then takes what was of it before, where
// it is not any more.
func (s *IAM) updateInline(ctx context.Context, r cfn.Resource, _ cfn.Handle, before, after policyProperties) (cfn.Handle, error) {
	handle, err := s.newInline(ctx, r, after)
	if err != nil {
		return handle, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	was, is := cmp.Or(before.PolicyName, r.PhysicalName(maxPolicyName)), cmp.Or(after.PolicyName, r.PhysicalName(maxPolicyName))
	now, err := after.owners().find(s)
	if err != nil {
		return handle, err
	}
	for _, e := range before.owners().present(s) {
		if was != is || !slices.Contains(now, e) {
			delete(e.inline, was)
		}
	}
	return handle, nil
}

type managedPolicyProperties struct {
	ManagedPolicyName    string
	PolicyDocument       json.RawMessage
	Roles, Users, Groups []string
	Path                 string
	Description          string
	Tags                 []tag
}

func (p managedPolicyProperties) owners() belongsTo { return belongsTo{p.Roles, p.Users, p.Groups} }

func (s *IAM) policyHandle(p *managedPolicy, owners []*entity) cfn.Handle {
	return cfn.Handle{
		Ref:        p.arn,
		Attributes: map[string]any{"PolicyArn": p.arn, "PolicyId": p.id, "DefaultVersionId": p.current.id},
		Delete:     func(context.Context) error { return s.removeManagedPolicy(p, owners) },
	}
}

func (s *IAM) newManagedPolicy(_ context.Context, r cfn.Resource, p managedPolicyProperties) (cfn.Handle, error) {
	document, err := compileManaged(compact(p.PolicyDocument))
	if err != nil {
		return cfn.Handle{}, fmt.Errorf("PolicyDocument: %w", err)
	}
	tags, err := newTags(nil, p.Tags)
	if err != nil {
		return cfn.Handle{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	owners, err := p.owners().find(s)
	if err != nil {
		return cfn.Handle{}, err
	}
	made, err := s.addPolicy(p.Path, cmp.Or(p.ManagedPolicyName, r.PhysicalName(maxPolicyName)), document)
	if err != nil {
		return cfn.Handle{}, err
	}
	made.description, made.tags = p.Description, tags
	handle := s.policyHandle(made, owners)
	for _, e := range owners {
		if err := s.attach(e, made.arn); err != nil {
			return handle, err
		}
	}
	return handle, nil
}

// updateManagedPolicy makes another document the default version. As CloudFormation
// does, it lets the oldest of the other versions go where there is no room.
func (s *IAM) updateManagedPolicy(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after managedPolicyProperties) (cfn.Handle, error) {
	document, err := compileManaged(compact(after.PolicyDocument))
	if err != nil {
		return h, fmt.Errorf("PolicyDocument: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.policies[h.Ref]
	if !ok {
		return h, fault(404, "NoSuchEntity", "Policy %s was not found.", h.Ref)
	}
	owners, err := after.owners().find(s)
	if err != nil {
		return h, err
	}
	if p.tags, err = otherTags(p.tags, before.Tags, after.Tags); err != nil {
		return h, err
	}
	if p.current.text != document.text {
		p.makeRoom()
		p.current = p.addVersion(document, time.Now())
	}
	for _, e := range owners {
		if err := s.attach(e, p.arn); err != nil {
			return h, err
		}
	}
	for _, e := range before.owners().present(s) {
		if !slices.Contains(owners, e) {
			e.detach(p.arn)
		}
	}
	return s.policyHandle(p, owners), nil
}

// makeRoom deletes the oldest version that is not the default one, if there are
// as many as there may be.
func (p *managedPolicy) makeRoom() {
	if len(p.versions) < maxVersions {
		return
	}
	oldest := slices.IndexFunc(p.versions, func(v *version) bool { return v != p.current })
	p.versions = slices.Delete(p.versions, oldest, oldest+1)
}

// removeManagedPolicy deletes a template's policy with all its versions, unless
// it is attached to what the template does not say.
func (s *IAM) removeManagedPolicy(p *managedPolicy, owners []*entity) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.policies[p.arn] != p { // deleted by the API
		return nil
	}
	for _, e := range owners {
		e.detach(p.arn)
	}
	if p.attachments+p.bounds > 0 {
		return fault(409, "DeleteConflict", "Cannot delete a policy attached to entities.")
	}
	delete(s.policies, p.arn)
	return nil
}
