package events

// This file calls endpoints for events.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// endpoint is an HTTP server that notes what it is sent, and answers as it is told.
type endpoint struct {
	*httptest.Server

	mu      sync.Mutex
	asked   []string
	answers []int // the next ones; then 200
	header  http.Header
	came    chan struct{}
}

func newEndpoint(t *testing.T) *endpoint {
	e := &endpoint{header: http.Header{}, came: make(chan struct{}, 100)}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path == "/token" {
		fmt.Fprint(out, `{"access_token": "t"}`)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var headers []string
	for _, name := range []string{"X-Api-Key", "X-Tenant", "X-Source", "Content-Type", "User-Agent", "Range", "Authorization"} {
		if value := r.Header.Get(name); value != "" {
			headers = append(headers, name+": "+value)
		}
	}
	e.asked = append(e.asked, r.Method+" "+r.URL.RequestURI()+"\n"+strings.Join(headers, "\n")+"\n"+string(body))
	for name, values := range e.header {
		out.Header()[name] = values
	}
	if len(e.answers) > 0 {
		out.WriteHeader(e.answers[0])
		e.answers = e.answers[1:]
	}
	e.came <- struct{}{}
}

func (e *endpoint) last() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.asked[len(e.asked)-1]
}

const apiKey = `"AuthorizationType": "API_KEY", "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": "s3cret"}`

// connect makes the connection "crm" and the destination "tickets", and returns their ARNs.
func (w *world) connect(t *testing.T, e *endpoint, connection, path string) (connectionARN, arn string) {
	t.Helper()
	var c struct{ ConnectionArn string }
	if err := w.cloud.Do(t.Context(), w.cloud.Administrator(), "events", "CreateConnection", json.RawMessage(`{"Name": "crm", `+connection+`}}`), &c); err != nil {
		t.Fatal(err)
	}
	var d struct{ ApiDestinationArn, ApiDestinationState string }
	in := map[string]any{"Name": "tickets", "ConnectionArn": c.ConnectionArn, "HttpMethod": "POST", "InvocationEndpoint": e.URL + path}
	if err := w.cloud.Do(t.Context(), w.cloud.Administrator(), "events", "CreateApiDestination", in, &d); err != nil || d.ApiDestinationState != "ACTIVE" {
		t.Fatalf("%v, %+v", err, d)
	}
	return c.ConnectionArn, d.ApiDestinationArn
}

func TestAnEventIsSentToAnEndpoint(t *testing.T) {
	w, e := connected(t), newEndpoint(t)
	_, arn := w.connect(t, e, apiKey+`, "InvocationHttpParameters": {"HeaderParameters": [{"Key": "X-Tenant", "Value": "acme"}], "QueryStringParameters": [{"Key": "who", "Value": "them"}], "BodyParameters": [{"Key": "extra", "Value": "1"}]}`, "/tickets/*/of/*?a=b")
	w.rule(t, `"Arn": "`+arn+`", "RoleArn": "arn:aws:iam::111122223333:role/r", "InputPath": "$.detail", "HttpParameters": {"PathParameterValues": ["7", "8"], "HeaderParameters": {"X-Tenant": "us", "X-Source": "orders"}, "QueryStringParameters": {"who": "me"}}`)
	w.put(t, `{"id": 7.0}`)
	<-e.came
	want := "POST /tickets/7/of/8?a=b&who=them\nX-Api-Key: s3cret\nX-Tenant: acme\nX-Source: orders\nContent-Type: application/json; charset=UTF-8\n" +
		"User-Agent: Amazon/EventBridge/ApiDestinations\nRange: bytes=0-1048575\n" + `{"id":7.0,"extra":"1"}`
	if got := e.last(); got != want {
		t.Errorf("sent is\n%s\nwant\n%s", got, want)
	}
}

