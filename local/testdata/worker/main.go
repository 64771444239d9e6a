// Command worker is the Lambda function of the engine's tests: it puts the
// queue's messages into a table.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func main() {
	lambda.Start(func(ctx context.Context, batch events.SQSEvent) error {
		configuration, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return err
		}
		client := dynamodb.NewFromConfig(configuration)
		table := os.Getenv("TABLE")
		for _, record := range batch.Records {
			item := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: record.Body}}
			if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
				fmt.Println(err)
				return fmt.Errorf("store %s: %w", record.Body, err)
			}
		}
		return nil
	})
}
