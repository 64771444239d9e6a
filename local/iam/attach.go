package iam

// This file attaches managed policies to roles, users and groups, and makes them
// the permissions boundaries of roles and users.

import (
	"context"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// The two ways to use a managed policy, as filters name them.
const (
	permissions = "PermissionsPolicy"
	boundaries  = "PermissionsBoundary"
)

type attachment struct {
	nameOf
	PolicyArn string
}

// onPolicy runs do on an entity and a policy, under the lock, if the caller may
// do that to the entity with that policy.
func (s *IAM) onPolicy(caller cloud.Caller, action string, k *kind, in attachment, do func(*entity) error) error {
	if len(in.PolicyArn) < 20 {
		return invalid("policyArn", in.PolicyArn, "Member must have length greater than or equal to 20")
	}
	if !strings.HasPrefix(in.PolicyArn, "arn:") {
		return cloud.Errorf(400, "ValidationError", "Invalid ARN:  Could not be parsed!")
	}
	name := in.of(k)
	caller = s.bounded(caller, k, name).With("iam:PolicyARN", in.PolicyArn)
	return s.with(caller, action, k, name, do)
}

func (s *IAM) attachPolicy(k *kind) func(context.Context, cloud.Caller, attachment) (none, error) {
	return func(_ context.Context, caller cloud.Caller, in attachment) (none, error) {
		return none{}, s.onPolicy(caller, "Attach"+k.name+"Policy", k, in, func(e *entity) error {
			return s.attach(e, in.PolicyArn)
		})
	}
}

// attach attaches a policy, which may be attached already. The lock is held.
func (s *IAM) attach(e *entity, arn string) error {
	p, ok := s.policies[arn]
	switch {
	case !ok:
		return fault(404, "NoSuchEntity", "Policy %s does not exist or is not attachable.", arn)
	case e.attached[arn] != nil:
		return nil
	case p.unknown:
		return fault(400, "PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.")
	case len(e.attached) >= e.kind.attachable:
		return fault(409, "LimitExceeded", "Cannot exceed quota for PoliciesPer%s: %d", e.kind.name, e.kind.attachable)
	}
	e.attached[arn] = p
	p.attachments++
	return nil
}

// detach takes a policy away, if it is attached.
func (e *entity) detach(arn string) {
	if p := e.attached[arn]; p != nil {
		p.attachments--
		delete(e.attached, arn)
	}
}

func (s *IAM) detachPolicy(k *kind) func(context.Context, cloud.Caller, attachment) (none, error) {
	return func(_ context.Context, caller cloud.Caller, in attachment) (none, error) {
		return none{}, s.onPolicy(caller, "Detach"+k.name+"Policy", k, in, func(e *entity) error {
			if e.attached[in.PolicyArn] == nil {
				return fault(404, "NoSuchEntity", "Policy %s was not found.", in.PolicyArn)
			}
			e.detach(in.PolicyArn)
			return nil
		})
	}
}

type attachedPolicy struct{ PolicyName, PolicyArn string }

type listAttachedInput struct {
	nameOf
	PathPrefix string
	paging
}

type listAttachedOutput struct {
	AttachedPolicies []attachedPolicy
	page
}

func (s *IAM) listAttached(k *kind) func(context.Context, cloud.Caller, listAttachedInput) (listAttachedOutput, error) {
	return func(_ context.Context, caller cloud.Caller, in listAttachedInput) (listAttachedOutput, error) {
		var out listAttachedOutput
		err := s.with(caller, "ListAttached"+k.name+"Policies", k, in.of(k), func(e *entity) (err error) {
			for arn, p := range e.attached {
				if strings.HasPrefix(p.path, in.PathPrefix) {
					out.AttachedPolicies = append(out.AttachedPolicies, attachedPolicy{p.name, arn})
				}
			}
			out.AttachedPolicies, out.page, err = cut(in.paging, out.AttachedPolicies, func(a attachedPolicy) string { return a.PolicyArn })
			return err
		})
		return out, err
	}
}

type putBoundaryInput struct {
	nameOf
	PermissionsBoundary string
}

func (s *IAM) putBoundary(k *kind) func(context.Context, cloud.Caller, putBoundaryInput) (none, error) {
	return func(_ context.Context, caller cloud.Caller, in putBoundaryInput) (none, error) {
		caller = caller.With("iam:PermissionsBoundary", in.PermissionsBoundary)
		return none{}, s.with(caller, "Put"+k.name+"PermissionsBoundary", k, in.of(k), func(e *entity) error {
			return s.setBoundary(e, in.PermissionsBoundary)
		})
	}
}

// setBoundary gives an entity the boundary. The lock is held.
func (s *IAM) setBoundary(e *entity, arn string) error {
	p, ok := s.policies[arn]
	if !ok || p.unknown {
		return fault(404, "NoSuchEntity", "Scope ARN: %s does not exist or is not attachable.", arn)
	}
	e.bound(p)
	return nil
}

// bound replaces the boundary; nil takes it away.
func (e *entity) bound(p *managedPolicy) {
	if e.boundary != nil {
		e.boundary.bounds--
	}
	if e.boundary = p; p != nil {
		p.bounds++
	}
}

func (s *IAM) deleteBoundary(k *kind) func(context.Context, cloud.Caller, nameOf) (none, error) {
	return func(_ context.Context, caller cloud.Caller, in nameOf) (none, error) {
		name := in.of(k)
		return none{}, s.with(s.bounded(caller, k, name), "Delete"+k.name+"PermissionsBoundary", k, name, func(e *entity) error {
			e.bound(nil)
			return nil
		})
	}
}

type boundaryOutput struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }

