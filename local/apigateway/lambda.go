package apigateway

// Lambda functions, called for an authorizer or an integration.

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// function is a Lambda function that a URI names.
type function struct {
	gateway *APIGateway
	arn     string // may contain ${stageVariables.NAME}
	role    role
}

// compileFunction parses arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations.
func (g *APIGateway) compileFunction(property, uri, credentials string) (*function, error) {
	_, path, isLambda := strings.Cut(uri, ":lambda:path/")
	_, rest, isFunction := strings.Cut(path, "/functions/")
	arn, isInvocation := strings.CutSuffix(rest, "/invocations")
	if !isLambda || !isFunction || !isInvocation || arn == "" {
		return nil, fmt.Errorf("property %s: %q does not name a Lambda function", property, uri)
	}
	if !g.cloud.Supports("lambda", "Invoke") {
		return nil, &cfn.Unsupported{Property: property, Reason: "the local engine does not serve lambda:Invoke"}
	}
	r, err := g.compileRole(strings.Replace(property, "Uri", "Credentials", 1), credentials)
	return &function{gateway: g, arn: arn, role: r}, err
}

type invocation struct {
	FunctionName   string
	InvocationType string
	Payload        any
}

type invoked struct {
	StatusCode    int
	FunctionError string
	Payload       json.RawMessage
}

// invoke calls the function for a stage on behalf of what sourceARN names.
func (f *function) invoke(ctx context.Context, s *stage, sourceARN, kind string, payload any) (*invoked, error) {
	caller, err := f.role.caller(sourceARN)
	if err != nil {
		return nil, err
	}
	var out invoked
	in := invocation{FunctionName: s.expand(f.arn), InvocationType: kind, Payload: payload}
	if err := f.gateway.cloud.Do(ctx, caller, "lambda", "Invoke", in, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// lambdaBackend is a function behind mapping templates.
type lambdaBackend struct{ function *function }

func (l *lambdaBackend) call(ctx context.Context, x *exchange, r *backendRequest) (*backendResponse, error) {
	kind := "RequestResponse"
	if asked := r.header.Get("X-Amz-Invocation-Type"); asked != "" {
		kind = asked
	}
	payload := json.RawMessage(r.body)
	if len(payload) == 0 {
		payload = json.RawMessage("{}")
	}
	if !json.Valid(payload) {
		return nil, &fault{kind: default4xx, message: "Could not parse request body into json: the request template yields no valid JSON",
			cause: fmt.Errorf("payload for %s: %.200q", l.function.arn, payload)}
	}
	sourceARN := x.stage.api.sourceARN(x.stage.name, x.request.method, x.method.resource.path)
	out, err := l.function.invoke(ctx, x.stage, sourceARN, kind, payload)
	if err != nil {
		return nil, internal(apiConfigurationError, fmt.Errorf("invoke %s: %w", l.function.arn, err))
	}
	answer := &backendResponse{status: out.StatusCode, header: http.Header{"Content-Type": {"application/json"}}, body: out.Payload}
	if out.FunctionError != "" {
		var failure struct{ ErrorMessage string }
		// A payload without a message selects as an empty one does.
		json.Unmarshal(out.Payload, &failure)
		answer.selector = failure.ErrorMessage
		answer.header.Set("X-Amz-Function-Error", out.FunctionError)
	}
	return answer, nil
}
