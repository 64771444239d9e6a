package lambda

// This file creates versions of functions, and their aliases, from CloudFormation.

import (
	"context"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type versionProperties struct {
	FunctionName string
	Description  cfn.Ignored
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
	v, err := t.publish()
	if err != nil {
		return cfn.Handle{}, err
	}
	arn := t.function.arn + ":" + v.number
	return cfn.Handle{Ref: arn, Attributes: map[string]any{"Version": v.number, "FunctionArn": arn}, Delete: func(context.Context) error {
		t.withdraw(v)
		return nil
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
	Description cfn.Ignored

	ProvisionedConcurrencyConfig cfn.Ignored
}

// createAlias gives a version a name, or the name to another version.
func (l *Lambda) createAlias(_ context.Context, _ cfn.Resource, p aliasProperties) (cfn.Handle, error) {
	t, err := l.find(p.FunctionName)
	if err != nil {
		return cfn.Handle{}, err
	}
	a, err := p.alias(t.function)
	if err != nil {
		return cfn.Handle{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.aliases[p.Name] = a
	arn := t.function.arn + ":" + p.Name
	return cfn.Handle{Ref: arn, Attributes: map[string]any{"AliasArn": arn}, Delete: cfn.Removal(&t.mu, t.aliases, p.Name)}, nil
}

// routesTwice tells whether an alias that routes has anything but two published
// versions.
func (a alias) routesTwice() bool {
	_, both := a.further[a.version]
	_, unpublished := a.further[latest]
	return both || unpublished || len(a.further) > 0 && a.version == latest
}

// alias refuses what AWS refuses.
func (p aliasProperties) alias(f *function) (alias, error) {
	a := alias{version: p.FunctionVersion, further: map[string]float64{}}
	if p.RoutingConfig != nil {
		for _, w := range p.RoutingConfig.AdditionalVersionWeights {
			if w.FunctionWeight < 0 || w.FunctionWeight > 1 {
				return a, invalid("a version's weight is %v; it must be from 0.0 to 1.0", w.FunctionWeight)
			}
			a.further[w.FunctionVersion] = w.FunctionWeight
		}
	}
	if len(a.further) > 1 {
		return a, invalid("RoutingConfig has %d versions; it may have one beside the alias's own", len(a.further))
	}
	if a.routesTwice() {
		return a, invalid("an alias that routes has two published versions, and neither twice")
	}
	for _, number := range append([]string{a.version}, slices.Collect(maps.Keys(a.further))...) {
		if !f.has(number) {
			return a, cloud.Errorf(404, "ResourceNotFoundException", "Function not found: %s:%s", f.arn, number)
		}
	}
	return a, nil
}
