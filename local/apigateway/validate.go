package apigateway

// Request validation: required parameters, and bodies against models.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// model is a compiled JSON schema.
type model struct {
	document any
	schema   *jsonschema.Schema
}

type modelProperties struct {
	RestApiId   string
	Name        string
	ContentType string
	Schema      json.RawMessage
	Description cfn.Ignored
}

func (g *APIGateway) createModel(_ context.Context, r cfn.Resource, p modelProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(p.RestApiId)
	if err != nil {
		return cfn.Handle{}, err
	}
	if p.Name == "" {
		p.Name = strings.ReplaceAll(r.PhysicalName(128), "-", "")
	}
	if a.models[p.Name] != nil {
		return cfn.Handle{}, fmt.Errorf("property Name: REST API %s has a model %s already", a.name, p.Name)
	}
	var text string
	if json.Unmarshal(p.Schema, &text) == nil {
		p.Schema = json.RawMessage(text)
	}
	compiled, err := compileModel(a.id, p.Name, p.Schema, a.models)
	if err != nil {
		return cfn.Handle{}, fmt.Errorf("property Schema: %w", err)
	}
	a.models[p.Name] = compiled
	return cfn.Handle{Ref: p.Name}, nil
}

// modelURL is how the schema of one model refers to another.
func modelURL(apiID, name string) string {
	return "https://apigateway.amazonaws.com/restapis/" + apiID + "/models/" + name
}

// compileModel compiles a draft-04 schema that may refer to other models.
func compileModel(apiID, name string, schema []byte, others map[string]*model) (*model, error) {
	if len(schema) == 0 {
		schema = []byte("{}")
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, err
	}
	// API Gateway reads every schema as draft 4, whatever $schema says.
	if object, ok := document.(map[string]any); ok {
		delete(object, "$schema")
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4)
	compiler.UseLoader(noLoader{})
	for other, m := range others {
		if err := compiler.AddResource(modelURL(apiID, other), m.document); err != nil {
			return nil, fmt.Errorf("add model %s: %w", other, err)
		}
	}
	url := modelURL(apiID, name)
	if err := compiler.AddResource(url, document); err != nil {
		return nil, err
	}
	compiled, err := compiler.Compile(url)
	if err != nil {
		return nil, err
	}
	return &model{document, compiled}, nil
}

// noLoader keeps schemas from being read from anywhere else.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) { return nil, fmt.Errorf("there is no model %s", url) }

// builtInModels are those that every new API has.
func builtInModels() (map[string]*model, error) {
	models := map[string]*model{}
	for name, schema := range map[string]string{
		"Empty": `{"title": "Empty Schema", "type": "object"}`,
		"Error": `{"title": "Error Schema", "type": "object", "properties": {"message": {"type": "string"}}}`,
	} {
		m, err := compileModel("", name, []byte(schema), nil)
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", name, err)
		}
		models[name] = m
	}
	return models, nil
}

// validate checks what the method's request validator asks for.
func (x *exchange) validate(context.Context) error {
	var missing []string
	for _, p := range x.method.required {
		if x.parameter(p) == "" {
			missing = append(missing, p.name)
		}
	}
	if len(missing) > 0 {
		return &fault{kind: badRequestParameters,
			message: "Missing required request parameters: [" + strings.Join(missing, ", ") + "]"}
	}
	if x.method.models == nil {
		return nil
	}
	m := x.method.models[mediaType(x.request.header.Get("Content-Type"))]
	if m == nil {
		m = x.method.models["$default"]
	}
	if m == nil {
		return nil
	}
	if err := m.validate(x.request.body); err != nil {
		return &fault{kind: badRequestBody, message: "Invalid request body", validation: err.Error()}
	}
	return nil
}

// parameter returns a parameter's value; blank ones count as missing.
func (x *exchange) parameter(p parameter) string {
	switch p.location {
	case "path":
		return x.route.parameters[p.name]
	case "header", "multivalueheader":
		return strings.TrimSpace(x.request.header.Get(p.name))
	default:
		return strings.TrimSpace(x.queryValues()[p.name])
	}
}

// validate returns an error in the words of API Gateway's own validator. An
// empty body counts as an empty object.
func (m *model) validate(body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("[Malformed JSON: %w]", err)
	}
	err = m.schema.Validate(document)
	if invalid, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return fmt.Errorf("[%s]", strings.Join(complaints(invalid, document), ", "))
	}
	return err
}
