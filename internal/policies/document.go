// Package policies says what IAM policies grant: which actions of a list a
// document lets its bearers perform, by which statement, on which resources and
// under which condition.
//
// It errs on one side only. What it cannot read, or what would take long to
// decide, counts as granted; so does what only a condition keeps from being.
package policies

// This file reads documents.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxDocument is how many bytes a document may have, as many as IAM takes with
// all blanks. (It lets a tenth of them be anything else.)
const MaxDocument = 131_072

// Document is a policy as it is written.
type Document struct{ Statements []Statement }

// Statement is one of a policy's statements. Lists that were written as a single
// text have that one.
type Statement struct {
	Sid string

	// Allow and Deny are its Effect.
	Allow, Deny bool

	// Of each pair one is nil. A list that is empty is not.
	Action, NotAction     []string
	Resource, NotResource []string

	Condition json.RawMessage // nil if there is none

	action, notAction []Pattern // as they are compared
}

// Parse reads a document. Names of elements may be in any letters' case, as
// decoders of JSON take them; one that is given twice counts with all of its
// values, since another reader may take any. An error says what makes the
// document one that nobody can judge.
func Parse(text string) (*Document, error) {
	if len(text) > MaxDocument {
		return nil, fmt.Errorf("the document has %d bytes: IAM takes up to %d", len(text), MaxDocument)
	}
	elements, err := members([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("the document is no JSON object: %w", err)
	}
	d := &Document{}
	for _, e := range elements {
		switch strings.ToLower(e.name) {
		case "version", "id":
		case "statement":
			for i, raw := range elementsOf(e.value) {
				s, err := parseStatement(raw)
				if err != nil {
					return nil, fmt.Errorf("statement %d: %w", i+1, err)
				}
				d.Statements = append(d.Statements, s)
			}
		default:
			return nil, fmt.Errorf("the document has the element %q, which is none of IAM's", e.name)
		}
	}
	return d, nil
}

func parseStatement(raw json.RawMessage) (Statement, error) {
	var s Statement
	elements, err := members(raw)
	if err != nil {
		return s, fmt.Errorf("it is no JSON object: %w", err)
	}
	for _, e := range elements {
		if err := s.take(e); err != nil {
			return s, err
		}
	}
	switch {
	case !s.Allow && !s.Deny:
		err = errors.New("it has no Effect")
	case (s.Action == nil) == (s.NotAction == nil):
		err = errors.New("it needs Action or NotAction, and not both")
	case (s.Resource == nil) == (s.NotResource == nil):
		err = errors.New("it needs Resource or NotResource, and not both")
	}
	s.action, s.notAction = patternsOf(s.Action), patternsOf(s.NotAction)
	return s, err
}

// take adds an element.
func (s *Statement) take(e element) (err error) {
	add := func(list *[]string) {
		var texts []string
		if texts, err = textsOf(e.value); err == nil {
			*list = append(append([]string{}, *list...), texts...)
		}
	}
	switch strings.ToLower(e.name) {
	case "sid":
		err = json.Unmarshal(e.value, &s.Sid)
	case "effect":
		var effect string
		err = json.Unmarshal(e.value, &effect)
		switch effect {
		case "Allow":
			s.Allow = true
		case "Deny":
			s.Deny = true
		default:
			return fmt.Errorf("its Effect is %.20s: IAM knows Allow and Deny", e.value)
		}
	case "action":
		add(&s.Action)
	case "notaction":
		add(&s.NotAction)
	case "resource":
		add(&s.Resource)
	case "notresource":
		add(&s.NotResource)
	case "condition":
		s.Condition = e.value
	case "principal", "notprincipal": // of resources' policies; they restrict only
	default:
		return fmt.Errorf("it has the element %q, which is none of IAM's", e.name)
	}
	if err != nil {
		return fmt.Errorf("its %s is neither a text nor a list of texts", e.name)
	}
	return nil
}

type element struct {
	name  string
	value json.RawMessage
}

// members are those of a JSON object in their order, with each that is given
// twice.
func members(raw []byte) ([]element, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if start, err := decoder.Token(); err != nil {
		return nil, err
	} else if start != json.Delim('{') {
		return nil, fmt.Errorf("it begins with %v", start)
	}
	var all []element
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		e := element{name: name.(string)} // a member's name always is
		if err := decoder.Decode(&e.value); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something follows it")
	}
	return all, nil
}

// elementsOf are those of a list, or the value itself.
func elementsOf(value json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) == nil && list != nil {
		return list
	}
	return []json.RawMessage{value}
}

// textsOf is a list of texts, or a single one. It is never nil.
func textsOf(value json.RawMessage) ([]string, error) {
	texts := []string{}
	for _, raw := range elementsOf(value) {
		var text *string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, err
		} else if text == nil {
			return nil, errors.New("null")
		}
		texts = append(texts, *text)
	}
	return texts, nil
}
