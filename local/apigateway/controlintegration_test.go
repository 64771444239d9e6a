package apigateway

// Integrations and authorizers by calls: what is refused, and what only requests miss.

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/wire"
)

func TestWhatIsWrongWithAnIntegrationsAddressIsToldInTheWordsOfAWS(t *testing.T) {
	b := build(t)
	b.orders()
	const arn = "arn:aws:lambda:eu-west-1:111122223333:function:orders"
	for uri, want := range map[string]string{
		arn: "AWS ARN for integration must contain path or action",
		"bad-arn:lambda:path/2015-03-31/functions/" + arn + "/invocations":                        "Invalid ARN specified in the request",
		"arn:aws:apigateway:eu-west-1:lambda:test/2015-03-31/functions/" + arn + "/invocations":   "AWS ARN for integration must contain path or action",
		"arn:aws:apigateway:eu-west-1:firehose:path/2015-03-31/functions/" + arn + "/invocations": "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
		"arn:aws:apigateway:eu-west-1:lambda:path/random/value/" + arn + "/invocations":           "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
		"arn:aws:apigateway:eu-west-1:dynamodb:action/Query":                                      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
	} {
		b.ask(`PUT /restapis/$api/resources/$order/methods/GET/integration {"type": "AWS_PROXY", "httpMethod": "POST", "uri": "`+uri+`"}`, 400, want, "")
	}
	b.ask(`PUT /restapis/$api/resources/$order/methods/GET/integration {"type": "AWS_PROXY", "httpMethod": "POST", "uri": "arn:aws:apigateway:eu-west-1:firehose:action/PutRecord"}`, 501, "firehose", "")
}

func TestAnIntegrationResponseTellsWhatItWasGiven(t *testing.T) {
	b := build(t)
	b.orders()
	const response = `PUT /restapis/$api/resources/$order/methods/GET/integration/responses/200`
	b.ask(response+` {"selectionPattern": "", "responseTemplates": {"application/json": "", "text/plain": "a"}}`, 201,
		`{"statusCode":"200","selectionPattern":"","responseTemplates":{"application/json":null,"text/plain":"a"}}`, "")
	b.ask(response+` {}`, 201, `{"statusCode":"200"}`, "")
	b.ask(strings.Replace(response, "PUT", "PATCH", 1)+` {"patchOperations": [{"op": "replace", "path": "/selectionPattern", "value": "2.."}]}`, 200, `"selectionPattern":"2.."`, "")
}

func TestWhatAMethodLacksIsMissedWhenARequestComes(t *testing.T) {
	b := build(t)
	b.orders()
	const method = `/restapis/$api/resources/$order/methods`
	b.ask(`DELETE `+method+`/GET/responses/200`, 204, "", "")
	b.ask(`PUT `+method+`/POST {"authorizationType": "none"}`, 201, `"authorizationType":"NONE"`, "")
	b.ask(`PUT `+method+`/POST/integration {"type": "AWS_PROXY", "httpMethod": "GET", "uri": "`+functionURI+`"}`, 201, "", "")
	b.ask(`PUT `+method+`/PUT {"authorizationType": "NONE"}`, 201, "", "")
	b.ask(`PUT `+method+`/PUT/integration {"type": "AWS_PROXY", "httpMethod": "POST", "uri": "`+strings.Replace(functionURI, ":orders/", ":echo/", 1)+`"}`, 201, "", "")
	b.ask(`POST /restapis/$api/deployments {"stageName": "prod"}`, 201, "", "")
	for _, httpMethod := range []string{"GET", "POST"} {
		b.sendTo(t, httpMethod, b.address("prod")+"/orders/7", "").expect(t, 500, `{"message":"Internal server error"}`)
	}
	answer := b.sendTo(t, "PUT", b.address("prod")+"/orders/7", "", "X-Amzn-Trace-Id: Root=1-2-3")
	if trace := answer.header.Get("X-Amzn-Trace-Id"); answer.status != 200 || !strings.HasPrefix(trace, "Root=1-2-3;Parent=") || !strings.HasSuffix(trace, ";Sampled=0") {
		t.Errorf("got %d with the trace %q, want the request's with a parent", answer.status, trace)
	}
	answer = b.sendTo(t, "PUT", b.address("prod")+"/orders/7", "", "X-Amzn-Trace-Id: Root=1-2-3;Parent=4;Sampled=1")
	if trace := answer.header.Get("X-Amzn-Trace-Id"); trace != "Root=1-2-3;Parent=4;Sampled=1" {
		t.Errorf("got the trace %q, want the request's", trace)
	}
}

