package dynamodb_test

// This file sends the parameters that expressions have replaced.

import (
	"strings"
	"testing"
)

// people is a table for twoPeople.
const people = `{"TableName": "people", "BillingMode": "PAY_PER_REQUEST",
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}]}`

var twoPeople = []string{
	`{"TableName": "people", "Item": {"p": {"S": "p"}, "n": {"N": "1"}, "age": {"N": "30"}, "tags": {"SS": ["a", "b"]}, "list": {"L": [{"S": "x"}]}, "who": {"S": "ann"}}}`,
	`{"TableName": "people", "Item": {"p": {"S": "p"}, "n": {"N": "2"}, "who": {"S": "bob"}}}`,
}

func TestConditionsWithoutExpressionsHoldAsOnAWS(t *testing.T) {
	const (
		both, none    = `"Count":2`, `"Count":0`
		first, second = `"who":{"S":"ann"}}],"Count":1`, `"who":{"S":"bob"}}],"Count":1`
		wrong         = "One or more parameter values were invalid: "
	)
	for _, row := range []struct{ filter, more, want string }{
		{`{"age": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "30"}]}}`, "", first},
		{`{"who": {"ComparisonOperator": "NE", "AttributeValueList": [{"S": "bob"}]}}`, "", first},
		{`{"age": {"ComparisonOperator": "NE", "AttributeValueList": [{"N": "31"}]}}`, "", both},
		{`{"age": {"ComparisonOperator": "LT", "AttributeValueList": [{"N": "30"}]}}`, "", none},
		{`{"age": {"ComparisonOperator": "LE", "AttributeValueList": [{"N": "30"}]}}`, "", first},
		{`{"age": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "30"}]}}`, "", none},
		{`{"age": {"ComparisonOperator": "GE", "AttributeValueList": [{"N": "30"}]}}`, "", first},
		{`{"age": {"ComparisonOperator": "NULL"}}`, "", second},
		{`{"age": {"ComparisonOperator": "NOT_NULL"}}`, "", first},
		{`{"tags": {"ComparisonOperator": "CONTAINS", "AttributeValueList": [{"S": "a"}]}}`, "", first},
		{`{"tags": {"ComparisonOperator": "NOT_CONTAINS", "AttributeValueList": [{"S": "c"}]}}`, "", first},
		{`{"who": {"ComparisonOperator": "BEGINS_WITH", "AttributeValueList": [{"S": "b"}]}}`, "", second},
		{`{"who": {"ComparisonOperator": "IN", "AttributeValueList": [{"S": "bob"}, {"S": "ann"}]}}`, "", both},
		{`{"age": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "29"}, {"N": "30"}]}}`, "", first},
		{`{"age": {"ComparisonOperator": "NULL"}, "who": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "ann"}]}}`, "", none},
		{`{"age": {"ComparisonOperator": "NULL"}, "who": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "ann"}]}}`, `, "ConditionalOperator": "OR"`, both},
		{"null", `, "ConditionalOperator": "OR"`, wrong + "ConditionalOperator cannot be used without Filter or Expected"},
		{`{"age": {"ComparisonOperator": "NULL"}}`, `, "FilterExpression": "attribute_exists(age)"`, "Non-expression parameters: {FILTER} Expression parameters: {FilterExpression}"},
		{`{"age": {"ComparisonOperator": "LIKE"}}`, "", "Value 'LIKE' at 'PARAMETER.age.member.comparisonOperator'"},
		{`{"age": {}}`, "", "Value null at 'PARAMETER.age.member.comparisonOperator'"},
		{`{"age": {"ComparisonOperator": "EQ"}}`, "", wrong + "Invalid number of argument(s) for the EQ ComparisonOperator"},
		{`{"age": {"ComparisonOperator": "IN", "AttributeValueList": [{"S": "1"}, {"N": "1"}]}}`, "", wrong + "AttributeValues inside AttributeValueList must be of same type"},
		{`{"age": {"ComparisonOperator": "LT", "AttributeValueList": [{"BOOL": true}]}}`, "", wrong + "ComparisonOperator LT is not valid for BOOL AttributeValue type"},
		{`{"age": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "2"}, {"N": "1"}]}}`, "", "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"},
		{`{"n": {"ComparisonOperator": "NOT_NULL"}}`, "", ""},
	} {
		c, _ := service(t)
		told(c, "CreateTable", people)
		for _, one := range twoPeople {
			told(c, "PutItem", one)
		}
		const partition = `"KeyConditions": {"p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "p"}]}}, `
		for _, try := range []struct{ action, parameter, key string }{{"Scan", "scanFilter", ""}, {"Query", "queryFilter", partition}} {
			filter := strings.ToUpper(try.parameter[:1]) + try.parameter[1:]
			want := strings.ReplaceAll(strings.ReplaceAll(row.want, "PARAMETER", try.parameter), "FILTER", filter)
			if want == "" && try.action == "Query" {
				want = "QueryFilter can only contain non-primary key attributes: Primary key attribute: n"
			}
			if got := told(c, try.action, `{"TableName": "people", `+try.key+`"`+filter+`": `+row.filter+row.more+`}`); !strings.Contains(got, want) {
				t.Errorf("%s with %s: %s, want %s", try.action, row.filter+row.more, got, want)
			}
		}
	}
}

