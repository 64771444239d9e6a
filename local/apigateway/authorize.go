package apigateway

// Authorization: Lambda authorizers and IAM.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// authorizer is a Lambda authorizer; it never changes.
type authorizer struct {
	id       string
	token    bool // a TOKEN authorizer; otherwise REQUEST
	function *function
	identity []source       // must all be present; together the cache's key
	pattern  *regexp.Regexp // of a token, or nil
	ttl      time.Duration  // 0: no caching

	properties authorizerProperties
}

// authorization is an authorizer's answer, whichever request it was for.
type authorization struct {
	policy   policy
	document string         // the policy as it was answered
	context  map[string]any // $context.authorizer; all strings
	usageKey string         // the API key's value
}

type authorizerProperties struct {
	RestApiId                    string
	Type                         string
	AuthorizerUri                string
	AuthorizerCredentials        string
	AuthorizerResultTtlInSeconds *int64
	IdentitySource               string
	IdentityValidationExpression string
	Name                         string
	AuthType                     string // documentation only
}

// defaultTTL and maxTTL are what API Gateway caches an authorization for.
const (
	defaultTTL = 300 * time.Second
	maxTTL     = time.Hour
)

func (g *APIGateway) createAuthorizer(_ context.Context, r cfn.Resource, p authorizerProperties) (cfn.Handle, error) {
	return g.setAuthorizer(identifier(r, 6), p)
}

func (g *APIGateway) updateAuthorizer(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after authorizerProperties) (cfn.Handle, error) {
	return g.setAuthorizer(h.Ref, after)
}

