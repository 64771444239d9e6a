package apigateway

// The control plane of REST APIs themselves.

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

const maxRestAPIs = 600 // of an account, in a region

// onAPI performs an operation on what an API has: "GET" of "/stages". It holds
// the gateway's mutex meanwhile.
func onAPI[Out any](c *Control, caller cloud.Caller, method string, in restAPINamed, path string, do func(a *api) (Out, error)) (Out, error) {
	var out Out
	if err := c.authorize(caller, method, "/restapis/"+in.RestAPIID+path); err != nil {
		return out, err
	}
	g := c.gateway
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.api(in.RestAPIID)
	if err != nil {
		return out, missing(method, path, err)
	}
	out, err = do(a)
	return out, asCall(method+" "+path, err)
}

// missing is what AWS misses of an API that there is not: often a part of it.
func missing(method, path string, err error) error {
	kind, name, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case kind == "documentation" && strings.HasPrefix(name, "parts/") && method != "DELETE":
		return notFound("Invalid Documentation part identifier specified")
	case kind == "resources" && name != "":
		return notFound("Invalid Resource identifier specified")
	case kind == "models" && name != "":
		return notFound("Invalid model name specified: %s", name)
	case kind == "authorizers" && method == "POST":
		return conflict("Unable to complete operation due to concurrent modification. Please try again later.")
	case kind == "requestvalidators" && method == "POST":
		return badRequest("Invalid REST API identifier specified")
	case kind == "requestvalidators" && name != "":
		return notFound("Invalid Request Validator identifier specified")
	}
	return err
}

// asCall is the API's error of what a template may not say either.
func asCall(action string, err error) error { return cfn.AsCall(action, err, badRequest) }

type endpointShape struct {
	IPAddressType string   `json:"ipAddressType,omitempty"`
	Types         []string `json:"types"`
	VPCEndpoints  []string `json:"vpcEndpointIds,omitempty"`
}

// endpointTypes are where an API may be reached.
var endpointTypes = []string{"PRIVATE", "EDGE", "REGIONAL"}

// violations are what the configuration fails by itself.
func (e endpointShape) violations() (v violations) {
	if slices.ContainsFunc(e.Types, func(name string) bool { return !slices.Contains(endpointTypes, name) }) {
		v.add("createRestApiInput.endpointConfiguration.types", "["+strings.Join(e.Types, ", ")+"]",
			"Member must satisfy constraint: [Member must satisfy enum value set: [%s]]", strings.Join(endpointTypes, ", "))
	}
	if e.IPAddressType != "" {
		v.oneOf("createRestApiInput.endpointConfiguration.ipAddressType", e.IPAddressType, "ipv4", "dualstack")
	}
	return v
}

