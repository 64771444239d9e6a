package cloud

// This file writes the JSON of inputs and outputs.

import (
	"bytes"
	"encoding/json"
)

// Encoder is what writes its JSON itself, byte by byte: a payload that is passed on as it came.
type Encoder interface{ EncodeJSON() ([]byte, error) }

// Encode is json.Marshal with <, > and & as they are, as AWS writes them.
func Encode(value any) ([]byte, error) {
	if own, ok := value.(Encoder); ok {
		return own.EncodeJSON()
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
