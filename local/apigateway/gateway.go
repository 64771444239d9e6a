// Package apigateway is API Gateway for the local engine: REST APIs, their
// stages, authorizers, usage plans and integrations, served on loopback and to
// state machines in this process.
package apigateway

import (
	"crypto/sha256"
	"encoding/base32"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// principal is the service that calls back ends, in policies.
const principal = "apigateway.amazonaws.com"

// Options of a Gateway.
type Options struct {
	// Identify finds out who signed a request, for methods with AWS_IAM
	// authorization. The request's body can be read. Without it, signed
	// requests over HTTP are refused.
	Identify func(*http.Request) (cloud.Caller, error)

	// HTTPClient calls HTTP back ends. Default: a client without redirects.
	HTTPClient *http.Client

	// Log takes what AWS would write to the execution log: why a request
	// failed. Default: nothing is logged.
	Log *slog.Logger
}

// Gateway holds the REST APIs of one engine. It implements cloud.API as
// "execute-api".
type Gateway struct {
	cloud.Operations

	cloud   *cloud.Cloud
	metrics metrics
	Options

	mu    sync.RWMutex
	apis  map[string]*api // by id
	keys  map[string]*apiKey
	plans map[string]*usagePlan
}

var _ cloud.API = (*Gateway)(nil)

// New returns a gateway without APIs.
func New(c *cloud.Cloud, options Options) *Gateway {
	if options.HTTPClient == nil {
		options.HTTPClient = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{cloud: c, metrics: newMetrics(c), Options: options, apis: map[string]*api{}, keys: map[string]*apiKey{}, plans: map[string]*usagePlan{}}
	g.Operations = cloud.Operations{"Invoke": cloud.Handle(g.invoke)}
	return g
}

// Endpoint is the address of a stage.
type Endpoint struct {
	Stack     string // the stack of the REST API
	LogicalID string // of the REST API
	APIID     string
	Stage     string
	URL       string // "http://127.0.0.1:PORT/STAGE/"
}

// Endpoints returns the addresses of all stages, sorted by stack, API and stage.
func (g *Gateway) Endpoints() []Endpoint {
	g.mu.RLock()
	defer g.mu.RUnlock()
	var endpoints []Endpoint
	for _, a := range g.apis {
		for name := range a.stages {
			endpoints = append(endpoints, Endpoint{
				Stack: a.stack, LogicalID: a.logicalID, APIID: a.id, Stage: name, URL: "http://" + a.address + "/" + name + "/",
			})
		}
	}
	slices.SortFunc(endpoints, func(x, y Endpoint) int {
		return strings.Compare(x.Stack+"\n"+x.LogicalID+"\n"+x.Stage, y.Stack+"\n"+y.LogicalID+"\n"+y.Stage)
	})
	return endpoints
}

// Types returns the resource types of AWS::ApiGateway.
func (g *Gateway) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::ApiGateway::RestApi", g.createRestAPI),
		cfn.Define("AWS::ApiGateway::Resource", g.createResource),
		cfn.Define("AWS::ApiGateway::Model", g.createModel),
		cfn.Define("AWS::ApiGateway::RequestValidator", g.createRequestValidator),
		cfn.Define("AWS::ApiGateway::Authorizer", g.createAuthorizer),
		cfn.Define("AWS::ApiGateway::Method", g.createMethod),
		cfn.Define("AWS::ApiGateway::GatewayResponse", g.createGatewayResponse),
		cfn.Define("AWS::ApiGateway::Deployment", g.createDeployment),
		cfn.Define("AWS::ApiGateway::Stage", g.createStage),
		cfn.Define("AWS::ApiGateway::ApiKey", g.createAPIKey),
		cfn.Define("AWS::ApiGateway::UsagePlan", g.createUsagePlan),
		cfn.Define("AWS::ApiGateway::UsagePlanKey", g.createUsagePlanKey),
		cfn.Inert("AWS::ApiGateway::Account", func(r cfn.Resource, ref string) map[string]any {
			return map[string]any{"Id": ref}
		}),
	}
}

// identifier returns an id in API Gateway's alphabet that is the same in
// every run.
func identifier(r cfn.Resource, length int) string {
	sum := sha256.Sum256([]byte(r.Stack + "/" + r.LogicalID + "/" + r.Type))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:length])
}
