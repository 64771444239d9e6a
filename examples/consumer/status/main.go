// The team's own function: it reads the pipeline's table.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type order struct {
	Partner string `json:"partner"`
	ID      string `json:"id"`
}

func main() {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	client, table := dynamodb.NewFromConfig(cfg), os.Getenv("TRANSACTIONS_TABLE")
	lambda.Start(func(ctx context.Context, o order) (string, error) {
		key := o.Partner + "/" + o.ID
		got, err := client.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &table,
			Key:       map[string]types.AttributeValue{"transactionKey": &types.AttributeValueMemberS{Value: key}},
		})
		if err != nil {
			return "", fmt.Errorf("read %s: %w", key, err)
		}
		status, ok := got.Item["status"].(*types.AttributeValueMemberS)
		if !ok {
			return "UNKNOWN", nil
		}
		return status.Value, nil
	})
}
