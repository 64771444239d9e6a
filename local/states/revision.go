// This file holds what a machine can be updated in.

package states

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A revision is what a machine is at some time. It never changes: an execution
// goes by one for all of its life, redrives included.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html
type revision struct {
	wish
	id         string // empty: the first one
	made       time.Time
	definition *definition
	caller     cloud.Caller // who its tasks act as
	mocked     mockedMachine
	ways       *ways // that its executions take
	traced     sync.Once
	journal    *journal // nil: nothing is logged
}

// A wish is what a machine is to be from some time on.
type wish struct {
	text string // the definition as given, with its substitutions
	role string
	recorded
}

// roleOrNull is the role as the context object has it: TestState may be without one.
func (w wish) roleOrNull() any {
	if w.role == "" {
		return nil
	}
	return w.role
}

// grants tells whether the revision is what is wanted already.
func (r *revision) grants(w wish) bool {
	w.recorded = w.withDefaults()
	return reflect.DeepEqual(r.wish, w)
}

// initial is how CloudFormation calls the first revision, which has no id.
const initial = "INITIAL"

// errUnassumable says that a machine's role does not let Step Functions take it on.
var errUnassumable = errors.New("the role can not be assumed")

// revise makes a revision of the machine, which does not go by it yet.
func (m *machine) revise(w wish) (*revision, error) {
	w.recorded = w.withDefaults()
	definition, err := parse(w.text, m.express, m.states.resolver())
	if err != nil {
		return nil, err
	}
	if err := m.states.checkLogging(w.logging); err != nil {
		return nil, err
	}
	next := &revision{wish: w, made: time.Now(), definition: definition, ways: newWays()}
	if next.mocked, err = m.states.mockedMachine(definition, m.mocked); err != nil {
		return nil, err
	}
	if next.caller, err = m.assume(w.role); err != nil {
		return nil, fmt.Errorf("%w: %w", errUnassumable, err)
	}
	if err := m.states.checkLogAccess(next); err != nil {
		return nil, err
	}
	if err := m.states.checkRules(next); err != nil {
		return nil, err
	}
	next.journal = m.journal(w.logging)
	next.journal.validate()
	return next, nil
}

func (m *machine) assume(role string) (cloud.Caller, error) {
	return m.states.cloud.Assume(m.states.cloud.ServiceCaller(principal, m.arn), role, m.name)
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

// update lets executions that start from now on go by another revision, unless
// the change changes nothing.
func (m *machine) update(change func(w *wish)) error {
	m.updating.Lock()
	defer m.updating.Unlock()
	before := m.current.Load()
	after := before.wish
	change(&after)
	if before.grants(after) {
		return nil
	}
	next, err := m.revise(after)
	if err != nil {
		return err
	}
	next.id = cloud.UUID()
	m.current.Store(next)
	m.states.ledger.Changed()
	return nil
}
