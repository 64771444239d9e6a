package iam

// This file is instance profiles: what gives EC2's instances a role. Nothing on an
// instance of the engine uses it.

import (
	"context"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	maxProfiles    = 1000
	maxProfileName = 128
)

// profile has one role at most. IAM's lock guards it.
type profile struct {
	name, path, arn, id string
	created             time.Time
	role                *entity // nil for none
	tags                map[string]string
}

// hasProfile tells whether a role is in an instance profile.
func (s *IAM) hasProfile(role *entity) bool {
	for _, p := range s.profiles {
		if p.role == role {
			return true
		}
	}
	return false
}

type profileOutput struct {
	Path                string
	InstanceProfileName string
	InstanceProfileId   string
	Arn                 string
	CreateDate          cloud.Time
	Roles               []roleOutput
	Tags                []tag `json:",omitempty"`
}

func (p *profile) listed() profileOutput {
	out := profileOutput{Path: p.path, InstanceProfileName: p.name, InstanceProfileId: p.id, Arn: p.arn, CreateDate: cloud.Time(p.created), Roles: []roleOutput{}}
	if p.role != nil {
		role := p.role.role()
		role.Tags, role.PermissionsBoundary, role.MaxSessionDuration = nil, nil, 0
		out.Roles = append(out.Roles, role)
	}
	return out
}

type profileName struct{ InstanceProfileName string }

type createProfileInput struct {
	profileName
	Path string
	Tags []tag
}

type profileAnswer struct{ InstanceProfile profileOutput }

