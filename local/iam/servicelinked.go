package iam

// This file is the roles of AWS's services: each service makes one of its own, or
// has somebody make it, and nobody else changes what it may do.

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// linkedTable has a line for each service: its principal, the role's name, the
// policy, and "suffix" where there may be several roles. AWS documents them in
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html.
//
//go:embed servicelinked.txt
var linkedTable string

// linkPath is where these roles and their policies are.
const linkPath = "/aws-service-role/"

// linked is the role of a service.
type linked struct {
	service, role, policy string
	suffixes              bool // several roles, that differ by a suffix
}

// linkedRoles are the roles of the table, by service.
func linkedRoles() map[string]linked {
	known := map[string]linked{}
	for line := range strings.Lines(linkedTable) {
		words := strings.Fields(line)
		known[words[0]] = linked{words[0], words[1], words[2], len(words) == 4}
	}
	return known
}

// linkedPolicies are the policies of the roles: the engine does not know what they allow.
func linkedPolicies(of map[string]linked) map[string]*managedPolicy {
	policies := map[string]*managedPolicy{}
	for _, l := range of {
		p := newPolicy(l.policyARN(), l.policy, linkPath, compiled{}, time.Date(2017, 5, 16, 0, 0, 0, 0, time.UTC))
		p.id, p.unknown = "ANPA"+strings.ToUpper(l.policy), true
		policies[p.arn] = p
	}
	return policies
}

func (l linked) policyARN() string { return ofAWS + linkPath[1:] + l.policy }

// trust is the trust policy: the service takes the role on.
func (l linked) trust() string {
	type statement struct {
		Effect    string
		Principal struct{ Service string }
		Action    string
	}
	document := struct {
		Version   string
		Statement []statement
	}{version2012, []statement{{"Allow", struct{ Service string }{l.service}, "sts:AssumeRole"}}}
	text, err := json.Marshal(document)
	if err != nil {
		panic(err) // of texts
	}
	return string(text)
}

// unmodifiable refuses what nobody but AWS does to a role of a service: others
// describe it and tag it.
func (e *entity) unmodifiable(action string) error {
	if !e.linked || strings.HasPrefix(action, "Get") || strings.HasPrefix(action, "List") {
		return nil
	}
	switch action {
	case "UpdateRole", "UpdateRoleDescription", "TagRole", "UntagRole", "DeleteServiceLinkedRole":
		return nil
	}
	return fault(400, "UnmodifiableEntity", "Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", e.name)
}

// unread refuses to tell what the engine does not know.
func (p *managedPolicy) unread() error {
	if p.unknown {
		return cloud.Errorf(501, "NotImplemented", "the local engine does not know what the policy %s allows", p.arn)
	}
	return nil
}

type createLinkedInput struct {
	AWSServiceName string
	CustomSuffix   string
	Description    string
}

func (s *IAM) createServiceLinkedRole(_ context.Context, caller cloud.Caller, in createLinkedInput) (struct{ Role roleOutput }, error) {
	var out struct{ Role roleOutput }
	e, err := s.linkRole(caller, in)
	if err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out.Role = e.role()
	out.Role.MaxSessionDuration, out.Role.Description = 0, "" // which the answer does not have
	return out, nil
}

func (s *IAM) linkRole(caller cloud.Caller, in createLinkedInput) (*entity, error) {
	if in.AWSServiceName == "" {
		return nil, invalid("aWSServiceName", "", "")
	}
	l, known := s.linked[in.AWSServiceName]
	name := cmp.Or(l.role, "*")
	if in.CustomSuffix != "" {
		name += "_" + in.CustomSuffix
	}
	e := s.newEntity(roles, linkPath+in.AWSServiceName+"/", name)
	if err := s.cloud.Authorize(caller.With("iam:AWSServiceName", in.AWSServiceName), "iam:CreateServiceLinkedRole", e.arn); err != nil {
		return nil, err
	}
	switch {
	case !known:
		return nil, cloud.Errorf(501, "NotImplemented", "the local engine does not know the role of the service %s", in.AWSServiceName)
	case in.CustomSuffix != "" && !l.suffixes:
		return nil, invalidInput("Custom suffix is not allowed for %s", in.AWSServiceName)
	}
	if err := checkName("roleName", name, roles.longest); err != nil {
		return nil, err
	}
	if err := e.describe(&in.Description, nil); err != nil {
		return nil, err
	}
	if err := e.setTrust(l.trust()); err != nil {
		return nil, err
	}
	e.linked = true
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names[entityName{roles, strings.ToLower(name)}] != nil {
		return nil, invalidInput("Service role name %s has been taken in this account, please try a different suffix.", name)
	}
	if err := s.add(e); err != nil {
		return nil, err
	}
	e.attached[l.policyARN()] = s.policies[l.policyARN()]
	s.policies[l.policyARN()].attachments++
	return e, nil
}

type deletionTask struct{ DeletionTaskId string }

// deleteServiceLinkedRole deletes at once. Nothing here uses such a role, for which
// AWS would let the deletion fail.
func (s *IAM) deleteServiceLinkedRole(_ context.Context, caller cloud.Caller, in struct{ RoleName string }) (deletionTask, error) {
	var out deletionTask
	err := s.with(caller, "DeleteServiceLinkedRole", roles, in.RoleName, func(e *entity) error {
		if !e.linked {
			return fault(404, "NoSuchEntity", "The service-linked role with name %s cannot be found.", e.name)
		}
		_, resource, _ := strings.Cut(e.arn, ":role/")
		out.DeletionTaskId = "task/" + resource + "/" + cloud.UUID()
		now := time.Now()
		maps.DeleteFunc(s.deletions, func(_ string, at time.Time) bool { return now.Sub(at) > 24*time.Hour })
		s.deletions[out.DeletionTaskId] = now
		s.remove(e)
		return nil
	})
	return out, err
}

func (s *IAM) getServiceLinkedRoleDeletionStatus(_ context.Context, caller cloud.Caller, in deletionTask) (struct{ Status string }, error) {
	var out struct{ Status string }
	if in.DeletionTaskId == "" {
		return out, invalid("deletionTaskId", "", "")
	}
	resource := strings.TrimPrefix(in.DeletionTaskId, "task/")
	if end := strings.LastIndex(resource, "/"); end >= 0 {
		resource = resource[:end]
	}
	if err := s.cloud.Authorize(caller, "iam:GetServiceLinkedRoleDeletionStatus", s.arn("role", "/", resource)); err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, ok := s.deletions[in.DeletionTaskId]; !ok {
		return out, fault(404, "NoSuchEntity", "Deletion task %s cannot be found.", in.DeletionTaskId)
	}
	out.Status = "SUCCEEDED"
	return out, nil
}

type linkedProperties struct {
	AWSServiceName string
	CustomSuffix   string
	Description    string
}

func (s *IAM) newLinkedRole(_ context.Context, _ cfn.Resource, p linkedProperties) (cfn.Handle, error) {
	e, err := s.linkRole(s.site.Administrator(), createLinkedInput(p))
	if err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: e.name, Attributes: map[string]any{"RoleName": e.name}, Delete: func(ctx context.Context) error {
		_, err := s.deleteServiceLinkedRole(ctx, s.site.Administrator(), struct{ RoleName string }{e.name})
		return unlessGone(err)
	}}, nil
}

func (s *IAM) updateLinkedRole(ctx context.Context, _ cfn.Resource, h cfn.Handle, _, after linkedProperties) (cfn.Handle, error) {
	_, err := s.updateRole(ctx, s.site.Administrator(), updateRoleInput{RoleName: h.Ref, Description: &after.Description})
	return h, err
}
