package ssm

// This file has the CloudFormation resource type.

import (
	"context"
	"fmt"
	"regexp"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// Types returns AWS::SSM::Parameter.
func (s *SSM) Types() []cfn.Type {
	return []cfn.Type{cfn.Define("AWS::SSM::Parameter", s.create, cfn.Update(s.update))}
}

type properties struct {
	Name           string
	Type           string
	Value          string
	AllowedPattern string
	DataType       string
	Description    cfn.Ignored
	Policies       cfn.Ignored
	Tags           cfn.Ignored
	Tier           cfn.Ignored
}

func (s *SSM) create(_ context.Context, r cfn.Resource, p properties) (cfn.Handle, error) {
	if p.Name == "" {
		p.Name = r.PhysicalName(128)
	}
	declared, err := p.parameter()
	if err != nil {
		return cfn.Handle{}, err
	}
	if err := s.put(declared); err != nil {
		return cfn.Handle{}, err
	}
	return s.handle(declared), nil
}

// update is the parameter's next version.
func (s *SSM) update(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after properties) (cfn.Handle, error) {
	after.Name = h.Ref
	declared, err := after.parameter()
	if err != nil {
		return h, err
	}
	return s.handle(declared), s.overwrite(declared)
}

func (s *SSM) handle(p parameter) cfn.Handle {
	return cfn.Handle{Ref: p.Name, Attributes: map[string]any{"Type": p.Type, "Value": p.Value}, Delete: func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.parameters, p.Name)
		delete(s.earlier, p.Name)
		return nil
	}}
}

// parameter refuses what the store, or this engine, does not take.
func (p properties) parameter() (parameter, error) {
	if p.Type != "String" && p.Type != "StringList" {
		return parameter{}, &cfn.Unsupported{Property: "Type", Reason: fmt.Sprintf("must be String or StringList, got %q", p.Type)}
	}
	if p.DataType == "" {
		p.DataType = "text"
	}
	if p.DataType != "text" {
		return parameter{}, &cfn.Unsupported{Property: "DataType", Reason: fmt.Sprintf("must be text, got %q", p.DataType)}
	}
	pattern, err := regexp.Compile(p.AllowedPattern)
	if err != nil {
		return parameter{}, fmt.Errorf("property AllowedPattern: %w", err)
	}
	if p.Value == "" || !pattern.MatchString(p.Value) {
		return parameter{}, fmt.Errorf("property Value must match %q and not be empty, got %q", p.AllowedPattern, p.Value)
	}
	return parameter{Name: p.Name, Type: p.Type, Value: p.Value, DataType: p.DataType}, nil
}
