package apigateway

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// validated declares POST / with required parameters and a model for JSON.
func validated(schema, validator string) string {
	return `"Order": {"Type": "AWS::ApiGateway::Model", "Properties": {"RestApiId": {"Ref": "Api"}, "Name": "Order", "ContentType": "application/json", "Schema": ` + schema + `}},
		"Validator": {"Type": "AWS::ApiGateway::RequestValidator", "Properties": {"RestApiId": {"Ref": "Api"}` + validator + `}},` +
		declare("", methodOn(root, "POST", `"RequestValidatorId": {"Ref": "Validator"}, "RequestModels": {"application/json": {"Ref": "Order"}},
			"RequestParameters": {"method.request.header.X-Who": true, "method.request.querystring.tenant": true, "method.request.querystring.page": false}, `+lambdaProxyTo("echo")))
}

const (
	orderSchema = `{"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["id", "lines"], "additionalProperties": false, "properties": {
		"id": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^[a-z]+$"}, "kind": {"enum": ["a", "b"]},
		"count": {"type": "integer", "minimum": 1, "maximum": 9}, "price": {"type": "number", "minimum": 0, "exclusiveMinimum": true},
		"a": {}, "lines": {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true, "items": {"type": "string"}}}, "dependencies": {"a": ["kind"]}}`
	bodyOnly       = `, "ValidateRequestBody": true`
	parametersOnly = `, "ValidateRequestParameters": true`
)

