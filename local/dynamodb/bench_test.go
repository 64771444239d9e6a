package dynamodb_test

import (
	"fmt"
	"strings"
	"testing"
)

// filled returns a call function over a table of 100,000 items.
func filled(b *testing.B) func(action, input string) {
	b.Helper()
	c, _ := service(b)
	perform := func(action, input string) {
		if got := call(c, action, input); strings.Contains(got, "Exception") {
			b.Fatal(got)
		}
	}
	perform("CreateTable", `{"TableName": "orders", `+keyed+`}`)
	for i := range 100_000 {
		perform("PutItem", putInput(i))
	}
	b.ResetTimer()
	return perform
}

func putInput(i int) string {
	return fmt.Sprintf(`{"TableName": "orders", "Item": {"id": {"S": "order-%d"}, "n": {"N": "%d"}, "text": {"S": "Quotes and notes of an ordinary length"}}}`, i, i)
}

func BenchmarkPutItem(b *testing.B) {
	perform := filled(b)
	for i := 0; b.Loop(); i++ {
		perform("PutItem", putInput(100_000+i))
	}
}

func BenchmarkGetItem(b *testing.B) {
	perform := filled(b)
	for i := 0; b.Loop(); i++ {
		perform("GetItem", fmt.Sprintf(`{"TableName": "orders", "Key": {"id": {"S": "order-%d"}}}`, i%100_000))
	}
}

func BenchmarkConditionalUpdateItem(b *testing.B) {
	perform := filled(b)
	for i := 0; b.Loop(); i++ {
		perform("UpdateItem", fmt.Sprintf(`{"TableName": "orders", "Key": {"id": {"S": "order-%d"}}, "UpdateExpression": "SET n = n + :one", "ConditionExpression": "attribute_exists(id) AND n >= :zero", "ExpressionAttributeValues": {":one": {"N": "1"}, ":zero": {"N": "0"}}}`, i%100_000))
	}
}

func BenchmarkTransactWriteItems(b *testing.B) {
	perform := filled(b)
	for i := 0; b.Loop(); i++ {
		perform("TransactWriteItems", fmt.Sprintf(`{"ClientRequestToken": "token-%d", "TransactItems": [
			{"Put": {"TableName": "orders", "Item": {"id": {"S": "transaction-%d"}}, "ConditionExpression": "attribute_not_exists(id)"}},
			{"Put": {"TableName": "orders", "Item": {"id": {"S": "outcome-%d"}}}}]}`, i, i, i))
	}
}
