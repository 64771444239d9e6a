package events

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/secrets"
)

// connected is a world with secrets.
func connected(t *testing.T) *world {
	w := newWorld(t)
	w.cloud.Register("secretsmanager", secrets.New(w.cloud))
	return w
}

var ids = regexp.MustCompile(`[0-9a-f-]{36}|-[A-Z2-7]{6}"|"[A-Za-z]*Time":[0-9.E]+,?`)

// asked is an answer, or an error, without what differs from run to run.
func (w *world) asked(t *testing.T, service, action, in string) string {
	t.Helper()
	out, err := w.cloud.Call(t.Context(), w.cloud.Administrator(), service, action, json.RawMessage(in))
	if err != nil {
		return err.Error()
	}
	return ids.ReplaceAllStringFunc(string(out), func(id string) string {
		if strings.HasPrefix(id, `"`) {
			return ""
		}
		return map[bool]string{true: "ID", false: `-END"`}[len(id) == 36]
	})
}

const (
	connectionARN = `"ConnectionArn":"arn:aws:events:eu-central-1:111122223333:connection/crm/ID","ConnectionState":`
	crmSecret     = `"SecretArn":"arn:aws:secretsmanager:eu-central-1:111122223333:secret:events!connection/crm/ID-END"`
)

func TestAConnectionIsMadeChangedAndDeleted(t *testing.T) {
	w := connected(t)
	var secret struct{ SecretArn string }
	value := func() string {
		out, err := w.cloud.Call(t.Context(), w.cloud.Administrator(), "secretsmanager", "GetSecretValue", json.RawMessage(`{"SecretId": "`+secret.SecretArn+`"}`))
		var v struct{ SecretString string }
		if err != nil || json.Unmarshal(out, &v) != nil {
			return fmt.Sprint(err)
		}
		return v.SecretString
	}
	const absent = "ResourceNotFoundException: Failed to %s the connection(s). Connection 'crm' does not exist."
	for _, tt := range []struct{ action, in, want, secret string }{
		{"DescribeConnection", `{"Name": "crm"}`, fmt.Sprintf(absent, "describe"), ""},
		{"DeleteConnection", `{"Name": "crm"}`, fmt.Sprintf(absent, "delete"), ""},
		{"CreateConnection", `{"Name": "a b", "AuthorizationType": "BASIC"}`, `ValidationException: 1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`, ""},
		{"CreateConnection", `{"Name": "crm", "AuthorizationType": "X"}`,
			"ValidationException: 1 validation error detected: Value 'X' at 'authorizationType' failed to satisfy constraint: Member must satisfy enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]", ""},
		{"DescribeConnection", `{"Name": "a b"}`, `ValidationException: 1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`, ""},
		{"CreateConnection", `{"Name": "crm", "AuthorizationType": "API_KEY", "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyValue": "v"}}}`, "ValidationException: Parameter(s) ApiKeyAuthParameters must be specified for authorization type API_KEY.", ""},
		{"CreateConnection", `{"Name": "crm", "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS", "AuthParameters": {"OAuthParameters": {"ClientParameters": {"ClientID": "i", "ClientSecret": "s"}, "HttpMethod": "POST"}}}`,
			"ValidationException: Parameter(s) OAuthParameters must be specified for authorization type OAUTH_CLIENT_CREDENTIALS.", ""},
		{"CreateConnection", `{"Name": "crm", "AuthorizationType": "BASIC"}`, "ValidationException: Parameter(s) BasicAuthParameters must be specified for authorization type BASIC.", ""},
		{"CreateConnection", `{"Name": "crm", "AuthorizationType": "BASIC", "InvocationConnectivityParameters": {}}`, "NotImplemented: the local engine does not serve the parameter InvocationConnectivityParameters of CreateConnection", ""},
		{"CreateConnection", `{"Name": "crm", "Description": "of customers", "AuthorizationType": "BASIC", "AuthParameters": {"BasicAuthParameters": {"Username": "u", "Password": "p"},
			"InvocationHttpParameters": {"HeaderParameters": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d", "IsValueSecret": true}]}}}`, `{` + connectionARN + `"AUTHORIZED",}`,
			`{"username":"u","password":"p","invocation_http_parameters":{"header_parameters":[{"key":"a","value":"b","is_value_secret":false},{"key":"c","value":"d","is_value_secret":true}]}}`},
		{"CreateConnection", `{"Name": "crm", "AuthorizationType": "BASIC", "AuthParameters": {"BasicAuthParameters": {"Username": "u", "Password": "p"}}}`, "ResourceAlreadyExistsException: Connection crm already exists.", ""},
		{"DescribeConnection", `{"Name": "crm"}`, `{` + connectionARN + `"AUTHORIZED","Name":"crm","Description":"of customers","AuthorizationType":"BASIC",` + crmSecret +
			`,"AuthParameters":{"BasicAuthParameters":{"Username":"u"},"InvocationHttpParameters":{"HeaderParameters":[{"Key":"a","Value":"b","IsValueSecret":false},{"Key":"c","IsValueSecret":true}]}}}`, ""},
		{"ListConnections", `{}`, `{"Connections":[{` + connectionARN + `"AUTHORIZED","Name":"crm","AuthorizationType":"BASIC"}]}`, ""},
		{"ListConnections", `{"NamePrefix": "x"}`, `{"Connections":[]}`, ""},
		{"ListConnections", `{"ConnectionState": "DELETING"}`, `{"Connections":[]}`, ""},
		{"UpdateConnection", `{"Name": "crm", "AuthParameters": {"BasicAuthParameters": {"Username": "v", "Password": "q"}}}`, `{` + connectionARN + `"AUTHORIZED",}`,
			`{"username":"v","password":"q","invocation_http_parameters":{"header_parameters":[{"key":"a","value":"b","is_value_secret":false},{"key":"c","value":"d","is_value_secret":true}]}}`},
		{"UpdateConnection", `{"Name": "crm", "AuthorizationType": "API_KEY"}`, "ValidationException: Parameter(s) ApiKeyAuthParameters must be specified for authorization type API_KEY.", ""},
		{"UpdateConnection", `{"Name": "crm", "AuthorizationType": "API_KEY", "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "n", "ApiKeyValue": "v"}}}`, `{` + connectionARN + `"AUTHORIZED",}`,
			`{"api_key_name":"n","api_key_value":"v"}`},
		{"DeauthorizeConnection", `{"Name": "crm"}`, `{` + connectionARN + `"DEAUTHORIZED",}`, "ResourceNotFoundException: Secrets Manager can't find the specified secret."},
		{"DescribeConnection", `{"Name": "crm"}`, `{` + connectionARN + `"DEAUTHORIZED","Name":"crm","Description":"of customers","AuthorizationType":"API_KEY","AuthParameters":{}}`, ""},
		{"UpdateConnection", `{"Name": "crm", "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "n", "ApiKeyValue": "w"}}}`, `{` + connectionARN + `"AUTHORIZED",}`, `{"api_key_name":"n","api_key_value":"w"}`},
		{"DeleteConnection", `{"Name": "crm"}`, `{` + connectionARN + `"DELETING",}`, "ResourceNotFoundException: Secrets Manager can't find the specified secret."},
		{"DescribeConnection", `{"Name": "crm"}`, fmt.Sprintf(absent, "describe"), ""},
	} {
		got := strings.ReplaceAll(w.asked(t, "events", tt.action, tt.in), ",}", "}")
		if want := strings.ReplaceAll(tt.want, ",}", "}"); got != want {
			t.Errorf("%s %s:\n%s\nwant:\n%s", tt.action, tt.in, got, want)
		}
		if out, err := w.cloud.Call(t.Context(), w.cloud.Administrator(), "events", "DescribeConnection", json.RawMessage(`{"Name": "crm"}`)); err == nil {
			var now struct{ SecretArn string }
			if json.Unmarshal(out, &now) == nil && now.SecretArn != "" {
				secret = now
			}
		}
		if tt.secret != "" && value() != tt.secret {
			t.Errorf("%s leaves the secret %s, want %s", tt.action, value(), tt.secret)
		}
	}
}

