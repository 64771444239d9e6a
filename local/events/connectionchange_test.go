package events

// This file is what stays of a connection, and what does not, when it changes.

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAConnectionWhoseCredentialsAreNotKeptIsNotMade(t *testing.T) {
	w := newWorld(t)
	w.cloud.Register("secretsmanager", fake{w, "secretsmanager"})
	w.answer = func(cloud.Call) error { return cloud.Errorf(500, "InternalServiceError", "not now") }
	create := `{"Name": "crm", ` + apiKey + `}}`
	if got := w.asked(t, "events", "CreateConnection", create); !strings.Contains(got, "not now") {
		t.Error(got)
	}
	w.do(t, "ListConnections", `{}`, `{"Connections":[]}`)
	w.answer = nil
	if got := w.asked(t, "events", "CreateConnection", create); !strings.Contains(got, `"AUTHORIZED"`) {
		t.Errorf("the second time: %s", got)
	}
}

func TestTheKeyAndTheDescriptionOfAConnectionChange(t *testing.T) {
	w := connected(t)
	told := func() string {
		t.Helper()
		var c struct{ Description, KmsKeyIdentifier, SecretArn string }
		var secret struct{ KmsKeyId string }
		if err := json.Unmarshal([]byte(w.call(t, "DescribeConnection", `{"Name": "crm"}`)), &c); err != nil {
			t.Fatal(err)
		}
		if err := w.cloud.Do(t.Context(), w.cloud.Administrator(), "secretsmanager", "DescribeSecret", map[string]any{"SecretId": c.SecretArn}, &secret); err != nil {
			t.Fatal(err)
		}
		return c.Description + ", " + c.KmsKeyIdentifier + ", " + secret.KmsKeyId
	}
	w.call(t, "CreateConnection", `{"Name": "crm", "Description": "one", "KmsKeyIdentifier": "alias/one", `+apiKey+`}}`)
	if got := told(); got != "one, alias/one, alias/one" {
		t.Errorf("it is made with %s", got)
	}
	w.call(t, "UpdateConnection", `{"Name": "crm"}`)
	if got := told(); got != "one, alias/one, alias/one" {
		t.Errorf("what was not said is %s", got)
	}
	w.call(t, "UpdateConnection", `{"Name": "crm", "Description": "two", "KmsKeyIdentifier": "alias/two"}`)
	if got := told(); got != "two, alias/two, alias/two" {
		t.Errorf("it is changed to %s", got)
	}
}

func TestWhatIsNotSaidOfOAuthStays(t *testing.T) {
	w := connected(t)
	parameters := func() string {
		t.Helper()
		var c struct {
			AuthParameters json.RawMessage
			SecretArn      string
		}
		var secret struct{ SecretString string }
		if err := json.Unmarshal([]byte(w.call(t, "DescribeConnection", `{"Name": "crm"}`)), &c); err != nil {
			t.Fatal(err)
		}
		if err := w.cloud.Do(t.Context(), w.cloud.Administrator(), "secretsmanager", "GetSecretValue", map[string]any{"SecretId": c.SecretArn}, &secret); err != nil {
			t.Fatal(err)
		}
		return string(c.AuthParameters) + "\n" + secret.SecretString
	}
	const endpoint = `"AuthorizationEndpoint":"http://127.0.0.1:1/%","HttpMethod":"put"`
	w.call(t, "CreateConnection", `{"Name": "crm", "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS", "AuthParameters": {
		"InvocationHttpParameters": {"QueryStringParameters": [{"Key": "q", "Value": "1", "IsValueSecret": true}]},
		"OAuthParameters": {"ClientParameters": {"ClientID": "i", "ClientSecret": "s"}, `+endpoint+`,
			"OAuthHttpParameters": {"HeaderParameters": [{"Key": "h", "Value": "2", "IsValueSecret": true}], "BodyParameters": [{"Key": "b", "Value": "3", "IsValueSecret": true}, {"Key": "o", "Value": "4"}]}}}}`)
	want := `{"OAuthParameters":{"ClientParameters":{"ClientID":"i"},` + endpoint +
		`,"OAuthHttpParameters":{"HeaderParameters":[{"Key":"h","IsValueSecret":true}],"BodyParameters":[{"Key":"b","IsValueSecret":true},{"Key":"o","Value":"4","IsValueSecret":false}]}},` +
		`"InvocationHttpParameters":{"QueryStringParameters":[{"Key":"q","IsValueSecret":true}]}}`
	before := parameters()
	if told, _, _ := strings.Cut(before, "\n"); told != want {
		t.Errorf("told is\n%s, want\n%s", told, want)
	}
	w.call(t, "UpdateConnection", `{"Name": "crm", "AuthParameters": {"OAuthParameters": {"AuthorizationEndpoint": "http://127.0.0.1:1/again"}}}`)
	if got, want := parameters(), strings.ReplaceAll(before, "/%", "/again"); got != want {
		t.Errorf("with another endpoint it is\n%s, want\n%s", got, want)
	}
}

