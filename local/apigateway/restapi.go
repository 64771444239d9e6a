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
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// api is guarded by its Gateway's mutex, but for what never changes; a
// deployment that a stage serves is immutable and needs no lock.
type api struct {
	gateway   *APIGateway
	id        string
	stack     string // empty: a call has made it
	logicalID string
	address   string // host:port
	created   time.Time
	stop      func() // serving

	declared
	deployments map[string]*deployment
	stages      map[string]*stage
	versions    map[string]documentationVersion // of the documentation
}

// declared is what an API has been told to be. Its maps are the API's own; what is
// in them never changes.
type declared struct {
	properties restAPIProperties
	version    string // which only calls and OpenAPI documents give
	settings
	resources   map[string]*resource
	methods     map[methodName]methodProperties
	models      map[string]*model // replaced as a whole
	validators  map[string]validator
	authorizers map[string]*authorizer
	responses   map[responseType]*gatewayResponse

	documentation map[string]documentationPart // by id
}

func (d declared) clone() declared {
	d.resources, d.methods, d.models = maps.Clone(d.resources), maps.Clone(d.methods), maps.Clone(d.models)
	d.validators, d.authorizers, d.responses = maps.Clone(d.validators), maps.Clone(d.authorizers), maps.Clone(d.responses)
	d.documentation = maps.Clone(d.documentation)
	return d
}

// settings are those of the API itself, which a deployment takes along too.
type settings struct {
	name              string
	keyFromAuthorizer bool
	policy            cloud.ResourcePolicy // nil: callers without a name are let in
	binaryTypes       []string
}

// resource is one path of an API. It never changes: another one takes its place.
type resource struct {
	id     string
	parent string // its id, or empty
	part   string // "{id}"
	path   string // "/orders/{id}"
}

type validator struct {
	name             string
	body, parameters bool
}

type restAPIProperties struct {
	Name                      string
	ApiKeySourceType          string
	BinaryMediaTypes          []string
	Policy                    json.RawMessage
	DisableExecuteApiEndpoint bool
	EndpointConfiguration     endpointConfiguration
	Description               string
	Tags                      []tag
	declaredByDocument
	EndpointAccessMode cfn.Ignored
	SecurityPolicy     cfn.Ignored
}

// endpointConfiguration is told, and makes no difference.
type endpointConfiguration struct {
	Types         []string
	IpAddressType string
}

func (g *APIGateway) createRestAPI(ctx context.Context, r cfn.Resource, p restAPIProperties) (cfn.Handle, error) {
	a := newAPI(g, identifier(r, 10), "r"+identifier(r, 9))
	a.stack, a.logicalID = r.Stack, r.LogicalID
	document, err := g.document(ctx, p.declaredByDocument)
	if err != nil {
		return cfn.Handle{}, err
	}
	if err := a.declare(p, document); err != nil {
		return cfn.Handle{}, err
	}
	if len(document) == 0 {
		if err := a.addBuiltInModels(); err != nil {
			return cfn.Handle{}, err
		}
	}
	if err := a.publish("REST API " + r.Key()); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: a.id, Attributes: map[string]any{"RestApiId": a.id, "RootResourceId": a.rootID()}, Delete: func(context.Context) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		a.close()
		return nil
	}}, nil
}

// newAPI returns an API with a root.
func newAPI(g *APIGateway, id, root string) *api {
	return &api{
		gateway: g, id: id, created: time.Now(), deployments: map[string]*deployment{}, stages: map[string]*stage{}, versions: map[string]documentationVersion{},
		declared: declared{
			resources:   map[string]*resource{root: {id: root, path: "/"}},
			methods:     map[methodName]methodProperties{},
			validators:  map[string]validator{},
			authorizers: map[string]*authorizer{},
			responses:   map[responseType]*gatewayResponse{},

			documentation: map[string]documentationPart{},
		},
	}
}

// publish makes the API known, under an address; name says who listens there.
func (a *api) publish(name string) error {
	listener, err := a.gateway.cloud.Listen(name)
	if err != nil {
		return err
	}
	a.address = listener.Addr().String()
	g := a.gateway
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.apis) >= maxRestAPIs {
		listener.Close() // which nobody has heard of
		return limitExceeded("Maximum number of APIs has been reached. Please contact AWS if you need additional APIs.")
	}
	a.stop = g.serve(a, listener)
	g.apis[a.id] = a
	return nil
}

// close ends what serves the API, which waits for no request, and forgets it. The
// caller holds the mutex.
func (a *api) close() {
	a.stop()
	delete(a.gateway.apis, a.id)
}

func (a *api) rootID() string {
	for _, r := range a.resources {
		if r.path == "/" {
			return r.id
		}
	}
	return ""
}

func (g *APIGateway) updateRestAPI(ctx context.Context, _ cfn.Resource, h cfn.Handle, before, after restAPIProperties) (cfn.Handle, error) {
	document, err := g.document(ctx, after.declaredByDocument)
	if err != nil {
		return h, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(h.Ref)
	if err != nil {
		return h, err
	}
	after.Tags = cloud.RedeclaredTags(a.properties.Tags, before.Tags, after.Tags)
	return h, a.declare(after, document)
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
	created, err := a.addResource(identifier(r, 10), p)
	if err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: created.id, Attributes: map[string]any{"ResourceId": created.id}, Delete: func(context.Context) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		if r := a.resources[created.id]; r != nil {
			a.removeResource(r)
		}
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
	Name                      string
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
	a.validators[id] = validator{name: p.Name, body: p.ValidateRequestBody, parameters: p.ValidateRequestParameters}
	return cfn.Handle{Ref: id, Attributes: map[string]any{"RequestValidatorId": id}, Delete: cfn.Removal(&g.mu, a.validators, id)}, nil
}

// sourceARN names a request to the policies of a back end, such as a Lambda
// permission: the resource's path, in which a parameter stands for any value.
func (a *api) sourceARN(stage, httpMethod, path string) string {
	return a.gateway.cloud.ARN("execute-api", a.id+"/"+stage+"/"+httpMethod+path)
}
