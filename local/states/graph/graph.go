// Package graph draws state machines. It knows the Amazon States Language and
// nothing of an engine: a definition goes in, a picture comes out.
//
// States stand in layers, from the start downwards, so that what usually happens
// is a straight line; what is caught leaves it in dashes, and loops run up at
// the sides. The states of a Map or a Parallel stand inside of it. The same
// definition gives the same picture, to the byte.
//
// In the picture each state is an element of class "state" with its name in
// data-state, and each transition one of class "transition" with data-from and
// data-to: whoever shows an execution colours them.
package graph

// This file reads a definition.

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Machine is a state machine, or a part of one that runs inside of a state.
//
// One without StartAt is drawn without a start: a picture of other things that lead
// to each other, whose Type is Task and whose Does begins with a service, as in
// "sqs: 3 messages".
type Machine struct {
	Comment string
	StartAt string
	States  []*State // as in the definition
}

// State is a state of a Machine.
type State struct {
	Name, Type, Comment string

	// Does says what the state does: "dynamodb: putItem", "29 s".
	Does string

	// Ends tells that an execution may end here, well or not.
	Ends bool

	Transitions []Transition

	// Parts are the branches of a Parallel, or what a Map does with an item.
	Parts []*Machine
}

// Transition leads to another state.
type Transition struct {
	To    string
	Catch bool

	// When are the conditions or errors that it is taken for, any one of them;
	// none for the usual way on.
	When []string
}

// deepest bounds how far states stand inside of each other.
const deepest = 32

// Read reads a definition. Placeholders, as in ${FunctionArn}, may stand for
// any text.
func Read(definition []byte) (*Machine, error) {
	return read(definition, 1)
}

type machineFields struct {
	Comment string
	StartAt string
	States  json.RawMessage
}

type stateFields struct {
	Type, Comment, Resource, Next, Default string

	End           bool
	Choices       []json.RawMessage
	Catch         []catchFields
	Branches      []json.RawMessage
	ItemProcessor json.RawMessage
	Iterator      json.RawMessage // ItemProcessor's old name

	Seconds, SecondsPath, Timestamp, TimestampPath any // of a Wait
}

type catchFields struct {
	ErrorEquals []string
	Next        string
}

func read(definition []byte, depth int) (*Machine, error) {
	if depth > deepest {
		return nil, fmt.Errorf("states stand more than %d deep inside of each other", deepest)
	}
	var fields machineFields
	if err := json.Unmarshal(definition, &fields); err != nil {
		return nil, fmt.Errorf("read a definition: %w", err)
	}
	m := &Machine{Comment: fields.Comment, StartAt: fields.StartAt}
	err := members(fields.States, func(name string, value json.RawMessage) error {
		s, err := readState(name, value, depth)
		m.States = append(m.States, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, m.check()
}

func readState(name string, definition []byte, depth int) (*State, error) {
	var fields stateFields
	if err := json.Unmarshal(definition, &fields); err != nil {
		return nil, fmt.Errorf("read state %q: %w", name, err)
	}
	s := &State{Name: name, Type: fields.Type, Comment: fields.Comment, Does: fields.does()}
	s.Ends = fields.End || fields.Type == "Succeed" || fields.Type == "Fail"
	s.lead(Transition{To: fields.Next})
	for _, choice := range fields.Choices {
		next, condition := readChoice(choice)
		s.lead(Transition{To: next, When: []string{condition}})
	}
	s.lead(Transition{To: fields.Default, When: []string{"otherwise"}})
	for _, catch := range fields.Catch {
		s.lead(Transition{To: catch.Next, Catch: true, When: catch.ErrorEquals})
	}
	parts := fields.Branches
	for _, part := range []json.RawMessage{fields.ItemProcessor, fields.Iterator} {
		if part != nil {
			parts = append(parts, part)
		}
	}
	for _, part := range parts {
		m, err := read(part, depth+1)
		if err != nil {
			return nil, fmt.Errorf("in state %q: %w", name, err)
		}
		s.Parts = append(s.Parts, m)
	}
	return s, nil
}

// lead adds a transition. Several of a kind to one state are one.
func (s *State) lead(t Transition) {
	if t.To == "" {
		return
	}
	for i := range s.Transitions {
		if same := &s.Transitions[i]; same.To == t.To && same.Catch == t.Catch {
			same.When = append(same.When, t.When...)
			return
		}
	}
	s.Transitions = append(s.Transitions, t)
}

// check finds states that are missing, or there twice.
func (m *Machine) check() error {
	names := make(map[string]bool)
	for _, s := range m.States {
		if names[s.Name] {
			return fmt.Errorf("there are two states %q", s.Name)
		}
		names[s.Name] = true
	}
	if !names[m.StartAt] {
		return fmt.Errorf("there is no state %q to start at", m.StartAt)
	}
	for _, s := range m.States {
		for _, t := range s.Transitions {
			if !names[t.To] {
				return fmt.Errorf("state %q leads to %q, which does not exist", s.Name, t.To)
			}
		}
	}
	return nil
}

// members calls back for each member of a JSON object, in order.
func members(object json.RawMessage, member func(name string, value json.RawMessage) error) error {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return fmt.Errorf("the member States is no object")
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return fmt.Errorf("read States: %w", err)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return fmt.Errorf("read %v: %w", name, err)
		}
		if err := member(name.(string), value); err != nil {
			return err
		}
	}
	return nil
}