func (g *APIGateway) setAuthorizer(id string, p authorizerProperties) (cfn.Handle, error) {
	z, err := g.compileAuthorizer(id, p)
	if err != nil {
		return cfn.Handle{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(p.RestApiId)
	if err != nil {
		return cfn.Handle{}, err
	}
	a.authorizers[id] = z
	return cfn.Handle{Ref: id, Attributes: map[string]any{"AuthorizerId": id}, Delete: cfn.Removal(&g.mu, a.authorizers, id)}, nil
}

func (g *APIGateway) compileAuthorizer(id string, p authorizerProperties) (*authorizer, error) {
	if p.Type != "TOKEN" && p.Type != "REQUEST" {
		return nil, &cfn.Unsupported{Property: "Type", Reason: fmt.Sprintf("the local engine has no %s authorizers", p.Type)}
	}
	z := &authorizer{id: id, token: p.Type == "TOKEN", ttl: defaultTTL, properties: p}
	var err error
	if z.function, err = g.compileFunction("AuthorizerUri", p.AuthorizerUri, p.AuthorizerCredentials); err != nil {
		return nil, err
	}
	if p.AuthorizerResultTtlInSeconds != nil {
		z.ttl = time.Duration(*p.AuthorizerResultTtlInSeconds) * time.Second
	}
	if z.ttl < 0 || z.ttl > maxTTL {
		return nil, fmt.Errorf("property AuthorizerResultTtlInSeconds must be 0 to 3600, got %d", *p.AuthorizerResultTtlInSeconds)
	}
	if z.identity, err = identitySources(p.IdentitySource); err != nil {
		return nil, fmt.Errorf("property IdentitySource: %w", err)
	}
	if len(z.identity) == 0 && (z.token || z.ttl > 0) {
		return nil, errors.New("property IdentitySource is required for TOKEN authorizers and for caching")
	}
	if z.token && p.IdentityValidationExpression != "" {
		if z.pattern, err = regexp.Compile(`^(?:` + p.IdentityValidationExpression + `)$`); err != nil {
			return nil, fmt.Errorf("property IdentityValidationExpression: %w", err)
		}
	}
	return z, nil
}

func identitySources(list string) ([]source, error) {
	var parsed []source
	for expression := range strings.SplitSeq(list, ",") {
		if expression = strings.TrimSpace(expression); expression == "" {
			continue
		}
		s, err := parseSource(expression, gatewaySources)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, s)
	}
	return parsed, nil
}

// authorize lets a request pass or answers why not.
func (x *exchange) authorize(ctx context.Context) error {
	switch x.method.auth {
	case authIAM:
		return x.authorizeIAM()
	case authCustom:
		return x.authorizeCustom(ctx)
	}
	if x.stage.deployment.policy != nil {
		return x.permit(anonymous)
	}
	return nil
}

// anonymous is who calls without a name that IAM knows.
var anonymous = cloud.Caller{ARN: "anonymous"}

func (x *exchange) authorizeIAM() error {
	caller, err := x.request.identify()
	if err != nil {
		return err
	}
	x.caller = caller
	return x.permit(caller)
}

// permit asks the policies of the caller and of the API.
func (x *exchange) permit(caller cloud.Caller) error {
	if err := x.decide(caller); err != nil {
		return &fault{kind: accessDenied, message: cloud.AsError(err).Message}
	}
	return nil
}

func (x *exchange) decide(caller cloud.Caller) error {
	context := map[string]string{"aws:SourceIp": x.request.sourceIP}
	maps.Copy(context, caller.Context)
	caller.Context = context
	caller.ResourcePolicy = x.stage.deployment.policy
	return x.stage.api.gateway.cloud.Authorize(caller, "execute-api:Invoke", x.methodARN())
}

// authorizeCustom asks the API's policy first: whom it denies is not shown to
// the authorizer. Otherwise either of the two may allow.
func (x *exchange) authorizeCustom(ctx context.Context) error {
	allowedByAPI := false
	if x.stage.deployment.policy != nil {
		err := x.decide(anonymous)
		if err != nil && cloud.AsError(err).Denied {
			return &fault{kind: accessDenied, message: cloud.AsError(err).Message}
		}
		allowedByAPI = err == nil
	}
	result, err := x.method.authorizer.authorization(ctx, x)
	if err != nil {
		return err
	}
	x.authorizer = result
	switch result.policy.decide(x.methodARN()) {
	case allowed:
		return nil
	case deniedExplicitly:
		return &fault{kind: accessDenied, message: "User is not authorized to access this resource with an explicit deny"}
	default:
		if allowedByAPI {
			return nil
		}
		return &fault{kind: accessDenied, message: "User is not authorized to access this resource"}
	}
}

// authorization returns the cached answer for the request's identity, or asks
// the function. A request without its identity never reaches the function.
func (z *authorizer) authorization(ctx context.Context, x *exchange) (*authorization, error) {
	identity, err := z.identify(x)
	if err != nil {
		return nil, err
	}
	if z.ttl == 0 {
		return z.ask(ctx, x, identity)
	}
	key := z.id + "\x00" + strings.Join(identity, "\x00")
	if known := x.stage.authorizations.find(key); known != nil {
		return known, nil
	}
	result, err := z.ask(ctx, x, identity)
	if err != nil {
		return nil, err
	}
	x.stage.authorizations.remember(key, result, z.ttl)
	return result, nil
}

// identify reads what identifies the request.
func (z *authorizer) identify(x *exchange) ([]string, error) {
	identity := make([]string, 0, len(z.identity))
	for _, s := range z.identity {
		values := s.values(x, nil)
		if len(values) == 0 || z.pattern != nil && !z.pattern.MatchString(values[0]) {
			return nil, &fault{kind: unauthorized, message: "Unauthorized"}
		}
		identity = append(identity, values[0])
	}
	return identity, nil
}

type tokenEvent struct {
	Type               string `json:"type"`
	MethodARN          string `json:"methodArn"`
	AuthorizationToken string `json:"authorizationToken"`
}

func (z *authorizer) ask(ctx context.Context, x *exchange, identity []string) (*authorization, error) {
	var event any
	if z.token {
		event = tokenEvent{"TOKEN", x.methodARN(), identity[0]}
	} else {
		event = x.authorizerEvent()
	}
	sourceARN := x.stage.api.gateway.cloud.ARN("execute-api", x.stage.api.id+"/authorizers/"+z.id)
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	out, err := z.function.invoke(ctx, x.stage, sourceARN, "RequestResponse", event)
	if err != nil {
		return nil, &fault{kind: authorizerConfigurationError, cause: fmt.Errorf("invoke authorizer %s: %w", z.function.arn, err)}
	}
	if out.FunctionError != "" {
		var failure struct{ ErrorMessage string }
		if json.Unmarshal(out.Payload, &failure) == nil && failure.ErrorMessage == "Unauthorized" {
			return nil, &fault{kind: unauthorized, message: "Unauthorized"}
		}
		return nil, &fault{kind: authorizerFailure, cause: fmt.Errorf("authorizer %s failed: %s", z.function.arn, out.Payload)}
	}
	result, err := parseAuthorization(out.Payload)
	if err != nil {
		return nil, &fault{kind: authorizerConfigurationError, cause: fmt.Errorf("answer of authorizer %s: %w", z.function.arn, err)}
	}
	return result, nil
}

// authorizerEvent differs from a proxy's event in that nothing is null.
func (x *exchange) authorizerEvent() proxyEvent {
	event := x.event()
	event.Type, event.MethodARN = "REQUEST", x.methodARN()
	if event.PathParameters == nil {
		event.PathParameters = map[string]string{}
	}
	if event.StageVariables == nil {
		event.StageVariables = map[string]string{}
	}
	return event
}

// parseAuthorization reads what an authorizer's function answered.
func parseAuthorization(payload []byte) (*authorization, error) {
	var answer struct {
		PrincipalID        string            `json:"principalId"`
		PolicyDocument     json.RawMessage   `json:"policyDocument"`
		Context            *jsonvalue.Object `json:"context"`
		UsageIdentifierKey string            `json:"usageIdentifierKey"`
	}
	if err := json.Unmarshal(payload, &answer); err != nil {
		return nil, err
	}
	document, err := parsePolicy(answer.PolicyDocument)
	if err != nil {
		return nil, fmt.Errorf("policyDocument: %w", err)
	}
	variables := make(map[string]any, answer.Context.Len()+1)
	for name, value := range answer.Context.All() {
		switch value.(type) {
		case *jsonvalue.Object, []any:
			return nil, fmt.Errorf("context.%s must be a string, a number or a boolean", name)
		case nil:
		default:
			variables[name] = plain(value)
		}
	}
	variables["principalId"] = answer.PrincipalID
	return &authorization{policy: document, document: string(answer.PolicyDocument), context: variables, usageKey: answer.UsageIdentifierKey}, nil
}
