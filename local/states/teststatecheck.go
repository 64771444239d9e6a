// This file checks what TestState is asked, in AWS's words as far as they are known.

package states

import (
	"cmp"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/httpcall"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/states/integration/shapes"
)

// state reads the definition of a state, or finds it in that of a state machine.
func (r testStateRequest) state(resolver resolver) (state, error) {
	if err := checkLength("definition", r.Definition, maxDefinition); err != nil {
		return nil, err
	}
	if r.StateName == "" {
		s, err := parseState(r.Definition, resolver)
		if err != nil {
			return nil, refused(err)
		}
		return s, nil
	}
	d, err := parse(r.Definition, false, resolver)
	if err != nil {
		return nil, refused(err)
	}
	for s := range d.graph.all() {
		if s.common().name == r.StateName {
			return s, nil
		}
	}
	return nil, notTestable("State not found in definition")
}

// parseState reads the definition of a state that is in no state machine. The
// states that it leads to need not be there.
func parseState(text string, resolver resolver) (state, error) {
	value, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		return nil, notJSON(text, err)
	}
	p := newParser(resolver, false)
	s := p.state(object(&p.faults, "/States/"+loneName, value), loneName, jsonPathLanguage, nil)
	if len(p.faults) > 0 {
		return nil, &InvalidDefinition{p.faults}
	}
	return s, nil
}

func notTestable(format string, args ...any) error {
	return cloud.Errorf(400, "ValidationException", format, args...)
}

// check checks the request as a whole.
// checkLengths checks the texts of a request.
func (r testStateRequest) checkLengths() error {
	text := func(member string, value *string) hidden {
		if value == nil {
			return hidden{}
		}
		return hidden{member, *value, maxPayload}
	}
	texts := []hidden{{"definition", r.Definition, maxDefinition}, text("variables", r.Variables), text("context", r.Context), {"stateName", r.StateName, maxStateName}}
	if c := r.StateConfiguration; c != nil {
		texts = append(texts, text("stateConfiguration.mapItemReaderData", c.MapItemReaderData), hidden{"stateConfiguration.errorCausedByState", c.ErrorCausedByState, maxStateName})
	}
	if m := r.Mock; m != nil {
		texts = append(texts, text("mock.result", m.Result))
		if o := m.ErrorOutput; o != nil {
			texts = append(texts, hidden{"mock.errorOutput.error", o.Error, maxError}, hidden{"mock.errorOutput.cause", o.Cause, maxCause})
		}
	}
	return checkHidden(texts...)
}

func (r testStateRequest) check(tested state) error {
	if err := oneOf("inspectionLevel", cmp.Or(r.InspectionLevel, "INFO"), "INFO", "DEBUG", "TRACE"); err != nil {
		return err
	}
	if r.Mock == nil {
		return r.checkUnmocked(tested)
	}
	return r.checkMock(tested)
}

// checkUnmocked checks that the state can do its work, and that nothing is asked
// about a mock.
func (r testStateRequest) checkUnmocked(tested state) error {
	if c := r.StateConfiguration; c != nil {
		for _, member := range []struct {
			name  string
			given bool
		}{
			{"MapIterationFailureCount", c.MapIterationFailureCount != nil}, {"RetrierRetryCount", c.RetrierRetryCount != nil},
			{"ErrorCausedByState", c.ErrorCausedByState != ""}, {"MapItemReaderData", c.MapItemReaderData != nil},
		} {
			if member.given {
				return notTestable("TestState does not support %s when a mock is not specified.", member.name)
			}
		}
	}
	if r.Context != nil {
		return notTestable("TestState does not support Context when a mock is not specified.")
	}
	invalid := func(message string) error { return cloud.Errorf(400, "InvalidDefinition", "%s", message) }
	switch s := tested.(type) {
	case *parallel, *mapping, *distributed:
		return invalid("TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]")
	case *task:
		switch {
		case s.resource.activity:
			return invalid("TestState API does not support Activity tasks without a mock.")
		case s.resource.pattern != requestResponse:
			return invalid("TestState API does not support '.sync' or '.waitForTaskToken' service integration patterns without a mock.")
		case r.RoleARN == "":
			return notTestable("RoleArn must be specified when testing a Task state")
		}
	}
	return nil
}

