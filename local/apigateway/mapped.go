package apigateway

// Integrations with mapping templates: AWS services, custom Lambda, HTTP, mock.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"github.com/tradepost-dev/tradepost/local/vtl"
)

// mapped runs an integration of type AWS, HTTP or MOCK.
type mapped struct {
	backend     backend
	parameters  []mapping
	templates   map[string]*vtl.Template
	passthrough string
	responses   []integrationResponse
}

// backend is what a mapped integration calls.
type backend interface {
	call(ctx context.Context, x *exchange, r *backendRequest) (*backendResponse, error)
}

// backendRequest is the integration request.
type backendRequest struct {
	header http.Header
	query  url.Values
	path   map[string]string
	body   []byte
}

// backendResponse is the integration response.
type backendResponse struct {
	status   int
	selector string // what selection patterns match; empty selects the default
	header   http.Header
	body     []byte
}

// integrationResponse turns a back end's answer into the method's.
type integrationResponse struct {
	pattern   *regexp.Regexp // nil: the default
	status    int
	headers   []mapping
	templates map[string]*vtl.Template

	undeclared bool // the method has no such response: AWS misses it when a request comes
}

func (a *api) compileMapped(p methodProperties) (*mapped, error) {
	i := p.Integration
	out := &mapped{passthrough: i.PassthroughBehavior}
	switch i.PassthroughBehavior {
	case "":
		out.passthrough = "WHEN_NO_MATCH"
	case "WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER":
	default:
		return nil, fmt.Errorf("property Integration.PassthroughBehavior: there is no behavior %q", i.PassthroughBehavior)
	}
	var err error
	if out.parameters, err = p.requestMappings(); err != nil {
		return nil, err
	}
	if out.templates, err = parseTemplates(i.RequestTemplates); err != nil {
		return nil, fmt.Errorf("property Integration.RequestTemplates: %w", err)
	}
	for n := range i.IntegrationResponses {
		compiled, err := p.compileResponse(n)
		if err != nil {
			return nil, fmt.Errorf("property Integration.IntegrationResponses[%d]: %w", n, err)
		}
		out.responses = append(out.responses, compiled)
	}
	switch i.Type {
	case "MOCK":
		out.backend = mock{}
	case "HTTP":
		out.backend, err = a.compileHTTP(p)
	default:
		out.backend, err = a.compileService(i)
	}
	return out, err
}

func (p methodProperties) compileResponse(n int) (integrationResponse, error) {
	declared := p.Integration.IntegrationResponses[n]
	headers, ok := p.responseHeaders(declared.StatusCode)
	out := integrationResponse{undeclared: !ok}
	var err error
	if out.status, err = statusCode(declared.StatusCode); err != nil {
		return out, fmt.Errorf("StatusCode: %w", err)
	}
	if declared.SelectionPattern != nil && *declared.SelectionPattern != "" {
		// The whole text must match, as in Java.
		if out.pattern, err = regexp.Compile(`^(?:` + *declared.SelectionPattern + `)$`); err != nil {
			return out, fmt.Errorf("SelectionPattern: %w", err)
		}
	}
	if out.templates, err = parseTemplates(declared.ResponseTemplates); err != nil {
		return out, fmt.Errorf("ResponseTemplates: %w", err)
	}
	if out.headers, err = parseMappings(declared.ResponseParameters, "method.response", responseSources); err != nil {
		return out, invalidMapping(err)
	}
	for _, m := range out.headers {
		if ok && !headers[http.CanonicalHeaderKey(m.name)] {
			return out, invalidMapping(undeclaredParameter("method.response." + m.location + "." + m.name))
		}
	}
	return out, nil
}

func (m *mapped) run(ctx context.Context, x *exchange) (response, error) {
	r, err := m.request(ctx, x)
	if err != nil {
		return response{}, err
	}
	begun := x.sends(m.backend, r)
	answer, err := m.backend.call(ctx, x, r)
	if err != nil {
		return response{}, err
	}
	x.receives(begun, answer)
	return m.answer(ctx, x, answer)
}

