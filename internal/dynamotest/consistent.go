package dynamotest

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Consistent are tables that refuse to read an item in a way that may miss what has been
// written: for handlers that must not.
type Consistent struct{ *Tables }

// GetItem reads an item, consistently only.
func (c Consistent) GetItem(ctx context.Context, in *dynamodb.GetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if !aws.ToBool(in.ConsistentRead) {
		return nil, errors.New("the read is not consistent")
	}
	return c.Tables.GetItem(ctx, in, options...)
}