func TestBodiesAreValidatedAgainstTheModelOfTheirContentType(t *testing.T) {
	w := start(t, Options{}, serveEcho(), validated(orderSchema, bodyOnly))
	const good = `{"id": "abc", "lines": ["x"], "count": 3}`
	for name, row := range map[string]struct {
		contentType, body string
		valid             bool
	}{
		"valid":                       {"application/json", good, true},
		"valid, charset named":        {"application/json; charset=utf-8", good, true},
		"valid, no content type":      {"", good, true},
		"invalid, no content type":    {"", `{}`, false},
		"invalid, charset named":      {"application/json;charset=utf-8", `{}`, false},
		"another content type":        {"text/plain", `not checked`, true},
		"empty body":                  {"application/json", "", false},
		"blank body":                  {"application/json", " \n", false},
		"malformed":                   {"application/json", `{"id": "abc", "lines": ["x"]`, false},
		"trailing junk":               {"application/json", good + "x", false},
		"a list":                      {"application/json", `[]`, false},
		"null":                        {"application/json", `null`, false},
		"unknown member":              {"application/json", `{"id": "abc", "lines": ["x"], "more": 1}`, false},
		"text for a number":           {"application/json", `{"id": "abc", "lines": ["x"], "count": "3"}`, false},
		"a fraction for an integer":   {"application/json", `{"id": "abc", "lines": ["x"], "count": 3.5}`, false},
		"draft 4's exclusive minimum": {"application/json", `{"id": "abc", "lines": ["x"], "price": 0}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := w.send(t, "POST", "/", row.body, "Content-Type: "+row.contentType)
			if row.valid {
				got.expect(t, 200, "in")
				return
			}
			got.expect(t, 400, `{"message":"Invalid request body"}`)
			if errorType := got.header.Get("X-Amzn-Errortype"); errorType != "BadRequestException" {
				t.Errorf("error type %q", errorType)
			}
		})
	}
}

func TestAnEmptyBodyPassesAModelThatAllowsAnEmptyObject(t *testing.T) {
	w := start(t, Options{}, serveEcho(), validated(`{"type": "object"}`, bodyOnly))
	w.send(t, "POST", "/", "", "Content-Type: application/json").expect(t, 200, "in")
}

func TestRequiredParametersMustNotBeBlank(t *testing.T) {
	w := start(t, Options{}, serveEcho(), validated(orderSchema, parametersOnly))
	for name, row := range map[string]struct {
		query   string
		headers []string
		missing string
	}{
		"all there":      {"?tenant=t", []string{"x-who: me"}, ""},
		"no header":      {"?tenant=t", nil, "X-Who"},
		"no query":       {"", []string{"X-Who: me"}, "tenant"},
		"nothing":        {"", nil, "X-Who, tenant"},
		"blank in query": {"?tenant=", []string{"X-Who: me"}, "tenant"},
		"blank header":   {"?tenant=t", []string{"X-Who: "}, "X-Who"},
		"optional only":  {"?page=1", []string{"X-Who: me"}, "tenant"},
	} {
		t.Run(name, func(t *testing.T) {
			got := w.send(t, "POST", "/"+row.query, "no body check", row.headers...)
			if row.missing == "" {
				got.expect(t, 200, "in")
				return
			}
			got.expect(t, 400, `{"message":"Missing required request parameters: [`+row.missing+`]"}`)
		})
	}
}

func TestComplaintsAreInTheWordsOfAPIGateway(t *testing.T) {
	api := &api{id: "abc"}
	if err := api.setModels(model{modelProperties: modelProperties{Name: "Order", Schema: []byte(orderSchema)}}); err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`{}`:                                `[object has missing required properties (["id","lines"])]`,
		`[]`:                                `[instance type (array) does not match any allowed primitive type (allowed: ["object"])]`,
		`{"id": 1}`:                         `[object has missing required properties (["lines"]), instance type (number) does not match any allowed primitive type (allowed: ["string"])]`,
		`{"id": "a", "lines": ["x"]}`:       `[string "a" is too short (length: 1, required minimum: 2)]`,
		`{"id": "abcdef", "lines": ["x"]}`:  `[string "abcdef" is too long (length: 6, maximum allowed: 5)]`,
		`{"id": "AB", "lines": ["x"]}`:      `[ECMA 262 regex "^[a-z]+$" does not match input string "AB"]`,
		`{"id": "ab", "lines": []}`:         `[array is too short: must have at least 1 elements but instance has 0 elements]`,
		`{"id": "ab", "lines": ["x", "x"]}`: `[array must not contain duplicate elements]`,
		`{"id": "ab", "lines": ["x"], "kind": "c"}`:    `[instance value ("c") not found in enum (possible values: ["a","b"])]`,
		`{"id": "ab", "lines": ["x"], "a": 1}`:         `[property "a" of object has missing property dependencies (schema requires ["kind"]; missing: ["kind"])]`,
		`{"id": "ab", "lines": ["x"], "count": 0}`:     `[numeric instance is lower than the required minimum (minimum: 1, found: 0)]`,
		`{"id": "ab", "lines": ["x"], "count": 10}`:    `[numeric instance is greater than the required maximum (maximum: 9, found: 10)]`,
		`{"id": "ab", "lines": ["x"], "z": 0, "y": 1}`: `[object instance has properties which are not allowed by the schema: ["y","z"]]`,
	} {
		err := api.models["Order"].validate([]byte(body))
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", body, err, want)
		}
	}
}

func TestAModelCanReferToAnother(t *testing.T) {
	api := &api{id: "abc"}
	for _, declared := range []struct{ name, schema string }{
		{"Line", `{"type": "object", "required": ["sku"]}`},
		{"Order", `{"type": "object", "properties": {"line": {"$ref": "https://apigateway.amazonaws.com/restapis/abc/models/Line"}}}`},
	} {
		if err := api.setModels(model{modelProperties: modelProperties{Name: declared.name, Schema: []byte(declared.schema)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := api.models["Order"].validate([]byte(`{"line": {}}`)); err == nil || !strings.Contains(err.Error(), `["sku"]`) {
		t.Errorf("got %v, want a complaint about sku", err)
	}
	if err := api.setModels(model{modelProperties: modelProperties{Name: "X", Schema: []byte(`{"$ref": "https://apigateway.amazonaws.com/restapis/abc/models/None"}`)}}); err == nil {
		t.Error("a reference to a missing model was accepted")
	}
	if err := api.removeModel("Line"); err == nil || api.models["Line"] == nil {
		t.Errorf("a model that another refers to was deleted: %v", err)
	}
}

func TestAnInvalidBodyNeverReachesTheFunction(t *testing.T) {
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"echo": func(json.RawMessage) (any, error) {
		t.Error("the function was called")
		return nil, nil
	}}}, validated(orderSchema, bodyOnly))
	w.send(t, "POST", "/", `{}`)
}
