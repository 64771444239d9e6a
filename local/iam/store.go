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

// Store holds roles, their policies, resource policies and credentials.
type Store struct {
	site cloud.Site

	mu        sync.RWMutex
	roles     map[string]*role // by ARN
	managed   map[string]document
	resources map[string]*document // resource policies by resource ARN
	sessions  map[string]cloud.Caller
}

type role struct {
	name     string
	trust    document
	policies []document
	managed  []string // ARNs of managed policies
}

// New returns an empty store.
func New(c *cloud.Cloud) *Store {
	return &Store{
		site:      c.Site,
		roles:     map[string]*role{},
		managed:   map[string]document{},
		resources: map[string]*document{},
		sessions:  map[string]cloud.Caller{},
	}
}

// SetResourcePolicy adds the statements of a policy document to the resource's
// policy. A statement without a Resource speaks about the resource itself.
func (s *Store) SetResourcePolicy(resourceARN string, policy json.RawMessage) error {
	d, err := parse(policy)
	if err != nil {
		return fmt.Errorf("resource policy of %s: %w", resourceARN, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if existing, ok := s.resources[resourceARN]; ok {
		existing.Statement = append(existing.Statement, d.Statement...)
		return nil
	}
	s.resources[resourceARN] = &d
	return nil
}

// Authorize implements cloud.Authorizer: an explicit Deny wins, otherwise an
// Allow of an identity policy or of the resource's policy is enough, as within
// one account of AWS.
func (s *Store) Authorize(caller cloud.Caller, action, resourceARN string) error {
	if caller.Root {
		return nil
	}
	r := s.request(caller, action, resourceARN)
	s.mu.RLock()
	defer s.mu.RUnlock()

	identity := s.identityDecision(r)
	resource := s.resourceDecision(r)
	if identity == denied || resource == denied {
		return refusal(r, "with an explicit deny in a policy")
	}
	if identity == allowed || resource == allowed {
		return nil
	}
	if caller.Service != "" {
		return refusal(r, fmt.Sprintf("because no resource-based policy allows the %s action", action))
	}
	return refusal(r, fmt.Sprintf("because no identity-based policy allows the %s action", action))
}

func refusal(r *request, reason string) error {
	return cloud.Errorf(403, "AccessDeniedException", "User: %s is not authorized to perform: %s on resource: %s %s",
		r.caller.ARN, r.action, r.resource, reason)
}

func (s *Store) request(caller cloud.Caller, action, resource string) *request {
	context := make(map[string]string, len(caller.Context)+4)
	for key, value := range caller.Context {
		context[strings.ToLower(key)] = value
	}
	context["aws:principalaccount"] = s.site.Account
	context["aws:principalarn"] = caller.ARN
	context["aws:requestedregion"] = s.site.Region
	context["aws:securetransport"] = "true" // loopback stands for TLS
	if caller.Role != "" {
		context["aws:principalarn"] = caller.Role
	}
	return &request{caller: caller, action: action, resource: resource, context: context}
}

type decision int

const (
	silent decision = iota
	allowed
	denied
)

// identityDecision evaluates the policies of the caller's role.
func (s *Store) identityDecision(r *request) decision {
	role, ok := s.roles[r.caller.Role]
	if !ok {
		return silent
	}
	result := silent
	for i := range role.policies {
		result = max(result, role.policies[i].decide(r, nil))
	}
	for _, arn := range role.managed {
		if d, ok := s.managed[arn]; ok {
			result = max(result, d.decide(r, nil))
		}
	}
	return result
}

// resourceDecision evaluates the policy of the resource, or of what contains
// it: an S3 object is governed by its bucket's policy, a request to a REST API
// by the API's.
func (s *Store) resourceDecision(r *request) decision {
	d, ok := s.resources[r.resource]
	if !ok && (strings.HasPrefix(r.resource, "arn:aws:s3:::") || strings.HasPrefix(r.resource, "arn:aws:execute-api:")) {
		container, _, _ := strings.Cut(r.resource, "/")
		d, ok = s.resources[container]
	}
	if !ok {
		return silent
	}
	return d.decide(r, func(p *principals) bool { return p.includes(r.caller, s.site.Account) })
}

// decide asks every statement; speaksAbout, unless nil, filters by principal.
func (d *document) decide(r *request, speaksAbout func(*principals) bool) decision {
	result := silent
	for i := range d.Statement {
		st := &d.Statement[i]
		if (speaksAbout != nil && !speaksAbout(&st.Principal)) || !st.matches(r) {
			continue
		}
		if st.Effect == "Deny" {
			return denied
		}
		result = allowed
	}
	return result
}

// Assume implements cloud.Authorizer.
func (s *Store) Assume(service, roleARN, session string) (cloud.Caller, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	role, ok := s.roles[roleARN]
	if !ok {
		return cloud.Caller{}, cloud.Errorf(400, "ValidationException", "role %s does not exist", roleARN)
	}
	principal := cloud.Caller{ARN: service, Service: service, Context: map[string]string{"aws:SourceAccount": s.site.Account}}
	r := s.request(principal, "sts:AssumeRole", roleARN)
	if role.trust.decide(r, func(p *principals) bool { return p.includes(principal, s.site.Account) }) != allowed {
		return cloud.Caller{}, cloud.Errorf(403, "AccessDeniedException", "%s is not authorized to assume role %s: its trust policy does not allow it", service, roleARN)
	}
	return cloud.Caller{
		ARN:  fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", s.site.Account, role.name, session),
		Role: roleARN,
	}, nil
}
