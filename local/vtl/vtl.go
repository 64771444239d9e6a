// Package vtl renders API Gateway's mapping templates: the Velocity Template Language of Apache Velocity
// 1.7 with the variables $input, $util, $context and $stageVariables.
//
// Values print as API Gateway prints them: a reference to nothing as the empty string, an object as
// {name=value}, a list out of a JSON document as JSON.
package vtl

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/query"
)

// Template is a compiled mapping template. It can be rendered concurrently.
type Template struct {
	nodes []node
}

// Data is what a template can see.
type Data struct {
	Body           []byte // of the request, or of the integration's response; nil or empty if there is none
	Params         Params
	Context        map[string]any // $context: strings, numbers, booleans, and such maps; authorizer and identity are maps
	StageVariables map[string]string
	Overrides      *Overrides // of the templates of the same request; nil: none assigned anything before
}

// Params are the request's parameters; where one is given several times, its last value.
type Params struct{ Path, Query, Header map[string]string }

// Result is a rendered template.
type Result struct {
	Text     string
	Request  Override // what was assigned to $context.requestOverride
	Response Override // what was assigned to $context.responseOverride
}

// Override holds the assignments to an override; a list is joined by commas.
type Override struct {
	Status              int // of the response; 0: not overridden
	Header, Query, Path map[string]string
}

// Overrides is what the templates of one request have assigned to $context.requestOverride and
// $context.responseOverride: a response template finds there what the request template left.
type Overrides struct{ request, response *mapping }

// NewOverrides returns overrides that nothing was assigned to.
func NewOverrides() *Overrides {
	none := map[string]any{}
	return &Overrides{
		request:  contextMap(map[string]any{"header": none, "querystring": none, "path": none}),
		response: contextMap(map[string]any{"header": none}),
	}
}

// Request returns what the request's parameters are overridden by.
func (o *Overrides) Request() Override { return override(o.request) }

// Response returns what the answer is overridden by.
func (o *Overrides) Response() Override { return override(o.response) }

// BodyError is a body that is not JSON, met by a template that looks into it; API Gateway answers 400.
type BodyError struct{ Err error }

func (e *BodyError) Error() string { return "Could not parse request body into json: " + e.Err.Error() }
func (e *BodyError) Unwrap() error { return e.Err }

// maxTemplate is API Gateway's limit of a template's size in bytes.
const maxTemplate = 300 << 10

// maxIterations is how often API Gateway lets a #foreach loop turn; it then goes on behind the loop.
const maxIterations = 1000

// Parse compiles a template. It refuses directives, and members of $input, $util and $context, that API
// Gateway does not document, and methods that Java has and this package has not. Any other variable, member
// or method that there is not stands for nothing.
func Parse(source string) (*Template, error) {
	if len(source) > maxTemplate {
		return nil, fmt.Errorf("the template has %d bytes; API Gateway takes at most %d", len(source), maxTemplate)
	}
	p := &parser{source: source}
	nodes, end, err := p.block()
	if err == nil && end != "" {
		err = p.errorf("#%s without #if or #foreach", end)
	}
	if err != nil {
		return nil, err
	}
	return &Template{nodes}, nil
}

// Render fills the template in. It ends early when the context does, and fails
// when the template would take more time or memory than a request is worth.
func (t *Template) Render(ctx context.Context, d Data) (Result, error) {
	return t.renderWithin(budget{ctx: ctx, work: maxWork}, d)
}

func (t *Template) renderWithin(b budget, d Data) (Result, error) {
	if d.Overrides == nil {
		d.Overrides = NewOverrides()
	}
	s := &state{budget: b, data: &d, variables: map[string]any{}, out: &strings.Builder{}}
	if err := s.render(t.nodes); err != nil && !errors.Is(err, errStop) && !errors.Is(err, errBreak) {
		return Result{}, err
	}
	for _, assigned := range []*mapping{d.Overrides.request, d.Overrides.response} {
		if _, err := s.weigh(assigned); err != nil {
			return Result{}, err
		}
	}
	return Result{s.out.String(), d.Overrides.Request(), d.Overrides.Response()}, nil
}

// override reads what templates assigned.
func override(m *mapping) Override {
	o := Override{Header: texts(m.get("header")), Query: texts(m.get("querystring")), Path: texts(m.get("path"))}
	if status, ok := number(m.get("status")); ok {
		o.Status = int(status)
	}
	return o
}

func texts(value any) map[string]string {
	m, ok := value.(*mapping)
	if !ok {
		return nil
	}
	texts := make(map[string]string, len(m.keys))
	for _, key := range m.keys {
		if l, ok := m.get(key).(*list); ok {
			parts := make([]string, len(l.items))
			for i, item := range l.items {
				parts[i] = print(item)
			}
			texts[key] = strings.Join(parts, ",")
			continue
		}
		texts[key] = print(m.get(key))
	}
	return texts
}

// state is one rendering.
type state struct {
	budget
	data      *Data
	variables map[string]any
	context   *mapping // $context; nil: not asked for yet
	out       *strings.Builder
	document  any // the parsed body, if decoded
	decoded   bool
}

var (
	errBreak = errors.New("#break outside of a loop")
	errStop  = errors.New("#stop")
)

func (s *state) render(nodes []node) error {
	for _, n := range nodes {
		if err := s.spend(nodeWork); err != nil {
			return err
		}
		if err := n.render(s); err != nil {
			return err
		}
	}
	return nil
}

// body is the request's body as a JSON document. None counts as an empty object.
func (s *state) body() (any, error) {
	if !s.decoded {
		if err := s.spend(documentWork * len(s.data.Body)); err != nil {
			return nil, err
		}
		if len(s.data.Body) == 0 {
			s.document = jsonvalue.NewObject(0)
		} else {
			document, err := jsonvalue.Decode(s.data.Body)
			if err != nil {
				return nil, &BodyError{err}
			}
			s.document = document
		}
		s.decoded = true
	}
	return s.document, nil
}

// find evaluates a JSONPath over the body.
func (s *state) find(path *query.Path) (value any, found bool, err error) {
	document, err := s.body()
	if err != nil {
		return nil, false, err
	}
	if err := s.spend(documentWork * len(s.data.Body)); err != nil {
		return nil, false, err
	}
	value, found, err = path.Get(query.Scope{Document: document})
	if err != nil {
		return nil, false, fmt.Errorf("evaluate %s: %w", path, err)
	}
	return value, found, nil
}
