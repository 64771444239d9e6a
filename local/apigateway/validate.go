package apigateway

// Request validation: required parameters, and bodies against models.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// model is a JSON schema as it is declared, and compiled.
type model struct {
	modelProperties
	id       string
	document any
	schema   *jsonschema.Schema
}

type modelProperties struct {
	RestApiId   string
	Name        string
	ContentType string
	Schema      json.RawMessage
	Description string
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
	if err := a.setModels(model{modelProperties: p, id: identifier(r, 6)}); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: p.Name, Delete: func(context.Context) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		return a.removeModel(p.Name)
	}}, nil
}

func (g *APIGateway) updateModel(_ context.Context, r cfn.Resource, h cfn.Handle, _, after modelProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(after.RestApiId)
	if err != nil {
		return h, err
	}
	after.Name = h.Ref
	return h, a.setModels(model{modelProperties: after, id: identifier(r, 6)})
}

// setModels compiles schemas, which may refer to each other, and anew all those
// that may refer to them. A schema may be the text of one.
func (a *api) setModels(list ...model) error {
	models := make(map[string]*model, len(a.models)+len(list))
	maps.Copy(models, a.models)
	if slices.ContainsFunc(list, func(m model) bool { return models[m.Name] != nil }) {
		models = uncompiled(models)
	}
	for _, m := range list {
		var text string
		if json.Unmarshal(m.Schema, &text) == nil {
			m.Schema = json.RawMessage(text)
		}
		var err error
		if m.document, err = schemaDocument(m.Schema); err != nil {
			return fmt.Errorf("property Schema: %w", err)
		}
		m.schema, models[m.Name] = nil, &m
	}
	compiled, err := compileModels(a.id, models)
	if err != nil {
		return fmt.Errorf("property Schema: %w", err)
	}
	a.models = compiled
	return nil
}

func (a *api) removeModel(name string) error {
	models := uncompiled(a.models)
	delete(models, name)
	compiled, err := compileModels(a.id, models)
	if err != nil {
		return fmt.Errorf("model %s is in use: %w", name, err)
	}
	a.models = compiled
	return nil
}

// modelURL is how the schema of one model refers to another.
func modelURL(apiID, name string) string {
	return "https://apigateway.amazonaws.com/restapis/" + apiID + "/models/" + name
}

// schemaDocument reads a schema. API Gateway takes every one for draft 4,
// whatever $schema says.
func schemaDocument(schema []byte) (any, error) {
	if len(schema) == 0 {
		schema = []byte("{}")
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if object, ok := document.(map[string]any); ok {
		delete(object, "$schema")
	}
	return document, err
}

// uncompiled are models as they were before they were compiled.
func uncompiled(models map[string]*model) map[string]*model {
	bare := make(map[string]*model, len(models))
	for name, m := range models {
		bare[name] = &model{modelProperties: m.modelProperties, id: m.id, document: m.document}
	}
	return bare
}

// compileModels compiles draft-04 schemas that may refer to each other, but for
// those that are compiled already.
func compileModels(apiID string, models map[string]*model) (map[string]*model, error) {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4)
	compiler.UseLoader(noLoader{})
	for name, m := range models {
		if err := compiler.AddResource(modelURL(apiID, name), m.document); err != nil {
			return nil, fmt.Errorf("add model %s: %w", name, err)
		}
	}
	compiled := make(map[string]*model, len(models))
	for name, m := range models {
		if m.schema != nil {
			compiled[name] = m
			continue
		}
		schema, err := compiler.Compile(modelURL(apiID, name))
		if err != nil {
			return nil, err
		}
		compiled[name] = &model{m.modelProperties, m.id, m.document, schema}
	}
	return compiled, nil
}

// noLoader keeps schemas from being read from anywhere else.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) { return nil, fmt.Errorf("there is no model %s", url) }

// addBuiltInModels adds those that every new API has.
func (a *api) addBuiltInModels() error {
	for _, p := range []modelProperties{
		{Name: "Empty", Description: "This is a default empty schema model", Schema: json.RawMessage(`{
  "$schema": "http://json-schema.org/draft-04/schema#",
  "title" : "Empty Schema",
  "type" : "object"
}`)},
		{Name: "Error", Description: "This is a default error schema model", Schema: json.RawMessage(`{
  "$schema" : "http://json-schema.org/draft-04/schema#",
  "title" : "Error Schema",
  "type" : "object",
  "properties" : {
    "message" : { "type" : "string" }
  }
}`)},
	} {
		p.ContentType = "application/json"
		if err := a.setModels(model{modelProperties: p, id: random(lowerDigits, 6)}); err != nil {
			return fmt.Errorf("model %s: %w", p.Name, err)
		}
	}
	return nil
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
