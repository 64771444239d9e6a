package apigateway

// The policies that Lambda authorizers answer.

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

type decision int

const (
	notAllowed decision = iota
	allowed
	deniedExplicitly
)

// policy is a parsed policy document.
type policy []statement

type statement struct {
	deny      bool
	resources []string
	inverted  bool // resources are those of NotResource
}

// parsePolicy keeps the statements that are about execute-api:Invoke.
func parsePolicy(document json.RawMessage) (policy, error) {
	var parsed struct {
		Statement json.RawMessage
	}
	if len(document) == 0 {
		return nil, errors.New("missing")
	}
	if err := json.Unmarshal(document, &parsed); err != nil {
		return nil, err
	}
	var raw []rawStatement
	if err := json.Unmarshal(parsed.Statement, &raw); err != nil {
		var single rawStatement
		if err := json.Unmarshal(parsed.Statement, &single); err != nil {
			return nil, fmt.Errorf("member Statement: %w", err)
		}
		raw = []rawStatement{single}
	}
	var out policy
	for i, r := range raw {
		s, relevant, err := r.compile()
		if err != nil {
			return nil, fmt.Errorf("member Statement[%d]: %w", i, err)
		}
		if relevant {
			out = append(out, s)
		}
	}
	return out, nil
}

type rawStatement struct {
	Effect      string
	Action      texts
	NotAction   texts
	Resource    texts
	NotResource texts
	Condition   json.RawMessage
}

// texts is a string or a list of strings.
type texts []string

func (t *texts) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(t))
}

func (r rawStatement) compile() (s statement, relevant bool, err error) {
	switch r.Effect {
	case "Allow":
	case "Deny":
		s.deny = true
	default:
		return s, false, fmt.Errorf("member Effect must be Allow or Deny, got %q", r.Effect)
	}
	if len(r.Condition) > 0 && string(r.Condition) != "{}" && string(r.Condition) != "null" {
		return s, false, errors.New("the local engine does not evaluate Condition")
	}
	if (r.Action == nil) == (r.NotAction == nil) || (r.Resource == nil) == (r.NotResource == nil) {
		return s, false, errors.New("it needs Action or NotAction, and Resource or NotResource")
	}
	s.resources = r.Resource
	if r.NotResource != nil {
		s.resources, s.inverted = r.NotResource, true
	}
	actions := append(r.Action, r.NotAction...)
	return s, matchesAny(actions, "execute-api:invoke", strings.ToLower) != (r.NotAction != nil), nil
}

// decide evaluates the policy for one method.
func (p policy) decide(methodARN string) decision {
	result := notAllowed
	for _, s := range p {
		if matchesAny(s.resources, methodARN, nil) == s.inverted {
			continue
		}
		if s.deny {
			return deniedExplicitly
		}
		result = allowed
	}
	return result
}

func matchesAny(patterns []string, text string, fold func(string) string) bool {
	for _, pattern := range patterns {
		if fold != nil {
			pattern = fold(pattern)
		}
		if wildcard(pattern, text) {
			return true
		}
	}
	return false
}

// wildcard matches * with any text and ? with any one byte.
func wildcard(pattern, text string) bool {
	star, resume := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
