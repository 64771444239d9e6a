// This file creates, updates and deletes state machines by the API.

package states

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxDefinition is in characters.
const maxDefinition = 1 << 20

// principal is who takes on the roles of machines.
const principal = "states.amazonaws.com"

type createStateMachineRequest struct {
	Name                    string                  `json:"name"`
	Definition              string                  `json:"definition"`
	RoleARN                 string                  `json:"roleArn"`
	Type                    string                  `json:"type"`
	LoggingConfiguration    loggingConfiguration    `json:"loggingConfiguration"`
	TracingConfiguration    tracingConfiguration    `json:"tracingConfiguration"`
	EncryptionConfiguration encryptionConfiguration `json:"encryptionConfiguration"`
}

func (s *StepFunctions) createStateMachine(_ context.Context, caller cloud.Caller, r createStateMachineRequest) (any, error) {
	if err := checkName(r.Name); err != nil {
		return nil, err
	}
	arn := s.cloud.ARN("states", "stateMachine:"+r.Name)
	if err := s.cloud.Authorize(caller, "states:CreateStateMachine", arn); err != nil {
		return nil, err
	}
	r.Type = cmp.Or(r.Type, "STANDARD")
	if err := oneOf("type", r.Type, "STANDARD", "EXPRESS"); err != nil {
		return nil, err
	}
	wanted := wish{r.Definition, r.RoleARN, recorded{r.LoggingConfiguration, r.TracingConfiguration, r.EncryptionConfiguration}}
	if other, err := s.existingMachine(arn); err == nil {
		return other.createdAgain(r.Type, wanted)
	}
	if err := s.check(caller, &r.Definition, &r.RoleARN); err != nil {
		return nil, err
	}
	m, err := s.create(r.Name, r.Type == "EXPRESS", wanted)
	if err != nil {
		return nil, refused(err)
	}
	return m.whenCreated(), m.keep()
}

// createdAgain answers a request to create a machine that is there. Another role
// is ignored, anything else that differs is refused.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
func (m *machine) createdAgain(kind string, wanted wish) (any, error) {
	now := m.current.Load()
	wanted.role = now.role
	if kind != m.kind() || !now.grants(wanted) {
		return nil, machineExists(m.arn)
	}
	return m.whenCreated(), nil
}

func (m *machine) whenCreated() map[string]any {
	return map[string]any{"stateMachineArn": m.arn, "creationDate": apiTime(m.created)}
}

type updateStateMachineRequest struct {
	StateMachineARN         string                   `json:"stateMachineArn"`
	Definition              *string                  `json:"definition"`
	RoleARN                 *string                  `json:"roleArn"`
	LoggingConfiguration    *loggingConfiguration    `json:"loggingConfiguration"`
	TracingConfiguration    *tracingConfiguration    `json:"tracingConfiguration"`
	EncryptionConfiguration *encryptionConfiguration `json:"encryptionConfiguration"`
}

func (s *StepFunctions) updateStateMachine(_ context.Context, caller cloud.Caller, r updateStateMachineRequest) (any, error) {
	m, err := s.machine(caller, "UpdateStateMachine", r.StateMachineARN)
	if err != nil {
		return nil, err
	}
	if r.Definition == nil && r.RoleARN == nil && r.LoggingConfiguration == nil && r.TracingConfiguration == nil && r.EncryptionConfiguration == nil {
		return nil, cloud.Errorf(400, "MissingRequiredParameter",
			"Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified")
	}
	if err := s.check(caller, r.Definition, r.RoleARN); err != nil {
		return nil, err
	}
	if err := m.update(r.change); err != nil {
		return nil, refused(err)
	}
	answer := map[string]any{"updateDate": apiTime(time.Now())}
	if id := m.current.Load().id; id != "" {
		answer["revisionId"] = id
	}
	return answer, nil
}

// change makes of what a machine is what the request wants it to be.
func (r updateStateMachineRequest) change(w *wish) {
	set(&w.text, r.Definition)
	set(&w.role, r.RoleARN)
	set(&w.logging, r.LoggingConfiguration)
	set(&w.tracing, r.TracingConfiguration)
	set(&w.encryption, r.EncryptionConfiguration)
}

// set puts a value in place, if there is one.
func set[T any](place, value *T) {
	if value != nil {
		*place = *value
	}
}

// check checks what of a definition and a role, if they are given, needs no
// understanding, and that the caller may pass the role.
func (s *StepFunctions) check(caller cloud.Caller, definition, role *string) error {
	if definition != nil && len([]rune(*definition)) > maxDefinition {
		return cloud.Errorf(400, "ValidationException",
			"1 validation error detected: Value at 'definition' failed to satisfy constraint: Member must have length less than or equal to %d", maxDefinition)
	}
	if role == nil {
		return nil
	}
	if arn, ok := cloud.ParseARN(*role); !ok || arn.Service != "iam" || !strings.HasPrefix(arn.Resource, "role/") {
		return cloud.Errorf(400, "InvalidArn", "Invalid Role Arn: '%s'", *role)
	}
	passing := caller
	passing.Context = maps.Clone(caller.Context)
	if passing.Context == nil {
		passing.Context = map[string]string{}
	}
	passing.Context["iam:PassedToService"] = principal
	return s.cloud.Authorize(passing, "iam:PassRole", *role)
}

// refused is the API's error of a machine that can not be made.
func refused(err error) error {
	if invalid, ok := errors.AsType[*InvalidDefinition](err); ok {
		return cloud.Errorf(400, "InvalidDefinition", "Invalid State Machine Definition: '%s'", invalid.forAPI())
	}
	if errors.Is(err, errUnassumable) {
		return cloud.Errorf(400, "AccessDeniedException",
			"Neither the global service principal %s, nor the regional one is authorized to assume the provided role.", principal)
	}
	return err
}

func (s *StepFunctions) deleteStateMachine(_ context.Context, caller cloud.Caller, r machineRequest) (any, error) {
	if err := checkARN(r.StateMachineARN, "stateMachine"); err != nil {
		return nil, err
	}
	if err := s.cloud.Authorize(caller, "states:DeleteStateMachine", r.StateMachineARN); err != nil {
		return nil, err
	}
	m, err := s.existingMachine(r.StateMachineARN)
	if err != nil {
		return struct{}{}, nil // as if it had been there
	}
	return struct{}{}, s.remove(m)
}

// oneOf checks the member of a request that is an enumeration.
func oneOf(member, value string, of ...string) error {
	if slices.Contains(of, value) {
		return nil
	}
	return cloud.Errorf(400, "ValidationException",
		"1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
		value, member, strings.Join(of, ", "))
}
