// Package statetest runs whole executions of a state machine in `go test`: mocks
// answer for what tasks would call, and the time that the machine waits takes none.
//
//	machine := statetest.Read(t, "order.asl.json")
//	run := machine.Run(t, statetest.Execution{
//		Input: `{"order": "o-1"}`,
//		Mocks: statetest.Mocks{
//			"Charge": {statetest.Fails("Busy", "try again"), statetest.Gives(`{"charge": "c-1"}`)},
//		},
//	})
//	if run.Status != "SUCCEEDED" { ... }
//
// What the executions of a machine took, and what no test takes, Coverage tells.
package statetest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/mock"
	"github.com/tradepost-dev/tradepost/local/states"
	"github.com/tradepost-dev/tradepost/local/states/coverage"
)

// Where the machines are.
const (
	account = "000000000000"
	region  = "us-east-1"
	role    = "arn:aws:iam::" + account + ":role/test"
)

// A Machine is a state machine under test. Its tests must not run in parallel.
type Machine struct {
	Name       string
	Definition string
	Express    bool // it is an Express one. Default: Standard

	// Mocks is a mock configuration of Step Functions Local, whose test cases
	// executions may name. Default: there are none.
	Mocks *mock.Config

	coverage coverage.Machine
}

// New makes a machine of a definition. What ${NAME} stands for is the ARN of a
// function of this name, if it is not given.
func New(name, definition string, substitutions map[string]string) *Machine {
	definition = placeholder.ReplaceAllStringFunc(definition, func(text string) string {
		name := text[2 : len(text)-1]
		if value, ok := substitutions[name]; ok {
			return value
		}
		return functionARN(name)
	})
	return &Machine{Name: name, Definition: definition}
}

var placeholder = regexp.MustCompile(`\$\{[A-Za-z0-9_]+\}`)

func functionARN(name string) string {
	return "arn:aws:lambda:" + region + ":" + account + ":function:" + name
}

// Read makes a machine of the definition in a file, named by it.
func Read(t testing.TB, path string) *Machine {
	t.Helper()
	m, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// ReadFile is Read where there is no test.
func ReadFile(path string) (*Machine, error) { return readFile(path, nil) }

func readFile(path string, substitutions map[string]string) (*Machine, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the definition: %w", err)
	}
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	return New(name, string(text), substitutions), nil
}

// An Execution is what is to run.
type Execution struct {
	Input string // JSON. Default: {}

	// Mocks answer for Task, Parallel and Map states. Every Task that is come to
	// needs one.
	Mocks Mocks

	// Case is the test case of the machine's mock configuration that the
	// execution is of, in the place of Mocks. Default: of none.
	Case string
}

// A Run is an execution that has ended.
type Run struct {
	Status       string // "SUCCEEDED", "FAILED", "TIMED_OUT"
	Output       string // JSON
	Error, Cause string
	Took         time.Duration // of the time that it had
	Events       []Event       // none of an Express execution
}

// An Event is one of the execution's history.
type Event struct {
	ID       int
	Previous int
	Type     string
	At       time.Time
	Details  json.RawMessage // the member that is named after the type, or nil
}

// States are the names of the states that were entered, in this order.
func (r *Run) States() []string {
	var names []string
	for _, e := range r.Events {
		var entered struct{ Name string }
		if strings.HasSuffix(e.Type, "StateEntered") && json.Unmarshal(e.Details, &entered) == nil {
			names = append(names, entered.Name)
		}
	}
	return names
}

// Run runs an execution to its end. A definition or a mock that is wrong fails the
// test.
func (m *Machine) Run(t *testing.T, e Execution) *Run {
	t.Helper()
	run, err := m.run(t, e)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// Try is Run, and returns what is wrong.
func (m *Machine) Try(t *testing.T, e Execution) (*Run, error) {
	t.Helper()
	return m.run(t, e)
}

func (m *Machine) run(t *testing.T, e Execution) (run *Run, err error) {
	config := m.Mocks
	if e.Case == "" {
		if config, err = e.Mocks.config(m); err != nil {
			return nil, err
		}
		e.Case = onlyCase
	}
	synctest.Test(t, func(*testing.T) { // whose clock stands still while anything is at work
		run, err = m.within(config, e)
	})
	return run, err
}

// within runs an execution in an engine of its own.
func (m *Machine) within(config *mock.Config, e Execution) (*Run, error) {
	c := cloud.New(cloud.Site{Account: account, Region: region})
	defer c.Close()
	service := states.New(c, states.Options{Mocks: config, MocksOnly: true})
	c.Register("states", service)
	kind := "STANDARD"
	if m.Express {
		kind = "EXPRESS"
	}
	call := func(action string, in, out any) error {
		return c.Do(context.Background(), c.Administrator(), "states", action, in, out)
	}
	var made struct{ StateMachineArn string }
	if err := call("CreateStateMachine", map[string]any{"name": m.Name, "definition": m.Definition, "roleArn": role, "type": kind}, &made); err != nil {
		return nil, fmt.Errorf("state machine %s: %w", m.Name, err)
	}
	arn := made.StateMachineArn + "#" + e.Case
	input := e.Input
	if input == "" {
		input = "{}"
	}
	var d description
	if m.Express {
		if err := call("StartSyncExecution", map[string]any{"stateMachineArn": arn, "input": input}, &d); err != nil {
			return nil, err
		}
	} else {
		var started struct{ ExecutionArn string }
		if err := call("StartExecution", map[string]any{"stateMachineArn": arn, "input": input}, &started); err != nil {
			return nil, err
		}
		if err := service.Await(context.Background(), started.ExecutionArn); err != nil {
			return nil, err
		}
		if err := call("DescribeExecution", map[string]any{"executionArn": started.ExecutionArn}, &d); err != nil {
			return nil, err
		}
		if err := d.history(call, started.ExecutionArn); err != nil {
			return nil, err
		}
	}
	for _, taken := range service.Coverage() {
		if taken.Name == m.Name {
			m.coverage.Add(taken)
		}
	}
	return d.run(), nil
}

// Coverage tells what all executions of the machine took. Of a definition that is
// wrong there is nothing to tell.
func (m *Machine) Coverage() coverage.Machine {
	if len(m.coverage.States) == 0 {
		m.coverage, _ = states.Uncovered(m.Name, m.Definition)
	}
	return m.coverage
}
