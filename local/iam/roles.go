package iam

// This file is what roles have to themselves: a trust policy, and how long a
// session lasts.

import (
	"context"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	maxTrust          = 2048 // characters of a trust policy without white space
	maxDescription    = 1000
	shortestSession   = time.Hour // that a role may have as its longest
	longestSession    = 12 * time.Hour
	longestOfChained  = time.Hour
	shortestRequested = 15 * time.Minute
)

type createRoleInput struct {
	RoleName                 string
	Path                     string
	AssumeRolePolicyDocument string
	Description              string
	MaxSessionDuration       *int
	PermissionsBoundary      string
	Tags                     []tag
}

type roleOutput struct {
	Path                     string
	RoleName                 string
	RoleId                   string
	Arn                      string
	CreateDate               cloud.Time
	AssumeRolePolicyDocument string          // as in a URL
	Description              string          `json:",omitempty"`
	MaxSessionDuration       int             `json:",omitempty"` // not of one that has just been made
	PermissionsBoundary      *boundaryOutput `json:",omitempty"`
	RoleLastUsed             *struct{}       `json:",omitempty"` // of a role that is asked for: nobody keeps account
	Tags                     []tag           `json:",omitempty"`
}

func (e *entity) role() roleOutput {
	return roleOutput{
		Path: e.path, RoleName: e.name, RoleId: e.id, Arn: e.arn, CreateDate: cloud.Time(e.created),
		AssumeRolePolicyDocument: inURL(e.trustText), Description: e.description, MaxSessionDuration: int(e.longest / time.Second),
		PermissionsBoundary: boundaryOf(e), Tags: listOfTags(e.tags),
	}
}

func (s *IAM) createRole(_ context.Context, caller cloud.Caller, in createRoleInput) (struct{ Role roleOutput }, error) {
	var out struct{ Role roleOutput }
	e, err := s.prepare(caller, "CreateRole", roles, newEntityInput{in.Path, in.RoleName, in.PermissionsBoundary, in.Tags})
	if err != nil {
		return out, err
	}
	if err := e.setTrust(in.AssumeRolePolicyDocument); err != nil {
		return out, err
	}
	if err := e.describe(&in.Description, in.MaxSessionDuration); err != nil {
		return out, err
	}
	err = s.create(e, in.PermissionsBoundary, func() { out.Role = e.role() })
	out.Role.MaxSessionDuration, out.Role.Description = 0, "" // which the answer does not have
	return out, err
}

func (e *entity) setTrust(text string) error {
	trust, err := compileTrust(text)
	if err != nil {
		return err
	}
	if size(text) > maxTrust {
		return fault(409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: %d", maxTrust)
	}
	e.trust, e.trustText = trust.policy, text
	return nil
}

// describe sets what is given.
func (e *entity) describe(description *string, seconds *int) error {
	if description != nil && len(*description) > maxDescription {
		return invalid("description", *description, "Member must have length less than or equal to "+itoa(maxDescription))
	}
	if seconds != nil {
		longest := time.Duration(*seconds) * time.Second
		if longest < shortestSession || longest > longestSession {
			return invalid("maxSessionDuration", itoa(*seconds), "Member must have value between 3600 and 43200")
		}
		e.longest = longest
	}
	if description != nil {
		e.description = *description
	}
	return nil
}

func (s *IAM) getRole(_ context.Context, caller cloud.Caller, in nameOf) (struct{ Role roleOutput }, error) {
	var out struct{ Role roleOutput }
	err := s.with(caller, "GetRole", roles, in.RoleName, func(e *entity) error {
		out.Role = e.role()
		out.Role.RoleLastUsed = &struct{}{}
		return nil
	})
	return out, err
}

func (s *IAM) updateAssumeRolePolicy(_ context.Context, caller cloud.Caller, in struct{ RoleName, PolicyDocument string }) (none, error) {
	return none{}, s.with(caller, "UpdateAssumeRolePolicy", roles, in.RoleName, func(e *entity) error {
		return e.setTrust(in.PolicyDocument)
	})
}

type updateRoleInput struct {
	RoleName           string
	Description        *string
	MaxSessionDuration *int
}

func (s *IAM) updateRole(_ context.Context, caller cloud.Caller, in updateRoleInput) (none, error) {
	return none{}, s.with(caller, "UpdateRole", roles, in.RoleName, func(e *entity) error {
		return e.describe(in.Description, in.MaxSessionDuration)
	})
}

func (s *IAM) updateRoleDescription(_ context.Context, caller cloud.Caller, in struct{ RoleName, Description string }) (struct{ Role roleOutput }, error) {
	var out struct{ Role roleOutput }
	err := s.with(caller, "UpdateRoleDescription", roles, in.RoleName, func(e *entity) error {
		err := e.describe(&in.Description, nil)
		out.Role = e.role()
		return err
	})
	return out, err
}

type listInput struct {
	PathPrefix string
	paging
}

// list returns a page of the entities of a kind below a path.
func (s *IAM) list(caller cloud.Caller, k *kind, in listInput) ([]*entity, page, error) {
	if err := s.cloud.Authorize(caller, "iam:List"+k.name+"s", s.arn(k.word(), in.PathPrefix, "")); err != nil {
		return nil, page{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []*entity
	for _, e := range s.all(k) {
		if strings.HasPrefix(e.path, in.PathPrefix) {
			found = append(found, e)
		}
	}
	return cut(in.paging, found, func(e *entity) string { return e.name })
}

func (s *IAM) listRoles(_ context.Context, caller cloud.Caller, in listInput) (struct {
	Roles []roleOutput
	page
}, error) {
	var out struct {
		Roles []roleOutput
		page
	}
	found, next, err := s.list(caller, roles, in)
	out.page = next
	for _, e := range found {
		role := e.role()
		role.Tags, role.PermissionsBoundary = nil, nil // which lists do not have
		out.Roles = append(out.Roles, role)
	}
	return out, err
}

// newEntityInput is what requests that create roles, users and groups have in common.
type newEntityInput struct {
	path, name, boundary string
	tags                 []tag
}

// prepare checks the request and the caller, and returns what create then makes
// known.
func (s *IAM) prepare(caller cloud.Caller, action string, k *kind, in newEntityInput) (*entity, error) {
	if err := checkName(k.parameter(), in.name, k.longest); err != nil {
		return nil, err
	}
	if err := checkPath(in.path); err != nil {
		return nil, err
	}
	if in.boundary != "" {
		caller = caller.With("iam:PermissionsBoundary", in.boundary)
	}
	e := s.newEntity(k, in.path, in.name)
	if err := s.cloud.Authorize(caller, "iam:"+action, e.arn); err != nil {
		return nil, err
	}
	var err error
	e.tags, err = newTags(nil, in.tags)
	return e, err
}

// create makes an entity known, within its boundary from the first moment on,
// and looks at it.
func (s *IAM) create(e *entity, boundary string, look func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if boundary != "" {
		if err := s.setBoundary(e, boundary); err != nil {
			return err
		}
	}
	if err := s.add(e); err != nil {
		e.bound(nil)
		return err
	}
	look()
	return nil
}
