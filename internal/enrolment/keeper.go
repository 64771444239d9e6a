// Package enrolment writes the directory of trading partners: what a list says,
// and what an operator does. docs/decisions/0061 has the rules.
package enrolment

// This file changes a row.

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/internal/usagekeys"
)

// DynamoDB is what a Keeper needs of the DynamoDB client.
type DynamoDB interface {
	directory.DynamoDB
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// Keeper writes one directory. Any number may work at once: every change is
// made of the row that was read, or is made again of the row that it has become.
type Keeper struct {
	DynamoDB DynamoDB
	Table    string
	Keys     *usagekeys.Ring // nil if partners have no API
}

// Errors of changes.
var (
	ErrUnknown = errors.New("there is no such partner")
	ErrExists  = errors.New("there is such a partner already")
	ErrOverlap = errors.New("two tokens are valid since the last rotation, and another one would end the older")
)

// errChanged is that of a change that another one has come before.
var errChanged = errors.New("somebody else has changed the partner at this very moment")

func (k *Keeper) directory() *directory.Directory {
	return &directory.Directory{DynamoDB: k.DynamoDB, Table: k.Table}
}

// attempts bounds how often a change is made again because of another one.
const attempts = 20

// update makes an existing row what change makes of it.
func (k *Keeper) update(ctx context.Context, partner string, change func(*directory.Row) error) (directory.Row, error) {
	for n := 0; ; n++ {
		row, err := k.directory().Find(ctx, partner)
		if err != nil {
			return row, err
		}
		if row.ID == "" {
			return row, fmt.Errorf("partner %q: %w", partner, ErrUnknown)
		}
		if err := change(&row); err != nil {
			return row, fmt.Errorf("partner %q: %w", partner, err)
		}
		row, err = k.put(ctx, row)
		if !errors.Is(err, errChanged) || n == attempts {
			return row, err
		}
		if err := patience.Wait(ctx, n); err != nil {
			return row, err
		}
	}
}

// put stores a row in the place of the version that it was made of.
func (k *Keeper) put(ctx context.Context, row directory.Row) (directory.Row, error) {
	input := &dynamodb.PutItemInput{TableName: aws.String(k.Table)}
	if row.Version == 0 {
		input.ConditionExpression = aws.String("attribute_not_exists(#partner)")
		input.ExpressionAttributeNames = map[string]string{"#partner": contract.AttrPartner}
	} else {
		input.ConditionExpression = aws.String("#version = :before")
		input.ExpressionAttributeNames = map[string]string{"#version": contract.AttrVersion}
		input.ExpressionAttributeValues = map[string]types.AttributeValue{":before": attribute.Number(row.Version)}
	}
	row.Version++
	input.Item = row.Item()
	err := patience.Retry(ctx, func() error {
		_, err := k.DynamoDB.PutItem(ctx, input)
		return err
	})
	if _, changed := errors.AsType[*types.ConditionalCheckFailedException](err); changed {
		return row, k.mine(ctx, row)
	}
	if err != nil {
		return row, fmt.Errorf("store partner %q: %w", row.ID, err)
	}
	return row, nil
}

// mine tells whether a row that could not be stored is there all the same: the
// answer to an earlier attempt may have been lost.
func (k *Keeper) mine(ctx context.Context, row directory.Row) error {
	now, err := k.directory().Find(ctx, row.ID)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(now.Item(), row.Item()) {
		return fmt.Errorf("partner %q: %w", row.ID, errChanged)
	}
	return nil
}
