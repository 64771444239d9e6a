// This file evaluates the statements of a policy.

package iam

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// policy is a document that has been compiled.
type policy []statement

// ResourcePolicy implements cloud.ResourcePolicy.
func (policy) ResourcePolicy() {}

type statement struct {
	deny         bool
	principal    principals
	actions      []string // patterns in lower case
	notActions   []string
	resources    []pattern
	notResources []pattern
	conditions   []condition
}

// request is one question to a policy.
type request struct {
	caller   cloud.Caller
	site     cloud.Site
	action   string
	lower    string // the action in lower case
	resource string

	grants []grant // the statements of identity policies that allow it

	// simulation, unless nil, says that this is no call, but one of the simulator.
	simulation *simulation

	one [1]string // what values returns
}

// values returns a condition key's values; key is in lower case. Only the
// simulator has keys of several.
func (r *request) values(key string) ([]string, bool) {
	if r.simulation != nil {
		if given, ok := r.simulation.context[key]; ok {
			return given, len(given) > 0
		}
	}
	value, ok := r.value(key)
	r.one[0] = value
	return r.one[:], ok
}

// value returns the value of a condition key that has one; key is in lower case.
func (r *request) value(key string) (string, bool) {
	if r.simulation != nil {
		return r.simulation.value(r, key)
	}
	if value, ok := r.ofCaller(key); ok {
		return value, true
	}
	switch key {
	case "aws:resourceaccount": // there is but one
		return r.site.Account, true
	case "s3:resourceaccount":
		return r.site.Account, strings.HasPrefix(r.lower, "s3:")
	case "aws:requestedregion":
		return r.site.Region, true
	case "aws:securetransport":
		return "true", true // loopback stands for TLS
	}
	if value, ok := r.ofTime(key); ok {
		return value, true
	}
	for name, value := range r.caller.Context {
		if strings.EqualFold(name, key) {
			return value, true
		}
	}
	return "", false
}

// ofCaller returns the value of the condition keys of who calls.
func (r *request) ofCaller(key string) (string, bool) {
	switch key {
	case "aws:principalaccount":
		return r.site.Account, true
	case "aws:principalarn":
		if r.caller.Role != "" {
			return r.caller.Role, true
		}
		return r.caller.ARN, true
	case "aws:userid":
		return r.caller.ID, r.caller.ID != ""
	case "aws:username":
		name, ok := strings.CutPrefix(r.caller.ARN, "arn:aws:iam::"+r.site.Account+":user/")
		return name[strings.LastIndex(name, "/")+1:], ok
	}
	return "", false
}

// ofTime returns the value of the condition keys of the time of the request.
func (r *request) ofTime(key string) (string, bool) {
	switch key {
	case "aws:currenttime":
		return time.Now().UTC().Format(time.RFC3339), true
	case "aws:epochtime":
		return strconv.FormatInt(time.Now().Unix(), 10), true
	}
	return "", false
}

// decide asks every statement; speaksAbout, unless nil, filters by principal.
func (p policy) decide(r *request, speaksAbout func(*principals) bool) decision {
	result := silent
	for i := range p {
		s := &p[i]
		if (speaksAbout != nil && !speaksAbout(&s.principal)) || !s.matches(r) {
			continue
		}
		r.simulation.note(s)
		if s.deny {
			return denied
		}
		result = allowed
	}
	return result
}

// matches tells whether the statement speaks about the request. Principals are
// the concern of resource and trust policies only.
func (s *statement) matches(r *request) bool {
	if !s.matchesAction(r.lower) || !s.matchesResource(r) {
		return false
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(r) {
			return false
		}
	}
	return true
}

func (s *statement) matchesAction(action string) bool {
	match := func(pattern string) bool { return wildcard(pattern, action) }
	if len(s.notActions) > 0 {
		return !slices.ContainsFunc(s.notActions, match)
	}
	return slices.ContainsFunc(s.actions, match)
}

func (s *statement) matchesResource(r *request) bool {
	match := func(p pattern) bool {
		text, ok := p.in(r)
		return ok && wildcard(text, r.resource)
	}
	switch {
	case len(s.notResources) > 0:
		return !slices.ContainsFunc(s.notResources, match)
	case len(s.resources) > 0:
		return slices.ContainsFunc(s.resources, match)
	default: // a trust policy has none
		return true
	}
}

// in replaces the pattern's variables, ${aws:PrincipalArn} or, with a default,
// ${aws:username, 'nobody'}. A pattern that needs a value which the request
// does not have matches nothing.
func (p pattern) in(r *request) (text string, ok bool) {
	if !p.variables {
		return p.text, true
	}
	var b strings.Builder
	rest := p.text
	for {
		before, after, found := strings.Cut(rest, "${")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		var variable string
		variable, rest, _ = strings.Cut(after, "}")
		name, fallback, hasDefault := strings.Cut(variable, ",")
		value, ok := r.value(strings.ToLower(strings.TrimSpace(name)))
		if !ok && !hasDefault {
			return "", false
		}
		if !ok {
			value = strings.Trim(strings.TrimSpace(fallback), "'")
		}
		b.WriteString(value)
	}
}

// principals is "*", or lists by kind: {"Service": [...], "AWS": [...]}.
type principals struct {
	any    bool
	byKind map[string]list[string]
}

func (p *principals) UnmarshalJSON(raw []byte) error {
	var star string
	if json.Unmarshal(raw, &star) == nil {
		p.any = star == "*"
		return nil
	}
	return json.Unmarshal(raw, &p.byKind)
}

func (p *principals) includes(caller cloud.Caller, site cloud.Site) bool {
	if p.any {
		return true
	}
	for _, arn := range p.byKind["AWS"] {
		root := "arn:aws:iam::" + site.Account + ":root"
		if arn == "*" || arn == caller.Role || arn == caller.ARN ||
			(caller.Service == "" && caller.ARN != "" && (arn == root || arn == site.Account)) { // nobody is not of the account
			return true
		}
	}
	return caller.Service != "" && slices.ContainsFunc(p.byKind["Service"], func(name string) bool {
		return name == caller.Service || name == regional(caller.Service, site.Region)
	})
}

// regional is the other name of a service's principal, with the region in it, which
// templates of older CDKs have: states.eu-west-1.amazonaws.com.
func regional(service, region string) string {
	name, domain, _ := strings.Cut(service, ".")
	return name + "." + region + "." + domain
}

// names tells whether the caller itself is named: a user or a session, not the
// role that is behind it, nor the account.
func (p *principals) names(caller cloud.Caller, _ cloud.Site) bool {
	return slices.Contains(p.byKind["AWS"], caller.ARN)
}

// given tells whether the statement says about whom it speaks.
func (p *principals) given() bool { return p.any || len(p.byKind) > 0 }

// wildcard matches a pattern in which * stands for any characters, and ? for one.
func wildcard(pattern, text string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(text) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == text[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
