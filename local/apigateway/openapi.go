package apigateway

// OpenAPI documents, of version 2.0 (Swagger) and 3.0, with AWS's extensions.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// definition is an OpenAPI document. Schemas keep their text.
type definition struct {
	Swagger loose `json:"swagger"`
	OpenAPI loose `json:"openapi"`
	Info    struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		Version     loose  `json:"version"`
	} `json:"info"`
	Paths    map[string]pathItem `json:"paths"`
	Security []requirement       `json:"security"`

	// Of 2.0.
	BasePath            string                     `json:"basePath"`
	Consumes            []string                   `json:"consumes"`
	Produces            []string                   `json:"produces"`
	Definitions         map[string]json.RawMessage `json:"definitions"`
	Parameters          map[string]parameterObject `json:"parameters"`
	Responses           map[string]responseObject  `json:"responses"`
	SecurityDefinitions map[string]securityScheme  `json:"securityDefinitions"`

	// Of 3.0.
	Servers    []server   `json:"servers"`
	Components components `json:"components"`

	KeySource         string                           `json:"x-amazon-apigateway-api-key-source"`
	Auth              *authObject                      `json:"x-amazon-apigateway-auth"`
	BinaryMediaTypes  []string                         `json:"x-amazon-apigateway-binary-media-types"`
	Documentation     *documentationObject             `json:"x-amazon-apigateway-documentation"`
	Endpoint          endpointObject                   `json:"x-amazon-apigateway-endpoint-configuration"`
	GatewayResponses  map[string]gatewayResponseObject `json:"x-amazon-apigateway-gateway-responses"`
	Policy            json.RawMessage                  `json:"x-amazon-apigateway-policy"`
	Validator         string                           `json:"x-amazon-apigateway-request-validator"`
	RequestValidators map[string]validatorObject       `json:"x-amazon-apigateway-request-validators"`
}

type components struct {
	Schemas         map[string]json.RawMessage `json:"schemas"`
	Parameters      map[string]parameterObject `json:"parameters"`
	Responses       map[string]responseObject  `json:"responses"`
	RequestBodies   map[string]bodyObject      `json:"requestBodies"`
	SecuritySchemes map[string]securityScheme  `json:"securitySchemes"`
}

type server struct {
	URL       string `json:"url"`
	Variables map[string]struct {
		Default string `json:"default"`
	} `json:"variables"`
	Endpoint endpointObject `json:"x-amazon-apigateway-endpoint-configuration"`
}

type endpointObject struct {
	VPCEndpoints []string `json:"vpcEndpointIds"`
	Disabled     bool     `json:"disableExecuteApiEndpoint"`
}

// pathItem has the operations of a path.
type pathItem struct {
	Parameters []parameterObject `json:"parameters"`
	Get        *operation        `json:"get"`
	Put        *operation        `json:"put"`
	Post       *operation        `json:"post"`
	Delete     *operation        `json:"delete"`
	Patch      *operation        `json:"patch"`
	Options    *operation        `json:"options"`
	Head       *operation        `json:"head"`
	Any        *operation        `json:"x-amazon-apigateway-any-method"`
}

func (p pathItem) operations() map[string]*operation {
	return map[string]*operation{
		"GET": p.Get, "PUT": p.Put, "POST": p.Post, "DELETE": p.Delete, "PATCH": p.Patch, "OPTIONS": p.Options, "HEAD": p.Head, "ANY": p.Any,
	}
}

type operation struct {
	ID          string                    `json:"operationId"`
	Summary     string                    `json:"summary"`
	Description string                    `json:"description"`
	Tags        []string                  `json:"tags"`
	Parameters  []parameterObject         `json:"parameters"`
	Consumes    []string                  `json:"consumes"`
	Produces    []string                  `json:"produces"`
	RequestBody *bodyObject               `json:"requestBody"`
	Responses   map[string]responseObject `json:"responses"`
	Security    *[]requirement            `json:"security"`
	Auth        *authObject               `json:"x-amazon-apigateway-auth"`
	Validator   string                    `json:"x-amazon-apigateway-request-validator"`
	Integration *integrationObject        `json:"x-amazon-apigateway-integration"`
}

// requirement is security schemes that are asked for, with scopes.
type requirement map[string][]string

