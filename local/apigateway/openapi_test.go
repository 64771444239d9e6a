package apigateway

// APIs as OpenAPI documents declare them.

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const functionURI = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders/invocations"

// example reads a document of testdata.
func example(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "$function", functionURI)
}

// upload sends a document to an address of the control plane.
func (b *builder) upload(request, document string, status int, want, capture string) string {
	b.t.Helper()
	return b.askWith(b.fill(request), document, status, want, capture)
}

// described is all that is told of an API, without ids of it.
func (b *builder) described() string {
	b.t.Helper()
	var all strings.Builder
	for _, path := range []string{"", "/resources?embed=methods", "/models", "/requestvalidators", "/authorizers", "/gatewayresponses?limit=500"} {
		all.WriteString(b.ask("GET /restapis/$api"+path, 200, "", "") + "\n")
	}
	text := regexp.MustCompile(`(?m)^[0-9a-f]+\r\n`).ReplaceAllString(all.String(), "") // lengths of chunks
	text = strings.ReplaceAll(text, b.known["api"], "API")
	text = regexp.MustCompile(`"createdDate":[0-9.e+]+`).ReplaceAllString(text, `"createdDate":0`)
	return regexp.MustCompile(`("(?:id|parentId|rootResourceId|cacheNamespace|authorizerId|requestValidatorId)":")[a-z0-9]+"`).ReplaceAllString(text, `$1"`)
}

func TestADocumentMakesAnAPIThatServes(t *testing.T) {
	b := build(t)
	b.upload("POST /restapis?mode=import&failonwarnings=true", example(t, "orders.openapi.yaml"), 201, `"description":"of partners"`, "api=id")
	b.ask(`GET /restapis/$api`, 200, `"version":"1.10"`, "")
	b.ask(`GET /restapis/$api`, 200, `"binaryMediaTypes":["image/png"]`, "")
	b.ask(`GET /restapis/$api/models/Order`, 200, `"description":"what is ordered","schema":"{\n  \"type\" : \"object\",\n  \"description\" : \"what is ordered\",\n  \"required\" : [ \"customer\", \"items\" ],`, "")
	b.ask(`GET /restapis/$api/models/Orders`, 200, `\"$ref\" : \"https://apigateway.amazonaws.com/restapis/$api/models/Order\"`, "")
	b.ask(`GET /restapis/$api/models/Empty`, 404, "Invalid model name specified: Empty", "")
	b.ask(`GET /restapis/$api/authorizers`, 200, `"name":"partner","type":"TOKEN","authType":"custom"`, "")
	b.ask(`GET /restapis/$api/authorizers`, 200, `"identitySource":"method.request.header.Authorization","identityValidationExpression":"x-.*","authorizerResultTtlInSeconds":60`, "")
	b.ask(`GET /restapis/$api/resources?embed=methods`, 200, `"requestParameters":{"method.request.header.X-Trace":true,"method.request.querystring.page":false},"requestModels":{"application/json":"Order"}`, "")
	b.ask(`GET /restapis/$api/resources?embed=methods`, 200, `{"httpMethod":"ANY","authorizationType":"CUSTOM"`, "")
	b.ask(`GET /restapis/$api/resources?embed=methods`, 200, `{"httpMethod":"GET","authorizationType":"AWS_IAM"`, "")

	b.ask(`POST /restapis/$api/deployments {"stageName": "prod"}`, 201, `"id"`, "")
	b.sendTo(t, "GET", b.address("prod")+"/orders?page=2", "", "Content-Type: application/json").expect(t, 200, "page 2")
	b.sendTo(t, "POST", b.address("prod")+"/orders", `{}`).expect(t, 403, `{"message":"Forbidden"}`)
	b.ask(`POST /apikeys {"name": "acme", "enabled": true, "value": "`+acmeKey+`"}`, 201, `"id"`, "key=id")
	b.ask(`POST /usageplans {"name": "all", "apiStages": [{"apiId": "$api", "stage": "prod"}]}`, 201, `"id"`, "plan=id")
	b.ask(`POST /usageplans/$plan/keys {"keyId": "$key", "keyType": "API_KEY"}`, 201, "", "")
	key, traced := "X-Api-Key: "+acmeKey, "X-Trace: 1"
	b.sendTo(t, "POST", b.address("prod")+"/orders", `{}`, key).expect(t, 400, `{"message":"Missing required request parameters: [X-Trace]"}`)
	answer := b.sendTo(t, "POST", b.address("prod")+"/orders", `{"customer": "acme", "items": ["a"]}`, key, traced)
	if answer.expect(t, 422, `no: [string \"a\" is too short (length: 1, required minimum: 2)]`); answer.header.Get("X-Reason") != "body" {
		t.Errorf("got headers %v, want X-Reason", answer.header)
	}
	answer = b.sendTo(t, "POST", b.address("prod")+"/orders", `{"customer": "acme", "items": ["a1"]}`, key, traced)
	if answer.expect(t, 201, "placed"); answer.header.Get("Location") != "/orders/1" {
		t.Errorf("got headers %v, want Location", answer.header)
	}
	b.sendTo(t, "POST", b.address("prod")+"/orders", `{"customer": "acme", "items": []}`, key, traced).expect(t, 422, "refused")
}