// checkMock checks that a mock is one for the state.
func (r testStateRequest) checkMock(tested state) error {
	if !isMockable(tested) {
		return notTestable("State type '%s' is not supported when a mock is specified", tested.common().kind)
	}
	if r.RevealSecrets {
		return notTestable("TestState does not support RevealSecrets when a mock is specified.")
	}
	if err := r.checkMapData(tested); err != nil {
		return err
	}
	m := r.Mock
	switch {
	case m.Result != nil && m.ErrorOutput != nil:
		return notTestable("A test mock should have only one of the following fields: [result, errorOutput].")
	case m.Result == nil && m.ErrorOutput == nil:
		return notTestable("A test mock should have one of the following fields: [result, errorOutput].")
	case m.ErrorOutput != nil:
		if m.ErrorOutput.Error == "" {
			return notTestable("A mocked errorOutput must have an error.")
		}
		return r.checkCausing(tested)
	}
	if err := oneOf("mock.fieldValidationMode", cmp.Or(m.FieldValidationMode, "STRICT"), "STRICT", "PRESENT", "NONE"); err != nil {
		return err
	}
	result, err := jsonvalue.Decode([]byte(*m.Result))
	if err != nil {
		return notTestable("Mocked result must be valid JSON")
	}
	if err := checkMocked(tested, result, shapes.Mode(cmp.Or(m.FieldValidationMode, "STRICT"))); err != nil {
		return err
	}
	if failed := r.iterationsFailed(); failed != nil {
		if iterations, ok := result.([]any); ok && *failed > len(iterations) {
			return notTestable("Map iteration failure count must be less than or equal to the number of Map iterations")
		}
	}
	return nil
}

// checkMapData refuses, in our words, what only a Map takes, and what only one with an
// ItemReader does.
func (r testStateRequest) checkMapData(tested state) error {
	c := r.StateConfiguration
	if c == nil {
		return nil
	}
	if c.MapIterationFailureCount != nil && tested.common().kind != kindMap {
		return notTestable("TestState supports MapIterationFailureCount for a Map state only.")
	}
	s, _ := tested.(*distributed)
	if c.MapItemReaderData != nil && (s == nil || s.reader == nil) {
		return notTestable("TestState supports MapItemReaderData for a Map state with an ItemReader only.")
	}
	return nil
}

func (r testStateRequest) iterationsFailed() *int {
	if r.StateConfiguration == nil {
		return nil
	}
	return r.StateConfiguration.MapIterationFailureCount
}

// isMockable tells whether a state does any work that a mock can stand for.
func isMockable(s state) bool {
	return slices.Contains([]string{kindTask, kindParallel, kindMap}, s.common().kind)
}

// checkMocked checks that the result of a mock has the form that the state's own
// results have.
func checkMocked(tested state, result any, mode shapes.Mode) error {
	list, isList := result.([]any)
	switch s := tested.(type) {
	case *parallel:
		if !isList {
			return notTestable("Mocked result must be an array.")
		}
		if len(list) != len(s.branches) {
			return notTestable("Mocked result must contain the same number of items as number of Parallel branches.")
		}
	case *distributed:
		if s.writer != nil && s.writer.arguments != nil { // what it tells is where the results are
			if _, isObject := result.(*jsonvalue.Object); !isObject {
				return notTestable("Mocked result must be a JSON object.")
			}
		} else if !isList {
			return notTestable("Mocked result must be an array.")
		}
	case *mapping:
		if !isList {
			return notTestable("Mocked result must be an array.")
		}
	case *task:
		if err := s.resource.output().Check(result, mode); err != nil {
			return notTestable("Mock result schema validation error: %v", err)
		}
	}
	return nil
}

