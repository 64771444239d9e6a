package apigateway

// Methods, checked and compiled when they are declared.

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// method is one HTTP method of a resource; it never changes.
type method struct {
	resource    *resource
	httpMethod  string // or "ANY"
	operation   string
	auth        authorizationType
	authorizer  *authorizer
	keyRequired bool
	required    []parameter       // checked before the integration
	models      map[string]*model // by media type or "$default"; nil: bodies are not checked
	integration *integration
}

type authorizationType string

const (
	authNone   authorizationType = "NONE"
	authIAM    authorizationType = "AWS_IAM"
	authCustom authorizationType = "CUSTOM"
)

// parameter is a parameter of the method request.
type parameter struct{ location, name string }

type methodProperties struct {
	RestApiId          string
	ResourceId         string
	HttpMethod         string
	AuthorizationType  authorizationType
	AuthorizerId       string
	ApiKeyRequired     bool
	OperationName      string
	RequestModels      map[string]string
	RequestParameters  map[string]bool
	RequestValidatorId string
	MethodResponses    []methodResponse
	Integration        *integrationProperties
}

type methodResponse struct {
	StatusCode         string
	ResponseParameters map[string]bool
	ResponseModels     cfn.Ignored // documentation only
}

func (g *APIGateway) createMethod(_ context.Context, r cfn.Resource, p methodProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(p.RestApiId)
	if err != nil {
		return cfn.Handle{}, err
	}
	m := &method{
		resource: a.resources[p.ResourceId], httpMethod: p.HttpMethod, operation: p.OperationName,
		auth: p.AuthorizationType, keyRequired: p.ApiKeyRequired,
	}
	if m.resource == nil {
		return cfn.Handle{}, fmt.Errorf("property ResourceId: REST API %s has no resource %q", a.name, p.ResourceId)
	}
	if p.Integration == nil {
		return cfn.Handle{}, fmt.Errorf("property Integration: a method without one cannot be deployed")
	}
	if err := m.setAuthorization(a, p); err != nil {
		return cfn.Handle{}, err
	}
	if err := m.setValidation(a, p); err != nil {
		return cfn.Handle{}, err
	}
	if m.integration, err = a.compile(p); err != nil {
		return cfn.Handle{}, err
	}
	a.methods = append(a.methods, m)
	return cfn.Handle{Ref: a.id + "|" + p.ResourceId + "|" + p.HttpMethod}, nil
}

func (m *method) setAuthorization(a *api, p methodProperties) error {
	switch p.AuthorizationType {
	case "":
		m.auth = authNone
	case authNone, authIAM:
	case authCustom:
		if m.authorizer = a.authorizers[p.AuthorizerId]; m.authorizer == nil {
			return fmt.Errorf("property AuthorizerId: REST API %s has no authorizer %q", a.name, p.AuthorizerId)
		}
	default:
		return &cfn.Unsupported{Property: "AuthorizationType", Reason: fmt.Sprintf("the local engine has no %s authorization", p.AuthorizationType)}
	}
	return nil
}

func (m *method) setValidation(a *api, p methodProperties) error {
	var check validator
	if p.RequestValidatorId != "" {
		known := false
		if check, known = a.validators[p.RequestValidatorId]; !known {
			return fmt.Errorf("property RequestValidatorId: REST API %s has no validator %q", a.name, p.RequestValidatorId)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.RequestParameters)) {
		location, parameterName, ok := strings.Cut(strings.TrimPrefix(name, "method.request."), ".")
		if !ok || !requestSources.allow("method.request."+location) {
			return fmt.Errorf("property RequestParameters: %q is not a parameter of a request", name)
		}
		if p.RequestParameters[name] && check.parameters {
			m.required = append(m.required, parameter{location, parameterName})
		}
	}
	models := make(map[string]*model, len(p.RequestModels))
	for contentType, name := range p.RequestModels {
		declared := a.models[name]
		if declared == nil {
			return fmt.Errorf("property RequestModels: REST API %s has no model %q", a.name, name)
		}
		models[mediaType(contentType)] = declared
	}
	if check.body {
		m.models = models
	}
	return nil
}

// responseHeaders returns the headers that the method response with that
// status declares, canonically spelled, or false where there is none.
func (p methodProperties) responseHeaders(status string) (map[string]bool, bool) {
	for _, declared := range p.MethodResponses {
		if declared.StatusCode != status {
			continue
		}
		headers := make(map[string]bool, len(declared.ResponseParameters))
		for name := range declared.ResponseParameters {
			headers[http.CanonicalHeaderKey(strings.TrimPrefix(name, "method.response.header."))] = true
		}
		return headers, true
	}
	return nil, false
}
