// Package iam is AWS IAM for the local engine: roles, users and groups with
// their policies, made by templates or by the API of IAM, and enforced at every
// call as IAM documents it within one account. It is also what services of the
// engine ask: see Authorize and Assume.
package iam

// This file is the service itself: what it holds, and its operations.

import (
	"maps"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// IAM is the service. It implements cloud.API, cloud.SessionAuthorizer and
// cloud.ResourcePolicies.
type IAM struct {
	cloud.Operations

	cloud *cloud.Cloud
	site  cloud.Site

	mu        sync.RWMutex
	entities  map[string]*entity         // by ARN
	names     map[entityName]*entity     // the same
	counts    map[*kind]int              // how many there are
	policies  map[string]*managedPolicy  // by ARN
	resources map[string]*resourcePolicy // by the ARN of the resource
	sessions  map[string]session         // by the id of the access key
	profiles  map[string]*profile        // by name in lower case
	linked    map[string]linked          // by service
	deletions map[string]time.Time       // of roles of services, by the task

	refused refused
}

var (
	_ cloud.Typed             = (*IAM)(nil)
	_ cloud.SessionAuthorizer = (*IAM)(nil)
	_ cloud.ResourcePolicies  = (*IAM)(nil)
)

// New returns IAM with the managed policies of AWS and nothing else.
func New(c *cloud.Cloud) *IAM {
	s := &IAM{
		cloud:     c,
		site:      c.Site,
		entities:  map[string]*entity{},
		names:     map[entityName]*entity{},
		counts:    map[*kind]int{},
		policies:  managedByAWS(),
		resources: map[string]*resourcePolicy{},
		sessions:  map[string]session{},
		profiles:  map[string]*profile{},
		linked:    linkedRoles(),
		deletions: map[string]time.Time{},
		refused:   refused{calls: map[refusedKey]*RefusedCall{}},
	}
	maps.Copy(s.policies, linkedPolicies(s.linked))
	s.Operations = cloud.Operations{
		"AddRoleToInstanceProfile":           cloud.Handle(s.addRoleToInstanceProfile),
		"AddUserToGroup":                     cloud.Handle(s.addUserToGroup),
		"CreateAccessKey":                    cloud.Handle(s.createAccessKey).Without(users.others()...),
		"CreateGroup":                        cloud.Handle(s.createGroup),
		"CreateInstanceProfile":              cloud.Handle(s.createInstanceProfile),
		"CreatePolicy":                       cloud.Handle(s.createPolicy),
		"CreatePolicyVersion":                cloud.Handle(s.createPolicyVersion),
		"CreateRole":                         cloud.Handle(s.createRole),
		"CreateServiceLinkedRole":            cloud.Handle(s.createServiceLinkedRole),
		"CreateServiceSpecificCredential":    cloud.Handle(s.createServiceCredential),
		"CreateUser":                         cloud.Handle(s.createUser),
		"DeleteAccessKey":                    cloud.Handle(s.deleteAccessKey),
		"DeleteInstanceProfile":              cloud.Handle(s.deleteInstanceProfile),
		"DeletePolicy":                       cloud.Handle(s.deletePolicy),
		"DeletePolicyVersion":                cloud.Handle(s.deletePolicyVersion),
		"DeleteServiceLinkedRole":            cloud.Handle(s.deleteServiceLinkedRole),
		"DeleteServiceSpecificCredential":    cloud.Handle(s.deleteServiceCredential),
		"GetAccountAuthorizationDetails":     cloud.Handle(s.getAccountAuthorizationDetails),
		"GetAccountSummary":                  cloud.Handle(s.getAccountSummary),
		"GetContextKeysForCustomPolicy":      cloud.Handle(s.getContextKeysForCustomPolicy),
		"GetContextKeysForPrincipalPolicy":   cloud.Handle(s.getContextKeysForPrincipalPolicy),
		"GetGroup":                           cloud.Handle(s.getGroup),
		"GetInstanceProfile":                 cloud.Handle(s.getInstanceProfile),
		"GetPolicy":                          cloud.Handle(s.getPolicy),
		"GetPolicyVersion":                   cloud.Handle(s.getPolicyVersion),
		"GetRole":                            cloud.Handle(s.getRole).Without(roles.others()...),
		"GetServiceLinkedRoleDeletionStatus": cloud.Handle(s.getServiceLinkedRoleDeletionStatus),
		"GetUser":                            cloud.Handle(s.getUser).Without(users.others()...),
		"ListAccessKeys":                     cloud.Handle(s.listAccessKeys),
		"ListEntitiesForPolicy":              cloud.Handle(s.listEntitiesForPolicy),
		"ListGroups":                         cloud.Handle(s.listGroups),
		"ListGroupsForUser":                  cloud.Handle(s.listGroupsForUser),
		"ListInstanceProfileTags":            cloud.Handle(s.listInstanceProfileTags),
		"ListInstanceProfiles":               cloud.Handle(s.listInstanceProfiles),
		"ListInstanceProfilesForRole":        cloud.Handle(s.listInstanceProfilesForRole),
		"ListPolicies":                       cloud.Handle(s.listPolicies),
		"ListPolicyTags":                     cloud.Handle(s.listPolicyTags),
		"ListPolicyVersions":                 cloud.Handle(s.listPolicyVersions),
		"ListRoles":                          cloud.Handle(s.listRoles),
		"ListServiceSpecificCredentials":     cloud.Handle(s.listServiceCredentials),
		"ListUsers":                          cloud.Handle(s.listUsers),
		"RemoveRoleFromInstanceProfile":      cloud.Handle(s.removeRoleFromInstanceProfile),
		"RemoveUserFromGroup":                cloud.Handle(s.removeUserFromGroup),
		"ResetServiceSpecificCredential":     cloud.Handle(s.resetServiceCredential),
		"SetDefaultPolicyVersion":            cloud.Handle(s.setDefaultPolicyVersion),
		"SimulateCustomPolicy":               cloud.Handle(s.simulateCustomPolicy).Without("PolicySourceArn"),
		"SimulatePrincipalPolicy":            cloud.Handle(s.simulatePrincipalPolicy),
		"TagInstanceProfile":                 cloud.Handle(s.tagInstanceProfile),
		"TagPolicy":                          cloud.Handle(s.tagPolicy),
		"UntagInstanceProfile":               cloud.Handle(s.untagInstanceProfile),
		"UntagPolicy":                        cloud.Handle(s.untagPolicy),
		"UpdateAccessKey":                    cloud.Handle(s.updateKeyStatus),
		"UpdateAssumeRolePolicy":             cloud.Handle(s.updateAssumeRolePolicy),
		"UpdateGroup":                        cloud.Handle(s.updateGroupByCall),
		"UpdateRole":                         cloud.Handle(s.updateRole),
		"UpdateRoleDescription":              cloud.Handle(s.updateRoleDescription),
		"UpdateServiceSpecificCredential":    cloud.Handle(s.updateServiceCredential),
		"UpdateUser":                         cloud.Handle(s.updateUserByCall),
	}
	for _, k := range []*kind{roles, users, groups} {
		serve := func(action string, o cloud.Operation) { s.Operations[action] = o.Without(k.others()...) }
		serve("Delete"+k.name, cloud.Handle(s.deleteEntity(k)))
		serve("Put"+k.name+"Policy", cloud.Handle(s.putInline(k)))
		serve("Get"+k.name+"Policy", cloud.Handle(s.getInline(k)))
		serve("Delete"+k.name+"Policy", cloud.Handle(s.deleteInline(k)))
		serve("List"+k.name+"Policies", cloud.Handle(s.listInline(k)))
		serve("Attach"+k.name+"Policy", cloud.Handle(s.attachPolicy(k)))
		serve("Detach"+k.name+"Policy", cloud.Handle(s.detachPolicy(k)))
		serve("ListAttached"+k.name+"Policies", cloud.Handle(s.listAttached(k)))
		if k == groups {
			continue // which have neither boundary nor tags
		}
		serve("Put"+k.name+"PermissionsBoundary", cloud.Handle(s.putBoundary(k)))
		serve("Delete"+k.name+"PermissionsBoundary", cloud.Handle(s.deleteBoundary(k)))
		serve("Tag"+k.name, cloud.Handle(s.tagEntity(k)))
		serve("Untag"+k.name, cloud.Handle(s.untagEntity(k)))
		serve("List"+k.name+"Tags", cloud.Handle(s.listEntityTags(k)))
	}
	return s
}

// Protocols implements wire.Speaker.
func (*IAM) Protocols() wire.Protocols {
	return wire.Protocols{Query: &wire.Query{Namespace: "https://iam.amazonaws.com/doc/2010-05-08/"}}
}

// fault is an error of IAM's model. SDKs know it by its code in the query
// protocol; CloudTrail and state machines by the name of its shape.
func fault(status int, code, format string, args ...any) error {
	e := cloud.Errorf(status, code+"Exception", format, args...)
	e.QueryCode = code
	return e
}

// invalid refuses a parameter in IAM's words, which do not repeat the value.
func invalid(parameter, value, constraint string) error {
	if value == "" {
		constraint = "Member must not be null"
	}
	return cloud.Errorf(400, "ValidationError", "1 validation error detected: Value at '%s' failed to satisfy constraint: %s", parameter, constraint)
}
