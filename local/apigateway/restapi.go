package apigateway

// A REST API while its template is being created: what has been declared so
// far. Deployments take an immutable copy of it.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// api is guarded by its Gateway's mutex; a deployment that a stage serves is
// immutable and needs no lock.
type api struct {
	gateway   *APIGateway
	id        string
	name      string
	stack     string
	logicalID string
	address   string // host:port

	keyFromAuthorizer bool
	policy            bool // a resource policy must allow callers without a name
	binaryTypes       []string

	resources   map[string]*resource
	methods     []*method
	models      map[string]*model
	validators  map[string]validator
	authorizers map[string]*authorizer
	responses   map[responseType]*gatewayResponse
	deployments map[string]*deployment
	stages      map[string]*stage
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
	switch {
	case p.DisableExecuteApiEndpoint:
		return cfn.Handle{}, &cfn.Unsupported{Property: "DisableExecuteApiEndpoint", Reason: "the local engine serves no custom domain names"}
	case slices.Contains(p.EndpointConfiguration.Types, "PRIVATE"):
		return cfn.Handle{}, &cfn.Unsupported{Property: "EndpointConfiguration.Types", Reason: "the local engine has no private endpoints"}
	case p.ApiKeySourceType != "" && p.ApiKeySourceType != "HEADER" && p.ApiKeySourceType != "AUTHORIZER":
		return cfn.Handle{}, fmt.Errorf("property ApiKeySourceType must be HEADER or AUTHORIZER, got %q", p.ApiKeySourceType)
	}
	root := &resource{id: "r" + identifier(r, 9), path: "/"}
	a := &api{
		gateway: g, id: identifier(r, 10), name: p.Name, stack: r.Stack, logicalID: r.LogicalID,
		keyFromAuthorizer: p.ApiKeySourceType == "AUTHORIZER",
		binaryTypes:       p.BinaryMediaTypes,
		resources:         map[string]*resource{root.id: root},
		validators:        map[string]validator{},
		authorizers:       map[string]*authorizer{},
		responses:         map[responseType]*gatewayResponse{},
		deployments:       map[string]*deployment{},
		stages:            map[string]*stage{},
	}
	if err := a.setPolicy(p.Policy); err != nil {
		return cfn.Handle{}, err
	}
	models, err := builtInModels()
	if err != nil {
		return cfn.Handle{}, err
	}
	a.models = models
	listener, err := g.cloud.Listen("REST API " + r.Stack + "/" + r.LogicalID)
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
		delete(g.apis, a.id)
		g.mu.Unlock()
		return a.setPolicy(nil)
	}}, nil
}

// setPolicy keeps the API's resource policy, in which execute-api:/ stands for
// the API itself.
func (a *api) setPolicy(document json.RawMessage) error {
	arn := a.gateway.cloud.ARN("execute-api", a.id)
	if a.policy = len(document) > 0; !a.policy {
		return a.gateway.cloud.SetResourcePolicy(arn, "", nil)
	}
	expanded := bytes.ReplaceAll(document, []byte(`"execute-api:/`), []byte(`"`+arn+`/`))
	if err := a.gateway.cloud.SetResourcePolicy(arn, "", expanded); err != nil {
		return fmt.Errorf("property Policy: %w", err)
	}
	return nil
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
	a.resources[created.id] = created
	return cfn.Handle{Ref: created.id, Attributes: map[string]any{"ResourceId": created.id}}, nil
}

type requestValidatorProperties struct {
	RestApiId                 string
	Name                      cfn.Ignored
	ValidateRequestBody       bool
	ValidateRequestParameters bool
}

func (g *APIGateway) createRequestValidator(_ context.Context, r cfn.Resource, p requestValidatorProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(p.RestApiId)
	if err != nil {
		return cfn.Handle{}, err
	}
	id := identifier(r, 6)
	a.validators[id] = validator{body: p.ValidateRequestBody, parameters: p.ValidateRequestParameters}
	return cfn.Handle{Ref: id, Attributes: map[string]any{"RequestValidatorId": id}}, nil
}

// sourceARN names a request to the policies of a back end, such as a Lambda
// permission: the resource's path, in which a parameter stands for any value.
func (a *api) sourceARN(stage, httpMethod, path string) string {
	return a.gateway.cloud.ARN("execute-api", a.id+"/"+stage+"/"+httpMethod+path)
}