func TestWhatAnEndpointAnswersSaysWhetherItIsTriedAgain(t *testing.T) {
	for _, row := range []struct {
		code       int
		retryAfter string
		again      bool
		after      time.Duration
	}{
		{200, "", false, 0}, {204, "", false, 0}, {302, "", false, 0}, {400, "", false, 0}, {403, "", false, 0}, {404, "", false, 0},
		{401, "", true, 0}, {407, "", true, 0}, {409, "", true, 0}, {429, "", true, 0}, {500, "", true, 0}, {503, "", true, 0},
		{429, "90", true, 90 * time.Second}, {503, "-1", false, -time.Second}, {503, "Fri, 27 Nov 2026 19:00:00 GMT", true, 0},
	} {
		err := refusal(&http.Response{StatusCode: row.code, Header: http.Header{"Retry-After": {row.retryAfter}}})
		if good := row.code/100 == 2; good != (err == nil) {
			t.Errorf("%d: %v", row.code, err)
			continue
		} else if good {
			continue
		}
		if f := classify(err); f.transient != row.again || f.after != row.after || f.code != "SDK_CLIENT_ERROR" || !strings.HasPrefix(f.message, "Unable to invoke ApiDestination endpoint: ") {
			t.Errorf("%d, %s: %+v", row.code, row.retryAfter, f)
		}
	}
}

