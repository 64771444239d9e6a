package dynamodb

// Query: what a key condition says about where to read.

import (
	"context"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type queryRequest struct {
	readRequest
	KeyConditionExpression *string
	KeyConditions          attributeConditions
	QueryFilter            attributeConditions
	ScanIndexForward       *bool
}

func (d *DynamoDB) query(ctx context.Context, caller cloud.Caller, in queryRequest) (readAnswer, error) {
	name, err := d.authorizeIndexed(caller, "Query", in.TableName, in.IndexName)
	if err != nil {
		return readAnswer{}, err
	}
	r := reading{backward: in.ScanIndexForward != nil && !*in.ScanIndexForward}
	tests, filtered, err := in.parse(&r)
	if err != nil {
		return readAnswer{}, err
	}
	if err := d.bindRead(&r, name, in.readRequest); err != nil {
		return readAnswer{}, err
	}
	if names := commonAttributes(r.schema(), filtered); names != "" {
		filter := "Filter Expression"
		if in.QueryFilter != nil {
			filter = "QueryFilter"
		}
		return readAnswer{}, invalid("%s can only contain non-primary key attributes: Primary key attribute: %s", filter, names)
	}
	if r.low, r.high, err = bounds(r.schema(), tests); err != nil {
		return readAnswer{}, err
	}
	r.single = r.index == nil && len(r.table.schema.sort) == 0
	if err := r.startAfter(in.ExclusiveStartKey); err != nil {
		return readAnswer{}, err
	}
	return d.perform(ctx, &r, in.readRequest)
}

// parse returns what the key condition tests, and the paths that the filter uses.
func (q queryRequest) parse(r *reading) (tests []keyTest, filtered []path, err error) {
	legacy := []parameter{{"AttributesToGet", q.AttributesToGet != nil}, {"QueryFilter", q.QueryFilter != nil}, {"ConditionalOperator", q.ConditionalOperator != ""}}
	if q.KeyConditionExpression != nil { // KeyConditions may stand beside the other expressions
		legacy = append(legacy, parameter{"KeyConditions", q.KeyConditions != nil})
	}
	err = checkMixed(legacy, []parameter{
		{"ProjectionExpression", q.ProjectionExpression != nil}, {"FilterExpression", q.FilterExpression != nil}, {"KeyConditionExpression", q.KeyConditionExpression != nil},
	})
	if err != nil {
		return nil, nil, err
	}
	if q.KeyConditionExpression == nil && q.KeyConditions == nil {
		return nil, nil, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	p, err := q.placeholders("FilterExpression and KeyConditionExpression are", q.FilterExpression, q.KeyConditionExpression)
	if err != nil {
		return nil, nil, err
	}
	if tests, err = q.keyTests(p); err != nil {
		return nil, nil, err
	}
	filtered, err = r.parse(q.readRequest, q.QueryFilter, "queryFilter", p)
	return tests, filtered, err
}

func (q queryRequest) keyTests(p *placeholders) ([]keyTest, error) {
	if q.KeyConditionExpression == nil {
		return q.KeyConditions.keyTests()
	}
	c, _, err := parseCondition("KeyConditionExpression", *q.KeyConditionExpression, p)
	if err != nil {
		return nil, err
	}
	return keyTests(c)
}

// A keyTest is one part of a key condition, about one attribute.
type keyTest struct {
	attribute string
	operator  string // =, <, <=, >, >=, BETWEEN or begins_with
	operands  []value
}

// bounds returns the first storage key that satisfies the tests, and the one
// after the last.
func bounds(s schema, tests []keyTest) (low, high string, err error) {
	byAttribute := map[string]keyTest{}
	for _, test := range tests {
		if _, twice := byAttribute[test.attribute]; twice {
			return "", "", invalid("KeyConditionExpressions must only contain one condition per key")
		}
		byAttribute[test.attribute] = test
	}
	partition, err := s.partitionTested(byAttribute)
	if err != nil {
		return "", "", err
	}
	low = string(appendPartition(nil, partition...))
	high = successor(low)
	sorts, err := s.sortTested(byAttribute, len(tests)-len(partition))
	if err != nil {
		return "", "", err
	}
	for _, test := range sorts {
		low, high = test.bounds(low)
	}
	return low, high, nil
}

// partitionTested returns the values that a query asks of the partition key's
// attributes, all of which it has to name.
func (s schema) partitionTested(tests map[string]keyTest) ([]value, error) {
	var values []value
	for _, attribute := range s.partition {
		test, ok := tests[attribute.name]
		switch {
		case len(s.partition) > 1 && (!ok || test.operator != "="):
			return nil, invalid("Query key condition not supported: every HASH key attribute of the index needs an equality condition. Key: %s", attribute.name)
		case !ok:
			return nil, invalid("Query condition missed key schema element: %s", attribute.name)
		case test.operator != "=":
			return nil, invalid("Query key condition not supported")
		}
		if err := test.check(attribute); err != nil {
			return nil, err
		}
		values = append(values, test.operands[0])
	}
	return values, nil
}

// sortTested returns count tests of the sort key, whose attributes a query names
// from the left on and without a gap; only the last may be another one than "=".
func (s schema) sortTested(tests map[string]keyTest, count int) ([]keyTest, error) {
	var sorts []keyTest
	for i, attribute := range s.sort[:min(count, len(s.sort))] {
		test, ok := tests[attribute.name]
		switch {
		case len(s.sort) > 1 && (!ok || i < count-1 && test.operator != "="):
			return nil, invalid("Query key condition not supported: the RANGE key attributes of the index are queried from left to right, and all but the last one need an equality condition. Key: %s", attribute.name)
		case !ok:
			return nil, invalid("Query condition missed key schema element: %s", attribute.name)
		}
		if err := test.check(attribute); err != nil {
			return nil, err
		}
		sorts = append(sorts, test)
	}
	if len(sorts) < count {
		return nil, invalid("Query key condition not supported")
	}
	return sorts, nil
}

func (t keyTest) check(attribute keyAttribute) error {
	for _, operand := range t.operands {
		switch {
		case operand.kind != attribute.kind:
			return invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
		case operand.kind != kindNumber && operand.text == "" && t.operator != "begins_with":
			return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", emptyWord(operand.kind), attribute.name)
		}
	}
	return nil
}

// bounds returns those of a test of the sort key, within a partition.
func (t keyTest) bounds(partition string) (low, high string) {
	at := func(v value) string { return string(appendKey([]byte(partition), v)) }
	first, end := partition, successor(partition)
	operand := t.operands[0]
	switch t.operator {
	case "=":
		return at(operand), successor(at(operand))
	case "<":
		return first, at(operand)
	case "<=":
		return first, successor(at(operand))
	case ">":
		return successor(at(operand)), end
	case ">=":
		return at(operand), end
	case "BETWEEN":
		return at(operand), successor(at(t.operands[1]))
	default: // begins_with
		prefix := string(appendKeyPrefix([]byte(partition), operand))
		return prefix, successor(prefix)
	}
}

// keyTests takes a key condition apart.
func keyTests(c condition) ([]keyTest, error) {
	unsupported := invalid("Query key condition not supported")
	switch c := c.(type) {
	case group:
		return keyTests(c.inner)
	case and:
		left, err := keyTests(c.left)
		if err != nil {
			return nil, err
		}
		right, err := keyTests(c.right)
		return append(left, right...), err
	case comparison:
		if c.operator == "<>" {
			return nil, invalid("Invalid operator used in KeyConditionExpression: <>")
		}
		if _, ok := c.left.(literal); ok {
			return keyTestOf(reversed[c.operator], c.right, c.left)
		}
		return keyTestOf(c.operator, c.left, c.right)
	case between:
		return keyTestOf("BETWEEN", c.operand, c.low, c.high)
	case prefixCheck:
		return keyTestOf("begins_with", c.operand, c.prefix)
	case or:
		return nil, invalid("Invalid operator used in KeyConditionExpression: OR")
	case not:
		return nil, invalid("Invalid operator used in KeyConditionExpression: NOT")
	case membership:
		return nil, invalid("Invalid operator used in KeyConditionExpression: IN")
	case existence, typeCheck, containment:
		return nil, invalid("Invalid operator used in KeyConditionExpression")
	default:
		return nil, unsupported
	}
}

// reversed are the operators as they are when their operands change places.
var reversed = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func keyTestOf(operator string, subject operand, operands ...operand) ([]keyTest, error) {
	p, ok := subject.(path)
	switch {
	case !ok:
		return nil, invalid("Query key condition not supported")
	case len(p) > 1:
		return nil, invalid("Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested attributes")
	}
	test := keyTest{attribute: p.attribute(), operator: operator}
	for _, o := range operands {
		l, ok := o.(literal)
		if !ok {
			return nil, invalid("Query key condition not supported")
		}
		test.operands = append(test.operands, value(l))
	}
	return []keyTest{test}, nil
}

// commonAttributes lists key attributes that a filter must not use.
func commonAttributes(s schema, paths []path) string {
	var names []string
	for _, p := range paths {
		if s.has(p.attribute()) {
			names = append(names, p.attribute())
		}
	}
	return strings.Join(names, ", ")
}
