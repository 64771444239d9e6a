package iam

// This file creates and updates the resources of templates, by what the API does.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Types returns the resource types of IAM.
func (s *IAM) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::IAM::Role", s.newRole, cfn.Update(s.updateRoleResource)),
		cfn.Define("AWS::IAM::User", s.newUser, cfn.Update(s.updateUserResource)),
		cfn.Define("AWS::IAM::Group", s.newGroup, cfn.Update(s.updateGroupResource)),
		cfn.Define("AWS::IAM::UserToGroupAddition", s.newMembership, cfn.Update(s.updateMembership)),
		cfn.Define("AWS::IAM::AccessKey", s.newAccessKey, cfn.Update(s.updateAccessKey)),
		cfn.Define("AWS::IAM::Policy", s.newInline, cfn.Update(s.updateInline)),
		cfn.Define("AWS::IAM::ManagedPolicy", s.newManagedPolicy, cfn.Update(s.updateManagedPolicy)),
		cfn.Define("AWS::IAM::ServiceLinkedRole", s.newLinkedRole, cfn.Update(s.updateLinkedRole)),
		cfn.Define("AWS::IAM::InstanceProfile", s.newInstanceProfile, cfn.Update(s.updateInstanceProfile)),
	}
}

type inlineProperty struct {
	PolicyName     string
	PolicyDocument json.RawMessage
}

// permitted are the properties by which roles, users and groups have policies.
type permitted struct {
	policies []inlineProperty
	managed  []string
	boundary string
}

// declare makes an entity known as a template has it. On AWS a template's
// entity does not go as long as anybody else's policies hang on it.
func (s *IAM) declare(e *entity, p permitted) (func(context.Context) error, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.permit(e, permitted{}, p)
	if err == nil {
		err = s.add(e)
	}
	if err != nil {
		s.unhang(e)
		return nil, err
	}
	return func(context.Context) error { return s.undeclare(e, p) }, nil
}

// permit gives an entity what its template has now, and takes what it does not
// have any more. What others have given it stays. The lock is held.
func (s *IAM) permit(e *entity, before, after permitted) error {
	documents := map[string]compiled{}
	for _, inline := range after.policies {
		document, err := compileIdentity(compact(inline.PolicyDocument))
		if err != nil {
			return fmt.Errorf("policy %s: %w", inline.PolicyName, err)
		}
		documents[inline.PolicyName] = document
	}
	if err := s.checkKnown("PermissionsBoundary", after.boundary); err != nil {
		return err
	}
	if err := s.checkKnown("ManagedPolicyArns", after.managed...); err != nil {
		return err
	}
	for _, inline := range before.policies {
		if _, kept := documents[inline.PolicyName]; !kept {
			delete(e.inline, inline.PolicyName)
		}
	}
	for _, arn := range before.managed {
		if !slices.Contains(after.managed, arn) {
			e.detach(arn)
		}
	}
	for _, inline := range after.policies {
		if err := e.put(inline.PolicyName, documents[inline.PolicyName]); err != nil {
			return fmt.Errorf("policy %s: %w", inline.PolicyName, err)
		}
	}
	for _, arn := range after.managed {
		if err := s.attach(e, arn); err != nil {
			return err
		}
	}
	switch {
	case after.boundary != "":
		return s.setBoundary(e, after.boundary)
	case before.boundary != "":
		e.bound(nil)
	}
	return nil
}

// redeclare makes an entity what its template has now.
func (s *IAM) redeclare(k *kind, h cfn.Handle, before, after permitted, change func(*entity) error) (cfn.Handle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.find(k, h.Ref)
	if err != nil {
		return h, err
	}
	if err := change(e); err != nil {
		return h, err
	}
	h.Attributes = maps.Clone(h.Attributes)
	h.Attributes["Arn"] = e.arn
	h.Delete = func(context.Context) error { return s.undeclare(e, after) }
	return h, s.permit(e, before, after)
}

// checkKnown refuses policies of AWS that only AWS knows.
func (s *IAM) checkKnown(property string, arns ...string) error {
	for _, arn := range arns {
		if s.policies[arn] == nil && strings.HasPrefix(arn, ofAWS) {
			return &cfn.Unsupported{Property: property, Reason: "the local engine does not know the policy " + arn}
		}
	}
	return nil
}

