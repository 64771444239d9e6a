package dynamodb_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

func sortKeys(items []attributes) string {
	var list []string
	for _, item := range items {
		list = append(list, item["sk"].(*types.AttributeValueMemberN).Value)
	}
	return strings.Join(list, " ")
}

func TestQueriesReadInTheOrderOfTheSortKey(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	for _, sk := range []int{10, 9, -3, 100, 0, 2} {
		put(t, db, table, order("p", sk, nil))
		put(t, db, table, order("pp", sk, nil))
	}
	for _, test := range []struct{ condition, want string }{
		{"pk = :p", "-3 0 2 9 10 100"},
		{"pk = :p AND sk = :a", "2"},
		{"sk > :a AND pk = :p", "9 10 100"},
		{"(pk = :p) AND (sk >= :a)", "2 9 10 100"},
		{"pk = :p AND sk < :a", "-3 0"},
		{"pk = :p AND sk <= :a", "-3 0 2"},
		{"pk = :p AND sk BETWEEN :a AND :b", "2 9 10"},
	} {
		for _, forward := range []bool{true, false} {
			values := attributes{":p": str("p")}
			for name, v := range (attributes{":a": num(2), ":b": num(10)}) {
				if strings.Contains(test.condition, name) {
					values[name] = v
				}
			}
			want := strings.Fields(test.want)
			if !forward {
				for i, j := 0, len(want)-1; i < j; i, j = i+1, j-1 {
					want[i], want[j] = want[j], want[i]
				}
			}
			// Two at a time, so that every bound meets a start key.
			var got []attributes
			in := &sdk.QueryInput{TableName: table, KeyConditionExpression: &test.condition, ExpressionAttributeValues: values, ScanIndexForward: &forward, Limit: aws.Int32(2)}
			pages := sdk.NewQueryPaginator(db, in)
			for pages.HasMorePages() {
				page, err := pages.NextPage(t.Context())
				if err != nil {
					t.Fatalf("%s: %v", test.condition, err)
				}
				got = append(got, page.Items...)
			}
			if sortKeys(got) != strings.Join(want, " ") {
				t.Errorf("%s forward=%t: %s, want %s", test.condition, forward, sortKeys(got), strings.Join(want, " "))
			}
		}
	}
}

func TestAPageEndsAtItsLimitBeforeTheFilter(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	for i := range 5 {
		put(t, db, table, order("p", i, attributes{"even": &types.AttributeValueMemberBOOL{Value: i%2 == 0}}))
	}
	in := &sdk.QueryInput{
		TableName: table, KeyConditionExpression: aws.String("pk = :p"), FilterExpression: aws.String("even = :t"), Limit: aws.Int32(2),
		ExpressionAttributeValues: attributes{":p": str("p"), ":t": &types.AttributeValueMemberBOOL{Value: true}},
	}
	out, err := db.Query(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if out.Count != 1 || out.ScannedCount != 2 || !reflect.DeepEqual(out.LastEvaluatedKey, order("p", 1, nil)) {
		t.Errorf("count %d of %d, last key %v", out.Count, out.ScannedCount, out.LastEvaluatedKey)
	}
	in.Limit, in.Select = nil, "COUNT"
	out, err = db.Query(t.Context(), in)
	if err != nil || out.Count != 3 || out.ScannedCount != 5 || out.Items != nil || out.LastEvaluatedKey != nil {
		t.Errorf("counting: %d of %d, %d items, %v", out.Count, out.ScannedCount, len(out.Items), err)
	}
}

func TestAPageHoldsOneMegabyte(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	for i := range 12 {
		put(t, db, table, order("p", i, attributes{"x": str(strings.Repeat("x", 100<<10))}))
	}
	pages := sdk.NewQueryPaginator(db, &sdk.QueryInput{TableName: table, KeyConditionExpression: aws.String("pk = :p"), ExpressionAttributeValues: attributes{":p": str("p")}})
	var counts []int
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		counts = append(counts, len(page.Items))
	}
	if fmt.Sprint(counts) != "[11 1]" {
		t.Errorf("pages of %v items", counts)
	}
}