// check refuses what AWS does, before it is known whether the engine honours it.
func (e endpointShape) check() error {
	switch {
	case e.VPCEndpoints != nil:
		return cloud.NotHonoured("CreateRestApi", "endpointConfiguration.vpcEndpointIds")
	case len(e.Types) == 0:
		return badRequest("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
	case len(e.Types) > 1:
		return badRequest("Cannot create an api with multiple Endpoint Types.")
	case e.Types[0] == "PRIVATE" && e.IPAddressType == "ipv4":
		return badRequest("Only dualstack ipAddressType is supported for Private APIs.")
	}
	return nil
}

type createRestAPIInput struct {
	Name                      string            `json:"name"`
	Description               *string           `json:"description"`
	Version                   string            `json:"version"`
	BinaryMediaTypes          []string          `json:"binaryMediaTypes"`
	APIKeySource              string            `json:"apiKeySource"`
	EndpointConfiguration     *endpointShape    `json:"endpointConfiguration"`
	Policy                    string            `json:"policy"`
	Tags                      map[string]string `json:"tags"`
	DisableExecuteAPIEndpoint bool              `json:"disableExecuteApiEndpoint"`
}

// properties are those that a template would declare.
func (in createRestAPIInput) properties() (restAPIProperties, error) {
	p := restAPIProperties{
		Name: in.Name, ApiKeySourceType: in.APIKeySource, BinaryMediaTypes: in.BinaryMediaTypes, DisableExecuteApiEndpoint: in.DisableExecuteAPIEndpoint,
		Tags: tagList(in.Tags),
	}
	if in.Policy != "" {
		p.Policy = json.RawMessage(in.Policy)
	}
	if in.Description != nil {
		p.Description = *in.Description
	}
	if in.EndpointConfiguration != nil {
		if err := in.EndpointConfiguration.violations().err(); err != nil {
			return p, err
		}
	}
	switch {
	case in.Name == "":
		return p, badRequest("API Name must be non-empty")
	case in.Description != nil && p.Description == "":
		return p, badRequest("Description cannot be an empty string")
	}
	if in.EndpointConfiguration != nil {
		p.EndpointConfiguration = endpointConfiguration{in.EndpointConfiguration.Types, in.EndpointConfiguration.IPAddressType}
		return p, in.EndpointConfiguration.check()
	}
	return p, nil
}

func (c *Control) createRestAPI(_ context.Context, caller cloud.Caller, in createRestAPIInput) (restAPIShape, error) {
	if err := c.authorize(caller, "POST", "/restapis"); err != nil {
		return restAPIShape{}, err
	}
	p, err := in.properties()
	if err != nil {
		return restAPIShape{}, err
	}
	g := c.gateway
	a := newAPI(g, random(lowerDigits, 10), random(lowerDigits, 10))
	if err := c.mayTag(caller, "/restapis/"+a.id, in.Tags); err != nil {
		return restAPIShape{}, err
	}
	a.logicalID, a.version = a.id, in.Version
	for _, step := range []func() error{
		func() error { return a.declare(p, nil) },
		a.addBuiltInModels,
		func() error { return a.publish("REST API " + a.id) },
	} {
		if err := step(); err != nil {
			return restAPIShape{}, asCall("CreateRestApi", err)
		}
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	return a.shape(), nil
}

type updateRestAPIInput struct {
	restAPINamed
	PatchOperations []patch `json:"patchOperations"`
}

func (c *Control) updateRestAPI(_ context.Context, caller cloud.Caller, in updateRestAPIInput) (restAPIShape, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, "", func(a *api) (restAPIShape, error) {
		next := a.properties
		policy := string(next.Policy)
		uncompressed := func(string) error { return cloud.NotHonoured("UpdateRestApi", "/minimumCompressionSize") }
		err := document{of: "updateRestApiInput", patches: patches{
			"add /minimumCompressionSize":                   uncompressed,
			"replace /minimumCompressionSize":               uncompressed,
			"remove /minimumCompressionSize":                uncompressed,
			"replace /name":                                 text(&next.Name),
			"replace /description":                          text(&next.Description),
			"remove /description":                           func(string) error { next.Description = ""; return nil },
			"replace /policy":                               text(&policy),
			"remove /policy":                                func(string) error { policy = ""; return nil },
			"replace /apiKeySource":                         text(&next.ApiKeySourceType),
			"replace /disableExecuteApiEndpoint":            saysTrue(&next.DisableExecuteApiEndpoint),
			"replace /endpointConfiguration/types/EDGE":     endpointType(&next),
			"replace /endpointConfiguration/types/REGIONAL": endpointType(&next),
			"replace /endpointConfiguration/types/0":        endpointType(&next),
			"replace /endpointConfiguration/ipAddressType":  ipAddressType(&next),
		}, under: map[string]members{"/binaryMediaTypes": listed(&next.BinaryMediaTypes)}}.apply(in.PatchOperations)
		if err != nil {
			return restAPIShape{}, err
		}
		next.Policy = nil
		if policy != "" {
			next.Policy = json.RawMessage(policy)
		}
		changed, err := a.readSettings(next)
		if err != nil {
			return restAPIShape{}, err
		}
		a.properties, a.settings = next, changed
		return a.shapeAlone(), nil
	})
}

func endpointType(p *restAPIProperties) func(string) error {
	return func(value string) error {
		if !slices.Contains([]string{"REGIONAL", "EDGE", "PRIVATE"}, value) {
			return badRequest("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")
		}
		p.EndpointConfiguration.Types = []string{value}
		return nil
	}
}

func ipAddressType(p *restAPIProperties) func(string) error {
	return func(value string) error {
		if value != "ipv4" && value != "dualstack" {
			return badRequest("ipAddressType must be either ipv4 or dualstack.")
		}
		p.EndpointConfiguration.IpAddressType = value
		return nil
	}
}

func (c *Control) deleteRestAPI(_ context.Context, caller cloud.Caller, in restAPINamed) (none, error) {
	return onAPI(c, caller, "DELETE", in, "", func(a *api) (none, error) {
		a.close()
		return none{}, nil
	})
}
