package apigateway

// Reading OpenAPI documents, in JSON or YAML.

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// extensions are those of AWS's that are read. The others would change what an API
// does, and are refused.
var extensions = []string{
	"any-method", "api-key-source", "auth", "authorizer", "authtype", "binary-media-types", "documentation", "endpoint-configuration", "gateway-responses",
	"importexport-version", "integration", "policy", "request-validator", "request-validators", "tag-value",
}

// errNoOpenAPI is what AWS says of all that cannot be read.
func errNoOpenAPI() error { return badRequest("Invalid OpenAPI input.") }

// readDefinition reads a document in JSON or YAML.
func readDefinition(document []byte) (*definition, error) {
	var tree yaml.Node
	if !json.Valid(document) {
		if err := yaml.Unmarshal(document, &tree); err != nil || len(tree.Content) != 1 {
			return nil, errNoOpenAPI()
		}
		value, err := fromYAML(tree.Content[0], 0)
		if err != nil {
			return nil, errNoOpenAPI()
		}
		document = []byte(jsonvalue.Text(value))
	}
	value, err := jsonvalue.Decode(document)
	if err != nil {
		return nil, errNoOpenAPI()
	}
	if err := knownExtensions(value); err != nil {
		return nil, err
	}
	d := &definition{}
	if err := json.Unmarshal(document, d); err != nil || d.Swagger != "2.0" && !strings.HasPrefix(string(d.OpenAPI), "3.0") {
		return nil, errNoOpenAPI()
	}
	return d, nil
}

// maxYAML is how deep a document in YAML nests.
const maxYAML = 100

// fromYAML is a node as JSON. Numbers and times keep their text.
func fromYAML(n *yaml.Node, depth int) (any, error) {
	if depth > maxYAML {
		return nil, fmt.Errorf("line %d: it nests deeper than %d levels", n.Line, maxYAML)
	}
	switch n.Kind {
	case yaml.MappingNode:
		object := jsonvalue.NewObject(len(n.Content) / 2)
		for i := 0; i < len(n.Content); i += 2 {
			value, err := fromYAML(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			object.Set(n.Content[i].Value, value)
		}
		return object, nil
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, element := range n.Content {
			var err error
			if list[i], err = fromYAML(element, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.ScalarNode:
		if tag := n.ShortTag(); tag == "!!null" || tag == "!!bool" || tag == "!!int" || tag == "!!float" {
			if json.Valid([]byte(strings.ToLower(n.Value))) {
				return jsonvalue.Decode([]byte(strings.ToLower(n.Value)))
			}
		}
		return n.Value, nil
	}
	return nil, fmt.Errorf("line %d: aliases are not read", n.Line)
}

// knownExtensions refuses the first extension that the engine does not know.
func knownExtensions(value any) error {
	switch v := value.(type) {
	case *jsonvalue.Object:
		for name, member := range v.All() {
			if extension, ok := strings.CutPrefix(name, "x-amazon-apigateway-"); ok && !slices.Contains(extensions, extension) {
				return &cfn.Unsupported{Property: "Body", Reason: "the local engine does not know " + name}
			}
			if err := knownExtensions(member); err != nil {
				return err
			}
		}
	case []any:
		for _, element := range v {
			if err := knownExtensions(element); err != nil {
				return err
			}
		}
	}
	return nil
}
