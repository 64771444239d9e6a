package apigateway

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// download gets an export.
func (b *builder) download(path, accept string) (body string, header http.Header) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), "GET", b.control.URL+b.fill(path), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 200 {
		b.t.Fatalf("%s: %d %s (%v)", path, response.StatusCode, text, err)
	}
	return string(text), response.Header
}

func TestAnExportMakesTheSameAPIAgain(t *testing.T) {
	b := build(t)
	b.upload("POST /restapis?mode=import", example(t, "orders.openapi.yaml"), 201, `"id"`, "api=id")
	b.ask(`PATCH /restapis/$api {"patchOperations": [{"op": "replace", "path": "/apiKeySource", "value": "AUTHORIZER"}]}`, 200, "", "")
	b.ask(`POST /restapis/$api/documentation/parts {"location": {"type": "API"}, "properties": "{\"description\": \"all\"}"}`, 201, "", "")
	b.ask(`POST /restapis/$api/deployments {"stageName": "prod"}`, 201, "", "")
	b.ask(`POST /restapis/$api/documentation/versions {"documentationVersion": "v1", "stageName": "prod"}`, 201, "", "")
	first, want := b.known["api"], b.described()
	for _, kind := range []string{"oas30", "swagger"} {
		for _, accept := range []string{"application/json", "application/yaml"} {
			b.known["api"] = first
			exported, header := b.download("/restapis/$api/stages/prod/exports/"+kind+"?extensions=apigateway", accept)
			ending := strings.TrimPrefix(accept, "application/")
			if got := header.Get("Content-Disposition"); got != `attachment; filename="`+kind+`_1.10.`+ending+`"` || header.Get("Content-Type") != "application/octet-stream" {
				t.Errorf("got headers %v", header)
			}
			if strings.HasPrefix(exported, "{") != (ending == "json") {
				t.Errorf("%s is no %s", exported, ending)
			}
			b.upload("POST /restapis?mode=import&failonwarnings=true", exported, 201, `"id"`, "api=id")
			if got := b.described(); got != want {
				t.Errorf("%s in %s\n%s\nmakes\n%s\nof\n%s", kind, ending, exported, got, want)
			}
		}
	}
}

func TestAnExportHasWhatIsServedAndWhatIsAskedFor(t *testing.T) {
	b := build(t)
	b.upload("POST /restapis?mode=import", example(t, "orders.swagger.json"), 201, `"id"`, "api=id")
	b.ask(`POST /restapis/$api/models {"name": "Unused", "contentType": "application/json", "schema": "{}"}`, 201, "", "")
	b.ask(`POST /restapis/$api/documentation/parts {"location": {"type": "API"}, "properties": "{\"description\": \"all\"}"}`, 201, "", "")
	b.ask(`POST /restapis/$api/deployments {"stageName": "prod"}`, 201, "", "")
	b.ask(`POST /restapis/$api/documentation/versions {"documentationVersion": "v1", "stageName": "prod"}`, 201, "", "")
	b.ask(`POST /restapis/$api/documentation/parts {"location": {"type": "METHOD", "path": "/later"}, "properties": "{\"description\": \"later\"}"}`, 201, "", "")
	b.ask(`GET /restapis/$api`, 200, "", "root=rootResourceId")
	b.ask(`POST /restapis/$api/resources/$root {"pathPart": "later"}`, 201, "", "later=id")
	b.ask(`PUT /restapis/$api/resources/$later/methods/GET {"authorizationType": "NONE"}`, 201, "", "")
	b.upload("PUT /restapis/$api?mode=overwrite", minimal("/later", ""), 200, "", "")
	b.ask(`POST /restapis/$api/documentation/parts {"location": {"type": "MODEL", "name": "later"}, "properties": "{}"}`, 201, "", "")
	export := "/restapis/$api/stages/prod/exports/"
	for path, row := range map[string]struct{ has, hasNot []string }{
		export + "swagger": {
			[]string{`"swagger":"2.0"`, `"host":"$api.execute-api.eu-west-1.amazonaws.com","basePath":"/prod","schemes":["https"]`, `"version":"1.10"`, `"description":"of partners"`,
				`"operationId":"PlaceOrder"`, `"operationId":"PlaceOrder","consumes":["application/json"],"produces":["application/json"],"parameters"`, `"consumes":["application/json"]`, `{"name":"X-Trace","in":"header","required":true,"type":"string"}`, `{"name":"id","in":"path","required":true,"type":"string"}`,
				`{"name":"page","in":"query","required":false,"type":"string"}`, `{"in":"body","name":"Order","required":true,"schema":{"$ref":"#/definitions/Order"}}`,
				`"201":{"description":"201 response","headers":{"Location":{"type":"string"}},"schema":{"$ref":"#/definitions/MODEL`, `"security":[{"api_key":[]}]`, `"security":[{"partner":[]}]`,
				`"sigv4":{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authtype":"awsSigv4"}`, `"Item":{"type":"string","minLength":2}`, `"x-amazon-apigateway-any-method":{`},
			[]string{"x-amazon-apigateway-integration", "Unused", "x-amazon-apigateway-authorizer", "x-amazon-apigateway-binary", "/later", "documentation"}},
		export + "oas30": {
			[]string{`"openapi":"3.0.1"`, `"servers":[{"url":"https://$api.execute-api.eu-west-1.amazonaws.com/{basePath}","variables":{"basePath":{"default":"prod"}}}]`,
				`{"name":"page","in":"query","schema":{"type":"string"}}`, `{"name":"X-Trace","in":"header","required":true,"schema":{"type":"string"}}`,
				`"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Order"}}},"required":true}`,
				`"422":{"description":"422 response","content":{}}`, `"headers":{"Location":{"schema":{"type":"string"}}}`},
			[]string{"x-amazon-apigateway-integration", "Unused", "consumes"}},
		export + "oas30?extensions=integrations":  {[]string{"x-amazon-apigateway-integration"}, []string{"x-amazon-apigateway-authorizer", "x-amazon-apigateway-binary"}},
		export + "oas30?extensions=authorizers":   {[]string{`"x-amazon-apigateway-authorizer":{"authorizerUri":`}, []string{"x-amazon-apigateway-integration"}},
		export + "oas30?extensions=documentation": {[]string{`"x-amazon-apigateway-documentation":{"version":"v1","documentationParts":[{"location":{"type":"API"},"properties":{"description":"all"}}]}`}, []string{"later", "integration"}},
		export + "swagger?extensions=apigateway":  {[]string{`"x-amazon-apigateway-gateway-responses":{"BAD_REQUEST_BODY":{"statusCode":"422",`, `"x-amazon-apigateway-request-validator":"all"`}, []string{"documentation"}},
	} {
		got, _ := b.download(path, "application/json")
		if _, err := jsonvalue.Decode([]byte(got)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for _, want := range row.has {
			if !strings.Contains(got, strings.ReplaceAll(want, "$api", b.known["api"])) {
				t.Errorf("%s: got\n%s\nwithout %s", path, got, want)
			}
		}
		for _, not := range row.hasNot {
			if strings.Contains(got, not) {
				t.Errorf("%s: got\n%s\nwith %s", path, got, not)
			}
		}
	}
	b.ask("GET /restapis/$api/stages/prod/exports/raml", 400, "No API exporter for type 'raml'", "")
	b.ask("GET /restapis/$api/stages/none/exports/oas30", 404, "Invalid stage identifier specified", "")
	b.ask("GET /restapis/$api/stages/prod/exports/oas30?extensions=postman", 501, "postman", "")
}
