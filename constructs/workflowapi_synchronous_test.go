package constructs_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// synchronousLab has a route for each way to end.
func synchronousLab(t *testing.T) *lab {
	return newLab(t, func(stack awscdk.Stack) {
		express := awsstepfunctions.StateMachineType_EXPRESS
		failing := machine(stack, "Failing", fail, express)
		workflowapi.New(stack, "API", workflowapi.Props{RequestsPerSecond: 10_000, Synchronous: []workflowapi.Synchronous{
			{Path: "echo", StateMachine: machine(stack, "Echo", echo, express)},
			{Path: "echo/modelled", StateMachine: machine(stack, "Modelled", echo, express), Model: &awsapigateway.JsonSchema{
				Type:     awsapigateway.JsonSchemaType_OBJECT,
				Required: jsii.Strings("name"),
				Properties: &map[string]*awsapigateway.JsonSchema{
					"name": {Type: awsapigateway.JsonSchemaType_STRING, MinLength: jsii.Number(1)},
				},
			}},
			{Path: "failing", StateMachine: failing, Errors: map[string]int{"Stock.Sold": 409, "Busy": 503, "Full": 429}},
			{Path: "hiding", StateMachine: failing, Errors: map[string]int{"Stock.Sold": 409}, HideCauses: true},
			{Path: "nameless", StateMachine: machine(stack, "Nameless", nameless, express)},
			{Path: "slow", StateMachine: machine(stack, "Slow", slow, express)},
			{Path: "late", StateMachine: machine(stack, "Late", slow, express), Errors: map[string]int{"States.Timeout": 503}, HideCauses: true},
		}})
	})
}

func TestSynchronousRouteAnswersAsTheExecutionEnds(t *testing.T) {
	l := synchronousLab(t)

	t.Run("the output, as it was written", func(t *testing.T) {
		for _, body := range []string{
			`{"order":12345678901234567890.10,"é":"it's \"quoted\" \\' <\/b> $input #set 😀"}`, `[1.0,1e2]`, `"text"`, `12`, `null`, `false`,
		} {
			if got := l.post(t, "echo", body); got.status != 200 || got.body != body || got.header.Get("Content-Type") != "application/json" {
				t.Errorf("got %d %v\n%s\nwant\n%s", got.status, got.header, got.body, body)
			}
		}
	})
	t.Run("no body is an empty object", func(t *testing.T) {
		if got := l.post(t, "echo", ""); got.status != 200 || got.body != "{}" {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
	t.Run("a failure has the status of its name, and its cause", func(t *testing.T) {
		const cause = "it's \"gone\" \\ </b> $x #end \u2028 😀\n"
		for name, status := range map[string]int{"Stock.Sold": 409, "Busy": 503, "Full": 429, "StockXSold": 500, "Stock.Sol": 500, "Other": 500, `"#\\ '`: 500} {
			body, err := json.Marshal(map[string]string{"error": name, "cause": cause})
			if err != nil {
				t.Fatal(err)
			}
			wantError(t, l.post(t, "failing", string(body)), status, name, cause)
		}
	})
	t.Run("a failure that is not named tells no cause if causes are hidden", func(t *testing.T) {
		wantError(t, l.post(t, "hiding", `{"error":"Other","cause":"secret"}`), 500, "Other", "The workflow has failed.")
		wantError(t, l.post(t, "hiding", `{"error":"Stock.Sold","cause":"told"}`), 409, "Stock.Sold", "told")
	})
	t.Run("a failure without a name", func(t *testing.T) {
		wantError(t, l.post(t, "nameless", `{}`), 500, "States.Runtime", "The workflow has failed.")
	})
	t.Run("out of time", func(t *testing.T) {
		wantError(t, l.post(t, "slow", `{}`), 504, "States.Timeout", "The workflow has run out of time.")
		wantError(t, l.post(t, "late", `{}`), 503, "States.Timeout", "The workflow has run out of time.")
	})
	t.Run("no JSON", func(t *testing.T) {
		for _, body := range []string{`{`, `{}x`, `{} {}`, `{"a":1,}`, `'a'`, ` `, "\x00", `{},"name":"x"`, `"` + "\n" + `"`, `"\'"`, `01`} {
			wantError(t, l.post(t, "echo", body), 400, "BAD_REQUEST_BODY", "The body is not JSON.")
		}
	})
	t.Run("too large", func(t *testing.T) {
		most := `"` + strings.Repeat("a", 256<<10-2) + `"`
		if got := l.post(t, "echo", most); got.status != 200 || got.body != most {
			t.Errorf("a body of 256 KiB: %d", got.status)
		}
		wantError(t, l.post(t, "echo", most+" "), 413, "REQUEST_TOO_LARGE", "The body has more than 256 KiB.")
		wantError(t, l.post(t, "echo", strings.Repeat(" ", 10<<20+1)), 413, "REQUEST_TOO_LARGE", "Request Too Long")
	})
	t.Run("not of the model", func(t *testing.T) {
		if got := l.post(t, "echo/modelled", `{"name":"a"}`); got.status != 200 {
			t.Errorf("got %d %s", got.status, got.body)
		}
		got := l.post(t, "echo/modelled", `{"name":""}`)
		if got.status != 400 || got.member("error") != "BAD_REQUEST_BODY" || !strings.HasPrefix(got.member("message"), "The body does not fit: [") {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
	t.Run("not said to be JSON", func(t *testing.T) {
		got := l.send(t, "POST", "echo", "{}", http.Header{"Content-Type": {"text/plain"}})
		wantError(t, got, 415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")
		if got := l.send(t, "POST", "echo", "{}", http.Header{"Content-Type": {"application/json; charset=utf-8"}}); got.status != 200 {
			t.Errorf("with a charset: got %d %s", got.status, got.body)
		}
	})
	t.Run("not signed", func(t *testing.T) {
		got := l.send(t, "POST", "echo", "{}", http.Header{"X-Api-Key": {"key"}})
		wantError(t, got, 403, "MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
	})
	t.Run("another method", func(t *testing.T) {
		wantError(t, l.send(t, "GET", "echo", "", nil), 403, "MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
		if got := l.send(t, "OPTIONS", "echo", "", nil); got.status != 403 || got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("a page of another site may call: %d %v", got.status, got.header)
		}
	})
	for _, tt := range []struct {
		name           string
		err            error
		status         int
		error, message string
	}{
		{"throttled", cloud.Errorf(400, "ThrottlingException", "Rate exceeded"), 429, "THROTTLED", "Too many requests: try again in a moment."},
		{"broken down", cloud.Errorf(503, "ServiceUnavailable", "no"), 503, "INTEGRATION_FAILURE", "Try again in a moment."},
		{"larger than a request may be", cloud.Errorf(413, "RequestEntityTooLargeException", "no"), 413, "REQUEST_TOO_LARGE", "The body has more than 256 KiB."},
		{"gone", cloud.Errorf(400, "StateMachineDoesNotExist", "arn:of:mine"), 500, "API_CONFIGURATION_ERROR", "The workflow cannot be started."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l.breakCalls(t, "StartSyncExecution", tt.err)
			wantError(t, l.post(t, "echo", "{}"), tt.status, tt.error, tt.message)
		})
	}
}
