package iam

// This file is users and groups.

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxGroups is how many groups a user may be in.
const maxGroups = 10

type createUserInput struct {
	UserName            string
	Path                string
	PermissionsBoundary string
	Tags                []tag
}

type userOutput struct {
	Path                string
	UserName            string
	UserId              string
	Arn                 string
	CreateDate          cloud.Time
	PermissionsBoundary *boundaryOutput `json:",omitempty"`
	Tags                []tag           `json:",omitempty"`
}

func (e *entity) user() userOutput {
	return userOutput{
		Path: e.path, UserName: e.name, UserId: e.id, Arn: e.arn, CreateDate: cloud.Time(e.created),
		PermissionsBoundary: boundaryOf(e), Tags: listOfTags(e.tags),
	}
}

func (s *IAM) createUser(_ context.Context, caller cloud.Caller, in createUserInput) (struct{ User userOutput }, error) {
	var out struct{ User userOutput }
	e, err := s.prepare(caller, "CreateUser", users, newEntityInput{in.Path, in.UserName, in.PermissionsBoundary, in.Tags})
	if err != nil {
		return out, err
	}
	err = s.create(e, in.PermissionsBoundary, func() { out.User = e.user() })
	return out, err
}

// withUser is with for what a user may do to himself without saying who he is.
func (s *IAM) withUser(caller cloud.Caller, action, name string, do func(*entity) error) error {
	if name == "" {
		s.mu.RLock()
		who := s.principal(caller)
		if who != nil && who.kind == users {
			name = who.name
		}
		s.mu.RUnlock()
		if name == "" {
			return cloud.Errorf(400, "ValidationError", "Must specify userName when calling with non-User credentials")
		}
	}
	return s.with(caller, action, users, name, do)
}

func (s *IAM) getUser(_ context.Context, caller cloud.Caller, in nameOf) (struct{ User userOutput }, error) {
	var out struct{ User userOutput }
	err := s.withUser(caller, "GetUser", in.UserName, func(e *entity) error {
		out.User = e.user()
		return nil
	})
	return out, err
}

type listUsersOutput struct {
	Users []userOutput
	page
}

func (s *IAM) listUsers(_ context.Context, caller cloud.Caller, in listInput) (listUsersOutput, error) {
	found, next, err := s.list(caller, users, in)
	return listUsersOutput{listedUsers(found), next}, err
}

func listedUsers(found []*entity) []userOutput {
	var list []userOutput
	for _, e := range found {
		user := e.user()
		user.Tags, user.PermissionsBoundary = nil, nil // which lists do not have
		list = append(list, user)
	}
	return list
}

type createGroupInput struct{ GroupName, Path string }

type groupOutput struct {
	Path       string
	GroupName  string
	GroupId    string
	Arn        string
	CreateDate cloud.Time
}

func (e *entity) group() groupOutput {
	return groupOutput{e.path, e.name, e.id, e.arn, cloud.Time(e.created)}
}

func (s *IAM) createGroup(_ context.Context, caller cloud.Caller, in createGroupInput) (struct{ Group groupOutput }, error) {
	var out struct{ Group groupOutput }
	e, err := s.prepare(caller, "CreateGroup", groups, newEntityInput{path: in.Path, name: in.GroupName})
	if err != nil {
		return out, err
	}
	err = s.create(e, "", func() { out.Group = e.group() })
	return out, err
}

type getGroupInput struct {
	GroupName string
	paging
}

type getGroupOutput struct {
	Group groupOutput
	Users []userOutput
	page
}

func (s *IAM) getGroup(_ context.Context, caller cloud.Caller, in getGroupInput) (getGroupOutput, error) {
	var out getGroupOutput
	err := s.with(caller, "GetGroup", groups, in.GroupName, func(e *entity) error {
		members, next, err := cut(in.paging, s.members(e), func(user *entity) string { return user.name })
		out = getGroupOutput{e.group(), listedUsers(members), next}
		return err
	})
	return out, err
}

type listGroupsOutput struct {
	Groups []groupOutput
	page
}

func listedGroups(found []*entity, next page) listGroupsOutput {
	out := listGroupsOutput{page: next}
	for _, e := range found {
		out.Groups = append(out.Groups, e.group())
	}
	return out
}

func (s *IAM) listGroups(_ context.Context, caller cloud.Caller, in listInput) (listGroupsOutput, error) {
	found, next, err := s.list(caller, groups, in)
	return listedGroups(found, next), err
}

type listGroupsForUserInput struct {
	UserName string
	paging
}

func (s *IAM) listGroupsForUser(_ context.Context, caller cloud.Caller, in listGroupsForUserInput) (listGroupsOutput, error) {
	var out listGroupsOutput
	err := s.with(caller, "ListGroupsForUser", users, in.UserName, func(e *entity) error {
		var found []*entity
		for _, group := range e.memberOf {
			found = append(found, group)
		}
		found, next, err := cut(in.paging, found, func(group *entity) string { return group.name })
		out = listedGroups(found, next)
		return err
	})
	return out, err
}

type membership struct{ GroupName, UserName string }

func (s *IAM) addUserToGroup(_ context.Context, caller cloud.Caller, in membership) (none, error) {
	return none{}, s.withMember(caller, "AddUserToGroup", in, s.join)
}

// join puts a user, who may be in it already, into a group. The lock is held.
func (s *IAM) join(group, user *entity) error {
	if user.memberOf[group.arn] == nil && len(user.memberOf) >= maxGroups {
		return fault(409, "LimitExceeded", "Cannot exceed quota for GroupsPerUser: %d", maxGroups)
	}
	user.memberOf[group.arn] = group
	return nil
}

func (s *IAM) removeUserFromGroup(_ context.Context, caller cloud.Caller, in membership) (none, error) {
	return none{}, s.withMember(caller, "RemoveUserFromGroup", in, func(group, user *entity) error {
		delete(user.memberOf, group.arn)
		return nil
	})
}

func (s *IAM) withMember(caller cloud.Caller, action string, in membership, do func(group, user *entity) error) error {
	if err := checkName("userName", in.UserName, users.longest); err != nil {
		return err
	}
	return s.with(caller, action, groups, in.GroupName, func(group *entity) error {
		user, err := s.find(users, in.UserName)
		if err != nil {
			return err
		}
		return do(group, user)
	})
}
