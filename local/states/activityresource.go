// This file is CloudFormation's resource type of activities.

package states

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// activityProperties are those of AWS::StepFunctions::Activity.
type activityProperties struct {
	Name                    string
	EncryptionConfiguration encryptionConfiguration
	Tags                    []tag
}

func (s *StepFunctions) declareActivity(_ context.Context, r cfn.Resource, p activityProperties) (cfn.Handle, error) {
	if p.Name == "" {
		p.Name = r.PhysicalName(maxMachineName)
	}
	if err := checkName(p.Name); err != nil {
		return cfn.Handle{}, err
	}
	wanted := s.newActivity(p.Name)
	wanted.encryption, wanted.declared = p.EncryptionConfiguration.orOwned(), true
	a, err := s.activities.add(wanted)
	if err != nil {
		return cfn.Handle{}, err
	}
	a.tags.replace(p.Tags)
	remove := func(context.Context) error { s.activities.remove(a.arn); return nil }
	return cfn.Handle{Ref: a.arn, Attributes: map[string]any{"Arn": a.arn, "Name": a.name}, Delete: remove}, nil
}

func (s *StepFunctions) redeclareActivity(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after activityProperties) (cfn.Handle, error) {
	if a := s.activities.find(h.Ref); a != nil {
		a.tags.redeclare(before.Tags, after.Tags)
	}
	return h, nil
}