func TestAConnectionOfOAuthIsAuthorizedByItsEndpoint(t *testing.T) {
	seen := make(chan struct{}) // what the call has answered
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-seen
		if r.URL.Path == "/gives" {
			fmt.Fprint(w, `{"access_token": "t"}`)
		}
	}))
	defer endpoint.Close()
	w := connected(t)
	settled := func() string {
		seen <- struct{}{}
		for {
			out := w.asked(t, "events", "DescribeConnection", `{"Name": "crm"}`)
			if !strings.Contains(out, `"AUTHORIZING"`) {
				return out
			}
			time.Sleep(time.Millisecond)
		}
	}
	in := `{"Name": "crm", "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS", "AuthParameters": {"OAuthParameters": {"ClientParameters": {"ClientID": "i", "ClientSecret": "s"},
		"AuthorizationEndpoint": "` + endpoint.URL + `/refuses", "HttpMethod": "POST"}}}`
	if got := w.asked(t, "events", "CreateConnection", in); !strings.HasPrefix(got, `{`+connectionARN+`"AUTHORIZING"`) {
		t.Fatal(got)
	}
	if got := settled(); !strings.Contains(got, `"StateReason":"the authorization endpoint's answer has no access_token"`) || !strings.Contains(got, `"DEAUTHORIZED"`) {
		t.Error(got)
	}
	if got := w.asked(t, "events", "ListConnections", `{}`); !strings.Contains(got, `"AuthorizationType":"OAUTH_CLIENT_CREDENTIALS","StateReason":"the authorization endpoint's answer has no access_token"`) {
		t.Errorf("listed is %s", got)
	}
	update := `{"Name": "crm", "AuthParameters": {"OAuthParameters": {"ClientParameters": {"ClientID": "j", "ClientSecret": "t"}, "AuthorizationEndpoint": "` + endpoint.URL + `/gives"}}}`
	if got := w.asked(t, "events", "UpdateConnection", update); !strings.Contains(got, `"AUTHORIZING"`) {
		t.Fatal(got)
	}
	since := func() time.Time {
		w.connections.mu.Lock()
		defer w.connections.mu.Unlock()
		return w.connections.byName["crm"].authorized
	}
	asked := since()
	if got := settled(); !strings.Contains(got, `"AUTHORIZED"`) || strings.Contains(got, "StateReason") || !strings.Contains(got, `"AuthParameters":{"OAuthParameters":{"ClientParameters":{"ClientID":"j"},"AuthorizationEndpoint":"`+endpoint.URL+`/gives","HttpMethod":"POST"}}`) {
		t.Error(got)
	}
	if !since().After(asked) {
		t.Error("it is authorized since it was asked for")
	}
	if got := w.asked(t, "events", "CreateConnection", strings.Replace(strings.Replace(in, "crm", "else", 1), "POST", "HEAD", 1)); !strings.Contains(got, "Member must satisfy enum value set: [POST, GET, PUT]") {
		t.Error(got)
	}
}

