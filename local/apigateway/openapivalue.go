package apigateway

// Values of documents.

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// object is an object of names and values.
func object(pairs ...any) *jsonvalue.Object {
	o := jsonvalue.NewObject(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		o.Set(pairs[i].(string), pairs[i+1])
	}
	return o
}

// optional is object without what is empty.
func optional(pairs ...any) *jsonvalue.Object {
	o := jsonvalue.NewObject(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		switch v := pairs[i+1].(type) {
		case string:
			if v != "" {
				o.Set(pairs[i].(string), v)
			}
		case *jsonvalue.Object:
			if v.Len() > 0 {
				o.Set(pairs[i].(string), v)
			}
		}
	}
	return o
}

func listOf(texts []string) []any {
	values := make([]any, len(texts))
	for i, text := range texts {
		values[i] = text
	}
	return values
}

// objectOf is an object of texts.
func objectOf(values map[string]string) *jsonvalue.Object {
	o := jsonvalue.NewObject(len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		o.Set(name, values[name])
	}
	return o
}

// parsed is a document that has been read before, and so can be.
func parsed(text json.RawMessage) any {
	value, err := jsonvalue.Decode(text)
	if err != nil {
		return nil
	}
	return value
}
