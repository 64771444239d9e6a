package dynamodb

// Decoding: attribute values from JSON, and what is wrong with them.

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxNesting is how deep lists and maps may lie in each other.
const maxNesting = 32

func (v *value) UnmarshalJSON(raw []byte) error {
	var member any
	if err := json.Unmarshal(raw, &member); err != nil {
		return cloud.Errorf(400, "SerializationException", "%v", err)
	}
	decoded, err := decodeValue(member, 1)
	*v = decoded
	return err
}

// decodeValue reads a value such as {"S": "text"}. A member that is null or
// unknown counts as absent.
func decodeValue(raw any, depth int) (value, error) {
	object, ok := raw.(map[string]any)
	switch {
	case !ok:
		return value{}, errSerialization(raw, "AttributeValue")
	case depth > maxNesting:
		return value{}, invalid("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit")
	}
	var v value
	for name, member := range object {
		one, err := decodeMember(kind(name), member, depth)
		switch {
		case err != nil:
			return value{}, err
		case one.kind == "":
		case v.kind != "":
			return value{}, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
		default:
			v = one
		}
	}
	if v.kind == "" {
		return value{}, invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	}
	return v, nil
}

func decodeMember(k kind, raw any, depth int) (value, error) {
	if raw == nil {
		return value{}, nil
	}
	switch k {
	case kindString, kindNumber, kindBinary:
		return decodeScalar(k, raw)
	case kindBool, kindNull:
		truth, ok := raw.(bool)
		switch {
		case !ok:
			return value{}, errSerialization(raw, "Boolean")
		case k == kindBool:
			return value{kind: k, truth: truth}, nil
		case !truth:
			return value{}, invalid("One or more parameter values were invalid: Null attribute value types must have the value of true")
		}
		return value{kind: k}, nil
	case kindMap:
		return decodeMap(raw, depth)
	case kindList:
		return decodeList(raw, depth)
	case kindStringSet, kindNumberSet, kindBinarySet:
		return decodeSet(k, raw)
	default:
		return value{}, nil
	}
}

func decodeScalar(k kind, raw any) (value, error) {
	s, ok := raw.(string)
	if !ok {
		return value{}, errSerialization(raw, "String")
	}
	switch k {
	case kindNumber:
		n, err := parseNumber(s)
		return numberValue(n), err
	case kindBinary:
		bytes, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return value{}, cloud.Errorf(400, "SerializationException", "%v", err)
		}
		return text(k, string(bytes)), nil
	default:
		return text(k, s), nil
	}
}

func decodeMap(raw any, depth int) (value, error) {
	object, ok := raw.(map[string]any)
	if !ok {
		return value{}, errSerialization(raw, "Map")
	}
	fields := make(item, len(object))
	for name, member := range object {
		field, err := decodeValue(member, depth+1)
		if err != nil {
			return value{}, err
		}
		fields[name] = field
	}
	return value{kind: kindMap, fields: fields}, nil
}

func decodeList(raw any, depth int) (value, error) {
	members, ok := raw.([]any)
	if !ok {
		return value{}, errSerialization(raw, "List")
	}
	list := make([]value, len(members))
	for i, member := range members {
		element, err := decodeValue(member, depth+1)
		if err != nil {
			return value{}, err
		}
		list[i] = element
	}
	return value{kind: kindList, list: list}, nil
}

func decodeSet(k kind, raw any) (value, error) {
	elements, ok := raw.([]any)
	if !ok {
		return value{}, errSerialization(raw, "Set")
	}
	if len(elements) == 0 {
		return value{}, errEmptySet(k)
	}
	members := make([]value, len(elements))
	for i, element := range elements {
		var err error
		if members[i], err = decodeScalar(k.member(), element); err != nil {
			return value{}, err
		}
	}
	set := setOf(k, members)
	if len(set.list) < len(elements) {
		return value{}, errDuplicate(k, elements)
	}
	return set, nil
}

func errEmptySet(k kind) error {
	switch k {
	case kindNumberSet:
		return invalid("One or more parameter values were invalid: An number set  may not be empty")
	case kindBinarySet:
		return invalid("One or more parameter values were invalid: Binary sets should not be empty")
	default:
		return invalid("One or more parameter values were invalid: An string set  may not be empty")
	}
}

// errDuplicate says that a set has a member twice, each kind in words of its own.
func errDuplicate(k kind, elements []any) error {
	given := make([]string, len(elements))
	for i, element := range elements {
		given[i], _ = element.(string)
	}
	switch k {
	case kindNumberSet:
		return invalid("Input collection contains duplicates")
	case kindBinarySet:
		return invalid("One or more parameter values were invalid: Input collection [%s]of type BS contains duplicates.", strings.Join(given, ", "))
	default:
		return invalid("One or more parameter values were invalid: Input collection [%s] contains duplicates.", strings.Join(given, ", "))
	}
}

// errSerialization says that JSON of another type was expected.
func errSerialization(raw any, want string) error {
	got := "END_OBJECT"
	switch raw := raw.(type) {
	case float64:
		got = "NUMBER_VALUE"
	case string:
		got = "STRING_VALUE"
	case bool:
		got = strings.ToUpper(strconv.FormatBool(raw)) + "_VALUE"
	case []any:
		got = "START_ARRAY"
	case map[string]any:
		got = "START_OBJECT"
	}
	return cloud.Errorf(400, "SerializationException", "%s cannot be converted to %s", got, want)
}
