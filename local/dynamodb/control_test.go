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
		moreIndexed = `, "GlobalSecondaryIndexes": [{` + index + `}]`
		arn         = `"ResourceArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"`
	)
	other := `{` + strings.Replace(keyed, "orders", "other", 1)
	for _, row := range []struct{ name, create, action, input, want string }{
		{"on demand", onDemand, "DescribeTable", `{"TableName": "orders"}`, `"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST","LastUpdateToPayPerRequestDateTime":`},
		{"provisioned", provisioned, "DescribeTable", `{"TableName": "orders"}`, `"ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":6,`},
		{"on demand for so much", onDemand, "CreateTable", other + `, ` + onDemand + `, ` + provisioned + `}`, "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"},
		{"provisioned for nothing", onDemand, "CreateTable", other + `}`, "ReadCapacityUnits and WriteCapacityUnits must both be specified"},
		{"what is not honoured", onDemand, "CreateTable", other + `, ` + onDemand + `, "ResourcePolicy": "{}"}`, "NotImplemented: the local engine does not serve the parameter ResourcePolicy of CreateTable"},
		{"warm on demand", onDemand, "DescribeTable", `{"TableName": "orders"}`, `"WarmThroughput":{"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000,"Status":"ACTIVE"}`},
		{"warm as provisioned", provisioned, "DescribeTable", `{"TableName": "orders"}`, `"WarmThroughput":{"ReadUnitsPerSecond":5,"WriteUnitsPerSecond":6,"Status":"ACTIVE"}`},
		{"warm as asked", provisioned + `, "WarmThroughput": {"ReadUnitsPerSecond": 1000, "WriteUnitsPerSecond": 1}`, "DescribeTable", `{"TableName": "orders"}`, `"WarmThroughput":{"ReadUnitsPerSecond":1000,"WriteUnitsPerSecond":6,"Status":"ACTIVE"}`},
		{"warming up", onDemand, "CreateTable", other + `, ` + provisioned + `, "WarmThroughput": {"ReadUnitsPerSecond": 1000, "WriteUnitsPerSecond": 1200}}`, `"WarmThroughput":{"ReadUnitsPerSecond":1000,"WriteUnitsPerSecond":1200,"Status":"UPDATING"}`},
		{"limited on demand", onDemand + `, "OnDemandThroughput": {"MaxReadRequestUnits": 7}`, "DescribeTable", `{"TableName": "orders"}`, `"OnDemandThroughput":{"MaxReadRequestUnits":7}`},
		{"limited, but provisioned", onDemand, "CreateTable", other + `, ` + provisioned + `, "OnDemandThroughput": {"MaxReadRequestUnits": 7}}`, "OnDemandThroughput can only be specified when BillingMode is PAY_PER_REQUEST"},
		{"no units", onDemand, "CreateTable", other + `, "ProvisionedThroughput": {"ReadCapacityUnits": 1}}`, "Value '0' at 'provisionedThroughput.writeCapacityUnits'"},
		{"its class", onDemand, "UpdateTable", `{"TableName": "orders", "TableClass": "STANDARD_INFREQUENT_ACCESS"}`, `"TableClassSummary":{"TableClass":"STANDARD_INFREQUENT_ACCESS"}`},
		{"no class", onDemand, "UpdateTable", `{"TableName": "orders", "TableClass": "FAST"}`, "Value 'FAST' at 'tableClass'"},
		{"encrypted", onDemand + `, "SSESpecification": {"Enabled": true}`, "DescribeTable", `{"TableName": "orders"}`, `"SSEDescription":{"Status":"ENABLED","SSEType":"KMS","KMSMasterKeyArn":"arn:aws:kms:eu-west-1:111122223333:alias/aws/dynamodb"}`},
		{"encrypted no more", onDemand + `, "SSESpecification": {"KMSMasterKeyId": "k"}`, "UpdateTable", `{"TableName": "orders", "SSESpecification": {"Enabled": false}}`, `"LastUpdateToPayPerRequestDateTime"`},
		{"a bad name", onDemand, "DescribeTable", `{"TableName": "or?ers"}`, "Value 'or?ers' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
		{"a short name", onDemand, "GetItem", `{"TableName": "or", "Key": {}}`, "Member must have length greater than or equal to 3"},
		{"what is left of it", onDemand, "DeleteTable", `{"TableName": "orders"}`, `{"TableDescription":{"TableName":"orders","TableStatus":"DELETING","ProvisionedThroughput":`},
		{"an index that is there", onDemand + moreIndexed, "UpdateTable", `{"TableName": "orders", ` + withState + `, "GlobalSecondaryIndexUpdates": [{"Create": {` + index + `}}]}`, "Attempting to create an index which already exists"},
		{"nothing done to an index", onDemand, "UpdateTable", `{"TableName": "orders", "GlobalSecondaryIndexUpdates": [{}]}`, "GlobalSecondaryIndexUpdate.Delete must not be null"},
		{"two things done to an index", onDemand, "UpdateTable", `{"TableName": "orders", "GlobalSecondaryIndexUpdates": [{"Create": {` + index + `}, "Delete": {"IndexName": "byState"}}]}`, "can be specified at one time"},
		{"an index twice", onDemand, "UpdateTable", `{"TableName": "orders", "GlobalSecondaryIndexUpdates": [{"Create": {` + index + `}}, {"Delete": {"IndexName": "byState"}}]}`, "Only one global secondary index update per index is allowed simultaneously. Index: byState"},
		{"a limit of an index", onDemand + moreIndexed, "UpdateTable", `{"TableName": "orders", "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "byState", "OnDemandThroughput": {"MaxReadRequestUnits": 7}}}]}`, `"OnDemandThroughput":{"MaxReadRequestUnits":7}`},
		{"an index warmed up", onDemand + moreIndexed, "UpdateTable", `{"TableName": "orders", "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "byState", "WarmThroughput": {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000}}}]}`, `"ReadUnitsPerSecond":13000`},
		{"two indexes", onDemand, "UpdateTable", `{"TableName": "orders", "GlobalSecondaryIndexUpdates": [{"Create": {` + index + `}}, {"Delete": {"IndexName": "byTime"}}]}`, "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"},
		{"another type", onDemand, "UpdateTable", `{"TableName": "orders", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}], ` + onDemand + `}`, "Attributes cannot be redefined"},
		{"provisioned for what", onDemand, "UpdateTable", `{"TableName": "orders", "BillingMode": "PROVISIONED"}`, "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"},
		{"a time to live of no name", onDemand, "UpdateTimeToLive", `{"TableName": "orders", "TimeToLiveSpecification": {"AttributeName": "", "Enabled": true}}`, "Member must have length greater than or equal to 1"},
		{"a time to live or not", onDemand, "UpdateTimeToLive", `{"TableName": "orders", "TimeToLiveSpecification": {"AttributeName": "until"}}`, "Value null at 'timeToLiveSpecification.enabled'"},
		{"too many names", onDemand, "ListTables", `{"Limit": 101}`, "Member must have value between 1 and 100"},
		{"a tag without a value", onDemand, "TagResource", `{` + arn + `, "Tags": [{"Key": "a"}]}`, "Value null at 'tags.member.value'"},
		{"a tag's characters", onDemand, "TagResource", `{` + arn + `, "Tags": [{"Key": "a", "Value": "b!"}]}`, "Invalid characters in tag value: b!"},
		{"a tag's key", onDemand, "TagResource", `{` + arn + `, "Tags": [{"Key": "` + strings.Repeat("a", 129) + `", "Value": "b"}]}`, "Member must have length less than or equal to 128"},
		{"a tag's value", onDemand, "TagResource", `{` + arn + `, "Tags": [{"Key": "a", "Value": "` + strings.Repeat("b", 257) + `"}]}`, "Member must have length less than or equal to 256"},
		{"no tags", onDemand, "TagResource", `{` + arn + `, "Tags": []}`, "Atleast one Tag needs to be provided as Input."},
		{"tags of an index", onDemand, "ListTagsOfResource", strings.Replace(`{`+arn+`}`, "orders", "orders/index/byState", 1), "Invalid resource arn provided, only table or stream is accepted"},
		{"a write's metrics without local indexes", onDemand, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "1"}}, "ReturnItemCollectionMetrics": "SIZE"}`, `{}`},
		{"a write's metrics or what", onDemand, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "1"}}, "ReturnItemCollectionMetrics": "ALL"}`, "Value 'ALL' at 'returnItemCollectionMetrics'"},
		{"a start where one row is", onDemand, "Query", `{"TableName": "orders", "KeyConditionExpression": "id = :i", "ExpressionAttributeValues": {":i": {"S": "1"}}, "ExclusiveStartKey": {"id": {"S": "1"}}}`, "The provided exclusive start key is invalid: ExclusiveStartKey: {id=AttributeValue: {S:1}}"},
		{"a start of another segment", onDemand, "Scan", `{"TableName": "orders", "TotalSegments": 1000000, "Segment": 0, "ExclusiveStartKey": {"id": {"S": "1"}}}`, "Please use ExclusiveStartKey with correct Segment. TotalSegments: 1000000 Segment: 0"},
		{"a write without them", onDemand, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "1"}}, "ReturnItemCollectionMetrics": "NONE"}`, `{}`},
		{"a batch's item without its key", onDemand, "BatchWriteItem", `{"RequestItems": {"orders": [{"PutRequest": {"Item": {"a": {"S": "1"}}}}]}}`, "The provided key element does not match the schema"},
		{"an index more", onDemand, "UpdateTable", `{"TableName": "orders", ` + withState + `, "GlobalSecondaryIndexUpdates": [{"Create": {` + index + `}}]}`, `"IndexName":"byState"`},
		{"an index of an attribute that the request does not define", onDemand, "UpdateTable", `{"TableName": "orders", "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "byId", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}]}`, "Some index key attributes are not defined in AttributeDefinitions. Keys: [id], AttributeDefinitions: []"},
		{"a long name", onDemand, "UpdateTable", `{"TableName": "orders", "AttributeDefinitions": [{"AttributeName": "` + strings.Repeat("a", 256) + `", "AttributeType": "S"}], ` + onDemand + `}`, "at 'attributeDefinitions.1.member.attributeName' failed to satisfy constraint: Member must have length less than or equal to 255"},
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
			defined := keyed
			if strings.Contains(row.create, moreIndexed) {
				defined = strings.Replace(keyed, `"AttributeDefinitions": [`, strings.TrimSuffix(withState, "]")+", ", 1)
			}
			if got := told(c, "CreateTable", `{`+defined+`, `+row.create+`}`); !strings.Contains(got, `"TableStatus":"CREATING"`) {
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

// A global index has no name of another one, be it a local one; another time to live
// waits for the end of the one that there is.
func TestWhatATableHasIsNotMadeTwice(t *testing.T) {
	c, _ := service(t)
	const definitions = `"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}, {"AttributeName": "state", "AttributeType": "S"}]`
	key := func(attribute string) string {
		return `"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "` + attribute + `", "KeyType": "RANGE"}]`
	}
	index := `{"IndexName": "byState", ` + key("state") + `, "Projection": {"ProjectionType": "ALL"}}`
	for _, step := range []struct{ action, input, want string }{
		{"CreateTable", `{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST", ` + definitions + `, ` + key("n") + `, "LocalSecondaryIndexes": [` + index + `]}`, `"TableStatus":"CREATING"`},
		{"UpdateTable", `{"TableName": "orders", ` + definitions + `, "GlobalSecondaryIndexUpdates": [{"Create": ` + index + `}]}`, "Attempting to create an index which already exists"},
		{"UpdateTable", `{"TableName": "orders", ` + definitions + `, "TableClass": "STANDARD"}`, `"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"n","AttributeType":"N"},{"AttributeName":"state","AttributeType":"S"}]`},
		{"UpdateTimeToLive", `{"TableName": "orders", "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": true}}`, `"until"`},
		{"UpdateTimeToLive", `{"TableName": "orders", "TimeToLiveSpecification": {"AttributeName": "other", "Enabled": true}}`, "ValidationException"},
		{"UpdateTimeToLive", `{"TableName": "orders", "TimeToLiveSpecification": {"AttributeName": "other", "Enabled": false}}`, "ValidationException"},
		{"UpdateTable", `{"TableName": "orders", "SSESpecification": {"Enabled": true}}`, `"SSEType":"KMS"`},
		{"UpdateTable", `{"TableName": "orders", "DeletionProtectionEnabled": true}`, `"SSEType":"KMS"`},
		{"UpdateTable", `{"TableName": "orders", "TableClass": "STANDARD"}`, `"DeletionProtectionEnabled":true`},
		{"DescribeTimeToLive", `{"TableName": "orders"}`, `"AttributeName":"until"`},
	} {
		if got := told(c, step.action, step.input); !strings.Contains(got, step.want) {
			t.Errorf("%s %s: got %s, want %s", step.action, step.input, got, step.want)
		}
	}
}
