package lambda

// This file creates versions of functions, and their aliases, from CloudFormation.

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type versionProperties struct {
	FunctionName string
	Description  string
	CodeSha256   cfn.Ignored

	ProvisionedConcurrencyConfig cfn.Ignored
	RuntimePolicy                cfn.Ignored
}

// createVersion publishes the function as it is now.
func (l *Lambda) createVersion(_ context.Context, _ cfn.Resource, p versionProperties) (cfn.Handle, error) {
	t, err := l.find(p.FunctionName)
	if err != nil {
		return cfn.Handle{}, err
	}
	v, isNew, err := t.publish(p.Description, "")
	if err != nil {
		return cfn.Handle{}, err
	}
	if !isNew {
		return cfn.Handle{}, cloud.Errorf(409, "AlreadyExists", "A version for this Lambda function exists ( %s ). Modify the function to create a new version.", v.number)
	}
	arn := t.function.arn + ":" + v.number
	return cfn.Handle{Ref: arn, Attributes: map[string]any{"Version": v.number, "FunctionArn": arn}, Delete: func(context.Context) error {
		return l.withdraw(t.function, v)
	}}, nil
}

type aliasProperties struct {
	FunctionName    string
	FunctionVersion string
	Name            string
	RoutingConfig   *struct {
		AdditionalVersionWeights []struct {
			FunctionVersion string
			FunctionWeight  float64
		}
	}
	Description string

	ProvisionedConcurrencyConfig cfn.Ignored
}

// createAlias gives a version a name.
func (l *Lambda) createAlias(_ context.Context, _ cfn.Resource, p aliasProperties) (cfn.Handle, error) {
	t, err := l.find(p.FunctionName)
	if err != nil {
		return cfn.Handle{}, err
	}
	a, err := p.alias()
	if err != nil {
		return cfn.Handle{}, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	arn := t.function.arn + ":" + p.Name
	return cfn.Handle{Ref: arn, Attributes: map[string]any{"AliasArn": arn}, Delete: func(context.Context) error {
		return l.unname(t.function, p.Name)
	}}, t.addAlias(p.Name, a)
}

// changeAlias gives the name to another version.
func (l *Lambda) changeAlias(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after aliasProperties) (cfn.Handle, error) {
	t, err := l.find(after.FunctionName)
	if err != nil {
		return h, err
	}
	a, err := after.alias()
	if err != nil {
		return h, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	if err := t.routes(a); err != nil {
		return h, err
	}
	t.aliases[after.Name] = a
	return h, nil
}

// alias is what a template says of one.
func (p aliasProperties) alias() (alias, error) {
	a := alias{version: p.FunctionVersion, further: map[string]float64{}, description: p.Description, revision: cloud.UUID()}
	if p.RoutingConfig != nil {
		for _, w := range p.RoutingConfig.AdditionalVersionWeights {
			if w.FunctionWeight < 0 || w.FunctionWeight > 1 {
				return a, invalid("a version's weight is %v; it must be from 0.0 to 1.0", w.FunctionWeight)
			}
			a.further[w.FunctionVersion] = w.FunctionWeight
		}
	}
	return a, nil
}