func TestAnAuthorizerIsTriedWithoutARequest(t *testing.T) {
	services := answering("orders")
	times := 0
	services["lambda"].(functions)["guard"] = func(input json.RawMessage) (any, error) {
		times++
		var event tokenEvent
		if err := json.Unmarshal(input, &event); err != nil {
			return nil, err
		}
		if event.AuthorizationToken == "x-fail" {
			return "no policy", nil
		}
		return verdict("Allow", event.MethodARN), nil
	}
	w := start(t, Options{}, services, `"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "orders"}},
		"Guard": {"Type": "AWS::ApiGateway::Authorizer", "Properties": {"RestApiId": {"Ref": "Api"}, "Name": "guard", "Type": "TOKEN", "IdentitySource": "method.request.header.Authorization",
		"IdentityValidationExpression": "x-.*", "AuthorizerUri": "`+strings.Replace(functionURI, ":orders/", ":guard/", 1)+`"}}`)
	b := &builder{t: t, world: w, asked: new(asked), known: map[string]string{"api": w.apiID(), "guard": w.created.Ref("Guard")}}
	b.control = httptest.NewServer(wire.As(w.cloud, site().Administrator(), "apigateway", NewControl(w.APIGateway).Protocols()))
	t.Cleanup(b.control.Close)
	w.cloud.Authorizer = b.asked
	const try = `POST /restapis/$api/authorizers/$guard`
	for range 2 { // and nothing is cached
		b.ask(try+` {"headers": {"authorization": "x-1"}}`, 200, `"clientStatus":0,"log":"Execution log for request `, "")
	}
	b.ask(try+` {"headers": {"authorization": "x-1"}}`, 200, `/test-invoke-stage/GET/`, "")
	b.ask(try+` {"headers": {"authorization": "x-1"}}`, 200, `"principalId":"`, "")
	if times != 4 {
		t.Errorf("the function was asked %d times, want 4", times)
	}
	b.ask(try+` {"headers": {"authorization": "1"}}`, 200, `"clientStatus":401`, "")
	b.ask(try+` {}`, 200, `"clientStatus":401`, "")
	b.ask(try+` {"headers": {"authorization": "x-fail"}}`, 200, `"clientStatus":500`, "")
	b.ask(`POST /restapis/$api/authorizers/none {}`, 404, "Invalid Authorizer identifier specified", "")
	b.ask(try+` {"additionalContext": {"a": "b"}}`, 501, "additionalContext", "")
}

func TestAnUpdatedKeyTellsThatItHasNoTags(t *testing.T) {
	b := build(t)
	b.ask(`POST /apikeys {"name": "acme"}`, 201, `"name":"acme"`, "key=id")
	b.ask(`PATCH /apikeys/$key {"patchOperations": [{"op": "replace", "path": "/name", "value": "new"}]}`, 200, `"tags":{}`, "")
}

