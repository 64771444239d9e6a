package iam

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

type roleProperties struct {
	RoleName                 string
	Path                     string
	AssumeRolePolicyDocument json.RawMessage
	Policies                 []inlinePolicy
	ManagedPolicyArns        []string
	Description              cfn.Ignored
	MaxSessionDuration       cfn.Ignored
	Tags                     cfn.Ignored
}

type inlinePolicy struct {
	PolicyName     string
	PolicyDocument json.RawMessage
}

type policyProperties struct {
	PolicyName     string
	PolicyDocument json.RawMessage
	Roles          []string
}

type managedPolicyProperties struct {
	ManagedPolicyName string
	PolicyDocument    json.RawMessage
	Roles             []string
	Path              string
	Description       cfn.Ignored
}

// Types returns the resource types of IAM.
func (s *IAM) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::IAM::Role", s.createRole),
		cfn.Define("AWS::IAM::Policy", s.createPolicy),
		cfn.Define("AWS::IAM::ManagedPolicy", s.createManagedPolicy),
		cfn.Define("AWS::IAM::InstanceProfile", s.createInstanceProfile),
	}
}

func (s *IAM) createRole(_ context.Context, r cfn.Resource, p roleProperties) (cfn.Handle, error) {
	name := p.RoleName
	if name == "" {
		name = r.PhysicalName(64)
	}
	trust, err := parse(p.AssumeRolePolicyDocument)
	if err != nil {
		return cfn.Handle{}, fmt.Errorf("AssumeRolePolicyDocument: %w", err)
	}
	created := &role{name: name, trust: trust, managed: slices.Clone(p.ManagedPolicyArns), policies: map[string]policy{}}
	for _, arn := range p.ManagedPolicyArns {
		if err := s.requireManaged(arn); err != nil {
			return cfn.Handle{}, err
		}
	}
	for _, inline := range p.Policies {
		d, err := parse(inline.PolicyDocument)
		if err != nil {
			return cfn.Handle{}, fmt.Errorf("policy %s: %w", inline.PolicyName, err)
		}
		created.policies[inline.PolicyName] = d
	}
	arn := s.roleARN(p.Path, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[arn] = created
	return cfn.Handle{Ref: name, Attributes: map[string]any{"Arn": arn, "RoleId": "AROA" + strings.ToUpper(name)}, Delete: cfn.Removal(&s.mu, s.roles, arn)}, nil
}

// requireManaged knows the policies of this account, and some of AWS's own.
func (s *IAM) requireManaged(arn string) error {
	if logging[arn] {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, ok := s.managed[arn]; !ok {
		return &cfn.Unsupported{Property: "ManagedPolicyArns", Reason: "the local engine does not know the policy " + arn}
	}
	return nil
}

func (s *IAM) createPolicy(_ context.Context, r cfn.Resource, p policyProperties) (cfn.Handle, error) {
	d, err := parse(p.PolicyDocument)
	if err != nil {
		return cfn.Handle{}, fmt.Errorf("PolicyDocument: %w", err)
	}
	roles, err := s.rolesNamed(p.Roles)
	if err != nil {
		return cfn.Handle{}, err
	}
	name := cmp.Or(p.PolicyName, r.PhysicalName(128))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, role := range roles {
		role.policies[name] = d
	}
	return cfn.Handle{Ref: r.PhysicalName(128), Attributes: map[string]any{"Id": r.PhysicalName(128)}, Delete: func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, role := range roles {
			delete(role.policies, name)
		}
		return nil
	}}, nil
}

func (s *IAM) createManagedPolicy(_ context.Context, r cfn.Resource, p managedPolicyProperties) (cfn.Handle, error) {
	name := p.ManagedPolicyName
	if name == "" {
		name = r.PhysicalName(128)
	}
	arn := fmt.Sprintf("arn:aws:iam::%s:policy%s%s", s.site.Account, pathOrSlash(p.Path), name)
	if err := s.SetManagedPolicy(arn, p.PolicyDocument); err != nil {
		return cfn.Handle{}, fmt.Errorf("PolicyDocument: %w", err)
	}
	roles, err := s.rolesNamed(p.Roles)
	if err != nil {
		return cfn.Handle{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, role := range roles {
		role.managed = append(role.managed, arn)
	}
	return cfn.Handle{Ref: arn, Attributes: map[string]any{"PolicyArn": arn}, Delete: func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, role := range roles {
			role.managed = slices.DeleteFunc(role.managed, func(other string) bool { return other == arn })
		}
		delete(s.managed, arn)
		return nil
	}}, nil
}

type instanceProfileProperties struct {
	InstanceProfileName string
	Path                string
	Roles               []string
}

// createInstanceProfile makes the name under which an instance has a role.
// Nothing runs on instances, so that nobody takes the role on.
func (s *IAM) createInstanceProfile(_ context.Context, r cfn.Resource, p instanceProfileProperties) (cfn.Handle, error) {
	if len(p.Roles) != 1 {
		return cfn.Handle{}, fmt.Errorf("property Roles must have one role, got %d", len(p.Roles))
	}
	if _, err := s.rolesNamed(p.Roles); err != nil {
		return cfn.Handle{}, err
	}
	name := cmp.Or(p.InstanceProfileName, r.PhysicalName(128))
	arn := fmt.Sprintf("arn:aws:iam::%s:instance-profile%s%s", s.site.Account, pathOrSlash(p.Path), name)
	return cfn.Handle{Ref: name, Attributes: map[string]any{"Arn": arn}}, nil
}

func (s *IAM) rolesNamed(names []string) ([]*role, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := make([]*role, len(names))
	for i, name := range names {
		for _, role := range s.roles {
			if role.name == name {
				found[i] = role
			}
		}
		if found[i] == nil {
			return nil, fmt.Errorf("role %s does not exist", name)
		}
	}
	return found, nil
}

func (s *IAM) roleARN(path, name string) string {
	return fmt.Sprintf("arn:aws:iam::%s:role%s%s", s.site.Account, pathOrSlash(path), name)
}

func pathOrSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}
