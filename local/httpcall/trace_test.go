package httpcall_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/httpcall"
)

func TestACallIsTakenDownWithItsSecretsOnlyIfTheyAreToBeTold(t *testing.T) {
	w := newWorld(t)
	key := w.connection(t, "key", "API_KEY", `{"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "k"}, "InvocationHttpParameters": {
		"QueryStringParameters": [{"Key": "more", "Value": "m"}], "BodyParameters": [{"Key": "more", "Value": "m"}]}}`)
	basic := w.connection(t, "basic", "BASIC", `{"BasicAuthParameters": {"Username": "u", "Password": "p"}}`)
	const json, common = "Content-Type: application/json; charset=UTF-8, ", "Range: bytes=0-262144, User-Agent: Amazon|StepFunctions|HttpInvoke|eu-central-1"
	for name, row := range map[string]struct {
		connection, path   string
		reveals            bool
		url, headers, body string
		status, answer     string
	}{
		"in secret":           {key, "/json", false, "/json?own=o", json + common, `{"a":1}`, "200 OK", `{"b": 1.50, "a": [null]}`},
		"revealed":            {key, "/json", true, "/json?own=o&more=m", json + common + ", x-key: k", `{"a":1,"more":"m"}`, "200 OK", `{"b": 1.50, "a": [null]}`},
		"a password":          {basic, "/json", false, "/json?own=o", json + common, `{"a":1}`, "200 OK", `{"b": 1.50, "a": [null]}`},
		"a password revealed": {basic, "/json", true, "/json?own=o", "Authorization: Basic dTpw, " + json + common, `{"a":1}`, "200 OK", `{"b": 1.50, "a": [null]}`},
		"a failure":           {basic, "/teapot", false, "/teapot?own=o", json + common, `{"a":1}`, "418 I'm a teapot", `{"short": true}`},
		"no answer":           {basic, "/gone", false, "/gone?own=o", json + common, `{"a":1}`, "", ""},
	} {
		trace := &httpcall.Trace{Reveals: row.reveals}
		in := fmt.Sprintf(`{"Machine": %q, "Parameters": {"ApiEndpoint": %q, "Method": "POST", "InvocationConfig": {"ConnectionArn": %q}, "QueryParameters": {"own": "o"}, "RequestBody": {"a": 1}}}`,
			machine, w.endpoint.URL+row.path, row.connection)
		_, err := w.Call(httpcall.WithTrace(t.Context(), trace), cloud.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/r/s"}, "http", "Invoke", []byte(in))
		if (err == nil) != (row.status != "") {
			t.Errorf("%s: %v", name, err)
		}
		if got, want := *trace.Request, (httpcall.TracedRequest{Protocol: "http", Method: "POST", URL: w.endpoint.URL + row.url, Headers: "[" + row.headers + "]", Body: row.body}); got != want {
			t.Errorf("%s:\n%+v\nwant\n%+v", name, got, want)
		}
		if row.status == "" {
			if trace.Response != nil {
				t.Errorf("%s: answered %+v", name, trace.Response)
			}
			continue
		}
		r := trace.Response
		if got := r.StatusCode + " " + r.StatusMessage; got != row.status || r.Body != row.answer || r.Protocol != "http" || !strings.Contains(r.Headers, "content-length: "+fmt.Sprint(len(row.answer))) {
			t.Errorf("%s: answered %+v", name, r)
		}
	}
}
