package cfn

// This file judges the values of parameters by the template's rules, as
// CloudFormation does before it looks at anything else.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-rules.html

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// rule is a rule about parameters. One whose condition does not hold says nothing.
type rule struct {
	RuleCondition any
	Assertions    []struct {
		Assert            any
		AssertDescription string
	}
}

// Validate takes what Parameter Store holds for the parameters and refuses their
// values: those that it does not have, and those that break the template's rules. An engine that starts with an assembly does not
// ask: the CDK's rule is about `cdk bootstrap`, and nobody deploys then.
func (s *Stack) Validate() error {
	missing, err := s.Hold()
	if err != nil {
		return err
	}
	var names []string
	for _, name := range missing {
		if s.Template.Parameters[name].Default == nil {
			return refusal("Parameter " + name + " should either have input value or default value") // recorded in August 2025
		}
		value, _ := s.given(name)
		names = append(names, fmt.Sprint(value))
	}
	if len(names) > 0 {
		return refusal("Unable to fetch parameters [" + strings.Join(names, ",") + "] from parameter store for this account.")
	}
	r, _, err := s.wanted()
	if err != nil {
		return err
	}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(s.Template.Rules)) {
		faults = append(faults, r.judge(name, s.Template.Rules[name]))
	}
	return errors.Join(faults...)
}

// judge evaluates one rule.
func (r *resolver) judge(name string, rule rule) error {
	if rule.RuleCondition != nil {
		if holds, err := r.truth(rule.RuleCondition); err != nil || !holds {
			return wrapped("rule "+name, err)
		}
	}
	for _, assertion := range rule.Assertions {
		holds, err := r.truth(assertion.Assert)
		switch {
		case err != nil:
			return wrapped("rule "+name, err)
		case !holds && assertion.AssertDescription == "":
			return fmt.Errorf("rule %s does not hold", name)
		case !holds:
			return fmt.Errorf("rule %s does not hold: %s", name, assertion.AssertDescription)
		}
	}
	return nil
}

func wrapped(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (r *resolver) truth(expression any) (bool, error) {
	value, err := r.resolve(expression)
	if err != nil {
		return false, err
	}
	holds, ok := value.(bool)
	if !ok {
		return false, fmt.Errorf("%v is neither true nor false", value)
	}
	return holds, nil
}

// texts resolves the two arguments of a function about lists of texts. A single
// text counts as a list of one.
func (r *resolver) texts(argument any) (a, b []string, err error) {
	arguments, err := r.list(argument, 2)
	if err != nil {
		return nil, nil, err
	}
	var lists [2][]string
	for i, argument := range arguments {
		elements, ok := argument.([]any)
		if !ok {
			elements = []any{argument}
		}
		for _, element := range elements {
			text, ok := scalarText(element)
			if !ok {
				return nil, nil, fmt.Errorf("wants texts, got %v", element)
			}
			lists[i] = append(lists[i], text)
		}
	}
	return lists[0], lists[1], nil
}

// contains tells whether a list has a text.
func (r *resolver) contains(argument any) (any, error) {
	list, texts, err := r.texts(argument)
	return err == nil && each(texts, func(text string) bool { return slices.Contains(list, text) }), err
}

// eachMemberIn tells whether the second list has all of the first.
func (r *resolver) eachMemberIn(argument any) (any, error) {
	some, all, err := r.texts(argument)
	return err == nil && each(some, func(text string) bool { return slices.Contains(all, text) }), err
}

// eachMemberEquals tells whether a list has nothing but a text.
func (r *resolver) eachMemberEquals(argument any) (any, error) {
	list, texts, err := r.texts(argument)
	return err == nil && len(texts) == 1 && each(list, func(text string) bool { return text == texts[0] }), err
}

func each(texts []string, holds func(string) bool) bool {
	return !slices.ContainsFunc(texts, func(text string) bool { return !holds(text) })
}

// refAll are the values of all parameters of a type.
func (r *resolver) refAll(argument any) (any, error) {
	var values []any
	for _, name := range slices.Sorted(maps.Keys(r.template.Parameters)) {
		if r.template.Parameters[name].Type == argument {
			values = append(values, r.parameters[name])
		}
	}
	return values, nil
}
