package apigateway

// From what a stage serves to an OpenAPI document.

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// exporting is a deployment on its way into a document.
type exporting struct {
	*api     // with what the deployment has of it
	stage    *stage
	version3 bool     // otherwise 2.0
	with     []string // extensions: "integrations", "authorizers", "apigateway", "documentation"
	models   map[string]bool
	schemes  *jsonvalue.Object
}

// export describes a stage. Only the models and the security that methods have are
// part of it.
func (s *stage) export(version3 bool, with []string) *jsonvalue.Object {
	e := &exporting{
		api: &api{gateway: s.api.gateway, id: s.api.id, created: s.api.created, declared: s.deployment.source}, stage: s, version3: version3, with: with,
		models: map[string]bool{}, schemes: jsonvalue.NewObject(4),
	}
	host := e.id + ".execute-api." + e.gateway.cloud.Region + ".amazonaws.com"
	paths := e.paths()
	document := jsonvalue.NewObject(8)
	if version3 {
		variables := object("basePath", object("default", s.name))
		document.Set("openapi", "3.0.1").Set("info", e.info()).Set("servers", []any{object("url", "https://"+host+"/{basePath}", "variables", variables)})
		components := optional("schemas", e.definitions("#/components/schemas/"), "securitySchemes", e.schemes)
		document.Set("paths", paths).Set("components", components)
	} else {
		document.Set("swagger", "2.0").Set("info", e.info()).Set("host", host).Set("basePath", "/"+s.name).Set("schemes", []any{"https"}).Set("paths", paths)
		for name, value := range optional("securityDefinitions", e.schemes, "definitions", e.definitions("#/definitions/")).All() {
			document.Set(name, value)
		}
	}
	e.extend(document)
	return document
}

// exportVersion is the API's version, or when it was made.
func (s *stage) exportVersion() string {
	return cmp.Or(s.deployment.source.version, s.api.created.UTC().Format(time.RFC3339))
}

func (e *exporting) info() *jsonvalue.Object {
	info := object("title", e.name, "version", e.stage.exportVersion())
	if e.properties.Description != "" {
		info.Set("description", e.properties.Description)
	}
	return info
}

// has tells whether extensions of a kind are wanted.
func (e *exporting) has(kind string) bool {
	return slices.Contains(e.with, kind) || kind != "documentation" && slices.Contains(e.with, "apigateway")
}

func (e *exporting) paths() *jsonvalue.Object {
	paths := jsonvalue.NewObject(len(e.resources))
	methods := slices.SortedFunc(maps.Keys(e.methods), func(x, y methodName) int {
		return cmp.Or(cmp.Compare(e.resources[x.resource].path, e.resources[y.resource].path), cmp.Compare(x.httpMethod, y.httpMethod))
	})
	for _, at := range methods {
		path := e.resources[at.resource].path
		item, ok := member[*jsonvalue.Object](paths, path)
		if !ok {
			item = jsonvalue.NewObject(4)
			paths.Set(path, item)
		}
		name := strings.ToLower(at.httpMethod)
		if at.httpMethod == "ANY" {
			name = "x-amazon-apigateway-any-method"
		}
		item.Set(name, e.operation(e.methods[at]))
	}
	return paths
}

func (e *exporting) operation(p methodProperties) *jsonvalue.Object {
	o := jsonvalue.NewObject(8)
	if p.OperationName != "" {
		o.Set("operationId", p.OperationName)
	}
	if !e.version3 {
		if types := p.consumes(); len(types) > 0 {
			o.Set("consumes", listOf(types))
		}
		if types := p.produces(); len(types) > 0 {
			o.Set("produces", listOf(types))
		}
	}
	if parameters := e.parameters(p); len(parameters) > 0 {
		o.Set("parameters", parameters)
	}
	if e.version3 && len(p.RequestModels) > 0 {
		o.Set("requestBody", object("content", e.content(p.RequestModels), "required", true))
	}
	responses := jsonvalue.NewObject(len(p.MethodResponses))
	for _, r := range p.MethodResponses {
		responses.Set(r.StatusCode, e.response(r))
	}
	o.Set("responses", responses)
	if security := e.security(p); len(security) > 0 {
		o.Set("security", security)
	}
	if v, ok := e.validators[p.RequestValidatorId]; ok && e.has("apigateway") {
		o.Set("x-amazon-apigateway-request-validator", v.name)
	}
	if p.Integration != nil && e.has("integrations") {
		o.Set("x-amazon-apigateway-integration", p.Integration.export())
	}
	return o
}