func TestATestsLogTellsOfTheIntegration(t *testing.T) {
	b := build(t)
	b.orders()
	const method = `/restapis/$api/resources/$order/methods/PUT`
	b.ask(`PUT `+method+` {"authorizationType": "NONE"}`, 201, "", "")
	b.ask(`PUT `+method+`/integration {"type": "AWS", "httpMethod": "POST", "uri": "`+strings.Replace(functionURI, ":orders/", ":echo/", 1)+`"}`, 201, "", "")
	b.ask(`PUT `+method+`/responses/200 {}`, 201, "", "")
	b.ask(`PUT `+method+`/integration/responses/200 {}`, 201, "", "")
	const lambda = "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:echo/invocations"
	for _, want := range []string{
		`Method request headers: {content-type=application/json}\n`, `Endpoint request URI: ` + lambda + `\n`, `Endpoint request headers: {Accept=application/json, User-Agent=AmazonAPIGateway_`,
		`x-amzn-apigateway-api-id=`, `x-amzn-lambda-integration-tag=`, `Endpoint request body after transformations: {\"a\":1}\n`, `Sending request to ` + lambda + `\n`,
		`Received response. Status: 200, Integration latency: `, `Endpoint response headers: {Content-Type=application/json}\n`, `Endpoint response body before transformations: `,
	} {
		b.ask(`POST `+method+` {"headers": {"content-type": "application/json"}, "body": "{\"a\":1}"}`, 200, want, "")
	}
	b.ask(`PUT `+method+`/integration {"type": "HTTP", "httpMethod": "GET", "uri": "http://${stageVariables.host}/"}`, 201, "", "")
	b.ask(`POST `+method+` {}`, 200, `Execution failed due to configuration error: Invalid endpoint address\n`, "")
	b.ask(`PUT `+method+`/integration {"type": "AWS_PROXY", "httpMethod": "POST", "uri": "`+strings.Replace(functionURI, ":orders/", ":echo/", 1)+`"}`, 201, "", "")
	b.ask(`POST `+method+` {}`, 200, `Endpoint request body after transformations: {\"resource\":\"/orders/{id}\"`, "")
}

func TestWhatIsNoTextIsRefusedInTheWordsOfAWS(t *testing.T) {
	b := build(t)
	b.orders()
	const integration = `PUT /restapis/$api/resources/$order/methods/GET/integration`
	b.ask(integration+` {"type": "MOCK", "requestParameters": {"integration.request.header.a": true}}`, 400, "class java.lang.Boolean can not be converted to an String", "")
	b.ask(integration+`/responses/200 {"responseTemplates": {"application/json": 1.5}}`, 400, "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String", "")
	b.ask(integration+` {"type": "MOCK", "requestParameters": []}`, 400, "the input is not of the action's shape", "")
}

func TestATemplateNamesNoStageAndGivesTheAccountItsRole(t *testing.T) {
	const resources = `"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "orders"}},
		"Root": {"Type": "AWS::ApiGateway::Method", "Properties": {"RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "HttpMethod": "GET", "AuthorizationType": "NONE", "Integration": {"Type": "HTTP_PROXY", "IntegrationHttpMethod": "GET", "Uri": "http://127.0.0.1/"}}},
		"Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Root", "Properties": {"RestApiId": {"Ref": "Api"}}},
		"Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}}},
		"Account": {"Type": "AWS::ApiGateway::Account", "Properties": {"CloudWatchRoleArn": "arn:aws:iam::111122223333:role/logs"}}`
	w := start(t, Options{}, answering("orders"), resources)
	b := &builder{t: t, world: w, asked: new(asked), known: map[string]string{"api": w.apiID(), "stage": w.created.Ref("Stage")}}
	b.control = httptest.NewServer(wire.As(w.cloud, site().Administrator(), "apigateway", NewControl(w.APIGateway).Protocols()))
	t.Cleanup(b.control.Close)
	w.cloud.Authorizer = b.asked
	b.ask(`GET /restapis/$api/stages/$stage`, 200, `"stageName":"`+w.created.Ref("Stage")+`"`, "")
	b.ask(`GET /account`, 200, `"cloudwatchRoleArn":"arn:aws:iam::111122223333:role/logs"`, "")
	b.ask(`GET /restapis/$api/resources?embed=methods`, 200, `"connectionType":"INTERNET"`, "")
	w.become(t, strings.Replace(resources, "role/logs", "role/other", 1))
	b.ask(`GET /account`, 200, `"cloudwatchRoleArn":"arn:aws:iam::111122223333:role/other"`, "")
}
