package dynamodb

// This file reads conditions as they were before there were expressions, and
// makes of them what expressions are made of.

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// An attributeCondition is a member of KeyConditions, QueryFilter and ScanFilter.
type attributeCondition struct {
	ComparisonOperator string
	AttributeValueList []value
}

// attributeConditions are by the name of the attribute.
type attributeConditions map[string]attributeCondition

// An expectation is a member of Expected: an attributeCondition, or whether
// there is an attribute and which.
type expectation struct {
	Value              *value
	Exists             *bool
	ComparisonOperator string
	AttributeValueList []value
}

// legacyCondition is what a write has in the place of a ConditionExpression.
type legacyCondition struct {
	Expected            map[string]expectation
	ConditionalOperator string
}

// comparisons are the operators, with the least and the most values that they
// compare with, the types of those and the sign in an expression.
var comparisons = map[string]struct {
	least, most int
	kinds       []kind
	sign        string
}{
	"EQ":           {1, 1, nil, "="},
	"NE":           {1, 1, nil, "<>"},
	"LE":           {1, 1, scalars, "<="},
	"LT":           {1, 1, scalars, "<"},
	"GE":           {1, 1, scalars, ">="},
	"GT":           {1, 1, scalars, ">"},
	"CONTAINS":     {1, 1, containable, ""},
	"NOT_CONTAINS": {1, 1, containable, ""},
	"BEGINS_WITH":  {1, 1, []kind{kindString, kindBinary}, "begins_with"},
	"IN":           {1, 100, scalars, ""},
	"BETWEEN":      {2, 2, scalars, "BETWEEN"},
	"NULL":         {},
	"NOT_NULL":     {},
}

var (
	scalars     = []kind{kindString, kindNumber, kindBinary}
	containable = []kind{kindString, kindNumber, kindBinary, kindBool, kindNull}
)

// check holds the values to the operator; member names the condition.
func (c attributeCondition) check(member string) error {
	comparison, ok := comparisons[c.ComparisonOperator]
	switch {
	case c.ComparisonOperator == "":
		return invalid("1 validation error detected: Value null at '%s.comparisonOperator' failed to satisfy constraint: Member must not be null", member)
	case !ok:
		return checkEnum(member+".comparisonOperator", c.ComparisonOperator, "IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE", "BEGINS_WITH", "GE", "CONTAINS")
	case len(c.AttributeValueList) < comparison.least || len(c.AttributeValueList) > comparison.most:
		return invalid("One or more parameter values were invalid: Invalid number of argument(s) for the %s ComparisonOperator", c.ComparisonOperator)
	}
	for _, v := range c.AttributeValueList {
		switch {
		case v.kind != c.AttributeValueList[0].kind:
			return invalid("One or more parameter values were invalid: AttributeValues inside AttributeValueList must be of same type")
		case comparison.kinds != nil && !slices.Contains(comparison.kinds, v.kind):
			return invalid("One or more parameter values were invalid: ComparisonOperator %s is not valid for %s AttributeValue type", c.ComparisonOperator, v.kind)
		}
	}
	if c.ComparisonOperator == "BETWEEN" {
		if order, _ := c.AttributeValueList[0].compare(c.AttributeValueList[1]); order > 0 {
			return invalid("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
		}
	}
	return nil
}

// of is the condition on the attribute of a name.
func (c attributeCondition) of(name string) condition {
	place := path{{name: name}}
	list := make([]operand, len(c.AttributeValueList))
	for i, v := range c.AttributeValueList {
		list[i] = literal(v)
	}
	switch c.ComparisonOperator {
	case "NULL", "NOT_NULL":
		return existence{place, c.ComparisonOperator == "NOT_NULL"}
	case "IN":
		return membership{place, list}
	case "BETWEEN":
		return between{place, list[0], list[1]}
	case "BEGINS_WITH":
		return prefixCheck{place, list[0]}
	case "CONTAINS":
		return containment{place, list[0]}
	case "NOT_CONTAINS":
		return and{existence{place, true}, not{containment{place, list[0]}}}
	default:
		return comparison{comparisons[c.ComparisonOperator].sign, place, list[0]}
	}
}

// parse returns the conditions as one, nil if there are none; parameter names
// them in errors.
func (c attributeConditions) parse(parameter, conditionalOperator string) (condition, error) {
	if err := checkEnum("conditionalOperator", conditionalOperator, "OR", "AND"); err != nil {
		return nil, err
	}
	if conditionalOperator != "" && len(c) == 0 {
		return nil, invalid("One or more parameter values were invalid: ConditionalOperator cannot be used without Filter or Expected")
	}
	var all condition
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if err := cmp.Or(checkName(name), c[name].check(parameter+"."+name+".member")); err != nil {
			return nil, err
		}
		one := c[name].of(name)
		switch {
		case all == nil:
			all = one
		case conditionalOperator == "OR":
			all = or{all, one}
		default:
			all = and{all, one}
		}
	}
	return all, nil
}

