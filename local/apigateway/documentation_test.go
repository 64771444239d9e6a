package apigateway

import "testing"

func TestTheDocumentationOfAnAPIIsMadeToldChangedAndDeleted(t *testing.T) {
	b := build(t)
	b.orders()
	const parts, versions = `/restapis/$api/documentation/parts`, `/restapis/$api/documentation/versions`
	b.askAll([]call{
		{`POST ` + parts + ` {"location": {"type": "API"}, "properties": "{\"description\": \"all\"}"}`, 201, `"location":{"type":"API"},"properties":"{\"description\": \"all\"}"`, "part=id"},
		{`POST ` + parts + ` {"location": {"type": "RESPONSE", "path": "/orders/{id}"}, "properties": "{}"}`, 201, `{"type":"RESPONSE","path":"/orders/{id}","method":"*","statusCode":"*"}`, "empty=id"},
		{`POST ` + parts + ` {"location": {"type": "RESOURCE"}, "properties": "{\"a\": 1}"}`, 201, `{"type":"RESOURCE","path":"/"}`, ""},
		{`POST ` + parts + ` {"location": {"type": "API"}, "properties": "{}"}`, 409, "already exists for the specified location: type 'API'", ""},
		{`POST ` + parts + ` {"location": {"type": "INVALID"}, "properties": "{}"}`, 400, "1 validation error detected: Value 'INVALID' at 'createDocumentationPartInput.location.type' failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_BODY, RESPONSE,", ""},
		{`POST ` + parts + ` {"location": {"type": "MODEL", "name": "A"}, "properties": "text"}`, 400, "must be a valid JSON object", ""},
		{`GET ` + parts + `/$part`, 200, `"id":"$part"`, ""},
		{`PATCH ` + parts + `/$part {"patchOperations": [{"op": "replace", "path": "/properties", "value": "{\"description\": \"new\"}"}]}`, 200, `new`, ""},
		{`PATCH ` + parts + `/$part {"patchOperations": [{"op": "add", "path": "/properties", "value": "{}"}]}`, 400, "Invalid patch path  '/properties' specified for op 'add'. Please choose supported operations", ""},
		{`PATCH ` + parts + `/$part {"patchOperations": [{"op": "replace", "path": "/properties", "value": "[]"}]}`, 400, "must be a valid JSON object", ""},
		{`GET ` + parts + `/$part`, 200, `new`, ""},
		{`GET ` + parts + `?type=RESPONSE`, 200, `{"item":[{"id":"$empty"`, ""},
		{`GET ` + parts + `?path=/orders/%7Bid%7D`, 200, `{"item":[{"id":"$empty"`, ""},
		{`GET ` + parts + `?locationStatus=UNDOCUMENTED`, 200, `{"item":[{"id":"$empty"`, ""},
		{`GET ` + parts + `?locationStatus=DOCUMENTED&limit=1`, 200, `{"item":[{"id":"$part"`, ""},
		{`POST ` + parts + ` {"location": {"type": "MODEL", "name": "Orders"}, "properties": "{}"}`, 201, "", "model=id"},
		{`POST ` + parts + ` {"location": {"type": "RESPONSE_HEADER", "name": "Location"}, "properties": "{}"}`, 201, `{"type":"RESPONSE_HEADER","path":"/","method":"*","statusCode":"*","name":"Location"}`, ""},
		{`GET ` + parts + `?name=Ord`, 200, `{"item":[{"id":"$model"`, ""},
		{`GET ` + parts + `?name=A`, 200, `{"item":[]}`, ""},
		{`GET ` + parts + `/none`, 404, "Invalid Documentation part identifier specified", ""},
		{`GET /restapis/none/documentation/parts/none`, 404, "Invalid Documentation part identifier specified", ""},
		{`DELETE /restapis/none/documentation/parts/none`, 404, "Invalid API identifier specified", ""},

		{`POST ` + versions + ` {"documentationVersion": "v1"}`, 201, `"version":"v1"`, ""},
		{`POST ` + versions + ` {"documentationVersion": "v1"}`, 409, "Documentation version already exists", ""},
		{`POST ` + versions + ` {"documentationVersion": ""}`, 400, "non-empty", ""},
		{`POST ` + versions + ` {"documentationVersion": "v2", "stageName": "prod"}`, 404, "Invalid stage identifier specified", ""},
		{`POST /restapis/$api/deployments {"stageName": "prod"}`, 201, "", ""},
		{`POST ` + versions + ` {"documentationVersion": "v2", "stageName": "prod", "description": "second"}`, 201, `"description":"second"`, ""},
		{`GET /restapis/$api/stages/prod`, 200, `"documentationVersion":"v2"`, ""},
		{`PATCH ` + versions + `/v1 {"patchOperations": [{"op": "replace", "path": "/description", "value": "first"}]}`, 200, `"description":"first"`, ""},
		{`GET ` + versions + `/v1`, 200, `"description":"first"`, ""},
		{`GET ` + versions, 200, `"version":"v2"`, ""},
		{`DELETE ` + versions + `/v1`, 202, "", ""},
		{`GET ` + versions + `/v1`, 404, "Invalid Documentation version specified", ""},
		{`DELETE ` + versions + `/v1`, 404, "Invalid Documentation version specified", ""},

		{`DELETE ` + parts + `/$part`, 202, "", ""},
		{`DELETE ` + parts + `/$part`, 404, "Invalid Documentation part identifier specified", ""},
	})
}

