package iam

// This file is what roles, users and groups have in common: a name, and
// policies.

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// kind is one of the three that policies belong to. Limits are those of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html,
// where AWS lets an account raise them the default.
type kind struct {
	name       string // "Role"
	id         string // what unique ids start with
	longest    int    // characters of a name
	quota      int    // of the account
	attachable int    // managed policies
	inline     int    // characters of all inline policies without white space
}

var (
	roles  = &kind{name: "Role", id: "AROA", longest: 64, quota: 1000, attachable: 10, inline: 10240}
	users  = &kind{name: "User", id: "AIDA", longest: 64, quota: 5000, attachable: 10, inline: 2048}
	groups = &kind{name: "Group", id: "AGPA", longest: 128, quota: 300, attachable: 10, inline: 5120}
)

// others are the members of inputs that name entities of the other kinds.
func (k *kind) others() []string {
	var names []string
	for _, other := range []*kind{roles, users, groups} {
		if other != k {
			names = append(names, other.name+"Name")
		}
	}
	return names
}

// word is the kind within a sentence or an ARN.
func (k *kind) word() string { return strings.ToLower(k.name) }

// parameter is the request's member that names one.
func (k *kind) parameter() string { return k.word() + "Name" }

// entity is a role, a user or a group. IAM's lock guards it.
type entity struct {
	kind    *kind
	arn     string
	name    string
	path    string
	id      string
	created time.Time

	inline   map[string]compiled       // by name
	attached map[string]*managedPolicy // by ARN
	boundary *managedPolicy            // nil for none; of roles and users
	tags     map[string]string

	trust       policy // of roles, and what follows
	trustText   string
	description string
	longest     time.Duration // of a session
	linked      bool          // the role of a service

	memberOf map[string]*entity // of users: groups, by ARN
	keys     []accessKey
	services []serviceCredential

	uses uses
}

type entityName struct {
	kind *kind
	name string // in lower case: names that differ by case only are the same
}

// decide evaluates the policies of a principal, and of the groups that it is in.
func (e *entity) decide(r *request) decision {
	if e == nil {
		return silent
	}
	result := silent
	for _, p := range e.inline {
		result = max(result, e.ask(p.policy, r))
	}
	for _, p := range e.attached {
		result = max(result, e.ask(p.current.policy, r))
	}
	for _, group := range e.memberOf {
		result = max(result, group.decide(r))
	}
	return result
}

// ask evaluates a policy that the entity has, and notes what of it allows the request.
func (e *entity) ask(p policy, r *request) decision {
	result := silent
	for i := range p {
		s := &p[i]
		if !s.matches(r) {
			continue
		}
		r.simulation.note(s)
		switch {
		case s.deny:
			return denied
		default:
			r.grants = append(r.grants, grant{e, s})
			result = allowed
		}
	}
	return result
}

// bounds evaluates the permissions boundary.
func (e *entity) bounds(r *request) decision {
	if e == nil || e.boundary == nil {
		return allowed
	}
	return e.boundary.current.decide(r, nil)
}

// nameOf holds what a request says that it is about: the member of the
// operation's kind.
type nameOf struct {
	RoleName  string `json:",omitempty"`
	UserName  string `json:",omitempty"`
	GroupName string `json:",omitempty"`
}

func (n nameOf) of(k *kind) string {
	switch k {
	case roles:
		return n.RoleName
	case users:
		return n.UserName
	}
	return n.GroupName
}

// plain is what names may be made of.
var plain = regexp.MustCompile(`^[\w+=,.@-]+$`)

func checkName(parameter, name string, longest int) error {
	switch {
	case name == "" || len(name) > longest && plain.MatchString(name):
		return invalid(parameter, name, "Member must have length less than or equal to "+itoa(longest))
	case !plain.MatchString(name):
		return cloud.Errorf(400, "ValidationError", "The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", parameter)
	}
	return nil
}

// onPath is what a path may be: it begins and ends with a slash.
var onPath = regexp.MustCompile(`^(/[\x21-\x7E]{0,510}/|/)$`)

