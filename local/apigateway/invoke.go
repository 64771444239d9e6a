package apigateway

// The way in for state machines: no socket, the same stages.

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// invokeInput is a request as the apigateway:invoke task of Step Functions
// describes it.
type invokeInput struct {
	ApiEndpoint     string // API-ID.execute-api.REGION.amazonaws.com
	Stage           string
	Path            string
	Method          string
	Headers         valueLists
	QueryParameters valueLists
	RequestBody     json.RawMessage // sent as JSON, a string with its quotes

	// AuthType is IAM_ROLE or RESOURCE_POLICY for a request that the caller
	// signs. Default: NO_AUTH.
	AuthType string
}

// valueLists has one value or a list for each name.
type valueLists map[string][]string

func (v *valueLists) UnmarshalJSON(raw []byte) error {
	var loose jsonvalue.Object
	if err := json.Unmarshal(raw, &loose); err != nil {
		return err
	}
	*v = make(valueLists, loose.Len())
	for name, value := range loose.All() {
		if list, ok := value.([]any); ok {
			for _, element := range list {
				(*v)[name] = append((*v)[name], plain(element))
			}
			continue
		}
		(*v)[name] = []string{plain(value)}
	}
	return nil
}

type invokeOutput struct {
	StatusCode   int
	StatusText   string
	Headers      map[string][]string
	ResponseBody any
}

// invoke sends a request to the API that ApiEndpoint names. An answer of 400 or
// more is an answer, not an error.
func (g *APIGateway) invoke(ctx context.Context, caller cloud.Caller, in invokeInput) (invokeOutput, error) {
	r, err := in.request(g.cloud.Site, caller)
	if err != nil {
		return invokeOutput{}, err
	}
	answer, err := g.route(ctx, in, r)
	if err != nil {
		return invokeOutput{}, err
	}
	return invokeOutput{
		StatusCode: answer.status, StatusText: http.StatusText(answer.status),
		Headers: told(answer), ResponseBody: parsedBody(answer.body),
	}, nil
}

// told are the headers of an answer as Step Functions shows them: with what HTTP adds,
// by the names that API Gateway sends. The headers of CloudFront, which AWS has before
// APIs that are optimized for the edge, are not among them.
func told(answer response) http.Header {
	header := answer.header.Clone()
	for _, name := range []string{"x-amzn-RequestId", "x-amz-apigw-id"} {
		if values := header.Values(name); len(values) > 0 {
			header.Del(name)
			header[name] = values
		}
	}
	setDefault(header, "Connection", "keep-alive")
	setDefault(header, "Content-Length", strconv.Itoa(len(answer.body)))
	setDefault(header, "Date", time.Now().UTC().Format(http.TimeFormat))
	return header
}

// route finds the stage that an input names. Step Functions lets the stage be
// part of the path.
func (g *APIGateway) route(ctx context.Context, in invokeInput, r *request) (response, error) {
	id, _, _ := strings.Cut(in.ApiEndpoint, ".")
	g.mu.RLock()
	a := g.apis[id]
	g.mu.RUnlock()
	if a == nil {
		return response{}, cloud.Errorf(404, "UnknownHostException", "there is no REST API at %q", in.ApiEndpoint)
	}
	name := in.Stage
	if name == "" {
		first, rest, _ := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
		name, r.path = first, "/"+rest
	}
	s := a.stage(name)
	if s == nil {
		return unknownStage(), nil
	}
	return s.serve(ctx, r), nil
}

func (in invokeInput) request(site cloud.Site, caller cloud.Caller) (*request, error) {
	path := "/" + strings.TrimPrefix(in.Path, "/")
	parsed, err := url.ParseRequestURI(path)
	if err != nil {
		return nil, cloud.Errorf(400, "ValidationException", "Path %q is not the path of an address", in.Path)
	}
	r := &request{
		method: strings.ToUpper(in.Method), path: parsed.EscapedPath(),
		header: make(http.Header, len(in.Headers)+4), query: parsed.Query(),
		host: in.ApiEndpoint, sourceIP: "127.0.0.1",
		identify: func() (cloud.Caller, error) {
			if in.AuthType != "IAM_ROLE" && in.AuthType != "RESOURCE_POLICY" {
				return cloud.Caller{}, &fault{kind: missingAuthenticationToken, message: "Missing Authentication Token"}
			}
			return caller, nil
		},
	}
	for name, values := range in.QueryParameters {
		r.query[name] = values
	}
	for name, values := range in.Headers {
		r.header[http.CanonicalHeaderKey(name)] = values
	}
	r.header.Set("Host", in.ApiEndpoint)
	setDefault(r.header, "User-Agent", "Amazon|StepFunctions|HttpInvoke|"+site.Region)
	if len(in.RequestBody) > 0 && !bytes.Equal(in.RequestBody, []byte("null")) {
		r.body = in.RequestBody
		setDefault(r.header, "Content-Type", "application/json")
	}
	return r, nil
}

// parsedBody is JSON where the body is, else its text.
func parsedBody(body []byte) any {
	if len(body) == 0 {
		return nil
	}
	if json.Valid(body) {
		return json.RawMessage(body)
	}
	return string(body)
}
