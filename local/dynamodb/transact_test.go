package dynamodb_test

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

func putOf(table *string, item attributes, condition string) types.TransactWriteItem {
	p := &types.Put{TableName: table, Item: item, ReturnValuesOnConditionCheckFailure: "ALL_OLD"}
	if condition != "" {
		p.ConditionExpression = &condition
	}
	return types.TransactWriteItem{Put: p}
}

func TestATransactionHappensWholeOrNotAtAll(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	put(t, db, table, order("p", 1, attributes{"note": str("there")}))
	_, err := db.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		putOf(table, order("p", 2, nil), ""),
		putOf(table, order("p", 1, nil), "attribute_not_exists(pk)"),
		{Update: &types.Update{TableName: table, Key: order("p", 3, nil), UpdateExpression: aws.String("SET a.b = :v"), ExpressionAttributeValues: attributes{":v": num(1)}}},
	}})
	failure := wantError[*types.TransactionCanceledException](t, err,
		"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ValidationError]")
	if failure == nil {
		t.FailNow()
	}
	second := failure.CancellationReasons[1]
	if *second.Code != "ConditionalCheckFailed" || *second.Message != "The conditional request failed" || !reflect.DeepEqual(second.Item["note"], str("there")) {
		t.Errorf("reason %v %v %v", *second.Code, *second.Message, second.Item)
	}
	out, err := db.Scan(t.Context(), &sdk.ScanInput{TableName: table})
	if err != nil || out.Count != 1 {
		t.Errorf("%d items after a cancelled transaction, %v", out.Count, err)
	}
	_, err = db.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		putOf(table, order("p", 2, nil), "attribute_not_exists(pk)"),
		{Delete: &types.Delete{TableName: table, Key: order("p", 9, nil)}},
		{ConditionCheck: &types.ConditionCheck{TableName: table, Key: order("p", 1, nil), ConditionExpression: aws.String("attribute_exists(pk)")}},
		{Update: &types.Update{TableName: table, Key: order("p", 3, nil), UpdateExpression: aws.String("SET a = :v"), ExpressionAttributeValues: attributes{":v": num(1)}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	read, err := db.TransactGetItems(t.Context(), &sdk.TransactGetItemsInput{TransactItems: []types.TransactGetItem{
		{Get: &types.Get{TableName: table, Key: order("p", 2, nil)}},
		{Get: &types.Get{TableName: table, Key: order("p", 9, nil)}},
		{Get: &types.Get{TableName: table, Key: order("p", 3, nil), ProjectionExpression: aws.String("a")}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if r := read.Responses; r[0].Item == nil || r[1].Item != nil || !reflect.DeepEqual(r[2].Item, attributes{"a": num(1)}) {
		t.Errorf("read %v", read.Responses)
	}
}

func TestTheSameTokenPerformsATransactionOnce(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	add := func(token string, n int) error {
		_, err := db.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{ClientRequestToken: &token, TransactItems: []types.TransactWriteItem{
			{Update: &types.Update{TableName: table, Key: order("p", 1, nil), UpdateExpression: aws.String("ADD n :n"), ExpressionAttributeValues: attributes{":n": num(n)}}},
		}})
		return err
	}
	for _, token := range []string{"one", "one", "two"} {
		if err := add(token, 1); err != nil {
			t.Fatal(err)
		}
	}
	wantError[*types.IdempotentParameterMismatchException](t, add("one", 5), "")
	out, err := db.GetItem(t.Context(), &sdk.GetItemInput{TableName: table, Key: order("p", 1, nil)})
	if err != nil || !reflect.DeepEqual(out.Item["n"], num(2)) {
		t.Errorf("n is %v, want 2 (%v)", out.Item["n"], err)
	}
}

func TestFaultyTransactionsAreRefused(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	many := make([]types.TransactWriteItem, 101)
	for i := range many {
		many[i] = putOf(table, order("p", i, nil), "")
	}
	for _, test := range []struct {
		members []types.TransactWriteItem
		want    string
	}{
		{many, "Member must have length less than or equal to 100"},
		{[]types.TransactWriteItem{many[0], many[0]}, "Transaction request cannot include multiple operations on one item"},
		{[]types.TransactWriteItem{{}}, "TransactItems can only contain one of Check, Put, Update or Delete"},
	} {
		_, err := db.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{TransactItems: test.members})
		wantError[smithy.APIError](t, err, test.want)
	}
}

func TestOnlyOneOfManyConcurrentClaimsWins(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	var group sync.WaitGroup
	var mu sync.Mutex
	won := map[int]int{}
	for worker := range 8 {
		group.Go(func() {
			for claim := range 20 {
				_, err := db.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
					putOf(table, order("claim", claim, attributes{"by": num(worker)}), "attribute_not_exists(pk)"),
					putOf(table, order(fmt.Sprint("log", worker), claim, nil), ""),
				}})
				if err == nil {
					mu.Lock()
					won[claim]++
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	for claim := range 20 {
		if won[claim] != 1 {
			t.Errorf("claim %d was won %d times", claim, won[claim])
		}
	}
	out, err := db.Scan(t.Context(), &sdk.ScanInput{TableName: table, Select: "COUNT"})
	if err != nil || out.Count != 40 {
		t.Errorf("%d items, want 40 (%v)", out.Count, err)
	}
}
