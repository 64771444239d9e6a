package rollback

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/policyguard"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// brittle is a table whose calls fail after they were made, as fails says.
type brittle struct {
	policyguard.DynamoDB
	fails func(action string) error
}

func (b brittle) PutItem(ctx context.Context, in *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	output, err := b.DynamoDB.PutItem(ctx, in, options...)
	if failure := b.fails("PutItem"); failure != nil {
		return nil, asSDK(failure)
	}
	return output, err
}

func (b brittle) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, options ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	output, err := b.DynamoDB.UpdateItem(ctx, in, options...)
	if failure := b.fails("UpdateItem"); failure != nil {
		return nil, asSDK(failure)
	}
	return output, err
}

func asSDK(err error) error {
	failure, ok := err.(*cloud.Error)
	if !ok {
		return err
	}
	return &smithy.GenericAPIError{Code: "ThrottlingException", Message: failure.Message}
}
