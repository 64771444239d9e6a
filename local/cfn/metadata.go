package cfn

// This file is the Metadata of a template and of its resources, which is told as
// it was written.

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// Metadata is an object. There may be none.
type Metadata struct {
	Members map[string]any
	text    []byte // JSON, in the order of the template
}

// UnmarshalJSON keeps the text, too.
func (m *Metadata) UnmarshalJSON(raw []byte) error {
	var text bytes.Buffer
	if err := json.Compact(&text, raw); err != nil {
		return err
	}
	m.text = text.Bytes()
	return json.Unmarshal(raw, &m.Members)
}

// JSON is the metadata's text, empty if there is none.
func (m Metadata) JSON() string { return string(m.text) }

// MetadataText is the template's metadata as a summary of the template has it: that
// of one in YAML with texts between single quotes (recorded in May 2023).
func (t *Template) MetadataText() string {
	if !t.yaml {
		return t.Metadata.JSON()
	}
	value, err := jsonvalue.Decode(t.Metadata.text)
	if err != nil {
		return "" // there is none
	}
	return flow(value)
}

// flow writes a value as YAML does within a line.
func flow(value any) string {
	var parts []string
	switch v := value.(type) {
	case *jsonvalue.Object:
		for name, member := range v.All() {
			parts = append(parts, quoted(name)+": "+flow(member))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		for _, element := range v {
			parts = append(parts, flow(element))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return quoted(v)
	}
	return jsonvalue.Text(value)
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
