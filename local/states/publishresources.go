// This file is the resource types of CloudFormation for versions and aliases.

package states

import (
	"context"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// versionProperties are those of AWS::StepFunctions::StateMachineVersion.
type versionProperties struct {
	StateMachineArn        string
	StateMachineRevisionId string
	Description            string
}

func (s *StepFunctions) declareVersion(_ context.Context, r cfn.Resource, p versionProperties) (cfn.Handle, error) {
	m, err := s.existingMachine(p.StateMachineArn)
	if err != nil {
		return cfn.Handle{}, err
	}
	v := m.adopt(r.Key())
	if v == nil {
		if v, err = m.publish(p.StateMachineRevisionId, p.Description, r.Key()); err != nil {
			return cfn.Handle{}, err
		}
	}
	remove := func(context.Context) error { return m.unpublish(v.arn) }
	return cfn.Handle{Ref: v.arn, Attributes: map[string]any{"Arn": v.arn}, Delete: remove}, nil
}

// adopt finds the version that a resource has published in an earlier run: it has
// its number still, if the machine is what it was then.
func (m *machine) adopt(declared string) *version {
	m.published.mu.Lock()
	defer m.published.mu.Unlock()
	at := slices.IndexFunc(m.published.versions, func(v *version) bool { return v.declared == declared })
	if at < 0 {
		return nil
	}
	v, now := m.published.versions[at], m.current.Load()
	if !v.revision.grants(now.wish) {
		m.published.versions = slices.Delete(m.published.versions, at, at+1)
		return nil
	}
	v.revision = now
	return v
}

// aliasProperties are those of AWS::StepFunctions::StateMachineAlias.
type aliasProperties struct {
	Name                 string
	Description          string
	RoutingConfiguration []struct {
		StateMachineVersionArn string
		Weight                 int
	}
	DeploymentPreference *preference
}

// routes are those that are wanted in the end.
func (p aliasProperties) routes() ([]route, error) {
	d := p.DeploymentPreference
	switch {
	case (d == nil) == (p.RoutingConfiguration == nil):
		return nil, cfn.Invalidf("RoutingConfiguration", "or DeploymentPreference must be given, and not both")
	case d != nil:
		return []route{{d.StateMachineVersionArn, 100}}, d.check()
	}
	var routes []route
	for _, r := range p.RoutingConfiguration {
		routes = append(routes, route{r.StateMachineVersionArn, r.Weight})
	}
	return routes, nil
}

func (s *StepFunctions) declareAlias(_ context.Context, r cfn.Resource, p aliasProperties) (cfn.Handle, error) {
	if p.Name == "" {
		p.Name = r.PhysicalName(maxMachineName)
	}
	routes, err := p.routes()
	if err != nil {
		return cfn.Handle{}, err
	}
	if err := checkAliasName(p.Name); err != nil {
		return cfn.Handle{}, err
	}
	if err := checkRoutes(routes); err != nil {
		return cfn.Handle{}, err
	}
	machineARN, _ := cutQualifier(routes[0].VersionARN)
	m, err := s.existingMachine(machineARN)
	if err != nil {
		return cfn.Handle{}, noVersions(routes)
	}
	a, err := m.createAlias(alias{name: p.Name, description: p.Description, routes: routes, declared: true})
	if err != nil {
		return cfn.Handle{}, err
	}
	remove := func(context.Context) error { m.deleteAlias(p.Name); return nil }
	return cfn.Handle{Ref: a.arn, Attributes: map[string]any{"Arn": a.arn}, Delete: remove}, nil
}

func (s *StepFunctions) redeclareAlias(ctx context.Context, _ cfn.Resource, h cfn.Handle, _, after aliasProperties) (cfn.Handle, error) {
	routes, err := after.routes()
	if err != nil {
		return h, err
	}
	machineARN, name := cutQualifier(h.Ref)
	m, err := s.existingMachine(machineARN)
	if err != nil {
		return h, err
	}
	if p := after.DeploymentPreference; p != nil {
		return h, m.shift(ctx, name, after.Description, *p)
	}
	_, err = m.updateAlias(name, updateAliasRequest{Description: &after.Description, Routes: routes})
	return h, err
}