// parse returns the expectations as one condition, nil if there are none.
func (l legacyCondition) parse() (condition, error) {
	conditions := attributeConditions{}
	for _, name := range slices.Sorted(maps.Keys(l.Expected)) {
		c, err := l.Expected[name].condition(name)
		if err != nil {
			return nil, err
		}
		conditions[name] = c
	}
	return conditions.parse("expected", l.ConditionalOperator)
}

func (e expectation) condition(name string) (attributeCondition, error) {
	c := attributeCondition{e.ComparisonOperator, e.AttributeValueList}
	refuse := func(format string, args ...any) (attributeCondition, error) {
		return c, invalid("One or more parameter values were invalid: "+format+" for Attribute: "+name, args...)
	}
	switch {
	case e.AttributeValueList != nil && e.Value != nil:
		return refuse("Value and AttributeValueList cannot be used together")
	case e.ComparisonOperator != "" && e.Exists != nil:
		return refuse("Exists and ComparisonOperator cannot be used together")
	case e.ComparisonOperator == "" && e.AttributeValueList != nil:
		return refuse("AttributeValueList can only be used with a ComparisonOperator")
	case e.ComparisonOperator == "":
		return e.existence(refuse)
	case e.Value != nil:
		c.AttributeValueList = []value{*e.Value}
	case e.AttributeValueList == nil && e.ComparisonOperator != "NULL" && e.ComparisonOperator != "NOT_NULL":
		return refuse("Value or AttributeValueList must be used with ComparisonOperator: %s", e.ComparisonOperator)
	}
	return c, nil
}

// existence reads Exists, which stands for NULL, or EQ with the Value.
func (e expectation) existence(refuse func(format string, args ...any) (attributeCondition, error)) (attributeCondition, error) {
	absent := e.Exists != nil && !*e.Exists
	switch {
	case absent && e.Value != nil:
		return refuse("Value cannot be used when Exists is false")
	case absent:
		return attributeCondition{ComparisonOperator: "NULL"}, nil
	case e.Value == nil && e.Exists == nil:
		return refuse("Value must be provided when Exists is null")
	case e.Value == nil:
		return refuse("Value must be provided when Exists is true")
	}
	return attributeCondition{"EQ", []value{*e.Value}}, nil
}

// keyTests are KeyConditions as the tests of a query.
func (c attributeConditions) keyTests() ([]keyTest, error) {
	var tests []keyTest
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if err := c[name].check("keyConditions." + name + ".member"); err != nil {
			return nil, err
		}
		sign := comparisons[c[name].ComparisonOperator].sign
		if sign == "" || sign == "<>" {
			return nil, invalid("Attempted conditional constraint is not an indexable operation")
		}
		tests = append(tests, keyTest{name, sign, c[name].AttributeValueList})
	}
	return tests, nil
}

// attributesToGet is what there was in the place of a ProjectionExpression.
type attributesToGet struct{ AttributesToGet []string }

func (a attributesToGet) parse() (projection, error) {
	if a.AttributesToGet == nil {
		return nil, nil
	}
	if len(a.AttributesToGet) == 0 {
		return nil, invalid("1 validation error detected: Value '[]' at 'attributesToGet' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	var paths projection
	seen := map[string]bool{}
	for _, name := range a.AttributesToGet {
		if err := checkName(name); err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, invalid("One or more parameter values were invalid: Duplicate value in attribute name: %s", name)
		}
		seen[name] = true
		paths = append(paths, path{{name: name}})
	}
	return paths, nil
}

// A parameter is one of a request, or not.
type parameter struct {
	name  string
	given bool
}

// checkMixed refuses expressions beside what they have replaced.
func checkMixed(legacy, expressions []parameter) error {
	names := func(parameters []parameter) string {
		var given []string
		for _, p := range parameters {
			if p.given {
				given = append(given, p.name)
			}
		}
		return strings.Join(given, ", ")
	}
	if names(legacy) == "" || names(expressions) == "" {
		return nil
	}
	return invalid("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {%s} Expression parameters: {%s}", names(legacy), names(expressions))
}