func TestWritesWithoutExpressionsAreThoseOfAWS(t *testing.T) {
	const (
		wrong = "ValidationException: One or more parameter values were invalid: "
		key   = `"Key": {"p": {"S": "p"}, "n": {"N": "1"}}`
		put   = `"Item": {"p": {"S": "p"}, "n": {"N": "1"}}`
	)
	for _, row := range []struct{ name, action, input, want, after string }{
		{"an expected value", "PutItem", put + `, "Expected": {"age": {"Value": {"N": "30"}}}`, `{}`, `{"n":{"N":"1"},"p":{"S":"p"}}`},
		{"another value", "DeleteItem", key + `, "Expected": {"age": {"Value": {"N": "31"}}}`, "ConditionalCheckFailedException", `"age":{"N":"30"}`},
		{"nothing expected", "DeleteItem", key + `, "Expected": {"none": {"Exists": false}}`, `{}`, `{}`},
		{"something unexpected", "DeleteItem", key + `, "Expected": {"age": {"Exists": false}}`, "ConditionalCheckFailedException", `"age":{"N":"30"}`},
		{"a comparison", "DeleteItem", key + `, "Expected": {"age": {"ComparisonOperator": "GT", "Value": {"N": "29"}}}`, `{}`, `{}`},
		{"comparisons of which one holds", "DeleteItem", key + `, "ConditionalOperator": "OR", "Expected": {"age": {"ComparisonOperator": "NULL"}, "who": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "ann"}]}}`, `{}`, `{}`},
		{"two ways to say a value", "DeleteItem", key + `, "Expected": {"age": {"ComparisonOperator": "EQ", "Value": {"N": "1"}, "AttributeValueList": [{"N": "1"}]}}`, wrong + "Value and AttributeValueList cannot be used together for Attribute: age", ""},
		{"two ways to compare", "DeleteItem", key + `, "Expected": {"age": {"ComparisonOperator": "EQ", "Value": {"N": "1"}, "Exists": true}}`, wrong + "Exists and ComparisonOperator cannot be used together for Attribute: age", ""},
		{"a list to compare in no way", "DeleteItem", key + `, "Expected": {"age": {"AttributeValueList": [{"N": "1"}]}}`, wrong + "AttributeValueList can only be used with a ComparisonOperator for Attribute: age", ""},
		{"a comparison with nothing", "DeleteItem", key + `, "Expected": {"age": {"ComparisonOperator": "EQ"}}`, wrong + "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: age", ""},
		{"a value of what must not be", "DeleteItem", key + `, "Expected": {"age": {"Exists": false, "Value": {"N": "1"}}}`, wrong + "Value cannot be used when Exists is false for Attribute: age", ""},
		{"no value", "DeleteItem", key + `, "Expected": {"age": {}}`, wrong + "Value must be provided when Exists is null for Attribute: age", ""},
		{"no value of what must be", "DeleteItem", key + `, "Expected": {"age": {"Exists": true}}`, wrong + "Value must be provided when Exists is true for Attribute: age", ""},
		{"an expression too", "DeleteItem", key + `, "ConditionExpression": "attribute_exists(p)", "Expected": {"age": {"Exists": false}}`, "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}", ""},
		{"a change and an expression", "UpdateItem", key + `, "UpdateExpression": "REMOVE age", "AttributeUpdates": {"age": {"Action": "DELETE"}}`, "Non-expression parameters: {AttributeUpdates} Expression parameters: {UpdateExpression}", ""},
		{"a value put", "UpdateItem", key + `, "ReturnValues": "UPDATED_NEW", "AttributeUpdates": {"age": {"Value": {"S": "x"}}}`, `{"Attributes":{"age":{"S":"x"}}}`, `"age":{"S":"x"}`},
		{"a number added", "UpdateItem", key + `, "AttributeUpdates": {"age": {"Action": "ADD", "Value": {"N": "2"}}}`, `{}`, `"age":{"N":"32"}`},
		{"members added", "UpdateItem", key + `, "AttributeUpdates": {"tags": {"Action": "ADD", "Value": {"SS": ["c"]}}}`, `{}`, `"tags":{"SS":["a","b","c"]}`},
		{"elements added", "UpdateItem", key + `, "AttributeUpdates": {"list": {"Action": "ADD", "Value": {"L": [{"S": "y"}]}}}`, `{}`, `"list":{"L":[{"S":"x"},{"S":"y"}]}`},
		{"members taken away", "UpdateItem", key + `, "AttributeUpdates": {"tags": {"Action": "DELETE", "Value": {"SS": ["a"]}}}`, `{}`, `"tags":{"SS":["b"]}`},
		{"an attribute taken away", "UpdateItem", key + `, "AttributeUpdates": {"who": {"Action": "DELETE"}}`, `{}`, `"tags":{"SS":["a","b"]}}`},
		{"an unmet change", "UpdateItem", key + `, "Expected": {"age": {"Exists": false}}, "AttributeUpdates": {"age": {"Action": "DELETE"}}`, "ConditionalCheckFailedException", `"age":{"N":"30"}`},
		{"another type added", "UpdateItem", key + `, "AttributeUpdates": {"who": {"Action": "ADD", "Value": {"N": "2"}}}`, "Type mismatch for attribute to update", ""},
		{"another type taken away", "UpdateItem", key + `, "AttributeUpdates": {"who": {"Action": "DELETE", "Value": {"SS": ["2"]}}}`, "Type mismatch for attribute to update", ""},
		{"the key", "UpdateItem", key + `, "AttributeUpdates": {"n": {"Value": {"N": "2"}}}`, wrong + "Cannot update attribute n. This attribute is part of the key", ""},
		{"nothing put", "UpdateItem", key + `, "AttributeUpdates": {"age": {}}`, wrong + "Only DELETE action is allowed when no attribute value is specified", ""},
		{"a text taken away", "UpdateItem", key + `, "AttributeUpdates": {"who": {"Action": "DELETE", "Value": {"S": "a"}}}`, wrong + "DELETE action with value is not supported for the type S", ""},
		{"a text added", "UpdateItem", key + `, "AttributeUpdates": {"who": {"Action": "ADD", "Value": {"S": "a"}}}`, wrong + "ADD action is not supported for the type S", ""},
		{"another action", "UpdateItem", key + `, "AttributeUpdates": {"who": {"Action": "GET", "Value": {"S": "a"}}}`, "Value 'GET' at 'attributeUpdates.who.member.action'", ""},
		{"some attributes", "GetItem", key + `, "AttributesToGet": ["age", "none", "n"]`, `{"Item":{"age":{"N":"30"},"n":{"N":"1"}}}`, ""},
		{"one twice", "GetItem", key + `, "AttributesToGet": ["age", "age"]`, wrong + "Duplicate value in attribute name: age", ""},
		{"none", "GetItem", key + `, "AttributesToGet": []`, "Value '[]' at 'attributesToGet' failed to satisfy constraint: Member must have length greater than or equal to 1", ""},
		{"a projection too", "GetItem", key + `, "AttributesToGet": ["age"], "ProjectionExpression": "age"`, "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}", ""},
		{"some, counted", "Scan", `"AttributesToGet": ["age"], "Select": "COUNT"`, "Cannot specify the AttributesToGet when choosing to get COUNT", ""},
		{"a range", "Query", `"AttributesToGet": ["n"], "KeyConditions": {"p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "p"}]}, "n": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "1"}]}}`, `[{"n":{"N":"2"}}]`, ""},
		{"what is no range", "Query", `"KeyConditions": {"p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "p"}]}, "n": {"ComparisonOperator": "NE", "AttributeValueList": [{"N": "1"}]}}`, "Attempted conditional constraint is not an indexable operation", ""},
		{"no partition", "Query", `"KeyConditions": {"n": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "1"}]}}`, "Query condition missed key schema element: p", ""},
		{"no condition", "Query", `"QueryFilter": {}`, "Either the KeyConditions or KeyConditionExpression parameter must be specified", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, _ := service(t)
			told(c, "CreateTable", people)
			for _, one := range twoPeople {
				told(c, "PutItem", one)
			}
			if got := told(c, row.action, `{"TableName": "people", `+row.input+`}`); !strings.Contains(got, row.want) {
				t.Errorf("got %s, want %s", got, row.want)
			}
			if got := told(c, "GetItem", `{"TableName": "people", `+key+`}`); !strings.Contains(got, row.after) {
				t.Errorf("then there is %s, want %s", got, row.after)
			}
		})
	}
}

