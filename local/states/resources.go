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
	Definition              map[string]any
	DefinitionS3Location    *definitionLocation
	DefinitionSubstitutions map[string]string

	// These change nothing here, but the API tells them.
	LoggingConfiguration    loggingConfiguration
	TracingConfiguration    tracingConfiguration
	EncryptionConfiguration encryptionConfiguration

	Tags []tag
}

type definitionLocation struct{ Bucket, Key, Version string }

// Types returns the resource types that the service creates.
func (s *StepFunctions) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::StepFunctions::Activity", s.declareActivity, cfn.Update(s.redeclareActivity)),
		cfn.Define("AWS::StepFunctions::StateMachine", s.declareMachine, cfn.Update(s.redeclareMachine)),
		cfn.Define("AWS::StepFunctions::StateMachineAlias", s.declareAlias, cfn.Update(s.redeclareAlias)),
		cfn.Define("AWS::StepFunctions::StateMachineVersion", s.declareVersion),
	}
}

func (s *StepFunctions) declareMachine(ctx context.Context, r cfn.Resource, p stateMachineProperties) (cfn.Handle, error) {
	name := p.StateMachineName
	if name == "" {
		name = r.PhysicalName(maxMachineName)
	}
	wanted, err := s.wish(ctx, p)
	if err != nil {
		return cfn.Handle{}, err
	}
	saved := s.ledger.saved[name]
	if saved.Made != nil {
		return cfn.Handle{}, machineExists(s.cloud.ARN("states", "stateMachine:"+name))
	}
	m, err := s.prepare(name, p.StateMachineType == "EXPRESS", wanted, r.LogicalID)
	if err != nil {
		return cfn.Handle{}, err
	}
	m.declared = true
	if err := m.restoreLedger(saved); err != nil {
		return cfn.Handle{}, err
	}
	m.tags.replace(p.Tags)
	if err := s.serve(m); err != nil {
		return cfn.Handle{}, err
	}
	if err := m.keep(); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: m.arn, Attributes: m.attributes(), Delete: func(context.Context) error { return s.remove(m) }}, nil
}

// redeclareMachine lets executions go by another definition or role from now on.
// Those that run go on as they began.
func (s *StepFunctions) redeclareMachine(ctx context.Context, _ cfn.Resource, h cfn.Handle, before, after stateMachineProperties) (cfn.Handle, error) {
	wanted, err := s.wish(ctx, after)
	if err != nil {
		return h, err
	}
	m, err := s.existingMachine(h.Ref)
	if err != nil {
		return h, err
	}
	if err := m.update(func(w *wish) { *w = wanted }); err != nil {
		return h, err
	}
	m.tags.redeclare(before.Tags, after.Tags)
	h.Attributes = m.attributes()
	return h, nil
}

// wish is what the properties ask for. It checks what of them goes with what.
func (s *StepFunctions) wish(ctx context.Context, p stateMachineProperties) (wish, error) {
	switch {
	case p.RoleArn == "":
		return wish{}, cfn.Invalidf("RoleArn", "is required")
	case !slices.Contains([]string{"", "STANDARD", "EXPRESS"}, p.StateMachineType):
		return wish{}, cfn.Invalidf("StateMachineType", "must be STANDARD or EXPRESS, not %s", p.StateMachineType)
	}
	text, err := s.definitionOf(ctx, p)
	if err != nil {
		return wish{}, err
	}
	return wish{
		text: substitute(text, p.DefinitionSubstitutions), role: p.RoleArn,
		recorded: recorded{p.LoggingConfiguration, p.TracingConfiguration, p.EncryptionConfiguration},
	}, nil
}

// definitionOf is the definition, by whichever property gives it.
func (s *StepFunctions) definitionOf(ctx context.Context, p stateMachineProperties) (string, error) {
	at := p.DefinitionS3Location
	switch {
	case len(p.Definition) > 0 && p.DefinitionString != "":
		return "", cfn.Invalidf("Definition", "must not be given beside DefinitionString")
	case at == nil && len(p.Definition) > 0:
		text, err := json.Marshal(p.Definition)
		return string(text), err
	case at == nil:
		return p.DefinitionString, nil
	case len(p.Definition) > 0 || p.DefinitionString != "":
		return "", cfn.Invalidf("DefinitionS3Location", "must not be given beside another definition")
	case at.Bucket == "" || at.Key == "":
		return "", cfn.Invalidf("DefinitionS3Location", "must have Bucket and Key")
	case s.options.Document == nil:
		return "", &cfn.Unsupported{Property: "DefinitionS3Location", Reason: "there are no objects"}
	}
	text, err := s.options.Document(ctx, at.Bucket, at.Key, at.Version)
	return string(text), err
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
