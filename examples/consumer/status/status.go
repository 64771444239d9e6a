// Package status is the team's own function: it reads the pipeline's table.
package status

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Order is whose order is asked for.
type Order struct {
	Partner string `json:"partner"`
	ID      string `json:"id"`
}

// New makes the handler, which tells what became of an order.
func New(cfg aws.Config, table string) func(context.Context, Order) (string, error) {
	client := dynamodb.NewFromConfig(cfg)
	return func(ctx context.Context, o Order) (string, error) {
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
	}
}
