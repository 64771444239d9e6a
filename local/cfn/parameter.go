package cfn

// This file gives the parameters their values.

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// ssmParameter is the value of a parameter of type AWS::SSM::Parameter::Value:
// what the SSM parameter of this name holds. Unless that is known of the stack, it
// is looked up when a resource refers to it, as the CDK declares one that only its
// Rules read.
type ssmParameter struct {
	name string
	list bool
}

// of is what Ref answers where Parameter Store holds a text.
func (p ssmParameter) of(text string) any {
	if !p.list {
		return text
	}
	var list []any
	for element := range strings.SplitSeq(text, ",") {
		list = append(list, strings.TrimSpace(element))
	}
	return list
}

// Hold takes down what Parameter Store holds by now for the parameters that take
// their values from it. It returns those for which it has nothing.
func (s *Stack) Hold() (missing []string, err error) {
	s.Held = nil
	values, err := s.parameters()
	if err != nil {
		return nil, err
	}
	held := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.Template.Parameters)) {
		p, ok := values[name].(ssmParameter)
		if !ok {
			continue
		}
		if s.Dynamic != nil {
			if text, err := s.Dynamic("ssm", p.name); err == nil {
				held[name] = text
				continue
			}
		}
		missing = append(missing, name)
	}
	s.Held = held
	return missing, nil
}

// given is what a parameter is given, or its default.
func (s *Stack) given(name string) (value any, ok bool) {
	if given, ok := s.Parameters[name]; ok {
		return given, true
	}
	declared, ok := s.Template.Parameters[name]
	return declared.Default, ok
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
		value, _ := s.given(name)
		if value == nil {
			return nil, fmt.Errorf("parameter %s has no default: give it a value", name)
		}
		var err error
		if values[name], err = declared.value(value); err != nil {
			return nil, refusal(fmt.Sprintf("Parameter '%s' %v", name, err))
		}
		if held, ok := s.Held[name]; ok {
			if p, ok := values[name].(ssmParameter); ok {
				values[name] = p.of(held)
			}
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
		if err := p.allows(element); err != nil {
			return nil, err
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

// allows refuses a value that the parameter does not take. It does not repeat
// the value, which may be a secret.
func (p parameter) allows(text string) error {
	fault, err := p.fault(text)
	switch {
	case err != nil || fault == "":
		return err
	case p.ConstraintDescription != "":
		return fmt.Errorf("failed to satisfy constraint: %s", p.ConstraintDescription)
	}
	return errors.New(fault)
}

// fault says what a value must be that it is not, or nothing.
func (p parameter) fault(text string) (string, error) {
	among := func(allowed any) bool {
		allowedText, _ := scalarText(allowed)
		return allowedText == text
	}
	matches, err := p.matches(text)
	length := float64(utf8.RuneCountInString(text))
	value, notNumber := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return "", err
	case len(p.AllowedValues) > 0 && !slices.ContainsFunc(p.AllowedValues, among):
		return "must be one of AllowedValues", nil
	case !matches:
		return "must match pattern " + p.AllowedPattern, nil
	case beyond(p.MinLength, func(limit float64) bool { return length < limit }):
		return fmt.Sprintf("must contain at least %v characters", p.MinLength), nil
	case beyond(p.MaxLength, func(limit float64) bool { return length > limit }):
		return fmt.Sprintf("must contain at most %v characters", p.MaxLength), nil
	case (p.Type == "Number" || p.Type == "List<Number>") && notNumber != nil:
		return "must be a number.", nil
	case beyond(p.MinValue, func(limit float64) bool { return value < limit }):
		return fmt.Sprintf("must be a number not less than %v", p.MinValue), nil
	case beyond(p.MaxValue, func(limit float64) bool { return value > limit }):
		return fmt.Sprintf("must be a number not greater than %v", p.MaxValue), nil
	}
	return "", nil
}

// matches asks the whole of AllowedPattern, which is one of Java's.
func (p parameter) matches(text string) (bool, error) {
	if p.AllowedPattern == "" {
		return true, nil
	}
	pattern, err := regexp2.Compile(`\A(?:`+p.AllowedPattern+`)\z`, regexp2.None)
	if err != nil {
		return false, fmt.Errorf("has an AllowedPattern that is no regular expression: %w", err)
	}
	pattern.MatchTimeout = time.Second
	return pattern.MatchString(text)
}

// beyond asks about a limit, a number or the text of one, if there is one.
func beyond(limit any, isBeyond func(limit float64) bool) bool {
	text, _ := scalarText(limit)
	number, err := strconv.ParseFloat(text, 64)
	return err == nil && isBeyond(number)
}
