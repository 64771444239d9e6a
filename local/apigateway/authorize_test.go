package apigateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
)

// guarded declares an API whose only method, GET /orders/{id}, asks an
// authorizer with the properties.
func guarded(authorizer, methodProperties string) string {
	return guardedAPI("", authorizer, methodProperties)
}

func guardedAPI(apiProperties, authorizer, methodProperties string) string {
	return `"Orders": {"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": ` + root + `, "PathPart": "orders"}},
		"Order": {"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": {"Ref": "Orders"}, "PathPart": "{id}"}},
		"Authorizer": {"Type": "AWS::ApiGateway::Authorizer", "Properties": {"RestApiId": {"Ref": "Api"}, "Name": "guard", ` + authorizer + `,
			"AuthorizerUri": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:guard/invocations"}},` +
		declare(`, "ApiKeySourceType": "AUTHORIZER"`+apiProperties, methodOn(`{"Ref": "Order"}`, "GET", `"AuthorizationType": "CUSTOM",
			"AuthorizerId": {"Ref": "Authorizer"}, `+methodProperties+lambdaProxyTo("echo")))
}

const (
	tokenAuthorizer   = `"Type": "TOKEN", "IdentitySource": "method.request.header.Authorization", "AuthorizerResultTtlInSeconds": 0`
	requestAuthorizer = `"Type": "REQUEST", "IdentitySource": "method.request.header.X-Who, method.request.querystring.tenant"`
)

// verdict is an authorizer's answer.
func verdict(effect, resource string) map[string]any {
	return map[string]any{
		"principalId": "acme",
		"policyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{
			map[string]any{"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource},
		}},
		"context": map[string]any{"partner": "acme", "level": 3, "trusted": true, "nothing": nil},
	}
}

func TestATokenAuthorizerGetsTheTokenAndTheMethod(t *testing.T) {
	var asked, event map[string]any
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{
		"guard": func(raw json.RawMessage) (any, error) {
			err := json.Unmarshal(raw, &asked)
			return verdict("Allow", asked["methodArn"].(string)), err
		},
		"echo": func(raw json.RawMessage) (any, error) {
			return map[string]any{"body": "in"}, json.Unmarshal(raw, &event)
		},
	}}, guarded(tokenAuthorizer, ""))
	w.send(t, "GET", "/orders/a%20b?x=1", "", "Authorization: Bearer t").expect(t, 200, "in")
	want := map[string]any{
		"type": "TOKEN", "authorizationToken": "Bearer t",
		"methodArn": "arn:aws:execute-api:eu-west-1:111122223333:" + w.apiID() + "/prod/GET/orders/a%20b",
	}
	if !reflect.DeepEqual(asked, want) {
		t.Errorf("the authorizer got %v, want %v", asked, want)
	}
	context := map[string]any{"principalId": "acme", "partner": "acme", "level": "3", "trusted": "true"}
	if got := lookup(event, "requestContext.authorizer"); !reflect.DeepEqual(got, context) {
		t.Errorf("the back end got authorizer %v, want %v", got, context)
	}
}

func TestARequestAuthorizerGetsTheWholeRequest(t *testing.T) {
	var asked map[string]any
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{
		"guard": func(raw json.RawMessage) (any, error) {
			return verdict("Allow", "*"), json.Unmarshal(raw, &asked)
		},
		"echo": func(json.RawMessage) (any, error) { return map[string]any{}, nil },
	}}, guarded(requestAuthorizer, ""))
	w.send(t, "GET", "/orders/7?tenant=t1", "", "X-Who: me").expect(t, 200, "")
	for path, want := range map[string]any{
		"type": "REQUEST", "resource": "/orders/{id}", "path": "/orders/7", "httpMethod": "GET",
		"methodArn":             "arn:aws:execute-api:eu-west-1:111122223333:" + w.apiID() + "/prod/GET/orders/7",
		"headers.X-Who":         "me",
		"queryStringParameters": map[string]any{"tenant": "t1"},
		"pathParameters":        map[string]any{"id": "7"},
		"stageVariables":        map[string]any{"color": "blue"},
		"requestContext.stage":  "prod",
	} {
		if got := lookup(asked, path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %v, want %v", path, got, want)
		}
	}
	if _, there := asked["body"]; there {
		t.Error("the authorizer got a body")
	}
}

