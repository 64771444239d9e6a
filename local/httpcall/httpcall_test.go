package httpcall_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/events"
	"github.com/tradepost-dev/tradepost/local/httpcall"
	"github.com/tradepost-dev/tradepost/local/secrets"
)

const machine = "arn:aws:states:eu-central-1:111122223333:stateMachine:M"

// world is a cloud with an endpoint that tells what it was sent.
type world struct {
	*cloud.Cloud
	endpoint *httptest.Server

	mu     sync.Mutex
	denied string // an action
	asked  []string
	tokens int
}

func newWorld(t *testing.T) *world {
	w := &world{Cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})}
	w.Authorizer = w
	bus := events.New(w.Cloud)
	w.Register("events", bus)
	w.Register("secretsmanager", secrets.New(w.Cloud))
	w.Register("http", httpcall.New(w.Cloud, bus))
	w.endpoint = httptest.NewServer(w)
	t.Cleanup(func() { w.endpoint.Close(); w.Close() })
	return w
}

// ServeHTTP echoes a request as lines of text, or answers what its path says.
func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch r.URL.Path {
	case "/token":
		w.mu.Lock()
		defer w.mu.Unlock()
		w.tokens++
		w.asked = append(w.asked, string(body)+" "+r.Header.Get("X-Tenant"))
		fmt.Fprintf(out, `{"access_token": "t%d", "expires_in": 3600}`, w.tokens)
	case "/json":
		fmt.Fprint(out, `{"b": 1.50, "a": [null]}`)
	case "/image":
		out.Header().Set("Content-Type", "image/png")
	case "/bytes":
		out.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(out, "\xff\xfe")
	case "/teapot":
		out.WriteHeader(http.StatusTeapot)
		fmt.Fprint(out, `{"short": true}`)
	case "/moved":
		http.Redirect(out, r, "/json", http.StatusFound)
	case "/unauthorized":
		out.WriteHeader(http.StatusUnauthorized)
	case "/proxy":
		out.WriteHeader(http.StatusProxyAuthRequired)
	case "/gone":
		conn, _, _ := out.(http.Hijacker).Hijack()
		_ = conn.Close()
	default:
		var lines []string
		for name, values := range r.Header {
			if !slices.Contains([]string{"Content-Length"}, name) {
				lines = append(lines, name+": "+strings.Join(values, ","))
			}
		}
		slices.Sort(lines)
		out.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(out, "%s %s\n%s\n\n%s", r.Method, r.URL.RequestURI(), strings.Join(lines, "\n"), body)
	}
}

func (w *world) Authorize(caller cloud.Caller, action, resource string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if caller.ARN == "" {
		return nil
	}
	ask := action + " " + resource
	if action == "states:InvokeHTTPEndpoint" {
		ask += " " + caller.Context["states:HTTPMethod"] + " " + strings.TrimPrefix(caller.Context["states:HTTPEndpoint"], w.endpoint.URL)
	}
	if !caller.Root {
		w.asked = append(w.asked, ask)
	}
	if !caller.Root && action == w.denied {
		return cloud.Errorf(403, "AccessDeniedException", "may not %s", action)
	}
	return nil
}

func (w *world) MayPass(cloud.Caller, string, string) error { return nil }

func (w *world) Assume(cloud.Caller, string, string) (cloud.Caller, error) {
	return cloud.Caller{}, nil
}

// connection makes a connection and returns its ARN.
func (w *world) connection(t *testing.T, name, kind, parameters string) string {
	t.Helper()
	var made struct{ ConnectionArn string }
	in := json.RawMessage(fmt.Sprintf(`{"Name": %q, "AuthorizationType": %q, "AuthParameters": %s}`, name, kind, strings.ReplaceAll(parameters, "URL", w.endpoint.URL)))
	if err := w.Do(t.Context(), w.Administrator(), "events", "CreateConnection", in, &made); err != nil {
		t.Fatal(err)
	}
	return made.ConnectionArn
}

