package apigateway

// From an OpenAPI document to what an API declares.

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// importOptions are how a document is put into an API.
type importOptions struct {
	own            *restAPIProperties // of a template, which count more than the document's
	overwrite      bool               // what the API has declared goes
	basePath       string             // "ignore", "prepend" or "split"
	endpointType   string
	undocumented   bool // documentation is not taken
	failOnWarnings bool
}

// importing is a document on its way into an API.
type importing struct {
	*definition
	importOptions
	api      *api // that nobody else knows
	before   declared
	base     string
	errors   []string
	warnings []string
}

// take puts a document into the API, as a whole or not at all.
func (a *api) take(d *definition, o importOptions) (warnings []string, err error) {
	next := &api{gateway: a.gateway, id: a.id, logicalID: a.logicalID, stack: a.stack, declared: a.declared.clone()}
	in := &importing{definition: d, importOptions: o, api: next, before: a.declared, base: d.base(o.basePath)}
	if o.overwrite {
		next.empty()
	}
	if o.own != nil {
		next.properties = *o.own
	}
	for _, step := range []func() error{in.settings, in.addModels, in.addValidators, in.addAuthorizers, in.addResponses, in.addPaths, in.addDocumentation} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	switch {
	case len(in.errors) > 0:
		return nil, badRequest("Errors found during import:\n\t%s", strings.Join(in.errors, "\n\t"))
	case len(in.warnings) > 0 && o.failOnWarnings:
		return nil, badRequest("Warnings found during import:\n\t%s", strings.Join(in.warnings, "\n\t"))
	}
	a.declared = next.declared
	return in.warnings, nil
}

// empty forgets what an API has declared but its root, tags and endpoint.
func (a *api) empty() {
	kept := restAPIProperties{Tags: a.properties.Tags, EndpointConfiguration: a.properties.EndpointConfiguration}
	a.declared = newAPI(a.gateway, a.id, a.rootID()).declared
	a.properties = kept
}

// refuse collects what is wrong with a part of the document. What the engine does
// not honour ends the import.
func (in *importing) refuse(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*cfn.Unsupported](err); ok {
		return err
	}
	in.errors = append(in.errors, fmt.Sprintf("Unable to "+format+": ", args...)+cloud.AsError(asCall("ImportRestApi", err)).Message)
	return nil
}

// identify returns an id for a part of the API that is the same in every run.
func (in *importing) identify(kind, name string, length int) string {
	sum := sha256.Sum256([]byte(in.api.id + "/" + kind + "/" + name))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:length])
}

func (in *importing) settings() error {
	p := in.api.properties
	prefer := func(own, documented string) string {
		if in.own != nil {
			return cmp.Or(own, documented)
		}
		return cmp.Or(documented, own)
	}
	p.Name, p.Description, p.ApiKeySourceType = prefer(p.Name, in.Info.Title), prefer(p.Description, in.Info.Description), prefer(p.ApiKeySourceType, in.KeySource)
	p.Policy = json.RawMessage(prefer(string(p.Policy), string(in.Policy)))
	for _, mediaType := range in.BinaryMediaTypes {
		if !slices.Contains(p.BinaryMediaTypes, mediaType) {
			p.BinaryMediaTypes = append(slices.Clone(p.BinaryMediaTypes), mediaType)
		}
	}
	endpoint := in.endpoint()
	p.DisableExecuteApiEndpoint = p.DisableExecuteApiEndpoint || endpoint.Disabled
	if in.endpointType != "" {
		p.EndpointConfiguration.Types = []string{in.endpointType}
	}
	switch {
	case endpoint.VPCEndpoints != nil:
		return &cfn.Unsupported{Property: "Body", Reason: "the local engine has no private endpoints"}
	case p.Name == "":
		return errNoOpenAPI()
	}
	changed, err := in.api.readSettings(p)
	if err != nil {
		return err
	}
	in.api.properties, in.api.settings, in.api.version = p, changed, cmp.Or(string(in.Info.Version), in.api.version)
	return nil
}

func (in *importing) addValidators() error {
	for name, v := range in.RequestValidators {
		in.api.validators[in.validatorID(name)] = validator{name: name, body: v.Body, parameters: v.Parameters}
	}
	return nil
}

