package statetest

// This file is tests that stand in a file, which cmd/local runs.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/mock"
)

// A Suite is the tests of one state machine.
type Suite struct {
	// Definition is the file of the definition, and Machine the state machine in
	// the assembly, by its logical id or STACK/ID. One of them is given. Paths are
	// relative to the suite's file.
	Definition string `json:"definition"`
	Machine    string `json:"machine"`

	Substitutions map[string]string `json:"substitutions"` // of a definition's placeholders
	Express       bool              `json:"express"`       // of a definition

	// MockConfig is a mock configuration of Step Functions Local, and
	// StateMachine the machine's name in it. Default: the machine's own name.
	MockConfig   string `json:"mockConfig"`
	StateMachine string `json:"stateMachine"`

	Tests []Test `json:"tests"`

	machine *Machine
}

// A Test is an execution, and what is expected of it.
type Test struct {
	Name   string          `json:"name"`
	Input  json.RawMessage `json:"input"`  // Default: {}
	Mocks  MocksOf         `json:"mocks"`  // by state
	Case   string          `json:"case"`   // of the mock configuration
	Expect Expectation     `json:"expect"` // Default: it succeeds
}

// An Expectation is what an execution should come to. What is left out may be
// anything, but for the status.
type Expectation struct {
	Status string          `json:"status"` // Default: SUCCEEDED, or FAILED with an error
	Output json.RawMessage `json:"output"`
	Error  string          `json:"error"`
	Cause  *string         `json:"cause"`
	States []string        `json:"states"` // that are entered, in this order
}

// MocksOf are the mocks of states, of which one may stand without a list.
type MocksOf Mocks

// UnmarshalJSON reads a mock, or a list of mocks, for each state.
func (m *MocksOf) UnmarshalJSON(text []byte) error {
	var states map[string]json.RawMessage
	if err := json.Unmarshal(text, &states); err != nil {
		return err
	}
	*m = MocksOf{}
	for state, given := range states {
		if !bytes.HasPrefix(bytes.TrimSpace(given), []byte("[")) {
			given = slices.Concat([]byte("["), given, []byte("]"))
		}
		var list []Mock
		if err := strictly(given, &list); err != nil {
			return fmt.Errorf("the mocks of %s: %w", state, err)
		}
		for i := range list {
			list[i].Result = asJSON(list[i].Result)
		}
		(*m)[state] = list
	}
	return nil
}

// asJSON is a result as TestState takes it, a text that is JSON, or as it is.
func asJSON(result json.RawMessage) json.RawMessage {
	var text string
	if json.Unmarshal(result, &text) == nil && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return result
}

func strictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// ReadSuite reads a file of tests. The assembly is where its state machine is, if it
// names one.
func ReadSuite(file, assembly string) (*Suite, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var s Suite
	if err := strictly(text, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if err := s.find(filepath.Dir(file), assembly); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &s, nil
}

// find finds what the suite is about.
func (s *Suite) find(dir, assembly string) (err error) {
	switch {
	case (s.Definition == "") == (s.Machine == ""):
		return errors.New("want either a definition or a machine")
	case s.Machine != "":
		s.machine, err = FindInAssembly(assembly, s.Machine)
	default:
		if s.machine, err = readFile(filepath.Join(dir, s.Definition), s.Substitutions); err == nil {
			s.machine.Express = s.Express
		}
	}
	if err != nil {
		return err
	}
	if s.MockConfig == "" {
		return nil
	}
	s.machine.Name = cmp.Or(s.StateMachine, s.machine.Name)
	s.machine.Mocks, err = mock.Read(filepath.Join(dir, s.MockConfig))
	return err
}

// Tested is the machine, with the coverage of the tests that have run.
func (s *Suite) Tested() *Machine { return s.machine }

// Run runs a test and returns how it went. Its error is what is not as expected, or
// why it could not run.
func (s *Suite) Run(t *testing.T, test Test) (*Run, error) {
	run, err := s.machine.Try(t, Execution{Input: string(test.Input), Mocks: Mocks(test.Mocks), Case: test.Case})
	if err != nil {
		return nil, err
	}
	return run, test.Expect.check(run)
}

// check compares a run with what is expected.
func (e Expectation) check(run *Run) error {
	status := "SUCCEEDED"
	if e.Error != "" || e.Cause != nil {
		status = "FAILED"
	}
	var faults []error
	compare := func(what, got, want string) {
		if got != want {
			faults = append(faults, fmt.Errorf("%s is %s, want %s", what, got, want))
		}
	}
	if status = cmp.Or(e.Status, status); run.Status != status {
		faults = append(faults, fmt.Errorf("status is %s, want %s: %s", run.Status, status, cmp.Or(strings.TrimPrefix(run.Error+": "+run.Cause, ": "), run.Output)))
	}
	if e.Error != "" {
		compare("error", run.Error, e.Error)
	}
	if e.Cause != nil {
		compare("cause", run.Cause, *e.Cause)
	}
	if e.Output != nil && !sameJSON(run.Output, string(e.Output)) {
		compare("output", run.Output, string(e.Output))
	}
	if e.States != nil {
		compare("way", strings.Join(run.States(), " -> "), strings.Join(e.States, " -> "))
	}
	return errors.Join(faults...)
}

func sameJSON(a, b string) bool {
	x, errX := jsonvalue.Decode([]byte(a))
	y, errY := jsonvalue.Decode([]byte(b))
	return errX == nil && errY == nil && jsonvalue.Equal(x, y)
}
