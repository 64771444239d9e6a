package iam

// This file gives users and groups another name or path, which is another ARN.

import (
	"context"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type updateUserInput struct {
	UserName    string
	NewPath     string
	NewUserName string
}

func (s *IAM) updateUserByCall(_ context.Context, caller cloud.Caller, in updateUserInput) (none, error) {
	return none{}, s.rename(caller, "UpdateUser", users, in.UserName, in.NewPath, in.NewUserName)
}

type updateGroupInput struct {
	GroupName    string
	NewPath      string
	NewGroupName string
}

func (s *IAM) updateGroupByCall(_ context.Context, caller cloud.Caller, in updateGroupInput) (none, error) {
	return none{}, s.rename(caller, "UpdateGroup", groups, in.GroupName, in.NewPath, in.NewGroupName)
}

// rename asks for the permission on what there is, and on what comes of it.
func (s *IAM) rename(caller cloud.Caller, action string, k *kind, name, path, newName string) error {
	if err := checkPath(path); err != nil {
		return err
	}
	if newName != "" {
		if err := checkName("new"+k.name+"Name", newName, k.longest); err != nil {
			return err
		}
	}
	return s.with(caller, action, k, name, func(e *entity) error {
		if path == "" {
			path = e.path
		}
		if newName == "" {
			newName = e.name
		}
		if err := s.authorize(caller, "iam:"+action, s.arn(k.word(), path, newName)); err != nil {
			return err
		}
		if other := s.names[entityName{k, strings.ToLower(newName)}]; other != nil && other != e {
			return fault(409, "EntityAlreadyExists", "%s with name %s already exists.", k.name, newName)
		}
		s.move(e, path, newName)
		return nil
	})
}

// move gives an entity another path and name, and with them another ARN. The lock
// is held.
func (s *IAM) move(e *entity, path, name string) {
	was := e.arn
	delete(s.entities, was)
	delete(s.names, entityName{e.kind, strings.ToLower(e.name)})
	e.path, e.name, e.arn = orSlash(path), name, s.arn(e.kind.word(), path, name)
	s.entities[e.arn], s.names[entityName{e.kind, strings.ToLower(name)}] = e, e
	for key, known := range s.sessions {
		if known.caller.ARN == was {
			known.caller.ARN = e.arn
			s.sessions[key] = known
		}
	}
	for _, other := range s.entities {
		if other.memberOf[was] == e {
			delete(other.memberOf, was)
			other.memberOf[e.arn] = e
		}
	}
}
