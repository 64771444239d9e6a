package apigateway

// A REST API as its template declares it. What it has here reaches nobody:
// deployments take an immutable copy of it, and stages serve those.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// api is guarded by its Gateway's mutex, but for what never changes; a
// deployment that a stage serves is immutable and needs no lock.
type api struct {
	gateway   *APIGateway
	id        string
	stack     string
	logicalID string
	address   string // host:port

	settings
	resources   map[string]*resource
	methods     map[methodName]methodProperties
	models      map[string]*model // replaced as a whole
	validators  map[string]validator
	authorizers map[string]*authorizer
	responses   map[responseType]*gatewayResponse

	deployments map[string]*deployment
	stages      map[string]*stage
}

// settings are those of the API itself, which a deployment takes along too.
type settings struct {
	name              string
	keyFromAuthorizer bool
	policy            cloud.ResourcePolicy // nil: callers without a name are let in
	binaryTypes       []string
}

// resource is one path of an API.
type resource struct {
	id   string
	path string // "/orders/{id}"
}

type validator struct{ body, parameters bool }

type restAPIProperties struct {
	Name                      string
	ApiKeySourceType          string
	BinaryMediaTypes          []string
	Policy                    json.RawMessage
	DisableExecuteApiEndpoint bool
	EndpointConfiguration     struct {
		Types         []string
		IpAddressType cfn.Ignored
	}
	Description        cfn.Ignored
	EndpointAccessMode cfn.Ignored
	FailOnWarnings     cfn.Ignored
	SecurityPolicy     cfn.Ignored
	Tags               cfn.Ignored
}

func (g *APIGateway) createRestAPI(_ context.Context, r cfn.Resource, p restAPIProperties) (cfn.Handle, error) {
	root := &resource{id: "r" + identifier(r, 9), path: "/"}
	a := &api{
		gateway: g, id: identifier(r, 10), stack: r.Stack, logicalID: r.LogicalID,
		resources:   map[string]*resource{root.id: root},
		methods:     map[methodName]methodProperties{},
		validators:  map[string]validator{},
		authorizers: map[string]*authorizer{},
		responses:   map[responseType]*gatewayResponse{},
		deployments: map[string]*deployment{},
		stages:      map[string]*stage{},
	}
	var err error
	if a.settings, err = a.readSettings(p); err != nil {
		return cfn.Handle{}, err
	}
	if a.models, err = builtInModels(); err != nil {
		return cfn.Handle{}, err
	}
	listener, err := g.cloud.Listen("REST API " + r.Key())
	if err != nil {
		return cfn.Handle{}, err
	}
	a.address = listener.Addr().String()
	g.mu.Lock()
	g.apis[a.id] = a
	g.mu.Unlock()
	stop := g.serve(a, listener)
	return cfn.Handle{Ref: a.id, Attributes: map[string]any{"RestApiId": a.id, "RootResourceId": root.id}, Delete: func(context.Context) error {
		stop()
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.apis, a.id)
		return nil
	}}, nil
}

func (g *APIGateway) updateRestAPI(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after restAPIProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(h.Ref)
	if err != nil {
		return h, err
	}
	changed, err := a.readSettings(after)
	if err == nil {
		a.settings = changed
	}
	return h, err
}

