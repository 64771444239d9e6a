package apigateway

// The control plane of integrations and of their responses.

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// integrationShape is an integration as it is described.
type integrationShape struct {
	Type                 string                              `json:"type"`
	HTTPMethod           string                              `json:"httpMethod,omitempty"`
	URI                  string                              `json:"uri,omitempty"`
	ConnectionType       string                              `json:"connectionType,omitempty"`
	Credentials          string                              `json:"credentials,omitempty"`
	RequestParameters    map[string]string                   `json:"requestParameters,omitempty"`
	RequestTemplates     map[string]string                   `json:"requestTemplates,omitempty"`
	PassthroughBehavior  string                              `json:"passthroughBehavior"`
	ContentHandling      string                              `json:"contentHandling,omitempty"`
	TimeoutInMillis      int64                               `json:"timeoutInMillis"`
	CacheNamespace       string                              `json:"cacheNamespace"`
	CacheKeyParameters   []string                            `json:"cacheKeyParameters"`
	IntegrationResponses map[string]integrationResponseShape `json:"integrationResponses,omitempty"`
	ResponseTransferMode string                              `json:"responseTransferMode,omitempty"`
}

type integrationResponseShape struct {
	StatusCode         string             `json:"statusCode"`
	SelectionPattern   *string            `json:"selectionPattern,omitempty"`
	ResponseParameters map[string]string  `json:"responseParameters,omitempty"`
	ResponseTemplates  map[string]*string `json:"responseTemplates,omitempty"` // null: an empty one
	ContentHandling    string             `json:"contentHandling,omitempty"`
}

// shape describes an integration; its cache has the resource's name by default.
func (i *integrationProperties) shape(resource string) integrationShape {
	shape := integrationShape{
		Type: i.Type, HTTPMethod: i.IntegrationHttpMethod, URI: i.Uri, ConnectionType: i.ConnectionType, Credentials: i.Credentials,
		RequestParameters: i.RequestParameters, RequestTemplates: i.RequestTemplates, PassthroughBehavior: cmp.Or(i.PassthroughBehavior, "WHEN_NO_MATCH"),
		ContentHandling: i.ContentHandling, TimeoutInMillis: defaultTimeout.Milliseconds(), CacheNamespace: cmp.Or(i.CacheNamespace, resource),
		CacheKeyParameters: append([]string{}, i.CacheKeyParameters...), ResponseTransferMode: i.ResponseTransferMode,
	}
	if i.TimeoutInMillis != nil {
		shape.TimeoutInMillis = *i.TimeoutInMillis
	}
	if i.Type == "MOCK" {
		shape.HTTPMethod = "" // of nothing that is called
	}
	for _, r := range i.IntegrationResponses {
		if shape.IntegrationResponses == nil {
			shape.IntegrationResponses = map[string]integrationResponseShape{}
		}
		shape.IntegrationResponses[r.StatusCode] = r.shape()
	}
	return shape
}

func (r integrationResponseProperties) shape() integrationResponseShape {
	shape := integrationResponseShape{StatusCode: r.StatusCode, SelectionPattern: r.SelectionPattern, ResponseParameters: r.ResponseParameters, ContentHandling: r.ContentHandling}
	for contentType, template := range r.ResponseTemplates {
		if shape.ResponseTemplates == nil {
			shape.ResponseTemplates = map[string]*string{}
		}
		if shape.ResponseTemplates[contentType] = nil; template != "" {
			shape.ResponseTemplates[contentType] = &template
		}
	}
	return shape
}

func (in methodNamed) integrationPath() string { return in.path() + "/integration" }

func (in responseNamed) integrationPath() string {
	return in.methodNamed.integrationPath() + "/responses/" + in.Status
}

type putIntegrationInput struct {
	methodNamed
	Type                  string            `json:"type"`
	IntegrationHTTPMethod string            `json:"integrationHttpMethod"`
	URI                   string            `json:"uri"`
	ConnectionType        string            `json:"connectionType"`
	Credentials           string            `json:"credentials"`
	RequestParameters     map[string]string `json:"requestParameters"`
	RequestTemplates      map[string]string `json:"requestTemplates"`
	PassthroughBehavior   string            `json:"passthroughBehavior"`
	CacheNamespace        string            `json:"cacheNamespace"`
	CacheKeyParameters    []string          `json:"cacheKeyParameters"`
	ContentHandling       string            `json:"contentHandling"`
	TimeoutInMillis       *int64            `json:"timeoutInMillis"`
	ResponseTransferMode  string            `json:"responseTransferMode"`
}

