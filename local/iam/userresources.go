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

func (s *IAM) newUser(_ context.Context, r cfn.Resource, p userProperties) (cfn.Handle, error) {
	e := s.newEntity(users, p.Path, cmp.Or(p.UserName, r.PhysicalName(users.longest)))
	var err error
	if e.tags, err = newTags(nil, p.Tags); err != nil {
		return cfn.Handle{}, err
	}
	remove, err := s.declare(e, permitted{p.Policies, p.ManagedPolicyArns, p.PermissionsBoundary})
	if err != nil {
		return cfn.Handle{}, err
	}
	leave, err := s.joinAll(p.Groups, []string{e.name})
	handle := cfn.Handle{Ref: e.name, Attributes: map[string]any{"Arn": e.arn}, Delete: func(ctx context.Context) error {
		leave()
		return remove(ctx)
	}}
	return handle, err
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

func (s *IAM) newAccessKey(ctx context.Context, _ cfn.Resource, p accessKeyProperties) (cfn.Handle, error) {
	if p.Status == "Inactive" {
		return cfn.Handle{}, &cfn.Unsupported{Property: "Status", Reason: "the local engine has active keys only"}
	}
	made, err := s.createAccessKey(ctx, s.site.Administrator(), nameOf{UserName: p.UserName})
	if err != nil {
		return cfn.Handle{}, err
	}
	name := accessKeyName{p.UserName, made.AccessKey.AccessKeyId}
	return cfn.Handle{
		Ref:        name.AccessKeyId,
		Attributes: map[string]any{"SecretAccessKey": made.AccessKey.SecretAccessKey},
		Delete: func(ctx context.Context) error {
			_, err := s.deleteAccessKey(ctx, s.site.Administrator(), name)
			return unlessGone(err)
		},
	}, nil
}