// readSettings checks the properties of an API. In its policy execute-api:/
// stands for the API itself.
func (a *api) readSettings(p restAPIProperties) (settings, error) {
	switch {
	case p.DisableExecuteApiEndpoint:
		return settings{}, &cfn.Unsupported{Property: "DisableExecuteApiEndpoint", Reason: "the local engine serves no custom domain names"}
	case slices.Contains(p.EndpointConfiguration.Types, "PRIVATE"):
		return settings{}, &cfn.Unsupported{Property: "EndpointConfiguration.Types", Reason: "the local engine has no private endpoints"}
	case p.ApiKeySourceType != "" && p.ApiKeySourceType != "HEADER" && p.ApiKeySourceType != "AUTHORIZER":
		return settings{}, fmt.Errorf("property ApiKeySourceType must be HEADER or AUTHORIZER, got %q", p.ApiKeySourceType)
	}
	s := settings{name: p.Name, keyFromAuthorizer: p.ApiKeySourceType == "AUTHORIZER", binaryTypes: p.BinaryMediaTypes}
	if len(p.Policy) == 0 {
		return s, nil
	}
	self := a.gateway.cloud.ARN("execute-api", a.id)
	var err error
	if s.policy, err = a.gateway.cloud.ReadPolicy(bytes.ReplaceAll(p.Policy, []byte(`"execute-api:/`), []byte(`"`+self+`/`))); err != nil {
		return settings{}, fmt.Errorf("property Policy: %w", err)
	}
	return s, nil
}

// lookup returns the API that a resource's RestApiId names. The caller holds
// the mutex.
func (g *APIGateway) lookup(id string) (*api, error) {
	if a := g.apis[id]; a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("property RestApiId: there is no REST API %q", id)
}

type resourceProperties struct{ RestApiId, ParentId, PathPart string }

func (g *APIGateway) createResource(_ context.Context, r cfn.Resource, p resourceProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(p.RestApiId)
	if err != nil {
		return cfn.Handle{}, err
	}
	parent := a.resources[p.ParentId]
	if parent == nil {
		return cfn.Handle{}, fmt.Errorf("property ParentId: REST API %s has no resource %q", a.name, p.ParentId)
	}
	if p.PathPart == "" || strings.Contains(p.PathPart, "/") {
		return cfn.Handle{}, fmt.Errorf("property PathPart must be one path segment, got %q", p.PathPart)
	}
	created := &resource{id: identifier(r, 10), path: strings.TrimSuffix(parent.path, "/") + "/" + p.PathPart}
	for _, other := range a.resources {
		if other.path == created.path {
			return cfn.Handle{}, conflict("Another resource with the same parent already has this name: %s", p.PathPart)
		}
	}
	a.resources[created.id] = created
	return cfn.Handle{Ref: created.id, Attributes: map[string]any{"ResourceId": created.id}, Delete: func(context.Context) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		a.removeResource(created)
		return nil
	}}, nil
}

// removeResource forgets a resource with all that is below it.
func (a *api) removeResource(removed *resource) {
	maps.DeleteFunc(a.resources, func(_ string, r *resource) bool {
		return r == removed || strings.HasPrefix(r.path, removed.path+"/")
	})
	maps.DeleteFunc(a.methods, func(at methodName, _ methodProperties) bool { return a.resources[at.resource] == nil })
}

type requestValidatorProperties struct {
	RestApiId                 string
	Name                      cfn.Ignored
	ValidateRequestBody       bool
	ValidateRequestParameters bool
}

func (g *APIGateway) createRequestValidator(_ context.Context, r cfn.Resource, p requestValidatorProperties) (cfn.Handle, error) {
	return g.setRequestValidator(identifier(r, 6), p)
}

func (g *APIGateway) updateRequestValidator(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after requestValidatorProperties) (cfn.Handle, error) {
	return g.setRequestValidator(h.Ref, after)
}

func (g *APIGateway) setRequestValidator(id string, p requestValidatorProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(p.RestApiId)
	if err != nil {
		return cfn.Handle{}, err
	}
	a.validators[id] = validator{body: p.ValidateRequestBody, parameters: p.ValidateRequestParameters}
	return cfn.Handle{Ref: id, Attributes: map[string]any{"RequestValidatorId": id}, Delete: cfn.Removal(&g.mu, a.validators, id)}, nil
}

// sourceARN names a request to the policies of a back end, such as a Lambda
// permission: the resource's path, in which a parameter stands for any value.
func (a *api) sourceARN(stage, httpMethod, path string) string {
	return a.gateway.cloud.ARN("execute-api", a.id+"/"+stage+"/"+httpMethod+path)
}
