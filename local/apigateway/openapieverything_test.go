package apigateway

// All that a document may say of an API comes into it, and out of it again.

import (
	"regexp"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/iam"
)

const everything = `{"swagger": "2.0", "info": {"title": "all", "version": "2"}, "consumes": ["text/xml"], "produces": ["text/csv"],
	"x-amazon-apigateway-request-validator": "parameters", "x-amazon-apigateway-request-validators": {"parameters": {"validateRequestParameters": true}},
	"x-amazon-apigateway-api-key-source": "AUTHORIZER", "x-amazon-apigateway-binary-media-types": ["image/png", "image/png"],
	"x-amazon-apigateway-policy": {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*"}]},
	"paths": {"/files/{path+}": {"parameters": [{"name": "page", "in": "query", "required": true}], "post": {
		"parameters": [{"name": "page", "in": "query"}, {"name": "file", "in": "body", "schema": {"$ref": "#/definitions/File"}}], "responses": {"200": {"schema": {"$ref": "#/definitions/File"}}},
		"security": [{"partner": []}],
		"x-amazon-apigateway-integration": {"type": "http", "httpMethod": "post", "uri": "http://example.com/", "credentials": "arn:aws:iam::111122223333:role/backend", "timeoutInMillis": 1000,
			"cacheNamespace": "files", "cacheKeyParameters": ["method.request.querystring.page"], "passthroughBehavior": "when_no_templates", "responses": {"default": {"statusCode": 200}}}}}},
	"definitions": {"File": {"type": "object"}},
	"securityDefinitions": {"partner": {"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "custom",
		"x-amazon-apigateway-authorizer": {"type": "request", "authorizerUri": "` + functionURI + `", "authorizerCredentials": "arn:aws:iam::111122223333:role/authorizer", "identitySource": "method.request.header.A"}}}}`

func TestEverythingThatADocumentSaysIsTakenAndExported(t *testing.T) {
	b := build(t)
	b.cloud.Policies = iam.New(b.cloud)
	b.upload("POST /restapis?mode=import&endpointConfigurationTypes=REGIONAL", everything, 201, "", "api=id")
	made := b.described()
	for _, want := range []string{
		`"apiKeySource":"AUTHORIZER","binaryMediaTypes":["image/png"]`, `"types":["REGIONAL"]`, `"policy":"{\"Version\":\"2012-10-17\"`, `"version":"2"`,
		`"name":"parameters","validateRequestBody":false,"validateRequestParameters":true`,
		`"requestParameters":{"method.request.path.path":true,"method.request.querystring.page":false},"requestModels":{"text/xml":"File"},"methodResponses":{"200":{"statusCode":"200","responseModels":{"text/csv":"File"}}}`,
		`"credentials":"arn:aws:iam::111122223333:role/backend","passthroughBehavior":"WHEN_NO_TEMPLATES","timeoutInMillis":1000`, `"cacheKeyParameters":["method.request.querystring.page"]`,
		`"authorizerCredentials":"arn:aws:iam::111122223333:role/authorizer"`, `"requestValidatorId":"`,
	} {
		if !strings.Contains(made, want) {
			t.Errorf("got\n%s\nwithout %s", made, want)
		}
	}
	b.ask(`POST /restapis/$api/deployments {"stageName": "prod"}`, 201, "", "")
	first := b.known["api"]
	for _, kind := range []string{"oas30", "swagger"} {
		b.known["api"] = first
		exported, _ := b.download("/restapis/$api/stages/prod/exports/"+kind+"?extensions=apigateway", "application/json")
		if !strings.Contains(exported, `"cacheNamespace":"files"`) {
			t.Errorf("%s has not the namespace of the cache: %s", kind, exported)
		}
		b.upload("POST /restapis?mode=import&failonwarnings=true&endpointConfigurationTypes=REGIONAL", exported, 201, "", "api=id")
		if got := b.described(); got != made {
			t.Errorf("%s\n%s\nmakes\n%s\nof\n%s", kind, exported, got, made)
		}
	}
}

func TestAnExportWithoutAVersionTellsWhenTheAPIWasMade(t *testing.T) {
	b := build(t)
	b.upload("POST /restapis?mode=import", minimal("/a", ""), 201, "", "api=id")
	b.ask(`GET /restapis/$api`, 200, "", "root=rootResourceId")
	b.ask(`PUT /restapis/$api/resources/$root/methods/GET {"authorizationType": "NONE", "requestParameters": {"method.request.multivaluequerystring.tag": true}}`, 201, "", "")
	b.ask(`PUT /restapis/$api/resources/$root/methods/GET/integration {"type": "MOCK"}`, 201, "", "")
	b.ask(`POST /restapis/$api/deployments {"stageName": "prod"}`, 201, "", "")
	exported, header := b.download("/restapis/$api/stages/prod/exports/swagger", "application/json")
	if !regexp.MustCompile(`swagger_\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.json"`).MatchString(header.Get("Content-Disposition")) || !regexp.MustCompile(`"version":"\d{4}-\d\d-`).MatchString(exported) {
		t.Errorf("got headers %v and %s", header, exported)
	}
	if !strings.Contains(exported, `{"name":"tag","in":"query","required":true,"type":"string"}`) {
		t.Errorf("got %s, want the parameter of several values", exported)
	}
}

// What a document does not say of an API stays as it is, or goes with what it was made of.
func TestWhatADocumentDoesNotSay(t *testing.T) {
	b := build(t)
	b.orders()
	b.upload("PUT /restapis/$api?endpointConfigurationTypes=REGIONAL", strings.Replace(minimal("/a", ""), `"title"`, `"version": "7", "title"`, 1), 200, `"version":"7"`, "")
	for _, mode := range []string{"merge", "overwrite"} {
		b.upload("PUT /restapis/$api?mode="+mode, minimal("/a", ""), 200, `"tags":{"tier":"gold"}`, "")
		b.ask(`GET /restapis/$api`, 200, `"types":["REGIONAL"]`, "")
		if got := strings.Contains(b.ask(`GET /restapis/$api`, 200, "", ""), `"version":"7"`); got != (mode == "merge") {
			t.Errorf("%s: that the version is there is %v", mode, got)
		}
	}
}
