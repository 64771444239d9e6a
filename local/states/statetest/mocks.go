package statetest

// This file makes mocks, in the form of TestState, a mock configuration of Step
// Functions Local.

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/tradepost-dev/tradepost/local/mock"
	"github.com/tradepost-dev/tradepost/local/states"
	"github.com/tradepost-dev/tradepost/local/states/integration/shapes"
)

// Mocks are what states are answered, by the state's name. One mock answers every
// call of its state; of several each answers one, and there is none for a call
// behind the last one.
type Mocks map[string][]Mock

// A Mock is a result or an error, as TestState takes them.
type Mock struct {
	Result      json.RawMessage `json:"result,omitempty"`
	ErrorOutput *ErrorOutput    `json:"errorOutput,omitempty"`

	// FieldValidationMode says how strictly a result is held to the API of the
	// service: STRICT, PRESENT or NONE. Default: STRICT.
	FieldValidationMode shapes.Mode `json:"fieldValidationMode,omitempty"`
}

// ErrorOutput is an error as Retry and Catch see it.
type ErrorOutput struct {
	Error string `json:"error"`
	Cause string `json:"cause"`
}

// Gives is a mock with a result, which is JSON.
func Gives(result string) Mock { return Mock{Result: json.RawMessage(result)} }

// Fails is a mock with an error.
func Fails(name, cause string) Mock {
	return Mock{ErrorOutput: &ErrorOutput{Error: name, Cause: cause}}
}

// Loosely is the mock without its result being held to any API.
func (m Mock) Loosely() Mock {
	m.FieldValidationMode = shapes.None
	return m
}

// onlyCase is the test case that mocks become.
const onlyCase = "test"

// everyCall is the number of a response to all calls.
const everyCall = "0-999999999"

// config is the mocks as a mock configuration of a machine.
func (m Mocks) config(of *Machine) (*mock.Config, error) {
	names := map[string]string{}
	responses := map[string]map[string]any{}
	var faults []error
	for _, state := range slices.Sorted(maps.Keys(m)) {
		names[state], responses[state] = state, map[string]any{}
		for i, mock := range m[state] {
			response, err := mock.response(of.Definition, state)
			if err != nil {
				faults = append(faults, fmt.Errorf("mock %d of the state %s: %w", i, state, err))
			}
			number := strconv.Itoa(i)
			if len(m[state]) == 1 {
				number = everyCall
			}
			responses[state][number] = response
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	text, err := json.Marshal(map[string]any{
		"StateMachines":   map[string]any{of.Name: map[string]any{"TestCases": map[string]any{onlyCase: names}}},
		"MockedResponses": responses,
	})
	if err != nil {
		return nil, err
	}
	return mock.Parse(text)
}

// response is a mock as a mock configuration has it.
func (m Mock) response(definition, state string) (any, error) {
	if (m.Result == nil) == (m.ErrorOutput == nil) {
		return nil, errors.New("want either a result or an errorOutput")
	}
	if m.ErrorOutput != nil {
		return map[string]any{"Throw": map[string]string{"Error": m.ErrorOutput.Error, "Cause": m.ErrorOutput.Cause}}, nil
	}
	mode := cmp.Or(m.FieldValidationMode, shapes.Strict)
	if !slices.Contains([]shapes.Mode{shapes.Strict, shapes.Present, shapes.None}, mode) {
		return nil, fmt.Errorf("fieldValidationMode must be STRICT, PRESENT or NONE, not %q", mode)
	}
	if err := states.CheckMock(definition, state, m.Result, mode); err != nil {
		return nil, err
	}
	return map[string]any{"Return": m.Result}, nil
}