// boundaryOf is the boundary as answers have it; nil where there is none.
func boundaryOf(e *entity) *boundaryOutput {
	if e.boundary == nil {
		return nil
	}
	return &boundaryOutput{"Policy", e.boundary.arn}
}

type entitiesInput struct {
	PolicyArn         string
	EntityFilter      string
	PathPrefix        string
	PolicyUsageFilter string
	paging
}

type (
	policyRole  struct{ RoleName, RoleId string }
	policyUser  struct{ UserName, UserId string }
	policyGroup struct{ GroupName, GroupId string }
)

type entitiesOutput struct {
	PolicyGroups []policyGroup
	PolicyUsers  []policyUser
	PolicyRoles  []policyRole
	page
}

func (s *IAM) listEntitiesForPolicy(_ context.Context, caller cloud.Caller, in entitiesInput) (entitiesOutput, error) {
	var out entitiesOutput
	if err := oneOf("entityFilter", in.EntityFilter, "User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"); err != nil {
		return out, err
	}
	if err := oneOf("policyUsageFilter", in.PolicyUsageFilter, permissions, boundaries); err != nil {
		return out, err
	}
	err := s.withPolicy(caller, "ListEntitiesForPolicy", in.PolicyArn, func(p *managedPolicy) error {
		var using []*entity
		for _, e := range s.entities {
			if in.chooses(e, p) {
				using = append(using, e)
			}
		}
		var err error
		using, out.page, err = cut(in.paging, using, func(e *entity) string { return e.arn })
		for _, e := range using {
			switch e.kind {
			case roles:
				out.PolicyRoles = append(out.PolicyRoles, policyRole{e.name, e.id})
			case users:
				out.PolicyUsers = append(out.PolicyUsers, policyUser{e.name, e.id})
			case groups:
				out.PolicyGroups = append(out.PolicyGroups, policyGroup{e.name, e.id})
			}
		}
		return err
	})
	return out, err
}

func (in entitiesInput) chooses(e *entity, p *managedPolicy) bool {
	attached := e.attached[p.arn] != nil && in.PolicyUsageFilter != boundaries
	bounds := e.boundary == p && in.PolicyUsageFilter != permissions
	return (attached || bounds) && (in.EntityFilter == "" || in.EntityFilter == e.kind.name) && strings.HasPrefix(e.path, in.PathPrefix)
}