func (s *IAM) createInstanceProfile(_ context.Context, caller cloud.Caller, in createProfileInput) (profileAnswer, error) {
	if err := checkName("instanceProfileName", in.InstanceProfileName, maxProfileName); err != nil {
		return profileAnswer{}, err
	}
	if err := checkPath(in.Path); err != nil {
		return profileAnswer{}, err
	}
	if err := s.cloud.Authorize(caller, "iam:CreateInstanceProfile", s.arn("instance-profile", in.Path, in.InstanceProfileName)); err != nil {
		return profileAnswer{}, err
	}
	tags, err := newTags(nil, in.Tags)
	if err != nil {
		return profileAnswer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.addProfile(in.InstanceProfileName, in.Path, tags)
	if err != nil {
		return profileAnswer{}, err
	}
	out := profileAnswer{p.listed()}
	out.InstanceProfile.Tags = listOfTags(tags)
	return out, nil
}

// addProfile makes a profile known. The lock is held.
func (s *IAM) addProfile(name, path string, tags map[string]string) (*profile, error) {
	key := strings.ToLower(name)
	switch {
	case s.profiles[key] != nil:
		return nil, fault(409, "EntityAlreadyExists", "Instance Profile %s already exists.", name)
	case len(s.profiles) >= maxProfiles:
		return nil, fault(409, "LimitExceeded", "Cannot exceed quota for InstanceProfilesPerAccount: %d", maxProfiles)
	}
	if tags == nil {
		tags = map[string]string{}
	}
	s.profiles[key] = &profile{name: name, path: orSlash(path), arn: s.arn("instance-profile", path, name), id: newID("AIPA"), created: time.Now(), tags: tags}
	return s.profiles[key], nil
}

// withProfile runs do on an instance profile, under the lock, if the caller may do
// that to it.
func (s *IAM) withProfile(caller cloud.Caller, action, name string, do func(*profile) error) error {
	if err := checkName("instanceProfileName", name, maxProfileName); err != nil {
		return err
	}
	if err := s.cloud.Authorize(caller, "iam:"+action, s.arnOfProfile(name)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.profiles[strings.ToLower(name)]
	if p == nil {
		return fault(404, "NoSuchEntity", "Instance Profile %s cannot be found.", name)
	}
	return do(p)
}

func (s *IAM) arnOfProfile(name string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if p := s.profiles[strings.ToLower(name)]; p != nil {
		return p.arn
	}
	return s.arn("instance-profile", "/", name)
}

func (s *IAM) getInstanceProfile(_ context.Context, caller cloud.Caller, in profileName) (profileAnswer, error) {
	var out profileAnswer
	err := s.withProfile(caller, "GetInstanceProfile", in.InstanceProfileName, func(p *profile) error {
		out.InstanceProfile = p.listed()
		out.InstanceProfile.Tags = listOfTags(p.tags)
		return nil
	})
	return out, err
}

func (s *IAM) deleteInstanceProfile(_ context.Context, caller cloud.Caller, in profileName) (none, error) {
	return none{}, s.withProfile(caller, "DeleteInstanceProfile", in.InstanceProfileName, func(p *profile) error {
		if p.role != nil {
			return fault(409, "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
		}
		delete(s.profiles, strings.ToLower(p.name))
		return nil
	})
}

type profileRole struct {
	profileName
	RoleName string
}

// addRoleToInstanceProfile needs iam:PassRole for the role, too.
func (s *IAM) addRoleToInstanceProfile(_ context.Context, caller cloud.Caller, in profileRole) (none, error) {
	if err := checkName("roleName", in.RoleName, roles.longest); err != nil {
		return none{}, err
	}
	if err := s.cloud.Authorize(caller, "iam:AddRoleToInstanceProfile", s.arnOfProfile(in.InstanceProfileName)); err != nil {
		return none{}, err
	}
	if err := s.cloud.MayPass(caller, s.arnOf(roles, in.RoleName), "ec2.amazonaws.com"); err != nil {
		return none{}, err
	}
	return none{}, s.withProfile(caller, "AddRoleToInstanceProfile", in.InstanceProfileName, func(p *profile) error {
		role, err := s.find(roles, in.RoleName)
		switch {
		case err != nil:
			return err
		case p.role != nil:
			return fault(409, "LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
		}
		p.role = role
		return nil
	})
}

func (s *IAM) removeRoleFromInstanceProfile(_ context.Context, caller cloud.Caller, in profileRole) (none, error) {
	return none{}, s.withProfile(caller, "RemoveRoleFromInstanceProfile", in.InstanceProfileName, func(p *profile) error {
		if p.role == nil || !strings.EqualFold(p.role.name, in.RoleName) {
			return fault(404, "NoSuchEntity", "The role with name %s cannot be found.", in.RoleName)
		}
		p.role = nil
		return nil
	})
}

type listProfilesOutput struct {
	InstanceProfiles []profileOutput
	page
}

func (s *IAM) listInstanceProfiles(_ context.Context, caller cloud.Caller, in listInput) (listProfilesOutput, error) {
	if err := s.cloud.Authorize(caller, "iam:ListInstanceProfiles", s.arn("instance-profile", in.PathPrefix, "")); err != nil {
		return listProfilesOutput{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.listProfiles(in.paging, func(p *profile) bool { return strings.HasPrefix(p.path, in.PathPrefix) })
}

func (s *IAM) listProfiles(in paging, chooses func(*profile) bool) (listProfilesOutput, error) {
	out := listProfilesOutput{InstanceProfiles: []profileOutput{}}
	for _, p := range s.profiles {
		if chooses(p) {
			out.InstanceProfiles = append(out.InstanceProfiles, p.listed())
		}
	}
	var err error
	out.InstanceProfiles, out.page, err = cut(in, out.InstanceProfiles, func(p profileOutput) string { return p.InstanceProfileName })
	return out, err
}

func (s *IAM) listInstanceProfilesForRole(_ context.Context, caller cloud.Caller, in struct {
	RoleName string
	paging
}) (listProfilesOutput, error) {
	var out listProfilesOutput
	err := s.with(caller, "ListInstanceProfilesForRole", roles, in.RoleName, func(e *entity) (err error) {
		out, err = s.listProfiles(in.paging, func(p *profile) bool { return p.role == e })
		return err
	})
	return out, err
}

func (s *IAM) tagInstanceProfile(_ context.Context, caller cloud.Caller, in struct {
	profileName
	Tags []tag
}) (none, error) {
	return none{}, s.withProfile(caller, "TagInstanceProfile", in.InstanceProfileName, func(p *profile) error {
		tags, err := newTags(p.tags, in.Tags)
		if err == nil {
			p.tags = tags
		}
		return err
	})
}

func (s *IAM) untagInstanceProfile(_ context.Context, caller cloud.Caller, in struct {
	profileName
	TagKeys []string
}) (none, error) {
	return none{}, s.withProfile(caller, "UntagInstanceProfile", in.InstanceProfileName, func(p *profile) error {
		for _, key := range in.TagKeys {
			delete(p.tags, key)
		}
		return nil
	})
}

func (s *IAM) listInstanceProfileTags(_ context.Context, caller cloud.Caller, in struct {
	profileName
	paging
}) (listTagsOutput, error) {
	var out listTagsOutput
	err := s.withProfile(caller, "ListInstanceProfileTags", in.InstanceProfileName, func(p *profile) (err error) {
		out.Tags, out.page, err = cut(in.paging, listOfTags(p.tags), func(t tag) string { return t.Key })
		return err
	})
	return out, err
}
