package apigateway

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// replaced declares a gateway response before the deployment of an echo API.
func replaced(kind, rest string) string {
	return `"Replaced": {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": {"RestApiId": {"Ref": "Api"}, "ResponseType": "` + kind + `"` + rest + `}},` +
		strings.Replace(echo("echo"), `"DependsOn": [`, `"DependsOn": ["Replaced", `, 1)
}

func TestUnknownPathsAndStagesAreForbiddenAsOnAWS(t *testing.T) {
	w := start(t, Options{}, serveEcho(), declare("", methodOn(root, "GET", lambdaProxyTo("echo"))))
	for name, row := range map[string]struct{ method, url, body, errorType string }{
		"an unknown path":   {"GET", "/prod/nowhere", `{"message":"Missing Authentication Token"}`, "MissingAuthenticationTokenException"},
		"an unknown method": {"POST", "/prod/", `{"message":"Missing Authentication Token"}`, "MissingAuthenticationTokenException"},
		"an unknown stage":  {"GET", "/test/", `{"message":"Forbidden"}`, "ForbiddenException"},
		"no stage":          {"GET", "/", `{"message":"Forbidden"}`, "ForbiddenException"},
	} {
		t.Run(name, func(t *testing.T) {
			got := w.sendTo(t, row.method, strings.TrimSuffix(w.endpoint(), "/prod")+row.url, "")
			got.expect(t, 403, row.body)
			if got.header.Get("X-Amzn-Errortype") != row.errorType || got.header.Get("X-Amzn-Requestid") == "" {
				t.Errorf("headers %v, want error type %s", got.header, row.errorType)
			}
		})
	}
}

func TestABodyOverTenMegabytesIsTooLarge(t *testing.T) {
	w := start(t, Options{}, serveEcho(), echo("echo"))
	w.send(t, "POST", "/orders/1", strings.Repeat("x", maxBody)).expect(t, 200, "in")
	w.send(t, "POST", "/orders/1", strings.Repeat("x", maxBody+1)).expect(t, 413, `{"message":"Request Too Long"}`)
}

