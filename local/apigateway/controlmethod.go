package apigateway

// The control plane of methods, and of the responses that they declare.

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// methodShape is a method as it is described.
type methodShape struct {
	HTTPMethod         string                         `json:"httpMethod,omitempty"`
	AuthorizationType  string                         `json:"authorizationType,omitempty"`
	AuthorizerID       string                         `json:"authorizerId,omitempty"`
	APIKeyRequired     *bool                          `json:"apiKeyRequired,omitempty"`
	RequestValidatorID string                         `json:"requestValidatorId,omitempty"`
	OperationName      string                         `json:"operationName,omitempty"`
	RequestParameters  map[string]bool                `json:"requestParameters,omitempty"`
	RequestModels      map[string]string              `json:"requestModels,omitempty"`
	MethodResponses    map[string]methodResponseShape `json:"methodResponses,omitempty"`
	MethodIntegration  *integrationShape              `json:"methodIntegration,omitempty"`
}

// What AWS says of members that there are not.
const (
	lostParameter   = "Invalid parameter name specified"
	lostContentType = "Invalid content type specified"
)

type methodResponseShape struct {
	StatusCode         string            `json:"statusCode"`
	ResponseParameters map[string]bool   `json:"responseParameters,omitzero"`
	ResponseModels     map[string]string `json:"responseModels,omitzero"`
}

func (p methodProperties) shape() methodShape {
	shape := methodShape{
		HTTPMethod: p.HttpMethod, AuthorizationType: string(p.AuthorizationType), AuthorizerID: p.AuthorizerId, APIKeyRequired: &p.ApiKeyRequired,
		RequestValidatorID: p.RequestValidatorId, OperationName: p.OperationName, RequestParameters: p.RequestParameters, RequestModels: p.RequestModels,
	}
	if shape.AuthorizationType == "" {
		shape.AuthorizationType = string(authNone)
	}
	for _, r := range p.MethodResponses {
		if shape.MethodResponses == nil {
			shape.MethodResponses = map[string]methodResponseShape{}
		}
		shape.MethodResponses[r.StatusCode] = r.shape()
	}
	if p.Integration != nil {
		i := p.Integration.shape(p.ResourceId)
		shape.MethodIntegration = &i
	}
	return shape
}

func (r methodResponse) shape() methodResponseShape {
	return methodResponseShape(r)
}

var httpMethods = []string{"GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"}

type putMethodInput struct {
	methodNamed
	AuthorizationType  string            `json:"authorizationType"`
	AuthorizerID       string            `json:"authorizerId"`
	APIKeyRequired     bool              `json:"apiKeyRequired"`
	OperationName      string            `json:"operationName"`
	RequestParameters  map[string]bool   `json:"requestParameters"`
	RequestModels      map[string]string `json:"requestModels"`
	RequestValidatorID string            `json:"requestValidatorId"`
}

func (c *Control) putMethod(_ context.Context, caller cloud.Caller, in putMethodInput) (methodShape, error) {
	return onAPI(c, caller, "PUT", in.restAPINamed, in.path(), func(a *api) (methodShape, error) {
		if _, err := a.resource(in.ResourceID); err != nil {
			return methodShape{}, err
		}
		if _, exists := a.methods[in.at()]; exists {
			return methodShape{}, conflict("Method already exists for this resource")
		}
		p := methodProperties{
			RestApiId: a.id, ResourceId: in.ResourceID, HttpMethod: in.Method, AuthorizationType: authorizationType(in.AuthorizationType), AuthorizerId: in.AuthorizerID,
			ApiKeyRequired: in.APIKeyRequired, OperationName: in.OperationName, RequestModels: in.RequestModels, RequestParameters: in.RequestParameters,
			RequestValidatorId: in.RequestValidatorID,
		}
		return a.put(p)
	})
}

