package logs

// This file is the filters that templates declare.

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type metricFilterProperties struct {
	LogGroupName           string
	FilterName             string
	FilterPattern          string
	MetricTransformations  []declaredTransformation
	ApplyOnTransformedLogs cfn.Ignored
}

type declaredTransformation struct {
	MetricNamespace string
	MetricName      string
	MetricValue     string
	DefaultValue    *float64
	Unit            string
	Dimensions      []struct{ Key, Value string }
}

func (p metricFilterProperties) input(name string) putMetricFilterInput {
	in := putMetricFilterInput{Name: name, Pattern: &p.FilterPattern}
	for _, t := range p.MetricTransformations {
		declared := transformation{Namespace: t.MetricNamespace, Name: t.MetricName, Value: t.MetricValue, Default: cloud.DoubleOf(t.DefaultValue), Unit: t.Unit}
		for _, d := range t.Dimensions {
			if declared.Dimensions == nil {
				declared.Dimensions = map[string]string{}
			}
			declared.Dimensions[d.Key] = d.Value
		}
		in.Transformations = append(in.Transformations, declared)
	}
	return in
}

func (l *Logs) createMetricFilter(_ context.Context, r cfn.Resource, p metricFilterProperties) (cfn.Handle, error) {
	name := p.FilterName
	if name == "" {
		name = r.PhysicalName(maxFilterName)
	}
	f, err := p.input(name).filter()
	if err != nil {
		return cfn.Handle{}, err
	}
	if err := l.on(p.LogGroupName, func(g *group) error { return g.putMetricFilter(f) }); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: name, Delete: func(context.Context) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if g := l.groups[p.LogGroupName]; g != nil {
			delete(g.metricFilters, name)
		}
		return nil
	}}, nil
}

type subscriptionProperties struct {
	LogGroupName           string
	FilterName             string
	FilterPattern          string
	DestinationArn         string
	RoleArn                string
	Distribution           string
	ApplyOnTransformedLogs cfn.Ignored
}

func (l *Logs) createSubscription(_ context.Context, r cfn.Resource, p subscriptionProperties) (cfn.Handle, error) {
	name := p.FilterName
	if name == "" {
		name = r.PhysicalName(maxFilterName)
	}
	in := putSubscriptionFilterInput{Name: name, Pattern: &p.FilterPattern, Destination: p.DestinationArn, Role: p.RoleArn, Distribution: p.Distribution}
	f, err := in.filter()
	if err == nil {
		err = l.mayInvoke(p.LogGroupName, f)
	}
	if err == nil {
		err = l.on(p.LogGroupName, func(g *group) error { return g.putSubscription(f) })
	}
	if err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: name, Delete: func(context.Context) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if g := l.groups[p.LogGroupName]; g != nil && g.subscriptions[name] != nil {
			return g.dropSubscription(name)
		}
		return nil
	}}, nil
}
