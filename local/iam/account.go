package iam

// This file tells of the account as a whole.

import (
	"context"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type summary struct{ SummaryMap map[string]int }

func (s *IAM) getAccountSummary(_ context.Context, caller cloud.Caller, _ struct{}) (summary, error) {
	if err := s.cloud.Authorize(caller, "iam:GetAccountSummary", "*"); err != nil {
		return summary{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	own, versions := 0, 0
	for _, p := range s.policies {
		if !p.ofAWS() {
			own++
			versions += len(p.versions)
		}
	}
	return summary{map[string]int{
		"Users": s.counts[users], "UsersQuota": users.quota, "Groups": s.counts[groups], "GroupsQuota": groups.quota, "Roles": s.counts[roles], "RolesQuota": roles.quota,
		"Policies": own, "PoliciesQuota": maxPolicies, "PolicySizeQuota": maxManaged, "PolicyVersionsInUse": versions, "PolicyVersionsInUseQuota": 10000, "VersionsPerPolicyQuota": maxVersions,
		"UserPolicySizeQuota": users.inline, "GroupPolicySizeQuota": groups.inline, "RolePolicySizeQuota": roles.inline, "AssumeRolePolicySizeQuota": maxTrust,
		"AttachedPoliciesPerUserQuota": users.attachable, "AttachedPoliciesPerGroupQuota": groups.attachable, "AttachedPoliciesPerRoleQuota": roles.attachable,
		"GroupsPerUserQuota": maxGroups, "AccessKeysPerUserQuota": maxKeys, "InstanceProfiles": len(s.profiles), "InstanceProfilesQuota": maxProfiles,
		"AccountAccessKeysPresent": 0, "AccountMFAEnabled": 0, "AccountPasswordPresent": 1, "AccountSigningCertificatesPresent": 0, "GlobalEndpointTokenVersion": 1,
		"MFADevices": 0, "MFADevicesInUse": 0, "Providers": 0, "ServerCertificates": 0, "ServerCertificatesQuota": 20, "SigningCertificatesPerUserQuota": 2,
	}}, nil
}

type policyDetail struct{ PolicyName, PolicyDocument string }

// common is what details of roles, users and groups have besides their own.
type common struct {
	AttachedManagedPolicies []attachedPolicy
}

type roleDetail struct {
	roleOutput
	InstanceProfileList []profileOutput
	RolePolicyList      []policyDetail
	common
}

type userDetail struct {
	userOutput
	UserPolicyList []policyDetail
	GroupList      []string
	common
}

type groupDetail struct {
	groupOutput
	GroupPolicyList []policyDetail
	common
}

type managedDetail struct {
	policyOutput
	PolicyVersionList []versionOutput
}

type authorizationDetails struct {
	UserDetailList  []userDetail
	GroupDetailList []groupDetail
	RoleDetailList  []roleDetail
	Policies        []managedDetail
	page
}

type authorizationInput struct {
	Filter []string
	paging
}

func (s *IAM) getAccountAuthorizationDetails(_ context.Context, caller cloud.Caller, in authorizationInput) (authorizationDetails, error) {
	out := authorizationDetails{UserDetailList: []userDetail{}, GroupDetailList: []groupDetail{}, RoleDetailList: []roleDetail{}, Policies: []managedDetail{}}
	for _, filter := range in.Filter {
		if err := oneOf("filter", filter, "User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"); err != nil {
			return out, err
		}
	}
	if err := s.cloud.Authorize(caller, "iam:GetAccountAuthorizationDetails", "*"); err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	arns, next, err := cut(in.paging, s.detailed(in.Filter), func(arn string) string { return arn })
	out.page = next
	for _, arn := range arns {
		s.detail(arn, &out)
	}
	return out, err
}

// detailed are the ARNs of all that a filter chooses.
func (s *IAM) detailed(filter []string) []string {
	wants := func(kind string) bool { return len(filter) == 0 || slices.Contains(filter, kind) }
	var arns []string
	for arn, e := range s.entities {
		if wants(e.kind.name) {
			arns = append(arns, arn)
		}
	}
	for arn, p := range s.policies {
		// Of AWS's policies there are those that are in use.
		if p.ofAWS() && wants("AWSManagedPolicy") && p.attachments+p.bounds > 0 || !p.ofAWS() && wants("LocalManagedPolicy") {
			arns = append(arns, arn)
		}
	}
	return arns
}

func (s *IAM) detail(arn string, out *authorizationDetails) {
	if p := s.policies[arn]; p != nil {
		d := managedDetail{policyOutput: p.listed()}
		d.Description = p.description
		for _, v := range p.versions {
			version := p.listedVersion(v)
			version.Document = inURL(v.text)
			d.PolicyVersionList = append(d.PolicyVersionList, version)
		}
		out.Policies = append(out.Policies, d)
		return
	}
	e := s.entities[arn]
	switch e.kind {
	case roles:
		d := roleDetail{roleOutput: e.role(), InstanceProfileList: []profileOutput{}, RolePolicyList: e.details(), common: e.common()}
		d.MaxSessionDuration, d.Description, d.RoleLastUsed = 0, "", &struct{}{}
		for _, p := range s.profiles {
			if p.role == e {
				d.InstanceProfileList = append(d.InstanceProfileList, p.listed())
			}
		}
		out.RoleDetailList = append(out.RoleDetailList, d)
	case users:
		d := userDetail{userOutput: e.user(), UserPolicyList: e.details(), GroupList: []string{}, common: e.common()}
		for _, group := range e.memberOf {
			d.GroupList = append(d.GroupList, group.name)
		}
		slices.Sort(d.GroupList)
		out.UserDetailList = append(out.UserDetailList, d)
	case groups:
		out.GroupDetailList = append(out.GroupDetailList, groupDetail{e.group(), e.details(), e.common()})
	}
}

// details are the inline policies, by name.
func (e *entity) details() []policyDetail {
	list := []policyDetail{}
	for _, name := range slices.Sorted(maps.Keys(e.inline)) {
		list = append(list, policyDetail{name, inURL(e.inline[name].text)})
	}
	return list
}

func (e *entity) common() common {
	c := common{AttachedManagedPolicies: []attachedPolicy{}}
	for _, arn := range slices.Sorted(maps.Keys(e.attached)) {
		c.AttachedManagedPolicies = append(c.AttachedManagedPolicies, attachedPolicy{e.attached[arn].name, arn})
	}
	return c
}