func TestBothVersionsOfOpenAPIMakeTheSameAPI(t *testing.T) {
	b := build(t)
	var got []string
	for _, name := range []string{"orders.openapi.yaml", "orders.swagger.json"} {
		b.upload("POST /restapis?mode=import&basepath=prepend", example(t, name), 201, `"id"`, "api=id")
		got = append(got, b.described())
	}
	if got[0] != got[1] || !strings.Contains(got[0], `"path":"/v1/shop/orders/{id}"`) {
		t.Errorf("version 3.0 makes\n%s\nversion 2.0 makes\n%s", got[0], got[1])
	}
}

func TestTheBasePathIsWhatTheImportSays(t *testing.T) {
	b := build(t)
	for parameter, want := range map[string]string{
		"": "/orders", "&basepath=ignore": "/orders", "&basepath=prepend": "/v1/shop/orders", "&basepath=split": "/shop/orders",
	} {
		b.upload("POST /restapis?mode=import"+parameter, example(t, "orders.swagger.json"), 201, `"id"`, "api=id")
		b.ask("GET /restapis/$api/resources", 200, `"path":"`+want+`"`, "")
	}
	for url, want := range map[string]string{"https://example.com/v1": "/v1", `https://example.com/{basePath}", "variables": {"basePath": {"default": "v3"}}, "x": "`: "/v3", "/v2/": "/v2", "https://example.com": ""} {
		d, err := readDefinition([]byte(`{"openapi": "3.0.0", "servers": [{"url": "` + url + `"}]}`))
		if err != nil || d.basePath() != want {
			t.Errorf("%s: got %q (%v), want %q", url, d.basePath(), err, want)
		}
	}
}

// minimal is a document with one path.
func minimal(path, rest string) string {
	return `{"openapi": "3.0.1", "info": {"title": "second"}, "paths": {"` + path + `": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}}` + rest + `}`
}

func TestADocumentTakesThePlaceOfAnAPIOrIsMergedIntoIt(t *testing.T) {
	b := build(t)
	b.upload("POST /restapis?mode=import", example(t, "orders.swagger.json"), 201, `"id"`, "api=id")
	b.ask("GET /restapis/$api/resources?limit=500", 200, `"path":"/orders"`, "")
	before := resourceAt(b.apis[b.known["api"]].resources, "/orders").id
	b.upload("PUT /restapis/$api?mode=merge", minimal("/more", `, "x-amazon-apigateway-binary-media-types": ["image/gif"]`), 200, `"binaryMediaTypes":["image/png","image/gif"]`, "")
	b.ask("GET /restapis/$api", 200, `"description":"of partners"`, "")
	for _, path := range []string{"/orders/{id}", "/more"} {
		b.ask("GET /restapis/$api/resources", 200, `"path":"`+path+`"`, "")
	}
	b.upload("PUT /restapis/$api?mode=overwrite", minimal("/orders", `, "x-amazon-apigateway-binary-media-types": ["image/gif"]`), 200, `"name":"second"`, "")
	a := b.apis[b.known["api"]]
	if got := resourceAt(a.resources, "/orders"); len(a.resources) != 2 || got == nil || got.id != before {
		t.Errorf("got resources %v, want /orders with the id %s that it had", a.resources, before)
	}
	if len(a.methods) != 1 || len(a.models) != 0 || len(a.validators) != 0 || len(a.authorizers) != 0 || len(a.responses) != 0 || a.properties.Description != "" || len(a.binaryTypes) != 1 {
		t.Errorf("of what the API had been there is %+v", a.declared)
	}
}