func TestIndexesFollowTheirItems(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	put(t, db, table, order("a", 1, attributes{"state": str("new"), "amount": num(20), "note": str("n"), "x": str("y")}))
	put(t, db, table, order("b", 2, attributes{"state": str("new"), "amount": num(3)}))
	put(t, db, table, order("c", 3, attributes{"state": str("new")})) // no amount: in no index
	read := func(in *sdk.QueryInput) *sdk.QueryOutput {
		t.Helper()
		in.TableName = table
		out, err := db.Query(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	byState := func(state string) *sdk.QueryInput {
		return &sdk.QueryInput{IndexName: aws.String("byState"), KeyConditionExpression: aws.String("#s = :s"), ExpressionAttributeNames: map[string]string{"#s": "state"}, ExpressionAttributeValues: attributes{":s": str(state)}}
	}
	if got := sortKeys(read(byState("new")).Items); got != "2 1" {
		t.Errorf("new orders by amount: %s", got)
	}
	if got := read(byState("new")).Items[1]; !reflect.DeepEqual(got, order("a", 1, attributes{"state": str("new"), "amount": num(20)})) {
		t.Errorf("an index of keys only holds %v", got)
	}
	_, err := db.UpdateItem(t.Context(), &sdk.UpdateItemInput{TableName: table, Key: order("a", 1, nil), UpdateExpression: aws.String("SET #s = :s"), ExpressionAttributeNames: map[string]string{"#s": "state"}, ExpressionAttributeValues: attributes{":s": str("paid")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.DeleteItem(t.Context(), &sdk.DeleteItemInput{TableName: table, Key: order("b", 2, nil)}); err != nil {
		t.Fatal(err)
	}
	if got := read(byState("new")); got.Count != 0 {
		t.Errorf("new orders are still %v", got.Items)
	}
	if got := sortKeys(read(byState("paid")).Items); got != "1" {
		t.Errorf("paid orders: %s", got)
	}
	byAmount := &sdk.QueryInput{IndexName: aws.String("byAmount"), KeyConditionExpression: aws.String("pk = :p AND amount > :n"), ExpressionAttributeValues: attributes{":p": str("a"), ":n": num(10)}}
	if got := read(byAmount).Items; len(got) != 1 || got[0]["note"] == nil || got[0]["x"] != nil {
		t.Errorf("the local index holds %v", got)
	}
	byAmount.Select = "ALL_ATTRIBUTES"
	if got := read(byAmount).Items; len(got) != 1 || got[0]["x"] == nil {
		t.Errorf("the local index fetches %v", got)
	}
}

func TestPagesOfAnIndexMeetEveryEntryOnce(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	for i := range 10 {
		put(t, db, table, order(fmt.Sprint("p", i), i, attributes{"state": str("same"), "amount": num(1)}))
	}
	for _, forward := range []bool{true, false} {
		seen := map[string]int{}
		pages := sdk.NewQueryPaginator(db, &sdk.QueryInput{
			TableName: table, IndexName: aws.String("byState"), Limit: aws.Int32(3), ScanIndexForward: &forward,
			KeyConditionExpression: aws.String("#s = :s"), ExpressionAttributeNames: map[string]string{"#s": "state"}, ExpressionAttributeValues: attributes{":s": str("same")},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				seen[item["pk"].(*types.AttributeValueMemberS).Value]++
			}
		}
		if len(seen) != 10 {
			t.Errorf("forward=%t: saw %v", forward, seen)
		}
	}
}

func TestSegmentsShareTheItemsOfAScan(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	for i := range 60 {
		put(t, db, table, order(fmt.Sprint("p", i%20), i, nil))
	}
	seen := map[string]int{}
	for part := range int32(3) {
		count := 0
		pages := sdk.NewScanPaginator(db, &sdk.ScanInput{TableName: table, Segment: &part, TotalSegments: aws.Int32(3), Limit: aws.Int32(7)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				seen[sortKeys([]attributes{item})]++
				count++
			}
		}
		if count == 0 || count == 60 {
			t.Errorf("segment %d has %d of 60 items", part, count)
		}
	}
	if len(seen) != 60 {
		t.Errorf("saw %d of 60 items", len(seen))
	}
}

func TestFaultyQueriesAreRefused(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	for _, test := range []struct {
		condition string
		values    attributes
		more      func(*sdk.QueryInput)
		want      string
	}{
		{"sk = :v", attributes{":v": num(1)}, nil, "Query condition missed key schema element: pk"},
		{"pk > :v", attributes{":v": str("p")}, nil, "Query key condition not supported"},
		{"pk = :v AND x = :v", attributes{":v": str("p")}, nil, "Query condition missed key schema element: sk"},
		{"pk = :v AND pk = :v", attributes{":v": str("p")}, nil, "KeyConditionExpressions must only contain one condition per key"},
		{"pk = :v OR sk = :v", attributes{":v": str("p")}, nil, "Invalid operator used in KeyConditionExpression: OR"},
		{"pk = :v", attributes{":v": num(1)}, nil, "Condition parameter type does not match schema type"},
		{"pk = :v", attributes{":v": str("")}, nil, "cannot contain an empty string value. Key: pk"},
		{"pk = :v", attributes{":v": str("p")}, func(in *sdk.QueryInput) { in.FilterExpression = aws.String("sk > pk") }, "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"},
		{"pk = :v", attributes{":v": str("p")}, func(in *sdk.QueryInput) { in.IndexName = aws.String("none") }, "The table does not have the specified index: none"},
		{"pk = :v", attributes{":v": str("p")}, func(in *sdk.QueryInput) { in.ExclusiveStartKey = attributes{"pk": str("p")} }, "The provided starting key is invalid"},
		{"pk = :v", attributes{":v": str("p")}, func(in *sdk.QueryInput) { in.ExclusiveStartKey = order("q", 1, nil) }, "outside query boundaries"},
		{"pk = :v", attributes{":v": str("p")}, func(in *sdk.QueryInput) {
			in.IndexName, in.ConsistentRead = aws.String("byState"), aws.Bool(true)
		}, "Consistent reads are not supported on global secondary indexes"},
	} {
		in := &sdk.QueryInput{TableName: table, KeyConditionExpression: &test.condition, ExpressionAttributeValues: test.values}
		if test.more != nil {
			test.more(in)
		}
		_, err := db.Query(t.Context(), in)
		wantError[smithy.APIError](t, err, test.want)
	}
}