// put declares a method in the words of the API, should it be wrong.
func (a *api) put(p methodProperties) (methodShape, error) {
	p.AuthorizationType = authorizationType(strings.ToUpper(string(p.AuthorizationType)))
	switch {
	case !slices.Contains(httpMethods, p.HttpMethod):
		return methodShape{}, badRequest("Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY")
	case p.AuthorizationType == "":
		return methodShape{}, badRequest("Invalid authorization type specified. Valid options are NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS")
	case p.AuthorizationType == authCustom && a.authorizers[p.AuthorizerId] == nil:
		return methodShape{}, badRequest("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.")
	}
	if _, ok := a.validators[p.RequestValidatorId]; p.RequestValidatorId != "" && !ok {
		return methodShape{}, badRequest("Invalid Request Validator identifier specified")
	}
	if err := a.checkModels(p.RequestModels); err != nil {
		return methodShape{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(p.RequestParameters)) {
		if !parameterName.MatchString(name) {
			return methodShape{}, invalidMapping(notMapping(name))
		}
	}
	if err := uniqueParameters(p.RequestParameters); err != nil {
		return methodShape{}, err
	}
	if err := a.declareMethod(p); err != nil {
		return methodShape{}, err
	}
	return p.shape(), nil
}

// checkModels refuses names, by content types, of models that the API has not.
func (a *api) checkModels(names map[string]string) error {
	for _, contentType := range slices.Sorted(maps.Keys(names)) {
		if name := names[contentType]; a.models[name] == nil {
			return badRequest("Invalid model identifier specified: %s", name)
		}
	}
	return nil
}

// parameterName is the name in "method.request.querystring.page".
var parameterName = regexp.MustCompile(`^method\.request\.(?:multivalue)?(?:querystring|header|path)\.(.+)$`)

func uniqueParameters(parameters map[string]bool) error {
	seen := map[string]bool{}
	for name := range parameters {
		match := parameterName.FindStringSubmatch(name)
		switch {
		case match == nil:
		case seen[match[1]]:
			return badRequest("Parameter names must be unique across querystring, header and path")
		default:
			seen[match[1]] = true
		}
	}
	return nil
}

func (c *Control) getMethod(_ context.Context, caller cloud.Caller, in methodNamed) (methodShape, error) {
	return onAPI(c, caller, "GET", in.restAPINamed, in.path(), func(a *api) (methodShape, error) {
		p, err := a.method(in.at())
		if err != nil {
			return methodShape{}, err
		}
		return p.shape(), nil
	})
}

type updateMethodInput struct {
	methodNamed
	PatchOperations []patch `json:"patchOperations"`
}

func (c *Control) updateMethod(_ context.Context, caller cloud.Caller, in updateMethodInput) (methodShape, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, in.path(), func(a *api) (methodShape, error) {
		p, err := a.method(in.at())
		if err != nil {
			return methodShape{}, err
		}
		authorization := string(p.AuthorizationType)
		err = document{of: "updateMethodInput", replaced: true, patches: patches{
			"replace /authorizationType":  text(&authorization),
			"replace /authorizerId":       text(&p.AuthorizerId),
			"replace /apiKeyRequired":     saysTrue(&p.ApiKeyRequired),
			"replace /operationName":      text(&p.OperationName),
			"replace /requestValidatorId": text(&p.RequestValidatorId),
		}, under: map[string]members{
			"/requestParameters": flags(&p.RequestParameters, lostParameter),
			"/requestModels":     textsOf(&p.RequestModels, lostContentType),
		}}.apply(in.PatchOperations)
		if err != nil {
			return methodShape{}, err
		}
		p.AuthorizationType = authorizationType(authorization)
		if p.AuthorizationType != authCustom {
			p.AuthorizerId = ""
		}
		return a.put(p)
	})
}

func (c *Control) deleteMethod(_ context.Context, caller cloud.Caller, in methodNamed) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.path(), func(a *api) (none, error) {
		_, err := a.method(in.at())
		if err == nil {
			delete(a.methods, in.at())
		}
		return none{}, err
	})
}

// responseNamed names a response of a method, or of its integration.
type responseNamed struct {
	methodNamed
	Status string `json:"statusCode"`
}

func (in responseNamed) path() string { return in.methodNamed.path() + "/responses/" + in.Status }