// validatorID is the id that a validator of a name has, or gets.
func (in *importing) validatorID(name string) string {
	for _, validators := range []map[string]validator{in.api.validators, in.before.validators} {
		for id, v := range validators {
			if v.name == name {
				return id
			}
		}
	}
	return in.identify("requestvalidators", name, 6)
}

func (in *importing) addAuthorizers() error {
	for _, name := range slices.Sorted(maps.Keys(in.schemes())) {
		scheme := in.schemes()[name]
		if scheme.Authorizer == nil {
			continue
		}
		z, err := in.api.gateway.compileAuthorizer(in.authorizerID(name), scheme.authorizer(name))
		if err := in.refuse(err, "create authorizer '%s'", name); err != nil {
			return err
		}
		if z != nil {
			in.api.authorizers[z.id] = z
		}
	}
	return nil
}

func (s securityScheme) authorizer(name string) authorizerProperties {
	z := s.Authorizer
	p := authorizerProperties{
		Name: name, Type: strings.ToUpper(z.Type), AuthType: s.AuthType, AuthorizerUri: z.URI, AuthorizerCredentials: z.Credentials,
		IdentitySource: z.IdentitySource, IdentityValidationExpression: z.ValidationExpression, AuthorizerResultTtlInSeconds: (*int64)(z.TTL),
	}
	if p.IdentitySource == "" && p.Type == "TOKEN" {
		p.IdentitySource = "method.request.header." + s.Name
	}
	return p
}

// authorizerID is the id that an authorizer of a name has, or gets.
func (in *importing) authorizerID(name string) string {
	for _, authorizers := range []map[string]*authorizer{in.api.authorizers, in.before.authorizers} {
		for id, z := range authorizers {
			if z.properties.Name == name {
				return id
			}
		}
	}
	return in.identify("authorizers", name, 6)
}

func (in *importing) addResponses() error {
	for _, kind := range slices.Sorted(maps.Keys(in.GatewayResponses)) {
		r := in.GatewayResponses[kind]
		_, err := in.api.setGatewayResponse(gatewayResponseProperties{in.api.id, kind, string(r.StatusCode), r.Parameters, r.Templates})
		if err := in.refuse(err, "put gateway response '%s'", kind); err != nil {
			return err
		}
	}
	return nil
}

// base is what an import puts before the paths of a document.
func (d *definition) base(mode string) string {
	base := d.basePath()
	switch mode {
	case "prepend":
		return base
	case "split": // the first part is a stage
		_, rest, found := strings.Cut(strings.TrimPrefix(base, "/"), "/")
		if found {
			return "/" + rest
		}
	}
	return ""
}

func (in *importing) addPaths() error {
	for _, documented := range slices.Sorted(maps.Keys(in.Paths)) {
		path := in.base + "/" + strings.Trim(documented, "/")
		r, err := in.addPath(path)
		if err := in.refuse(err, "create resource at path '%s'", path); err != nil {
			return err
		}
		if r == nil {
			continue
		}
		item := in.Paths[documented]
		operations := item.operations()
		for _, httpMethod := range slices.Sorted(maps.Keys(operations)) {
			if o := operations[httpMethod]; o != nil {
				if err := in.addMethod(r, httpMethod, item, o); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// addPath finds the resource of a path, or makes it with those above it. One that
// has been there keeps its id, even if it is written over.
func (in *importing) addPath(path string) (*resource, error) {
	at := in.api.resources[in.api.rootID()]
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if part == "" {
			continue
		}
		below := below(at.path, part)
		next := resourceAt(in.api.resources, below)
		if next == nil {
			id := in.identify("resources", below, 6)
			if known := resourceAt(in.before.resources, below); known != nil {
				id = known.id
			}
			var err error
			if next, err = in.api.addResource(id, resourceProperties{ParentId: at.id, PathPart: part}); err != nil {
				return nil, err
			}
		}
		at = next
	}
	return at, nil
}

func resourceAt(resources map[string]*resource, path string) *resource {
	for _, r := range resources {
		if r.path == path {
			return r
		}
	}
	return nil
}
