// Command worker is the Lambda function of the engine's tests: it puts what its
// records are about into a table: messages of queues, records of streams, and new
// items of tables.
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type batch struct {
	Records []struct {
		Body    string
		Kinesis events.KinesisRecord
		Change  struct {
			Keys map[string]struct{ S string }
		} `json:"dynamodb"`
	}
}

func main() {
	lambda.Start(func(ctx context.Context, in batch) error {
		configuration, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return err
		}
		client := dynamodb.NewFromConfig(configuration)
		table := os.Getenv("TABLE")
		for _, record := range in.Records {
			id := cmp.Or(record.Body, string(record.Kinesis.Data), record.Change.Keys["id"].S)
			item := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
			if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
				fmt.Println(err)
				return fmt.Errorf("store %s: %w", id, err)
			}
		}
		return nil
	})
}
