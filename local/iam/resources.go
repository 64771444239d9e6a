package iam

// This file creates the resources of templates, by what the API does.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Types returns the resource types of IAM.
func (s *IAM) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::IAM::Role", s.newRole),
		cfn.Define("AWS::IAM::User", s.newUser),
		cfn.Define("AWS::IAM::Group", s.newGroup),
		cfn.Define("AWS::IAM::UserToGroupAddition", s.newMembership),
		cfn.Define("AWS::IAM::AccessKey", s.newAccessKey),
		cfn.Define("AWS::IAM::Policy", s.newInline),
		cfn.Define("AWS::IAM::ManagedPolicy", s.newManagedPolicy),
		cfn.Define("AWS::IAM::InstanceProfile", s.newInstanceProfile),
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
	for _, inline := range p.policies {
		document, err := compileIdentity(compact(inline.PolicyDocument))
		if err == nil {
			err = e.put(inline.PolicyName, document)
		}
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", inline.PolicyName, err)
		}
	}
	if err := s.checkKnown("PermissionsBoundary", p.boundary); err != nil {
		return nil, err
	}
	if err := s.checkKnown("ManagedPolicyArns", p.managed...); err != nil {
		return nil, err
	}
	if err := s.hang(e, p); err != nil {
		s.unhang(e)
		return nil, err
	}
	return func(context.Context) error { return s.undeclare(e, p) }, nil
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

// hang gives the entity its managed policies and makes it known.
func (s *IAM) hang(e *entity, p permitted) error {
	for _, arn := range p.managed {
		if err := s.attach(e, arn); err != nil {
			return err
		}
	}
	if p.boundary != "" {
		if err := s.setBoundary(e, p.boundary); err != nil {
			return err
		}
	}
	return s.add(e)
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

func (s *IAM) newRole(_ context.Context, r cfn.Resource, p roleProperties) (cfn.Handle, error) {
	trust, err := parse(p.AssumeRolePolicyDocument)
	if err != nil {
		return cfn.Handle{}, fmt.Errorf("AssumeRolePolicyDocument: %w", err)
	}
	e := s.newEntity(roles, p.Path, cmp.Or(p.RoleName, r.PhysicalName(roles.longest)))
	e.trust, e.trustText = trust, compact(p.AssumeRolePolicyDocument)
	if err := e.describe(&p.Description, p.MaxSessionDuration); err != nil {
		return cfn.Handle{}, err
	}
	if e.tags, err = newTags(nil, p.Tags); err != nil {
		return cfn.Handle{}, err
	}
	remove, err := s.declare(e, permitted{p.Policies, p.ManagedPolicyArns, p.PermissionsBoundary})
	if err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: e.name, Attributes: map[string]any{"Arn": e.arn, "RoleId": e.id}, Delete: remove}, nil
}

// unlessGone is nil for what the API has deleted before the stack.
func unlessGone(err error) error {
	if e, ok := errors.AsType[*cloud.Error](err); ok && e.QueryCode == "NoSuchEntity" {
		return nil
	}
	return err
}

// belongsTo are the properties that say whose a policy is.
type belongsTo struct{ roles, users, groups []string }

// find returns the entities, all of which must be there. The lock is held.
func (b belongsTo) find(s *IAM) ([]*entity, error) {
	var found []*entity
	for _, named := range []struct {
		kind  *kind
		names []string
	}{{roles, b.roles}, {users, b.users}, {groups, b.groups}} {
		for _, name := range named.names {
			e, err := s.find(named.kind, name)
			if err != nil {
				return nil, err
			}
			found = append(found, e)
		}
	}
	return found, nil
}

type policyProperties struct {
	PolicyName           string
	PolicyDocument       json.RawMessage
	Roles, Users, Groups []string
}

func (s *IAM) newInline(_ context.Context, r cfn.Resource, p policyProperties) (cfn.Handle, error) {
	document, err := compileIdentity(compact(p.PolicyDocument))
	if err != nil {
		return cfn.Handle{}, fmt.Errorf("PolicyDocument: %w", err)
	}
	name := cmp.Or(p.PolicyName, r.PhysicalName(maxPolicyName))
	s.mu.Lock()
	defer s.mu.Unlock()
	owners, err := belongsTo{p.Roles, p.Users, p.Groups}.find(s)
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

type managedPolicyProperties struct {
	ManagedPolicyName    string
	PolicyDocument       json.RawMessage
	Roles, Users, Groups []string
	Path                 string
	Description          string
	Tags                 []tag
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
	owners, err := belongsTo{p.Roles, p.Users, p.Groups}.find(s)
	if err != nil {
		return cfn.Handle{}, err
	}
	made, err := s.addPolicy(p.Path, cmp.Or(p.ManagedPolicyName, r.PhysicalName(maxPolicyName)), document)
	if err != nil {
		return cfn.Handle{}, err
	}
	made.description, made.tags = p.Description, tags
	handle := cfn.Handle{
		Ref:        made.arn,
		Attributes: map[string]any{"PolicyArn": made.arn, "PolicyId": made.id, "DefaultVersionId": made.current.id},
		Delete:     func(context.Context) error { return s.removeManagedPolicy(made, owners) },
	}
	for _, e := range owners {
		if err := s.attach(e, made.arn); err != nil {
			return handle, err
		}
	}
	return handle, nil
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

type instanceProfileProperties struct {
	InstanceProfileName string
	Path                string
	Roles               []string
}

// newInstanceProfile makes the name under which an instance has a role.
// Nothing runs on instances, so that nobody takes the role on.
func (s *IAM) newInstanceProfile(_ context.Context, r cfn.Resource, p instanceProfileProperties) (cfn.Handle, error) {
	if len(p.Roles) != 1 {
		return cfn.Handle{}, fmt.Errorf("property Roles must have one role, got %d", len(p.Roles))
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, err := s.find(roles, p.Roles[0]); err != nil {
		return cfn.Handle{}, err
	}
	name := cmp.Or(p.InstanceProfileName, r.PhysicalName(128))
	return cfn.Handle{Ref: name, Attributes: map[string]any{"Arn": s.arn("instance-profile", p.Path, name)}}, nil
}
