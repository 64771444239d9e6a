package apigateway

// TestInvokeMethod: a method as it is declared, called without a deployment.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type testInvokeInput struct {
	methodNamed
	PathWithQueryString string              `json:"pathWithQueryString"`
	Body                string              `json:"body"`
	Headers             map[string]string   `json:"headers"`
	MultiValueHeaders   map[string][]string `json:"multiValueHeaders"`
	StageVariables      map[string]string   `json:"stageVariables"`
}

type testInvokeOutput struct {
	Status            int                 `json:"status"`
	Body              string              `json:"body"`
	Headers           map[string]string   `json:"headers"`
	Log               string              `json:"log"`
	Latency           int64               `json:"latency"` // milliseconds
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
}

// testInvoke validates the request and calls the integration. As on AWS, who
// calls is not asked, by no authorizer, key, plan or policy of the API.
func (c *Control) testInvoke(ctx context.Context, caller cloud.Caller, in testInvokeInput) (testInvokeOutput, error) {
	s, err := onAPI(c, caller, "POST", in.restAPINamed, in.path(), func(a *api) (*stage, error) {
		at := in.at()
		if _, declared := a.methods[at]; !declared {
			at.httpMethod = "ANY"
		}
		p, _, err := a.integrated(at)
		if err != nil {
			return nil, err
		}
		return a.testStage(p, in.StageVariables)
	})
	if err != nil {
		return testInvokeOutput{}, err
	}
	r, err := in.request(s)
	if err != nil {
		return testInvokeOutput{}, err
	}
	x, answer := s.answer(ctx, r)
	if x.fault != nil { // which a test tells by one header only
		answer.header = http.Header{"x-amzn-ErrorType": answer.header["X-Amzn-Errortype"]}
	}
	out := testInvokeOutput{
		Status: answer.status, Body: string(answer.body), Headers: lastValues(answer.header), MultiValueHeaders: answer.header,
		Latency: time.Since(x.started).Milliseconds(), Log: x.log(answer, in.named()),
	}
	return out, nil
}

// testStage serves one method to everybody, and is known to nobody.
func (a *api) testStage(p methodProperties, variables map[string]string) (*stage, error) {
	p.AuthorizationType, p.ApiKeyRequired = authNone, false
	m, err := a.compileMethod(p)
	if err != nil {
		return nil, err
	}
	d := &deployment{settings: a.settings, root: &node{}, responses: maps.Clone(a.responses), methods: []*method{m}}
	d.policy = nil
	if err := d.root.insert(m); err != nil {
		return nil, err
	}
	s := a.newStage("test-invoke-stage").with(d, variables, nil)
	s.tested = m
	return s, nil
}

func (in testInvokeInput) request(s *stage) (*request, error) {
	m := s.deployment.methods[0]
	parsed, err := url.Parse(cmp.Or(in.PathWithQueryString, m.resource.path))
	if err != nil {
		return nil, badRequest("Invalid path specified: %v", err)
	}
	r := s.api.testRequest(in.Method, parsed, in.Body, in.Headers, in.MultiValueHeaders)
	if in.PathWithQueryString == "" {
		r.path = m.resource.path
	}
	return r, nil
}

func (a *api) testRequest(httpMethod string, address *url.URL, body string, headers map[string]string, lists map[string][]string) *request {
	r := &request{
		method: httpMethod, path: address.EscapedPath(), header: http.Header{}, query: address.Query(), body: []byte(body),
		host: a.id + ".execute-api." + a.gateway.cloud.Region + ".amazonaws.com", sourceIP: "test-invoke-source-ip",
	}
	for name, value := range headers {
		r.header.Set(name, value)
	}
	for name, values := range lists {
		r.header[http.CanonicalHeaderKey(name)] = values
	}
	return r
}

// named are the headers as the test names them, which a request does not keep.
func (in testInvokeInput) named() map[string]string {
	headers := maps.Clone(in.Headers)
	if headers == nil {
		headers = map[string]string{}
	}
	for name, values := range in.MultiValueHeaders {
		if len(values) > 0 {
			headers[name] = values[len(values)-1]
		}
	}
	return headers
}

// addressed is a back end with an address, as a test's log tells it: those of AWS
// have one that is asked for them there.
type addressed interface {
	address(x *exchange, r *backendRequest) string
}