// call makes a call; parameters are those beside the endpoint, the method and the
// connection, which begin them.
func (w *world) call(t *testing.T, method, path, connection, parameters string) (string, error) {
	t.Helper()
	in := fmt.Sprintf(`{"Machine": %q, "Parameters": {"ApiEndpoint": %q, "Method": %q, "InvocationConfig": {"ConnectionArn": %q}%s}}`,
		machine, w.endpoint.URL+path, method, connection, parameters)
	out, err := w.Call(t.Context(), cloud.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/r/s"}, "http", "Invoke", json.RawMessage(in))
	return string(out), err
}

// echoed is what the endpoint was sent.
func (w *world) echoed(t *testing.T, method, connection, parameters string) string {
	t.Helper()
	out, err := w.call(t, method, "/echo", connection, parameters)
	var answer struct{ ResponseBody string }
	if err != nil || json.Unmarshal([]byte(out), &answer) != nil {
		t.Fatalf("%s, %v", out, err)
	}
	return answer.ResponseBody
}

const common = "Range: bytes=0-262144\nUser-Agent: Amazon|StepFunctions|HttpInvoke|eu-central-1\n"

func TestRequestsAreWrittenAsOnAWS(t *testing.T) {
	w := newWorld(t)
	basic := w.connection(t, "basic", "BASIC", `{"BasicAuthParameters": {"Username": "u", "Password": "p"}}`)
	key := w.connection(t, "key", "API_KEY", `{"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "k"}, "InvocationHttpParameters": {
		"HeaderParameters": [{"Key": "X-Shared", "Value": "c"}, {"Key": "x-more", "Value": "m", "IsValueSecret": true}],
		"QueryStringParameters": [{"Key": "shared", "Value": "c d"}, {"Key": "more", "Value": "m"}],
		"BodyParameters": [{"Key": "shared", "Value": "c"}, {"Key": "more", "Value": "m"}]}}`)
	const json, auth = "Content-Type: application/json; charset=UTF-8\n", "Authorization: Basic dTpw\n"
	form := func(format string) string {
		return `, "Headers": {"content-type": "application/x-www-form-urlencoded"}, "Transform": {"RequestBodyEncoding": "URL_ENCODED"` + format +
			`}, "RequestBody": {"name": "a b~*", "nested": {"on": true, "n": 1.50}, "items": ["red", "b,c"], "none": null}`
	}
	const formHeaders = auth + "Content-Type: application/x-www-form-urlencoded\n" + common
	format := func(of string) string { return form(`, "RequestEncodingOptions": {"ArrayFormat": "` + of + `"}`) }
	for _, tt := range []struct{ name, method, connection, parameters, want string }{
		{"nothing", "GET", basic, ``, "GET /echo\n" + auth + json + common + "\n"},
		{"an empty body", "GET", basic, `, "RequestBody": {}`, "GET /echo\n" + auth + json + common + "\n{}"},
		{"a body", "POST", basic, `, "RequestBody": {"b": 1.50, "a": [1]}`, "POST /echo\n" + auth + json + common + "\n" + `{"b":1.50,"a":[1]}`},
		{"a text", "PUT", basic, `, "RequestBody": "as it is"`, "PUT /echo\n" + auth + json + common + "\nas it is"},
		{"a query", "DELETE", basic, `, "QueryParameters": {"q": "a b&c", "n": 1.50, "l": ["x", "y"]}`, "DELETE /echo?q=a%20b%26c&n=1.50&l=x&l=y\n" + auth + json + common + "\n"},
		{"a query as text", "PATCH", basic, `, "QueryParameters": "a=b%20c&d"`, "PATCH /echo?a=b%20c&d\n" + auth + json + common + "\n"},
		{"headers", "GET", basic, `, "Headers": {"x-one": "1", "X-Two": ["a", "b"], "User-Agent": "mine"}`, "GET /echo\n" + auth + json + common + "X-One: 1\nX-Two: a,b\n\n"},
		{"a form", "POST", basic, form(``),
			"POST /echo\n" + formHeaders + "\nname=a%20b~%2A&nested%5Bon%5D=true&nested%5Bn%5D=1.50&items%5B0%5D=red&items%5B1%5D=b%2Cc&none="},
		{"a form that repeats", "POST", basic, format("REPEAT"),
			"POST /echo\n" + formHeaders + "\nname=a%20b~%2A&nested%5Bon%5D=true&nested%5Bn%5D=1.50&items=red&items=b%2Cc&none="},
		{"a form with commas", "POST", basic, format("COMMAS"),
			"POST /echo\n" + formHeaders + "\nname=a%20b~%2A&nested%5Bon%5D=true&nested%5Bn%5D=1.50&items=red%2Cb%2Cc&none="},
		{"a form with brackets", "POST", basic, format("BRACKETS"),
			"POST /echo\n" + formHeaders + "\nname=a%20b~%2A&nested%5Bon%5D=true&nested%5Bn%5D=1.50&items%5B%5D=red&items%5B%5D=b%2Cc&none="},
		{"what the connection adds", "POST", key, ``,
			"POST /echo?shared=c%20d&more=m\n" + json + common + "X-Key: k\nX-More: m\nX-Shared: c\n\n" + `{"shared":"c","more":"m"}`},
		{"what it takes the place of", "POST", key, `, "Headers": {"X-Shared": "t"}, "QueryParameters": {"shared": "t", "own": "o"}, "RequestBody": {"shared": 1, "own": 2}`,
			"POST /echo?shared=c%20d&own=o&more=m\n" + json + common + "X-Key: k\nX-More: m\nX-Shared: c\n\n" + `{"shared":"c","own":2,"more":"m"}`},
	} {
		if got := w.echoed(t, tt.method, tt.connection, tt.parameters); got != tt.want {
			t.Errorf("%s:\n%s\nwant:\n%s", tt.name, got, tt.want)
		}
	}
	if got := w.echoed(t, "GET", key, `, "Headers": {"x-shared": "t"}`); !strings.Contains(got, "X-Shared: ") || !strings.Contains(got, "t") {
		t.Errorf("a header in another case is not sent as well: %s", got)
	}
	if _, err := w.call(t, "POST", "/echo", key, `, "RequestBody": "text"`); fmt.Sprint(err) != "States.Runtime: Cannot merge connection body authorization parameters with request body." {
		t.Error(err)
	}
}

func TestAnswersAreResults(t *testing.T) {
	w := newWorld(t)
	basic := w.connection(t, "basic", "BASIC", `{"BasicAuthParameters": {"Username": "u", "Password": "p"}}`)
	for path, want := range map[string]string{
		"/json":   `"ResponseBody":{"b":1.50,"a":[null]},"StatusCode":200,"StatusText":"OK"}`,
		"/teapot": `"ResponseBody":{"short":true},"StatusCode":418,"StatusText":"I'm a teapot"}`,
		"/moved":  `"StatusCode":302,"StatusText":"Found"}`,
		"/image":  "States.Runtime: The response has the content type image/png",
		"/bytes":  "States.Runtime: The response is not text",
		"/gone":   "States.Http.Socket: ",
	} {
		got, err := w.call(t, "GET", path, basic, "")
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got, _ := w.call(t, "GET", "/json", basic, ""); !strings.HasPrefix(got, `{"Headers":{"Content-Length":["24"],"Content-Type":["text/plain; charset=utf-8"],"Date":[`) {
		t.Error(got)
	}
}

func TestCallsThatCannotBeMadeAreRefused(t *testing.T) {
	w := newWorld(t)
	const arn = "arn:aws:events:eu-central-1:111122223333:connection/c/1"
	for parameters, want := range map[string]string{
		`{}`:                                   "The field 'ApiEndpoint' is required but was missing",
		`{"ApiEndpoint": "https://a.example"}`: "The field 'Method' is required but was missing",
		`{"ApiEndpoint": "https://a.example", "Method": "GET"}`:            "The field 'ConnectionArn' is required but was missing",
		`{"ApiEndpoint": "http://a.example"}`:                              "The value 'http://a.example' is not a valid HTTPS URL",
		`{"ApiEndpoint": "http://localhost.a.example"}`:                    "is not a valid HTTPS URL",
		`{"ApiEndpoint": "ftp://localhost"}`:                               "is not a valid HTTPS URL",
		`{"ApiEndpoint": "https://u:p@a.example"}`:                         "is not a valid HTTPS URL",
		`{"ApiEndpoint": 1}`:                                               "The value for the field 'ApiEndpoint' has an invalid format",
		`{"Method": "TRACE"}`:                                              "The value for the field 'Method' must be one of [GET, POST, PUT, DELETE, PATCH, OPTIONS, HEAD]",
		`{"Authentication": {}}`:                                           "The value for the field 'ConnectionArn' must be a STRING",
		`{"Headers": {"authorization": "x", "a": "b", "X-Amz-Date": "y"}}`: "The 'Headers' field contains unsupported values: [authorization, X-Amz-Date]",
		`{"Headers": "a"}`:                                                 "The value for the field 'Headers' has an invalid format",
		`{"QueryParameters": 1}`:                                           "The value for the field 'QueryParameters' has an invalid format",
		`{"Transform": 1}`:                                                 "The value for the field 'Transform' has an invalid format",
		`{"Transform": {"RequestBodyEncoding": 1}}`:                        "The value for the field 'RequestBodyEncoding' must be one of [NONE, URL_ENCODED]",
		`{"Transform": {"RequestEncodingOptions": {"ArrayFormat": "X"}}}`:  "The value for the field 'ArrayFormat' must be one of",
		`{"Body": 1}`: "The field 'Body' is not supported by Step Functions",
	} {
		_, err := w.Call(t.Context(), w.Administrator(), "http", "Invoke", json.RawMessage(`{"Machine": "`+machine+`", "Parameters": `+parameters+`}`))
		if !strings.HasPrefix(fmt.Sprint(err), "States.Runtime: ") || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v", parameters, err)
		}
	}
	if _, err := w.call(t, "GET", "/echo", arn, ""); !strings.HasPrefix(fmt.Sprint(err), "Events.ConnectionResource.ResourceNotFound: ") {
		t.Error(err)
	}
}

func TestACallNeedsFourPermissions(t *testing.T) {
	w := newWorld(t)
	arn := w.connection(t, "basic", "BASIC", `{"BasicAuthParameters": {"Username": "u", "Password": "p"}}`)
	if _, err := w.call(t, "GET", "/echo", arn, ""); err != nil {
		t.Fatal(err)
	}
	const secret = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:events!connection/basic/"
	want := []string{"states:InvokeHTTPEndpoint " + machine + " GET /echo", "events:RetrieveConnectionCredentials " + arn, "secretsmanager:DescribeSecret " + secret, "secretsmanager:GetSecretValue " + secret}
	if len(w.asked) != len(want) {
		t.Fatal(w.asked)
	}
	for i, ask := range w.asked {
		if !strings.HasPrefix(ask, want[i]) {
			t.Errorf("asked for %s, want %s", ask, want[i])
		}
	}
	const noSecret = "Events.ConnectionResource.AccessDenied: No permissions to call DescribeSecret and/or GetSecretValue on the secret associated with the connection resource."
	for action, want := range map[string]string{
		"states:InvokeHTTPEndpoint":            "AccessDeniedException: ",
		"events:RetrieveConnectionCredentials": "Events.ConnectionResource.AccessDenied: ",
		"secretsmanager:DescribeSecret":        noSecret,
		"secretsmanager:GetSecretValue":        noSecret,
	} {
		w.denied = action
		if _, err := w.call(t, "GET", "/echo", arn, ""); !strings.HasPrefix(fmt.Sprint(err), want) {
			t.Errorf("without %s: %v", action, err)
		}
	}
}

func TestAnOAuthClientsTokenIsKeptUntilItIsRefused(t *testing.T) {
	w := newWorld(t)
	arn := w.connection(t, "oauth", "OAUTH_CLIENT_CREDENTIALS", `{"OAuthParameters": {
		"ClientParameters": {"ClientID": "id", "ClientSecret": "s t"}, "AuthorizationEndpoint": "URL/token", "HttpMethod": "POST",
		"OAuthHttpParameters": {"HeaderParameters": [{"Key": "X-Tenant", "Value": "shop"}], "BodyParameters": [{"Key": "scope", "Value": "read write"}]}}}`)
	for authorized := false; !authorized; {
		var c struct{ ConnectionState string }
		if err := w.Do(t.Context(), w.Administrator(), "events", "DescribeConnection", map[string]string{"Name": "oauth"}, &c); err != nil {
			t.Fatal(err)
		}
		if authorized = c.ConnectionState == "AUTHORIZED"; !authorized && c.ConnectionState != "AUTHORIZING" {
			t.Fatal(c)
		}
		time.Sleep(time.Millisecond)
	}
	const body = "grant_type=client_credentials&scope=read%20write&client_secret=s%20t&client_id=id shop"
	if w.asked[0] != body {
		t.Errorf("asked for a token with %s", w.asked[0])
	}
	for i, want := range []string{"Bearer t2", "Bearer t2", "401", "Bearer t3", "407", "Bearer t4"} {
		path := map[string]string{"401": "/unauthorized", "407": "/proxy"}[want]
		path = cmp.Or(path, "/echo")
		if out, err := w.call(t, "GET", path, arn, ""); err != nil || !strings.Contains(out, want) {
			t.Errorf("call %d: %s, %v, want %s", i, out, err, want)
		}
	}
	in := `{"Name": "oauth", "AuthParameters": {"OAuthParameters": {"ClientParameters": {"ClientID": "id", "ClientSecret": "other"}}}}`
	if err := w.Do(t.Context(), w.Administrator(), "events", "UpdateConnection", json.RawMessage(in), nil); err != nil {
		t.Fatal(err)
	}
	for out := ""; ; time.Sleep(time.Millisecond) { // while it is being authorized, calls are refused
		var err error
		if out, err = w.call(t, "GET", "/echo", arn, ""); err == nil {
			if strings.Contains(out, "Bearer t4") {
				t.Error("other credentials have the token of the former ones")
			}
			break
		}
		if !strings.Contains(err.Error(), "AuthInProgress") {
			t.Fatal(err)
		}
	}
}
