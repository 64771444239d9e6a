// Package apigateway is API Gateway for the local engine: REST APIs, their
// stages, authorizers, usage plans and integrations, served on loopback and to
// state machines in this process.
package apigateway

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// principal is the service that calls back ends, in policies.
const principal = "apigateway.amazonaws.com"

// Options configure the service.
type Options struct {
	// Identify finds out who signed a request, for methods with AWS_IAM
	// authorization. The request's body can be read. Without it, signed
	// requests over HTTP are refused.
	Identify func(*http.Request) (cloud.Caller, error)

	// HTTPClient calls HTTP back ends. Default: a client without redirects.
	HTTPClient *http.Client

	// Document reads an OpenAPI document that a template says to lie in S3.
	// Without it, such templates are refused.
	Document func(ctx context.Context, bucket, key, version string) ([]byte, error)

	// Log takes what AWS would write to the execution log: why a request
	// failed. Default: nothing is logged.
	Log *slog.Logger
}

// APIGateway holds the REST APIs of one engine. It implements cloud.API as
// "execute-api".
type APIGateway struct {
	cloud.Operations

	cloud   *cloud.Cloud
	metrics metrics
	Options

	cloud.Changes // of what the API has made

	mu    sync.RWMutex
	apis  map[string]*api // by id
	keys  keyring
	plans map[string]*usagePlan

	logRole string // of the account, told only

	waiting map[membership]bool // for a template to make the key or the plan
}

var _ cloud.API = (*APIGateway)(nil)

// New returns a gateway without APIs.
func New(c *cloud.Cloud, options Options) *APIGateway {
	if options.HTTPClient == nil {
		transport := http.DefaultTransport
		if network, ok := transport.(*http.Transport); ok { // a simulation has another
			network = network.Clone()
			network.DisableCompression = true // a back end is asked for what the client asks for
			transport = network
		}
		options.HTTPClient = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	g := &APIGateway{cloud: c, metrics: newMetrics(c), Options: options, apis: map[string]*api{}, keys: newKeyring(), plans: map[string]*usagePlan{}, waiting: map[membership]bool{}}
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
func (g *APIGateway) Endpoints() []Endpoint {
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
