// Package dynamotest gives handler tests the pipeline's tables in memory, so
// that conditions and queries are evaluated and not assumed.
package dynamotest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/truora/minidyn/aws-v2/client"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Names of the tables.
const (
	Files        = "Files"
	Transactions = "Transactions"
	Outcomes     = "Outcomes"
)

// Tables is a DynamoDB client on empty tables.
type Tables struct {
	*client.Client
	t    *testing.T
	keys map[string][]string // key attributes by table
}

// New creates the tables.
func New(t *testing.T) *Tables {
	t.Helper()
	tables := &Tables{Client: client.NewClient(), t: t, keys: map[string][]string{}}
	tables.create(Files, key(contract.AttrFileID, types.ScalarAttributeTypeS))
	tables.create(Transactions, key(contract.AttrPartner, types.ScalarAttributeTypeS), key(contract.AttrTransactionID, types.ScalarAttributeTypeS))
	tables.create(Outcomes, key(contract.AttrOutcomeKey, types.ScalarAttributeTypeS), key(contract.AttrOrdinal, types.ScalarAttributeTypeN))
	return tables
}

func key(name string, kind types.ScalarAttributeType) types.AttributeDefinition {
	return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: kind}
}

// create makes a table whose first key is the partition, and whose second one,
// if any, the order within it.
func (tables *Tables) create(name string, keys ...types.AttributeDefinition) {
	tables.t.Helper()
	input := &dynamodb.CreateTableInput{TableName: aws.String(name), AttributeDefinitions: keys, BillingMode: types.BillingModePayPerRequest}
	for i, k := range keys {
		role := []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]
		tables.keys[name] = append(tables.keys[name], *k.AttributeName)
		input.KeySchema = append(input.KeySchema, types.KeySchemaElement{AttributeName: k.AttributeName, KeyType: role})
	}
	if _, err := tables.CreateTable(context.Background(), input); err != nil {
		tables.t.Fatal(err)
	}
}

// Put stores an item.
func (tables *Tables) Put(table string, item map[string]types.AttributeValue) {
	tables.t.Helper()
	if _, err := tables.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String(table), Item: item}); err != nil {
		tables.t.Fatal(err)
	}
}

// All returns a table's items.
func (tables *Tables) All(table string) []map[string]types.AttributeValue {
	tables.t.Helper()
	output, err := tables.Scan(context.Background(), &dynamodb.ScanInput{TableName: aws.String(table)})
	if err != nil {
		tables.t.Fatal(err)
	}
	return output.Items
}

// PutItem returns the item that was replaced, or that a failed condition left,
// if that is asked for; the client under it returns the new one, or none.
func (tables *Tables) PutItem(ctx context.Context, input *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	var old map[string]types.AttributeValue
	replaced := input.ReturnValues == types.ReturnValueAllOld
	left := input.ReturnValuesOnConditionCheckFailure == types.ReturnValuesOnConditionCheckFailureAllOld
	if replaced || left {
		key := make(map[string]types.AttributeValue)
		for _, name := range tables.keys[*input.TableName] {
			key[name] = input.Item[name]
		}
		got, err := tables.GetItem(ctx, &dynamodb.GetItemInput{TableName: input.TableName, Key: key})
		if err != nil {
			return nil, err
		}
		old = got.Item
	}
	_, err := tables.Client.PutItem(ctx, input)
	var failed *types.ConditionalCheckFailedException
	if left && errors.As(err, &failed) {
		failed.Item = old
	}
	if err != nil {
		return nil, err
	}
	output := &dynamodb.PutItemOutput{}
	if replaced {
		output.Attributes = old
	}
	return output, nil
}

// Query is DynamoDB's: in the order of numeric sort keys, in pages of Limit
// items that are filtered after they are read, and without a last key at the
// end. The client under it orders numbers as texts and ends with an empty key.
func (tables *Tables) Query(ctx context.Context, input *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	whole := *input
	whole.Limit, whole.ExclusiveStartKey = nil, nil
	filtered, err := tables.Client.Query(ctx, &whole)
	if err != nil {
		return nil, err
	}
	kept := make(map[int]bool)
	for _, item := range filtered.Items {
		kept[ordinal(item)] = true
	}
	all := filtered.Items
	if f := input.FilterExpression; f != nil { // names and values must stay in use
		whole.FilterExpression = aws.String("(" + *f + ") OR NOT (" + *f + ")")
		unfiltered, err := tables.Client.Query(ctx, &whole)
		if err != nil {
			return nil, err
		}
		all = unfiltered.Items
	}
	slices.SortFunc(all, func(a, b map[string]types.AttributeValue) int { return ordinal(a) - ordinal(b) })
	output := &dynamodb.QueryOutput{}
	read := 0
	for _, item := range all {
		if input.ExclusiveStartKey != nil && ordinal(item) <= ordinal(input.ExclusiveStartKey) {
			continue
		}
		if input.Limit != nil && read == int(*input.Limit) {
			break
		}
		read++
		output.LastEvaluatedKey = item
		if kept[ordinal(item)] {
			output.Items = append(output.Items, item)
		}
	}
	if input.Limit == nil || read < int(*input.Limit) {
		output.LastEvaluatedKey = nil
	}
	return output, nil
}

// ordinal is an item's numeric sort key.
func ordinal(item map[string]types.AttributeValue) int {
	n, _ := item[contract.AttrOrdinal].(*types.AttributeValueMemberN)
	if n == nil {
		return 0
	}
	i, _ := strconv.Atoi(n.Value)
	return i
}
