package dynamodb_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
)

// meter lists what is observed: a metric's name and its dimensions' values.
type meter struct {
	mu   sync.Mutex
	seen []string
}

func (m *meter) Observe(d cloud.Datum) {
	m.mu.Lock()
	defer m.mu.Unlock()
	values := slices.Sorted(maps.Values(d.Dimensions))
	m.seen = append(m.seen, strings.Join(append([]string{d.Name}, values...), " "))
}

func TestCallsThatFailAreMeasuredByTableAndOperation(t *testing.T) {
	for name, row := range map[string]struct {
		action, input string
		fault         error
		want          string
	}{
		"a throttled read": {"GetItem", `{"TableName": "orders"}`, cloud.Errorf(400, "ThrottlingException", "no"),
			"ThrottledRequests GetItem orders, ReadThrottleEvents orders"},
		"a throttled transaction": {"TransactWriteItems", `{"TransactItems": [{"Put": {"TableName": "orders"}}, {"Delete": {"TableName": "orders"}}]}`, cloud.Errorf(400, "ProvisionedThroughputExceededException", "no"),
			"ThrottledRequests TransactWriteItems orders, WriteThrottleEvents orders"},
		"a throttled batch": {"BatchWriteItem", `{"RequestItems": {"arn:aws:dynamodb:eu-central-1:1:table/orders": []}}`, cloud.Errorf(400, "ThrottlingException", "no"),
			"ThrottledRequests BatchWriteItem orders, WriteThrottleEvents orders"},
		"a throttled statement that reads": {"ExecuteStatement", `{"Statement": "SELECT * FROM orders WHERE id = ?", "Parameters": [{"S": "1"}]}`, cloud.Errorf(400, "ThrottlingException", "no"),
			"ThrottledRequests ExecuteStatement orders, ReadThrottleEvents orders"},
		"a throttled statement that writes": {"ExecuteStatement", `{"Statement": "INSERT INTO orders VALUE {'id': '1'}"}`, cloud.Errorf(400, "ThrottlingException", "no"),
			"ThrottledRequests ExecuteStatement orders, WriteThrottleEvents orders"},
		"a throttled batch of statements": {"BatchExecuteStatement", `{"Statements": [{"Statement": "DELETE FROM \"orders\" WHERE id = '1'"}, {"Statement": "DELETE FROM orders WHERE id = '2'"}]}`, cloud.Errorf(400, "ThrottlingException", "no"),
			"ThrottledRequests BatchExecuteStatement orders, WriteThrottleEvents orders"},
		"a throttled transaction of statements": {"ExecuteTransaction", `{"TransactStatements": [{"Statement": "SELECT * FROM \"arn:aws:dynamodb:eu-central-1:1:table/orders\" WHERE id = '1'"}]}`, cloud.Errorf(400, "ThrottlingException", "no"),
			"ThrottledRequests ExecuteTransaction orders, ReadThrottleEvents orders"},
		"a throttled statement that is none": {"ExecuteStatement", `{"Statement": "SELECT FROM orders"}`, cloud.Errorf(400, "ThrottlingException", "no"), ""},
		"a statement whose condition fails":  {"ExecuteStatement", `{"Statement": "UPDATE orders SET n = 1 WHERE id = '1'"}`, nil, "ConditionalCheckFailedRequests orders"},
		"a broken service":                   {"PutItem", `{"TableName": "orders"}`, cloud.Errorf(500, "InternalServerError", "no"), "SystemErrors PutItem orders"},
		"a conflict":                         {"PutItem", `{"TableName": "orders"}`, cloud.Errorf(400, "TransactionConflictException", "no"), "TransactionConflict orders"},
		"an input that is wrong":             {"GetItem", `{"TableName": "orders", "Key": {"no": {"S": "key"}}}`, nil, "UserErrors"},
		"a statement that is none":           {"ExecuteStatement", `{"Statement": "SELECT FROM orders"}`, nil, "UserErrors"},
		"a table that is not":                {"GetItem", `{"TableName": "none", "Key": {"id": {"S": "1"}}}`, nil, "UserErrors"},
		"a condition that fails":             {"DeleteItem", `{"TableName": "orders", "Key": {"id": {"S": "1"}}, "ConditionExpression": "attribute_exists(id)"}`, nil, "ConditionalCheckFailedRequests orders"},
	} {
		t.Run(name, func(t *testing.T) {
			c, m := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"}), &meter{}
			defer c.Close()
			d := dynamodb.New(c, dynamodb.Options{})
			c.Register("dynamodb", d)
			if _, err := declare(t, d, "AWS::DynamoDB::Table", `{"TableName": "orders", `+keyed+`}`); err != nil {
				t.Fatal(err)
			}
			c.Meter = m
			c.Fault = func(context.Context, cloud.Call) error { return row.fault }
			if _, err := c.Call(t.Context(), c.Administrator(), "dynamodb", row.action, []byte(row.input)); err == nil {
				t.Fatal("the call succeeded")
			}
			if got := strings.Join(m.seen, ", "); got != row.want {
				t.Errorf("observed %s, want %s", got, row.want)
			}
		})
	}
}