// request renders the integration request.
func (m *mapped) request(ctx context.Context, x *exchange) (*backendRequest, error) {
	template, err := m.template(x.request.header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	r := &backendRequest{header: http.Header{}, query: url.Values{}, path: map[string]string{}, body: x.request.body}
	for _, p := range m.parameters {
		r.set(p.location, p.name, p.source.values(x, nil))
	}
	if template == nil {
		return r, nil
	}
	result, err := template.Render(ctx, x.data(x.request.body))
	if err != nil {
		return nil, renderFault(err)
	}
	r.body = []byte(result.Text)
	for location, override := range map[string]map[string]string{
		"header": result.Request.Header, "querystring": result.Request.Query, "path": result.Request.Path,
	} {
		for name, value := range override {
			r.set(location, name, []string{value})
		}
	}
	return r, nil
}

func (r *backendRequest) set(location, name string, values []string) {
	if len(values) == 0 {
		return
	}
	switch location {
	case "header":
		r.header[http.CanonicalHeaderKey(name)] = values
	case "querystring":
		r.query[name] = values
	case "path":
		r.path[name] = values[0]
	}
}

// template returns the template of a content type, or nil where the body
// passes through.
func (m *mapped) template(contentType string) (*vtl.Template, error) {
	template := m.templates[mediaType(contentType)]
	if template == nil {
		template = m.templates["$default"]
	}
	refused := m.passthrough == "NEVER" || m.passthrough == "WHEN_NO_TEMPLATES" && len(m.templates) > 0
	if template == nil && refused {
		return nil, &fault{kind: unsupportedMediaType, message: "Unsupported Media Type"}
	}
	return template, nil
}

// answer renders the method response.
func (m *mapped) answer(ctx context.Context, x *exchange, from *backendResponse) (response, error) {
	selected := m.selectResponse(from.selector)
	if selected == nil {
		return response{}, internal(apiConfigurationError,
			fmt.Errorf("no integration response matches %q and there is no default", from.selector))
	}
	if selected.undeclared {
		return response{}, internal(apiConfigurationError, fmt.Errorf("output mapping refers to an invalid method response: %d", selected.status))
	}
	out := response{status: selected.status, header: http.Header{"Content-Type": {"application/json"}}, body: from.body}
	for _, h := range selected.headers {
		if values := h.source.values(x, from); len(values) > 0 {
			out.header[http.CanonicalHeaderKey(h.name)] = values
		}
	}
	if contentType, ok := chooseTemplate(selected.templates, x.request.header.Get("Accept")); ok {
		result, err := selected.templates[contentType].Render(ctx, x.data(from.body))
		if err != nil {
			return response{}, internal(default5xx, fmt.Errorf("render the response template: %w", err))
		}
		out.body = []byte(result.Text)
		if !mapsHeader(selected.headers, "Content-Type") {
			out.header.Set("Content-Type", contentType)
		}
	}
	out.override(x.overrides.Response())
	return out, nil
}

// override gives an answer the status and headers that templates assigned, the request's as well as its own.
func (r *response) override(by vtl.Override) {
	for name, value := range by.Header {
		r.header.Set(name, value)
	}
	if by.Status >= 200 && by.Status <= 599 {
		r.status = by.Status
	}
}

func mapsHeader(mappings []mapping, name string) bool {
	for _, m := range mappings {
		if http.CanonicalHeaderKey(m.name) == name {
			return true
		}
	}
	return false
}

// selectResponse returns the first response whose pattern matches, else the
// first without a pattern.
func (m *mapped) selectResponse(selector string) *integrationResponse {
	var fallback *integrationResponse
	for i := range m.responses {
		candidate := &m.responses[i]
		switch {
		case candidate.pattern == nil && fallback == nil:
			fallback = candidate
		case candidate.pattern != nil && candidate.pattern.MatchString(selector):
			return candidate
		}
	}
	return fallback
}

// renderFault is the answer when a request template fails on what the client
// sent.
func renderFault(err error) *fault {
	if _, ok := errors.AsType[*vtl.BodyError](err); ok {
		return &fault{kind: default4xx, message: err.Error()}
	}
	return internal(default5xx, fmt.Errorf("render the request template: %w", err))
}