func (f *function) address(x *exchange, _ *backendRequest) string {
	return "https://lambda." + f.gateway.cloud.Region + ".amazonaws.com/2015-03-31/functions/" + x.stage.expand(f.arn) + "/invocations"
}

func (l *lambdaBackend) address(x *exchange, r *backendRequest) string {
	return l.function.address(x, r)
}

func (b *httpBackend) address(x *exchange, r *backendRequest) string {
	return fill(x.stage.expand(b.uri), r.path)
}

func (s *service) address(x *exchange, _ *backendRequest) string {
	host := "https://" + s.name + "." + x.stage.api.gateway.cloud.Region + ".amazonaws.com/"
	if s.action != "" {
		return host + "?Action=" + s.action
	}
	return host + s.queue
}

// sends notes what goes to a back end, if that is of a test. It returns when.
func (x *exchange) sends(to any, r *backendRequest) (begun time.Time) {
	begun = time.Now()
	back, ok := to.(addressed)
	if x.stage.tested == nil || !ok {
		return begun
	}
	address := back.address(x, r)
	if _, err := url.Parse(address); err != nil { // nothing will be sent
		return begun
	}
	header := r.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	setDefault(header, "Accept", "application/json")
	setDefault(header, "User-Agent", "AmazonAPIGateway_"+x.stage.api.id)
	headers := lastValues(header)
	headers["x-amzn-apigateway-api-id"] = x.stage.api.id
	if strings.Contains(address, ":function:") {
		headers["x-amzn-lambda-integration-tag"] = x.id
	}
	x.note("Endpoint request URI: %s", address)
	x.note("Endpoint request headers: %s", written(headers))
	x.note("Endpoint request body after transformations: %s", r.body)
	x.note("Sending request to %s", address)
	return begun
}

// receives notes what comes back of it.
func (x *exchange) receives(begun time.Time, answer *backendResponse) {
	if len(x.calls) == 0 {
		return
	}
	x.note("Received response. Status: %d, Integration latency: %d ms", answer.status, time.Since(begun).Milliseconds())
	x.note("Endpoint response headers: %s", written(lastValues(answer.header)))
	x.note("Endpoint response body before transformations: %s", answer.body)
}

// tells is what a proxy sends, of a test.
func (x *exchange) tells(event any) *backendRequest {
	if x.stage.tested == nil {
		return nil
	}
	body, err := cloud.Encode(event)
	if err != nil {
		return &backendRequest{} // the call itself will fail
	}
	return &backendRequest{body: body}
}

func (x *exchange) note(format string, arguments ...any) {
	x.calls = append(x.calls, time.Now().UTC().Format(logTime)+" : "+fmt.Sprintf(format, arguments...))
}

// logTime is how AWS's log writes times.
const logTime = "Mon Jan 02 15:04:05 MST 2006"

// log is what is known of the execution, in the lines of AWS's log.
func (x *exchange) log(answer response, headers map[string]string) string {
	at := x.started.UTC().Format(logTime)
	lines := []string{"Execution log for request " + x.id}
	say := func(format string, args ...any) { lines = append(lines, at+" : "+fmt.Sprintf(format, args...)) }
	say("Starting execution for request: %s", x.id)
	say("HTTP Method: %s, Resource Path: %s", x.request.method, x.request.path)
	say("Method request path: %s", written(x.route.parameters))
	say("Method request query string: %s", written(x.queryValues()))
	say("Method request headers: %s", written(headers))
	say("Method request body before transformations: %s", x.request.body)
	lines = append(lines, x.calls...)
	if x.fault != nil {
		say("%s", x.fault.log())
	} else {
		say("Method response body after transformations: %s", answer.body)
		say("Method response headers: %s", written(lastValues(answer.header)))
		say("Successfully completed execution")
	}
	say("Method completed with status: %d", answer.status)
	return strings.Join(lines, "\n") + "\n"
}

// log is why a request failed, in AWS's words for what is wrong with the API.
func (f *fault) log() string {
	if f.kind == apiConfigurationError && f.cause != nil {
		cause := f.cause.Error()
		if address, ok := errors.AsType[*url.Error](f.cause); ok && address.Op == "parse" {
			cause = "Invalid endpoint address"
		}
		return "Execution failed due to configuration error: " + cause
	}
	return fmt.Sprintf("Execution failed: %v", f)
}

// written is a map as Java writes it.
func written(values map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		pairs = append(pairs, name+"="+values[name])
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}
