// Package states is AWS Step Functions, running here: it interprets the Amazon
// States Language and answers the service's API.
//
// A definition is parsed and checked once, into a graph of states (definition.go).
// A machine is a definition with a name and a role (machine.go). An execution
// (execution.go) walks a graph in a thread (thread.go); each kind of state has a
// file of its own (pass.go, task.go, choice.go, ...), and so have what they share:
// the flow of data (flow.go), Retry and Catch (guard.go), failures and their names
// (failure.go). What a Task can call stands in one table (integrations.go). What
// happened is recorded as AWS records it (history.go, events.go).
//
// Where AWS's documentation and what the service really answers differ in the
// wording or order of history events, recorded histories of the service decided.
package states

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// States is the service: the machines of one account and region.
type States struct {
	cloud      *cloud.Cloud
	operations map[string]operation
	tokens     *tokens
	shelf      shelf

	mu       sync.RWMutex
	machines map[string]*machine // by ARN
}

var _ cloud.API = (*States)(nil)

// New returns the service without machines. Register it as "states".
func New(c *cloud.Cloud) *States {
	return &States{cloud: c, operations: operations(), tokens: newTokens(), machines: map[string]*machine{}}
}

// An operation answers one action of the API.
type operation func(s *States, ctx context.Context, caller cloud.Caller, input json.RawMessage) (any, error)

// operations returns the API, by action.
func operations() map[string]operation {
	return map[string]operation{
		"StartExecution":                   handle((*States).startExecution),
		"StartSyncExecution":               handle((*States).startSyncExecution),
		"StopExecution":                    handle((*States).stopExecution),
		"DescribeExecution":                handle((*States).describeExecution),
		"DescribeStateMachine":             handle((*States).describeStateMachine),
		"DescribeStateMachineForExecution": handle((*States).describeStateMachineForExecution),
		"ListExecutions":                   handle((*States).listExecutions),
		"ListStateMachines":                handle((*States).listStateMachines),
		"GetExecutionHistory":              handle((*States).getExecutionHistory),
		"SendTaskSuccess":                  handle((*States).sendTaskSuccess),
		"SendTaskFailure":                  handle((*States).sendTaskFailure),
		"SendTaskHeartbeat":                handle((*States).sendTaskHeartbeat),
	}
}

// handle adapts a method with a typed request to an operation.
func handle[Request any](method func(*States, context.Context, cloud.Caller, Request) (any, error)) operation {
	return func(s *States, ctx context.Context, caller cloud.Caller, input json.RawMessage) (any, error) {
		var request Request
		if len(input) > 0 {
			if err := json.Unmarshal(input, &request); err != nil {
				return nil, cloud.Errorf(400, "SerializationException", "the request is not valid: %v", err)
			}
		}
		return method(s, ctx, caller, request)
	}
}

// Supports implements cloud.API.
func (s *States) Supports(action string) bool {
	_, ok := s.operations[action]
	return ok
}

// Call implements cloud.API.
func (s *States) Call(ctx context.Context, caller cloud.Caller, action string, input json.RawMessage) (json.RawMessage, error) {
	operation, ok := s.operations[action]
	if !ok {
		return nil, cloud.Errorf(400, "UnknownOperationException", "the local engine does not serve states:%s", action)
	}
	answer, err := operation(s, ctx, caller, input)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}
