// This file creates, updates and deletes state machines by the API.

package states

import (
	"cmp"
	"context"
	"errors"
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
	Tags                    []tag                   `json:"tags"`
	publication
}

// publication is what a request says about a version that it publishes.
type publication struct {
	Publish     bool   `json:"publish"`
	Description string `json:"versionDescription"`
}

// check asks whether the caller may publish a version, if it wants one.
func (p publication) check(s *StepFunctions, caller cloud.Caller, machineARN string) error {
	if p.Publish {
		return s.authorize(caller, "PublishStateMachineVersion", machineARN)
	}
	if p.Description != "" {
		return cloud.Errorf(400, "ValidationException", "Version description can only be set when publish is true")
	}
	return nil
}

func (s *StepFunctions) createStateMachine(_ context.Context, caller cloud.Caller, r createStateMachineRequest) (any, error) {
	if err := checkName(r.Name); err != nil {
		return nil, err
	}
	arn := s.cloud.ARN("states", "stateMachine:"+r.Name)
	if err := s.authorize(caller, "CreateStateMachine", arn); err != nil {
		return nil, err
	}
	if err := r.publication.check(s, caller, arn); err != nil {
		return nil, err
	}
	if len(r.Tags) > 0 {
		if err := s.authorize(caller, "TagResource", arn); err != nil {
			return nil, err
		}
	}
	if err := checkTags(inCloud(r.Tags), arn); err != nil {
		return nil, err
	}
	r.Type = cmp.Or(r.Type, "STANDARD")
	if err := oneOf("type", r.Type, "STANDARD", "EXPRESS"); err != nil {
		return nil, err
	}
	wanted := wish{r.Definition, r.RoleARN, recorded{r.LoggingConfiguration, r.TracingConfiguration, r.EncryptionConfiguration}}
	if other, err := s.existingMachine(arn); err == nil {
		return other.createdAgain(r, wanted)
	}
	if err := s.check(caller, &r.Definition, &r.RoleARN); err != nil {
		return nil, err
	}
	m, err := s.create(r.Name, r.Type == "EXPRESS", wanted)
	if err != nil {
		return nil, refused(err)
	}
	m.tags.replace(r.Tags)
	var v *version
	if r.Publish {
		if v, err = m.publish("", r.Description, ""); err != nil {
			return nil, err
		}
	}
	s.ledger.Changed()
	return m.whenCreated(v), m.keep()
}

// createdAgain answers a request to create a machine that is there. Another role
// and other tags are ignored, anything else that differs is refused.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
func (m *machine) createdAgain(r createStateMachineRequest, wanted wish) (any, error) {
	m.published.mu.Lock()
	defer m.published.mu.Unlock()
	now := m.current.Load()
	wanted.role = now.role
	v := m.published.of(now)
	asPublished := r.Publish == (v != nil) && (v == nil || v.description == r.Description)
	if r.Type != m.kind() || !now.grants(wanted) || !asPublished {
		return nil, machineExists(m.arn)
	}
	return m.whenCreated(v), nil
}

// whenCreated tells of the machine, and of the version that was published with it.
func (m *machine) whenCreated(v *version) map[string]any {
	answer := map[string]any{"stateMachineArn": m.arn, "creationDate": apiTime(m.created)}
	if v != nil {
		answer["stateMachineVersionArn"] = v.arn
	}
	return answer
}

type updateStateMachineRequest struct {
	StateMachineARN         string                   `json:"stateMachineArn"`
	Definition              *string                  `json:"definition"`
	RoleARN                 *string                  `json:"roleArn"`
	LoggingConfiguration    *loggingConfiguration    `json:"loggingConfiguration"`
	TracingConfiguration    *tracingConfiguration    `json:"tracingConfiguration"`
	EncryptionConfiguration *encryptionConfiguration `json:"encryptionConfiguration"`
	publication
}

func (s *StepFunctions) updateStateMachine(_ context.Context, caller cloud.Caller, r updateStateMachineRequest) (any, error) {
	m, err := s.machine(caller, "UpdateStateMachine", r.StateMachineARN)
	if err != nil {
		return nil, err
	}
	if err := r.publication.check(s, caller, m.arn); err != nil {
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
	if r.Publish {
		v, err := m.publish("", r.Description, "")
		if err != nil {
			return nil, err
		}
		answer["stateMachineVersionArn"] = v.arn
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
		return invalidMember("", "definition", "Member must have length less than or equal to 1048576")
	}
	if role == nil {
		return nil
	}
	if arn, ok := cloud.ParseARN(*role); !ok || arn.Service != "iam" || !strings.HasPrefix(arn.Resource, "role/") {
		return cloud.Errorf(400, "InvalidArn", "Invalid Role Arn: '%s'", *role)
	}
	return s.cloud.MayPass(caller, *role, principal)
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
	if err := s.authorize(caller, "DeleteStateMachine", r.StateMachineARN); err != nil {
		return nil, err
	}
	m, err := s.existingMachine(r.StateMachineARN)
	if err != nil {
		return struct{}{}, nil // as if it had been there
	}
	return struct{}{}, s.remove(m)
}
