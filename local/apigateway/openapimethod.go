package apigateway

// From an operation of an OpenAPI document to a method.

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// addMethod declares an operation; one that the API has already it replaces.
func (in *importing) addMethod(r *resource, httpMethod string, item pathItem, o *operation) error {
	p := methodProperties{RestApiId: in.api.id, ResourceId: r.id, HttpMethod: httpMethod, OperationName: o.ID}
	for _, step := range []func() error{
		func() error { return in.authorize(&p, o) },
		func() error {
			return in.addParameters(&p, r, append(slices.Clone(item.Parameters), o.Parameters...), o)
		},
		func() error { return in.addMethodResponses(&p, o) },
	} {
		if err := step(); err != nil {
			return in.refuse(err, "put method '%s' on resource at path '%s'", httpMethod, r.path)
		}
	}
	if name := cmp.Or(o.Validator, in.Validator); name != "" {
		p.RequestValidatorId = in.validatorID(name)
	}
	if _, err := in.api.put(p); err != nil {
		return in.refuse(err, "put method '%s' on resource at path '%s'", httpMethod, r.path)
	}
	if o.Integration == nil {
		return nil
	}
	i, err := in.integration(r, httpMethod, o.Integration)
	if err == nil {
		_, err = in.api.integrate(p, i)
	}
	return in.refuse(err, "put integration on '%s' for resource at path '%s'", httpMethod, r.path)
}

// authorize reads who may call the operation: what it says, or else the document.
func (in *importing) authorize(p *methodProperties, o *operation) error {
	p.AuthorizationType = authNone
	requirements := in.Security
	if o.Security != nil {
		requirements = *o.Security
	}
	for _, requirement := range requirements {
		for _, name := range slices.Sorted(maps.Keys(requirement)) {
			scheme, ok := in.schemes()[name]
			switch {
			case !ok:
				return badRequest("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.")
			case scheme.Authorizer != nil:
				p.AuthorizationType, p.AuthorizerId = authCustom, in.authorizerID(name)
			case strings.EqualFold(scheme.AuthType, "awsSigv4"):
				p.AuthorizationType = authIAM
			case scheme.Type == "apiKey" && strings.EqualFold(scheme.Name, "x-api-key"):
				p.ApiKeyRequired = true
			default:
				in.warn("Authorization of security scheme '%s' is not enforced: it has no authorizer", name)
			}
		}
	}
	auth := in.Auth
	if o.Auth != nil {
		auth = o.Auth
	}
	if auth != nil && auth.Type != "" {
		if p.AuthorizationType = authorizationType(strings.ToUpper(auth.Type)); p.AuthorizationType != authCustom {
			p.AuthorizerId = ""
		}
	}
	return nil
}

func (in *importing) warn(format string, args ...any) {
	in.warnings = append(in.warnings, fmt.Sprintf(format, args...))
}

// addParameters reads what a request has: parameters, of the path too if nobody
// declares them, and bodies.
func (in *importing) addParameters(p *methodProperties, r *resource, parameters []parameterObject, o *operation) error {
	places := map[string]string{"query": "querystring", "header": "header", "path": "path"}
	add := func(place, name string, required bool) {
		if p.RequestParameters == nil {
			p.RequestParameters = map[string]bool{}
		}
		p.RequestParameters["method.request."+place+"."+name] = required
	}
	for _, segment := range segments(r.path) {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			add("path", strings.TrimSuffix(strings.TrimSuffix(name, "}"), "+"), true)
		}
	}
	for _, declared := range parameters {
		declared = in.parameter(declared)
		switch place, ok := places[declared.In]; {
		case ok:
			add(place, declared.Name, declared.Required)
		case declared.In == "body":
			if err := in.addBody(p, declared.Schema, mediaTypes(o.Consumes, in.Consumes)...); err != nil {
				return err
			}
		default:
			in.warn("Parameter '%s' of resource '%s' and method '%s' is ignored: API Gateway has none in '%s'", declared.Name, r.path, p.HttpMethod, declared.In)
		}
	}
	if o.RequestBody == nil {
		return nil
	}
	content := in.body(*o.RequestBody).Content
	for _, contentType := range slices.Sorted(maps.Keys(content)) {
		if err := in.addBody(p, content[contentType].Schema, contentType); err != nil {
			return err
		}
	}
	return nil
}

