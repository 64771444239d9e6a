// This file reads policy documents and makes of them what can be evaluated
// for every call.

package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// document is an IAM policy as written: every list may be a single value.
type document struct {
	Version   string
	ID        string `json:"Id"`
	Statement list[written]
}

type written struct {
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

// The versions of the policy language. Of the older one, which a document
// without a version has, ${...} is no variable.
const (
	version2008 = "2008-10-17"
	version2012 = "2012-10-17"
)

// parse reads a policy document and refuses what the engine would not enforce.
func parse(raw json.RawMessage) (policy, error) {
	var d document
	if err := strictly(raw, &d); err != nil {
		return nil, fmt.Errorf("policy document: %w", err)
	}
	p, err := d.compile()
	if err != nil {
		return nil, fmt.Errorf("policy document: %w", err)
	}
	return p, nil
}

func (d document) compile() (policy, error) {
	p := make(policy, len(d.Statement))
	for i, w := range d.Statement {
		var err error
		if p[i], err = w.compile(d.Version == version2012); err != nil {
			return nil, fmt.Errorf("element Statement[%d]: %w", i, err)
		}
	}
	return p, nil
}

func (w written) compile(variables bool) (statement, error) {
	if w.Effect != "Allow" && w.Effect != "Deny" {
		return statement{}, fmt.Errorf("element Effect must be Allow or Deny, got %q", w.Effect)
	}
	if len(w.NotPrincipal) > 0 {
		return statement{}, errors.New("element NotPrincipal is not supported by the local engine")
	}
	s := statement{
		deny:         w.Effect == "Deny",
		principal:    w.Principal,
		actions:      lowered(w.Action),
		notActions:   lowered(w.NotAction),
		resources:    compilePatterns(w.Resource, variables),
		notResources: compilePatterns(w.NotResource, variables),
	}
	for _, operator := range slices.Sorted(maps.Keys(w.Condition)) {
		for _, key := range slices.Sorted(maps.Keys(w.Condition[operator])) {
			c, err := compileCondition(operator, key, w.Condition[operator][key], variables)
			if err != nil {
				return statement{}, err
			}
			s.conditions = append(s.conditions, c)
		}
	}
	return s, nil
}

// lowered makes patterns of action names, in which case does not matter.
func lowered(names []string) []string {
	patterns := make([]string, len(names))
	for i, name := range names {
		patterns[i] = strings.ToLower(name)
	}
	return patterns
}

// pattern may have wildcards, and variables that stand for the request's values.
type pattern struct {
	text      string
	variables bool
}

func compilePatterns(texts []string, variables bool) []pattern {
	patterns := make([]pattern, len(texts))
	for i, text := range texts {
		patterns[i] = pattern{text, variables && strings.Contains(text, "${")}
	}
	return patterns
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
	if strings.ContainsAny(string(raw[:1]), "{[n") {
		return fmt.Errorf("a condition's value must be a string, a number or a boolean, got %.20s", raw)
	}
	*s = scalar(raw)
	return nil
}
