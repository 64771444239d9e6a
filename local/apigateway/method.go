package apigateway

// Methods: checked when they are declared, and compiled for each deployment, as
// what they refer to may have changed since.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// methodName is where an API has a method.
type methodName struct{ resource, httpMethod string }

// method is one HTTP method of a resource in a deployment; it never changes.
type method struct {
	name        string // "/orders/{id}/GET"
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
	ResponseModels     map[string]string // documentation only
}

func (g *APIGateway) createMethod(_ context.Context, r cfn.Resource, p methodProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(p.RestApiId)
	if err != nil {
		return cfn.Handle{}, err
	}
	at := methodName{p.ResourceId, p.HttpMethod}
	if _, exists := a.methods[at]; exists {
		return cfn.Handle{}, conflict("Method already exists for this resource")
	}
	if err := a.setMethod(p); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: a.id + "|" + p.ResourceId + "|" + p.HttpMethod, Delete: cfn.Removal(&g.mu, a.methods, at)}, nil
}

func (g *APIGateway) updateMethod(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after methodProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(after.RestApiId)
	if err != nil {
		return h, err
	}
	return h, a.setMethod(after)
}

// setMethod declares a method that could be deployed.
func (a *api) setMethod(p methodProperties) error {
	if err := p.checkTemplate(); err != nil {
		return err
	}
	if i := p.Integration; i.Type == "HTTP" || i.Type == "HTTP_PROXY" { // as CloudFormation says (recorded in July 2025)
		connected := *i
		connected.ConnectionType = cmp.Or(i.ConnectionType, "INTERNET")
		p.Integration = &connected
	}
	if _, err := a.compileMethod(p); err != nil {
		return err
	}
	a.methods[methodName{p.ResourceId, p.HttpMethod}] = p
	return nil
}

// declareMethod declares a method as calls do, part by part: it could be deployed
// once it has an integration.
func (a *api) declareMethod(p methodProperties) error {
	var err error
	if p.Integration == nil {
		_, err = a.compileRequest(p)
	} else {
		_, err = a.compileMethod(p)
	}
	if err == nil {
		a.methods[methodName{p.ResourceId, p.HttpMethod}] = p
	}
	return err
}

// checkTemplate refuses what AWS misses only when a request comes, and a template
// can be told at once.
func (p methodProperties) checkTemplate() error {
	i := p.Integration
	switch {
	case i == nil:
		return fmt.Errorf("property Integration: a method without one cannot be deployed")
	case i.Type == "AWS_PROXY" && i.IntegrationHttpMethod != "POST":
		return fmt.Errorf("property Integration.IntegrationHttpMethod must be POST for Lambda, got %q", i.IntegrationHttpMethod)
	case i.Type == "AWS_PROXY" || i.Type == "HTTP_PROXY":
		return nil
	}
	for n, r := range i.IntegrationResponses {
		if _, err := p.response(r.StatusCode); err != nil {
			return fmt.Errorf("property Integration.IntegrationResponses[%d]: the method has no response with status %q", n, r.StatusCode)
		}
	}
	return nil
}

// compileMethod makes a method of its declaration and of what the API has now.
func (a *api) compileMethod(p methodProperties) (*method, error) {
	if p.Integration == nil {
		return nil, badRequest("No integration defined for method")
	}
	m, err := a.compileRequest(p)
	if err != nil {
		return nil, err
	}
	m.integration, err = a.compile(p)
	return m, err
}

// compileRequest is compileMethod without the integration.
func (a *api) compileRequest(p methodProperties) (*method, error) {
	m := &method{
		resource: a.resources[p.ResourceId], httpMethod: p.HttpMethod, operation: p.OperationName,
		auth: p.AuthorizationType, keyRequired: p.ApiKeyRequired,
	}
	if m.resource == nil {
		return nil, fmt.Errorf("property ResourceId: REST API %s has no resource %q", a.name, p.ResourceId)
	}
	m.name = strings.TrimSuffix(m.resource.path, "/") + "/" + m.httpMethod
	if err := m.setAuthorization(a, p); err != nil {
		return nil, err
	}
	return m, m.setValidation(a, p)
}

func (m *method) setAuthorization(a *api, p methodProperties) error {
	switch m.auth = authorizationType(strings.ToUpper(string(p.AuthorizationType))); m.auth {
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
