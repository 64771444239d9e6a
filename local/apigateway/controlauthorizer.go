package apigateway

// The control plane of authorizers and gateway responses.

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const maxAuthorizers = 10 // of an API

// authorizerShape is an authorizer as it is described.
type authorizerShape struct {
	ID                           string `json:"id"`
	Name                         string `json:"name,omitempty"`
	Type                         string `json:"type"`
	AuthType                     string `json:"authType"`
	AuthorizerURI                string `json:"authorizerUri"`
	AuthorizerCredentials        string `json:"authorizerCredentials,omitempty"`
	IdentitySource               string `json:"identitySource,omitempty"`
	IdentityValidationExpression string `json:"identityValidationExpression,omitempty"`
	AuthorizerResultTTLInSeconds *int64 `json:"authorizerResultTtlInSeconds,omitempty"` // as it was given
}

func (z *authorizer) shape() authorizerShape {
	p := z.properties
	return authorizerShape{
		ID: z.id, Name: p.Name, Type: p.Type, AuthType: cmp.Or(p.AuthType, "custom"), AuthorizerURI: p.AuthorizerUri, AuthorizerCredentials: p.AuthorizerCredentials,
		IdentitySource: p.IdentitySource, IdentityValidationExpression: p.IdentityValidationExpression, AuthorizerResultTTLInSeconds: p.AuthorizerResultTtlInSeconds,
	}
}

type authorizerNamed struct {
	restAPINamed
	AuthorizerID string `json:"authorizerId"`
}

func (in authorizerNamed) path() string { return "/authorizers/" + in.AuthorizerID }

func (a *api) authorizer(id string) (*authorizer, error) {
	if z := a.authorizers[id]; z != nil {
		return z, nil
	}
	return nil, notFound("Invalid Authorizer identifier specified")
}

type createAuthorizerInput struct {
	restAPINamed
	Name                         string `json:"name"`
	Type                         string `json:"type"`
	AuthType                     string `json:"authType"`
	AuthorizerURI                string `json:"authorizerUri"`
	AuthorizerCredentials        string `json:"authorizerCredentials"`
	IdentitySource               string `json:"identitySource"`
	IdentityValidationExpression string `json:"identityValidationExpression"`
	AuthorizerResultTTLInSeconds *int64 `json:"authorizerResultTtlInSeconds"`
}

func (c *Control) createAuthorizer(_ context.Context, caller cloud.Caller, in createAuthorizerInput) (authorizerShape, error) {
	return onAPI(c, caller, "POST", in.restAPINamed, "/authorizers", func(a *api) (authorizerShape, error) {
		for _, other := range a.authorizers {
			if other.properties.Name == in.Name {
				return authorizerShape{}, badRequest("Authorizer name must be unique. Authorizer %s already exists in this RestApi.", in.Name)
			}
		}
		if len(a.authorizers) >= maxAuthorizers {
			return authorizerShape{}, limitExceeded("Maximum number of Authorizers for this API has been reached. Please contact AWS if you need additional Authorizers.")
		}
		return a.setAuthorizer(random(lowerDigits, 6), authorizerProperties{
			RestApiId: a.id, Type: in.Type, AuthorizerUri: in.AuthorizerURI, AuthorizerCredentials: in.AuthorizerCredentials,
			AuthorizerResultTtlInSeconds: in.AuthorizerResultTTLInSeconds, IdentitySource: in.IdentitySource,
			IdentityValidationExpression: in.IdentityValidationExpression, Name: in.Name, AuthType: in.AuthType,
		})
	})
}

func (a *api) setAuthorizer(id string, p authorizerProperties) (authorizerShape, error) {
	z, err := a.gateway.compileAuthorizer(id, p)
	if err != nil {
		return authorizerShape{}, err
	}
	a.authorizers[id] = z
	return z.shape(), nil
}

func (c *Control) getAuthorizer(_ context.Context, caller cloud.Caller, in authorizerNamed) (authorizerShape, error) {
	return onAPI(c, caller, "GET", in.restAPINamed, in.path(), func(a *api) (authorizerShape, error) {
		z, err := a.authorizer(in.AuthorizerID)
		if err != nil {
			return authorizerShape{}, err
		}
		return z.shape(), nil
	})
}