func TestAGatewayResponseReplacesTheAnswersOfItsType(t *testing.T) {
	const template = `, "ResponseTemplates": {"application/json": "{\"type\": \"$context.error.responseType\", \"text\": $context.error.messageString, \"id\": \"$context.requestId\"}"}`
	for name, row := range map[string]struct {
		kind, rest string
		status     int
		text       string
	}{
		"its own type":         {"MISSING_AUTHENTICATION_TOKEN", `, "StatusCode": "404"` + template, 404, `"text": "Missing Authentication Token"`},
		"the default of 4xx":   {"DEFAULT_4XX", `, "StatusCode": "418"` + template, 418, `"type": "MISSING_AUTHENTICATION_TOKEN"`},
		"the status only":      {"MISSING_AUTHENTICATION_TOKEN", `, "StatusCode": 410`, 410, `{"message":"Missing Authentication Token"}`},
		"the template only":    {"DEFAULT_4XX", template, 403, `"type": "MISSING_AUTHENTICATION_TOKEN"`},
		"another type's":       {"UNAUTHORIZED", `, "StatusCode": "418"`, 403, `{"message":"Missing Authentication Token"}`},
		"the default of 5xx's": {"DEFAULT_5XX", `, "StatusCode": "599"`, 403, `{"message":"Missing Authentication Token"}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Options{}, serveEcho(), replaced(row.kind, row.rest))
			got := w.send(t, "GET", "/nowhere", "")
			if got.status != row.status || !strings.Contains(got.body, row.text) || !json.Valid([]byte(got.body)) {
				t.Errorf("got %d %s, want %d with %s", got.status, got.body, row.status, row.text)
			}
			if strings.Contains(got.body, `"id"`) && !strings.Contains(got.body, got.header.Get("X-Amzn-Requestid")) {
				t.Errorf("%s does not name request %s", got.body, got.header.Get("X-Amzn-Requestid"))
			}
		})
	}
}

func TestTheDefaultOf5xxReplacesFailures(t *testing.T) {
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"echo": func(json.RawMessage) (any, error) { return nil, errors.New("boom") }}},
		replaced("DEFAULT_5XX", `, "StatusCode": "503", "ResponseTemplates": {"application/json": "sorry"}`))
	w.send(t, "GET", "/orders/1", "").expect(t, 503, "sorry")
}

func TestAGatewayResponseSetsHeaders(t *testing.T) {
	w := start(t, Options{}, serveEcho(), replaced("DEFAULT_4XX", `, "ResponseParameters": {
		"gatewayresponse.header.Access-Control-Allow-Origin": "'*'", "gatewayresponse.header.X-Asked": "method.request.header.X-Ask",
		"gatewayresponse.header.X-Stage": "context.stage", "gatewayresponse.header.X-Missing": "method.request.header.None"}`))
	header := w.send(t, "GET", "/nowhere", "", "X-Ask: why").header
	for name, want := range map[string]string{"Access-Control-Allow-Origin": "*", "X-Asked": "why", "X-Stage": "prod"} {
		if header.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, header.Get(name), want)
		}
	}
	if _, there := header["X-Missing"]; there {
		t.Error("a header without a value was sent")
	}
}

func TestAValidationErrorCanBeShown(t *testing.T) {
	w := start(t, Options{}, serveEcho(), `"Replaced": {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": {"RestApiId": {"Ref": "Api"}, "ResponseType": "BAD_REQUEST_BODY",
		"ResponseTemplates": {"application/json": "{\"message\": \"$context.error.message: $context.error.validationErrorString\"}"}}},`+
		strings.Replace(validated(orderSchema, bodyOnly), `"DependsOn": [`, `"DependsOn": ["Replaced", `, 1))
	w.send(t, "POST", "/", `{}`).expect(t, 400, `{"message": "Invalid request body: [object has missing required properties ([\"id\",\"lines\"])]"}`)
}

func TestOnlyVariablesAreReplacedInGatewayResponses(t *testing.T) {
	x := &exchange{
		id:      cloud.UUID(),
		stage:   &stage{name: "prod", api: &api{gateway: New(cloud.New(site()), Options{})}, deployment: &deployment{}, variables: map[string]string{"color": "blue"}},
		request: &request{header: map[string][]string{"X-Ask-Me": {"why"}}, path: "/"},
		fault:   &fault{kind: badRequestBody, message: `no "good"`, validation: `["a"]`},
	}
	for template, want := range map[string]string{
		`plain #if($x) text`:                        `plain #if($x) text`,
		`$context.stage/$stageVariables.color.`:     `prod/blue.`,
		`$method.request.header.X-Ask-Me!`:          `why!`,
		`"$context.error.validationErrorString"`:    `"[\"a\"]"`,
		`$context.error.messageString`:              `"no \"good\""`,
		`<$context.nothing$stageVariables.nothing>`: `<>`,
		`5 $ or $$context.stage $`:                  `5 $ or $prod $`,
	} {
		parsed, err := parseSubstitution(template)
		if err != nil {
			t.Errorf("%s: %v", template, err)
			continue
		}
		if got := parsed.render(x); got != want {
			t.Errorf("%s renders %s, want %s", template, got, want)
		}
	}
	for _, template := range []string{`$input.params('x')`, `$util.escapeJavaScript('x')`, `$method.request.cookie.x`} {
		if _, err := parseSubstitution(template); err == nil {
			t.Errorf("%s was accepted", template)
		}
	}
}

func TestADeploymentDoesNotSeeWhatComesLater(t *testing.T) {
	w := start(t, Options{}, serveEcho(), echo("echo")+`,
		"Late": {"Type": "AWS::ApiGateway::GatewayResponse", "DependsOn": "Stage", "Properties": {"RestApiId": {"Ref": "Api"}, "ResponseType": "DEFAULT_4XX", "StatusCode": "418"}}`)
	w.send(t, "GET", "/nowhere", "").expect(t, 403, `{"message":"Missing Authentication Token"}`)
}

func TestWhatTheEngineCannotDoIsRefused(t *testing.T) {
	methodWith := func(rest string) string { return declare("", methodOn(root, "GET", rest)) }
	integration := func(rest string) string { return methodWith(`"Integration": {` + rest + `}`) }
	for name, row := range map[string]struct{ resources, want string }{
		"an OpenAPI body":       {declare(`, "Body": {}`, methodOn(root, "GET", lambdaProxyTo("f"))), "Body"},
		"a private endpoint":    {declare(`, "EndpointConfiguration": {"Types": ["PRIVATE"]}`, methodOn(root, "GET", lambdaProxyTo("f"))), "EndpointConfiguration.Types"},
		"a policy nobody keeps": {declare(`, "Policy": {"Statement": []}`, methodOn(root, "GET", lambdaProxyTo("f"))), "Policy"},
		"Cognito":               {methodWith(`"AuthorizationType": "COGNITO_USER_POOLS", ` + lambdaProxyTo("f")), "AuthorizationType"},
		"no integration":        {methodWith(`"ApiKeyRequired": false`), "Integration"},
		"a VPC link":            {integration(`"Type": "HTTP_PROXY", "Uri": "http://x", "IntegrationHttpMethod": "GET", "ConnectionType": "VPC_LINK"`), "Integration.ConnectionType"},
		"content conversion":    {integration(`"Type": "MOCK", "ContentHandling": "CONVERT_TO_TEXT"`), "Integration.ContentHandling"},
		"streaming":             {integration(`"Type": "MOCK", "ResponseTransferMode": "STREAM"`), "Integration.ResponseTransferMode"},
		"an unknown service":    {integration(`"Type": "AWS", "Uri": "arn:aws:apigateway:eu-west-1:glue:action/StartJobRun"`), "glue:StartJobRun"},
		"another region":        {integration(`"Type": "AWS", "Uri": "arn:aws:apigateway:us-east-1:lambda:action/Invoke"`), "us-east-1"},
		"an answer in XML": {integration(`"Type": "AWS", "Uri": "arn:aws:apigateway:eu-west-1:sqs:path/111122223333/jobs", "IntegrationHttpMethod": "POST",
			"RequestParameters": {"integration.request.header.Accept": "'application/xml'"}`), "the local engine gets answers of sqs in JSON only, and not in 'application/xml'"},
		"S3 by path":             {integration(`"Type": "AWS", "Uri": "arn:aws:apigateway:eu-west-1:s3:path/bucket/key"`), "s3 by path"},
		"the caller's own role":  {methodWith(strings.Replace(lambdaProxyTo("f"), "{", `{"Credentials": "arn:aws:iam::*:user/*", `, 1)), "Integration.Credentials"},
		"a proxy by GET":         {integration(`"Type": "AWS_PROXY", "IntegrationHttpMethod": "GET", "Uri": "x"`), "must be POST"},
		"an undeclared response": {integration(`"Type": "MOCK", "IntegrationResponses": [{"StatusCode": "200"}]`), "no response with status"},
		"an undeclared header": {methodWith(`"MethodResponses": [{"StatusCode": "200"}], "Integration": {"Type": "MOCK", "IntegrationResponses": [
			{"StatusCode": "200", "ResponseParameters": {"method.response.header.X": "'1'"}}]}`), "Invalid mapping expression parameter specified: method.response.header.X"},
		"an undeclared parameter": {integration(`"Type": "HTTP_PROXY", "Uri": "http://x", "IntegrationHttpMethod": "GET",
			"RequestParameters": {"integration.request.header.X": "method.request.header.Y"}`), "Invalid mapping expression parameter specified: method.request.header.Y"},
		"a mapping to nowhere":   {integration(`"Type": "MOCK", "RequestParameters": {"integration.request.body.X": "'1'"}`), "Invalid mapping expression specified: integration.request.body.X"},
		"a mapping from nowhere": {integration(`"Type": "MOCK", "RequestParameters": {"integration.request.header.X": "method.request.cookie.y"}`), "Invalid mapping expression specified: method.request.cookie.y"},
		"a broken template":      {integration(`"Type": "MOCK", "RequestTemplates": {"application/json": "#if($x"}`), "Integration.RequestTemplates"},
		"a broken pattern": {methodWith(`"MethodResponses": [{"StatusCode": "200"}], "Integration": {"Type": "MOCK", "IntegrationResponses": [
			{"StatusCode": "200", "SelectionPattern": "("}]}`), "SelectionPattern"},
		"a broken schema":             {validated(`{"type": "thing"}`, bodyOnly), "Schema"},
		"an unknown gateway response": {replaced("TEAPOT", ""), "TEAPOT"},
		"a Cognito authorizer":        {strings.Replace(guarded(tokenAuthorizer, ""), `"TOKEN"`, `"COGNITO_USER_POOLS"`, 1), "COGNITO_USER_POOLS"},
		"a cache":                     {strings.Replace(echo("f"), `"StageName"`, `"CacheClusterEnabled": true, "StageName"`, 1), "CacheClusterEnabled"},
		"a deployment before its methods": {`"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "x"}},
			"Early": {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}}}`, "no methods yet"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tryStart(t, Options{}, map[string]cloud.API{"lambda": functions{}}, row.resources)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want a fault with %q", err, row.want)
			}
		})
	}
}