func (in *importing) addBody(p *methodProperties, schema json.RawMessage, contentTypes ...string) error {
	name, err := in.modelOf(schema)
	if name == "" || err != nil {
		return err
	}
	if p.RequestModels == nil {
		p.RequestModels = map[string]string{}
	}
	for _, contentType := range contentTypes {
		p.RequestModels[contentType] = name
	}
	return nil
}

func (in *importing) addMethodResponses(p *methodProperties, o *operation) error {
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		documented := in.response(o.Responses[status])
		if !statusPattern.MatchString(status) { // "default", which no method has
			in.warn("Response '%s' of method '%s' is ignored: it is no status", status, p.HttpMethod)
			continue
		}
		r := methodResponse{StatusCode: status}
		for name := range documented.Headers {
			if r.ResponseParameters == nil {
				r.ResponseParameters = map[string]bool{}
			}
			r.ResponseParameters["method.response.header."+name] = false
		}
		schemas := map[string]json.RawMessage{}
		for contentType, media := range documented.Content {
			schemas[contentType] = media.Schema
		}
		if documented.Schema != nil {
			for _, contentType := range mediaTypes(o.Produces, in.Produces) {
				schemas[contentType] = documented.Schema
			}
		}
		for _, contentType := range slices.Sorted(maps.Keys(schemas)) {
			name, err := in.modelOf(schemas[contentType])
			if err != nil {
				return err
			}
			if name == "" {
				continue
			}
			if r.ResponseModels == nil {
				r.ResponseModels = map[string]string{}
			}
			r.ResponseModels[contentType] = name
		}
		p.MethodResponses = append(p.MethodResponses, r)
	}
	return nil
}

// integration reads an integration; enumerations are written in either case.
func (in *importing) integration(r *resource, httpMethod string, o *integrationObject) (integrationProperties, error) {
	i := integrationProperties{
		Type: strings.ToUpper(o.Type), Uri: o.URI, IntegrationHttpMethod: strings.ToUpper(o.HTTPMethod), Credentials: o.Credentials,
		ConnectionType: strings.ToUpper(o.ConnectionType), ContentHandling: strings.ToUpper(o.ContentHandling), PassthroughBehavior: strings.ToUpper(o.PassthroughBehavior),
		RequestTemplates: o.RequestTemplates, TimeoutInMillis: o.TimeoutInMillis, CacheKeyParameters: o.CacheKeyParameters, CacheNamespace: o.CacheNamespace,
		ResponseTransferMode: strings.ToUpper(o.ResponseTransferMode),
	}
	switch {
	case o.ConnectionID != "":
		return i, &cfn.Unsupported{Property: "Body", Reason: "the local engine has no VPC links"}
	case o.TLSConfig != nil:
		return i, &cfn.Unsupported{Property: "Body", Reason: "the local engine does not honour tlsConfig of an integration"}
	}
	if i.Type == "HTTP" || i.Type == "HTTP_PROXY" {
		i.ConnectionType = cmp.Or(i.ConnectionType, "INTERNET")
	}
	for _, name := range slices.Sorted(maps.Keys(o.RequestParameters)) {
		var value string
		if json.Unmarshal(o.RequestParameters[name], &value) != nil {
			in.warn("Invalid format for 'requestParameters'. Expected type string for property '%s' of resource '%s' and method '%s' but got '%s'",
				name, r.path, httpMethod, o.RequestParameters[name])
			continue
		}
		if i.RequestParameters == nil {
			i.RequestParameters = map[string]string{}
		}
		i.RequestParameters[name] = value
	}
	for _, pattern := range slices.Sorted(maps.Keys(o.Responses)) {
		documented := o.Responses[pattern]
		r := integrationResponseProperties{
			StatusCode: string(documented.StatusCode), ResponseParameters: documented.Parameters, ResponseTemplates: documented.Templates,
			ContentHandling: strings.ToUpper(documented.ContentHandling),
		}
		if pattern != "default" {
			r.SelectionPattern = &pattern
		}
		i.IntegrationResponses = append(i.IntegrationResponses, r)
	}
	return i, nil
}
