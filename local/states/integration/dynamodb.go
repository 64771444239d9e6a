// This file reads and writes items of tables.

package integration

// dynamoDB is one of the four actions that have an optimized integration.
func dynamoDB(action string) *Integration {
	return &Integration{
		Service: "dynamodb", Action: action,
		naming: naming{"DynamoDB", "AmazonDynamoDBException", "AmazonDynamoDBv2"},
		answer: withMetadata("application/x-amz-json-1.0"),
	}
}
