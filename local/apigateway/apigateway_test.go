package apigateway

// The harness of this package's tests: templates as the CDK synthesizes them,
// requests over real sockets, and functions in place of the other services.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// fake is a service that supports every action.
type fake func(caller cloud.Caller, action string, input json.RawMessage) (json.RawMessage, error)

func (fake) Supports(string) bool { return true }

func (f fake) Call(_ context.Context, caller cloud.Caller, action string, input json.RawMessage) (json.RawMessage, error) {
	return f(caller, action, input)
}

// functions is a Lambda service whose functions are called by name.
type functions map[string]func(event json.RawMessage) (any, error)

func (functions) Supports(action string) bool { return action == "Invoke" }

func (f functions) Call(_ context.Context, _ cloud.Caller, _ string, input json.RawMessage) (json.RawMessage, error) {
	var in struct {
		FunctionName string
		Payload      json.RawMessage
	}
	if err := json.Unmarshal(input, &in); err != nil {
		return nil, err
	}
	name := in.FunctionName[strings.LastIndex(in.FunctionName, ":")+1:]
	result, err := f[name](in.Payload)
	out := map[string]any{"StatusCode": 200, "Payload": result}
	if err != nil {
		out["FunctionError"], out["Payload"] = "Unhandled", map[string]string{"errorMessage": err.Error(), "errorType": "errorString"}
	}
	return json.Marshal(out)
}

// permissions is an authorizer that allows what it has an entry for.
type permissions map[string]bool // "caller action resource"

func (p permissions) Authorize(caller cloud.Caller, action, resource string) error {
	if p[caller.ARN+" "+action+" "+resource] {
		return nil
	}
	return cloud.Errorf(403, "AccessDeniedException", "User: %s is not authorized to perform: %s on resource: %s", caller.ARN, action, resource)
}

func (p permissions) Assume(service cloud.Caller, roleARN, _ string) (cloud.Caller, error) {
	if !p[service.Service+" sts:AssumeRole "+roleARN] {
		return cloud.Caller{}, cloud.Errorf(403, "AccessDenied", "%s may not assume %s", service.Service, roleARN)
	}
	return cloud.Caller{ARN: roleARN + "/session", Role: roleARN}, nil
}

// world is a gateway with fakes around it.
type world struct {
	*APIGateway
	created *cfntest.Stack
}

// site is where all tests run.
func site() cloud.Site { return cloud.Site{Account: "111122223333", Region: "eu-west-1"} }

// start creates the resources and registers the services before.
func start(t testing.TB, options Options, services map[string]cloud.API, resources string) *world {
	t.Helper()
	w, err := tryStart(t, options, services, resources)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func tryStart(t testing.TB, options Options, services map[string]cloud.API, resources string) (*world, error) {
	t.Helper()
	return startIn(t, cloud.New(site()), options, services, resources)
}

// startIn is tryStart in a cloud that the test has set up.
func startIn(t testing.TB, c *cloud.Cloud, options Options, services map[string]cloud.API, resources string) (*world, error) {
	t.Helper()
	t.Cleanup(c.Close)
	for name, api := range services {
		c.Register(name, api)
	}
	w := &world{APIGateway: New(c, options)}
	c.Register("execute-api", w)
	c.Register("apigateway", NewControl(w.APIGateway))
	var err error
	w.created, err = cfntest.Create(t, c.Site, w.Types(), resources)
	return w, err
}

// endpoint returns the address of the API's only stage, without a slash.
func (w *world) endpoint() string { return strings.TrimSuffix(w.Endpoints()[0].URL, "/") }

// apiID returns the id of the API with logical id Api.
func (w *world) apiID() string { return w.created.Handles["Api"].Ref }

// answer is a response that has been read.
type answer struct {
	status int
	header http.Header
	body   string
}

// send makes one request; headers are "Name: value".
func (w *world) send(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	return w.sendTo(t, method, w.endpoint()+path, body, headers...)
}

func (w *world) sendTo(t *testing.T, method, url, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Add(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

func (a answer) expect(t *testing.T, status int, body string) {
	t.Helper()
	if a.status != status || a.body != body {
		t.Errorf("got %d %s, want %d %s", a.status, a.body, status, body)
	}
}

// declare declares an API with a deployment of the listed methods and stage prod.
func declare(properties string, methods ...string) string {
	var out []string
	var names []string
	for i, m := range methods {
		name := fmt.Sprintf("Method%d", i)
		out = append(out, fmt.Sprintf("%q: %s", name, m))
		names = append(names, fmt.Sprintf("%q", name))
	}
	out = append(out,
		`"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "orders"`+properties+`}}`,
		`"Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": [`+strings.Join(names, ",")+`],
			"Properties": {"RestApiId": {"Ref": "Api"}}}`,
		`"Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": {"Ref": "Api"},
			"DeploymentId": {"Ref": "Deployment"}, "StageName": "prod", "Variables": {"color": "blue"}}}`)
	return strings.Join(out, ",\n")
}

// methodOn declares a method; resource is an expression for its ResourceId.
func methodOn(resource, httpMethod, rest string) string {
	return fmt.Sprintf(`{"Type": "AWS::ApiGateway::Method", "Properties": {"RestApiId": {"Ref": "Api"},
		"ResourceId": %s, "HttpMethod": %q, %s}}`, resource, httpMethod, rest)
}

// root is the ResourceId of "/".
const root = `{"Fn::GetAtt": ["Api", "RootResourceId"]}`

// lambdaProxyTo is a proxy integration with the function.
func lambdaProxyTo(function string) string {
	return `"Integration": {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri":
		"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:` + function + `/invocations"}`
}

// recorder keeps the inputs of calls.
type recorder struct {
	mu     sync.Mutex
	inputs []string
}

func (r *recorder) add(input []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inputs = append(r.inputs, string(input))
}

func (r *recorder) last(t *testing.T) string {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.inputs) == 0 {
		t.Fatal("nothing was called")
	}
	return r.inputs[len(r.inputs)-1]
}

// invokedAnswer is what a state machine sees.
type invokedAnswer struct {
	StatusCode   int
	StatusText   string
	Headers      map[string][]string
	ResponseBody json.RawMessage
}

// invoke makes one request in process, as the account's administrator. The
// endpoint and the stage are filled in.
func (w *world) invoke(t *testing.T, input string) invokedAnswer {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(input), &members); err != nil {
		t.Fatal(err)
	}
	members["ApiEndpoint"], members["Stage"] = w.apiID()+".execute-api.eu-west-1.amazonaws.com", "prod"
	var out invokedAnswer
	if err := w.cloud.Do(t.Context(), site().Administrator(), "execute-api", "Invoke", members, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
