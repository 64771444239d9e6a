// This file holds state machines and finds them.

package states

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
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

	aliases    []string     // its names in mock configurations
	executions *register    // of a Standard machine
	aborted    []*execution // that an earlier run left running; see durable.go
}

// create makes a machine and begins to serve it.
// In mock configurations it also goes by its aliases.
func (s *StepFunctions) create(name, text, role string, express bool, aliases ...string) (*machine, error) {
	return s.createRecorded(name, text, role, express, recorded{}, aliases...)
}

func (s *StepFunctions) createRecorded(name, text, role string, express bool, r recorded, aliases ...string) (*machine, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	m := &machine{
		states: s, name: name, express: express,
		arn:     s.cloud.ARN("states", "stateMachine:"+name),
		aliases: append([]string{name}, aliases...),
		created: time.Now(), executions: newRegister(s.options),
	}
	m.dimensions = map[string]string{"StateMachineArn": m.arn}
	first, err := m.revise(text, role, r)
	if err != nil {
		return nil, err
	}
	m.current.Store(first)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.machines[m.arn]; ok {
		return nil, cloud.Errorf(400, "StateMachineAlreadyExists", "State Machine Already Exists: '%s'", m.arn)
	}
	s.machines[m.arn] = m
	return m, nil
}

// remove deletes a machine. The executions that run are aborted: they make no
// further transition, as those of a machine that AWS is deleting.
func (s *StepFunctions) remove(m *machine) error {
	s.mu.Lock()
	delete(s.machines, m.arn)
	s.mu.Unlock()
	running, _, _ := m.executions.list(-1, math.MaxInt, statusRunning)
	for _, execution := range running {
		execution.live.end(outcome{status: statusAborted, cause: "The state machine has been deleted."}, 0)
	}
	return s.cloud.Forget(m.arn)
}

// kind is the machine's type as the API names it.
func (m *machine) kind() string {
	if m.express {
		return "EXPRESS"
	}
	return "STANDARD"
}

// machine finds a machine and authorizes the caller for it.
func (s *StepFunctions) machine(caller cloud.Caller, action, arn string) (*machine, error) {
	if err := checkARN(arn, "stateMachine"); err != nil {
		return nil, err
	}
	if err := s.cloud.Authorize(caller, "states:"+action, arn); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	m, ok := s.machines[arn]
	if !ok {
		return nil, cloud.Errorf(400, "StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
	}
	return m, nil
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

type machineRequest struct {
	StateMachineARN string `json:"stateMachineArn"`
}

func (s *StepFunctions) describeStateMachine(_ context.Context, caller cloud.Caller, r machineRequest) (any, error) {
	m, err := s.machine(caller, "DescribeStateMachine", r.StateMachineARN)
	if err != nil {
		return nil, err
	}
	description := m.describe(m.current.Load())
	description["creationDate"] = apiTime(m.created)
	description["status"], description["type"] = "ACTIVE", m.kind()
	return description, nil
}

// describeStateMachineForExecution tells by which revision of its machine an
// execution goes, or went; of one of an earlier run that is not known.
func (s *StepFunctions) describeStateMachineForExecution(_ context.Context, caller cloud.Caller, r executionRequest) (any, error) {
	e, err := s.execution(caller, "DescribeStateMachineForExecution", r.ExecutionARN)
	if err != nil {
		return nil, err
	}
	m, _ := s.ownerOf(r.ExecutionARN)
	by := cmp.Or(e.revision, m.current.Load())
	if e.live != nil {
		by = e.live.revision
	}
	description := m.describe(by)
	description["updateDate"] = apiTime(by.made)
	return description, nil
}

// describe is what the API tells of a machine and of one of its executions' alike.
func (m *machine) describe(r *revision) map[string]any {
	description := map[string]any{
		"stateMachineArn": m.arn, "name": m.name, "definition": r.text, "roleArn": r.role,
		"loggingConfiguration":    r.logging.orOff(),
		"tracingConfiguration":    r.tracing,
		"encryptionConfiguration": r.encryption.orOwned(),
	}
	if r.id != "" {
		description["revisionId"] = r.id
	}
	return description
}

// loggingConfiguration has the members that CloudFormation and the API share,
// but for the case of their first letters.
type loggingConfiguration struct {
	Level                string           `json:"level"`
	IncludeExecutionData bool             `json:"includeExecutionData"`
	Destinations         []logDestination `json:"destinations,omitempty"`
}

type logDestination struct {
	CloudWatchLogsLogGroup struct {
		LogGroupArn string `json:"logGroupArn"`
	} `json:"cloudWatchLogsLogGroup"`
}

func (l loggingConfiguration) orOff() loggingConfiguration {
	l.Level = cmp.Or(l.Level, "OFF")
	return l
}

type tracingConfiguration struct {
	Enabled bool `json:"enabled"`
}

type encryptionConfiguration struct {
	Type                         string `json:"type"`
	KmsKeyId                     string `json:"kmsKeyId,omitempty"`
	KmsDataKeyReusePeriodSeconds int    `json:"kmsDataKeyReusePeriodSeconds,omitempty"`
}

func (e encryptionConfiguration) orOwned() encryptionConfiguration {
	e.Type = cmp.Or(e.Type, "AWS_OWNED_KEY")
	return e
}

// apiTime is a time in the API: seconds since 1970.
func apiTime(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func (s *StepFunctions) listStateMachines(_ context.Context, caller cloud.Caller, r page) (any, error) {
	if err := s.cloud.Authorize(caller, "states:ListStateMachines", s.cloud.ARN("states", "stateMachine:*")); err != nil {
		return nil, err
	}
	s.mu.RLock()
	machines := make([]*machine, 0, len(s.machines))
	for _, m := range s.machines {
		machines = append(machines, m)
	}
	s.mu.RUnlock()
	slices.SortFunc(machines, func(a, b *machine) int { return cmp.Compare(a.name, b.name) })

	from, to, next, err := r.bounds(len(machines))
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, m := range machines[from:to] {
		list = append(list, map[string]any{
			"stateMachineArn": m.arn, "name": m.name, "type": m.kind(), "creationDate": apiTime(m.created),
		})
	}
	return withNext(map[string]any{"stateMachines": list}, next), nil
}
