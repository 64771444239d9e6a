package apigateway

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAStateMachineSeesTheAnswerAsStepFunctionsShowsIt(t *testing.T) {
	var event map[string]any
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"echo": func(raw json.RawMessage) (any, error) {
		return map[string]any{"statusCode": 404, "body": `{"found": false}`, "headers": map[string]string{"X-Trace": "1"}}, json.Unmarshal(raw, &event)
	}}}, echo("echo"))
	got := w.invoke(t, `{"Path": "/orders/a b", "Method": "POST", "Headers": {"X-Who": ["me"], "x-one": "1"},
		"QueryParameters": {"n": ["1", "2"], "flag": true}, "RequestBody": {"text": "q\"uote\n"}}`)
	if got.StatusCode != 404 || got.StatusText != "Not Found" || string(got.ResponseBody) != `{"found":false}` || got.Headers["X-Trace"][0] != "1" {
		t.Errorf("got %+v", got)
	}
	for name, want := range map[string]string{"x-amzn-RequestId": "", "x-amz-apigw-id": "", "Date": "", "Content-Length": "16", "Connection": "keep-alive"} {
		if values := got.Headers[name]; len(values) != 1 || values[0] == "" || want != "" && values[0] != want {
			t.Errorf("header %s is %q, want %q", name, values, want)
		}
	}
	for path, want := range map[string]string{
		"path": "/orders/a%20b", "headers.X-Who": "me", "headers.X-One": "1", "headers.Content-Type": "application/json",
		"queryStringParameters.n": "2", "queryStringParameters.flag": "true", "body": `{"text":"q\"uote\n"}`,
		"requestContext.domainName": w.apiID() + ".execute-api.eu-west-1.amazonaws.com", "requestContext.domainPrefix": w.apiID(),
	} {
		if got := lookup(event, path); got != want {
			t.Errorf("%s = %v, want %s", path, got, want)
		}
	}
}

func TestATextBodyIsSentAsJSON(t *testing.T) {
	var event map[string]any
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"echo": func(raw json.RawMessage) (any, error) {
		return map[string]any{"body": "plain text"}, json.Unmarshal(raw, &event)
	}}}, echo("echo"))
	got := w.invoke(t, `{"Path": "/orders/1", "Method": "POST", "RequestBody": "plain \"text\""}`)
	if event["body"] != `"plain \"text\""` || string(got.ResponseBody) != `"plain text"` {
		t.Errorf("sent %v, answered %s", event["body"], got.ResponseBody)
	}
}

func TestAStateMachineCallsInItsOwnName(t *testing.T) {
	w := start(t, Options{}, serveEcho(), declare("", methodOn(root, "GET", `"AuthorizationType": "AWS_IAM", `+lambdaProxyTo("echo"))))
	unsigned := json.RawMessage(`{"ApiEndpoint": "` + w.apiID() + `.execute-api.eu-west-1.amazonaws.com", "Stage": "prod", "Path": "/", "Method": "GET"}`)
	input := json.RawMessage(strings.Replace(string(unsigned), "{", `{"AuthType": "IAM_ROLE", `, 1))
	w.cloud.Authorizer = permissions{"machine execute-api:Invoke arn:aws:execute-api:eu-west-1:111122223333:" + w.apiID() + "/prod/GET/": true}
	for name, row := range map[string]struct {
		caller cloud.Caller
		input  json.RawMessage
		want   int
	}{
		"allowed":    {cloud.Caller{ARN: "machine"}, input, 200},
		"forbidden":  {cloud.Caller{ARN: "stranger"}, input, 403},
		"not signed": {cloud.Caller{ARN: "machine"}, unsigned, 403},
	} {
		raw, err := w.cloud.Call(t.Context(), row.caller, "execute-api", "Invoke", row.input)
		var got invokedAnswer
		if err != nil || json.Unmarshal(raw, &got) != nil || got.StatusCode != row.want {
			t.Errorf("%s: got %s, %v, want status %d", name, raw, err, row.want)
		}
	}
}

func TestARequestToNoAPIFails(t *testing.T) {
	w := start(t, Options{}, serveEcho(), echo("echo"))
	for name, row := range map[string]struct{ input, code string }{
		"an unknown API":  {`{"ApiEndpoint": "nowhere.execute-api.eu-west-1.amazonaws.com", "Stage": "prod", "Path": "/", "Method": "GET"}`, "UnknownHostException"},
		"a bad path":      {`{"ApiEndpoint": "` + w.apiID() + `.x", "Stage": "prod", "Path": "/%zz", "Method": "GET"}`, "ValidationException"},
		"a malformed one": {`{"Path": 1}`, "SerializationException"},
	} {
		_, err := w.cloud.Call(t.Context(), site().Administrator(), "execute-api", "Invoke", json.RawMessage(row.input))
		if cloud.AsError(err).Code != row.code {
			t.Errorf("%s: got %v, want %s", name, err, row.code)
		}
	}
}
