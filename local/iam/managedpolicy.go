package iam

// This file is the managed policies: how they are made, found and deleted.

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	maxPolicies   = 1500 // managed policies of an account
	maxVersions   = 5    // of a managed policy
	maxManaged    = 6144 // characters of a managed policy without white space
	maxPolicyName = 128
)

// managedPolicy has up to five versions, of which one counts. IAM's lock guards it.
type managedPolicy struct {
	arn         string
	name        string
	path        string
	id          string
	description string
	created     time.Time
	updated     time.Time
	tags        map[string]string

	versions []*version // from the oldest
	current  *version   // the default
	numbers  int        // how many versions there have ever been
	unknown  bool       // only AWS knows what it allows

	attachments int // entities that it is attached to
	bounds      int // entities whose boundary it is
}

type version struct {
	id      string // "v1"
	created time.Time
	compiled
}

// compiled is a policy document: what it says, and how it is evaluated.
type compiled struct {
	text string
	policy
}

func newPolicy(arn, name, path string, document compiled, now time.Time) *managedPolicy {
	p := &managedPolicy{arn: arn, name: name, path: orSlash(path), id: newID("ANPA"), created: now, updated: now, tags: map[string]string{}}
	p.current = p.addVersion(document, now)
	return p
}

// addVersion takes a number that no version had before.
func (p *managedPolicy) addVersion(document compiled, now time.Time) *version {
	p.numbers++
	v := &version{"v" + strconv.Itoa(p.numbers), now, document}
	p.versions = append(p.versions, v)
	p.updated = now
	return v
}

func (p *managedPolicy) ofAWS() bool { return strings.HasPrefix(p.arn, ofAWS) }

type createPolicyInput struct {
	PolicyName     string
	Path           string
	PolicyDocument string
	Description    string
	Tags           []tag
}

