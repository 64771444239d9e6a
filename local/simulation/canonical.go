package simulation

// This file puts the members of JSON documents in order: SDKs write maps in any.

import (
	"bytes"
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// canonical is a JSON document whose objects have their members in order, and which is
// otherwise as it was written. What is no JSON stays as it is.
func canonical(document json.RawMessage) []byte {
	ordered := jsontext.Value(bytes.Clone(document))
	if ordered.Compact(jsontext.ReorderRawObjects(true)) != nil {
		return document
	}
	return ordered
}