func TestARequestIsFoundWrongBeforeItsTableIsMissed(t *testing.T) {
	for _, row := range []struct{ action, input string }{
		{"PutItem", `{"TableName": "none", "Item": {"p": {"S": "p"}}, "ConditionExpression": "p ="}`},
		{"UpdateItem", `{"TableName": "none", "Key": {"p": {"S": "p"}}, "UpdateExpression": "SET"}`},
		{"DeleteItem", `{"TableName": "none", "Key": {"p": {"S": "p"}}, "ReturnValues": "ALL_NEW"}`},
		{"GetItem", `{"TableName": "none", "Key": {"p": {"S": "p"}}, "ProjectionExpression": "p,"}`},
		{"Query", `{"TableName": "none", "KeyConditionExpression": "p ="}`},
		{"Scan", `{"TableName": "none", "FilterExpression": "p ="}`},
		{"BatchGetItem", `{"RequestItems": {"none": {"Keys": [{"p": {"S": "p"}}], "ProjectionExpression": "p,"}}}`},
		{"BatchWriteItem", `{"RequestItems": {"none": [{}]}}`},
		{"TransactGetItems", `{"TransactItems": [{"Get": {"TableName": "none", "Key": {"p": {"S": "p"}}, "ProjectionExpression": "p,"}}]}`},
		{"TransactWriteItems", `{"TransactItems": [{"Delete": {"TableName": "none", "Key": {"p": {"S": "p"}}, "ConditionExpression": "p ="}}]}`},
	} {
		c, _ := service(t)
		if got := told(c, row.action, row.input); !strings.HasPrefix(got, "ValidationException") {
			t.Errorf("%s: %s", row.action, got)
		}
	}
}
