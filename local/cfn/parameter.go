package cfn

// This file gives the parameters their values.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ssmParameter is the value of a parameter of type AWS::SSM::Parameter::Value:
// what the SSM parameter of this name holds. It is looked up when a resource
// refers to it, as the CDK declares one that only its Rules read.
type ssmParameter struct {
	name string
	list bool
}

func (s *Stack) parameters() (map[string]any, error) {
	values := map[string]any{
		"AWS::AccountId":        s.Site.Account,
		"AWS::Region":           s.Site.Region,
		"AWS::Partition":        "aws",
		"AWS::URLSuffix":        "amazonaws.com",
		"AWS::StackName":        s.Name,
		"AWS::StackId":          s.ID(),
		"AWS::NotificationARNs": []any{},
		"AWS::NoValue":          noValue{},
	}
	for _, name := range slices.Sorted(maps.Keys(s.Template.Parameters)) {
		declared := s.Template.Parameters[name]
		value := declared.Default
		if given, ok := s.Parameters[name]; ok {
			value = given
		}
		if value == nil {
			return nil, fmt.Errorf("parameter %s has no default: give it a value", name)
		}
		var err error
		if values[name], err = declared.value(value); err != nil {
			return nil, fmt.Errorf("parameter %s %w", name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Parameters)) {
		if _, ok := s.Template.Parameters[name]; !ok {
			return nil, fmt.Errorf("parameter %s is not declared by the template of stack %s", name, s.Name)
		}
	}
	return values, nil
}

// value returns what Ref answers for the parameter when it is given as value.
func (p parameter) value(value any) (any, error) {
	text, ok := scalarText(value)
	if !ok {
		return nil, fmt.Errorf("must be a scalar, got %v", value)
	}
	elements := []string{text}
	if p.isList() {
		elements = strings.Split(text, ",")
	}
	var list []any
	for _, element := range elements {
		element = strings.TrimSpace(element)
		if !p.allows(element) {
			return nil, fmt.Errorf("must be one of %v, got %v", p.AllowedValues, value)
		}
		list = append(list, element)
	}
	switch held, fromSSM := strings.CutPrefix(p.Type, "AWS::SSM::Parameter::Value<"); {
	case fromSSM:
		return ssmParameter{name: text, list: parameter{Type: strings.TrimSuffix(held, ">")}.isList()}, nil
	case p.isList():
		return list, nil
	default:
		return value, nil
	}
}

func (p parameter) isList() bool {
	return p.Type == "CommaDelimitedList" || strings.HasPrefix(p.Type, "List<")
}

func (p parameter) allows(text string) bool {
	return len(p.AllowedValues) == 0 || slices.ContainsFunc(p.AllowedValues, func(allowed any) bool {
		allowedText, _ := scalarText(allowed)
		return allowedText == text
	})
}
