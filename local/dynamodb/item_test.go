package dynamodb_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

func TestAnItemComesBackAsItWasPut(t *testing.T) {
	type record struct {
		PK     string            `dynamodbav:"pk"`
		SK     int               `dynamodbav:"sk"`
		Text   string            `dynamodbav:"text"`
		Bytes  []byte            `dynamodbav:"bytes"`
		Tags   []string          `dynamodbav:"tags,stringset"`
		Nested map[string][]bool `dynamodbav:"nested"`
		None   *string           `dynamodbav:"none"`
		Empty  map[string]string `dynamodbav:"empty"`
		Blank  []byte            `dynamodbav:"blank"`
	}
	db := client(t)
	table := createOrders(t, db)
	want := record{
		PK: "p", SK: 7, Text: "quotes \" newline \n backslash \\ ]]> 😀 é <&>", Bytes: []byte{0, 255, 1},
		Tags: []string{"a", "b"}, Nested: map[string][]bool{"x": {true, false}}, Empty: map[string]string{}, Blank: []byte{},
	}
	item, err := attributevalue.MarshalMap(want)
	if err != nil {
		t.Fatal(err)
	}
	put(t, db, table, item)
	out, err := db.GetItem(t.Context(), &sdk.GetItemInput{TableName: table, Key: order("p", 7, nil), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	var got record
	if err := attributevalue.UnmarshalMap(out.Item, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

func TestAMissingItemIsNoItem(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	out, err := db.GetItem(t.Context(), &sdk.GetItemInput{TableName: table, Key: order("none", 1, nil)})
	if err != nil || out.Item != nil {
		t.Errorf("item %v, error %v", out.Item, err)
	}
}

func TestAFailedConditionChangesNothing(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	put(t, db, table, order("p", 1, attributes{"note": str("first")}))
	_, err := db.PutItem(t.Context(), &sdk.PutItemInput{
		TableName:                           table,
		Item:                                order("p", 1, attributes{"note": str("second")}),
		ConditionExpression:                 aws.String("attribute_not_exists(pk)"),
		ReturnValuesOnConditionCheckFailure: "ALL_OLD",
	})
	failure := wantError[*types.ConditionalCheckFailedException](t, err, "The conditional request failed")
	if failure != nil && !reflect.DeepEqual(failure.Item["note"], str("first")) {
		t.Errorf("the failure shows %v", failure.Item)
	}
	_, err = db.DeleteItem(t.Context(), &sdk.DeleteItemInput{
		TableName:                 table,
		Key:                       order("p", 1, nil),
		ConditionExpression:       aws.String("note = :n"),
		ExpressionAttributeValues: attributes{":n": str("other")},
	})
	wantError[*types.ConditionalCheckFailedException](t, err, "")
	out, err := db.GetItem(t.Context(), &sdk.GetItemInput{TableName: table, Key: order("p", 1, nil), ProjectionExpression: aws.String("note")})
	if err != nil || !reflect.DeepEqual(out.Item, attributes{"note": str("first")}) {
		t.Errorf("item %v, error %v", out.Item, err)
	}
}

func TestUpdatesReturnWhatIsAskedFor(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	start := order("p", 1, attributes{"n": num(1), "keep": str("k"), "m": &types.AttributeValueMemberM{Value: attributes{"a": num(1), "b": num(2)}}})
	nested := func(a int) types.AttributeValue { return &types.AttributeValueMemberM{Value: attributes{"a": num(a)}} }
	whole := func(a int) types.AttributeValue {
		return &types.AttributeValueMemberM{Value: attributes{"a": num(a), "b": num(2)}}
	}
	for _, test := range []struct {
		mode types.ReturnValue
		want attributes
	}{
		{"NONE", nil},
		{"ALL_OLD", order("p", 1, attributes{"n": num(1), "keep": str("k"), "m": whole(1)})},
		{"ALL_NEW", order("p", 1, attributes{"n": num(3), "keep": str("k"), "m": whole(5), "x": num(2)})},
		{"UPDATED_OLD", attributes{"n": num(1), "m": nested(1)}},
		{"UPDATED_NEW", attributes{"n": num(3), "m": nested(5), "x": num(2)}},
	} {
		put(t, db, table, start)
		out, err := db.UpdateItem(t.Context(), &sdk.UpdateItemInput{
			TableName:                 table,
			Key:                       order("p", 1, nil),
			UpdateExpression:          aws.String("SET n = n + :two, m.a = :five ADD x :two"),
			ExpressionAttributeValues: attributes{":two": num(2), ":five": num(5)},
			ReturnValues:              test.mode,
		})
		if err != nil {
			t.Errorf("%s: %v", test.mode, err)
		} else if !reflect.DeepEqual(out.Attributes, test.want) {
			t.Errorf("%s: %v, want %v", test.mode, out.Attributes, test.want)
		}
	}
}

func TestAnUpdateCreatesAnItemUnlessItOnlyTakesAway(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	for i, test := range []struct {
		expression *string
		values     attributes
		created    bool
	}{
		{nil, nil, true},
		{aws.String("SET a = :v"), attributes{":v": num(1)}, true},
		{aws.String("ADD a :v"), attributes{":v": num(1)}, true},
		{aws.String("REMOVE a"), nil, false},
	} {
		in := &sdk.UpdateItemInput{TableName: table, Key: order("p", i, nil), UpdateExpression: test.expression, ExpressionAttributeValues: test.values}
		if _, err := db.UpdateItem(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		out, err := db.GetItem(t.Context(), &sdk.GetItemInput{TableName: table, Key: order("p", i, nil)})
		if err != nil || (out.Item != nil) != test.created {
			t.Errorf("%s: item %v, error %v", aws.ToString(test.expression), out.Item, err)
		}
	}
}

func TestInvalidRequestsAreRefusedInTheWordsOfAWS(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	put := func(item attributes, more func(*sdk.PutItemInput)) error {
		in := &sdk.PutItemInput{TableName: table, Item: item}
		if more != nil {
			more(in)
		}
		_, err := db.PutItem(t.Context(), in)
		return err
	}
	get := func(key attributes) error {
		_, err := db.GetItem(t.Context(), &sdk.GetItemInput{TableName: table, Key: key})
		return err
	}
	update := func(expression string, values attributes) error {
		_, err := db.UpdateItem(t.Context(), &sdk.UpdateItemInput{TableName: table, Key: order("p", 1, nil), UpdateExpression: &expression, ExpressionAttributeValues: values})
		return err
	}
	large := strings.Repeat("x", 400<<10)
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"no sort key", put(attributes{"pk": str("p")}, nil), "One or more parameter values were invalid: Missing the key sk in the item"},
		{"wrong type", put(attributes{"pk": num(1), "sk": num(1)}, nil), "Type mismatch for key pk expected: S actual: N"},
		{"empty key", put(order("", 1, nil), nil), "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"},
		{"long key", put(order(large[:2049], 1, nil), nil), "Size of hashkey has exceeded the maximum size limit of2048 bytes"},
		{"large item", put(order("p", 1, attributes{"x": str(large)}), nil), "Item size has exceeded the maximum allowed size"},
		{"index key of another type", put(order("p", 1, attributes{"state": num(1)}), nil), "Type mismatch for Index Key state Expected: S Actual: N IndexName: byState"},
		{"empty index key", put(order("p", 1, attributes{"state": str("")}), nil), "IndexName: byState, IndexKey: state"},
		{"long index key", put(order("p", 1, attributes{"state": str(large[:2049])}), nil), "Size of hashkey has exceeded the maximum size limit of2048 bytes"},
		{"no name", put(order("p", 1, attributes{"": num(1)}), nil), "Empty attribute name"},
		{"long name", put(order("p", 1, attributes{large[:65536]: num(1)}), nil), "Attribute name is too large, must be less than 65536 bytes"},
		{"partial key", get(attributes{"pk": str("p")}), "The provided key element does not match the schema"},
		{"foreign key", get(attributes{"pk": str("p"), "other": num(1)}), "The provided key element does not match the schema"},
		{"key update", update("SET sk = :v", attributes{":v": num(2)}), "Cannot update attribute sk. This attribute is part of the key"},
		{"large update", update("SET x = :v", attributes{":v": str(large)}), "Item size to update has exceeded the maximum allowed size"},
		{"unused value", update("SET x = :v", attributes{":v": num(2), ":w": num(3)}), "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"},
		{"unused name", put(order("p", 1, nil), func(in *sdk.PutItemInput) {
			in.ConditionExpression = aws.String("attribute_exists(pk)")
			in.ExpressionAttributeNames = map[string]string{"#a": "a", "#b": "b"}
		}), "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}"},
		{"values without expression", put(order("p", 1, nil), func(in *sdk.PutItemInput) {
			in.ExpressionAttributeValues = attributes{":a": num(1)}
		}), "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"},
		{"bad placeholder", update("SET x = :v", attributes{"v": num(2)}), `ExpressionAttributeValues contains invalid key: Syntax error; key: "v"`},
		{"ALL_NEW of a put", put(order("p", 1, nil), func(in *sdk.PutItemInput) { in.ReturnValues = "ALL_NEW" }), "ReturnValues can only be ALL_OLD or NONE"},
	} {
		failure := wantError[smithy.APIError](t, test.err, test.want)
		if failure != nil && failure.ErrorCode() != "ValidationException" {
			t.Errorf("%s: %s", test.name, failure.ErrorCode())
		}
	}
	_, err := db.GetItem(t.Context(), &sdk.GetItemInput{TableName: aws.String("nowhere"), Key: order("p", 1, nil)})
	wantError[*types.ResourceNotFoundException](t, err, "Requested resource not found")
	_, err = db.DescribeTable(t.Context(), &sdk.DescribeTableInput{TableName: aws.String("nowhere")})
	wantError[*types.ResourceNotFoundException](t, err, "Requested resource not found: Table: nowhere not found")
}

func TestConcurrentCountersLoseNothing(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	const workers, rounds = 8, 50
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range rounds {
				_, err := db.UpdateItem(t.Context(), &sdk.UpdateItemInput{
					TableName: table, Key: order("p", 1, nil),
					UpdateExpression: aws.String("ADD n :one"), ExpressionAttributeValues: attributes{":one": num(1)},
				})
				if err != nil {
					t.Error(err)
				}
				if _, err := db.Scan(t.Context(), &sdk.ScanInput{TableName: table}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	out, err := db.GetItem(t.Context(), &sdk.GetItemInput{TableName: table, Key: order("p", 1, nil)})
	if err != nil || !reflect.DeepEqual(out.Item["n"], num(workers*rounds)) {
		t.Errorf("item %v, error %v", out.Item, err)
	}
}

func TestBatchesReadAndWrite(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	var writes []types.WriteRequest
	var wanted []attributes
	for i := range 25 {
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: order("p", i, nil)}})
		wanted = append(wanted, order("p", i, nil))
	}
	batch := func(writes []types.WriteRequest) error {
		_, err := db.BatchWriteItem(t.Context(), &sdk.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{*table: writes}})
		return err
	}
	if err := batch(writes); err != nil {
		t.Fatal(err)
	}
	if err := batch([]types.WriteRequest{{DeleteRequest: &types.DeleteRequest{Key: order("p", 3, nil)}}}); err != nil {
		t.Fatal(err)
	}
	out, err := db.BatchGetItem(t.Context(), &sdk.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*table: {Keys: wanted}}})
	if err != nil || len(out.Responses[*table]) != 24 || len(out.UnprocessedKeys) != 0 {
		t.Errorf("%d items, %d unprocessed, error %v", len(out.Responses[*table]), len(out.UnprocessedKeys), err)
	}
	wantError[smithy.APIError](t, batch(append(writes, writes[0])), "Map value must satisfy constraint: [Member must have length less than or equal to 25, ")
	wantError[smithy.APIError](t, batch(append(writes[:2:2], writes[0])), "Provided list of item keys contains duplicates")
	_, err = db.BatchGetItem(t.Context(), &sdk.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*table: {Keys: []attributes{wanted[0], wanted[0]}}}})
	wantError[smithy.APIError](t, err, "Provided list of item keys contains duplicates")
}

func TestConsumedCapacityFollowsSizeAndIndexes(t *testing.T) {
	db := client(t)
	table := createOrders(t, db)
	item := order("p", 1, attributes{"state": str("new"), "amount": num(5), "x": str(strings.Repeat("x", 5000))})
	out, err := db.PutItem(t.Context(), &sdk.PutItemInput{TableName: table, Item: item, ReturnConsumedCapacity: "INDEXES"})
	if err != nil {
		t.Fatal(err)
	}
	c := out.ConsumedCapacity
	got := fmt.Sprint(*c.CapacityUnits, *c.Table.CapacityUnits, *c.GlobalSecondaryIndexes["byState"].CapacityUnits, *c.LocalSecondaryIndexes["byAmount"].CapacityUnits)
	if got != "7 5 1 1" {
		t.Errorf("units %s, want 7 = 5 + 1 + 1", got)
	}
	read, err := db.GetItem(t.Context(), &sdk.GetItemInput{TableName: table, Key: order("p", 1, nil), ReturnConsumedCapacity: "TOTAL"})
	if err != nil || *read.ConsumedCapacity.CapacityUnits != 1 {
		t.Errorf("reading 5 KB eventually: %v units, %v", read.ConsumedCapacity, err)
	}
}
