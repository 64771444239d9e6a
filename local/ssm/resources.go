package ssm

// This file has the CloudFormation resource type.

import (
	"context"
	"errors"
	"maps"
	"reflect"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// Types returns AWS::SSM::Parameter.
func (s *SSM) Types() []cfn.Type {
	return []cfn.Type{cfn.Define("AWS::SSM::Parameter", s.createParameter, cfn.Update(s.update))}
}

type properties struct {
	Name           string
	Type           string
	Value          string
	AllowedPattern string
	DataType       string
	Description    string
	Policies       cfn.Ignored
	Tags           map[string]string
	Tier           string
}

func (s *SSM) createParameter(_ context.Context, r cfn.Resource, p properties) (cfn.Handle, error) {
	if p.Name == "" {
		p.Name = r.PhysicalName(128)
	}
	d, err := p.declared()
	if err != nil {
		return cfn.Handle{}, err
	}
	tags := map[string]string{}
	maps.Copy(tags, p.Tags)
	s.mu.Lock()
	defer s.mu.Unlock()
	made, err := s.create(p.Name, s.cloud.Administrator().ARN, d, tags)
	if err != nil {
		return cfn.Handle{}, err
	}
	return s.handle(made), nil
}

// update is the parameter's next version, if it says something else than the one before.
func (s *SSM) update(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after properties) (cfn.Handle, error) {
	d, err := after.declared()
	if err != nil {
		return h, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.called(h.Ref)
	if p == nil {
		return h, notFound(h.Ref)
	}
	for key := range before.Tags {
		delete(p.tags, key)
	}
	maps.Copy(p.tags, after.Tags)
	before.Tags, after.Tags = nil, nil
	if reflect.DeepEqual(before, after) {
		return h, nil
	}
	if err := s.overwrite(p, s.cloud.Administrator().ARN, d); err != nil {
		return h, err
	}
	return s.handle(p), nil
}

func (s *SSM) handle(p *parameter) cfn.Handle {
	latest := p.latest()
	return cfn.Handle{Ref: p.name, Attributes: map[string]any{"Type": latest.typ, "Value": latest.value}, Delete: func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.parameters[p.name] == p { // and not one that was made in its place
			s.remove(p)
		}
		return nil
	}}
}

// declared refuses what the store, or this engine, does not take.
func (p properties) declared() (declared, error) {
	d := declared{value: p.Value, typ: p.Type, dataType: p.DataType, description: p.Description, pattern: p.AllowedPattern, tier: p.Tier}
	if p.Type != stringType && p.Type != listType {
		return d, cfn.Invalidf("Type", "must be String or StringList, got %q", p.Type)
	}
	if p.DataType != "" && p.DataType != "text" {
		return d, cfn.Invalidf("DataType", "must be text, got %q", p.DataType)
	}
	if p.Value == "" {
		return d, errors.New("property Value must not be empty")
	}
	err := d.complete()
	return d, err
}
