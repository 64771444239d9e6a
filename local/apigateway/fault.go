package apigateway

// Gateway responses: what a client gets when API Gateway itself answers.

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// responseType is a gateway response's type, as CloudFormation names it.
type responseType string

const (
	accessDenied                 responseType = "ACCESS_DENIED"
	apiConfigurationError        responseType = "API_CONFIGURATION_ERROR"
	authorizerConfigurationError responseType = "AUTHORIZER_CONFIGURATION_ERROR"
	authorizerFailure            responseType = "AUTHORIZER_FAILURE"
	badRequestBody               responseType = "BAD_REQUEST_BODY"
	badRequestParameters         responseType = "BAD_REQUEST_PARAMETERS"
	default4xx                   responseType = "DEFAULT_4XX"
	default5xx                   responseType = "DEFAULT_5XX"
	expiredToken                 responseType = "EXPIRED_TOKEN"
	integrationFailure           responseType = "INTEGRATION_FAILURE"
	integrationTimeout           responseType = "INTEGRATION_TIMEOUT"
	invalidAPIKey                responseType = "INVALID_API_KEY"
	invalidSignature             responseType = "INVALID_SIGNATURE"
	missingAuthenticationToken   responseType = "MISSING_AUTHENTICATION_TOKEN"
	quotaExceeded                responseType = "QUOTA_EXCEEDED"
	requestTooLarge              responseType = "REQUEST_TOO_LARGE"
	resourceNotFound             responseType = "RESOURCE_NOT_FOUND"
	throttledRequest             responseType = "THROTTLED"
	unauthorized                 responseType = "UNAUTHORIZED"
	unsupportedMediaType         responseType = "UNSUPPORTED_MEDIA_TYPE"
	wafFiltered                  responseType = "WAF_FILTERED"
)

// traits returns a type's default status and the name that goes into the
// x-amzn-ErrorType header. A zero status means that there is no such type.
func (t responseType) traits() (status int, errorType string) {
	switch t {
	case accessDenied:
		return 403, "AccessDeniedException"
	case apiConfigurationError, default5xx:
		return 500, "InternalServerErrorException"
	case authorizerConfigurationError:
		return 500, "AuthorizerConfigurationException"
	case authorizerFailure:
		return 500, "AuthorizerFailureException"
	case badRequestBody, badRequestParameters, default4xx:
		return 400, "BadRequestException"
	case expiredToken:
		return 403, "ExpiredTokenException"
	case integrationFailure, integrationTimeout:
		return 504, "InternalServerErrorException"
	case invalidAPIKey:
		return 403, "ForbiddenException"
	case invalidSignature:
		return 403, "InvalidSignatureException"
	case missingAuthenticationToken:
		return 403, "MissingAuthenticationTokenException"
	case quotaExceeded:
		return 429, "LimitExceededException"
	case requestTooLarge:
		return 413, "RequestTooLargeException"
	case resourceNotFound:
		return 404, "NotFoundException"
	case throttledRequest:
		return 429, "TooManyRequestsException"
	case unauthorized:
		return 401, "UnauthorizedException"
	case unsupportedMediaType:
		return 415, "BadRequestException"
	case wafFiltered:
		return 403, "ForbiddenException"
	default:
		return 0, ""
	}
}

// fault is a request that API Gateway answers itself.
type fault struct {
	kind       responseType
	status     int    // 0: the kind's own
	message    string // empty: null in the answer
	validation string // why a request's body is not valid
	cause      error  // for the log only
}

func (f *fault) Error() string {
	if f.cause != nil {
		return fmt.Sprintf("%s: %s: %v", f.kind, f.message, f.cause)
	}
	return fmt.Sprintf("%s: %s", f.kind, f.message)
}

func (f *fault) Unwrap() error { return f.cause }

func (f *fault) code() int {
	if f.status != 0 {
		return f.status
	}
	status, _ := f.kind.traits()
	return status
}

// internal is the answer to what is wrong with the API itself.
func internal(kind responseType, cause error) *fault {
	return &fault{kind: kind, message: "Internal server error", cause: cause}
}

// gatewayResponse replaces the answer of one type.
type gatewayResponse struct {
	status    int // 0: the default
	headers   []mapping
	templates map[string]substitution // by content type

	properties gatewayResponseProperties
}

type gatewayResponseProperties struct {
	RestApiId          string
	ResponseType       string
	StatusCode         string
	ResponseParameters map[string]string
	ResponseTemplates  map[string]string
}