func (c *Control) putIntegration(_ context.Context, caller cloud.Caller, in putIntegrationInput) (integrationShape, error) {
	return onAPI(c, caller, "PUT", in.restAPINamed, in.integrationPath(), func(a *api) (integrationShape, error) {
		if types := []string{"HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"}; !slices.Contains(types, in.Type) {
			return integrationShape{}, invalidEnum("putIntegrationInput.type", in.Type, types...)
		}
		p, err := a.method(in.at())
		if err != nil {
			return integrationShape{}, err
		}
		return a.integrate(p, integrationProperties{
			Type: in.Type, Uri: in.URI, IntegrationHttpMethod: in.IntegrationHTTPMethod, Credentials: in.Credentials, ConnectionType: in.ConnectionType,
			ContentHandling: in.ContentHandling, PassthroughBehavior: in.PassthroughBehavior, RequestParameters: in.RequestParameters,
			RequestTemplates: in.RequestTemplates, TimeoutInMillis: in.TimeoutInMillis, ResponseTransferMode: in.ResponseTransferMode,
			CacheKeyParameters: in.CacheKeyParameters, CacheNamespace: in.CacheNamespace,
		})
	})
}

// integrate gives a method an integration.
func (a *api) integrate(p methodProperties, i integrationProperties) (integrationShape, error) {
	if i.Type != "MOCK" && i.IntegrationHttpMethod == "" {
		return integrationShape{}, badRequest("Enumeration value for HttpMethod must be non-empty")
	}
	if err := i.checkARN(); err != nil {
		return integrationShape{}, err
	}
	p.Integration = &i
	return i.shape(p.ResourceId), a.declareMethod(p)
}

// checkARN refuses, in AWS's words, what is no ARN of an integration.
func (i integrationProperties) checkARN() error {
	if i.Type != "AWS" && i.Type != "AWS_PROXY" {
		return nil
	}
	uri, ok := cloud.ParseARN(i.Uri)
	kind, target, _ := strings.Cut(uri.Resource, "/")
	switch {
	case !ok:
		return badRequest("Invalid ARN specified in the request")
	case uri.Service != "apigateway" || kind != "path" && kind != "action":
		return badRequest("AWS ARN for integration must contain path or action")
	case i.Type == "AWS":
		return nil
	case uri.Account == "firehose" && kind == "action":
		return &cfn.Unsupported{Property: "Integration.Uri", Reason: "the local engine does not serve firehose"}
	case uri.Account != "lambda" || !strings.HasPrefix(target, "2015-03-31/functions/"):
		return badRequest("Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.")
	}
	return nil
}

// integrated finds a method that has an integration.
func (a *api) integrated(at methodName) (methodProperties, integrationProperties, error) {
	p, err := a.method(at)
	switch {
	case err != nil:
		return p, integrationProperties{}, err
	case p.Integration == nil:
		return p, integrationProperties{}, notFound("Invalid Integration identifier specified")
	}
	return p, *p.Integration, nil
}

func (c *Control) getIntegration(_ context.Context, caller cloud.Caller, in methodNamed) (integrationShape, error) {
	return onAPI(c, caller, "GET", in.restAPINamed, in.integrationPath(), func(a *api) (integrationShape, error) {
		_, i, err := a.integrated(in.at())
		if err != nil {
			return integrationShape{}, err
		}
		return i.shape(in.ResourceID), nil
	})
}

func (c *Control) updateIntegration(_ context.Context, caller cloud.Caller, in updateMethodInput) (integrationShape, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, in.integrationPath(), func(a *api) (integrationShape, error) {
		p, i, err := a.integrated(in.at())
		if err != nil {
			return integrationShape{}, err
		}
		err = document{of: "updateIntegrationInput", patches: patches{
			"replace /type":                text(&i.Type),
			"replace /uri":                 text(&i.Uri),
			"replace /httpMethod":          text(&i.IntegrationHttpMethod),
			"replace /credentials":         text(&i.Credentials),
			"replace /connectionType":      text(&i.ConnectionType),
			"replace /contentHandling":     text(&i.ContentHandling),
			"replace /passthroughBehavior": text(&i.PassthroughBehavior),
			"replace /cacheNamespace":      text(&i.CacheNamespace),
			"replace /timeoutInMillis":     integer(&i.TimeoutInMillis),
		}, under: map[string]members{
			"/requestParameters":  textsOf(&i.RequestParameters, lostParameter),
			"/requestTemplates":   textsOf(&i.RequestTemplates, lostContentType),
			"/cacheKeyParameters": listed(&i.CacheKeyParameters),
		}}.apply(in.PatchOperations)
		if err != nil {
			return integrationShape{}, err
		}
		return a.integrate(p, i)
	})
}