func TestAFaultyDocumentChangesNothing(t *testing.T) {
	b := build(t)
	b.upload("POST /restapis?mode=import", example(t, "orders.swagger.json"), 201, `"id"`, "api=id")
	before := b.described()
	count := len(b.apis)
	integration := func(rest string) string {
		return `{"swagger": "2.0", "info": {"title": "t"}, "paths": {"/a": {"get": {"x-amazon-apigateway-integration": {` + rest + `}}}}}`
	}
	for name, row := range map[string]struct {
		document string
		status   int
		want     string
	}{
		"no document":            {"", 400, "Invalid OpenAPI input."},
		"neither JSON nor YAML":  {"a: b: c", 400, "Invalid OpenAPI input."},
		"a text":                 {"orders", 400, "Invalid OpenAPI input."},
		"no version":             {`{"info": {"title": "t"}}`, 400, "Invalid OpenAPI input."},
		"another version":        {`{"openapi": "3.1.0", "info": {"title": "t"}}`, 400, "Invalid OpenAPI input."},
		"aliases":                {"openapi: 3.0.1\ninfo: &i {title: t}\npaths: {}\nx: *i", 400, "Invalid OpenAPI input."},
		"too deep":               {strings.Repeat("- ", 200) + "a", 400, "Invalid OpenAPI input."},
		"deeper than a hundred":  {"openapi: 3.0.1\ninfo: {title: t}\npaths: {}\nx: " + strings.Repeat("[", 110) + strings.Repeat("]", 110), 400, "Invalid OpenAPI input."},
		"no such path":           {minimal("/a b", ""), 400, "Unable to create resource at path '/a b': Resource's path part only allow"},
		"two variables":          {`{"openapi": "3.0.1", "info": {"title": "t"}, "paths": {"/{a}/x": {}, "/{b}/y": {}}}`, 400, "Unable to create resource at path '/{b}/y': A sibling ({a}) of this resource already has a variable path part"},
		"a model's name":         {minimal("/a", `, "components": {"schemas": {"a-b": {}}}`), 400, `Errors found during import:\n\tUnable to create model for 'a-b': Model name must be alphanumeric: a-b`},
		"a lost model":           {minimal("/a", `, "components": {"schemas": {"A": {"$ref": "#/components/schemas/B"}}}`), 400, "Unable to create models: "},
		"two errors":             {`{"openapi": "3.0.1", "info": {"title": "t"}, "paths": {"/a b": {}, "/c d": {}}}`, 400, `'/c d'`},
		"an integration's type":  {integration(`"type": "ftp", "httpMethod": "GET"`), 400, "Unable to put integration on 'GET' for resource at path '/a': "},
		"no method of the URI":   {integration(`"type": "http", "uri": "http://example.com"`), 400, "Unable to put integration on 'GET' for resource at path '/a': Enumeration value for HttpMethod must be non-empty"},
		"a lost authorizer":      {`{"swagger": "2.0", "info": {"title": "t"}, "paths": {"/a": {"get": {"security": [{"nobody": []}]}}}}`, 400, "Unable to put method 'GET' on resource at path '/a': Invalid authorizer ID specified"},
		"a lost validator":       {`{"swagger": "2.0", "info": {"title": "t"}, "paths": {"/a": {"get": {"x-amazon-apigateway-request-validator": "none"}}}}`, 400, "Invalid Request Validator identifier specified"},
		"a gateway response":     {minimal("/a", `, "x-amazon-apigateway-gateway-responses": {"NONE": {}}`), 400, "Unable to put gateway response 'NONE': "},
		"an unknown extension":   {minimal("/a", `, "x-amazon-apigateway-cors": {}`), 501, "the local engine does not know x-amazon-apigateway-cors"},
		"a VPC link":             {integration(`"type": "http", "httpMethod": "GET", "uri": "http://example.com", "connectionId": "x"`), 501, "VPC links"},
		"TLS":                    {integration(`"type": "http", "httpMethod": "GET", "uri": "http://example.com", "tlsConfig": {}`), 501, "tlsConfig"},
		"a private endpoint":     {minimal("/a", `, "x-amazon-apigateway-endpoint-configuration": {"vpcEndpointIds": ["vpce-1"]}`), 501, "private endpoints"},
		"a server's endpoint":    {minimal("/a", `, "servers": [{"url": "/", "x-amazon-apigateway-endpoint-configuration": {"vpcEndpointIds": ["vpce-1"]}}]`), 501, "private endpoints"},
		"a closed endpoint":      {minimal("/a", `, "x-amazon-apigateway-endpoint-configuration": {"disableExecuteApiEndpoint": true}`), 501, "DisableExecuteApiEndpoint"},
		"a stream":               {integration(`"type": "http_proxy", "httpMethod": "GET", "uri": "http://example.com", "responseTransferMode": "stream"`), 501, "does not stream answers"},
		"an authorizer's type":   {minimal("/a", `, "components": {"securitySchemes": {"users": {"x-amazon-apigateway-authorizer": {"type": "cognito_user_pools"}}}}`), 501, "COGNITO_USER_POOLS"},
		"payloads are converted": {integration(`"type": "http", "httpMethod": "GET", "uri": "http://example.com", "contentHandling": "CONVERT_TO_TEXT"`), 501, "does not convert payloads"},
	} {
		t.Run(name, func(t *testing.T) {
			b.t = t
			for _, request := range []string{"POST /restapis?mode=import", "PUT /restapis/$api?mode=overwrite", "PUT /restapis/$api?mode=merge"} {
				b.upload(request, row.document, row.status, row.want, "")
			}
		})
	}
	b.t = t
	for _, request := range []string{"POST /restapis?mode=import", "PUT /restapis/$api?mode=overwrite"} { // a merged one needs no title
		b.upload(request, `{"openapi": "3.0.1", "info": {}, "paths": {}}`, 400, "Invalid OpenAPI input.", "")
	}
	b.upload("POST /restapis?mode=import", minimal("/a", "")+strings.Repeat(" ", 6<<20), 400, "The OpenAPI input is too large. It may have 6291456 bytes.", "")
	b.upload("PUT /restapis/$api?mode=replace", minimal("/a", ""), 400, "[merge, overwrite]", "")
	b.upload("PUT /restapis/$api?colour=red", minimal("/a", ""), 501, "the parameter colour of an import", "")
	b.upload("PUT /restapis/none", minimal("/a", ""), 404, "Invalid API identifier specified", "")
	if after := b.described(); after != before || len(b.apis) != count {
		t.Errorf("there are %d APIs, want %d; the API was\n%s\nand is\n%s", len(b.apis), count, before, after)
	}
}