func TestDocumentationComesWithADocument(t *testing.T) {
	b := build(t)
	const parts = `/restapis/$api/documentation/parts`
	doc := minimal("/a", `, "x-amazon-apigateway-documentation": {"version": "1", "documentationParts": [
		{"location": {"type": "METHOD", "method": "GET"}, "properties": {"description": "said"}}, {"location": {"type": "RESPONSE", "method": "GET", "statusCode": 200}, "properties": {}}]}`)
	b.upload("POST /restapis?mode=import&ignore=documentation", doc, 201, "", "api=id")
	b.ask(`GET `+parts, 200, `{"item":[]}`, "")
	b.upload("POST /restapis?mode=import", doc, 201, "", "api=id")
	b.ask(`GET `+parts, 200, `"location":{"type":"METHOD","path":"/","method":"GET"},"properties":"{\"description\": \"said\"}"`, "")
	b.ask(`GET `+parts, 200, `{"type":"RESPONSE","path":"/","method":"GET","statusCode":"200"}`, "")
	b.ask(`POST `+parts+` {"location": {"type": "API"}, "properties": "{}"}`, 201, "", "part=id")
	b.upload("PUT "+parts, doc, 200, `"ids":["`, "")
	b.ask(`GET `+parts+`/$part`, 200, "", "")
	if got := len(b.apis[b.known["api"]].documentation); got != 3 {
		t.Errorf("%d parts are there, want those at the same places replaced", got)
	}
	b.upload("PUT "+parts+"?mode=overwrite", doc, 200, `"ids":["`, "")
	b.ask(`GET `+parts+`/$part`, 404, "", "")
	for _, bad := range []string{"", "a: b: c", `{"a": 1}`, minimal("/a", "")} {
		b.upload("PUT "+parts, bad, 400, "Unable to build importer with provided input.", "")
	}
	wrong := minimal("/a", `, "x-amazon-apigateway-documentation": {"documentationParts": [{"location": {"type": "API"}, "properties": {}}, {"location": {"type": "NONE"}}]}`)
	b.upload("PUT "+parts+"?mode=overwrite", wrong, 400, "Value 'NONE' at 'location.type'", "")
	b.upload("POST /restapis?mode=import", wrong, 400, "Unable to put documentation parts", "")
	b.ask(`GET `+parts+`?type=METHOD`, 200, `said`, "")
	b.upload("PUT /restapis/$api?mode=overwrite", minimal("/a", ""), 200, "", "")
	b.ask(`GET `+parts, 200, `{"item":[]}`, "")
}
