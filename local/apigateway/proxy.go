package apigateway

// Lambda proxy integrations: the event that a function gets and the answer
// that it must give.

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// lambdaProxy runs an integration of type AWS_PROXY.
type lambdaProxy struct {
	function    *function
	binaryTypes []string
	httpMethod  string // of the integration; with another than POST every request fails
}

func (a *api) compileLambdaProxy(i *integrationProperties) (*lambdaProxy, error) {
	if len(i.RequestParameters) > 0 {
		return nil, &cfn.Unsupported{Property: "Integration.RequestParameters", Reason: "the local engine maps no parameters for a Lambda proxy"}
	}
	f, err := a.gateway.compileFunction("Integration.Uri", i.Uri, i.Credentials)
	if err != nil {
		return nil, err
	}
	return &lambdaProxy{function: f, binaryTypes: a.binaryTypes, httpMethod: i.IntegrationHttpMethod}, nil
}

// proxyEvent is the event of a Lambda proxy integration, version 1.0. An
// authorizer's has two members more.
type proxyEvent struct {
	Type      string `json:"type,omitempty"`
	MethodARN string `json:"methodArn,omitempty"`

	Resource                        string              `json:"resource"`
	Path                            string              `json:"path"`
	HTTPMethod                      string              `json:"httpMethod"`
	Headers                         map[string]string   `json:"headers"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters                  map[string]string   `json:"pathParameters"`
	StageVariables                  map[string]string   `json:"stageVariables"`
	RequestContext                  *requestContext     `json:"requestContext"`
}

type proxyRequest struct {
	proxyEvent
	Body            *string `json:"body"`
	IsBase64Encoded bool    `json:"isBase64Encoded"`
}

// event is what both proxies and REQUEST authorizers get.
func (x *exchange) event() proxyEvent {
	return proxyEvent{
		Resource: x.method.resource.path, Path: x.request.path, HTTPMethod: x.request.method,
		Headers: x.headerValues(), MultiValueHeaders: x.request.header,
		QueryStringParameters: x.queryValues(), MultiValueQueryStringParameters: x.request.query,
		PathParameters: x.route.parameters, StageVariables: x.stage.variables,
		RequestContext: x.requestContext(),
	}
}

func (p *lambdaProxy) event(x *exchange) proxyRequest {
	event := proxyRequest{proxyEvent: x.event()}
	if len(x.request.query) == 0 {
		event.QueryStringParameters, event.MultiValueQueryStringParameters = nil, nil
	}
	if len(x.stage.variables) == 0 {
		event.StageVariables = nil
	}
	if len(x.request.body) == 0 {
		return event
	}
	text := string(x.request.body)
	if matchesMedia(p.binaryTypes, x.request.header.Get("Content-Type")) || !utf8.ValidString(text) {
		text, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(x.request.body), true
	}
	event.Body = &text
	return event
}

func (p *lambdaProxy) run(ctx context.Context, x *exchange) (response, error) {
	if p.httpMethod != http.MethodPost {
		return response{}, internal(apiConfigurationError, fmt.Errorf("invoke %s: Lambda takes no %s", p.function.arn, p.httpMethod))
	}
	sourceARN := x.stage.api.sourceARN(x.stage.name, x.request.method, x.method.resource.path)
	event := p.event(x)
	begun := x.sends(p.function, x.tells(event))
	out, err := p.function.invoke(ctx, x.stage, sourceARN, "RequestResponse", event)
	if err != nil {
		return response{}, internal(apiConfigurationError, fmt.Errorf("invoke %s: %w", p.function.arn, err))
	}
	x.receives(begun, &backendResponse{status: out.StatusCode, header: http.Header{"Content-Type": {"application/json"}}, body: out.Payload})
	if out.FunctionError != "" {
		return response{}, &fault{kind: default5xx, status: http.StatusBadGateway, message: "Internal server error",
			cause: fmt.Errorf("function %s failed: %s", p.function.arn, out.Payload)}
	}
	answer, err := p.answer(x, out.Payload)
	if err != nil {
		return response{}, &fault{kind: default5xx, status: http.StatusBadGateway, message: "Internal server error",
			cause: fmt.Errorf("malformed Lambda proxy response %s: %w", out.Payload, err)}
	}
	return answer, nil
}

// proxyResponse is what a proxy's function may answer, and no member more.
type proxyResponse struct {
	StatusCode        any              `json:"statusCode"` // a number, or its digits
	Headers           map[string]any   `json:"headers"`
	MultiValueHeaders map[string][]any `json:"multiValueHeaders"`
	Body              *string          `json:"body"`
	IsBase64Encoded   bool             `json:"isBase64Encoded"`
}

func (p *lambdaProxy) answer(x *exchange, payload []byte) (response, error) {
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	var parsed *proxyResponse
	if err := decoder.Decode(&parsed); err != nil {
		return response{}, err
	}
	if parsed == nil {
		return response{}, errors.New("null is not a response")
	}
	out := response{status: http.StatusOK, header: http.Header{}}
	if err := parsed.setStatus(&out); err != nil {
		return response{}, err
	}
	if err := parsed.setHeaders(out.header); err != nil {
		return response{}, err
	}
	setDefault(out.header, "Content-Type", "application/json")
	remapHeaders(out.header)
	if parsed.Body == nil {
		return out, nil
	}
	out.body = []byte(*parsed.Body)
	accept, _, _ := strings.Cut(x.request.header.Get("Accept"), ",")
	if parsed.IsBase64Encoded && matchesMedia(p.binaryTypes, accept) {
		decoded, err := base64.StdEncoding.DecodeString(*parsed.Body)
		if err != nil {
			return response{}, fmt.Errorf("decode the body: %w", err)
		}
		out.body = decoded
	}
	return out, nil
}

func (r *proxyResponse) setStatus(out *response) error {
	switch v := r.StatusCode.(type) {
	case nil:
		return nil
	case json.Number:
		return r.parseStatus(v.String(), out)
	case string:
		return r.parseStatus(v, out)
	default:
		return fmt.Errorf("statusCode is a %T", v)
	}
}

func (r *proxyResponse) parseStatus(text string, out *response) (err error) {
	out.status, err = statusCode(text)
	return err
}

func (r *proxyResponse) setHeaders(header http.Header) error {
	for name, value := range r.Headers {
		text, err := headerText(value)
		if err != nil {
			return fmt.Errorf("header %s: %w", name, err)
		}
		header.Set(name, text)
	}
	// Where both forms name a header, the values of the multi-value one come first.
	for name, values := range r.MultiValueHeaders {
		single := header.Values(name)
		header.Del(name)
		for _, value := range values {
			text, err := headerText(value)
			if err != nil {
				return fmt.Errorf("header %s: %w", name, err)
			}
			header.Add(name, text)
		}
		for _, text := range single {
			header.Add(name, text)
		}
	}
	return nil
}

func headerText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case json.Number:
		return v.String(), nil
	default:
		return "", fmt.Errorf("a %T is not a header value", v)
	}
}

// matchesMedia tells whether a content type is one of the API's binary media
// types, which may be "*/*" or "image/*". AWS takes "*/png", and it is nothing's type.
func matchesMedia(types []string, contentType string) bool {
	if len(types) == 0 || contentType == "" {
		return false
	}
	actual := mediaType(contentType)
	class, _, _ := strings.Cut(actual, "/")
	for _, declared := range types {
		if strings.HasPrefix(declared, "*/") && declared != "*/*" {
			continue
		}
		if declared == "*/*" || declared == class+"/*" || strings.EqualFold(declared, actual) {
			return true
		}
	}
	return false
}
