package cfn

// This file reads templates in YAML, with the short forms of functions, as JSON.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// tagged are the functions that YAML also has as tags, as in !Sub.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
var tagged = []string{
	"And", "Base64", "Cidr", "Contains", "EachMemberEquals", "EachMemberIn", "Equals", "FindInMap", "GetAtt", "GetAZs", "If",
	"ImportValue", "Join", "Length", "Not", "Or", "RefAll", "Select", "Split", "Sub", "ToJsonString", "Transform", "ValueOf", "ValueOfAll",
}

// fromYAML returns a template in YAML as JSON, functions in their long form.
func fromYAML(raw []byte) ([]byte, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	var document yaml.Node
	err := decoder.Decode(&document)
	switch {
	case errors.Is(err, io.EOF):
		return nil, errUnstructured
	case err != nil:
		return nil, notWellFormed(err)
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, errors.New("YAML not well-formed: it has more than one document")
	}
	if document.Content[0].Kind != yaml.MappingNode {
		return nil, errUnstructured
	}
	value, err := plain(document.Content[0])
	if err != nil {
		return nil, err
	}
	return jsonvalue.Append(nil, value)
}

// errUnstructured is of a template that is no object.
var errUnstructured error = refusal("unsupported structure.")

var brokenLine = regexp.MustCompile(`^yaml: line (\d+): `)

// notWellFormed is in CloudFormation's words, which tell the column too: the
// parser here does not.
func notWellFormed(err error) error {
	if line := brokenLine.FindStringSubmatch(err.Error()); line != nil {
		return fmt.Errorf("YAML not well-formed. (line %s)", line[1])
	}
	return refusal("YAML not well-formed.")
}

// plain is what a node is in JSON.
func plain(n *yaml.Node) (any, error) {
	if n.Kind == yaml.AliasNode || n.ShortTag() == "!!merge" {
		return nil, fmt.Errorf("line %d: CloudFormation takes neither aliases nor merges", n.Line)
	}
	name, err := long(n)
	if err != nil {
		return nil, err
	}
	switch {
	case name == "":
		return content(n)
	case n.Kind == yaml.ScalarNode:
		return jsonvalue.NewObject(1).Set(name, n.Value), nil // whatever it looks like: !Ref 1
	}
	argument, err := content(n)
	return jsonvalue.NewObject(1).Set(name, argument), err
}

// long is the name of the function that a node's tag stands for; empty if it has
// none, or one of YAML's own.
func long(n *yaml.Node) (string, error) {
	name, ok := strings.CutPrefix(n.Tag, "!")
	switch {
	case !ok || name == "" || strings.HasPrefix(name, "!"):
		return "", nil
	case name == "Ref" || name == "Condition":
		return name, nil
	case slices.Contains(tagged, name):
		return "Fn::" + name, nil
	}
	return "", fmt.Errorf("line %d: there is no function !%s", n.Line, name)
}

func content(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return mapping(n)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, element := range n.Content {
			var err error
			if list[i], err = plain(element); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	return scalar(n)
}

func mapping(n *yaml.Node) (any, error) {
	object := jsonvalue.NewObject(len(n.Content) / 2)
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			return nil, fmt.Errorf("line %d: keys must be texts, and CloudFormation takes neither aliases nor merges", key.Line)
		}
		if object.Has(key.Value) {
			return nil, fmt.Errorf("line %d: %s is there already", key.Line, key.Value)
		}
		value, err := plain(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		object.Set(key.Value, value)
	}
	return object, nil
}

// scalar keeps dates as texts.
func scalar(n *yaml.Node) (any, error) {
	switch tag := n.ShortTag(); tag {
	case "!!str", "!!timestamp":
		return n.Value, nil
	case "!!null":
		return nil, fmt.Errorf("line %d: 'null' values are not allowed in templates", n.Line)
	case "!!int", "!!float", "!!bool":
		var value any
		if err := n.Decode(&value); err != nil {
			return nil, err
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("line %d: %s is no number of JSON", n.Line, n.Value)
		}
		return jsonvalue.Decode(text)
	default:
		return nil, fmt.Errorf("line %d: CloudFormation does not take the tag %s", n.Line, tag)
	}
}
