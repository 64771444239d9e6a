// Package dynamotest gives handler tests tables in memory, so that conditions
// and queries are evaluated and not assumed: the SDK's own client, on the
// engine's DynamoDB.
package dynamotest

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local/cloud"
	local "github.com/tradepost-dev/tradepost/local/dynamodb"
)

// Names of the tables.
const (
	Files        = "Files"
	Transactions = "Transactions"
	Outcomes     = "Outcomes"
)

// Tables is a DynamoDB client on tables of the test's own.
type Tables struct {
	*dynamodb.Client
	t *testing.T
}

// New creates the pipeline's tables. They go when the test ends.
func New(t *testing.T) *Tables {
	t.Helper()
	tables := Empty(t)
	tables.create(Files, key(contract.AttrFileID, types.ScalarAttributeTypeS))
	tables.create(Transactions, key(contract.AttrTransactionKey, types.ScalarAttributeTypeS))
	tables.create(Outcomes, key(contract.AttrOutcomeKey, types.ScalarAttributeTypeS), key(contract.AttrOrdinal, types.ScalarAttributeTypeN))
	return tables
}

// Empty has no tables yet.
func Empty(t *testing.T) *Tables {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	t.Cleanup(c.Close)
	c.Register("dynamodb", local.New(c, local.Options{}))
	return &Tables{t: t, Client: dynamodb.New(dynamodb.Options{
		Region:      c.Region,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		HTTPClient:  transport{c},
		Retryer:     aws.NopRetryer{}, // handlers decide how often to try
	})}
}

// Create makes a table whose key are texts: the partition and, if there is a
// second one, the order within it.
func (tables *Tables) Create(name string, keys ...string) {
	tables.t.Helper()
	var definitions []types.AttributeDefinition
	for _, k := range keys {
		definitions = append(definitions, key(k, types.ScalarAttributeTypeS))
	}
	tables.create(name, definitions...)
}

func key(name string, kind types.ScalarAttributeType) types.AttributeDefinition {
	return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: kind}
}

// create makes a table whose first key is the partition, and whose second one,
// if any, the order within it.
func (tables *Tables) create(name string, keys ...types.AttributeDefinition) {
	tables.t.Helper()
	input := &dynamodb.CreateTableInput{TableName: aws.String(name), AttributeDefinitions: keys, BillingMode: types.BillingModePayPerRequest}
	if name == Outcomes {
		input.AttributeDefinitions = append(input.AttributeDefinitions,
			key(contract.AttrFailedDay, types.ScalarAttributeTypeS), key(contract.AttrFailedAt, types.ScalarAttributeTypeS))
		input.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{{
			IndexName: aws.String(contract.IndexFailed),
			KeySchema: []types.KeySchemaElement{
				{AttributeName: aws.String(contract.AttrFailedDay), KeyType: types.KeyTypeHash},
				{AttributeName: aws.String(contract.AttrFailedAt), KeyType: types.KeyTypeRange},
			},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}}
	}
	if name == Files {
		input.AttributeDefinitions = append(input.AttributeDefinitions,
			key(contract.AttrUnsettled, types.ScalarAttributeTypeS), key(contract.AttrDeadline, types.ScalarAttributeTypeN))
		input.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{{
			IndexName: aws.String(contract.IndexUnsettled),
			KeySchema: []types.KeySchemaElement{
				{AttributeName: aws.String(contract.AttrUnsettled), KeyType: types.KeyTypeHash},
				{AttributeName: aws.String(contract.AttrDeadline), KeyType: types.KeyTypeRange},
			},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}}
	}
	for i, k := range keys {
		role := []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]
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
