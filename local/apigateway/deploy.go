package apigateway

// Deployments: what of an API is served.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// deployment is an API as it was when it was deployed, with all that it
// declared; it never changes.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/updating-api.html
type deployment struct {
	settings
	id        string
	root      *node
	methods   []*method
	responses map[responseType]*gatewayResponse

	description string
	created     time.Time
	source      declared // for exports
}

type deploymentProperties struct {
	RestApiId   string
	StageName   string
	Description string
}

func (g *APIGateway) createDeployment(_ context.Context, r cfn.Resource, p deploymentProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(p.RestApiId)
	if err != nil {
		return cfn.Handle{}, err
	}
	if len(a.methods) == 0 {
		return cfn.Handle{}, fmt.Errorf("REST API %s has no methods yet: the deployment must depend on them", a.name)
	}
	d, err := a.deploy(identifier(r, 6), p.Description)
	if err != nil {
		return cfn.Handle{}, err
	}
	return a.serveOn(p.StageName, d), nil
}

func (g *APIGateway) updateDeployment(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after deploymentProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(after.RestApiId)
	if err != nil {
		return h, err
	}
	d := a.deployments[h.Ref]
	d.description = after.Description // which no request reads
	if before.StageName == after.StageName {
		return h, nil
	}
	a.leaveStage(before.StageName, d, nil)
	return a.serveOn(after.StageName, d), nil
}

// deploy compiles all that the API declares at this time.
func (a *api) deploy(id, description string) (*deployment, error) {
	d := &deployment{
		settings: a.settings, id: id, root: &node{}, responses: maps.Clone(a.responses), description: description, created: time.Now(),
		source: a.declared.clone(),
	}
	for _, at := range slices.SortedFunc(maps.Keys(a.methods), compareMethods) {
		m, err := a.compileMethod(a.methods[at])
		if err != nil {
			return nil, fmt.Errorf("method %s: %w", at.httpMethod, err)
		}
		if err := d.root.insert(m); err != nil {
			return nil, err
		}
		d.methods = append(d.methods, m)
	}
	a.deployments[id] = d
	return d, nil
}

func compareMethods(x, y methodName) int {
	return cmp.Or(cmp.Compare(x.resource, y.resource), cmp.Compare(x.httpMethod, y.httpMethod))
}

// serveOn makes the stage that a deployment may name, or moves the stage of that
// name to it: so the next deployment with the same name takes over.
func (a *api) serveOn(name string, d *deployment) cfn.Handle {
	replaced := a.stages[name]
	if name != "" {
		s := replaced
		if s == nil {
			s = a.newStage(name)
		}
		a.stages[name] = s.with(d, s.variables, s.settings)
	}
	return cfn.Handle{Ref: d.id, Attributes: map[string]any{"DeploymentId": d.id}, Delete: func(context.Context) error {
		a.gateway.mu.Lock()
		defer a.gateway.mu.Unlock()
		a.leaveStage(name, d, replaced)
		return a.removeDeployment(d)
	}}
}

// leaveStage undoes serveOn, unless the stage has moved on: the stage serves
// again what it did before, as where a stack rolls back, or is gone.
func (a *api) leaveStage(name string, d *deployment, replaced *stage) {
	s := a.stages[name]
	switch {
	case s == nil || s.deployment != d:
	case replaced != nil && a.deployments[replaced.deployment.id] == replaced.deployment:
		a.stages[name] = replaced
	default:
		delete(a.stages, name)
	}
}

// removeDeployment forgets a deployment that no stage serves.
func (a *api) removeDeployment(d *deployment) error {
	for _, s := range a.stages {
		if s.deployment == d {
			return badRequest("Active stages pointing to this deployment must be moved or deleted")
		}
	}
	delete(a.deployments, d.id)
	return nil
}