func (c *Control) getAuthorizers(_ context.Context, caller cloud.Caller, in getPartsInput) (page[authorizerShape], error) {
	return onAPI(c, caller, "GET", in.restAPINamed, "/authorizers", func(a *api) (page[authorizerShape], error) {
		return pageOf(in.paging, slices.Collect(maps.Values(a.authorizers)), func(z *authorizer) string { return z.id }, (*authorizer).shape)
	})
}

func (c *Control) updateAuthorizer(_ context.Context, caller cloud.Caller, in struct {
	authorizerNamed
	PatchOperations []patch `json:"patchOperations"`
}) (authorizerShape, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, in.path(), func(a *api) (authorizerShape, error) {
		z, err := a.authorizer(in.AuthorizerID)
		if err != nil {
			return authorizerShape{}, err
		}
		p := z.properties
		err = document{of: "updateAuthorizerInput", named: true, patches: patches{
			"replace /name":                         text(&p.Name),
			"replace /type":                         text(&p.Type),
			"replace /authType":                     text(&p.AuthType),
			"replace /authorizerUri":                text(&p.AuthorizerUri),
			"replace /authorizerCredentials":        text(&p.AuthorizerCredentials),
			"replace /identitySource":               text(&p.IdentitySource),
			"replace /identityValidationExpression": text(&p.IdentityValidationExpression),
			"replace /authorizerResultTtlInSeconds": integer(&p.AuthorizerResultTtlInSeconds),
		}}.apply(in.PatchOperations)
		if err != nil {
			return authorizerShape{}, err
		}
		return a.setAuthorizer(z.id, p)
	})
}

func (c *Control) deleteAuthorizer(_ context.Context, caller cloud.Caller, in authorizerNamed) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.path(), func(a *api) (none, error) {
		z, err := a.authorizer(in.AuthorizerID)
		if err != nil {
			return none{}, err
		}
		for _, at := range slices.SortedFunc(maps.Keys(a.methods), compareMethods) {
			if p := a.methods[at]; p.AuthorizationType == authCustom && p.AuthorizerId == z.id {
				return none{}, conflict("Cannot delete authorizer '%s', is referenced in method: %s/%s", z.properties.Name, a.resources[at.resource].path, at.httpMethod)
			}
		}
		delete(a.authorizers, z.id)
		return none{}, nil
	})
}

// gatewayResponseShape is a gateway response as it is described.
type gatewayResponseShape struct {
	DefaultResponse    bool              `json:"defaultResponse"`
	ResponseParameters map[string]string `json:"responseParameters"`
	ResponseTemplates  map[string]string `json:"responseTemplates"`
	ResponseType       string            `json:"responseType"`
	StatusCode         string            `json:"statusCode,omitempty"`
}

// ownTemplate is that of AWS's own answers.
var ownTemplate = map[string]string{"application/json": `{"message":$context.error.messageString}`}

// gatewayResponse describes the answer of a type: the API's, that of its class
// or, if the API has neither, AWS's own.
func (a *api) gatewayResponse(kind responseType) gatewayResponseShape {
	shape := gatewayResponseShape{ResponseType: string(kind), ResponseParameters: map[string]string{}, ResponseTemplates: ownTemplate}
	status, _ := kind.traits()
	class := default4xx
	if status >= 500 {
		class = default5xx
	}
	if kind != class {
		shape.StatusCode = strconv.Itoa(status)
	}
	r := a.responses[kind]
	if r == nil {
		shape.DefaultResponse = true
		r = a.responses[class]
	}
	if r == nil {
		return shape
	}
	shape.StatusCode = cmp.Or(r.properties.StatusCode, shape.StatusCode)
	if r.properties.ResponseTemplates != nil {
		shape.ResponseTemplates = r.properties.ResponseTemplates
	}
	if r.properties.ResponseParameters != nil {
		shape.ResponseParameters = r.properties.ResponseParameters
	}
	return shape
}

// responseTypes are all types of gateway responses, in the order in which AWS
// lists them in refusals.
var responseTypes = []responseType{
	requestTooLarge, resourceNotFound, authorizerConfigurationError, missingAuthenticationToken, badRequestBody, invalidSignature, invalidAPIKey,
	badRequestParameters, authorizerFailure, unauthorized, integrationTimeout, accessDenied, default4xx, default5xx, wafFiltered, quotaExceeded,
	throttledRequest, apiConfigurationError, unsupportedMediaType, integrationFailure, expiredToken,
}