func TestAnEventThatAnEndpointRefusesIsADeadLetter(t *testing.T) {
	w, e := connected(t), newEndpoint(t)
	_, arn := w.connect(t, e, apiKey, "/")
	e.answers = []int{503, 400}
	dead := make(chan string, 1)
	w.answer = func(call cloud.Call) error {
		if call.Action == "SendMessage" {
			dead <- string(call.Input)
		}
		return nil
	}
	w.rule(t, `"Arn": "`+arn+`", "RoleArn": "arn:aws:iam::111122223333:role/r", "DeadLetterConfig": {"Arn": "arn:aws:sqs:eu-central-1:111122223333:dead"}`)
	w.put(t, `{}`)
	got := <-dead
	for _, want := range []string{`"ERROR_CODE":{"DataType":"String","StringValue":"SDK_CLIENT_ERROR"}`, "answers with the status 400", `"RETRY_ATTEMPTS":{"DataType":"String","StringValue":"1"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("the dead letter is %s, without %s", got, want)
		}
	}
	e.Close()
	if err := w.EventBridge.call(t.Context(), w.settings("tickets"), targetHTTP{}, nil); err == nil || !classify(err).transient || !strings.HasSuffix(err.Error(), "API destination endpoint cannot be reached.") {
		t.Errorf("of an endpoint that is gone: %v", err)
	}
	w.call(t, "DeauthorizeConnection", `{"Name": "crm"}`)
	if err := w.EventBridge.call(t.Context(), w.settings("tickets"), targetHTTP{}, nil); err == nil || !strings.HasSuffix(err.Error(), "The connection is not authorized.") {
		t.Errorf("without authorization: %v", err)
	}
	if got := w.call(t, "DescribeApiDestination", `{"Name": "tickets"}`); !strings.Contains(got, `"ApiDestinationState":"INACTIVE"`) {
		t.Errorf("then it is %s", got)
	}
}

func TestADestinationIsInvokedSoOftenAndNotWaitedFor(t *testing.T) {
	w, e := connected(t), newEndpoint(t)
	_, arn := w.connect(t, e, apiKey, "/")
	w.call(t, "UpdateApiDestination", `{"Name": "tickets", "InvocationRateLimitPerSecond": 20}`)
	w.cloud.Authorizer = denying("")
	start := time.Now()
	for range 3 {
		if err := w.caller(&rule{name: "r"}, targetProperties{Arn: arn})(t.Context(), nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 100*time.Millisecond {
		t.Errorf("three at twenty a second take %v", took)
	}
	if w.patience != 5*time.Second {
		t.Errorf("an endpoint has %v", w.patience)
	}
	e.mu.Lock() // it does not answer
	w.patience = time.Millisecond
	err := w.EventBridge.call(t.Context(), w.settings("tickets"), targetHTTP{}, nil)
	e.mu.Unlock()
	if err == nil || !classify(err).transient || !strings.HasSuffix(err.Error(), "Timeout calling endpoint for API Destination: socket closed.") {
		t.Errorf("of an endpoint that is slow: %v", err)
	}
}

func TestAnEndpointThatAsksForPatienceIsTriedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		times := 0
		slow := &target{retries: 1, age: time.Hour, send: func(context.Context, *event, json.RawMessage) error {
			if times++; times == 1 {
				return unreachable{"later", true, 10 * time.Minute}
			}
			return nil
		}}
		start := time.Now()
		w.deliver(t.Context(), &rule{}, slow, w.newEvent(cloud.Event{}))
		if took := time.Since(start); took != 10*time.Minute || times != 2 {
			t.Errorf("%d attempts take %v", times, took)
		}
	})
}

func (w *world) settings(name string) destinationSettings {
	_, settings := w.findDestination(name)
	return settings
}

func TestARuleMayInvokeOnlyWhatItsRoleMay(t *testing.T) {
	w, e := connected(t), newEndpoint(t)
	_, arn := w.connect(t, e, apiKey, "/")
	w.cloud.Authorizer = denying("events:InvokeApiDestination " + arn)
	invoke := w.caller(&rule{name: "r"}, targetProperties{Arn: arn})
	w.cloud.Authorizer = denying("events:DescribeApiDestination " + arn)
	w.do(t, "DescribeApiDestination", `{"Name": "tickets"}`, "AccessDeniedException: no")
	w.cloud.Authorizer = denying("events:InvokeApiDestination " + arn)
	if err := invoke(t.Context(), nil, nil); err == nil || classify(err).code != "NO_PERMISSIONS" {
		t.Errorf("the rule's role has no permission: %v", err)
	}
	w.cloud.Authorizer = denying("")
	if err := invoke(t.Context(), nil, json.RawMessage(`"text"`)); err != nil || !strings.HasSuffix(e.last(), "\n\"text\"") {
		t.Errorf("%v, sent is %s", err, e.last())
	}
	w.call(t, "DeleteApiDestination", `{"Name": "tickets"}`)
	if err := invoke(t.Context(), nil, nil); err == nil || classify(err).code != "NO_RESOURCE" {
		t.Errorf("the destination is gone: %v", err)
	}
}

// denying denies one action on a resource.
type denying string

func (d denying) Authorize(_ cloud.Caller, action, resource string) error {
	if action+" "+resource == string(d) {
		return cloud.Errorf(403, "AccessDeniedException", "no")
	}
	return nil
}

func (denying) MayPass(cloud.Caller, string, string) error { return nil }

func (denying) Assume(cloud.Caller, string, string) (cloud.Caller, error) { return cloud.Caller{}, nil }

func TestADestinationIsMadeChangedAndDeleted(t *testing.T) {
	w, e := connected(t), newEndpoint(t)
	connection, arn := w.connect(t, e, apiKey, "/")
	told := func(action, in string) string {
		return strings.ReplaceAll(strings.ReplaceAll(w.asked(t, "events", action, in), e.URL, "URL"), ",}", "}")
	}
	const (
		named   = `{"Name": "tickets"}`
		changed = `"ApiDestinationArn":"arn:aws:events:eu-central-1:111122223333:api-destination/tickets/ID","ApiDestinationState":"ACTIVE",`
		of      = `"Name":"tickets","ConnectionArn":"arn:aws:events:eu-central-1:111122223333:connection/crm/ID",`
		absent  = "ResourceNotFoundException: Failed to %s the api-destination(s). An api-destination '%s' does not exist."
	)
	create := func(name, connection, method, endpoint string, rate int) string {
		return fmt.Sprintf(`{"Name": %q, "ConnectionArn": %q, "HttpMethod": %q, "InvocationEndpoint": %q, "InvocationRateLimitPerSecond": %d}`, name, connection, method, endpoint, rate)
	}
	for _, row := range []struct{ action, in, want string }{
		{"DescribeApiDestination", named, `{` + changed + of + `"HttpMethod":"POST","InvocationEndpoint":"URL/","InvocationRateLimitPerSecond":300}`},
		{"UpdateApiDestination", `{"Name": "tickets", "Description": "d", "HttpMethod": "PUT", "InvocationRateLimitPerSecond": 5}`, `{` + changed[:len(changed)-1] + `}`},
		{"DescribeApiDestination", named, `{` + changed + of + `"HttpMethod":"PUT","InvocationEndpoint":"URL/","InvocationRateLimitPerSecond":5,"Description":"d"}`},
		{"UpdateApiDestination", `{"Name": "tickets", "InvocationEndpoint": "https://example.com/*"}`, `{` + changed[:len(changed)-1] + `}`},
		{"ListApiDestinations", `{"NamePrefix": "t", "ConnectionArn": "` + connection + `"}`, `{"ApiDestinations":[{` + changed + of + `"HttpMethod":"PUT","InvocationEndpoint":"https://example.com/*","InvocationRateLimitPerSecond":5}]}`},
		{"ListApiDestinations", `{"NamePrefix": "x"}`, `{"ApiDestinations":[]}`},
		{"ListApiDestinations", `{"ConnectionArn": "x"}`, `{"ApiDestinations":[]}`},
		{"UpdateApiDestination", `{"Name": "tickets", "HttpMethod": "TRACE"}`, `ValidationException: 1 validation error detected: Value 'TRACE' at 'httpMethod' failed to satisfy constraint: Member must satisfy enum value set: [HEAD, POST, PATCH, DELETE, PUT, GET, OPTIONS]`},
		{"UpdateApiDestination", `{"Name": "tickets", "ConnectionArn": "` + strings.Replace(connection, "crm", "none", 1) + `"}`, "ResourceNotFoundException: Connection 'none' does not exist."},
		{"UpdateApiDestination", `{"Name": "none"}`, fmt.Sprintf(absent, "update", "none")},
		{"CreateApiDestination", create("tickets", connection, "POST", "https://example.com", 1), "ResourceAlreadyExistsException: An api-destination 'tickets' already exists."},
		{"CreateApiDestination", create("two", connection, "POST", "http://example.com", 1), "ValidationException: Parameter InvocationEndpoint is not valid. Reason: The value 'http://example.com' is not a valid HTTPS URL"},
		{"CreateApiDestination", create("two", strings.Replace(connection, "crm", "none", 1), "POST", "https://example.com", 1), "ResourceNotFoundException: Connection 'none' does not exist."},
		{"CreateApiDestination", create("two", "x", "INVALID", "no", -1), `ValidationException: 3 validation errors detected: Value 'x' at 'connectionArn' failed to satisfy constraint: Member must satisfy regular expression pattern: ` + connectionPattern.String() +
			`; Value 'INVALID' at 'httpMethod' failed to satisfy constraint: Member must satisfy enum value set: [HEAD, POST, PATCH, DELETE, PUT, GET, OPTIONS]; Value '-1' at 'invocationRateLimitPerSecond' failed to satisfy constraint: Member must have value greater than or equal to 1`},
		{"DeleteApiDestination", named, `{}`},
		{"DeleteApiDestination", named, fmt.Sprintf(absent, "delete", "tickets")},
		{"DescribeApiDestination", named, fmt.Sprintf(absent, "describe", "tickets")},
	} {
		if got := told(row.action, row.in); got != row.want {
			t.Errorf("%s %s:\n%s\nwant\n%s", row.action, row.in, got, row.want)
		}
	}
	if !strings.HasPrefix(arn, "arn:aws:events:eu-central-1:111122223333:api-destination/tickets/") {
		t.Errorf("the ARN is %s", arn)
	}
}

func TestATemplateDeclaresADestination(t *testing.T) {
	w := connected(t)
	s := w.stack(t, `"Connection": {"Type": "AWS::Events::Connection", "Properties": {"Name": "crm", `+apiKey+`}}},
		"Destination": {"Type": "AWS::Events::ApiDestination", "Properties": {"ConnectionArn": {"Fn::GetAtt": ["Connection", "Arn"]}, "HttpMethod": "POST", "InvocationEndpoint": "https://example.com"}}`)
	name := s.Ref("Destination")
	arn, _ := s.Handles["Destination"].Attributes["Arn"].(string)
	if d, _ := w.findDestination(name); d == nil || d.arn != arn || s.Handles["Destination"].Attributes["ArnForPolicy"] != w.cloud.ARN("events", "api-destination/"+name) {
		t.Errorf("%s is not there by %v", name, s.Handles["Destination"])
	}
	if rate := w.settings(name).InvocationRateLimitPerSecond; rate != 300 {
		t.Errorf("it is invoked %d times a second", rate)
	}
	s.Put(t, "Destination", `{"Type": "AWS::Events::ApiDestination", "Properties": {"ConnectionArn": {"Fn::GetAtt": ["Connection", "Arn"]}, "HttpMethod": "PUT", "InvocationEndpoint": "https://example.com/2", "InvocationRateLimitPerSecond": 7, "Description": "d"}}`)
	want := destinationSettings{Description: "d", HttpMethod: "PUT", InvocationEndpoint: "https://example.com/2", InvocationRateLimitPerSecond: 7}
	got := w.settings(name)
	got.ConnectionArn = ""
	if got != want || s.Handles["Destination"].Attributes["Arn"] != arn {
		t.Errorf("it is %+v", got)
	}
	s.Remove(t, "Destination")
	if d, _ := w.findDestination(name); d != nil {
		t.Error("the destination is still there")
	}
	w.do(t, "ListApiDestinations", `{}`, `{"ApiDestinations":[]}`)
}