// CheckMock tells what is wrong with a mocked result of a state of a definition, as
// TestState does. The Payload of lambda:invoke may be any JSON, as it is in an
// execution, where TestState wants a text.
func CheckMock(definition, state string, result []byte, mode shapes.Mode) error {
	r := testStateRequest{Definition: definition, StateName: state}
	tested, err := r.state(resolver{mocked: true})
	if err != nil {
		return err
	}
	if !isMockable(tested) {
		return notTestable("State type '%s' is not supported when a mock is specified", tested.common().kind)
	}
	value, err := jsonvalue.Decode(result)
	if err != nil {
		return notTestable("Mocked result must be valid JSON")
	}
	if t, ok := tested.(*task); ok {
		output := t.resource.output()
		if output.Service == "lambda" && output.Operation == "Invoke" {
			output.Free = []string{"Payload"}
		}
		return output.Check(value, mode)
	}
	return checkMocked(tested, value, mode)
}

// output is the shape of the results of a task, as far as the service's API has
// it: a token is answered with anything, and an activity's work, too.
func (r *resource) output() shapes.Output {
	switch {
	case r.activity || r.pattern == waitForTaskToken:
		return shapes.Output{}
	case r.pattern == runJob:
		return r.integration.JobOutput(r.version)
	default:
		return r.integration.Output()
	}
}

// checkCausing checks that the state which a mocked error is said to come from is
// one within the tested one.
func (r testStateRequest) checkCausing(tested state) error {
	if r.StateConfiguration == nil || r.StateConfiguration.ErrorCausedByState == "" {
		return nil
	}
	n, ok := tested.(nesting)
	if !ok {
		return notTestable("ErrorCausedByState is only supported for Map and Parallel states.")
	}
	for _, g := range n.graphs() {
		for s := range g.all() {
			if s.common().name == r.StateConfiguration.ErrorCausedByState {
				return nil
			}
		}
	}
	return notTestable("State '%s' not found in the tested state", r.StateConfiguration.ErrorCausedByState)
}

// trial makes what the test goes by.
func (r testStateRequest) trial(tested state) (*trial, error) {
	t := &trial{stages: map[stage]string{}, caught: -1, retry: retry{by: -1}}
	if c := r.StateConfiguration; c != nil {
		for _, count := range []struct {
			name  string
			given *int
			in    *int
		}{{"retrierRetryCount", c.RetrierRetryCount, &t.retried}, {"mapIterationFailureCount", c.MapIterationFailureCount, &t.failedIterations}} {
			if count.given == nil {
				continue
			}
			if *count.given < 0 {
				return nil, invalidMember(written(float64(*count.given)), "stateConfiguration."+count.name, "Member must have value greater than or equal to 0")
			}
			*count.in = *count.given
		}
		t.read = c.MapItemReaderData
	}
	if r.InspectionLevel == "TRACE" {
		t.call = &httpcall.Trace{Reveals: r.RevealSecrets}
	}
	var err error
	if r.Context != nil {
		t.context, err = readContext(*r.Context, tested)
		t.given = data{t.context, *r.Context}
	}
	return t, err
}

// variables are those that the state sees.
func (r testStateRequest) variables() (variables, error) {
	if r.Variables == nil {
		return nil, nil
	}
	value, err := jsonvalue.Decode([]byte(*r.Variables))
	object, ok := value.(*jsonvalue.Object)
	if err != nil || !ok {
		return nil, notTestable("Variables must be a valid JSON object")
	}
	given := variables{}
	for name, value := range object.All() {
		if !isVariableName(name) {
			return nil, notTestable("Invalid variable name: '%s'", name)
		}
		given[name] = value
	}
	return given, nil
}