type parameterObject struct {
	Ref         string          `json:"$ref"`
	Name        string          `json:"name"`
	In          string          `json:"in"`
	Required    bool            `json:"required"`
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"schema"` // of a body
}

type bodyObject struct {
	Ref         string                 `json:"$ref"`
	Description string                 `json:"description"`
	Content     map[string]mediaObject `json:"content"`
}

type mediaObject struct {
	Schema json.RawMessage `json:"schema"`
}

type responseObject struct {
	Ref         string                     `json:"$ref"`
	Description string                     `json:"description"`
	Headers     map[string]json.RawMessage `json:"headers"`
	Schema      json.RawMessage            `json:"schema"`
	Content     map[string]mediaObject     `json:"content"`
}

type securityScheme struct {
	Type       string            `json:"type"`
	Name       string            `json:"name"`
	In         string            `json:"in"`
	AuthType   string            `json:"x-amazon-apigateway-authtype"`
	Authorizer *authorizerObject `json:"x-amazon-apigateway-authorizer"`
}

type authObject struct {
	Type string `json:"type"`
}

type authorizerObject struct {
	Type                 string   `json:"type"`
	URI                  string   `json:"authorizerUri"`
	Credentials          string   `json:"authorizerCredentials"`
	IdentitySource       string   `json:"identitySource"`
	ValidationExpression string   `json:"identityValidationExpression"`
	TTL                  *seconds `json:"authorizerResultTtlInSeconds"`
}

type gatewayResponseObject struct {
	StatusCode loose             `json:"statusCode"`
	Parameters map[string]string `json:"responseParameters"`
	Templates  map[string]string `json:"responseTemplates"`
}

type validatorObject struct {
	Body       bool `json:"validateRequestBody"`
	Parameters bool `json:"validateRequestParameters"`
}

type integrationObject struct {
	Type                 string                               `json:"type"`
	URI                  string                               `json:"uri"`
	HTTPMethod           string                               `json:"httpMethod"`
	Credentials          string                               `json:"credentials"`
	ConnectionType       string                               `json:"connectionType"`
	ConnectionID         string                               `json:"connectionId"`
	ContentHandling      string                               `json:"contentHandling"`
	PassthroughBehavior  string                               `json:"passthroughBehavior"`
	RequestParameters    map[string]json.RawMessage           `json:"requestParameters"`
	RequestTemplates     map[string]string                    `json:"requestTemplates"`
	CacheKeyParameters   []string                             `json:"cacheKeyParameters"`
	CacheNamespace       string                               `json:"cacheNamespace"`
	TimeoutInMillis      *int64                               `json:"timeoutInMillis"`
	ResponseTransferMode string                               `json:"responseTransferMode"`
	TLSConfig            json.RawMessage                      `json:"tlsConfig"`
	Responses            map[string]integrationResponseObject `json:"responses"` // by pattern
}

type integrationResponseObject struct {
	StatusCode      loose             `json:"statusCode"`
	Parameters      map[string]string `json:"responseParameters"`
	Templates       map[string]string `json:"responseTemplates"`
	ContentHandling string            `json:"contentHandling"`
}

// loose is a text that documents also write as a number.
type loose string

func (l *loose) UnmarshalJSON(raw []byte) error {
	if raw[0] == '"' {
		return json.Unmarshal(raw, (*string)(l))
	}
	if raw[0] == '{' || raw[0] == '[' {
		return fmt.Errorf("%s is no text", raw)
	}
	*l = loose(raw)
	return nil
}

// seconds is a number that documents also write as a text.
type seconds int64

func (s *seconds) UnmarshalJSON(raw []byte) error {
	return json.Unmarshal(bytes.Trim(raw, `"`), (*int64)(s))
}

// schemas are those that the document names.
func (d *definition) schemas() map[string]json.RawMessage {
	if d.Swagger != "" {
		return d.Definitions
	}
	return d.Components.Schemas
}

func (d *definition) schemes() map[string]securityScheme {
	if d.Swagger != "" {
		return d.SecurityDefinitions
	}
	return d.Components.SecuritySchemes
}

// endpoint is how the API is reached; version 3.0 has it at its server.
func (d *definition) endpoint() endpointObject {
	if len(d.Servers) > 0 && (d.Servers[0].Endpoint.Disabled || d.Servers[0].Endpoint.VPCEndpoints != nil) {
		return d.Servers[0].Endpoint
	}
	return d.Endpoint
}

// basePath is what stands before all paths: "/base/path", or "".
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-basePath.html
func (d *definition) basePath() string {
	base := d.BasePath
	if len(d.Servers) > 0 {
		s := d.Servers[0]
		if variable, ok := s.Variables["basePath"]; ok {
			base = variable.Default
		} else if parsed, err := url.Parse(s.URL); err == nil {
			base = parsed.Path
		}
	}
	if base = strings.Trim(base, "/"); base == "" {
		return ""
	}
	return "/" + base
}

func (d *definition) parameter(p parameterObject) parameterObject {
	return resolved(p.Ref, p, d.Parameters, d.Components.Parameters)
}

func (d *definition) response(r responseObject) responseObject {
	return resolved(r.Ref, r, d.Responses, d.Components.Responses)
}

func (d *definition) body(b bodyObject) bodyObject {
	return resolved(b.Ref, b, d.Components.RequestBodies)
}

// resolved is what a reference names in a section of either version, empty if that
// is nothing; without a reference it is the object itself.
func resolved[T any](ref string, object T, sections ...map[string]T) T {
	name := referred(ref)
	if name == "" {
		return object
	}
	for _, section := range sections {
		if found, ok := section[name]; ok {
			return found
		}
	}
	var none T
	return none
}

// referred is the name at the end of "#/components/schemas/Pet".
func referred(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

// schemaName is what a schema refers to, if it does nothing else.
func schemaName(schema json.RawMessage) string {
	var reference struct {
		Ref string `json:"$ref"`
	}
	if json.Unmarshal(schema, &reference) != nil {
		return ""
	}
	return referred(reference.Ref)
}

// mediaTypes are those that an operation of 2.0 consumes or produces, or the
// document, or else JSON.
func mediaTypes(lists ...[]string) []string {
	for _, list := range lists {
		if len(list) > 0 {
			return list
		}
	}
	return []string{"application/json"}
}
