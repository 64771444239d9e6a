package dynamodb_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const pastTable = `{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "line", "KeyType": "RANGE"}],
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "line", "AttributeType": "N"}, {"AttributeName": "state", "AttributeType": "S"}],
	"LocalSecondaryIndexes": [{"IndexName": "local", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "state", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}}],
	"GlobalSecondaryIndexes": [{"IndexName": "global", "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}]}`

// eventual are reads of pastTable that may see what was there before, consistent ones
// the same that may not.
var eventual, consistent = [][2]string{
	{"GetItem", `{"TableName": "orders", "Key": {"id": {"S": "a"}, "line": {"N": "1"}}}`},
	{"BatchGetItem", `{"RequestItems": {"orders": {"Keys": [{"id": {"S": "a"}, "line": {"N": "1"}}, {"id": {"S": "a"}, "line": {"N": "2"}}]}}}`},
	{"Query", `{"TableName": "orders", "KeyConditionExpression": "id = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}`},
	{"Query", `{"TableName": "orders", "KeyConditionExpression": "id = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}, "ScanIndexForward": false, "Limit": 2}`},
	{"Query", `{"TableName": "orders", "IndexName": "local", "KeyConditionExpression": "id = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}`},
	{"Query", `{"TableName": "orders", "IndexName": "global", "KeyConditionExpression": "#s = :a", "ExpressionAttributeNames": {"#s": "state"}, "ExpressionAttributeValues": {":a": {"S": "open"}}}`},
	{"Scan", `{"TableName": "orders"}`},
	{"Scan", `{"TableName": "orders", "IndexName": "global"}`},
	{"ExecuteStatement", `{"Statement": "SELECT * FROM orders WHERE id = 'a'"}`},
	{"BatchExecuteStatement", `{"Statements": [{"Statement": "SELECT * FROM orders WHERE id = 'a' AND line = 1"}]}`},
}, [][2]string{
	{"GetItem", `{"TableName": "orders", "ConsistentRead": true, "Key": {"id": {"S": "a"}, "line": {"N": "1"}}}`},
	{"BatchGetItem", `{"RequestItems": {"orders": {"ConsistentRead": true, "Keys": [{"id": {"S": "a"}, "line": {"N": "1"}}]}}}`},
	{"Query", `{"TableName": "orders", "ConsistentRead": true, "KeyConditionExpression": "id = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}`},
	{"Query", `{"TableName": "orders", "ConsistentRead": true, "IndexName": "local", "KeyConditionExpression": "id = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}`},
	{"Scan", `{"TableName": "orders", "ConsistentRead": true}`},
	{"ExecuteStatement", `{"Statement": "SELECT * FROM orders WHERE id = 'a'", "ConsistentRead": true}`},
	{"BatchExecuteStatement", `{"Statements": [{"Statement": "SELECT * FROM orders WHERE id = 'a' AND line = 1", "ConsistentRead": true}]}`},
	{"TransactGetItems", `{"TransactItems": [{"Get": {"TableName": "orders", "Key": {"id": {"S": "a"}, "line": {"N": "1"}}}}]}`},
}

// Whatever is put, updated and deleted meanwhile: what a read of some age sees is what
// it would have seen then.
func TestAReadOfAnAgeSeesWhatWasThereThenUnlessItIsConsistent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := service(t)
		c.Past = time.Second
		told(c, "CreateTable", pastTable)
		read := func(of [2]string, age time.Duration) string {
			answer, err := c.Call(cloud.WithAge(t.Context(), age), c.Administrator(), "dynamodb", of[0], json.RawMessage(of[1]))
			if err != nil {
				t.Fatalf("%v: %v", of, err)
			}
			return string(answer)
		}
		random := rand.New(rand.NewPCG(1, 2))
		const steps, step = 300, 100 * time.Millisecond
		var seen []map[[2]string]string // after each step
		differed := map[[2]string]bool{}
		for n := range steps {
			key := fmt.Sprintf(`"id": {"S": "%c"}, "line": {"N": "%d"}`, 'a'+rune(random.IntN(2)), random.IntN(4))
			switch state := []string{"open", "paid"}[random.IntN(2)]; random.IntN(4) {
			case 0:
				told(c, "DeleteItem", `{"TableName": "orders", "Key": {`+key+`}}`)
			case 1:
				told(c, "UpdateItem", fmt.Sprintf(`{"TableName": "orders", "Key": {%s}, "UpdateExpression": "SET n = :n REMOVE #s", "ExpressionAttributeNames": {"#s": "state"}, "ExpressionAttributeValues": {":n": {"N": "%d"}}}`, key, n))
			case 2:
				told(c, "TransactWriteItems", fmt.Sprintf(`{"TransactItems": [{"Put": {"TableName": "orders", "Item": {%s, "state": {"S": "%s"}, "n": {"N": "%d"}}}}]}`, key, state, n))
			default:
				told(c, "PutItem", fmt.Sprintf(`{"TableName": "orders", "Item": {%s, "state": {"S": "%s"}, "n": {"N": "%d"}}}`, key, state, n))
			}
			now := map[[2]string]string{}
			for _, of := range append(eventual, consistent...) {
				now[of] = read(of, 0)
			}
			seen = append(seen, now)
			time.Sleep(step / 2)
			ago := random.IntN(min(n+1, int(time.Second/step)))
			for _, of := range eventual {
				then := read(of, time.Duration(ago)*step)
				if want := seen[n-ago][of]; then != want {
					t.Fatalf("step %d: %v of %d steps ago was\n%s\nwant\n%s", n, of, ago, then, want)
				}
				differed[of] = differed[of] || then != now[of]
			}
			for _, of := range consistent {
				if got := read(of, time.Duration(ago)*step); got != now[of] {
					t.Fatalf("step %d: a consistent %v of %d steps ago was\n%s\nwant\n%s", n, of, ago, got, now[of])
				}
			}
			time.Sleep(step / 2)
		}
		for _, of := range eventual {
			if !differed[of] {
				t.Errorf("%v never saw anything but what was there", of)
			}
		}
	})
}

// Who asks for a moment gets it, however long the read is on its way.
func TestAReadAsOfAMomentSeesThatMomentHoweverLateItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := service(t)
		c.Past = time.Hour
		told(c, "CreateTable", pastTable)
		time.Sleep(time.Minute)
		ctx, err := c.AsOf(t.Context(), "dynamodb", "Scan", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
		told(c, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "a"}, "line": {"N": "1"}}}`)
		time.Sleep(time.Millisecond)
		answer, err := c.Call(ctx, c.Administrator(), "dynamodb", "Scan", json.RawMessage(`{"TableName": "orders", "Select": "COUNT"}`))
		if want := `{"Count":0,"ScannedCount":0}`; string(answer) != want || err != nil {
			t.Errorf("got %s, %v; want %s", answer, err, want)
		}
	})
}

func TestWithoutAPastAReadOfAnAgeSeesWhatIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := service(t)
		told(c, "CreateTable", pastTable)
		told(c, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "a"}, "line": {"N": "1"}}}`)
		answer, err := c.Call(cloud.WithAge(t.Context(), time.Second), c.Administrator(), "dynamodb", "Scan", json.RawMessage(`{"TableName": "orders", "Select": "COUNT"}`))
		if want := `{"Count":1,"ScannedCount":1}`; string(answer) != want || err != nil {
			t.Errorf("got %s, %v", answer, err)
		}
	})
}