func TestConnectionsAreListedInPages(t *testing.T) {
	w := connected(t)
	for _, name := range []string{"b", "c", "a"} {
		w.call(t, "CreateConnection", `{"Name": "`+name+`", "AuthorizationType": "BASIC", "AuthParameters": {"BasicAuthParameters": {"Username": "u", "Password": "p"}}}`)
	}
	var got []string
	for token := ""; ; {
		var out struct {
			Connections []struct{ Name string }
			NextToken   string
		}
		if err := json.Unmarshal([]byte(w.call(t, "ListConnections", `{"Limit": 2, "NextToken": "`+token+`"}`)), &out); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(out.Connections))
		if token = out.NextToken; token == "" {
			break
		}
	}
	if pages := strings.Join(got, ""); pages != "[{a} {b}][{c}]" {
		t.Errorf("the pages are %s", pages)
	}
	w.do(t, "ListConnections", `{"NextToken": "?"}`, "ValidationException: The token is invalid.")
}

func TestATemplateDeclaresAConnection(t *testing.T) {
	w := connected(t)
	const declared = `{"Type": "AWS::Events::Connection", "Properties": {"Name": "crm", "AuthorizationType": "API_KEY",
		"AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "n", "ApiKeyValue": "v"}, "InvocationHttpParameters": {"BodyParameters": [{"Key": "a", "Value": "b", "IsValueSecret": "true"}]}}}}`
	s := w.stack(t, `"C": `+declared)
	secret := func() string {
		t.Helper()
		arn := s.Handles["C"].Attributes["SecretArn"]
		if got := w.connections.byName["crm"].secret; arn != got {
			t.Errorf("the secret is %s, told is %v", got, arn)
		}
		return fmt.Sprint(arn)
	}
	first := secret()
	if got := w.asked(t, "events", "DescribeConnection", `{"Name": "crm"}`); !strings.Contains(got, `"InvocationHttpParameters":{"BodyParameters":[{"Key":"a","IsValueSecret":true}]}`) {
		t.Error(got)
	}
	w.call(t, "DeauthorizeConnection", `{"Name": "crm"}`)
	s.Put(t, "C", strings.Replace(declared, `"Name"`, `"Description": "again", "Name"`, 1))
	if secret() == first {
		t.Error("there is no other secret")
	}
	w.call(t, "DeleteConnection", `{"Name": "crm"}`)
	w.call(t, "CreateConnection", `{"Name": "crm", `+apiKey+`}}`)
	s.Remove(t, "C")
	if got := w.asked(t, "events", "DescribeConnection", `{"Name": "crm"}`); !strings.Contains(got, `"AUTHORIZED"`) {
		t.Errorf("the connection of a call that has the name: %s", got)
	}
}
