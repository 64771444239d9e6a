package apigateway

// The control plane of REST APIs, by the requests that `aws apigateway` sends.

import (
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// asked is an authorizer that allows all and remembers what it was asked.
type asked struct{ what []string }

func (a *asked) Authorize(_ cloud.Caller, action, resource string) error {
	a.what = append(a.what, action+" "+resource)
	return nil
}

func (a *asked) Assume(cloud.Caller, string, string) (cloud.Caller, error) {
	return cloud.Caller{ARN: "role"}, nil
}

// builder sends requests to the control plane. Its variables stand in them as $name.
type builder struct {
	*world
	t       *testing.T
	asked   *asked
	control *httptest.Server
	known   map[string]string
}

func build(t *testing.T) *builder {
	t.Helper()
	c := cloud.New(site())
	b := &builder{t: t, asked: &asked{}, known: map[string]string{}}
	c.Authorizer = b.asked
	w, err := startIn(t, c, Options{}, serveEcho(), "")
	if err != nil {
		t.Fatal(err)
	}
	b.world = w
	b.control = httptest.NewServer(wire.As(c, site().Administrator(), "apigateway", NewControl(w.APIGateway).Protocols()))
	t.Cleanup(b.control.Close)
	return b
}

func (b *builder) fill(text string) string {
	var pairs []string
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(b.known))) { // $orders before $order
		pairs = append(pairs, "$"+name, b.known[name])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// ask sends "PUT /restapis/$api {...}", expects a status and words of the answer,
// and gives a member of it a name: "api=id".
func (b *builder) ask(request string, status int, want, capture string) string {
	b.t.Helper()
	request = b.fill(request)
	head, body, _ := strings.Cut(request, " {")
	if body != "" {
		body = "{" + body
	}
	return b.askWith(head, body, status, want, capture)
}

// askWith is ask with any body.
func (b *builder) askWith(head, body string, status int, want, capture string) string {
	b.t.Helper()
	method, path, _ := strings.Cut(head, " ")
	b.asked.what = nil
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.control.URL+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer strings.Builder
	if err := response.Write(&answer); err != nil {
		b.t.Fatal(err)
	}
	_, got, _ := strings.Cut(answer.String(), "\r\n\r\n")
	if response.StatusCode != status || !strings.Contains(got, b.fill(want)) {
		b.t.Errorf("%s\ngot %d %s\nwant %d %s", head, response.StatusCode, got, status, b.fill(want))
	}
	if name, member, ok := strings.Cut(capture, "="); ok {
		var members map[string]any
		if err := json.Unmarshal([]byte(got), &members); err != nil {
			b.t.Fatalf("%s: %s", head, got)
		}
		b.known[name], _ = members[member].(string)
	}
	plain, _, _ := strings.Cut(path, "?")
	if may := "apigateway:" + method + " arn:aws:apigateway:eu-west-1::" + plain; status < 300 && !slices.Contains(b.asked.what, may) {
		b.t.Errorf("%s: IAM was asked %s, want %s", head, b.asked.what, may)
	}
	return got
}

// orders makes an API with GET /orders/{id}, a mock that answers "order ID".
func (b *builder) orders() {
	b.t.Helper()
	b.ask(`POST /restapis {"name": "orders", "description": "of partners", "tags": {"tier": "gold"}}`, 201, `"name":"orders"`, "api=id")
	b.ask(`GET /restapis/$api`, 200, `"endpointConfiguration":{"ipAddressType":"ipv4","types":["EDGE"]}`, "root=rootResourceId")
	b.ask(`POST /restapis/$api/resources/$root {"pathPart": "orders"}`, 201, `"parentId":"$root","pathPart":"orders","path":"/orders"`, "orders=id")
	b.ask(`POST /restapis/$api/resources/$orders {"pathPart": "{id}"}`, 201, `"path":"/orders/{id}"`, "order=id")
	b.ask(`PUT /restapis/$api/resources/$order/methods/GET {"authorizationType": "NONE", "requestParameters": {"method.request.path.id": true}}`, 201,
		`{"httpMethod":"GET","authorizationType":"NONE","apiKeyRequired":false,"requestParameters":{"method.request.path.id":true}}`, "")
	b.ask(`PUT /restapis/$api/resources/$order/methods/GET/integration {"type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}}`, 201,
		`"passthroughBehavior":"WHEN_NO_MATCH","timeoutInMillis":29000,"cacheNamespace":"$order","cacheKeyParameters":[]`, "")
	b.ask(`PUT /restapis/$api/resources/$order/methods/GET/responses/200 {"responseModels": {"application/json": "Empty"}}`, 201, `{"statusCode":"200","responseModels":{"application/json":"Empty"}}`, "")
	b.ask(`PUT /restapis/$api/resources/$order/methods/GET/integration/responses/200 {"responseTemplates": {"application/json": "order $input.params('id')"}}`, 201, `"statusCode":"200"`, "")
}

func (b *builder) address(stage string) string {
	b.t.Helper()
	for _, e := range b.Endpoints() {
		if e.APIID == b.known["api"] && e.Stage == stage {
			return strings.TrimSuffix(e.URL, "/")
		}
	}
	b.t.Fatalf("the API has no stage %s", stage)
	return ""
}

func TestAnAPIThatCallsHaveMadeServesOnceItIsDeployed(t *testing.T) {
	b := build(t)
	b.orders()
	b.ask(`POST /restapis/$api/deployments {"description": "first"}`, 201, `"description":"first"`, "first=id")
	b.ask(`POST /restapis/$api/stages {"stageName": "prod", "deploymentId": "$first", "variables": {"color": "blue"}}`, 201, `"stageName":"prod"`, "")
	b.sendTo(t, "GET", b.address("prod")+"/orders/7", "").expect(t, 200, "order 7")

	for _, host := range []string{"$api.execute-api.eu-west-1.amazonaws.com", "$api.execute-api.localhost:4566"} {
		answer := httptest.NewRecorder()
		b.At(b.fill(host)).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/prod/orders/8", nil))
		if answer.Body.String() != "order 8" {
			t.Errorf("at %s: %s", host, answer.Body)
		}
	}
	for _, host := range []string{"127.0.0.1:4566", "none.execute-api.localhost", "$api.s3.localhost"} {
		if b.At(b.fill(host)) != nil {
			t.Errorf("%s is an API", host)
		}
	}

	b.ask(`PATCH /restapis/$api/resources/$order/methods/GET/integration/responses/200 {"patchOperations": [{"op": "replace", "path": "/responseTemplates/application~1json", "value": "now $input.params('id') in $stageVariables.color"}]}`, 200, "now", "")
	b.sendTo(t, "GET", b.address("prod")+"/orders/7", "").expect(t, 200, "order 7")
	b.ask(`POST /restapis/$api/deployments {"stageName": "prod", "variables": {"size": "L"}}`, 201, `"id"`, "second=id")
	b.sendTo(t, "GET", b.address("prod")+"/orders/7", "").expect(t, 200, "now 7 in blue")
	b.ask(`GET /restapis/$api/stages/prod`, 200, `"variables":{"color":"blue","size":"L"}`, "")

	b.ask(`DELETE /restapis/$api/deployments/$second`, 400, "Active stages pointing to this deployment must be moved or deleted", "")
	b.ask(`PATCH /restapis/$api/stages/prod {"patchOperations": [{"op": "replace", "path": "/deploymentId", "value": "$first"}, {"op": "remove", "path": "/variables/size"}, {"op": "replace", "path": "/orders~1{id}/GET/throttling/rateLimit", "value": "5"}]}`, 200,
		`"methodSettings":{"orders~1{id}/GET":{`, "")
	b.sendTo(t, "GET", b.address("prod")+"/orders/7", "").expect(t, 200, "order 7")
	b.ask(`DELETE /restapis/$api/deployments/$second`, 202, "", "")
	b.ask(`DELETE /restapis/$api/stages/prod`, 202, "", "")
	if len(b.Endpoints()) != 0 {
		t.Errorf("a deleted stage has the address %v", b.Endpoints())
	}
	b.ask(`DELETE /restapis/$api`, 202, "", "")
	b.ask(`GET /restapis/$api`, 404, "Invalid API identifier specified 111122223333:$api", "")
}

// call is a request with what comes of it.
type call struct {
	request       string
	status        int
	want, capture string
}

func (b *builder) askAll(calls []call) {
	b.t.Helper()
	for _, c := range calls {
		b.ask(c.request, c.status, c.want, c.capture)
	}
}

func TestEachPartOfAnAPIIsMadeToldChangedAndDeleted(t *testing.T) {
	const (
		method   = `/restapis/$api/resources/$order/methods/GET`
		function = `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:echo/invocations`
	)
	b := build(t)
	b.orders()
	b.askAll([]call{
		{`PATCH /account {"patchOperations": [{"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::111122223333:role/logs"}]}`, 200, `"cloudwatchRoleArn":"arn:aws:iam::111122223333:role/logs"`, ""},
		{`GET /account`, 200, `"cloudwatchRoleArn":"arn:aws:iam::111122223333:role/logs","features":["UsagePlans"],"throttleSettings":{"burstLimit":5000,"rateLimit":10000.0}`, ""},
		{`GET /restapis?limit=1`, 200, `"id":"$api"`, ""},
		{`PATCH /restapis/$api {"patchOperations": [{"op": "replace", "path": "/name", "value": "other"}, {"op": "add", "path": "/binaryMediaTypes/image~1png"}]}`, 200, `"binaryMediaTypes":["image/png"]`, ""},
		{`PATCH /restapis/$api {"patchOperations": [{"op": "remove", "path": "/binaryMediaTypes/image~1png"}, {"op": "replace", "path": "/endpointConfiguration/types/EDGE", "value": "REGIONAL"}]}`, 200, `"types":["REGIONAL"]`, ""},
		{`GET /restapis/$api`, 200, `"name":"other","rootResourceId":"$root","tags":{"tier":"gold"}`, ""},

		{`GET /restapis/$api/resources?embed=methods&limit=2`, 200, `"position":`, "next=position"},
		{`GET /restapis/$api/resources?embed=methods&position=$next`, 200, `"resourceMethods":{"GET":{"httpMethod":"GET","authorizationType":"NONE"`, ""},
		{`GET /restapis/$api/resources/$order`, 200, `"resourceMethods":{"GET":{}}`, ""},
		{`POST /restapis/$api/resources/$root {"pathPart": "old"}`, 201, `"path":"/old"`, "old=id"},
		{`PATCH /restapis/$api/resources/$orders {"patchOperations": [{"op": "replace", "path": "/pathPart", "value": "all"}, {"op": "replace", "path": "/parentId", "value": "$old"}]}`, 200, `"path":"/old/all"`, ""},
		{`GET /restapis/$api/resources/$order`, 200, `"path":"/old/all/{id}"`, ""},
		{`PATCH /restapis/$api/resources/$orders {"patchOperations": [{"op": "replace", "path": "/pathPart", "value": "orders"}, {"op": "replace", "path": "/parentId", "value": "$root"}]}`, 200, `"path":"/orders"`, ""},
		{`DELETE /restapis/$api/resources/$old`, 202, "", ""},

		{`POST /restapis/$api/models {"name": "Order", "contentType": "application/json", "schema": "{\"type\": \"object\"}"}`, 201, `"name":"Order","schema":"{\"type\": \"object\"}","contentType":"application/json"`, ""},
		{`GET /restapis/$api/models/Order`, 200, `"name":"Order"`, ""},
		{`GET /restapis/$api/models`, 200, `"description":"This is a default empty schema model"`, ""},
		{`PATCH /restapis/$api/models/Order {"patchOperations": [{"op": "replace", "path": "/description", "value": "of a partner"}]}`, 200, `"description":"of a partner"`, ""},
		{`POST /restapis/$api/requestvalidators {"name": "all", "validateRequestBody": true}`, 201, `"name":"all","validateRequestBody":true,"validateRequestParameters":false`, "validator=id"},
		{`GET /restapis/$api/requestvalidators/$validator`, 200, `"name":"all"`, ""},
		{`GET /restapis/$api/requestvalidators`, 200, `"name":"all"`, ""},
		{`PATCH /restapis/$api/requestvalidators/$validator {"patchOperations": [{"op": "replace", "path": "/validateRequestParameters", "value": "true"}]}`, 200, `"validateRequestParameters":true`, ""},
		{`POST /restapis/$api/authorizers {"name": "tokens", "type": "TOKEN", "authorizerUri": "` + function + `", "identitySource": "method.request.header.Authorization"}`, 201, `"name":"tokens","type":"TOKEN","authType":"custom"`, "authorizer=id"},
		{`GET /restapis/$api/authorizers/$authorizer`, 200, `"identitySource":"method.request.header.Authorization"}`, ""},
		{`GET /restapis/$api/authorizers`, 200, `"id":"$authorizer"`, ""},
		{`PATCH /restapis/$api/authorizers/$authorizer {"patchOperations": [{"op": "replace", "path": "/authorizerResultTtlInSeconds", "value": "0"}]}`, 200, `"authorizerResultTtlInSeconds":0`, ""},

		{`PATCH ` + method + ` {"patchOperations": [{"op": "replace", "path": "/authorizationType", "value": "CUSTOM"}, {"op": "replace", "path": "/authorizerId", "value": "$authorizer"}, {"op": "replace", "path": "/requestValidatorId", "value": "$validator"}, {"op": "add", "path": "/requestModels/application~1json", "value": "Order"}, {"op": "replace", "path": "/apiKeyRequired", "value": "true"}]}`, 200, `"authorizationType":"CUSTOM","authorizerId":"$authorizer","apiKeyRequired":true,"requestValidatorId":"$validator"`, ""},
		{`GET ` + method, 200, `"requestModels":{"application/json":"Order"},"methodResponses":{"200":{"statusCode":"200"`, ""},
		{`DELETE /restapis/$api/models/Order`, 409, "Cannot delete model 'Order', is referenced in method request: /orders/{id}/GET", ""},
		{`DELETE /restapis/$api/requestvalidators/$validator`, 409, "is referenced in a method", ""},
		{`DELETE /restapis/$api/authorizers/$authorizer`, 409, "Cannot delete authorizer 'tokens', is referenced in method: /orders/{id}/GET", ""},
		{`PATCH ` + method + ` {"patchOperations": [{"op": "replace", "path": "/authorizationType", "value": "AWS_IAM"}, {"op": "replace", "path": "/requestValidatorId"}, {"op": "remove", "path": "/requestModels/application~1json"}]}`, 200, `"authorizationType":"AWS_IAM","apiKeyRequired":true,"requestParameters"`, ""},
		{`DELETE /restapis/$api/models/Order`, 202, "", ""},
		{`DELETE /restapis/$api/requestvalidators/$validator`, 202, "", ""},
		{`DELETE /restapis/$api/authorizers/$authorizer`, 202, "", ""},
		{`GET /restapis/$api/authorizers/$authorizer`, 404, "Invalid Authorizer identifier specified", ""},

		{`GET ` + method + `/responses/200`, 200, `{"statusCode":"200"`, ""},
		{`PATCH ` + method + `/responses/200 {"patchOperations": [{"op": "add", "path": "/responseParameters/method.response.header.X", "value": "false"}]}`, 201, `"responseParameters":{"method.response.header.X":false}`, ""},
		{`GET ` + method + `/integration`, 200, `"type":"MOCK"`, ""},
		{`PATCH ` + method + `/integration {"patchOperations": [{"op": "replace", "path": "/passthroughBehavior", "value": "NEVER"}, {"op": "replace", "path": "/timeoutInMillis", "value": "3000"}]}`, 200, `"passthroughBehavior":"NEVER","timeoutInMillis":3000`, ""},
		{`PATCH ` + method + `/integration/responses/200 {"patchOperations": [{"op": "add", "path": "/responseParameters/method.response.header.X", "value": "'y'"}]}`, 200, `"method.response.header.X":"'y'"`, ""},
		{`GET ` + method + `/integration/responses/200`, 200, `"statusCode":"200"`, ""},
		{`DELETE ` + method + `/integration/responses/200`, 204, "", ""},
		{`GET ` + method + `/integration/responses/200`, 404, "Invalid Response status code specified", ""},
		{`DELETE ` + method + `/responses/200`, 204, "", ""},
		{`DELETE ` + method + `/integration`, 204, "", ""},
		{`GET ` + method + `/integration`, 404, "Invalid Integration identifier specified", ""},
		{`POST /restapis/$api/deployments {}`, 400, "No integration defined for method", ""},
		{`DELETE ` + method, 204, "", ""},
		{`POST /restapis/$api/deployments {}`, 400, "The REST API doesn't contain any methods", ""},

		{`GET /restapis/$api/gatewayresponses/THROTTLED`, 200, `{"defaultResponse":true,"responseParameters":{},"responseTemplates":{"application/json":"{\"message\":$context.error.messageString}"},"responseType":"THROTTLED","statusCode":"429"}`, ""},
		{`DELETE /restapis/$api/gatewayresponses/THROTTLED`, 404, "Gateway response type not defined on api", ""},
		{`PUT /restapis/$api/gatewayresponses/THROTTLED {"statusCode": "503"}`, 201, `"defaultResponse":false,"responseParameters":{},"responseTemplates":{"application/json":"{\"message\":$context.error.messageString}"},"responseType":"THROTTLED","statusCode":"503"`, ""},
		{`PUT /restapis/$api/gatewayresponses/DEFAULT_4XX {"statusCode": "418", "responseTemplates": {"text/plain": "no"}}`, 201, `"responseType":"DEFAULT_4XX","statusCode":"418"`, ""},
		{`GET /restapis/$api/gatewayresponses/UNAUTHORIZED`, 200, `{"defaultResponse":true,"responseParameters":{},"responseTemplates":{"text/plain":"no"},"responseType":"UNAUTHORIZED","statusCode":"418"}`, ""},
		{`GET /restapis/$api/gatewayresponses/INTEGRATION_TIMEOUT`, 200, `"statusCode":"504"`, ""},
		{`PATCH /restapis/$api/gatewayresponses/THROTTLED {"patchOperations": [{"op": "add", "path": "/responseParameters/gatewayresponse.header.Retry-After", "value": "'1'"}]}`, 200, `"gatewayresponse.header.Retry-After":"'1'"`, ""},
		{`GET /restapis/$api/gatewayresponses?limit=500`, 200, `"responseType":"WAF_FILTERED"`, ""},
		{`DELETE /restapis/$api/gatewayresponses/THROTTLED`, 202, "", ""},
	})
}

func TestFaultyPartsOfAnAPIAreRefusedInTheWordsOfAWS(t *testing.T) {
	const method = `/restapis/$api/resources/$order/methods/GET`
	b := build(t)
	b.orders()
	b.askAll([]call{
		{`POST /restapis/$api/deployments {}`, 201, "", "d=id"},
		{`POST /restapis {}`, 400, "API Name must be non-empty", ""},
		{`POST /restapis {"name": "a", "description": ""}`, 400, "Description cannot be an empty string", ""},
		{`POST /restapis {"name": "a", "endpointConfiguration": {"types": ["EDGE", "REGIONAL"]}}`, 400, "Cannot create an api with multiple Endpoint Types.", ""},
		{`POST /restapis {"name": "a", "endpointConfiguration": {"types": ["PRIVATE"]}}`, 501, "the local engine has no private endpoints", ""},
		{`POST /restapis {"name": "a", "cloneFrom": "b"}`, 501, "the local engine does not serve the parameter cloneFrom of CreateRestApi", ""},
		{`PATCH /restapis/$api {"patchOperations": [{"op": "replace", "path": "/binaryMediaTypes"}]}`, 400, "Invalid patch path /binaryMediaTypes", ""},
		{`PATCH /restapis/$api {"patchOperations": [{"op": "wrong", "path": "/name"}]}`, 400, "1 validation error detected: Value 'wrong' at 'updateRestApiInput.patchOperations.1.member.op'", ""},
		{`POST /restapis/$api/resources/nothing {"pathPart": "a"}`, 404, "Invalid Resource identifier specified", ""},
		{`POST /restapis/$api/resources/$root {"pathPart": "orders"}`, 409, "Another resource with the same parent already has this name: orders", ""},
		{`POST /restapis/$api/resources/$root {"pathPart": "a/b"}`, 400, "Resource's path part only allow", ""},
		{`POST /restapis/$api/resources/$orders {"pathPart": "{other}"}`, 400, "A sibling ({id}) of this resource already has a variable path part -- only one is allowed", ""},
		{`PATCH /restapis/$api/resources/$orders {"patchOperations": [{"op": "replace", "path": "/parentId", "value": "$order"}]}`, 400, "Resources cannot be cyclical.", ""},
		{`PATCH /restapis/$api/resources/$root {"patchOperations": [{"op": "replace", "path": "/pathPart", "value": "a"}]}`, 400, "Root resource cannot update its pathPart.", ""},
		{`DELETE /restapis/$api/resources/$root`, 400, "Root resource cannot be deleted", ""},
		{`PUT ` + method + ` {"authorizationType": "NONE"}`, 409, "Method already exists for this resource", ""},
		{`PUT /restapis/$api/resources/$order/methods/FETCH {"authorizationType": "NONE"}`, 400, "Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY", ""},
		{`PUT /restapis/$api/resources/$order/methods/PUT {"authorizationType": "CUSTOM"}`, 400, "Invalid authorizer ID specified.", ""},
		{`PUT /restapis/$api/resources/$order/methods/PUT {"authorizationType": "COGNITO_USER_POOLS"}`, 501, "the local engine has no COGNITO_USER_POOLS authorization", ""},
		{`PUT /restapis/$api/resources/$order/methods/PUT {"authorizationType": "NONE", "requestModels": {"a/b": "None"}}`, 400, "Invalid model identifier specified: None", ""},
		{`PUT /restapis/$api/resources/$order/methods/PUT {"authorizationType": "NONE", "requestValidatorId": "none"}`, 400, "Invalid Request Validator identifier specified", ""},
		{`PUT /restapis/$api/resources/$order/methods/PUT {"authorizationType": "NONE", "requestParameters": {"method.request.path.a": true, "method.request.header.a": true}}`, 400, "Parameter names must be unique across querystring, header and path", ""},
		{`PUT /restapis/$api/resources/$order/methods/PUT/integration {"type": "MOCK"}`, 404, "Invalid Method identifier specified", ""},
		{`PUT ` + method + `/integration {"type": "HTTPS"}`, 400, "Value 'HTTPS' at 'putIntegrationInput.type'", ""},
		{`PUT ` + method + `/integration {"type": "HTTP", "uri": "http://127.0.0.1"}`, 400, "Enumeration value for HttpMethod must be non-empty", ""},
		{`PUT ` + method + `/integration {"type": "MOCK", "requestParameters": {"integration.request.querystring.id": "method.request.querystring.ids"}}`, 400, "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: method.request.querystring.ids]", ""},
		{`PUT ` + method + `/integration {"type": "MOCK", "requestParameters": {"integration.request.header.id": "method.request.path.ids"}}`, 400, "errors : [Invalid mapping expression parameter specified: method.request.path.ids]", ""},
		{`PUT ` + method + `/integration {"type": "MOCK", "integrationHttpMethod": "POST", "requestParameters": {"integration.request.header.id": "method.request.path.id"}}`, 201, `{"type":"MOCK","requestParameters"`, ""},
		{`PUT ` + method + `/integration {"type": "MOCK", "integrationHttpMethod": "POST", "requestParameters": {"integration.request.querystring.id": "method.request.querystring.id"}}`, 201, `{"type":"MOCK","requestParameters"`, ""},
		{`PUT ` + method + `/integration {"type": "MOCK", "requestParameters": {"integration.request.cookie.id": "method.request.path.id"}}`, 400, "errors : [Invalid mapping expression specified: integration.request.cookie.id]", ""},
		{`PUT ` + method + `/integration {"type": "MOCK", "requestTemplates": {"123": "x"}}`, 400, "Validation Result: warnings : [], errors : [Invalid content type specified: 123]", ""},
		{`PUT ` + method + `/integration {"type": "MOCK", "connectionType": "VPC_LINK"}`, 501, "the local engine has no VPC links", ""},
		{`PUT ` + method + `/responses/200 {}`, 409, "Response already exists for this resource", ""},
		{`PUT ` + method + `/responses/2000 {}`, 400, "Value '2000' at 'statusCode'", ""},
		{`POST /restapis/$api/stages {"stageName": "a", "deploymentId": "none"}`, 400, "Deployment id does not exist", ""},
		{`POST /restapis/$api/stages {"stageName": "a b", "deploymentId": "$d"}`, 400, "Stage name only allows a-zA-Z0-9_-", ""},
		{`POST /restapis/$api/stages {"stageName": "a", "deploymentId": "$d", "cacheClusterEnabled": true}`, 501, "the local engine does not cache responses", ""},
		{`POST /restapis/$api/stages {"stageName": "a", "deploymentId": "$d"}`, 201, "", ""},
		{`POST /restapis/$api/stages {"stageName": "a", "deploymentId": "$d"}`, 409, "Stage already exists", ""},
		{`PATCH /restapis/$api/stages/a {"patchOperations": [{"op": "replace", "path": "/variables/new", "value": "1"}]}`, 200, `"variables":{"new":"1"}`, ""},
		{`PATCH /restapis/$api/stages/a {"patchOperations": [{"op": "remove", "path": "/variables/other"}]}`, 404, "Invalid stage variable specified", ""},
		{`PATCH /restapis/$api/stages/a {"patchOperations": [{"op": "replace", "path": "/canarySettings/percentTraffic", "value": "1"}]}`, 501, "the local engine does not serve the parameter /canarySettings/percentTraffic of UpdateStage", ""},
		{`PATCH /restapis/$api/stages/a {"patchOperations": [{"op": "replace", "path": "/*/*/caching/ttlInSeconds", "value": "1"}]}`, 501, "the local engine does not serve the parameter /*/*/caching/ttlInSeconds of UpdateStage", ""},
		{`PATCH /restapis/$api {"patchOperations": [{"op": "replace", "path": "/minimumCompressionSize", "value": "1"}]}`, 501, "the local engine does not serve the parameter /minimumCompressionSize of UpdateRestApi", ""},
		{`POST /restapis {"name": "b"}`, 201, "", "bare=id"},
		{`GET /restapis/$bare`, 200, `"tags":{}`, ""},
		{`GET /usageplans/none/keys`, 200, `{"item":[]}`, ""},
		{`PATCH /restapis/$api/stages/a {"patchOperations": [{"op": "replace", "path": "/accessLogSettings/other", "value": "a"}]}`, 400, "Invalid accessLogSettings path. Must be one of", ""},
		{`PATCH /restapis/$api/stages/a {"patchOperations": [{"op": "replace", "path": "/accessLogSettings/format", "value": ""}]}`, 400, "Access Log value must not be empty", ""},
		{`PATCH /restapis/$api/stages/a {"patchOperations": [{"op": "add", "path": "/accessLogSettings/format", "value": "$context.requestId"}]}`, 200, `"accessLogSettings":{"format":`, ""},
		{`PATCH /restapis/$api/stages/a {"patchOperations": [{"op": "replace", "path": "/*/*/caching/enabled", "value": "true"}]}`, 501, "the local engine does not cache responses", ""},
		{`DELETE /restapis/$api/stages/a/cache/authorizers`, 202, "", ""},
		{`DELETE /restapis/$api/stages/none/cache/data`, 404, "Invalid stage identifier specified", ""},
		{`POST /restapis/$api/models {"name": "a-b", "schema": "{}"}`, 400, "Model name must be alphanumeric: a-b", ""},
		{`POST /restapis/$api/models {"name": "Empty", "schema": "{}"}`, 409, "Model name already exists for this REST API", ""},
		{`POST /restapis/$api/models {"name": "a"}`, 400, "Model schema must have at least 1 property or array items defined", ""},
		{`GET /restapis/$api/models/None`, 404, "Invalid model name specified: None", ""},
		{`PATCH /restapis/$api/models/Empty {"patchOperations": [{"op": "replace", "path": "/name", "value": "a"}]}`, 400, "Invalid patch path  '/name' specified for op 'replace'. Must be one of: [/description, /schema]", ""},
		{`POST /restapis/$api/authorizers {"name": "a", "type": "COGNITO_USER_POOLS"}`, 501, "the local engine has no COGNITO_USER_POOLS authorizers", ""},
		{`PATCH /restapis/$api/resources/$orders {"patchOperations": [{"op": "add", "path": "/pathPart", "value": "a"}]}`, 400, "Invalid patch path  '/pathPart' specified for op 'add'. Please choose supported operations", ""},
		{`PATCH ` + method + `/responses/200 {"patchOperations": [{"op": "remove", "path": "/responseModels/a~1b"}]}`, 404, "Content-Type specified was not found", ""},
		{`PUT ` + method + `/integration/responses/201 {}`, 201, `{"statusCode":"201"`, ""},
		{`PATCH ` + method + `/responses/wrong {"patchOperations": [{"op": "a", "path": "/x"}, {"op": "add", "path": "/x"}, {"op": "b", "path": "/x"}]}`, 400, "3 validation errors detected: Value 'a' at 'updateMethodResponseInput.patchOperations.1.member.op'", ""},
		{`PATCH ` + method + `/responses/wrong {"patchOperations": [{"op": "a", "path": "/x"}]}`, 400, `[add, remove, move, test, replace, copy]; Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d`, ""},
		{`PATCH ` + method + `/integration/responses/wrong {"patchOperations": []}`, 400, "1 validation error detected: Value 'wrong' at 'statusCode'", ""},
		{`GET ` + method + `/integration/responses/wrong`, 400, "1 validation error detected: Value 'wrong' at 'statusCode'", ""},
		{`DELETE /restapis/$api/resources/$order/methods/PUT/integration/responses/200`, 404, "Invalid Integration identifier specified", ""},
		{`PATCH ` + method + ` {"patchOperations": [{"op": "add", "path": "/operationName", "value": "x"}]}`, 400, "Invalid patch operation specified. Must be one of: [replace]", ""},
		{`PATCH /restapis/$api/gatewayresponses/THROTTLED {"patchOperations": [{"op": "remove", "path": "/statusCode"}]}`, 400, "Invalid patch path /statusCode", ""},
		{`DELETE /restapis/$api/resources/none/methods/PUT/integration/responses/200`, 404, "Invalid Resource identifier specified", ""},
		{`PATCH ` + method + ` {"patchOperations": [{"op": "add", "value": "x"}]}`, 400, "Invalid patch path null", ""},
		{`PUT /restapis/$api/resources/$order/methods/PUT {"authorizationType": "none", "requestParameters": {"true": true}}`, 400, "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: true]", ""},
		{`POST /restapis/none/authorizers {}`, 409, "Unable to complete operation due to concurrent modification. Please try again later.", ""},
		{`POST /restapis {"name": "a", "endpointConfiguration": {"types": ["x"], "ipAddressType": "y"}}`, 400, "2 validation errors detected: Value '[x]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]; Value 'y' at 'createRestApiInput.endpointConfiguration.ipAddressType'", ""},
		{`POST /restapis {"name": "a", "endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}}`, 400, "Only dualstack ipAddressType is supported for Private APIs.", ""},
		{`GET /restapis/none/resources/none`, 404, "Invalid Resource identifier specified", ""},
		{`GET /restapis/none/models/none`, 404, "Invalid model name specified: none", ""},
		{`GET /restapis/none/requestvalidators/none`, 404, "Invalid Request Validator identifier specified", ""},
		{`GET /restapis/none/requestvalidators`, 404, "Invalid API identifier specified 111122223333:none", ""},
		{`PATCH /restapis/$api/models/Empty {"patchOperations": [{"op": "replace", "path": "/schema", "value": ""}]}`, 400, "Model schema must have at least 1 property or array items defined", ""},
		{`PATCH /restapis/$api/gatewayresponses/THROTTLED {"patchOperations": [{"op": "add", "path": "/responseTemplates/a~1b"}]}`, 400, "Invalid null or empty value in responseTemplates", ""},
		{`PATCH ` + method + `/responses/200 {"patchOperations": [{"op": "remove", "path": "/responseModels/application~1json"}]}`, 201, `{"statusCode":"200"}`, ""},
		{`POST /restapis/none/requestvalidators {}`, 400, "Invalid REST API identifier specified", ""},
		{`GET /restapis/none/authorizers`, 404, "Invalid API identifier specified 111122223333:none", ""},
		{`GET /restapis/$api/gatewayresponses/OTHER`, 400, "Value 'OTHER' at 'responseType'", ""},
	})
}

func TestAMethodIsTriedWithoutADeployment(t *testing.T) {
	const method = `/restapis/$api/resources/$order/methods/GET`
	b := build(t)
	b.orders()
	b.askAll([]call{
		{`POST ` + method + ` {"pathWithQueryString": "/orders/a%20b?page=2", "headers": {"x-from": "acme"}}`, 200, `{"status":200,"body":"order a%20b","headers":{"Content-Type":"application/json"}`, "first=log"},
		{`POST ` + method + ` {"pathWithQueryString": "/somewhere/else"}`, 200, `"status":200,"body":"order ","headers"`, ""},
		{`POST ` + method + ` {"pathWithQueryString": "/somewhere/else"}`, 200, `Resource Path: /somewhere/else`, ""},
		{`POST ` + method + ` {"pathWithQueryString": "/somewhere/else"}`, 200, `Method request path: {}`, ""},
		{`PUT /restapis/$api/resources/$order/methods/ANY {"authorizationType": "NONE"}`, 201, "", ""},
		{`PUT /restapis/$api/resources/$order/methods/ANY/integration {"type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}}`, 201, "", ""},
		{`PUT /restapis/$api/resources/$order/methods/ANY/responses/200`, 201, "", ""},
		{`PUT /restapis/$api/resources/$order/methods/ANY/integration/responses/200 {"responseTemplates": {"application/json": "$context.httpMethod"}}`, 201, "", ""},
		{`POST /restapis/$api/resources/$order/methods/HEAD`, 200, `"status":200,"body":"HEAD"`, ""},
		{`PATCH ` + method + `/integration/responses/200 {"patchOperations": [{"op": "replace", "path": "/responseTemplates/application~1json", "value": "$stageVariables.color $context.stage"}]}`, 200, "", ""},
		{`PATCH ` + method + ` {"patchOperations": [{"op": "replace", "path": "/authorizationType", "value": "AWS_IAM"}, {"op": "replace", "path": "/apiKeyRequired", "value": "true"}]}`, 200, "", ""},
		{`POST ` + method + ` {"stageVariables": {"color": "blue"}}`, 200, `"body":"blue test-invoke-stage"`, ""},
		{`DELETE ` + method + `/responses/200`, 204, "", ""},
		{`POST ` + method + ` {}`, 200, "Execution failed due to configuration error: output mapping refers to an invalid method response: 200", ""},
		{`POST ` + method + ` {}`, 200, `{"status":500,"body":"{\"message\":\"Internal server error\"}","headers":{"x-amzn-ErrorType":"InternalServerErrorException"},`, ""},
		{`DELETE ` + method + `/integration`, 204, "", ""},
		{`POST ` + method + ` {}`, 404, "Invalid Integration identifier specified", ""},
	})
	for _, line := range []string{"HTTP Method: GET, Resource Path: /orders/a%20b", `Method request path: {id=a%20b}`, `query string: {page=2}`, `{x-from=acme}`, "Method completed with status: 200"} {
		if !strings.Contains(b.known["first"], line) {
			t.Errorf("the log is %s, without %s", b.known["first"], line)
		}
	}
}

func TestATemplateAndCallsMakeTheSameAPI(t *testing.T) {
	b := build(t)
	b.orders()
	declared := start(t, Options{}, serveEcho(), declare("", methodOn(`{"Ref": "Order"}`, "GET", `"AuthorizationType": "NONE", "RequestParameters": {"method.request.path.id": true},
		"MethodResponses": [{"StatusCode": "200", "ResponseModels": {"application/json": "Empty"}}],
		"Integration": {"Type": "MOCK", "RequestTemplates": {"application/json": "{\"statusCode\": 200}"}, "IntegrationResponses": [{"StatusCode": "200", "ResponseTemplates": {"application/json": "order $input.params('id')"}}]}`))+`,
		"Orders": {"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": `+root+`, "PathPart": "orders"}},
		"Order": {"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": {"Ref": "Orders"}, "PathPart": "{id}"}}`)
	told := func(w *world, api, resource string) string {
		var out json.RawMessage
		if err := w.cloud.Do(t.Context(), site().Administrator(), "apigateway", "GetMethod", map[string]string{"restApiId": api, "resourceId": resource, "httpMethod": "GET"}, &out); err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(out), resource, "RESOURCE")
	}
	called, templated := told(b.world, b.known["api"], b.known["order"]), told(declared, declared.apiID(), declared.created.Handles["Order"].Ref)
	if called != templated {
		t.Errorf("calls make %s\na template makes %s", called, templated)
	}
}

