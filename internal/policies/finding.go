package policies

// This file finds what a document grants.

import (
	"encoding/json"
	"slices"
	"strings"
)

// Finding is a statement that grants some of the actions that were asked about.
type Finding struct {
	Statement int       // its number in the document, from 1
	Sid       string    // may be empty
	Grants    []Pattern // those of the list that it grants, wholly or in part

	// Of each pair one is not nil. Action has only what grants them.
	Action, NotAction     []string
	Resource, NotResource []string

	Condition json.RawMessage // under which it does; nil if always
}

// Grants finds the statements by which a document grants actions of a list.
//
// A Deny is no finding. An action that a statement allows is not granted, as IAM
// has it, if another statement of the document denies it without a condition and
// on every resource ("*"). With wildcards on either side only a Deny counts
// which by itself covers all that the two have in common.
func (d *Document) Grants(restricted []Pattern) []Finding {
	var denied []*Statement
	for i := range d.Statements {
		if d.Statements[i].deniesAlways() {
			denied = append(denied, &d.Statements[i])
		}
	}
	var findings []Finding
	for i := range d.Statements {
		s := &d.Statements[i]
		if !s.Allow {
			continue
		}
		f := Finding{
			Statement: i + 1, Sid: s.Sid, NotAction: s.NotAction,
			Resource: s.Resource, NotResource: s.NotResource, Condition: s.Condition,
		}
		for _, r := range restricted {
			if by, ok := s.grants(r, denied); ok {
				f.Grants = append(f.Grants, r)
				f.Action = append(f.Action, by...)
			}
		}
		if len(f.Grants) > 0 {
			slices.Sort(f.Action)
			f.Action = slices.Compact(f.Action)
			findings = append(findings, f)
		}
	}
	return findings
}

// grants tells whether the statement allows something of r that none of the
// statements deny, and by which of its actions.
func (s *Statement) grants(r Pattern, denied []*Statement) (by []string, ok bool) {
	allowed := func(a Pattern) bool {
		return !slices.ContainsFunc(denied, func(d *Statement) bool { return d.denies(r, a) })
	}
	if s.notAction != nil {
		return nil, !covered(s.notAction, r) && allowed("*")
	}
	for i, a := range s.action {
		if a.overlaps(r) && allowed(a) {
			by = append(by, s.Action[i])
		}
	}
	return by, len(by) > 0
}

// covered tells whether one of a list's patterns covers r.
func covered(list []Pattern, r Pattern) bool {
	return slices.ContainsFunc(list, func(p Pattern) bool { return p.covers(r) })
}

// deniesAlways tells whether the statement denies its actions whatever the
// request is.
func (s *Statement) deniesAlways() bool {
	everything := func(resource string) bool { return resource != "" && strings.Trim(resource, "*") == "" }
	return s.Deny && !s.Allow && s.Condition == nil && slices.ContainsFunc(s.Resource, everything)
}

// denies tells whether a statement that deniesAlways denies all that r and a
// have in common.
func (s *Statement) denies(r, a Pattern) bool {
	if s.notAction != nil { // all others are denied
		return !slices.ContainsFunc(s.notAction, func(n Pattern) bool { return n.overlaps(r) && n.overlaps(a) })
	}
	return covered(s.action, r) || covered(s.action, a)
}