func TestWarningsAreToldOrEndTheImport(t *testing.T) {
	b := build(t)
	doc := `{"swagger": "2.0", "info": {"title": "t"}, "paths": {"/a": {"get": {
		"parameters": [{"name": "file", "in": "formData"}], "responses": {"default": {}}, "security": [{"any": []}],
		"x-amazon-apigateway-integration": {"type": "mock", "requestParameters": {"integration.request.header.a": true, "integration.request.header.b": "'b'"}}}}},
		"securityDefinitions": {"any": {"type": "oauth2"}}}`
	for _, want := range []string{
		"Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.a' of resource '/a' and method 'GET' but got 'true'",
		"Parameter 'file' of resource '/a' and method 'GET' is ignored", "Response 'default' of method 'GET' is ignored", "security scheme 'any' is not enforced",
	} {
		b.upload("POST /restapis?mode=import", doc, 201, want, "api=id")
		b.upload("POST /restapis?mode=import&failonwarnings=true", doc, 400, want, "")
	}
	b.ask("GET /restapis/$api/resources?embed=methods", 200, `"requestParameters":{"integration.request.header.b":"'b'"}`, "")
}

func TestATemplateDeclaresAnAPIByADocument(t *testing.T) {
	served := func(document string) string {
		return `"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {` + document + `}},
			"Deployment": {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}}},
			"Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "prod"}}`
	}
	said := func(text string) string {
		return `"Name": "mine", "BinaryMediaTypes": ["image/gif"], "Body": {"openapi": "3.0.1", "info": {"title": "theirs", "description": "d"}, "x-amazon-apigateway-binary-media-types": ["image/png"],
			"paths": {"/` + text + `": {"get": {"x-amazon-apigateway-integration": {"type": "mock",
			"requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": {"Fn::Sub": "` + text + ` of ${AWS::Region}"}}}}},
			"responses": {"200": {"description": "ok"}}}}}}`
	}
	w := start(t, Options{}, serveEcho(), served(said("first")))
	w.send(t, "GET", "/first", "").expect(t, 200, "first of eu-west-1")
	a := w.apis[w.apiID()]
	if a.name != "mine" || a.properties.Description != "d" || strings.Join(a.binaryTypes, " ") != "image/gif image/png" || len(a.models) != 0 {
		t.Errorf("got %+v, want the template's name and both binary types", a.properties)
	}
	w.created.Put(t, "Api", `{"Type": "AWS::ApiGateway::RestApi", "Properties": {`+said("second")+`}}`)
	w.send(t, "GET", "/first", "").expect(t, 200, "first of eu-west-1")
	w.deploy(t, "Deployment2")
	w.send(t, "GET", "/second", "").expect(t, 200, "second of eu-west-1")
	w.send(t, "GET", "/first", "").expect(t, 403, `{"message":"Missing Authentication Token"}`)
	w.created.Put(t, "Api", `{"Type": "AWS::ApiGateway::RestApi", "Properties": {"Mode": "merge", `+said("third")+`}}`)
	w.deploy(t, "Deployment3")
	w.send(t, "GET", "/second", "").expect(t, 200, "second of eu-west-1")
	w.send(t, "GET", "/third", "").expect(t, 200, "third of eu-west-1")
}

