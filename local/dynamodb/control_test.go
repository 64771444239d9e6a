package dynamodb_test

// This file changes tables by the API.

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// told performs an action with an input in JSON and answers in JSON, or with the error.
func told(c *cloud.Cloud, action, input string) string {
	output, err := c.Call(context.Background(), c.Administrator(), "dynamodb", action, json.RawMessage(input))
	if err != nil {
		return err.Error()
	}
	return string(output)
}

func TestTablesAreChangedByCallsOrSayWhyNot(t *testing.T) {
	const (
		onDemand    = `"BillingMode": "PAY_PER_REQUEST"`
		provisioned = `"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}`
		keyed       = `"TableName": "orders", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]`
		index       = `"IndexName": "byState", "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}`
		withState   = `"AttributeDefinitions": [{"AttributeName": "state", "AttributeType": "S"}]`
		arn         = `"ResourceArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"`
	)
	for _, row := range []struct{ name, create, action, input, want string }{
		{"on demand", onDemand, "DescribeTable", `{"TableName": "orders"}`, `"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"},"ProvisionedThroughput":{"ReadCapacityUnits":0,`},
		{"provisioned", provisioned, "DescribeTable", `{"TableName": "orders"}`, `"ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":6,`},
		{"on demand for so much", onDemand, "CreateTable", `{` + strings.Replace(keyed, "orders", "other", 1) + `, ` + onDemand + `, ` + provisioned + `}`, "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"},
		{"provisioned for nothing", onDemand, "CreateTable", `{` + strings.Replace(keyed, "orders", "other", 1) + `}`, "ReadCapacityUnits and WriteCapacityUnits must both be specified"},
		{"what is not honoured", onDemand, "CreateTable", `{` + strings.Replace(keyed, "orders", "other", 1) + `, ` + onDemand + `, "WarmThroughput": {"ReadUnitsPerSecond": 1}}`, "NotImplemented: the local engine does not serve the parameter WarmThroughput of CreateTable"},
		{"a write's metrics", onDemand, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "1"}}, "ReturnItemCollectionMetrics": "SIZE"}`, "NotImplemented"},
		{"a write without them", onDemand, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "1"}}, "ReturnItemCollectionMetrics": "NONE"}`, `{}`},
		{"a batch's item without its key", onDemand, "BatchWriteItem", `{"RequestItems": {"orders": [{"PutRequest": {"Item": {"a": {"S": "1"}}}}]}}`, "The provided key element does not match the schema"},
		{"an index more", onDemand, "UpdateTable", `{"TableName": "orders", ` + withState + `, "GlobalSecondaryIndexUpdates": [{"Create": {` + index + `}}]}`, `"IndexName":"byState"`},
		{"an index that there is not", onDemand, "UpdateTable", `{"TableName": "orders", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "byState"}}]}`, "ResourceNotFoundException"},
		{"provisioned from now on", onDemand, "UpdateTable", `{"TableName": "orders", "BillingMode": "PROVISIONED", ` + provisioned + `}`, `"ReadCapacityUnits":5`},
		{"on demand from now on", provisioned, "UpdateTable", `{"TableName": "orders", ` + onDemand + `}`, `"ReadCapacityUnits":0`},
		{"protection", onDemand, "UpdateTable", `{"TableName": "orders", "DeletionProtectionEnabled": true}`, `"DeletionProtectionEnabled":true`},
		{"no change", onDemand, "UpdateTable", `{"TableName": "orders"}`, "At least one of"},
		{"a table that there is not", onDemand, "UpdateTable", `{"TableName": "none", ` + onDemand + `}`, "Requested resource not found: Table: none not found"},
		{"a time to live", onDemand, "UpdateTimeToLive", `{"TableName": "orders", "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": true}}`, `"AttributeName":"until"`},
		{"no time to live, as before", onDemand, "UpdateTimeToLive", `{"TableName": "orders", "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": false}}`, "TimeToLive is already disabled"},
		{"its tags", onDemand + `, "Tags": [{"Key": "a", "Value": "b"}]`, "ListTagsOfResource", `{` + arn + `}`, `{"Tags":[{"Key":"a","Value":"b"}]}`},
		{"tags of what is no table", onDemand, "ListTagsOfResource", `{"ResourceArn": "arn:aws:sqs:eu-west-1:111122223333:orders"}`, "Invalid TableArn"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, _ := service(t)
			if got := told(c, "CreateTable", `{`+keyed+`, `+row.create+`}`); !strings.Contains(got, `"TableStatus":"CREATING"`) {
				t.Fatal(got)
			}
			if got := told(c, row.action, row.input); !strings.Contains(got, row.want) {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestAnIndexThatACallMakesHoldsTheItemsThatWereThere(t *testing.T) {
	c, _ := service(t)
	for _, step := range []struct{ action, input, want string }{
		{"CreateTable", `{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}`, ""},
		{"PutItem", `{"TableName": "orders", "Item": {"id": {"S": "1"}, "state": {"S": "new"}}}`, ""},
		{"UpdateTable", `{"TableName": "orders", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "state", "AttributeType": "S"}],
			"GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "byState", "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}]}`, ""},
		{"Query", `{"TableName": "orders", "IndexName": "byState", "KeyConditionExpression": "#s = :s", "ExpressionAttributeNames": {"#s": "state"}, "ExpressionAttributeValues": {":s": {"S": "new"}}}`, `"Count":1`},
		{"UpdateTable", `{"TableName": "orders", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "byState"}}]}`, `"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]`},
		{"GetItem", `{"TableName": "orders", "Key": {"id": {"S": "1"}}}`, `"new"`},
		{"TagResource", `{"ResourceArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders", "Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]}`, `{}`},
		{"UntagResource", `{"ResourceArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders", "TagKeys": ["b"]}`, `{}`},
		{"ListTagsOfResource", `{"ResourceArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"}`, `{"Tags":[{"Key":"a","Value":"1"}]}`},
		{"UpdateTimeToLive", `{"TableName": "orders", "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": true}}`, ""},
		{"DescribeTimeToLive", `{"TableName": "orders"}`, `{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"until"}}`},
	} {
		if got := told(c, step.action, step.input); !strings.Contains(got, step.want) || strings.Contains(got, "Exception") {
			t.Errorf("%s: got %s, want %s", step.action, got, step.want)
		}
	}
}
