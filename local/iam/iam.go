// Package iam enforces the synthesized policies: identity policies of roles,
// resource policies, and trust policies, evaluated as IAM documents it within
// one account.
package iam

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// IAM holds roles, their policies, resource policies and credentials.
type IAM struct {
	site cloud.Site

	mu        sync.RWMutex
	roles     map[string]*role // by ARN
	managed   map[string]policy
	resources map[string]*resourcePolicy // by the ARN of the resource
	sessions  map[string]cloud.Caller
}

type role struct {
	name     string
	trust    policy
	policies map[string]policy // by name
	managed  []string          // ARNs of managed policies
}

// New returns an empty store.
func New(c *cloud.Cloud) *IAM {
	return &IAM{
		site:      c.Site,
		roles:     map[string]*role{},
		managed:   managedByAWS(),
		resources: map[string]*resourcePolicy{},
		sessions:  map[string]cloud.Caller{},
	}
}

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

// Authorize implements cloud.Authorizer: an explicit Deny wins, otherwise an
// Allow of an identity policy or of the resource's policy is enough, as within
// one account of AWS.
func (s *IAM) Authorize(caller cloud.Caller, action, resourceARN string) error {
	if caller.Root {
		return nil
	}
	r := s.request(caller, action, resourceARN)
	s.mu.RLock()
	defer s.mu.RUnlock()

	identity := s.identityDecision(r)
	resource := s.resourceDecision(r)
	if identity == denied || resource == denied {
		explicit := refusal(r, "with an explicit deny in a policy")
		explicit.Denied = true
		return explicit
	}
	if identity == allowed || resource == allowed {
		return nil
	}
	if caller.Service != "" {
		return refusal(r, fmt.Sprintf("because no resource-based policy allows the %s action", action))
	}
	return refusal(r, fmt.Sprintf("because no identity-based policy allows the %s action", action))
}

func refusal(r *request, reason string) *cloud.Error {
	return cloud.Errorf(403, "AccessDeniedException", "User: %s is not authorized to perform: %s on resource: %s %s",
		r.caller.ARN, r.action, r.resource, reason)
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

// identityDecision evaluates the policies of the caller's role.
func (s *IAM) identityDecision(r *request) decision {
	role, ok := s.roles[r.caller.Role]
	if !ok {
		return silent
	}
	result := silent
	for _, p := range role.policies {
		result = max(result, p.decide(r, nil))
	}
	for _, arn := range role.managed {
		result = max(result, s.managed[arn].decide(r, nil))
	}
	return result
}

// resourceDecision evaluates the policy of the resource, or of what contains
// it: an S3 object is governed by its bucket's policy, a request to a REST API
// by the API's.
func (s *IAM) resourceDecision(r *request) decision {
	p, ok := s.resources[r.resource]
	if !ok && (strings.HasPrefix(r.resource, "arn:aws:s3:::") || strings.HasPrefix(r.resource, "arn:aws:execute-api:")) {
		container, _, _ := strings.Cut(r.resource, "/")
		p = s.resources[container]
	}
	if p == nil {
		return silent
	}
	return p.all.decide(r, func(who *principals) bool { return who.includes(r.caller, s.site.Account) })
}

// Assume implements cloud.Authorizer.
func (s *IAM) Assume(service cloud.Caller, roleARN, session string) (cloud.Caller, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	role, ok := s.roles[roleARN]
	if !ok {
		return cloud.Caller{}, cloud.Errorf(400, "ValidationException", "role %s does not exist", roleARN)
	}
	r := s.request(service, "sts:AssumeRole", roleARN)
	if role.trust.decide(r, func(p *principals) bool { return p.includes(service, s.site.Account) }) != allowed {
		return cloud.Caller{}, cloud.Errorf(403, "AccessDeniedException", "%s is not authorized to assume role %s: its trust policy does not allow it", service.ARN, roleARN)
	}
	return cloud.Caller{
		ARN:  fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", s.site.Account, role.name, session),
		Role: roleARN,
	}, nil
}
