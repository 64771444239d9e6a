package apigateway

// Integrations: from a method's declaration to what runs for each request.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// integration is the compiled back end of a method.
type integration struct {
	timeout time.Duration
	traced  bool // its answers tell the trace, as those of AWS's services do
	runner
}

// runner produces the answer to an admitted request.
type runner interface {
	run(ctx context.Context, x *exchange) (response, error)
}

// defaultTimeout is an integration's, and its longest by default.
const defaultTimeout = 29 * time.Second

type integrationProperties struct {
	Type                  string
	Uri                   string
	IntegrationHttpMethod string
	Credentials           string
	ConnectionType        string
	ContentHandling       string
	PassthroughBehavior   string
	RequestParameters     map[string]string
	RequestTemplates      map[string]string
	IntegrationResponses  []integrationResponseProperties
	TimeoutInMillis       *int64
	ResponseTransferMode  string
	CacheKeyParameters    []string // caching is refused at the stage
	CacheNamespace        string
}

type integrationResponseProperties struct {
	StatusCode         string
	SelectionPattern   *string
	ResponseParameters map[string]string
	ResponseTemplates  map[string]string
	ContentHandling    string
}

func (a *api) compile(p methodProperties) (*integration, error) {
	i := p.Integration
	if err := i.check(); err != nil {
		return nil, err
	}
	compiled := &integration{timeout: defaultTimeout, traced: i.Type == "AWS" || i.Type == "AWS_PROXY"}
	if i.TimeoutInMillis != nil {
		compiled.timeout = time.Duration(*i.TimeoutInMillis) * time.Millisecond
	}
	if compiled.timeout < 50*time.Millisecond {
		return nil, fmt.Errorf("property Integration.TimeoutInMillis must be at least 50, got %d", *i.TimeoutInMillis)
	}
	var err error
	switch i.Type {
	case "AWS_PROXY":
		compiled.runner, err = a.compileLambdaProxy(i)
	case "HTTP_PROXY":
		compiled.runner, err = a.compileHTTPProxy(p)
	case "AWS", "HTTP", "MOCK":
		compiled.runner, err = a.compileMapped(p)
	default:
		err = fmt.Errorf("property Integration.Type: there is no type %q", i.Type)
	}
	return compiled, err
}

func (i *integrationProperties) check() error {
	switch {
	case i.ConnectionType != "" && i.ConnectionType != "INTERNET":
		return &cfn.Unsupported{Property: "Integration.ConnectionType", Reason: "the local engine has no VPC links"}
	case i.ContentHandling != "" && i.Type != "AWS_PROXY": // which goes by the binary types alone
		return &cfn.Unsupported{Property: "Integration.ContentHandling", Reason: "the local engine does not convert payloads"}
	case i.ResponseTransferMode != "" && i.ResponseTransferMode != "BUFFERED":
		return &cfn.Unsupported{Property: "Integration.ResponseTransferMode", Reason: "the local engine does not stream answers"}
	}
	for n, r := range i.IntegrationResponses {
		if r.ContentHandling != "" {
			return &cfn.Unsupported{
				Property: fmt.Sprintf("Integration.IntegrationResponses[%d].ContentHandling", n),
				Reason:   "the local engine does not convert payloads"}
		}
	}
	return nil
}

// requestMappings compiles RequestParameters. What they read must be declared
// by the method, as API Gateway demands: by its name, which a method has once only,
// wherever it is.
func (p methodProperties) requestMappings() ([]mapping, error) {
	mappings, err := parseMappings(p.Integration.RequestParameters, "integration.request", requestSources)
	if err != nil {
		return nil, invalidMapping(err)
	}
	for _, m := range mappings {
		kind := strings.Replace(m.source.kind, ".multivalue", ".", 1)
		if !strings.HasPrefix(kind, "method.request.") || kind == "method.request.body" {
			continue
		}
		if !p.declares(m.source.name) {
			return nil, invalidMapping(undeclaredParameter(m.source.kind + "." + m.source.name))
		}
	}
	return mappings, nil
}

func (p methodProperties) declares(parameter string) bool {
	for expression := range p.RequestParameters {
		if parts := strings.SplitN(expression, ".", 4); len(parts) == 4 && strings.EqualFold(parts[3], parameter) {
			return true
		}
	}
	return false
}

// role is who calls a back end.
type role struct {
	gateway *APIGateway
	assume  func() (cloud.Caller, error) // nil: API Gateway calls in its own name
}

func (g *APIGateway) compileRole(property, arn string) (role, error) {
	if arn == "" {
		return role{gateway: g}, nil
	}
	if strings.Contains(arn, "*") || strings.Contains(arn, "${") {
		return role{}, &cfn.Unsupported{Property: property, Reason: "the local engine needs the ARN of one role"}
	}
	return role{g, sync.OnceValues(func() (cloud.Caller, error) {
		return g.cloud.Assume(g.cloud.ServiceCaller(principal, ""), arn, "BackplaneAssumeRoleSession")
	})}, nil
}

// caller returns the role, or API Gateway itself on behalf of sourceARN, which
// only resource policies can allow.
func (r role) caller(sourceARN string) (cloud.Caller, error) {
	if r.assume == nil {
		return r.gateway.cloud.ServiceCaller(principal, sourceARN), nil
	}
	return r.assume()
}

// expand puts stage variables into a URI.
func (s *stage) expand(uri string) string {
	if !strings.Contains(uri, "${stageVariables.") {
		return uri
	}
	pairs := make([]string, 0, 2*len(s.variables))
	for _, name := range slices.Sorted(maps.Keys(s.variables)) {
		pairs = append(pairs, "${stageVariables."+name+"}", s.variables[name])
	}
	return strings.NewReplacer(pairs...).Replace(uri)
}

// notFinished tells a time-out of an integration from its failure.
func notFinished(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded)
}