func TestADocumentOfATemplateMayLieInS3(t *testing.T) {
	location := `"Parameters": {"basepath": "prepend"}, "BodyS3Location": {"Bucket": "assets", "Key": "orders.json", "Version": "7"}`
	api := func(properties string) string {
		return `"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {` + properties + `}}`
	}
	o := Options{Document: func(_ context.Context, bucket, key, version string) ([]byte, error) {
		if bucket+"/"+key+"@"+version != "assets/orders.json@7" {
			return nil, errors.New("NoSuchKey")
		}
		return []byte(example(t, "orders.swagger.json")), nil
	}}
	w := start(t, o, serveEcho(), api(location))
	if a := w.apis[w.apiID()]; a.name != "orders" || resourceAt(a.resources, "/v1/shop/orders") == nil {
		t.Errorf("got %+v, want orders under /v1/shop", a.resources)
	}
	for properties, want := range map[string]string{
		`"BodyS3Location": {"Bucket": "assets", "Key": "lost"}`:                     "NoSuchKey",
		location + `, "Body": {}`:                                                   "exclude each other",
		location + `, "Mode": "add"`:                                                "property Mode must be merge or overwrite",
		`"Body": {"swagger": "2.0"}`:                                                "property Body: Invalid OpenAPI input.",
		`"Body": {"swagger": "2.0", "info": {"title": "t"}, "paths": {"/a b": {}}}`: "Errors found during import: Unable to create resource at path '/a b'",
		`"FailOnWarnings": true, "Body": {"swagger": "2.0", "info": {"title": "t"}, "paths": {"/a": {"get": {"responses": {"default": {}}}}}}`: "Warnings found during import",
		`"Body": {"swagger": "2.0", "info": {"title": "t"}, "x-amazon-apigateway-cors": {}}`:                                                   "x-amazon-apigateway-cors",
		`"Body": {"swagger": "2.0", "info": {"title": "t"}}, "Parameters": {"colour": "red"}`:                                                  "the parameter colour",
	} {
		if _, err := tryStart(t, o, serveEcho(), api(properties)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", properties, err, want)
		}
	}
	if _, err := tryStart(t, Options{}, serveEcho(), api(location)); err == nil || !strings.Contains(err.Error(), "BodyS3Location") {
		t.Errorf("without objects: got %v", err)
	}
}

func TestWhoMayNotPutADocumentIsRefused(t *testing.T) {
	w := start(t, Options{}, serveEcho(), "")
	w.cloud.Authorizer = permissions(nil)
	for action, input := range map[string]string{"ImportRestApi": `{"body": "{}"}`, "PutRestApi": `{"restApiId": "a", "body": "{}"}`} {
		_, err := w.cloud.Call(t.Context(), cloud.Caller{ARN: "nobody"}, "apigateway", action, json.RawMessage(input))
		if err == nil || !cloud.AsError(err).Denied && cloud.AsError(err).Status != 403 {
			t.Errorf("%s: got %v, want a refusal", action, err)
		}
	}
}

func TestWhatCallsHaveMadeKeepsItsIdWhenADocumentWritesItOver(t *testing.T) {
	b := build(t)
	b.orders()
	b.ask(`POST /restapis/$api/models {"name": "Order", "contentType": "application/json", "schema": "{}"}`, 201, "", "model=id")
	b.ask(`POST /restapis/$api/requestvalidators {"name": "all"}`, 201, "", "validator=id")
	b.ask(`POST /restapis/$api/authorizers {"name": "partner", "type": "TOKEN", "identitySource": "method.request.header.A", "authorizerUri": "`+functionURI+`"}`, 201, "", "authorizer=id")
	b.upload("PUT /restapis/$api?mode=overwrite", example(t, "orders.openapi.yaml"), 200, "", "")
	b.ask(`GET /restapis/$api/resources/$orders`, 200, `"path":"/orders"`, "")
	b.ask(`GET /restapis/$api/models/Order`, 200, `"id":"$model"`, "")
	b.ask(`GET /restapis/$api/requestvalidators/$validator`, 200, `"validateRequestBody":true`, "")
	b.ask(`GET /restapis/$api/authorizers/$authorizer`, 200, `"identitySource":"method.request.header.Authorization"`, "")
}
