// Package coverage tells which ways through state machines executions have taken,
// and which not: the states that were entered, and of each state its arms, which
// are its transitions, the rules of a Choice, and what Retry and Catch are for.
package coverage

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
)

// Machine is what executions took of a state machine.
type Machine struct {
	Name   string  `json:"stateMachine"`
	States []State `json:"states"` // in the order in which they are reached

	// Definition is what it is the coverage of, for the picture.
	Definition string `json:"-"`
}

// State is what they took of a state.
type State struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Entered int    `json:"entered"` // how often
	Arms    []Arm  `json:"arms"`
}

// Arm is one way on.
type Arm struct {
	Place string `json:"place"`          // "Next", "End", "Choices[0]", "Default", "Retry[0]", "Catch[1]"
	To    string `json:"to,omitempty"`   // the state that it leads to; empty: it ends, or tries again
	When  string `json:"when,omitempty"` // the errors that a Retry or a Catch is for
	Taken int    `json:"taken"`          // how often
}

// String describes an arm: "Catch[0] (States.ALL) -> Undo".
func (a Arm) String() string {
	text := a.Place
	if a.When != "" {
		text += " (" + a.When + ")"
	}
	if a.To != "" {
		text += " -> " + a.To
	}
	return text
}

// Add counts what other executions took of the same definition.
func (m *Machine) Add(other Machine) {
	if len(m.States) == 0 {
		m.Name, m.Definition = cmp.Or(m.Name, other.Name), other.Definition
		m.States = make([]State, len(other.States))
		for i, s := range other.States {
			m.States[i] = s
			m.States[i].Arms = slices.Clone(s.Arms)
		}
		return
	}
	for i, s := range other.States {
		m.States[i].Entered += s.Entered
		for j, a := range s.Arms {
			m.States[i].Arms[j].Taken += a.Taken
		}
	}
}

// A Missing is what no execution took: a state, or an arm of one that was entered.
type Missing struct {
	State string `json:"state"`
	Arm   *Arm   `json:"arm,omitempty"` // nil: the state itself
}

func (m Missing) String() string {
	if m.Arm == nil {
		return m.State + ": never entered"
	}
	return m.State + ": " + m.Arm.String() + " never taken"
}

// Missing returns what no execution took.
func (m Machine) Missing() []Missing {
	var missing []Missing
	for _, s := range m.States {
		if s.Entered == 0 {
			missing = append(missing, Missing{State: s.Name})
			continue
		}
		for i, a := range s.Arms {
			if a.Taken == 0 {
				missing = append(missing, Missing{State: s.Name, Arm: &s.Arms[i]})
			}
		}
	}
	return missing
}

// Counts are how many states and arms there are, and how many were taken.
type Counts struct{ States, Entered, Arms, Taken int }

// Counts counts.
func (m Machine) Counts() Counts {
	var c Counts
	for _, s := range m.States {
		c.States++
		c.Entered += min(1, s.Entered)
		for _, a := range s.Arms {
			c.Arms++
			c.Taken += min(1, a.Taken)
		}
	}
	return c
}

// Report writes a line about each machine, and one about everything missing.
func Report(w io.Writer, machines []Machine) error {
	for _, m := range machines {
		c := m.Counts()
		if _, err := fmt.Fprintf(w, "%s: %d of %d states, %d of %d arms\n", m.Name, c.Entered, c.States, c.Taken, c.Arms); err != nil {
			return err
		}
		for _, missing := range m.Missing() {
			if _, err := fmt.Fprintf(w, "  %s\n", missing); err != nil {
				return err
			}
		}
	}
	return nil
}

// Write writes machines as JSON.
func Write(file string, machines []Machine) error {
	if machines == nil {
		machines = []Machine{}
	}
	text, err := json.MarshalIndent(machines, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// Read reads what Write has written.
func Read(file string) ([]Machine, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var machines []Machine
	if err := json.Unmarshal(text, &machines); err != nil {
		return nil, fmt.Errorf("read the coverage %s: %w", file, err)
	}
	return machines, nil
}
