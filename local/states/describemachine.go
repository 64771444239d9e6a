// This file answers questions about state machines.

package states

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type machineRequest struct {
	StateMachineARN string `json:"stateMachineArn"`
}

func (s *StepFunctions) describeStateMachine(_ context.Context, caller cloud.Caller, r machineRequest) (any, error) {
	t, err := s.target(caller, "DescribeStateMachine", r.StateMachineARN)
	if err != nil {
		return nil, err
	}
	description := t.machine.describe(t.revision)
	description["creationDate"] = apiTime(t.machine.created)
	description["status"], description["type"] = "ACTIVE", t.machine.kind()
	if v := t.version; v != nil {
		description["stateMachineArn"], description["creationDate"] = v.arn, apiTime(v.created)
		if v.description != "" {
			description["description"] = v.description
		}
	}
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
	by := cmp.Or(e.revision, m.root().current.Load())
	if e.live != nil {
		by = e.live.revision
	}
	description := m.describe(by)
	description["updateDate"] = apiTime(by.made)
	if m.outer != nil {
		text, err := e.description()
		if err != nil {
			return nil, ifDropped(err, r.ExecutionARN)
		}
		var child struct{ MapRunARN string }
		if err := json.Unmarshal(text, &child); err != nil {
			return nil, fmt.Errorf("read a child of a Map Run: %w", err)
		}
		description["mapRunArn"], description["label"] = child.MapRunARN, m.label
	}
	return description, nil
}

// describe is what the API tells of a machine and of one of its executions' alike.
func (m *machine) describe(r *revision) map[string]any {
	text := r.text
	if s := r.definition.maps[m.label]; s != nil && m.outer != nil {
		text = s.text
	}
	description := map[string]any{
		"stateMachineArn": m.arn, "name": m.root().name, "definition": text, "roleArn": r.role,
		"loggingConfiguration":    r.logging,
		"tracingConfiguration":    r.tracing,
		"encryptionConfiguration": r.encryption,
	}
	if r.id != "" {
		description["revisionId"] = r.id
	}
	if variables := references(text); len(variables) > 0 {
		description["variableReferences"] = variables
	}
	return description
}

// apiTime is a time in the API: seconds since 1970.
func apiTime(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func (s *StepFunctions) listStateMachines(_ context.Context, caller cloud.Caller, r page) (any, error) {
	if err := s.cloud.Authorize(caller, "states:ListStateMachines", s.cloud.ARN("states", "stateMachine:*")); err != nil {
		return nil, err
	}
	s.mu.RLock()
	machines := slices.SortedFunc(maps.Values(s.machines), func(a, b *machine) int { return cmp.Compare(a.name, b.name) })
	s.mu.RUnlock()
	return pageOf(r, "stateMachines", machines, (*machine).summary)
}

func (m *machine) summary() map[string]any {
	return map[string]any{"stateMachineArn": m.arn, "name": m.name, "type": m.kind(), "creationDate": apiTime(m.created)}
}