type gatewayResponseNamed struct {
	restAPINamed
	ResponseType string `json:"responseType"`
}

func (in gatewayResponseNamed) path() string { return "/gatewayresponses/" + in.ResponseType }

func (in gatewayResponseNamed) check() error {
	names := make([]string, len(responseTypes))
	for i, kind := range responseTypes {
		names[i] = string(kind)
	}
	if slices.Contains(names, in.ResponseType) {
		return nil
	}
	return invalidEnum("responseType", in.ResponseType, names...)
}

func (a *api) setGatewayResponse(p gatewayResponseProperties) (gatewayResponseShape, error) {
	r, err := compileGatewayResponse(p)
	if err != nil {
		return gatewayResponseShape{}, err
	}
	a.responses[responseType(p.ResponseType)] = r
	return a.gatewayResponse(responseType(p.ResponseType)), nil
}

func (c *Control) putGatewayResponse(_ context.Context, caller cloud.Caller, in struct {
	gatewayResponseNamed
	StatusCode         string            `json:"statusCode"`
	ResponseParameters map[string]string `json:"responseParameters"`
	ResponseTemplates  map[string]string `json:"responseTemplates"`
}) (gatewayResponseShape, error) {
	return onAPI(c, caller, "PUT", in.restAPINamed, in.path(), func(a *api) (gatewayResponseShape, error) {
		if err := in.check(); err != nil {
			return gatewayResponseShape{}, err
		}
		return a.setGatewayResponse(gatewayResponseProperties{a.id, in.ResponseType, in.StatusCode, in.ResponseParameters, in.ResponseTemplates})
	})
}

func (c *Control) getGatewayResponse(_ context.Context, caller cloud.Caller, in gatewayResponseNamed) (gatewayResponseShape, error) {
	return onAPI(c, caller, "GET", in.restAPINamed, in.path(), func(a *api) (gatewayResponseShape, error) {
		return a.gatewayResponse(responseType(in.ResponseType)), in.check()
	})
}

func (c *Control) getGatewayResponses(_ context.Context, caller cloud.Caller, in getPartsInput) (page[gatewayResponseShape], error) {
	return onAPI(c, caller, "GET", in.restAPINamed, "/gatewayresponses", func(a *api) (page[gatewayResponseShape], error) {
		return pageOf(in.paging, slices.Clone(responseTypes), func(kind responseType) string { return string(kind) }, a.gatewayResponse)
	})
}

func (c *Control) updateGatewayResponse(_ context.Context, caller cloud.Caller, in struct {
	gatewayResponseNamed
	PatchOperations []patch `json:"patchOperations"`
}) (gatewayResponseShape, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, in.path(), func(a *api) (gatewayResponseShape, error) {
		if err := in.check(); err != nil {
			return gatewayResponseShape{}, err
		}
		for _, o := range in.PatchOperations {
			if list, name, _ := strings.Cut(strings.TrimPrefix(o.Path, "/"), "/"); name != "" && o.Op != "remove" && o.Value == "" && strings.HasPrefix(list, "response") {
				return gatewayResponseShape{}, badRequest("Invalid null or empty value in %s", list)
			}
		}
		now := a.gatewayResponse(responseType(in.ResponseType))
		p := gatewayResponseProperties{a.id, in.ResponseType, now.StatusCode, now.ResponseParameters, now.ResponseTemplates}
		err := document{of: "updateGatewayResponseInput", patches: patches{"replace /statusCode": text(&p.StatusCode)}, under: map[string]members{
			"/responseParameters": textsOf(&p.ResponseParameters, lostParameter),
			"/responseTemplates":  textsOf(&p.ResponseTemplates, lostContentType),
		}}.apply(in.PatchOperations)
		if err != nil {
			return gatewayResponseShape{}, err
		}
		return a.setGatewayResponse(p)
	})
}

func (c *Control) deleteGatewayResponse(_ context.Context, caller cloud.Caller, in gatewayResponseNamed) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.path(), func(a *api) (none, error) {
		if err := in.check(); err != nil {
			return none{}, err
		}
		if a.responses[responseType(in.ResponseType)] == nil {
			return none{}, notFound("Gateway response type not defined on api")
		}
		delete(a.responses, responseType(in.ResponseType))
		return none{}, nil
	})
}