func (s *IAM) createPolicy(_ context.Context, caller cloud.Caller, in createPolicyInput) (struct{ Policy policyOutput }, error) {
	var out struct{ Policy policyOutput }
	if err := checkName("policyName", in.PolicyName, maxPolicyName); err != nil {
		return out, err
	}
	if err := checkPath(in.Path); err != nil {
		return out, err
	}
	if err := s.cloud.Authorize(caller, "iam:CreatePolicy", s.arn("policy", in.Path, in.PolicyName)); err != nil {
		return out, err
	}
	tags, err := newTags(nil, in.Tags)
	if err != nil {
		return out, err
	}
	document, err := compileManaged(in.PolicyDocument)
	if err != nil {
		return out, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.addPolicy(in.Path, in.PolicyName, document)
	if err != nil {
		return out, err
	}
	p.description, p.tags = in.Description, tags
	out.Policy = p.listed()
	out.Policy.Tags = listOfTags(tags)
	return out, nil
}

// addPolicy makes a policy known. The lock is held.
func (s *IAM) addPolicy(path, name string, document compiled) (*managedPolicy, error) {
	own := 0
	for _, p := range s.policies {
		if p.ofAWS() {
			continue
		}
		own++
		if strings.EqualFold(p.name, name) {
			return nil, fault(409, "EntityAlreadyExists", "A policy called %s already exists. Duplicate names are not allowed.", name)
		}
	}
	if own >= maxPolicies {
		return nil, fault(409, "LimitExceeded", "Cannot exceed quota for PoliciesPerAccount: %d", maxPolicies)
	}
	p := newPolicy(s.arn("policy", path, name), name, path, document, time.Now())
	s.policies[p.arn] = p
	return p, nil
}

type policyName struct{ PolicyArn string }

// withPolicy runs do on a managed policy, under the lock, if the caller may do
// that to it.
func (s *IAM) withPolicy(caller cloud.Caller, action, arn string, do func(*managedPolicy) error) error {
	if len(arn) < 20 {
		return invalid("policyArn", arn, "Member must have length greater than or equal to 20")
	}
	if err := s.cloud.Authorize(caller, "iam:"+action, arn); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.policies[arn]
	if !ok {
		return fault(404, "NoSuchEntity", "Policy %s was not found.", arn)
	}
	return do(p)
}

// changePolicy is withPolicy for what nobody may do to the policies of AWS.
func (s *IAM) changePolicy(caller cloud.Caller, action, arn string, do func(*managedPolicy) error) error {
	return s.withPolicy(caller, action, arn, func(p *managedPolicy) error {
		if p.ofAWS() {
			return cloud.Errorf(403, "AccessDeniedException", "User: %s is not authorized to perform: iam:%s on resource: policy %s", caller.ARN, action, arn)
		}
		return do(p)
	})
}

func (s *IAM) getPolicy(_ context.Context, caller cloud.Caller, in policyName) (struct{ Policy policyOutput }, error) {
	var out struct{ Policy policyOutput }
	err := s.withPolicy(caller, "GetPolicy", in.PolicyArn, func(p *managedPolicy) error {
		out.Policy = p.listed()
		out.Policy.Description, out.Policy.Tags = p.description, listOfTags(p.tags)
		return nil
	})
	return out, err
}

func (s *IAM) deletePolicy(_ context.Context, caller cloud.Caller, in policyName) (none, error) {
	return none{}, s.changePolicy(caller, "DeletePolicy", in.PolicyArn, func(p *managedPolicy) error {
		switch {
		case p.attachments+p.bounds > 0:
			return fault(409, "DeleteConflict", "Cannot delete a policy attached to entities.")
		case len(p.versions) > 1:
			return fault(409, "DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		}
		delete(s.policies, p.arn)
		return nil
	})
}

type policyOutput struct {
	PolicyName                    string
	PolicyId                      string
	Arn                           string
	Path                          string
	DefaultVersionId              string
	AttachmentCount               int
	PermissionsBoundaryUsageCount int
	IsAttachable                  bool
	Description                   string `json:",omitempty"`
	CreateDate                    cloud.Time
	UpdateDate                    cloud.Time
	Tags                          []tag `json:",omitempty"`
}

// listed is the policy as lists have it: without its description and its tags.
func (p *managedPolicy) listed() policyOutput {
	return policyOutput{
		PolicyName: p.name, PolicyId: p.id, Arn: p.arn, Path: p.path, DefaultVersionId: p.current.id,
		AttachmentCount: p.attachments, PermissionsBoundaryUsageCount: p.bounds, IsAttachable: true,
		CreateDate: cloud.Time(p.created), UpdateDate: cloud.Time(p.updated),
	}
}

type listPoliciesInput struct {
	Scope             string
	OnlyAttached      bool
	PathPrefix        string
	PolicyUsageFilter string
	paging
}

func (s *IAM) listPolicies(_ context.Context, caller cloud.Caller, in listPoliciesInput) (struct {
	Policies []policyOutput
	page
}, error) {
	var out struct {
		Policies []policyOutput
		page
	}
	if err := s.cloud.Authorize(caller, "iam:ListPolicies", "*"); err != nil {
		return out, err
	}
	if err := oneOf("scope", in.Scope, "All", "AWS", "Local"); err != nil {
		return out, err
	}
	if err := oneOf("policyUsageFilter", in.PolicyUsageFilter, permissions, boundaries); err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, p := range s.policies {
		if in.chooses(p) {
			out.Policies = append(out.Policies, p.listed())
		}
	}
	var err error
	out.Policies, out.page, err = cut(in.paging, out.Policies, func(p policyOutput) string { return p.Arn })
	return out, err
}

func (in listPoliciesInput) chooses(p *managedPolicy) bool {
	uses := p.attachments + p.bounds
	switch in.PolicyUsageFilter {
	case permissions:
		uses = p.attachments
	case boundaries:
		uses = p.bounds
	}
	return strings.HasPrefix(p.path, in.PathPrefix) &&
		!(in.Scope == "AWS" && !p.ofAWS()) && !(in.Scope == "Local" && p.ofAWS()) &&
		(uses > 0 || !in.OnlyAttached && in.PolicyUsageFilter == "")
}
