// This file holds state machines and finds them.

package states

import (
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxMachineName is in characters.
const maxMachineName = 80

// A machine has a name, executions, and what it can be updated in.
type machine struct {
	cloud.Changes // of the executions

	states     *StepFunctions
	arn        string
	name       string
	express    bool
	created    time.Time
	dimensions map[string]string // of its metrics
	current    atomic.Pointer[revision]
	updating   sync.Mutex // held by one update at a time
	published  published
	tags       tags
	declared   bool // by a template
	maps       mapMachines
	outer      *machine   // of the machine of a distributed Map; otherwise nil
	label      string     // of the distributed Map
	restored   []savedMap // the distributed Maps of an earlier run, until they are there

	mocked     []string     // its names in mock configurations
	executions *register    // of a Standard machine
	aborted    []*execution // that an earlier run left running; see durable.go
}

// create makes a machine and begins to serve it.
func (s *StepFunctions) create(name string, express bool, w wish, mocked ...string) (*machine, error) {
	m, err := s.prepare(name, express, w, mocked...)
	if err != nil {
		return nil, err
	}
	if err := s.serve(m); err != nil {
		return nil, err
	}
	return m, nil
}

// prepare makes a machine that nobody knows yet.
// In mock configurations it also goes by its other names.
func (s *StepFunctions) prepare(name string, express bool, w wish, mocked ...string) (*machine, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	m := s.newMachine(name, express, time.Now(), mocked)
	first, err := m.revise(w)
	if err != nil {
		return nil, err
	}
	m.current.Store(first)
	return m, nil
}

// serve makes a machine known.
func (s *StepFunctions) serve(m *machine) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.machines[m.arn] != nil {
		return machineExists(m.arn)
	}
	s.machines[m.arn] = m
	return nil
}

func (s *StepFunctions) newMachine(name string, express bool, created time.Time, mocked []string) *machine {
	m := &machine{
		states: s, name: name, express: express,
		arn:     s.cloud.ARN("states", "stateMachine:"+name),
		mocked:  append([]string{name}, mocked...),
		created: created, executions: newRegister(s.options),
	}
	m.dimensions = map[string]string{"StateMachineArn": m.arn}
	return m
}

func machineExists(arn string) error {
	return cloud.Errorf(400, "StateMachineAlreadyExists", "State Machine Already Exists: '%s'", arn)
}

// remove deletes a machine. The executions that run are aborted: they make no
// further transition, as those of a machine that AWS is deleting.
func (s *StepFunctions) remove(m *machine) error {
	s.mu.Lock()
	if s.machines[m.arn] != m {
		s.mu.Unlock()
		return nil // it is deleted already
	}
	delete(s.machines, m.arn)
	s.mu.Unlock()
	s.ledger.Changed()
	for _, inner := range m.maps.all() {
		if err := s.cloud.Forget(inner.arn); err != nil {
			return err
		}
	}
	running, _, _ := m.executions.list(-1, math.MaxInt, func(s *slot) bool { status, _ := s.outcome(); return status == statusRunning })
	for _, execution := range running {
		execution.live.end(outcome{status: statusAborted, cause: "The state machine has been deleted."}, 0)
	}
	return s.cloud.Forget(m.arn)
}

// remembers tells whether executions are to be found when they have ended.
func (m *machine) remembers() bool { return !m.express || m.outer != nil }

// kind is the machine's type as the API names it.
func (m *machine) kind() string {
	if m.express {
		return "EXPRESS"
	}
	return "STANDARD"
}

// machine finds a machine, but no version or alias of one, and authorizes the
// caller for it.
func (s *StepFunctions) machine(caller cloud.Caller, action, arn string) (*machine, error) {
	if err := checkARN(arn, "stateMachine"); err != nil {
		return nil, err
	}
	if err := s.authorize(caller, action, arn); err != nil {
		return nil, err
	}
	return s.existingMachine(arn)
}

// existingMachine finds a machine by its ARN.
func (s *StepFunctions) existingMachine(arn string) (*machine, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	m, ok := s.machines[arn]
	if !ok {
		return nil, noMachine(arn)
	}
	return m, nil
}

// keep makes the executions durable. Those of an Express machine are not to be
// found when they have ended.
func (m *machine) keep() error {
	if m.express {
		return nil
	}
	if err := m.states.cloud.Keep(m.arn, m); err != nil {
		return err
	}
	for _, saved := range m.restored {
		if _, err := m.ofMap(saved.Label, saved.Express); err != nil {
			return err
		}
	}
	m.restored = nil
	return nil
}

// checkARN checks that a text is the ARN of a kind of resource of this service.
func checkARN(arn, kind string) error {
	parsed, _ := cloud.ParseARN(arn)
	found, _, named := strings.Cut(parsed.Resource, ":")
	switch {
	case !named || parsed.Service != "states":
		return cloud.Errorf(400, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: %s'", arn)
	case found != kind:
		return cloud.Errorf(400, "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: %s'", found)
	}
	return nil
}

// checkName checks a name of a machine or of an execution: 1 to 80 characters
// without white space, brackets, wild cards, special and control characters.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
func checkName(name string) error {
	if n := len([]rune(name)); n == 0 || n > maxMachineName {
		return cloud.Errorf(400, "InvalidName", "Invalid Name: '%s' must have 1 to %d characters", name, maxMachineName)
	}
	if strings.ContainsFunc(name, isForbidden) {
		return cloud.Errorf(400, "InvalidName", "Invalid Name: '%s'", name)
	}
	return nil
}

func isForbidden(r rune) bool {
	const special = " \t\n\r<>{}[]?*\"#%\\^|~`$&,;:/"
	return r < 0x20 || r >= 0x7f && r <= 0x9f || r >= 0xfffe && r <= 0xffff || r == 0x10ffff || strings.ContainsRune(special, r)
}
