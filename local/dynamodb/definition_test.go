package dynamodb_test

// This file defines tables wrongly.

import (
	"strings"
	"testing"
)

func TestFaultyDefinitionsAreRefusedInTheWordsOfAWS(t *testing.T) {
	const (
		wrong = "One or more parameter values were invalid: "
		keys  = `"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}]`
		types = `"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}]`
		all   = `"Projection": {"ProjectionType": "ALL"}`
		byN   = `"KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}]`
	)
	long := strings.Repeat("x", 256)
	global := func(projection string) string {
		return keys + `, ` + types + `, "GlobalSecondaryIndexes": [{"IndexName": "byN", ` + byN + `, ` + projection + `}]`
	}
	local := func(keys string) string {
		return types + `, "LocalSecondaryIndexes": [{"IndexName": "byN", ` + keys + `, ` + all + `}]`
	}
	for _, row := range []struct{ name, definition, want string }{
		{"a type twice", keys + `, ` + strings.Replace(types, "]", `, {"AttributeName": "p", "AttributeType": "N"}]`, 1), wrong + "Duplicate attribute in AttributeDefinitions: p"},
		{"no name", keys + `, "AttributeDefinitions": [{"AttributeType": "S"}]`, "Value null at 'attributeDefinitions.1.member.attributeName' failed to satisfy constraint: Member must not be null"},
		{"no type", keys + `, "AttributeDefinitions": [{"AttributeName": "p"}]`, "Value null at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must not be null"},
		{"another type", keys + `, "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "M"}]`, "Value 'M' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]"},
		{"an undefined key", keys + `, "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}]`, wrong + "Some index key attributes are not defined in AttributeDefinitions. Keys: [n], AttributeDefinitions: [p]"},
		{"an unused type", `"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}], ` + types, wrong + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"},
		{"a long name", strings.ReplaceAll(keys+`, `+types, `"n"`, `"`+long+`"`), "at 'attributeDefinitions.2.member.attributeName' failed to satisfy constraint: Member must have length less than or equal to 255"},
		{"a long name of a key", strings.ReplaceAll(keys, `"n"`, `"`+long+`"`) + `, ` + types, "at 'keySchema.2.member.attributeName' failed to satisfy constraint: Member must have length less than or equal to 255"},
		{"no projection", global(`"Projection": {}`), wrong + "Unknown ProjectionType: null"},
		{"another projection", global(`"Projection": {"ProjectionType": "SOME"}`), "Value 'SOME' at 'globalSecondaryIndexes.1.member.projection.projectionType'"},
		{"nothing included", global(`"Projection": {"ProjectionType": "INCLUDE"}`), wrong + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"},
		{"more than all", global(`"Projection": {"ProjectionType": "ALL", "NonKeyAttributes": ["a"]}`), wrong + "ProjectionType is ALL, but NonKeyAttributes is specified"},
		{"one included twice", global(`"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "a"]}`), wrong + "Duplicate attribute in NonKeyAttributes: a"},
		{"a long name included", global(`"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["` + long + `"]}`), "Member must have length less than or equal to 255"},
		{"an index's bad name", strings.Replace(global(all), "byN", "by?N", 1), "Value 'by?N' at 'globalSecondaryIndexes.1.member.indexName' failed to satisfy constraint: Member must satisfy regular expression"},
		{"an index's short name", strings.Replace(global(all), "byN", "by", 1), "Member must have length between 3 and 255"},
		{"two of a name", global(all + `}, {"IndexName": "byN", ` + byN + `, ` + all), wrong + "Duplicate index name: byN"},
		{"too many indexes", global(all + strings.Repeat(`}, {"IndexName": "byN", `+byN+`, `+all, 20)), wrong + "GlobalSecondaryIndex count exceeds the per-table limit of 20"},
		{"too many local indexes", keys + `, ` + local(keys+`, `+all+strings.Repeat(`}, {"IndexName": "byN", `+keys+`, `+all, 4)+`}, {"IndexName": "byN", `+keys), wrong + "Number of LocalSecondaryIndexes exceeds per-table limit of 5"},
		{"a local index of nothing", `"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}], ` + local(keys), wrong + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"},
		{"a local index without a sort key", keys + `, ` + local(`"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}]`), wrong + "Index KeySchema does not have a range key for index: byN"},
		{"a local index by another key", keys + `, ` + local(`"KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}, {"AttributeName": "p", "KeyType": "RANGE"}]`), wrong + "Index KeySchema does not have the same leading hash key as table KeySchema for index: byN. index hash key: n, table hash key: p"},
		{"no local indexes", keys + `, ` + types + `, "LocalSecondaryIndexes": []`, wrong + "List of LocalSecondaryIndexes is empty"},
	} {
		c, _ := service(t)
		if got := told(c, "CreateTable", `{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST", `+row.definition+`}`); !strings.Contains(got, row.want) {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
}
