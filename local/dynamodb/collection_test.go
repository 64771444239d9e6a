package dynamodb_test

// This file asks how large item collections are.

import (
	"strings"
	"testing"
)

func TestWritesTellOfTheirCollectionsWhereThereAreLocalIndexes(t *testing.T) {
	const (
		metrics = `{"ItemCollectionKey":{"p":{"S":"a"}},"SizeEstimateRangeGB":[0,1]}`
		one     = `"ItemCollectionMetrics":` + metrics
		several = `"ItemCollectionMetrics":{"people":[` + metrics + `]}`
		key     = `{"p": {"S": "a"}, "n": {"N": "1"}}`
		other   = `{"p": {"S": "a"}, "n": {"N": "2"}}`
		size    = `, "ReturnItemCollectionMetrics": "SIZE"}`
	)
	c, _ := service(t)
	local := strings.TrimSuffix(people, "}") + `, "LocalSecondaryIndexes": [{"IndexName": "byN", "Projection": {"ProjectionType": "ALL"},
		"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}]}]}`
	if got := told(c, "CreateTable", local); !strings.Contains(got, "CREATING") {
		t.Fatal(got)
	}
	for _, row := range []struct{ action, input, want string }{
		{"PutItem", `{"TableName": "people", "Item": ` + key + size, one},
		{"UpdateItem", `{"TableName": "people", "Key": ` + key + size, one},
		{"DeleteItem", `{"TableName": "people", "Key": ` + key + size, one},
		{"BatchWriteItem", `{"RequestItems": {"people": [{"PutRequest": {"Item": ` + key + `}}, {"PutRequest": {"Item": ` + other + `}}]}` + size, several},
		{"TransactWriteItems", `{"TransactItems": [{"Put": {"TableName": "people", "Item": ` + key + `}}, {"Delete": {"TableName": "people", "Key": ` + other + `}}]` + size, several},
	} {
		if got := told(c, row.action, row.input); !strings.Contains(got, row.want) {
			t.Errorf("%s: %s, want %s", row.action, got, row.want)
		}
		if got := told(c, row.action, strings.Replace(row.input, size, "}", 1)); strings.Contains(got, "ItemCollectionMetrics") || strings.Contains(got, "Exception") {
			t.Errorf("%s, unasked: %s", row.action, got)
		}
	}
}
