package sns

// This file decides by a subscription's filter policy, in the scope of message
// attributes: every key must match, by one of its conditions.

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// filter is a parsed filter policy; a nil one lets everything through.
type filter map[string][]condition

// condition decides about the values of one attribute; none if it is absent.
type condition func(values []any) bool

func (f filter) matches(attributes map[string]attribute) bool {
	for name, conditions := range f {
		values := []any(nil)
		if a, ok := attributes[name]; ok {
			values = a.values()
		}
		if !slices.ContainsFunc(conditions, func(c condition) bool { return c(values) }) {
			return false
		}
	}
	return true
}

func (a attribute) value() string {
	if a.StringValue != nil {
		return *a.StringValue
	}
	return base64.StdEncoding.EncodeToString(a.BinaryValue)
}

// values are what conditions look at: a string, a number, or the elements of
// a String.Array. Binary attributes match nothing.
func (a attribute) values() []any {
	if a.StringValue == nil {
		return nil
	}
	switch kind, _, _ := strings.Cut(a.DataType, "."); {
	case a.DataType == "String.Array":
		var list []any
		if json.Unmarshal([]byte(*a.StringValue), &list) == nil {
			return list
		}
	case kind == "Number":
		if n, err := strconv.ParseFloat(*a.StringValue, 64); err == nil {
			return []any{n}
		}
	}
	return []any{*a.StringValue}
}

// parseFilter reads a filter policy; what it does not know is an error.
func parseFilter(raw json.RawMessage) (filter, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var policy map[string]json.RawMessage
	if err := json.Unmarshal(raw, &policy); err != nil {
		return nil, fmt.Errorf("it must be an object: %w", err)
	}
	f := filter{}
	for name, raw := range policy {
		var list []any
		if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
			return nil, fmt.Errorf("the value of %q must be a list with at least one condition", name)
		}
		for _, element := range list {
			c, err := parseCondition(element)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", name, err)
			}
			f[name] = append(f[name], c)
		}
	}
	return f, nil
}

// some makes a condition that holds for an attribute with a value that passes.
func some(pass func(value any) bool) condition {
	return func(values []any) bool { return slices.ContainsFunc(values, pass) }
}

// text makes a test of values that are strings.
func text(pass func(s string) bool) func(any) bool {
	return func(value any) bool {
		s, ok := value.(string)
		return ok && pass(s)
	}
}

func parseCondition(element any) (condition, error) {
	object, ok := element.(map[string]any)
	if !ok {
		if _, isList := element.([]any); isList {
			return nil, fmt.Errorf("a condition cannot be a list")
		}
		return some(func(value any) bool { return value == element }), nil
	}
	if len(object) != 1 {
		return nil, fmt.Errorf("a condition must have one operator")
	}
	for operator, operand := range object {
		return parseOperator(operator, operand)
	}
	panic("unreachable: the object has one member")
}

func parseOperator(operator string, operand any) (condition, error) {
	switch operator {
	case "exists":
		want, ok := operand.(bool)
		if !ok {
			return nil, fmt.Errorf("exists takes true or false")
		}
		return func(values []any) bool { return (values != nil) == want }, nil
	case "anything-but":
		return parseAnythingBut(operand)
	case "numeric":
		pass, err := parseNumeric(operand)
		return some(pass), err
	}
	pass, err := parseText(operator, operand)
	return some(pass), err
}

func parseText(operator string, operand any) (func(any) bool, error) {
	s, ok := operand.(string)
	if !ok {
		return nil, fmt.Errorf("operator %q with this operand is not supported by the local engine", operator)
	}
	switch operator {
	case "prefix":
		return text(func(v string) bool { return strings.HasPrefix(v, s) }), nil
	case "suffix":
		return text(func(v string) bool { return strings.HasSuffix(v, s) }), nil
	case "equals-ignore-case":
		return text(func(v string) bool { return strings.EqualFold(v, s) }), nil
	}
	return nil, fmt.Errorf("operator %q is not supported by the local engine", operator)
}

// parseAnythingBut makes a condition that holds if a value is other than all
// of the operand's; an attribute must be there.
func parseAnythingBut(operand any) (condition, error) {
	switch v := operand.(type) {
	case map[string]any:
		for operator, operand := range v {
			if len(v) > 1 || operator != "prefix" && operator != "suffix" {
				break
			}
			pass, err := parseText(operator, operand)
			return some(func(value any) bool { return !pass(value) }), err
		}
		return nil, fmt.Errorf("anything-but takes values, a prefix or a suffix")
	case []any:
		return some(func(value any) bool { return !slices.Contains(v, value) }), nil
	default:
		return some(func(value any) bool { return value != operand }), nil
	}
}

// parseNumeric reads [">", 0, "<=", 100].
func parseNumeric(operand any) (func(any) bool, error) {
	list, ok := operand.([]any)
	if !ok || len(list) == 0 || len(list)%2 != 0 {
		return nil, fmt.Errorf("numeric takes pairs of an operator and a number")
	}
	var tests []func(float64) bool
	for i := 0; i < len(list); i += 2 {
		bound, ok := list[i+1].(float64)
		if !ok {
			return nil, fmt.Errorf("numeric takes pairs of an operator and a number")
		}
		switch list[i] {
		case "=":
			tests = append(tests, func(n float64) bool { return n == bound })
		case "<":
			tests = append(tests, func(n float64) bool { return n < bound })
		case "<=":
			tests = append(tests, func(n float64) bool { return n <= bound })
		case ">":
			tests = append(tests, func(n float64) bool { return n > bound })
		case ">=":
			tests = append(tests, func(n float64) bool { return n >= bound })
		default:
			return nil, fmt.Errorf("numeric has no operator %v", list[i])
		}
	}
	return func(value any) bool {
		n, ok := value.(float64)
		return ok && !slices.ContainsFunc(tests, func(test func(float64) bool) bool { return !test(n) })
	}, nil
}