func (g *APIGateway) createGatewayResponse(_ context.Context, r cfn.Resource, p gatewayResponseProperties) (cfn.Handle, error) {
	return g.setGatewayResponse(identifier(r, 10), p)
}

func (g *APIGateway) updateGatewayResponse(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after gatewayResponseProperties) (cfn.Handle, error) {
	return g.setGatewayResponse(h.Ref, after)
}

func (g *APIGateway) setGatewayResponse(id string, p gatewayResponseProperties) (cfn.Handle, error) {
	response, err := compileGatewayResponse(p)
	if err != nil {
		return cfn.Handle{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(p.RestApiId)
	if err != nil {
		return cfn.Handle{}, err
	}
	kind := responseType(p.ResponseType)
	a.responses[kind] = response
	return cfn.Handle{Ref: id, Attributes: map[string]any{"Id": id}, Delete: func(context.Context) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		if a.responses[kind] == response {
			delete(a.responses, kind)
		}
		return nil
	}}, nil
}

func compileGatewayResponse(p gatewayResponseProperties) (*gatewayResponse, error) {
	if status, _ := responseType(p.ResponseType).traits(); status == 0 {
		return nil, fmt.Errorf("property ResponseType: there is no gateway response %q", p.ResponseType)
	}
	response := &gatewayResponse{properties: p}
	var err error
	if p.StatusCode != "" {
		if response.status, err = statusCode(p.StatusCode); err != nil {
			return nil, fmt.Errorf("property StatusCode: %w", err)
		}
	}
	if response.templates, err = parseSubstitutions(p.ResponseTemplates); err != nil {
		return nil, fmt.Errorf("property ResponseTemplates: %w", err)
	}
	if response.headers, err = parseMappings(p.ResponseParameters, "gatewayresponse", gatewaySources); err != nil {
		return nil, fmt.Errorf("property ResponseParameters: %w", err)
	}
	return response, nil
}

// statusCode parses the status of a final answer.
func statusCode(text string) (int, error) {
	status, err := strconv.Atoi(text)
	if err != nil || status < 200 || status > 599 {
		return 0, fmt.Errorf("%q is not the status of an answer", text)
	}
	return status, nil
}

// refuse answers a fault, as the deployment's gateway response for its type
// or for all of its class says.
func (x *exchange) refuse(f *fault) response {
	x.fault = f
	custom := x.stage.deployment.responses[f.kind]
	if custom == nil {
		class := default4xx
		if f.code() >= 500 {
			class = default5xx
		}
		custom = x.stage.deployment.responses[class]
	}
	answer := f.answer()
	if custom == nil {
		return answer
	}
	if custom.status != 0 {
		answer.status = custom.status
	}
	if contentType, ok := chooseTemplate(custom.templates, x.request.header.Get("Accept")); ok {
		answer.header.Set("Content-Type", contentType)
		answer.body = []byte(custom.templates[contentType].render(x))
	}
	for _, m := range custom.headers {
		if values := m.source.values(x, nil); len(values) > 0 {
			answer.header[http.CanonicalHeaderKey(m.name)] = values
		}
	}
	return answer
}

// answer is what AWS sends for a fault that nobody customised.
func (f *fault) answer() response {
	_, errorType := f.kind.traits()
	member := "message"
	if f.kind == accessDenied {
		member = "Message" // AWS's own spelling for this one
	}
	var message *string
	if f.message != "" {
		message = &f.message
	}
	// A map of a string pointer cannot fail to marshal.
	body, _ := json.Marshal(map[string]*string{member: message})
	return response{
		status: f.code(),
		header: http.Header{"Content-Type": {"application/json"}, "X-Amzn-Errortype": {errorType}},
		body:   body,
	}
}

// context returns $context.error. What the validator said goes into templates
// between quotes, as in {"message": "$context.error.validationErrorString"}.
func (f *fault) context() map[string]any {
	quoted, _ := json.Marshal(f.message)
	if f.message == "" {
		quoted = []byte("null")
	}
	return map[string]any{
		"message":               f.message,
		"messageString":         string(quoted),
		"responseType":          string(f.kind),
		"validationErrorString": withoutQuotes(f.validation),
	}
}

// chooseTemplate picks the content type that the client accepts, else JSON,
// else the first by name, of those that have a template.
func chooseTemplate[T any](templates map[string]T, accept string) (contentType string, ok bool) {
	for _, wanted := range []string{strings.TrimSpace(accept), "application/json"} {
		if _, there := templates[wanted]; there {
			return wanted, true
		}
	}
	if len(templates) == 0 {
		return "", false
	}
	return slices.Min(slices.Collect(maps.Keys(templates))), true
}
