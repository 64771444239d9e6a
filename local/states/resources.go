// This file is the resource types of CloudFormation.

package states

import (
	"context"
	"encoding/json"
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
	return []cfn.Type{cfn.Define("AWS::StepFunctions::StateMachine", s.createStateMachine)}
}

func (s *StepFunctions) createStateMachine(_ context.Context, r cfn.Resource, p stateMachineProperties) (cfn.Handle, error) {
	name := p.StateMachineName
	if name == "" {
		name = r.PhysicalName(maxMachineName)
	}
	text := p.DefinitionString
	if len(p.Definition) > 0 {
		if text != "" {
			return cfn.Handle{}, &cfn.Unsupported{Property: "Definition", Reason: "must not be given beside DefinitionString"}
		}
		text = string(p.Definition)
	}
	if p.RoleArn == "" {
		return cfn.Handle{}, &cfn.Unsupported{Property: "RoleArn", Reason: "is required"}
	}
	express := p.StateMachineType == "EXPRESS"
	if !express && p.StateMachineType != "" && p.StateMachineType != "STANDARD" {
		return cfn.Handle{}, &cfn.Unsupported{Property: "StateMachineType", Reason: "must be STANDARD or EXPRESS, not " + p.StateMachineType}
	}
	m, err := s.create(name, substitute(text, p.DefinitionSubstitutions), p.RoleArn, express, r.LogicalID)
	if err != nil {
		return cfn.Handle{}, err
	}
	m.logging, m.tracing, m.encryption = p.LoggingConfiguration, p.TracingConfiguration, p.EncryptionConfiguration
	if !m.express {
		if err := s.cloud.Keep(m.arn, m); err != nil {
			return cfn.Handle{}, err
		}
	}
	return cfn.Handle{Ref: m.arn, Attributes: map[string]any{
		"Arn": m.arn, "Name": m.name, "StateMachineRevisionId": "INITIAL",
	}, Delete: func(context.Context) error { return s.remove(m) }}, nil
}

// substitute replaces ${name} in a definition.
func substitute(text string, values map[string]string) string {
	pairs := make([]string, 0, 2*len(values))
	for name, value := range values {
		pairs = append(pairs, "${"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
