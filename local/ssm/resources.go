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
	return []cfn.Type{cfn.Define("AWS::SSM::Parameter", s.create)}
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
	if p.Type != "String" && p.Type != "StringList" {
		return cfn.Handle{}, &cfn.Unsupported{Property: "Type", Reason: fmt.Sprintf("must be String or StringList, got %q", p.Type)}
	}
	if p.DataType == "" {
		p.DataType = "text"
	}
	if p.DataType != "text" {
		return cfn.Handle{}, &cfn.Unsupported{Property: "DataType", Reason: fmt.Sprintf("must be text, got %q", p.DataType)}
	}
	pattern, err := regexp.Compile(p.AllowedPattern)
	if err != nil {
		return cfn.Handle{}, fmt.Errorf("property AllowedPattern: %w", err)
	}
	if p.Value == "" || !pattern.MatchString(p.Value) {
		return cfn.Handle{}, fmt.Errorf("property Value must match %q and not be empty, got %q", p.AllowedPattern, p.Value)
	}
	if p.Name == "" {
		p.Name = r.PhysicalName(128)
	}
	if err := s.put(parameter{Name: p.Name, Type: p.Type, Value: p.Value, DataType: p.DataType}); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: p.Name, Attributes: map[string]any{"Type": p.Type, "Value": p.Value}, Delete: cfn.Removal(&s.mu, s.parameters, p.Name)}, nil
}
