package iam

// This file decides who may do what, and who may become whom.

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// resourcePolicy is what a resource's policy is made of, and all of it together.
type resourcePolicy struct {
	parts map[string]policy
	all   policy
}

// SetResourcePolicy implements cloud.ResourcePolicies. A statement without a
// Resource speaks about the resource itself.
func (s *IAM) SetResourcePolicy(resourceARN, part string, document json.RawMessage) error {
	var parsed policy
	if document != nil {
		var err error
		if parsed, err = parse(document); err != nil {
			return fmt.Errorf("resource policy of %s: %w", resourceARN, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.resources[resourceARN]
	if p == nil {
		p = &resourcePolicy{parts: map[string]policy{}}
		s.resources[resourceARN] = p
	}
	p.parts[part], p.all = parsed, nil
	for _, statements := range p.parts {
		p.all = append(p.all, statements...)
	}
	if len(p.all) == 0 {
		delete(s.resources, resourceARN)
	}
	return nil
}

// ReadPolicy implements cloud.ResourcePolicies.
func (s *IAM) ReadPolicy(document json.RawMessage) (cloud.ResourcePolicy, error) {
	read, err := parse(document)
	if err != nil {
		return nil, fmt.Errorf("resource policy: %w", err)
	}
	return read, nil
}

// Authorize implements cloud.Authorizer as IAM evaluates within one account: an
// explicit Deny wins; otherwise an Allow of an identity policy or of the
// resource's policy is enough, as far as the permissions boundary and the
// policies of the session go.
func (s *IAM) Authorize(caller cloud.Caller, action, resourceARN string) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.authorize(caller, action, resourceARN)
}

// authorize is Authorize where the lock is held.
func (s *IAM) authorize(caller cloud.Caller, action, resourceARN string) error {
	if caller.Root {
		return nil
	}
	r := s.request(caller, action, resourceARN)
	refusal := s.judge(r)
	if refusal == nil {
		return nil
	}
	s.refused.add(refusal.call(r))
	return refusal.error(r)
}

// judgement is why a call is refused.
type judgement struct {
	reason     string
	denied     bool // explicitly
	remediable bool // by a statement that allows it
}

// judge returns nil for a call that may be made, and counts what allows it. The
// lock is held.
func (s *IAM) judge(r *request) *judgement {
	return s.judgeAs(s.principal(r.caller), r)
}

// judgeAs is judge with the policies of an entity, which may be nil.
func (s *IAM) judgeAs(who *entity, r *request) *judgement {
	caller := r.caller
	identity, boundary, session := who.decide(r), who.bounds(r), s.sessionDecision(r)
	resource := s.resourceDecision(r, (*principals).includes)
	switch denied {
	case identity:
		return explicitDeny("an identity-based policy")
	case boundary:
		return explicitDeny("a permissions boundary")
	case session:
		return explicitDeny("a session policy")
	case resource:
		return explicitDeny("a resource-based policy")
	}
	granted := identity == allowed || resource == allowed
	if granted && boundary == allowed && session == allowed {
		r.granted()
		return nil
	}
	// A resource's policy that names a user or a session as such goes beyond
	// the boundary, and beyond the session's policies.
	if resource == allowed && s.resourceDecision(r, (*principals).names) == allowed {
		return nil
	}
	kind := "identity-based policy"
	switch {
	case caller.Service != "":
		kind = "resource-based policy"
	case granted && boundary != allowed:
		kind = "permissions boundary"
	case granted:
		kind = "session policy"
	}
	return &judgement{reason: fmt.Sprintf("because no %s allows the %s action", kind, r.action), remediable: !granted}
}

func explicitDeny(where string) *judgement {
	return &judgement{reason: "with an explicit deny in " + where, denied: true}
}

// error is the refusal as the caller sees it.
func (j *judgement) error(r *request) *cloud.Error {
	e := cloud.Errorf(403, "AccessDeniedException", "User: %s is not authorized to perform: %s on resource: %s %s",
		r.caller.ARN, r.action, r.resource, j.reason)
	e.Denied = j.denied
	return e
}

// call is the refusal as the account of the run has it.
func (j *judgement) call(r *request) RefusedCall {
	call := RefusedCall{Principal: principalOf(r.caller), Action: r.action, Resource: r.resource, Reason: j.reason}
	if j.remediable {
		call.Remedy = r.remedy()
	}
	return call
}

func (s *IAM) request(caller cloud.Caller, action, resource string) *request {
	return &request{caller: caller, site: s.site, action: action, lower: strings.ToLower(action), resource: resource}
}

type decision int

const (
	silent decision = iota
	allowed
	denied
)

// principal is the role or the user whose policies apply to a caller; nil for
// one without policies.
func (s *IAM) principal(caller cloud.Caller) *entity {
	if caller.Role != "" {
		return s.entities[caller.Role]
	}
	return s.entities[caller.ARN]
}

// resourceDecision evaluates the policy of the resource, or of what contains
// it: an S3 object is governed by its bucket's policy.
func (s *IAM) resourceDecision(r *request, concerns func(*principals, cloud.Caller, cloud.Site) bool) decision {
	applies, brought := r.caller.ResourcePolicy.(policy)
	if !brought {
		p, ok := s.resources[r.resource]
		if !ok && strings.HasPrefix(r.resource, "arn:aws:s3:::") {
			container, _, _ := strings.Cut(r.resource, "/")
			p = s.resources[container]
		}
		if p == nil {
			return silent
		}
		applies = p.all
	}
	return applies.decide(r, func(who *principals) bool { return concerns(who, r.caller, s.site) })
}

// Assume implements cloud.Authorizer.
func (s *IAM) Assume(service cloud.Caller, roleARN, session string) (cloud.Caller, error) {
	return s.assume(service, roleARN, session, nil)
}

// AssumeWithin implements cloud.SessionAuthorizer.
func (s *IAM) AssumeWithin(service cloud.Caller, roleARN, session, policy string) (cloud.Caller, error) {
	within, _, err := s.sessionPolicies(policy, nil)
	if err != nil {
		return cloud.Caller{}, err
	}
	return s.assume(service, roleARN, session, within)
}

func (s *IAM) assume(service cloud.Caller, roleARN, session string, within cloud.SessionPolicies) (cloud.Caller, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	role, ok := s.entities[roleARN]
	if !ok || role.kind != roles {
		return cloud.Caller{}, cloud.Errorf(400, "ValidationException", "role %s does not exist", roleARN)
	}
	if !s.trusts(role, service, (*principals).includes) {
		return cloud.Caller{}, cloud.Errorf(403, "AccessDeniedException", "%s is not authorized to assume role %s: its trust policy does not allow it", service.ARN, roleARN)
	}
	return s.sessionOf(role, session, within), nil
}

// trusts asks the role's trust policy.
func (s *IAM) trusts(role *entity, caller cloud.Caller, concerns func(*principals, cloud.Caller, cloud.Site) bool) bool {
	r := s.request(caller, "sts:AssumeRole", role.arn)
	return role.trust.decide(r, func(who *principals) bool { return concerns(who, caller, s.site) }) == allowed
}

func (s *IAM) sessionOf(role *entity, session string, within cloud.SessionPolicies) cloud.Caller {
	return cloud.Caller{
		ARN:    fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", s.site.Account, role.name, session),
		Role:   role.arn,
		ID:     role.id + ":" + session,
		Within: within,
	}
}