var statusPattern = regexp.MustCompile(`^[1-5]\d\d$`)

func (in responseNamed) check() error {
	var v violations
	v.status(in.Status)
	return v.err()
}

// check tells all that is wrong with an update by itself.
func (in updateResponseInput) check(input string) error {
	var v violations
	v.patches(input, in.PatchOperations)
	v.status(in.Status)
	return v.err()
}

// methodResponse finds a method that declares a response, and the response's place.
func (a *api) methodResponse(in responseNamed) (p methodProperties, place int, err error) {
	if p, err = a.method(in.at()); err == nil {
		place, err = p.response(in.Status)
	}
	return p, place, err
}

// response finds the place of a status among the responses that a method declares.
func (p methodProperties) response(status string) (int, error) {
	i := slices.IndexFunc(p.MethodResponses, func(r methodResponse) bool { return r.StatusCode == status })
	if i < 0 {
		return i, notFound("Invalid Response status code specified")
	}
	return i, nil
}

type putMethodResponseInput struct {
	responseNamed
	ResponseParameters map[string]bool   `json:"responseParameters"`
	ResponseModels     map[string]string `json:"responseModels"`
}

func (c *Control) putMethodResponse(_ context.Context, caller cloud.Caller, in putMethodResponseInput) (methodResponseShape, error) {
	return onAPI(c, caller, "PUT", in.restAPINamed, in.path(), func(a *api) (methodResponseShape, error) {
		if err := in.check(); err != nil {
			return methodResponseShape{}, err
		}
		p, err := a.method(in.at())
		if err != nil {
			return methodResponseShape{}, err
		}
		if _, err := p.response(in.Status); err == nil {
			return methodResponseShape{}, conflict("Response already exists for this resource")
		}
		r := methodResponse{in.Status, in.ResponseParameters, in.ResponseModels}
		p.MethodResponses = append(slices.Clone(p.MethodResponses), r)
		return r.shape(), a.setResponses(p, r)
	})
}

// setResponses declares a method with a changed response.
func (a *api) setResponses(p methodProperties, changed methodResponse) error {
	if err := a.checkModels(changed.ResponseModels); err != nil {
		return err
	}
	return a.declareMethod(p)
}

func (c *Control) getMethodResponse(_ context.Context, caller cloud.Caller, in responseNamed) (methodResponseShape, error) {
	return onAPI(c, caller, "GET", in.restAPINamed, in.path(), func(a *api) (methodResponseShape, error) {
		p, i, err := a.methodResponse(in)
		if err != nil {
			return methodResponseShape{}, err
		}
		return p.MethodResponses[i].shape(), nil
	})
}

type updateResponseInput struct {
	responseNamed
	PatchOperations []patch `json:"patchOperations"`
}

func (c *Control) updateMethodResponse(_ context.Context, caller cloud.Caller, in updateResponseInput) (methodResponseShape, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, in.path(), func(a *api) (methodResponseShape, error) {
		if err := in.check("updateMethodResponseInput"); err != nil {
			return methodResponseShape{}, err
		}
		p, i, err := a.methodResponse(in.responseNamed)
		if err != nil {
			return methodResponseShape{}, err
		}
		p.MethodResponses = slices.Clone(p.MethodResponses)
		r := &p.MethodResponses[i]
		err = document{of: "updateMethodResponseInput", under: map[string]members{
			"/responseParameters": flags(&r.ResponseParameters, lostParameter),
			"/responseModels":     textsOf(&r.ResponseModels, "Content-Type specified was not found"),
		}}.apply(in.PatchOperations)
		if err != nil {
			return methodResponseShape{}, err
		}
		return r.shape(), a.setResponses(p, *r)
	})
}

func (c *Control) deleteMethodResponse(_ context.Context, caller cloud.Caller, in responseNamed) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.path(), func(a *api) (none, error) {
		p, i, err := a.methodResponse(in)
		if err != nil {
			return none{}, err
		}
		p.MethodResponses = slices.Delete(slices.Clone(p.MethodResponses), i, i+1)
		a.methods[in.at()] = p
		return none{}, nil
	})
}
