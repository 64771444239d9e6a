package iam

// This file creates the users and groups of templates.

import (
	"cmp"
	"context"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

type userProperties struct {
	UserName            string
	Path                string
	Groups              []string
	Policies            []inlineProperty
	ManagedPolicyArns   []string
	PermissionsBoundary string
	Tags                []tag
}

func (p userProperties) permitted() permitted {
	return permitted{p.Policies, p.ManagedPolicyArns, p.PermissionsBoundary}
}

func (s *IAM) newUser(_ context.Context, r cfn.Resource, p userProperties) (cfn.Handle, error) {
	e := s.newEntity(users, p.Path, cmp.Or(p.UserName, r.PhysicalName(users.longest)))
	var err error
	if e.tags, err = newTags(nil, p.Tags); err != nil {
		return cfn.Handle{}, err
	}
	handle := cfn.Handle{Ref: e.name, Attributes: map[string]any{"Arn": e.arn}}
	if handle.Delete, err = s.declare(e, p.permitted()); err != nil {
		return cfn.Handle{}, err
	}
	return s.inGroups(handle, p.Groups)
}

func (s *IAM) updateUserResource(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after userProperties) (cfn.Handle, error) {
	h, err := s.redeclare(users, h, before.permitted(), after.permitted(), func(e *entity) (err error) {
		e.tags, err = otherTags(e.tags, before.Tags, after.Tags)
		s.move(e, after.Path, e.name)
		return err
	})
	if err != nil {
		return h, err
	}
	if h, err = s.inGroups(h, after.Groups); err == nil {
		s.leaveAll(before.Groups, []string{h.Ref}, membershipsOf(after.Groups, []string{h.Ref}))
	}
	return h, err
}

// inGroups puts the user that a handle is of into groups, which it leaves first
// when it is deleted.
func (s *IAM) inGroups(h cfn.Handle, groupNames []string) (cfn.Handle, error) {
	leave, err := s.joinAll(groupNames, []string{h.Ref})
	remove := h.Delete
	h.Delete = func(ctx context.Context) error {
		leave()
		return remove(ctx)
	}
	return h, err
}

type groupProperties struct {
	GroupName         string
	Path              string
	Policies          []inlineProperty
	ManagedPolicyArns []string
}

func (s *IAM) newGroup(_ context.Context, r cfn.Resource, p groupProperties) (cfn.Handle, error) {
	e := s.newEntity(groups, p.Path, cmp.Or(p.GroupName, r.PhysicalName(groups.longest)))
	remove, err := s.declare(e, permitted{p.Policies, p.ManagedPolicyArns, ""})
	if err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: e.name, Attributes: map[string]any{"Arn": e.arn}, Delete: remove}, nil
}

func (s *IAM) updateGroupResource(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after groupProperties) (cfn.Handle, error) {
	return s.redeclare(groups, h, permitted{before.Policies, before.ManagedPolicyArns, ""}, permitted{after.Policies, after.ManagedPolicyArns, ""}, func(e *entity) error {
		s.move(e, after.Path, e.name)
		return nil
	})
}

type membershipProperties struct {
	GroupName string
	Users     []string
}

func (s *IAM) newMembership(_ context.Context, r cfn.Resource, p membershipProperties) (cfn.Handle, error) {
	leave, err := s.joinAll([]string{p.GroupName}, p.Users)
	return cfn.Handle{Ref: r.PhysicalName(128), Attributes: map[string]any{"Id": r.PhysicalName(128)}, Delete: func(context.Context) error {
		leave()
		return nil
	}}, err
}

func (s *IAM) updateMembership(ctx context.Context, r cfn.Resource, _ cfn.Handle, before, after membershipProperties) (cfn.Handle, error) {
	h, err := s.newMembership(ctx, r, after)
	if err == nil {
		s.leaveAll([]string{before.GroupName}, before.Users, membershipsOf([]string{after.GroupName}, after.Users))
	}
	return h, err
}

// membershipsOf are all pairs of a group and a user.
func membershipsOf(groupNames, userNames []string) map[membership]bool {
	all := map[membership]bool{}
	for _, group := range groupNames {
		for _, user := range userNames {
			all[membership{GroupName: group, UserName: user}] = true
		}
	}
	return all
}

// leaveAll takes users out of groups, but for some memberships.
func (s *IAM) leaveAll(groupNames, userNames []string, but map[membership]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for m := range membershipsOf(groupNames, userNames) {
		group, groupErr := s.find(groups, m.GroupName)
		user, userErr := s.find(users, m.UserName)
		if !but[m] && groupErr == nil && userErr == nil {
			delete(user.memberOf, group.arn)
		}
	}
}

// joinAll puts users into groups until one cannot be, and returns what takes
// them out of them.
func (s *IAM) joinAll(groupNames, userNames []string) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	joined := map[*entity][]*entity{} // groups by user
	leave = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for user, left := range joined {
			for _, group := range left {
				delete(user.memberOf, group.arn)
			}
		}
	}
	for _, groupName := range groupNames {
		for _, userName := range userNames {
			group, groupErr := s.find(groups, groupName)
			user, userErr := s.find(users, userName)
			if err := cmp.Or(groupErr, userErr); err != nil {
				return leave, err
			}
			if err := s.join(group, user); err != nil {
				return leave, err
			}
			joined[user] = append(joined[user], group)
		}
	}
	return leave, nil
}

type accessKeyProperties struct {
	UserName string
	Status   string
	Serial   cfn.Ignored // which makes CloudFormation replace the key
}

func (s *IAM) updateAccessKey(ctx context.Context, _ cfn.Resource, h cfn.Handle, _, after accessKeyProperties) (cfn.Handle, error) {
	_, err := s.updateKeyStatus(ctx, s.site.Administrator(), keyStatus{after.UserName, h.Ref, cmp.Or(after.Status, active)})
	return h, err
}

func (s *IAM) newAccessKey(ctx context.Context, r cfn.Resource, p accessKeyProperties) (cfn.Handle, error) {
	made, err := s.createAccessKey(ctx, s.site.Administrator(), nameOf{UserName: p.UserName})
	if err != nil {
		return cfn.Handle{}, err
	}
	name := accessKeyName{p.UserName, made.AccessKey.AccessKeyId}
	handle := cfn.Handle{
		Ref:        name.AccessKeyId,
		Attributes: map[string]any{"SecretAccessKey": made.AccessKey.SecretAccessKey},
		Delete: func(ctx context.Context) error {
			_, err := s.deleteAccessKey(ctx, s.site.Administrator(), name)
			return unlessGone(err)
		},
	}
	return s.updateAccessKey(ctx, r, handle, p, p)
}
