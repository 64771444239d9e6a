package apigateway

// One request on its way through a stage: routing, authorization, throttling,
// validation, integration.

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/vtl"
)

// request is a request to a stage, whether it came over a socket or not.
type request struct {
	method   string
	path     string // after the stage, as it was sent: "/orders/a%20b"
	sent     string // path with all of its slashes, where that is known
	header   http.Header
	query    url.Values
	body     []byte
	host     string
	sourceIP string

	// identify returns who signed the request.
	identify func() (cloud.Caller, error)
}

// response is the answer to a request.
type response struct {
	status int
	header http.Header
	body   []byte
}

// exchange is the state of one request.
type exchange struct {
	stage   *stage
	request *request
	id      string
	started time.Time

	route      route
	method     *method
	caller     cloud.Caller // of a request signed for AWS_IAM
	authorizer *authorization
	key        *apiKey
	fault      *fault
	overrides  *vtl.Overrides // by the mapping templates

	integrated time.Duration // spent in the integration
	headers    map[string]string
	queries    map[string]string

	calls []string // what a test's log tells of the integration
}

// serve answers a request to the stage.
func (s *stage) serve(ctx context.Context, r *request) response {
	x, answer := s.answer(ctx, r)
	answer.header.Set("X-Amzn-Requestid", x.id)
	answer.header.Set("X-Amz-Apigw-Id", x.extendedID())
	s.observe(x, answer.status)
	return answer
}

// answer is serve without what tells of the request.
func (s *stage) answer(ctx context.Context, r *request) (*exchange, response) {
	x := &exchange{stage: s, request: r, id: cloud.UUID(), started: time.Now(), overrides: vtl.NewOverrides()}
	answer, err := x.handle(ctx)
	if err != nil {
		f, ok := errors.AsType[*fault](err)
		if !ok {
			f = internal(default5xx, err)
		}
		if f.cause != nil {
			s.api.gateway.Log.WarnContext(ctx, "request failed", "api", s.deployment.name, "stage", s.name,
				"method", r.method, "path", r.path, "requestId", x.id, "reason", f)
		}
		answer = x.refuse(f)
	}
	return x, answer
}

func (x *exchange) handle(ctx context.Context) (response, error) {
	s, r := x.stage, x.request
	if len(r.body) > maxBody {
		return response{}, &fault{kind: requestTooLarge, message: "Request Too Long"}
	}
	if matched, ok := s.deployment.root.match(r.method, r.path); ok {
		x.route, x.method = matched, matched.method
	} else if s.tested != nil { // without what the path would have given it
		x.method = s.tested
	}
	if x.method == nil {
		return response{}, &fault{kind: missingAuthenticationToken, message: "Missing Authentication Token"}
	}
	for _, step := range []func(context.Context) error{x.authorize, x.admit, x.validate} {
		if err := step(ctx); err != nil {
			return response{}, err
		}
	}
	gateway := s.api.gateway.cloud
	ctx = cloud.Because(ctx, gateway.Happened(cloud.Cause{Type: "request", Resource: x.methodARN(), ID: x.id, At: x.started}))
	ctx, cancel := context.WithTimeout(ctx, x.method.integration.timeout)
	defer cancel()
	begun := time.Now()
	answer, err := x.method.integration.run(ctx, x)
	x.integrated = time.Since(begun)
	if err != nil && ctx.Err() == context.DeadlineExceeded {
		return response{}, &fault{kind: integrationTimeout, message: "Endpoint request timed out", cause: err}
	}
	if err == nil && x.method.integration.traced {
		answer.header.Set("X-Amzn-Trace-Id", x.trace())
	}
	return answer, err
}

// trace is the trace header of the answer: the request's, which gets a parent if it
// has none.
func (x *exchange) trace() string {
	trace := x.request.header.Get("X-Amzn-Trace-Id")
	if trace == "" {
		trace = "Root=" + cloud.TraceID(x.id, x.started)
	}
	if !strings.Contains(trace, "Parent=") {
		trace += ";Parent=" + strings.ReplaceAll(x.id, "-", "")[:16] + ";Sampled=0"
	}
	return trace
}

// admit checks the API key and counts the request against the limits of its
// usage plan, those of the stage, and the plan's quota.
func (x *exchange) admit(context.Context) error {
	var plan pass
	if x.method.keyRequired {
		if x.key, plan = x.stage.api.gateway.subscribed(x.keyValue(), x.stage); x.key == nil {
			return &fault{kind: invalidAPIKey, message: "Forbidden"}
		}
	}
	if !plan.throttle(x) || !x.stage.limiters[x.method.name].allow() {
		return &fault{kind: throttledRequest, message: "Too Many Requests"}
	}
	if !plan.count() {
		return &fault{kind: quotaExceeded, message: "Limit Exceeded"}
	}
	return nil
}

// keyValue returns the API key that came with the request, or empty.
func (x *exchange) keyValue() string {
	if !x.stage.deployment.keyFromAuthorizer {
		return x.request.header.Get("X-Api-Key")
	}
	if x.authorizer == nil {
		return ""
	}
	return x.authorizer.usageKey
}

// methodARN names the request to policies, with its path as it was sent.
func (x *exchange) methodARN() string {
	return x.stage.api.sourceARN(x.stage.name, x.request.method, x.request.path)
}

// extendedID has the form of API Gateway's extended request id.
func (x *exchange) extendedID() string {
	return strings.ReplaceAll(x.id, "-", "")[:15] + "="
}

// headerValues returns the last value of each header.
func (x *exchange) headerValues() map[string]string {
	if x.headers == nil {
		x.headers = lastValues(x.request.header)
	}
	return x.headers
}

// queryValues returns the last value of each parameter of the query string.
func (x *exchange) queryValues() map[string]string {
	if x.queries == nil {
		x.queries = lastValues(x.request.query)
	}
	return x.queries
}

func lastValues(values map[string][]string) map[string]string {
	last := make(map[string]string, len(values))
	for name, list := range values {
		if len(list) > 0 {
			last[name] = list[len(list)-1]
		}
	}
	return last
}

// data is what a mapping template sees, with body as its payload.
func (x *exchange) data(body []byte) vtl.Data {
	return vtl.Data{
		Body:           body,
		Params:         vtl.Params{Path: x.route.parameters, Query: x.queryValues(), Header: x.headerValues()},
		Context:        x.context(),
		StageVariables: x.stage.variables,
		Overrides:      x.overrides,
	}
}