// consumes and produces are the media types of a method's models and templates.
func (p methodProperties) consumes() []string {
	types := maps.Clone(p.RequestModels)
	if p.Integration != nil {
		types = merged(types, p.Integration.RequestTemplates)
	}
	return slices.Sorted(maps.Keys(types))
}

func (p methodProperties) produces() []string {
	var types map[string]string
	for _, r := range p.MethodResponses {
		types = merged(types, r.ResponseModels)
	}
	if p.Integration != nil {
		for _, r := range p.Integration.IntegrationResponses {
			types = merged(types, r.ResponseTemplates)
		}
	}
	return slices.Sorted(maps.Keys(types))
}

func merged(a, b map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}

func (e *exporting) parameters(p methodProperties) []any {
	var parameters []any
	for _, name := range slices.Sorted(maps.Keys(p.RequestParameters)) {
		place, parameter, _ := strings.Cut(strings.TrimPrefix(name, "method.request."), ".")
		if place = strings.TrimPrefix(place, "multivalue"); place == "querystring" {
			place = "query"
		}
		required := p.RequestParameters[name]
		said := object("name", parameter, "in", place)
		if e.version3 {
			if required {
				said.Set("required", true)
			}
			said.Set("schema", object("type", "string"))
		} else {
			said.Set("required", required).Set("type", "string")
		}
		parameters = append(parameters, said)
	}
	if !e.version3 {
		var names []string
		for _, contentType := range slices.Sorted(maps.Keys(p.RequestModels)) {
			if name := p.RequestModels[contentType]; !slices.Contains(names, name) {
				names = append(names, name)
				parameters = append(parameters, object("in", "body", "name", name, "required", true, "schema", e.reference(name)))
			}
		}
	}
	return parameters
}

// reference refers to a model, which becomes part of the document.
func (e *exporting) reference(name string) *jsonvalue.Object {
	e.use(name)
	if e.version3 {
		return object("$ref", "#/components/schemas/"+name)
	}
	return object("$ref", "#/definitions/"+name)
}

// use marks a model with all that it refers to.
func (e *exporting) use(name string) {
	m := e.api.models[name]
	if m == nil || e.models[name] {
		return
	}
	e.models[name] = true
	referring(parsed(m.Schema), func(ref string) string {
		if other, ok := strings.CutPrefix(ref, modelURL(e.id, "")); ok {
			e.use(other)
		}
		return ref
	})
}

func (e *exporting) definitions(section string) *jsonvalue.Object {
	definitions := jsonvalue.NewObject(len(e.models))
	for _, name := range slices.Sorted(maps.Keys(e.models)) {
		definitions.Set(name, referring(parsed(e.api.models[name].Schema), func(ref string) string {
			if other, ok := strings.CutPrefix(ref, modelURL(e.id, "")); ok {
				return section + other
			}
			return ref
		}))
	}
	return definitions
}

func (e *exporting) content(models map[string]string) *jsonvalue.Object {
	content := jsonvalue.NewObject(len(models))
	for _, contentType := range slices.Sorted(maps.Keys(models)) {
		content.Set(contentType, object("schema", e.reference(models[contentType])))
	}
	return content
}

func (e *exporting) response(r methodResponse) *jsonvalue.Object {
	said := object("description", r.StatusCode+" response")
	headers := jsonvalue.NewObject(len(r.ResponseParameters))
	for _, name := range slices.Sorted(maps.Keys(r.ResponseParameters)) {
		header := object("type", "string")
		if e.version3 {
			header = object("schema", header)
		}
		headers.Set(strings.TrimPrefix(name, "method.response.header."), header)
	}
	if headers.Len() > 0 {
		said.Set("headers", headers)
	}
	if e.version3 {
		return said.Set("content", e.content(r.ResponseModels))
	}
	if types := slices.Sorted(maps.Keys(r.ResponseModels)); len(types) > 0 {
		said.Set("schema", e.reference(r.ResponseModels[types[0]]))
	}
	return said
}

// security is what a method asks for; its schemes become part of the document.
func (e *exporting) security(p methodProperties) []any {
	var security []any
	ask := func(name string, scheme *jsonvalue.Object) {
		e.schemes.Set(name, scheme)
		security = append(security, object(name, []any{}))
	}
	if z := e.authorizers[p.AuthorizerId]; z != nil {
		ask(z.properties.Name, e.scheme(z))
	}
	if p.AuthorizationType == authIAM {
		ask("sigv4", object("type", "apiKey", "name", "Authorization", "in", "header", "x-amazon-apigateway-authtype", "awsSigv4"))
	}
	if p.ApiKeyRequired {
		ask("api_key", object("type", "apiKey", "name", "x-api-key", "in", "header"))
	}
	return security
}

