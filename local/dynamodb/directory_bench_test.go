package dynamodb_test

// What a table of ten thousand rows, such as a directory of partners, costs as
// it is written and read in bulk.

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

const (
	directoryRows = 10_000
	transactItems = 100
	batchGetKeys  = 100
)

// eachRow joins what is written of rows from one on.
func eachRow(from, rows int, write func(i int) string) string {
	parts := make([]string, rows)
	for i := range parts {
		parts[i] = write(from + i)
	}
	return strings.Join(parts, ",")
}

// directoryRow is about as long as a partner's.
func directoryRow(i int) string {
	return fmt.Sprintf(`{"id": {"S": "partner-%05d"}, "version": {"N": "7"}, "status": {"S": "enabled"}, "note": {"S": %q}}`, i, strings.Repeat("key or hash ", 40))
}

// directory returns a call function over the table.
func directory(b *testing.B) func(action, input string) string {
	b.Helper()
	c, _ := service(b)
	perform := func(action, input string) string {
		got := call(c, action, input)
		if strings.Contains(got, "Exception") {
			b.Fatal(got)
		}
		return got
	}
	perform("CreateTable", `{"TableName": "orders", `+keyed+`}`)
	for i := 0; i < directoryRows; i += transactItems {
		perform("TransactWriteItems", putRows(i))
	}
	return perform
}

func putRows(from int) string {
	return `{"TransactItems": [` + eachRow(from, transactItems, func(i int) string {
		return `{"Put": {"TableName": "orders", "Item": ` + directoryRow(i) + `}}`
	}) + `]}`
}

func BenchmarkTransactWriteItemsOfAHundred(b *testing.B) {
	perform := directory(b)
	for i := 0; b.Loop(); i++ {
		perform("TransactWriteItems", putRows(i*transactItems%directoryRows))
	}
}

func BenchmarkBatchGetItemOfAHundred(b *testing.B) {
	perform := directory(b)
	for i := 0; b.Loop(); i++ {
		perform("BatchGetItem", `{"RequestItems": {"orders": {"Keys": [`+eachRow(i*batchGetKeys%directoryRows, batchGetKeys, func(i int) string {
			return fmt.Sprintf(`{"id": {"S": "partner-%05d"}}`, i)
		})+`]}}}`)
	}
}

func BenchmarkScanOfADirectory(b *testing.B) {
	perform := directory(b)
	pages := 0
	for b.Loop() {
		start, rows := "", 0
		for pages = 0; pages == 0 || start != ""; pages++ {
			var page struct {
				Count            int
				LastEvaluatedKey json.RawMessage
			}
			if err := json.Unmarshal([]byte(perform("Scan", `{"TableName": "orders"`+start+`}`)), &page); err != nil {
				b.Fatal(err)
			}
			if start = ""; page.LastEvaluatedKey != nil {
				start = `, "ExclusiveStartKey": ` + string(page.LastEvaluatedKey)
			}
			rows += page.Count
		}
		if rows != directoryRows {
			b.Fatalf("%d rows in %d pages", rows, pages)
		}
	}
	b.ReportMetric(float64(pages), "pages")
}