func (s *IAM) unhang(e *entity) {
	for arn := range e.attached {
		e.detach(arn)
	}
	e.bound(nil)
}

func (s *IAM) undeclare(e *entity, p permitted) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entities[e.arn] != e { // deleted by the API
		return nil
	}
	for _, inline := range p.policies {
		delete(e.inline, inline.PolicyName)
	}
	for _, arn := range p.managed {
		e.detach(arn)
	}
	if err := s.removable(e); err != nil {
		return err
	}
	s.remove(e)
	return nil
}

type roleProperties struct {
	RoleName                 string
	Path                     string
	AssumeRolePolicyDocument json.RawMessage
	Policies                 []inlineProperty
	ManagedPolicyArns        []string
	PermissionsBoundary      string
	Description              string
	MaxSessionDuration       *int
	Tags                     []tag
}

func (p roleProperties) permitted() permitted {
	return permitted{p.Policies, p.ManagedPolicyArns, p.PermissionsBoundary}
}

func (s *IAM) newRole(_ context.Context, r cfn.Resource, p roleProperties) (cfn.Handle, error) {
	e := s.newEntity(roles, p.Path, cmp.Or(p.RoleName, r.PhysicalName(roles.longest)))
	if err := p.apply(e, nil); err != nil {
		return cfn.Handle{}, err
	}
	remove, err := s.declare(e, p.permitted())
	if err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: e.name, Attributes: map[string]any{"Arn": e.arn, "RoleId": e.id}, Delete: remove}, nil
}

func (s *IAM) updateRoleResource(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after roleProperties) (cfn.Handle, error) {
	return s.redeclare(roles, h, before.permitted(), after.permitted(), func(e *entity) error { return after.apply(e, before.Tags) })
}

// apply describes the role as the template has it, which had other tags before.
func (p roleProperties) apply(e *entity, before []tag) error {
	trust, err := parse(p.AssumeRolePolicyDocument)
	if err != nil {
		return fmt.Errorf("AssumeRolePolicyDocument: %w", err)
	}
	tags, err := otherTags(e.tags, before, p.Tags)
	if err != nil {
		return err
	}
	seconds := 3600
	if p.MaxSessionDuration != nil {
		seconds = *p.MaxSessionDuration
	}
	if err := e.describe(&p.Description, &seconds); err != nil {
		return err
	}
	e.trust, e.trustText, e.tags = trust, compact(p.AssumeRolePolicyDocument), tags
	return nil
}

// unlessGone is nil for what the API has deleted before the stack.
func unlessGone(err error) error {
	if e, ok := errors.AsType[*cloud.Error](err); ok && e.QueryCode == "NoSuchEntity" {
		return nil
	}
	return err
}

type instanceProfileProperties struct {
	InstanceProfileName string
	Path                string
	Roles               []string
}

// newInstanceProfile makes what gives an instance a role. Nothing runs on
// instances, so that nobody takes the role on.
func (s *IAM) newInstanceProfile(_ context.Context, r cfn.Resource, p instanceProfileProperties) (cfn.Handle, error) {
	name := cmp.Or(p.InstanceProfileName, r.PhysicalName(maxProfileName))
	s.mu.Lock()
	defer s.mu.Unlock()
	role, err := s.onlyRole(p)
	if err != nil {
		return cfn.Handle{}, err
	}
	made, err := s.addProfile(name, p.Path, nil)
	if err != nil {
		return cfn.Handle{}, err
	}
	made.role = role
	return cfn.Handle{Ref: name, Attributes: map[string]any{"Arn": made.arn}, Delete: func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if key := strings.ToLower(name); s.profiles[key] == made { // and not one that was made in its place
			delete(s.profiles, key)
		}
		return nil
	}}, nil
}

func (s *IAM) updateInstanceProfile(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after instanceProfileProperties) (cfn.Handle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	role, err := s.onlyRole(after)
	if p := s.profiles[strings.ToLower(h.Ref)]; p != nil && err == nil {
		p.role = role
	}
	return h, err
}

// onlyRole is the one role of a profile. The lock is held.
func (s *IAM) onlyRole(p instanceProfileProperties) (*entity, error) {
	if len(p.Roles) != 1 {
		return nil, fmt.Errorf("property Roles must have one role, got %d", len(p.Roles))
	}
	return s.find(roles, p.Roles[0])
}
