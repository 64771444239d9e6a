// This file is the resource types of CloudFormation.

package states

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// stateMachineProperties are those of AWS::StepFunctions::StateMachine.
type stateMachineProperties struct {
	StateMachineName        string
	StateMachineType        string
	RoleArn                 string
	DefinitionString        string
	Definition              json.RawMessage
	DefinitionSubstitutions map[string]string

	// These change nothing here, but the API tells them.
	LoggingConfiguration    loggingConfiguration
	TracingConfiguration    tracingConfiguration
	EncryptionConfiguration encryptionConfiguration

	Tags cfn.Ignored
}

// Types returns the resource types that the service creates.
func (s *StepFunctions) Types() []cfn.Type {
	return []cfn.Type{cfn.Define("AWS::StepFunctions::StateMachine", s.createStateMachine, cfn.Update(s.updateStateMachine))}
}

func (s *StepFunctions) createStateMachine(_ context.Context, r cfn.Resource, p stateMachineProperties) (cfn.Handle, error) {
	name := p.StateMachineName
	if name == "" {
		name = r.PhysicalName(maxMachineName)
	}
	text, err := p.text()
	if err != nil {
		return cfn.Handle{}, err
	}
	m, err := s.createRecorded(name, text, p.RoleArn, p.StateMachineType == "EXPRESS", p.recorded(), r.LogicalID)
	if err != nil {
		return cfn.Handle{}, err
	}
	if !m.express {
		if err := s.cloud.Keep(m.arn, m); err != nil {
			return cfn.Handle{}, err
		}
	}
	return cfn.Handle{Ref: m.arn, Attributes: m.attributes(), Delete: func(context.Context) error { return s.remove(m) }}, nil
}

// updateStateMachine lets executions go by another definition or role from now
// on. Those that run go on as they began.
func (s *StepFunctions) updateStateMachine(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after stateMachineProperties) (cfn.Handle, error) {
	text, err := after.text()
	if err != nil {
		return h, err
	}
	m, err := s.update(h.Ref, text, after.RoleArn, after.recorded())
	if err != nil {
		return h, err
	}
	h.Attributes = m.attributes()
	return h, nil
}

// text is the definition, and checks what of the properties goes with what.
func (p stateMachineProperties) text() (string, error) {
	text := p.DefinitionString
	switch {
	case len(p.Definition) > 0 && text != "":
		return "", &cfn.Unsupported{Property: "Definition", Reason: "must not be given beside DefinitionString"}
	case p.RoleArn == "":
		return "", &cfn.Unsupported{Property: "RoleArn", Reason: "is required"}
	case !slices.Contains([]string{"", "STANDARD", "EXPRESS"}, p.StateMachineType):
		return "", &cfn.Unsupported{Property: "StateMachineType", Reason: "must be STANDARD or EXPRESS, not " + p.StateMachineType}
	case len(p.Definition) > 0:
		text = string(p.Definition)
	}
	return substitute(text, p.DefinitionSubstitutions), nil
}

func (p stateMachineProperties) recorded() recorded {
	return recorded{p.LoggingConfiguration, p.TracingConfiguration, p.EncryptionConfiguration}
}

func (m *machine) attributes() map[string]any {
	return map[string]any{"Arn": m.arn, "Name": m.name, "StateMachineRevisionId": cmp.Or(m.current.Load().id, initial)}
}

// substitute replaces ${name} in a definition.
func substitute(text string, values map[string]string) string {
	pairs := make([]string, 0, 2*len(values))
	for name, value := range values {
		pairs = append(pairs, "${"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
