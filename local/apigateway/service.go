package apigateway

// AWS services as back ends: arn:aws:apigateway:REGION:SERVICE:action/ACTION,
// and path/... where the action comes with the request.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// service calls an action of an AWS service.
type service struct {
	role   role
	name   string // as in IAM actions: "states"
	action string // empty: X-Amz-Target or the form's Action names it
	queue  string // of SQS paths: "{account}/{queue}"
}

func (a *api) compileService(i *integrationProperties) (backend, error) {
	uri, ok := cloud.ParseARN(i.Uri)
	if !ok || uri.Service != "apigateway" {
		return nil, fmt.Errorf("property Integration.Uri: %q is not the ARN of an integration", i.Uri)
	}
	region, name, rest := uri.Region, uri.Account, uri.Resource // the account's place has the service
	c := a.gateway.cloud
	if region != c.Region {
		return nil, &cfn.Unsupported{Property: "Integration.Uri", Reason: "the local engine has no region " + region}
	}
	if name == "lambda" {
		f, err := a.gateway.compileFunction("Integration.Uri", i.Uri, i.Credentials)
		return &lambdaBackend{f}, err
	}
	r, err := a.gateway.compileRole("Integration.Credentials", i.Credentials)
	if err != nil {
		return nil, err
	}
	if accept := i.RequestParameters["integration.request.header.Accept"]; strings.Contains(accept, "xml") {
		return nil, &cfn.Unsupported{Property: "Integration.RequestParameters", Reason: fmt.Sprintf("the local engine gets answers of %s in JSON only, and not in %s", name, accept)}
	}
	s := &service{role: r, name: name}
	kind, target, _ := strings.Cut(rest, "/")
	switch {
	case kind == "action":
		s.action = target
	case kind == "path" && name == "sqs":
		s.queue = target
	case kind == "path" && i.RequestParameters["integration.request.header.X-Amz-Target"] != "":
	default:
		return nil, &cfn.Unsupported{Property: "Integration.Uri", Reason: fmt.Sprintf("the local engine cannot call %s by path", name)}
	}
	if s.action != "" && !c.Supports(name, s.action) {
		return nil, &cfn.Unsupported{Property: "Integration.Uri", Reason: fmt.Sprintf("the local engine does not serve %s:%s", name, s.action)}
	}
	if s.action == "" && !c.Has(name) {
		return nil, &cfn.Unsupported{Property: "Integration.Uri", Reason: fmt.Sprintf("the local engine does not serve %s", name)}
	}
	return s, nil
}

func (s *service) call(ctx context.Context, x *exchange, r *backendRequest) (*backendResponse, error) {
	sourceARN := x.stage.api.sourceARN(x.stage.name, x.request.method, x.method.resource.path)
	caller, err := s.role.caller(sourceARN)
	if err != nil {
		return nil, internal(apiConfigurationError, fmt.Errorf("assume the role: %w", err))
	}
	target := r.header.Get("X-Amz-Target")
	if target == "" && (s.name == "sqs" || s.name == "sns") {
		return s.callQuery(ctx, x, r, caller)
	}
	action := s.action
	if action == "" {
		_, action, _ = cutLast(target, ".")
	}
	input := json.RawMessage(r.body)
	if len(strings.TrimSpace(string(input))) == 0 {
		input = json.RawMessage("{}")
	}
	if !json.Valid(input) {
		return failed(x, cloud.Errorf(http.StatusBadRequest, "SerializationException", "the request template yields no valid JSON")), nil
	}
	output, err := s.role.gateway.cloud.Call(ctx, caller, s.name, action, input)
	if err != nil {
		if notFinished(ctx, err) {
			return nil, err
		}
		return failed(x, cloud.AsError(err)), nil
	}
	return answered(http.StatusOK, output), nil
}

func answered(status int, body []byte) *backendResponse {
	return &backendResponse{
		status: status, selector: strconv.Itoa(status), body: body,
		header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
	}
}

// failed is an error as the JSON protocols write it.
func failed(x *exchange, e *cloud.Error) *backendResponse {
	answer := answered(e.Status, wire.ErrorJSON(e))
	answer.header.Set("X-Amzn-Requestid", x.id)
	answer.header.Set("X-Amzn-Errortype", e.Code)
	return answer
}

// callQuery calls SQS and SNS by their older protocol, whose parameters are a
// form, in the query string or the body.
func (s *service) callQuery(ctx context.Context, x *exchange, r *backendRequest, caller cloud.Caller) (*backendResponse, error) {
	form := url.Values{}
	if strings.HasPrefix(r.header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		parsed, err := url.ParseQuery(string(r.body))
		if err != nil {
			return queryFailed(x, cloud.Errorf(http.StatusBadRequest, "MalformedQueryString", "%v", err))
		}
		form = parsed
	}
	maps.Copy(form, r.query)
	if s.action != "" {
		form.Set("Action", s.action)
	}
	if s.queue != "" {
		form.Set("QueueUrl", "https://sqs."+s.role.gateway.cloud.Region+".amazonaws.com/"+fill(x.stage.expand(s.queue), r.path))
	}
	action := form.Get("Action")
	input, err := messageInput(s.name, form)
	if err != nil {
		return queryFailed(x, cloud.AsError(err))
	}
	output, err := s.role.gateway.cloud.Call(ctx, caller, s.name, action, input)
	if err != nil {
		if notFinished(ctx, err) {
			return nil, err
		}
		return queryFailed(x, cloud.AsError(err))
	}
	body, err := json.Marshal(map[string]any{action + "Response": map[string]any{
		action + "Result":  output,
		"ResponseMetadata": map[string]string{"RequestId": x.id},
	}})
	return answered(http.StatusOK, body), err
}

func queryFailed(x *exchange, e *cloud.Error) (*backendResponse, error) {
	body, err := json.Marshal(map[string]any{
		"Error":     map[string]string{"Code": cmp.Or(e.QueryCode, e.Code), "Message": e.Message, "Type": e.Fault()},
		"RequestId": x.id,
	})
	return answered(e.Status, body), err
}

// The members of the two actions' inputs that are not text.
type (
	sqsMessage struct {
		DelaySeconds      int
		MessageAttributes attributes `query:"MessageAttribute"`
	}
	snsMessage struct{ MessageAttributes attributes }
	attributes map[string]struct{ DataType, StringValue, BinaryValue string }
)

// messageInput turns the form of sqs:SendMessage or sns:Publish into the JSON
// shape of the same action.
func messageInput(service string, form url.Values) (json.RawMessage, error) {
	var shape reflect.Type
	switch service + ":" + form.Get("Action") {
	case "sqs:SendMessage":
		shape = reflect.TypeFor[sqsMessage]()
	case "sns:Publish":
		shape = reflect.TypeFor[snsMessage]()
	default:
		return nil, cloud.Errorf(http.StatusBadRequest, "InvalidAction",
			"the local engine does not serve %s:%s by the query protocol", service, form.Get("Action"))
	}
	input := maps.Clone(form)
	input.Del("Action")
	input.Del("Version")
	return wire.Form(input, shape)
}

// fill puts path parameters into {places} of a URI, in one pass: a value is
// never taken for a place.
func fill(uri string, parameters map[string]string) string {
	pairs := make([]string, 0, 2*len(parameters))
	for name, value := range parameters {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(uri)
}