func checkPath(path string) error {
	if path != "" && !onPath.MatchString(path) {
		return cloud.Errorf(400, "ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return nil
}

func (s *IAM) arn(resource, path, name string) string {
	if path == "" {
		path = "/"
	}
	return "arn:aws:iam::" + s.site.Account + ":" + resource + path + name
}

// find returns the entity that has the name.
func (s *IAM) find(k *kind, name string) (*entity, error) {
	if e := s.names[entityName{k, strings.ToLower(name)}]; e != nil {
		return e, nil
	}
	return nil, fault(404, "NoSuchEntity", "The %s with name %s cannot be found.", k.word(), name)
}

// arnOf is the ARN by which policies speak about an entity, which need not exist.
func (s *IAM) arnOf(k *kind, name string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if e, err := s.find(k, name); err == nil {
		return e.arn
	}
	return s.arn(k.word(), "/", name)
}

// with runs do on an entity, under the lock, if the caller may do that to it.
// Of do's error nothing must be left.
func (s *IAM) with(caller cloud.Caller, action string, k *kind, name string, do func(*entity) error) error {
	if err := checkName(k.parameter(), name, k.longest); err != nil {
		return err
	}
	if err := s.cloud.Authorize(caller, "iam:"+action, s.arnOf(k, name)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.find(k, name)
	if err != nil {
		return err
	}
	if err := e.unmodifiable(action); err != nil {
		return err
	}
	return do(e)
}

// bounded is the caller with the condition key of the boundary that an entity
// has, which policies may ask of those that change its permissions.
func (s *IAM) bounded(caller cloud.Caller, k *kind, name string) cloud.Caller {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if e, err := s.find(k, name); err == nil && e.boundary != nil {
		return caller.With("iam:PermissionsBoundary", e.boundary.arn)
	}
	return caller
}

// newEntity is an entity that add has not yet made known.
func (s *IAM) newEntity(k *kind, path, name string) *entity {
	return &entity{
		kind: k, arn: s.arn(k.word(), path, name), name: name, path: orSlash(path), id: newID(k.id), created: time.Now(),
		inline: map[string]compiled{}, attached: map[string]*managedPolicy{}, tags: map[string]string{}, memberOf: map[string]*entity{},
		longest: time.Hour,
	}
}

// add makes an entity known. The lock is held.
func (s *IAM) add(e *entity) error {
	key := entityName{e.kind, strings.ToLower(e.name)}
	if s.names[key] != nil {
		return fault(409, "EntityAlreadyExists", "%s with name %s already exists.", e.kind.name, e.name)
	}
	if s.counts[e.kind] >= e.kind.quota {
		return fault(409, "LimitExceeded", "Cannot exceed quota for %ssPerAccount: %d", e.kind.name, e.kind.quota)
	}
	s.entities[e.arn], s.names[key] = e, e
	s.counts[e.kind]++
	return nil
}

// remove forgets an entity, and whatever counts it.
func (s *IAM) remove(e *entity) {
	for arn := range e.attached {
		e.detach(arn)
	}
	e.bound(nil)
	delete(s.entities, e.arn)
	s.counts[e.kind]--
	delete(s.names, entityName{e.kind, strings.ToLower(e.name)})
}

// all returns the entities of a kind, by name.
func (s *IAM) all(k *kind) []*entity {
	var found []*entity
	for _, e := range s.entities {
		if e.kind == k {
			found = append(found, e)
		}
	}
	return sorted(found, func(e *entity) string { return e.name })
}

// members returns the users that are in a group, by name.
func (s *IAM) members(group *entity) []*entity {
	return slices.DeleteFunc(s.all(users), func(user *entity) bool { return user.memberOf[group.arn] == nil })
}

// deleteEntity makes the operation that deletes a kind.
func (s *IAM) deleteEntity(k *kind) func(context.Context, cloud.Caller, nameOf) (none, error) {
	return func(_ context.Context, caller cloud.Caller, in nameOf) (none, error) {
		return none{}, s.with(caller, "Delete"+k.name, k, in.of(k), func(e *entity) error {
			if err := s.removable(e); err != nil {
				return err
			}
			s.remove(e)
			return nil
		})
	}
}

// removable: nothing may hang on an entity that is deleted.
func (s *IAM) removable(e *entity) error {
	left := ""
	switch {
	case len(e.attached) > 0:
		left = "detach all policies"
	case len(e.inline) > 0:
		left = "delete policies"
	case e.kind == users && len(e.memberOf) > 0, e.kind == groups && len(s.members(e)) > 0:
		left = "remove users from group"
	case len(e.keys) > 0:
		left = "delete access keys"
	case len(e.services) > 0:
		left = "remove referenced objects"
	case s.hasProfile(e):
		left = "remove roles from instance profile"
	default:
		return nil
	}
	return fault(409, "DeleteConflict", "Cannot delete entity, must %s first.", left)
}
