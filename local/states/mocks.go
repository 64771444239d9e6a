// This file answers tasks from a mock configuration, as Step Functions Local does:
// an execution is of a test case, and the states that this one names get its
// responses, without their service being called.
// https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-test-sm-exec.html

package states

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/mock"
)

// mocks are the responses of an execution's states, by name.
type mocks map[string]*mock.Counter

// mockedMachine is what mock configurations have of a machine.
type mockedMachine struct {
	cases  map[string]mock.Case
	chosen string // the test case of an execution that names none, or empty
}

// mockedMachine finds a machine in the mock configurations by its names, and
// refuses test cases that would be without effect.
func (s *StepFunctions) mockedMachine(d *definition, names []string) (mockedMachine, error) {
	var m mockedMachine
	for _, name := range names {
		if m.cases == nil {
			m.cases = s.options.Mocks.Cases(name)
		}
		m.chosen = cmp.Or(m.chosen, s.options.TestCases[name])
	}
	mockable := map[string]bool{}
	if m.cases != nil {
		for state := range d.graph.all() {
			mockable[state.common().name] = isMockable(state)
		}
	}
	for _, title := range slices.Sorted(maps.Keys(m.cases)) {
		for _, state := range slices.Sorted(maps.Keys(m.cases[title])) {
			if !mockable[state] {
				return m, fmt.Errorf("test case %s of the mock configuration is about the state %q, which is no Task, Parallel or Map state of the state machine", title, state)
			}
		}
	}
	if _, ok := m.cases[m.chosen]; m.chosen != "" && !ok {
		return m, fmt.Errorf("the mock configuration has no test case %q of the state machine", m.chosen)
	}
	return m, nil
}

// testCase returns the mocks of a new execution: those of a test case, or of the
// one that is chosen for the machine.
func (m *machine) testCase(r *revision, title string) (mocks, error) {
	if title == "" {
		title = r.mocked.chosen
	}
	if title == "" {
		return nil, nil
	}
	states, ok := r.mocked.cases[title]
	if !ok {
		return nil, cloud.Errorf(400, "InvalidArn", "Invalid Arn: 'The mock configuration has no test case %s of the state machine %s'", title, m.name)
	}
	counted := mocks{}
	for state, responses := range states {
		counted[state] = responses.Count()
	}
	return counted, nil
}

// Unmatched returns the names of state machines that only the mock configurations
// and the chosen test cases have.
func (s *StepFunctions) Unmatched() []string {
	named := map[string]bool{}
	for _, name := range s.options.Mocks.Machines() {
		named[name] = true
	}
	for name := range s.options.TestCases {
		named[name] = true
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, m := range s.machines {
		for _, name := range m.mocked {
			delete(named, name)
		}
	}
	return slices.Sorted(maps.Keys(named))
}

// mock returns what answers in the place of the state's work, or nil.
func (v *visit) mock() *mock.Counter { return v.execution.mocks[v.state.name] }

// unmocked is the failure of a state that needs a mock and has none, where only
// mocks answer; otherwise nil.
func (v *visit) unmocked() *failure {
	if !v.execution.machine.states.options.MocksOnly || v.mock() != nil {
		return nil
	}
	return v.failed(errRuntime, "There is no mock for the state '%s'.", v.state.name)
}

// mocked answers for the state's work once. A call that there is no response for fails the
// execution.
func (v *visit) mocked(responses *mock.Counter) (data, *failure) {
	response, err := responses.Next()
	if err != nil {
		return data{}, v.failed(errRuntime, "%v", err)
	}
	if thrown := response.Throw; thrown != nil {
		return data{}, &failure{name: thrown.Error, cause: thrown.Cause, timedOut: thrown.Error == errTimeout}
	}
	result, err := jsonvalue.Decode(response.Return)
	if err != nil {
		return data{}, v.failed(errRuntime, "%v", err)
	}
	return data{value: result, text: string(response.Return)}, nil
}
