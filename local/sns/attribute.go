package sns

// This file checks the attributes of messages.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html

import (
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type attribute struct {
	DataType    string  // String, String.Array, Number, Binary
	StringValue *string `json:",omitempty"`
	BinaryValue []byte  `json:",omitempty"`
}

func invalidValue(format string, args ...any) error {
	return cloud.Errorf(400, "ParameterValueInvalid", format, args...)
}

// checkAttribute refuses an attribute that is none, in AWS's words.
func checkAttribute(prefix, name string, a attribute) error {
	if err := checkAttributeName(name); err != nil {
		return err
	}
	kind, suffix, suffixed := strings.Cut(a.DataType, ".")
	field, given := "String", a.StringValue != nil
	if kind == "Binary" {
		field, given = "Binary", a.BinaryValue != nil
	}
	switch {
	case a.DataType == "":
		return cloud.Errorf(400, "ValidationError", "1 validation error detected: Value null at '%smessageAttributes.%s.member.dataType' failed to satisfy constraint: Member must not be null", prefix, name)
	case kind != "String" && kind != "Number" && kind != "Binary", suffixed && suffix == "":
		return invalidValue("The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	case !given && (a.StringValue != nil || a.BinaryValue != nil):
		return invalidValue("The message attribute '%s' with type '%s' must use field '%s'.", name, a.DataType, field)
	case !given || a.StringValue != nil && *a.StringValue == "" || kind == "Binary" && len(a.BinaryValue) == 0:
		return invalidValue("The message attribute '%s' must contain non-empty message attribute value for message attribute type '%s'.", name, a.DataType)
	}
	return nil
}

func checkAttributeName(name string) error {
	if len(name) > 256 {
		return invalidValue("Length of message attribute name must be less than 256 bytes.")
	}
	for _, c := range name {
		if !strings.ContainsRune("-_.", c) && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return invalidValue("Invalid non-alphanumeric character '#x%s' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.", fmt.Sprintf("%X", c))
		}
	}
	switch {
	case strings.HasPrefix(name, "."):
		return invalidValue("Invalid message attribute name starting with character '.' was found.")
	case strings.HasSuffix(name, "."):
		return invalidValue("Invalid message attribute name ending with character '.' was found.")
	case strings.Contains(name, ".."):
		return invalidValue("Message attribute name can not have successive '.' character.")
	}
	return nil
}