// A token that was asked for before a connection changed does not count.
func TestATokenThatComesTooLateIsNoLongerOfTheConnection(t *testing.T) {
	for action, want := range map[string]string{
		`DeauthorizeConnection {"Name": "crm"}`:             deauthorized,
		`UpdateConnection {"Name": "crm", ` + apiKey + `}}`: authorized,
	} {
		t.Run(want, func(t *testing.T) {
			asked := make(chan struct{})
			endpoint := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				close(asked)
				<-r.Context().Done()
			}))
			defer endpoint.Close()
			w := connected(t)
			w.call(t, "CreateConnection", `{"Name": "crm", "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS", "AuthParameters": {"OAuthParameters": {
				"ClientParameters": {"ClientID": "i", "ClientSecret": "s"}, "AuthorizationEndpoint": "`+endpoint.URL+`", "HttpMethod": "GET"}}}`)
			<-asked
			name, in, _ := strings.Cut(action, " ")
			w.call(t, name, in)
			w.cloud.Close() // it ends the request, and waits for what comes of that
			if c := w.connections.byName["crm"]; c.state != want || c.reason != "" {
				t.Errorf("it is %s, %q", c.state, c.reason)
			}
		})
	}
}

func TestACallOfAConnectionNeedsPermissionForItsARN(t *testing.T) {
	w := connected(t)
	w.call(t, "CreateConnection", `{"Name": "crm", `+apiKey+`}}`)
	w.cloud.Authorizer = denying("events:DescribeConnection " + w.connections.byName["crm"].arn)
	w.do(t, "DescribeConnection", `{"Name": "crm"}`, "AccessDeniedException: no")
}

func TestItIsToldWhenConnectionsAndDestinationsWereChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := connected(t)
		type times struct{ CreationTime, LastModifiedTime, LastAuthorizedTime float64 }
		told := func(action, in string) times {
			t.Helper()
			var at times
			if err := json.Unmarshal([]byte(w.call(t, action, in)), &at); err != nil {
				t.Fatal(err)
			}
			return at
		}
		first := cloud.Time(time.Now()).Seconds()
		check := func(what string, got times, created, modified, authorized float64) {
			t.Helper()
			if got != (times{created, modified, authorized}) {
				t.Errorf("%s tells %+v", what, got)
			}
		}
		check("creation", told("CreateConnection", `{"Name": "crm", `+apiKey+`}}`), first, first, 0)
		destination := `{"Name": "tickets", "ConnectionArn": "` + w.connections.byName["crm"].arn + `", "HttpMethod": "POST", "InvocationEndpoint": "https://example.com"}`
		check("creation of a destination", told("CreateApiDestination", destination), first, first, 0)
		check("a description", told("DescribeConnection", `{"Name": "crm"}`), first, first, first)
		time.Sleep(time.Minute)
		then := cloud.Time(time.Now()).Seconds()
		check("an update", told("UpdateConnection", `{"Name": "crm"}`), first, then, then)
		check("an update of a destination", told("UpdateApiDestination", `{"Name": "tickets"}`), first, then, 0)
		time.Sleep(time.Minute)
		check("the end of authorization", told("DeauthorizeConnection", `{"Name": "crm"}`), first, cloud.Time(time.Now()).Seconds(), then)
	})
}