// meeting gives a port to nobody before all have come for one.
type meeting struct{ *sync.WaitGroup }

func together(n int) meeting {
	m := meeting{&sync.WaitGroup{}}
	m.Add(n)
	return m
}

func (m meeting) Listen(string) (net.Listener, error) {
	m.Done()
	m.Wait()
	return net.Listen("tcp", "127.0.0.1:0")
}

func TestAnAccountHasNoMoreAPIsThanItMayHoweverManyAreMadeAtATime(t *testing.T) {
	c := cloud.New(site())
	w, err := startIn(t, c, Options{}, serveEcho(), "")
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	for i := len(w.apis); i < maxRestAPIs-1; i++ {
		w.apis[strconv.Itoa(i)] = newAPI(w.APIGateway, strconv.Itoa(i), "root")
	}
	w.mu.Unlock()
	c.Ports = together(8)
	var made, refused atomic.Int32
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			_, err := w.cloud.Call(t.Context(), site().Administrator(), "apigateway", "CreateRestApi", json.RawMessage(`{"name": "orders"}`))
			switch {
			case err == nil:
				made.Add(1)
			case cloud.AsError(err).Code == "LimitExceededException":
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if made.Load() != 1 || refused.Load() != 7 || len(w.apis) != maxRestAPIs {
		t.Errorf("%d were made and %d refused of 8, want 1 and 7; there are %d", made.Load(), refused.Load(), len(w.apis))
	}
}
