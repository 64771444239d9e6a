package apigateway

// Validation errors in the words of the validator that API Gateway uses (the
// Java library json-schema-validator), since clients see and match them
// through $context.error.validationErrorString.

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// complaints lists what is wrong with a document, one text for each keyword.
func complaints(invalid *jsonschema.ValidationError, document any) []string {
	switch k := invalid.ErrorKind.(type) {
	case *kind.AnyOf:
		return []string{fmt.Sprintf("instance failed to match at least one required schema among %d", len(invalid.Causes))}
	case *kind.OneOf:
		if len(k.Subschemas) > 0 {
			return []string{fmt.Sprintf("instance failed to match exactly one schema (matched %d)", len(k.Subschemas))}
		}
		return []string{fmt.Sprintf("instance failed to match exactly one schema (matched 0 out of %d)", len(invalid.Causes))}
	case *kind.Not:
		return []string{"instance matched a schema which it should not have"}
	}
	if len(invalid.Causes) > 0 {
		var all []string
		for _, cause := range invalid.Causes {
			all = append(all, complaints(cause, document)...)
		}
		return all
	}
	return []string{complaint(invalid, at(document, invalid.InstanceLocation))}
}

func complaint(invalid *jsonschema.ValidationError, value any) string {
	switch k := invalid.ErrorKind.(type) {
	case *kind.Required:
		return fmt.Sprintf("object has missing required properties (%s)", list(k.Missing))
	case *kind.Type:
		return fmt.Sprintf("instance type (%s) does not match any allowed primitive type (allowed: %s)", k.Got, list(k.Want))
	case *kind.AdditionalProperties:
		return "object instance has properties which are not allowed by the schema: " + list(k.Properties)
	case *kind.Enum:
		return fmt.Sprintf("instance value (%s) not found in enum (possible values: %s)", compact(value), compact(k.Want))
	case *kind.MinLength:
		return fmt.Sprintf("string %s is too short (length: %d, required minimum: %d)", compact(value), k.Got, k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("string %s is too long (length: %d, maximum allowed: %d)", compact(value), k.Got, k.Want)
	case *kind.Pattern:
		return fmt.Sprintf("ECMA 262 regex %s does not match input string %s", compact(k.Want), compact(value))
	case *kind.Minimum:
		return fmt.Sprintf("numeric instance is lower than the required minimum (minimum: %s, found: %s)", k.Want.RatString(), compact(value))
	case *kind.Maximum:
		return fmt.Sprintf("numeric instance is greater than the required maximum (maximum: %s, found: %s)", k.Want.RatString(), compact(value))
	case *kind.ExclusiveMinimum:
		return fmt.Sprintf("numeric instance is not strictly greater than the required minimum %s", k.Want.RatString())
	case *kind.ExclusiveMaximum:
		return fmt.Sprintf("numeric instance is not strictly lower than the required maximum %s", k.Want.RatString())
	case *kind.MinItems:
		return fmt.Sprintf("array is too short: must have at least %d elements but instance has %d elements", k.Want, k.Got)
	case *kind.MaxItems:
		return fmt.Sprintf("array is too long: must have at most %d elements but instance has %d elements", k.Want, k.Got)
	case *kind.Dependency:
		return fmt.Sprintf("property %q of object has missing property dependencies (schema requires %[2]s; missing: %[2]s)", k.Prop, list(k.Missing))
	case *kind.UniqueItems:
		return "array must not contain duplicate elements"
	case *kind.MinProperties:
		return fmt.Sprintf("object has too few properties (found %d but schema requires at least %d)", k.Got, k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("object has too many properties (found %d but schema requires at most %d)", k.Got, k.Want)
	default:
		return fmt.Sprintf("keyword %q failed", invalid.ErrorKind.KeywordPath())
	}
}

// list writes names sorted, as a JSON array.
func list(names []string) string {
	return compact(slices.Sorted(slices.Values(names)))
}

func compact(value any) string {
	text, err := cloud.Encode(value)
	if err != nil {
		return ""
	}
	return string(text)
}

// at returns the value at a location inside a document.
func at(document any, location []string) any {
	for _, token := range location {
		switch v := document.(type) {
		case map[string]any:
			document = v[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			document = v[i]
		}
	}
	return document
}
