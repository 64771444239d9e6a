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

// config is the mocks as a mock configuration of a machine.
func (m Mocks) config(of *Machine) (*mock.Config, error) {
	answers := mock.Case{}
	var faults []error
	for _, state := range slices.Sorted(maps.Keys(m)) {
		var responses []mock.Response
		for i, mocked := range m[state] {
			response, err := mocked.response(of.Definition, state)
			if err != nil {
				faults = append(faults, fmt.Errorf("mock %d of the state %s: %w", i, state, err))
			}
			responses = append(responses, response)
		}
		switch len(responses) {
		case 0:
			faults = append(faults, fmt.Errorf("the list of mocks of the state %s is empty", state))
		case 1:
			answers[state] = mock.Always(state, responses[0])
		default:
			answers[state] = mock.Sequence(state, responses...)
		}
	}
	return mock.Of(of.Name, onlyCase, answers), errors.Join(faults...)
}

// response is a mock as a mock configuration has it.
func (m Mock) response(definition, state string) (mock.Response, error) {
	if (m.Result == nil) == (m.ErrorOutput == nil) {
		return mock.Response{}, errors.New("want either a result or an errorOutput")
	}
	if m.ErrorOutput != nil {
		return mock.Response{Throw: &mock.Throw{Error: m.ErrorOutput.Error, Cause: m.ErrorOutput.Cause}}, nil
	}
	mode := cmp.Or(m.FieldValidationMode, shapes.Strict)
	if !slices.Contains([]shapes.Mode{shapes.Strict, shapes.Present, shapes.None}, mode) {
		return mock.Response{}, fmt.Errorf("fieldValidationMode must be STRICT, PRESENT or NONE, not %q", mode)
	}
	return mock.Return(m.Result), states.CheckMock(definition, state, m.Result, mode)
}
