// This file reads and writes items of tables.

package integration

// dynamoDB is one of the four actions that have an optimized integration.
func dynamoDB(action string) *Integration {
	return &Integration{
		Service: "dynamodb", Action: action,
		naming:   naming{api: "dynamodb", prefix: "DynamoDB", general: "AmazonDynamoDBException", service: "AmazonDynamoDBv2"},
		metadata: ofDynamoDB(action),
	}
}
