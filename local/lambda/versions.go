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

	ProvisionedConcurrencyConfig *provisionedProperties
	RuntimePolicy                cfn.Ignored
}

type provisionedProperties struct{ ProvisionedConcurrentExecutions int }

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
	}}, l.declareProvisioned(t.function, v.number, p.ProvisionedConcurrencyConfig)
}

// declareProvisioned gives a version or an alias the places that a template
// declares, or takes away those that it has.
func (l *Lambda) declareProvisioned(f *function, qualifier string, p *provisionedProperties) error {
	if p == nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.provisioned, qualifier)
		return nil
	}
	v, ok := f.resolve(qualifier)
	switch {
	case !ok:
		return invalid("there is no version for the provisioned concurrency of %s", qualifier)
	case v.number == latest:
		return invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
	case p.ProvisionedConcurrentExecutions < 1:
		return cfn.Invalidf("ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions", "must be at least 1, got %d", p.ProvisionedConcurrentExecutions)
	}
	_, err := l.provision(target{f, v, qualifier}, p.ProvisionedConcurrentExecutions)
	return err
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

	ProvisionedConcurrencyConfig *provisionedProperties
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
	err = t.addAlias(p.Name, a)
	t.function.mu.Unlock()
	if err != nil {
		return cfn.Handle{}, err
	}
	arn := t.function.arn + ":" + p.Name
	return cfn.Handle{Ref: arn, Attributes: map[string]any{"AliasArn": arn}, Delete: func(context.Context) error {
		return l.unname(t.function, p.Name)
	}}, l.declareProvisioned(t.function, p.Name, p.ProvisionedConcurrencyConfig)
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
	if err = t.routes(a); err == nil {
		t.aliases[after.Name] = a
	}
	t.function.mu.Unlock()
	if err != nil {
		return h, err
	}
	return h, l.declareProvisioned(t.function, after.Name, after.ProvisionedConcurrencyConfig)
}

// alias is what a template says of one.
func (p aliasProperties) alias() (alias, error) {
	a := alias{version: p.FunctionVersion, further: map[string]cloud.Double{}, description: p.Description, revision: cloud.UUID()}
	if p.RoutingConfig != nil {
		for _, w := range p.RoutingConfig.AdditionalVersionWeights {
			if w.FunctionWeight < 0 || w.FunctionWeight > 1 {
				return a, invalid("a version's weight is %v; it must be from 0.0 to 1.0", w.FunctionWeight)
			}
			a.further[w.FunctionVersion] = cloud.Double(w.FunctionWeight)
		}
	}
	return a, nil
}
