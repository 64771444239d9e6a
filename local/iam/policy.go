package iam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// document is an IAM policy as written: every list may be a single value.
type document struct {
	Version   string
	ID        string `json:"Id"`
	Statement list[statement]
}

type statement struct {
	Sid          string
	Effect       string
	Principal    principals
	NotPrincipal json.RawMessage
	Action       list[string]
	NotAction    list[string]
	Resource     list[string]
	NotResource  list[string]
	Condition    map[string]map[string]list[scalar]
}

// parse reads a policy document and refuses what the engine would not enforce.
func parse(raw json.RawMessage) (document, error) {
	var d document
	if err := strictly(raw, &d); err != nil {
		return d, fmt.Errorf("policy document: %w", err)
	}
	for i, s := range d.Statement {
		if s.Effect != "Allow" && s.Effect != "Deny" {
			return d, fmt.Errorf("policy document: Statement[%d].Effect must be Allow or Deny, got %q", i, s.Effect)
		}
		if len(s.NotPrincipal) > 0 {
			return d, fmt.Errorf("policy document: Statement[%d].NotPrincipal is not supported by the local engine", i)
		}
		for operator := range s.Condition {
			if !knownOperator(operator) {
				return d, fmt.Errorf("policy document: Statement[%d].Condition.%s is not supported by the local engine", i, operator)
			}
		}
	}
	return d, nil
}

// request is one question to a policy.
type request struct {
	caller   cloud.Caller
	action   string
	resource string
	context  map[string]string // condition keys, lower case
}

// matches tells whether the statement speaks about the request. Principals are
// the concern of resource and trust policies only.
func (s *statement) matches(r *request) bool {
	return s.matchesAction(r.action) && s.matchesResource(r) && s.holds(r)
}

func (s *statement) matchesAction(action string) bool {
	match := func(pattern string) bool { return wildcard(strings.ToLower(pattern), strings.ToLower(action)) }
	if len(s.NotAction) > 0 {
		return !slices.ContainsFunc(s.NotAction, match)
	}
	return slices.ContainsFunc(s.Action, match)
}

func (s *statement) matchesResource(r *request) bool {
	match := func(pattern string) bool { return wildcard(substitute(pattern, r.context), r.resource) }
	switch {
	case len(s.NotResource) > 0:
		return !slices.ContainsFunc(s.NotResource, match)
	case len(s.Resource) > 0:
		return slices.ContainsFunc(s.Resource, match)
	default: // a trust policy has none
		return true
	}
}

// substitute replaces policy variables: ${aws:PrincipalArn}, ${*}, ${?}, ${$}.
func substitute(pattern string, context map[string]string) string {
	if !strings.Contains(pattern, "${") {
		return pattern
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(pattern, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		name, _, _ = strings.Cut(name, ",") // a default value applies to absent keys only
		b.WriteString(context[strings.ToLower(strings.TrimSpace(name))])
		pattern = after
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

func (p *principals) includes(caller cloud.Caller, account string) bool {
	if p.any {
		return true
	}
	for _, arn := range p.byKind["AWS"] {
		root := "arn:aws:iam::" + account + ":root"
		if arn == "*" || arn == caller.Role || arn == caller.ARN ||
			(caller.Service == "" && (arn == root || arn == account)) {
			return true
		}
	}
	return caller.Service != "" && slices.Contains(p.byKind["Service"], caller.Service)
}

// list is a JSON list that may be written as its only element.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		return strictly(raw, (*[]T)(l))
	}
	*l = make(list[T], 1)
	return strictly(raw, &(*l)[0])
}

// strictly decodes and refuses unknown members.
func strictly(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// scalar is a condition value: a string, number or boolean, as text.
type scalar string

func (s *scalar) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		*s = scalar(text)
		return nil
	}
	*s = scalar(raw)
	return nil
}

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
