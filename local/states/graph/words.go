package graph

// This file puts into words what states do and when transitions are taken.

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// does is what a state does, shortly: the resource of a Task, the time of a
// Wait, and otherwise its type.
func (f stateFields) does() string {
	switch f.Type {
	case "Task":
		return resource(f.Resource)
	case "Wait":
		if seconds, ok := f.Seconds.(float64); ok {
			return fmt.Sprintf("%g s", seconds)
		}
		if timestamp, ok := f.Timestamp.(string); ok && !strings.HasPrefix(timestamp, "{%") {
			return "until " + timestamp
		}
	}
	return f.Type
}

// resource shortens arn:aws:states:::aws-sdk:sqs:sendMessage.waitForTaskToken.
func resource(arn string) string {
	_, service, ok := strings.Cut(arn, ":states:::")
	if !ok {
		if strings.Contains(arn, ":activity:") {
			return "activity"
		}
		return "lambda" // by its own ARN
	}
	service = strings.TrimPrefix(service, "aws-sdk:")
	return strings.ReplaceAll(service, ":", ": ")
}

// readChoice is a rule of a Choice: where it leads, and its condition, in the
// author's words if there are some.
func readChoice(rule json.RawMessage) (next, condition string) {
	var fields map[string]any
	if json.Unmarshal(rule, &fields) != nil {
		return "", ""
	}
	next, _ = fields["Next"].(string)
	if comment, ok := fields["Comment"].(string); ok && comment != "" {
		return next, comment
	}
	if text, ok := fields["Condition"].(string); ok {
		text = strings.TrimSuffix(strings.TrimPrefix(text, "{%"), "%}")
		return next, strings.Join(strings.Fields(text), " ")
	}
	return next, comparison(fields)
}

var signs = map[string]string{
	"Equals": "=", "LessThan": "<", "LessThanEquals": "≤", "GreaterThan": ">", "GreaterThanEquals": "≥", "Matches": "matches",
}

// comparison is a rule of JSONPath.
func comparison(rule map[string]any) string {
	variable, _ := rule["Variable"].(string)
	variable = lastOf(variable)
	for _, operator := range sortedKeys(rule) {
		value := rule[operator]
		switch operator {
		case "Variable", "Next", "Comment", "Assign", "Output":
			continue
		case "Not":
			inner, _ := value.(map[string]any)
			return "not (" + comparison(inner) + ")"
		case "And", "Or":
			return joined(value, " "+strings.ToLower(operator)+" ")
		}
		if kind, ok := strings.CutPrefix(operator, "Is"); ok {
			return is(variable, kind, value)
		}
		for _, kind := range []string{"String", "Numeric", "Boolean", "Timestamp"} {
			rest, ok := strings.CutPrefix(operator, kind)
			if sign := signs[strings.TrimSuffix(rest, "Path")]; ok && sign != "" {
				return fmt.Sprintf("%s %s %v", variable, sign, value)
			}
		}
	}
	return variable
}

// lastOf leaves the end of a path that is long.
func lastOf(path string) string {
	parts := strings.Split(path, ".")
	if len(parts) <= 3 {
		return path
	}
	return "…" + strings.Join(parts[len(parts)-2:], ".")
}

// is puts {"Variable": "$.a", "IsPresent": false} into words.
func is(variable, kind string, value any) string {
	kind = strings.ToLower(kind)
	if value == false {
		kind = "not " + kind
	}
	return variable + " is " + kind
}

func joined(value any, by string) string {
	list, _ := value.([]any)
	var all []string
	for _, item := range list {
		rule, _ := item.(map[string]any)
		all = append(all, comparison(rule))
	}
	return strings.Join(all, by)
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// shortError leaves out of an error's name what all have.
func shortError(name string) string {
	if name == "States.ALL" {
		return "any error"
	}
	if strings.HasPrefix(name, "States.") {
		return name
	}
	service, rest, _ := strings.Cut(name, ".")
	if short, ok := strings.CutSuffix(rest, "Exception"); ok && short != service && short != "" {
		return short
	}
	return name
}