func TestWhatAnAuthorizerAnswersDecides(t *testing.T) {
	const (
		denied      = `{"Message":"User is not authorized to access this resource with an explicit deny"}`
		notAllowed  = `{"Message":"User is not authorized to access this resource"}`
		nothingSaid = `{"message":null}`
	)
	for name, row := range map[string]struct {
		answer    any
		err       error
		status    int
		body      string
		errorType string
	}{
		"allowed":             {verdict("Allow", "arn:aws:execute-api:*:*:*/prod/GET/orders/*"), nil, 200, "in", ""},
		"allowed elsewhere":   {verdict("Allow", "arn:aws:execute-api:*:*:*/prod/POST/*"), nil, 403, notAllowed, "AccessDeniedException"},
		"denied":              {verdict("Deny", "*"), nil, 403, denied, "AccessDeniedException"},
		"unauthorized":        {nil, errors.New("Unauthorized"), 401, `{"message":"Unauthorized"}`, "UnauthorizedException"},
		"another failure":     {nil, errors.New("unauthorized, maybe"), 500, nothingSaid, "AuthorizerFailureException"},
		"no policy":           {map[string]any{"principalId": "x"}, nil, 500, nothingSaid, "AuthorizerConfigurationException"},
		"null":                {nil, nil, 500, nothingSaid, "AuthorizerConfigurationException"},
		"a nested context":    {map[string]any{"policyDocument": verdict("Allow", "*")["policyDocument"], "context": map[string]any{"a": []int{1}}}, nil, 500, nothingSaid, "AuthorizerConfigurationException"},
		"an unknown effect":   {verdict("Perhaps", "*"), nil, 500, nothingSaid, "AuthorizerConfigurationException"},
		"a principal missing": {map[string]any{"policyDocument": verdict("Allow", "*")["policyDocument"]}, nil, 200, "in", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Options{}, map[string]cloud.API{"lambda": functions{
				"guard": func(json.RawMessage) (any, error) { return row.answer, row.err },
				"echo":  func(json.RawMessage) (any, error) { return map[string]any{"body": "in"}, nil },
			}}, guarded(tokenAuthorizer, ""))
			got := w.send(t, "GET", "/orders/7", "", "Authorization: t")
			got.expect(t, row.status, row.body)
			if errorType := got.header.Get("X-Amzn-Errortype"); errorType != row.errorType {
				t.Errorf("error type %q, want %q", errorType, row.errorType)
			}
		})
	}
}

func TestARequestWithoutItsIdentityNeverReachesTheAuthorizer(t *testing.T) {
	for name, row := range map[string]struct {
		authorizer string
		query      string
		headers    []string
	}{
		"no token":               {tokenAuthorizer, "", nil},
		"an empty token":         {tokenAuthorizer, "", []string{"Authorization: "}},
		"a token of wrong form":  {tokenAuthorizer + `, "IdentityValidationExpression": "Bearer [a-z]+"`, "", []string{"Authorization: Bearer abc1"}},
		"one source of two only": {requestAuthorizer, "", []string{"X-Who: me"}},
		"the other source only":  {requestAuthorizer, "?tenant=t", nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"guard": func(json.RawMessage) (any, error) {
				t.Error("the authorizer was asked")
				return verdict("Allow", "*"), nil
			}}}, guarded(row.authorizer, ""))
			w.send(t, "GET", "/orders/7"+row.query, "", row.headers...).expect(t, 401, `{"message":"Unauthorized"}`)
		})
	}
}