func (e *exporting) scheme(z *authorizer) *jsonvalue.Object {
	p := z.properties
	name := "Unused"
	if first, _, _ := strings.Cut(p.IdentitySource, ","); strings.HasPrefix(first, "method.request.header.") {
		name = strings.TrimPrefix(first, "method.request.header.")
	}
	scheme := object("type", "apiKey", "name", name, "in", "header", "x-amazon-apigateway-authtype", cmp.Or(p.AuthType, "custom"))
	if !e.has("authorizers") {
		return scheme
	}
	said := optional("authorizerUri", p.AuthorizerUri, "authorizerCredentials", p.AuthorizerCredentials, "identitySource", p.IdentitySource,
		"identityValidationExpression", p.IdentityValidationExpression)
	if p.AuthorizerResultTtlInSeconds != nil {
		said.Set("authorizerResultTtlInSeconds", float64(*p.AuthorizerResultTtlInSeconds))
	}
	said.Set("type", strings.ToLower(p.Type))
	return scheme.Set("x-amazon-apigateway-authorizer", said)
}

// export is the extension that imports read.
func (i *integrationProperties) export() *jsonvalue.Object {
	responses := jsonvalue.NewObject(len(i.IntegrationResponses))
	for _, r := range i.IntegrationResponses {
		pattern := "default"
		if r.SelectionPattern != nil && *r.SelectionPattern != "" {
			pattern = *r.SelectionPattern
		}
		said := optional("responseParameters", objectOf(r.ResponseParameters), "responseTemplates", objectOf(r.ResponseTemplates), "contentHandling", r.ContentHandling)
		responses.Set(pattern, said.Set("statusCode", r.StatusCode))
	}
	said := optional("httpMethod", i.IntegrationHttpMethod, "uri", i.Uri, "credentials", i.Credentials, "responses", responses,
		"requestParameters", objectOf(i.RequestParameters), "requestTemplates", objectOf(i.RequestTemplates), "contentHandling", i.ContentHandling, "cacheNamespace", i.CacheNamespace)
	if len(i.CacheKeyParameters) > 0 {
		said.Set("cacheKeyParameters", listOf(i.CacheKeyParameters))
	}
	if i.TimeoutInMillis != nil && *i.TimeoutInMillis != defaultTimeout.Milliseconds() {
		said.Set("timeoutInMillis", float64(*i.TimeoutInMillis))
	}
	return said.Set("passthroughBehavior", strings.ToLower(cmp.Or(i.PassthroughBehavior, "WHEN_NO_MATCH"))).Set("type", strings.ToLower(i.Type))
}

// extend adds the extensions of the whole document.
func (e *exporting) extend(document *jsonvalue.Object) {
	const prefix = "x-amazon-apigateway-"
	if v, ok := e.stage.api.versions[e.stage.told.DocumentationVersion]; ok && e.has("documentation") {
		parts := []any{}
		for _, p := range slices.SortedFunc(maps.Values(v.parts), func(x, y documentationPart) int { return cmp.Compare(x.key(), y.key()) }) {
			parts = append(parts, object("location", p.Location.export(), "properties", parsed(json.RawMessage(p.Properties))))
		}
		document.Set(prefix+"documentation", object("version", e.stage.told.DocumentationVersion, "documentationParts", parts))
	}
	if !e.has("apigateway") {
		return
	}
	responses := jsonvalue.NewObject(len(e.responses))
	for _, kind := range slices.Sorted(maps.Keys(e.responses)) {
		p := e.responses[kind].properties
		responses.Set(string(kind), optional("statusCode", p.StatusCode, "responseParameters", objectOf(p.ResponseParameters), "responseTemplates", objectOf(p.ResponseTemplates)))
	}
	validators := jsonvalue.NewObject(len(e.validators))
	for _, id := range slices.Sorted(maps.Keys(e.validators)) {
		v := e.validators[id]
		validators.Set(v.name, object("validateRequestParameters", v.parameters, "validateRequestBody", v.body))
	}
	keySource := ""
	if e.keyFromAuthorizer {
		keySource = "AUTHORIZER"
	}
	for name, value := range optional(prefix+"gateway-responses", responses, prefix+"request-validators", validators, prefix+"api-key-source", keySource).All() {
		document.Set(name, value)
	}
	if len(e.properties.Policy) > 0 {
		document.Set(prefix+"policy", parsed(e.properties.Policy))
	}
	if len(e.binaryTypes) > 0 {
		document.Set(prefix+"binary-media-types", listOf(e.binaryTypes))
	}
}

func (l documentationLocation) export() *jsonvalue.Object {
	return optional("type", l.Type, "path", l.Path, "method", l.Method, "statusCode", string(l.StatusCode), "name", l.Name)
}
