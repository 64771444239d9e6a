package iam

// This file tells what a policy could allow at all. It looks for a call that
// proves it, which the evaluation of calls then judges.

import (
	"encoding/json"
	"slices"
	"strings"
)

// Access is what a policy is asked about: actions on resources, both with the
// wildcards that policies have ("s3:Delete*", "arn:aws:s3:::orders/*").
type Access struct {
	Actions   []string // Default: any.
	Resources []string // Default: any.
}

// Grant is a statement of a policy that could allow an access.
type Grant struct {
	Statement int    // from 0
	Sid       string // may be empty

	// A call that it would allow. Both are empty if there may be one, and too
	// many would have to be tried to find it.
	Action, Resource string
}

// Grants returns the statements of an identity policy that could allow any of
// the actions on any of the resources. A Deny counts; but where policies depend on
// the call, Grants errs on the side of what is allowed: conditions of an Allow hold
// and those of a Deny do not, and a variable has whatever value is wanted.
// A document that IAM would not take is an error.
func Grants(document json.RawMessage, access Access) ([]Grant, error) {
	d, err := readIdentity(string(document))
	if err != nil {
		return nil, err
	}
	p, err := d.compiled(string(document))
	if err != nil {
		return nil, err
	}
	q := question{policy: p.policy.generous(), effort: maxEffort}
	var grants []Grant
	for i := range q.policy {
		if !q.policy[i].deny {
			if action, resource, ok := q.allows(i, access); ok {
				grants = append(grants, Grant{i, d.Statement[i].Sid, action, resource})
			}
		}
	}
	return grants, nil
}

// generous is the policy as it allows most.
func (p policy) generous() policy {
	most := slices.Clone(p)
	for i := range most {
		s := &most[i]
		named := len(s.resources) + len(s.notResources)
		s.resources, s.notResources = filled(s.resources, !s.deny), filled(s.notResources, s.deny)
		if s.deny && (len(s.conditions) > 0 || named > 0 && len(s.resources)+len(s.notResources) == 0) {
			s.actions, s.notActions = nil, nil // it speaks about nothing
		}
		s.conditions = nil
	}
	return most
}

// filled gives the variables of patterns whatever value makes them match, or
// drops those patterns.
func filled(patterns []pattern, matching bool) []pattern {
	var all []pattern
	for _, p := range patterns {
		switch {
		case !p.variables:
			all = append(all, p)
		case matching:
			all = append(all, pattern{text: anyValue(p.text)})
		}
	}
	return all
}

// anyValue puts a wildcard in place of each variable.
func anyValue(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteByte('*')
		_, text, _ = strings.Cut(after, "}")
	}
}

// question is a search in a generous policy.
type question struct {
	policy policy
	effort int // that is left
}

// calls are the calls whose action and resource are in two sets.
type calls struct{ actions, resources set }

// allows looks for a call of the access that the statement allows.
func (q *question) allows(statement int, access Access) (action, resource string, ok bool) {
	s := &q.policy[statement]
	actions := q.narrow(texts(access.Actions, strings.ToLower), set{in: []string{"?*:?*"}}.each(s.actions, s.notActions))
	resources := q.narrow(texts(access.Resources, nil), set{in: []string{"?*"}}.each(textsOf(s.resources), textsOf(s.notResources)))
	for _, a := range actions {
		for _, r := range resources {
			if action, resource, ok = q.proof(calls{a, r}); ok {
				return action, resource, true
			}
		}
	}
	return "", "", false
}

// narrow returns the sets of what is in one of the sets and matches one of the
// patterns, as far as there is anything.
func (q *question) narrow(patterns []string, sets []set) []set {
	var narrowed []set
	for _, s := range sets {
		for _, p := range patterns {
			n := s.within(p)
			if _, found := q.member(n); found {
				narrowed = append(narrowed, n)
			}
		}
	}
	return narrowed
}

// proof looks for a call that no Deny speaks about. One that is found is judged
// as any call; a Deny that it meets is kept clear of, by action or by resource.
func (q *question) proof(c calls) (action, resource string, ok bool) {
	action, found := q.member(c.actions)
	if !found {
		return "", "", false
	}
	resource, found = q.member(c.resources)
	if !found {
		return "", "", false
	}
	if q.effort <= 0 {
		return "", "", true
	}
	r := &request{action: action, lower: action, resource: resource}
	i := slices.IndexFunc(q.policy, func(s statement) bool { return s.deny && s.matches(r) })
	if i < 0 {
		return action, resource, q.policy.decide(r, nil) == allowed
	}
	deny := &q.policy[i]
	for _, actions := range c.actions.clearOf(deny.actions, deny.notActions) {
		if action, resource, ok = q.proof(calls{actions, c.resources}); ok {
			return action, resource, true
		}
	}
	for _, resources := range c.resources.clearOf(textsOf(deny.resources), textsOf(deny.notResources)) {
		if action, resource, ok = q.proof(calls{c.actions, resources}); ok {
			return action, resource, true
		}
	}
	return "", "", false
}

// texts are the patterns that were asked about, or one that everything matches.
func texts(patterns []string, as func(string) string) []string {
	if len(patterns) == 0 {
		return []string{"*"}
	}
	list := slices.Clone(patterns)
	for i := range list {
		if as != nil {
			list[i] = as(list[i])
		}
	}
	return list
}

func textsOf(patterns []pattern) []string {
	list := make([]string, len(patterns))
	for i, p := range patterns {
		list[i] = p.text
	}
	return list
}
