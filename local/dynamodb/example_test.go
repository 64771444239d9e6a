package dynamodb_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
)

// A table for a test, without an engine around it.
func Example() {
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	c.Register("dynamodb", dynamodb.New(c, dynamodb.Options{}))
	do := func(action, input string) (json.RawMessage, error) {
		var out json.RawMessage
		err := c.Do(context.Background(), c.Administrator(), "dynamodb", action, json.RawMessage(input), &out)
		return out, err
	}
	if _, err := do("CreateTable", `{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}`); err != nil {
		panic(err)
	}
	put := `{"TableName": "orders", "Item": {"id": {"S": "o-1"}}, "ConditionExpression": "attribute_not_exists(id)"}`
	_, err := do("PutItem", put)
	fmt.Println(err)
	_, err = do("PutItem", put)
	fmt.Println(err)
	// Output:
	// <nil>
	// ConditionalCheckFailedException: The conditional request failed
}
