// This file holds what a machine can be updated in.

package states

import (
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A revision is what a machine is at some time. It never changes: an execution
// goes by one for all of its life, redrives included.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html
type revision struct {
	id         string // empty: the first one
	made       time.Time
	text       string // the definition as given, with its substitutions
	definition *definition
	role       string
	caller     cloud.Caller // who its tasks act as
	mocked     mockedMachine
	recorded
}

// recorded is what is only told, as nothing here is logged, traced or encrypted.
type recorded struct {
	logging    loggingConfiguration
	tracing    tracingConfiguration
	encryption encryptionConfiguration
}

// initial is how CloudFormation calls the first revision, which has no id.
const initial = "INITIAL"

// revise makes a revision of the machine, which does not go by it yet.
func (m *machine) revise(text, role string, r recorded) (*revision, error) {
	definition, err := parse(text, m.express, m.states.resolver())
	if err != nil {
		return nil, err
	}
	next := &revision{made: time.Now(), text: text, definition: definition, role: role, recorded: r}
	if next.mocked, err = m.states.mockedMachine(definition, m.aliases); err != nil {
		return nil, err
	}
	if next.caller, err = m.states.cloud.Assume(m.states.cloud.ServiceCaller("states.amazonaws.com", m.arn), role, m.name); err != nil {
		return nil, err
	}
	return next, m.states.checkRules(next)
}

// checkRules asks whether the role permits the rules by which Step Functions learns
// of the end of some jobs: it makes them when it makes the machine.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
func (s *StepFunctions) checkRules(r *revision) error {
	for _, t := range r.definition.tasks {
		rule := t.resource.integration.Rule
		if t.resource.pattern != runJob || rule == "" {
			continue
		}
		for _, action := range []string{"PutTargets", "PutRule", "DescribeRule"} {
			if s.cloud.Authorize(r.caller, "events:"+action, s.cloud.ARN("events", "rule/"+rule)) != nil {
				return cloud.Errorf(400, "AccessDeniedException", "'%s' is not authorized to create managed-rule.", r.role)
			}
		}
	}
	return nil
}

// update lets executions that start from now on go by another revision.
func (s *StepFunctions) update(arn, text, role string, r recorded) (*machine, error) {
	s.mu.RLock()
	m := s.machines[arn]
	s.mu.RUnlock()
	if m == nil {
		return nil, fmt.Errorf("there is no state machine %s any more", arn)
	}
	next, err := m.revise(text, role, r)
	if err != nil {
		return nil, err
	}
	next.id = cloud.UUID()
	m.current.Store(next)
	return m, nil
}
