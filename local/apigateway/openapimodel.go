package apigateway

// Schemas of OpenAPI documents and models of APIs, which refer to each other in
// different ways.

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// addModels makes models of the schemas that the document names.
func (in *importing) addModels() error {
	var list []model
	for _, name := range slices.Sorted(maps.Keys(in.schemas())) {
		if !alphanumericName.MatchString(name) {
			if err := in.refuse(badRequest("Model name must be alphanumeric: %s", name), "create model for '%s'", name); err != nil {
				return err
			}
			continue
		}
		m, err := in.model(name, in.schemas()[name])
		if err != nil {
			return in.refuse(err, "create model for '%s'", name)
		}
		list = append(list, m)
	}
	if len(in.errors) > 0 {
		return nil
	}
	return in.refuse(in.api.setModels(list...), "create models")
}

func (in *importing) model(name string, schema json.RawMessage) (model, error) {
	value, err := jsonvalue.Decode(schema)
	if err != nil {
		return model{}, err
	}
	var description string
	if object, ok := value.(*jsonvalue.Object); ok {
		said, _ := object.Get("description")
		description, _ = said.(string)
	}
	text := pretty(in.api.modelSchema(value))
	id := in.identify("models", name, 6)
	if known := in.before.models[name]; known != nil {
		id = known.id
	}
	return model{id: id, modelProperties: modelProperties{
		RestApiId: in.api.id, Name: name, ContentType: "application/json", Schema: json.RawMessage(text), Description: description,
	}}, nil
}

// modelOf is the name of the model of a schema, which is made if it has no name.
func (in *importing) modelOf(schema json.RawMessage) (string, error) {
	if len(schema) == 0 {
		return "", nil
	}
	if name := schemaName(schema); name != "" {
		return name, nil
	}
	value, err := jsonvalue.Decode(schema)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(jsonvalue.Text(value)))
	name := "MODEL" + hex.EncodeToString(sum[:3])
	m, err := in.model(name, schema)
	if err == nil {
		err = in.api.setModels(m)
	}
	return name, err
}

// modelSchema is a schema that refers to models in the place of schemas of its document.
func (a *api) modelSchema(value any) any {
	return referring(value, func(ref string) string {
		for _, section := range []string{"#/definitions/", "#/components/schemas/"} {
			if name, ok := strings.CutPrefix(ref, section); ok {
				return modelURL(a.id, name)
			}
		}
		return ref
	})
}

// referring is a schema with other references. What is required has an order of
// its own.
func referring(value any, to func(ref string) string) any {
	switch v := value.(type) {
	case *jsonvalue.Object:
		changed := jsonvalue.NewObject(v.Len())
		for name, member := range v.All() {
			if ref, ok := member.(string); ok && name == "$ref" {
				changed.Set(name, to(ref))
				continue
			}
			changed.Set(name, referring(member, to))
		}
		if required, ok := member[[]any](changed, "required"); ok {
			changed.Set("required", slices.SortedStableFunc(slices.Values(required), func(a, b any) int {
				return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
			}))
		}
		return changed
	case []any:
		changed := make([]any, len(v))
		for i, element := range v {
			changed[i] = referring(element, to)
		}
		return changed
	}
	return value
}

func member[T any](o *jsonvalue.Object, name string) (T, bool) {
	value, _ := o.Get(name)
	typed, ok := value.(T)
	return typed, ok
}

// pretty is a value as AWS writes schemas: a member a line, and blanks around colons.
func pretty(value any) string {
	b := &strings.Builder{}
	writePretty(b, value, "\n")
	return b.String()
}

func writePretty(b *strings.Builder, value any, line string) {
	switch v := value.(type) {
	case *jsonvalue.Object:
		b.WriteString("{")
		separator := line + "  "
		for name, member := range v.All() {
			b.WriteString(separator + jsonvalue.Text(name) + " : ")
			writePretty(b, member, line+"  ")
			separator = "," + line + "  "
		}
		if v.Len() > 0 {
			b.WriteString(line)
		} else {
			b.WriteString(" ")
		}
		b.WriteString("}")
	case []any:
		b.WriteString("[ ")
		for i, element := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			writePretty(b, element, line)
		}
		b.WriteString(" ]")
	default:
		b.WriteString(jsonvalue.Text(value))
	}
}
