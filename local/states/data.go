// This file holds the JSON documents that flow from state to state.

package states

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// maxPayload is the most that a state may take or give, in bytes of UTF-8.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const maxPayload = 256 << 10

// data is a JSON document, both as a value and as text: the text is what history
// shows and what the limits count, and it is the same for the state that gave
// the document and for the one that takes it.
type data struct {
	value any
	text  string
}

// newData encodes a value.
func newData(value any) (data, error) {
	text, err := encode(value)
	if err != nil {
		return data{}, err
	}
	return data{value, text}, nil
}

// parseData decodes a text.
func parseData(text string) (data, error) {
	value, err := decode([]byte(text))
	if err != nil {
		return data{}, err
	}
	return data{value, text}, nil
}

func (d data) tooLarge() bool { return len(d.text) > maxPayload }

// encode is json.Marshal without the escaping for HTML.
func encode(value any) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", fmt.Errorf("encode a JSON document: %w", err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

func decode(text []byte) (any, error) {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, fmt.Errorf("decode a JSON document: %w", err)
	}
	return value, nil
}
