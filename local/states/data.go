// This file holds the JSON documents that flow from state to state.

package states

import "github.com/tradepost-dev/tradepost/local/jsonvalue"

// maxPayload is the most that a state may take or give, in bytes of UTF-8.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const maxPayload = 256 << 10

// data is a JSON document, both as a value and as text: the text is what history
// shows and what the limits count. What no state touches keeps the text by which
// it came.
type data struct {
	value any
	text  string
}

// newData encodes a value.
func newData(value any) (data, error) {
	text, err := jsonvalue.Encode(value)
	if err != nil {
		return data{}, err
	}
	return data{value, text}, nil
}

// parseData decodes a text.
func parseData(text string) (data, error) {
	value, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		return data{}, err
	}
	return data{value, text}, nil
}

// written is the document with a text, which it may have been without.
func (d data) written() (data, error) {
	if d.text != "" {
		return d, nil
	}
	return newData(d.value)
}

// joined is the array of documents, each with the text by which it came.
func joined(documents []data) data {
	values := make([]any, len(documents))
	text := make([]byte, 0, 64)
	text = append(text, '[')
	for i, d := range documents {
		if i > 0 {
			text = append(text, ',')
		}
		values[i], text = d.value, append(text, d.text...)
	}
	return data{values, string(append(text, ']'))}
}

func (d data) tooLarge() bool { return len(d.text) > maxPayload }
