package apigateway

// HTTP back ends.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// httpBackend is a web server behind an integration.
type httpBackend struct {
	api    *api
	uri    string // with {parameters} and ${stageVariables.NAME}
	method string // empty: the client's
}

func (a *api) compileHTTP(p methodProperties) (*httpBackend, error) {
	i := p.Integration
	if !strings.HasPrefix(i.Uri, "http://") && !strings.HasPrefix(i.Uri, "https://") {
		return nil, fmt.Errorf("property Integration.Uri: %q is not the address of a web server", i.Uri)
	}
	method := i.IntegrationHttpMethod
	if method == "" {
		return nil, errors.New("property Integration.IntegrationHttpMethod is required")
	}
	if method == "ANY" {
		method = ""
	}
	return &httpBackend{api: a, uri: i.Uri, method: method}, nil
}

func (b *httpBackend) call(ctx context.Context, x *exchange, r *backendRequest) (*backendResponse, error) {
	method := b.method
	if method == "" {
		method = x.request.method
	}
	address, err := url.Parse(fill(x.stage.expand(b.uri), r.path))
	if err != nil {
		return nil, internal(apiConfigurationError, fmt.Errorf("invalid endpoint address: %w", err))
	}
	query := address.Query()
	for name, values := range r.query { // behind what the address itself has
		query[name] = append(query[name], values...)
	}
	address.RawQuery = query.Encode()
	outgoing, err := http.NewRequestWithContext(ctx, method, address.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, internal(apiConfigurationError, fmt.Errorf("invalid endpoint address: %w", err))
	}
	outgoing.Header = r.header
	setDefault(outgoing.Header, "Accept", "application/json")
	setDefault(outgoing.Header, "User-Agent", "AmazonAPIGateway_"+b.api.id)
	setDefault(outgoing.Header, "X-Amzn-Apigateway-Api-Id", b.api.id)
	if len(r.body) > 0 {
		setDefault(outgoing.Header, "Content-Type", x.request.header.Get("Content-Type"))
		setDefault(outgoing.Header, "Content-Type", "application/json")
	}
	return b.send(ctx, outgoing)
}

func (b *httpBackend) send(ctx context.Context, outgoing *http.Request) (*backendResponse, error) {
	answer, err := b.api.gateway.HTTPClient.Do(outgoing)
	if err == nil {
		defer answer.Body.Close()
		var body []byte
		if body, err = io.ReadAll(io.LimitReader(answer.Body, maxBody+1)); err == nil && len(body) > maxBody {
			err = fmt.Errorf("the answer is larger than %d bytes", maxBody)
		}
		if err == nil {
			return &backendResponse{status: answer.StatusCode, selector: strconv.Itoa(answer.StatusCode), header: answer.Header, body: body}, nil
		}
	}
	if notFinished(ctx, err) {
		return nil, err
	}
	return nil, &fault{kind: integrationFailure, message: "Network error communicating with endpoint",
		cause: fmt.Errorf("call %s: %w", outgoing.URL.Redacted(), err)}
}

func setDefault(header http.Header, name, value string) {
	if value != "" && header.Get(name) == "" {
		header.Set(name, value)
	}
}

// httpProxy runs an integration of type HTTP_PROXY: everything passes through,
// and mappings add to it.
type httpProxy struct {
	backend    *httpBackend
	parameters []mapping
}

func (a *api) compileHTTPProxy(p methodProperties) (*httpProxy, error) {
	b, err := a.compileHTTP(p)
	if err != nil {
		return nil, err
	}
	mappings, err := p.requestMappings()
	return &httpProxy{b, mappings}, err
}

func (p *httpProxy) run(ctx context.Context, x *exchange) (response, error) {
	r := &backendRequest{header: x.request.header.Clone(), query: url.Values{}, path: map[string]string{}, body: x.request.body}
	dropHeaders(r.header, "Host", "Connection", "Content-Encoding", "Content-Length", "Expect", "Via")
	for name, values := range x.request.query {
		r.query[name] = slices.Clone(values)
	}
	for _, m := range p.parameters {
		values := m.source.values(x, nil)
		if m.location == "querystring" && len(values) > 0 {
			r.query[m.name] = append(r.query[m.name], values...)
			continue
		}
		r.set(m.location, m.name, values)
	}
	begun := x.sends(p.backend, r)
	answer, err := p.backend.call(ctx, x, r)
	if err != nil {
		return response{}, err
	}
	x.receives(begun, answer)
	header := answer.header.Clone()
	remapHeaders(header)
	return response{status: answer.status, header: header, body: answer.body}, nil
}