func TestAnAuthorizationIsCachedForItsIdentityAndTime(t *testing.T) {
	asked := 0
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{
		"guard": func(json.RawMessage) (any, error) {
			asked++
			return verdict("Allow", "arn:aws:execute-api:*/GET/orders/7"), nil
		},
		"echo": func(json.RawMessage) (any, error) { return map[string]any{}, nil },
	}}, guarded(requestAuthorizer+`, "AuthorizerResultTtlInSeconds": "60"`, ""))
	synctest.Test(t, func(t *testing.T) {
		for _, step := range []struct {
			name   string
			after  time.Duration
			who    string
			path   string
			status int
			asked  int
		}{
			{"first", 0, "me", "/orders/7", 200, 1},
			{"same identity", 30 * time.Second, "me", "/orders/7", 200, 1},
			{"same identity, other path: the cached policy counts", 0, "me", "/orders/8", 403, 1},
			{"other identity", 0, "you", "/orders/7", 200, 2},
			{"expired", 30 * time.Second, "me", "/orders/7", 200, 3},
		} {
			time.Sleep(step.after)
			got := w.invoke(t, fmt.Sprintf(`{"Path": %q, "Method": "GET", "Headers": {"X-Who": %q}, "QueryParameters": {"tenant": "t"}}`, step.path, step.who))
			if got.StatusCode != step.status || asked != step.asked {
				t.Errorf("%s: status %d after %d questions, want %d after %d", step.name, got.StatusCode, asked, step.status, step.asked)
			}
		}
	})
}

func TestPoliciesAreEvaluatedAsIAMDoes(t *testing.T) {
	const arn = "arn:aws:execute-api:eu-west-1:1:api/prod/GET/orders/7"
	for name, row := range map[string]struct {
		statements string
		want       decision
	}{
		"one statement, not a list": {`{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "` + arn + `"}`, allowed},
		"action in other case":      {`[{"Effect": "Allow", "Action": "Execute-API:invoke", "Resource": "*"}]`, allowed},
		"action by wildcard":        {`[{"Effect": "Allow", "Action": ["s3:*", "execute-api:*"], "Resource": "*"}]`, allowed},
		"another action":            {`[{"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": "*"}]`, notAllowed},
		"wildcard inside":           {`[{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:execute-api:*:1:api/*/GET/or?ers/*"}]`, allowed},
		"wildcard too short":        {`[{"Effect": "Allow", "Action": "*", "Resource": "arn:*/orders/7?"}]`, notAllowed},
		"deny after allow":          {`[{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "*/GET/*"}]`, deniedExplicitly},
		"deny elsewhere":            {`[{"Effect": "Deny", "Action": "*", "Resource": "*/POST/*"}, {"Effect": "Allow", "Action": "*", "Resource": "*"}]`, allowed},
		"all but this":              {`[{"Effect": "Allow", "Action": "*", "NotResource": "*/orders/7"}]`, notAllowed},
		"all but that":              {`[{"Effect": "Allow", "Action": "*", "NotResource": "*/orders/8"}]`, allowed},
		"all but another action":    {`[{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}]`, allowed},
		"nothing":                   {`[]`, notAllowed},
	} {
		parsed, err := parsePolicy(json.RawMessage(`{"Version": "2012-10-17", "Statement": ` + row.statements + `}`))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := parsed.decide(arn); got != row.want {
			t.Errorf("%s: decision %d, want %d", name, got, row.want)
		}
	}
}

func TestAPolicyWithAConditionIsRefused(t *testing.T) {
	_, err := parsePolicy(json.RawMessage(`{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}}`))
	if err == nil || !strings.Contains(err.Error(), "Condition") {
		t.Errorf("got %v, want a fault that names Condition", err)
	}
}