func (c *Control) deleteIntegration(_ context.Context, caller cloud.Caller, in methodNamed) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.integrationPath(), func(a *api) (none, error) {
		p, _, err := a.integrated(in.at())
		if err != nil {
			return none{}, err
		}
		p.Integration = nil
		a.methods[in.at()] = p
		return none{}, nil
	})
}

// integrationResponse finds a method whose integration has a response, and the response's place.
func (a *api) integrationResponse(in responseNamed) (p methodProperties, i integrationProperties, place int, err error) {
	if p, i, err = a.integrated(in.at()); err == nil {
		place, err = i.response(in.Status)
	}
	return p, i, place, err
}

// response finds the place of a status among an integration's responses.
func (i integrationProperties) response(status string) (int, error) {
	place := slices.IndexFunc(i.IntegrationResponses, func(r integrationResponseProperties) bool { return r.StatusCode == status })
	if place < 0 {
		return place, notFound("Invalid Response status code specified")
	}
	return place, nil
}

type putIntegrationResponseInput struct {
	responseNamed
	SelectionPattern   *string           `json:"selectionPattern"`
	ResponseParameters map[string]string `json:"responseParameters"`
	ResponseTemplates  map[string]string `json:"responseTemplates"`
	ContentHandling    string            `json:"contentHandling"`
}

func (c *Control) putIntegrationResponse(_ context.Context, caller cloud.Caller, in putIntegrationResponseInput) (integrationResponseShape, error) {
	return onAPI(c, caller, "PUT", in.restAPINamed, in.integrationPath(), func(a *api) (integrationResponseShape, error) {
		if err := in.check(); err != nil {
			return integrationResponseShape{}, err
		}
		p, i, err := a.integrated(in.at())
		if err != nil {
			return integrationResponseShape{}, err
		}
		r := integrationResponseProperties{in.Status, in.SelectionPattern, in.ResponseParameters, in.ResponseTemplates, in.ContentHandling}
		responses := slices.DeleteFunc(slices.Clone(i.IntegrationResponses), func(other integrationResponseProperties) bool { return other.StatusCode == in.Status })
		i.IntegrationResponses = append(responses, r)
		_, err = a.integrate(p, i)
		return r.shape(), err
	})
}

func (c *Control) getIntegrationResponse(_ context.Context, caller cloud.Caller, in responseNamed) (integrationResponseShape, error) {
	return onAPI(c, caller, "GET", in.restAPINamed, in.integrationPath(), func(a *api) (integrationResponseShape, error) {
		if err := in.check(); err != nil {
			return integrationResponseShape{}, err
		}
		_, i, place, err := a.integrationResponse(in)
		if err != nil {
			return integrationResponseShape{}, err
		}
		return i.IntegrationResponses[place].shape(), nil
	})
}

func (c *Control) updateIntegrationResponse(_ context.Context, caller cloud.Caller, in updateResponseInput) (integrationResponseShape, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, in.integrationPath(), func(a *api) (integrationResponseShape, error) {
		if err := in.check("updateIntegrationResponseInput"); err != nil {
			return integrationResponseShape{}, err
		}
		p, i, place, err := a.integrationResponse(in.responseNamed)
		if err != nil {
			return integrationResponseShape{}, err
		}
		i.IntegrationResponses = slices.Clone(i.IntegrationResponses)
		r := &i.IntegrationResponses[place]
		err = document{of: "updateIntegrationResponseInput", patches: patches{
			"replace /selectionPattern": func(value string) error { r.SelectionPattern = &value; return nil },
			"replace /contentHandling":  text(&r.ContentHandling),
		}, under: map[string]members{
			"/responseParameters": textsOf(&r.ResponseParameters, lostParameter),
			"/responseTemplates":  textsOf(&r.ResponseTemplates, lostContentType),
		}}.apply(in.PatchOperations)
		if err != nil {
			return integrationResponseShape{}, err
		}
		_, err = a.integrate(p, i)
		return r.shape(), err
	})
}

func (c *Control) deleteIntegrationResponse(_ context.Context, caller cloud.Caller, in responseNamed) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.integrationPath(), func(a *api) (none, error) {
		if _, err := a.resource(in.ResourceID); err != nil {
			return none{}, err
		}
		if _, ok := a.methods[in.at()]; !ok {
			return none{}, notFound("Invalid Integration identifier specified")
		}
		p, i, place, err := a.integrationResponse(in)
		if err != nil {
			return none{}, err
		}
		i.IntegrationResponses = slices.Delete(slices.Clone(i.IntegrationResponses), place, place+1)
		_, err = a.integrate(p, i)
		return none{}, err
	})
}