func TestIAMDecidesByTheExactMethod(t *testing.T) {
	const signature = "Authorization: AWS4-HMAC-SHA256 Credential=x"
	identify := func(r *http.Request) (cloud.Caller, error) {
		if strings.Contains(r.Header.Get("Authorization"), "forged") {
			return cloud.Caller{}, cloud.Errorf(403, "InvalidSignatureException", "The request signature we calculated does not match")
		}
		return cloud.Caller{ARN: "arn:aws:iam::111122223333:role/partner"}, nil
	}
	var event map[string]any
	w := start(t, Options{Identify: identify}, map[string]cloud.API{"lambda": functions{"echo": func(raw json.RawMessage) (any, error) {
		return map[string]any{"body": "in"}, json.Unmarshal(raw, &event)
	}}}, declare("", methodOn(root, "ANY", `"AuthorizationType": "AWS_IAM", `+lambdaProxyTo("echo"))))
	arn := "arn:aws:execute-api:eu-west-1:111122223333:" + w.apiID() + "/prod/POST/"
	w.cloud.Authorizer = permissions{"arn:aws:iam::111122223333:role/partner execute-api:Invoke " + arn: true}

	w.send(t, "POST", "/", "", signature).expect(t, 200, "in")
	if got := lookup(event, "requestContext.identity.userArn"); got != "arn:aws:iam::111122223333:role/partner" {
		t.Errorf("userArn = %v", got)
	}
	w.send(t, "GET", "/", "", signature).expect(t, 403, `{"Message":"User: arn:aws:iam::111122223333:role/partner is not authorized to perform: execute-api:Invoke on resource: `+
		strings.Replace(arn, "POST", "GET", 1)+`"}`)
	w.send(t, "POST", "/", "").expect(t, 403, `{"message":"Missing Authentication Token"}`)
	w.send(t, "POST", "/", "", signature+"forged").expect(t, 403, `{"message":"The request signature we calculated does not match"}`)
}

func TestAResourcePolicyMustAllowCallersWithoutAName(t *testing.T) {
	for effect, want := range map[string]int{"Allow": 200, "Deny": 403} {
		c := cloud.New(site())
		store := iam.New(c)
		c.Policies = store
		w, err := startIn(t, c, Options{}, serveEcho(), declare(`, "Policy": {"Version": "2012-10-17", "Statement": [
			{"Effect": "`+effect+`", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/prod/GET/*"}]}`,
			methodOn(root, "ANY", lambdaProxyTo("echo"))))
		if err != nil {
			t.Fatal(err)
		}
		c.Authorizer = alsoService{store}
		if got := w.send(t, "GET", "/", ""); got.status != want {
			t.Errorf("%s: GET answers %d %s, want %d", effect, got.status, got.body, want)
		}
		// What the policy does not speak about is not allowed.
		if got := w.send(t, "POST", "/", ""); got.status != 403 || !strings.Contains(got.body, "User: anonymous is not authorized to perform: execute-api:Invoke") {
			t.Errorf("%s: POST answers %d %s, want 403", effect, got.status, got.body)
		}
	}
}

// Addresses are looked at before the authorizer is asked, which cannot let
// anybody in from elsewhere.
func TestAResourcePolicyKeepsAddressesFromTheAuthorizer(t *testing.T) {
	for ranges, want := range map[string]int{"127.0.0.0/8": 200, "192.0.2.0/24": 403} {
		asked := 0
		c := cloud.New(site())
		store := iam.New(c)
		c.Policies = store
		w, err := startIn(t, c, Options{}, map[string]cloud.API{"lambda": functions{
			"guard": func(json.RawMessage) (any, error) { asked++; return verdict("Allow", "*"), nil },
			"echo":  func(json.RawMessage) (any, error) { return map[string]any{"body": "in"}, nil },
		}}, guardedAPI(`, "Policy": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
				"Condition": {"NotIpAddress": {"aws:SourceIp": ["`+ranges+`"]}}}]}`, tokenAuthorizer, ""))
		if err != nil {
			t.Fatal(err)
		}
		c.Authorizer = alsoService{store}
		if got := w.send(t, "GET", "/orders/7", "", "Authorization: Bearer t"); got.status != want || (asked > 0) != (want == 200) {
			t.Errorf("%s: answers %d %s, want %d; the authorizer was asked %d times", ranges, got.status, got.body, want, asked)
		}
	}
}

// alsoService is an IAM store that lets API Gateway itself do everything.
type alsoService struct{ *iam.IAM }

func (s alsoService) Authorize(caller cloud.Caller, action, resource string) error {
	if caller.Service != "" {
		return nil
	}
	return s.IAM.Authorize(caller, action, resource)
}
