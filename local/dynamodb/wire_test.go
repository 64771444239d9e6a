package dynamodb_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
	"github.com/tradepost-dev/tradepost/local/wire"
)

var site = cloud.Site{Account: "111122223333", Region: "eu-west-1"}

// service is DynamoDB in a cloud of its own, for tests without the wire.
func service(t testing.TB) (*cloud.Cloud, *dynamodb.DynamoDB) {
	c := cloud.New(site)
	d := dynamodb.New(c, dynamodb.Options{})
	c.Register("dynamodb", d)
	t.Cleanup(c.Close)
	return c, d
}

// client is the real SDK's, against the service over HTTP.
func client(t testing.TB) *sdk.Client {
	c, _ := service(t)
	server := httptest.NewServer(wire.As(c, c.Administrator(), "dynamodb", wire.Protocols{}))
	t.Cleanup(server.Close)
	return sdk.New(sdk.Options{
		BaseEndpoint:     &server.URL,
		Region:           site.Region,
		Credentials:      credentials.NewStaticCredentialsProvider("id", "secret", ""),
		RetryMaxAttempts: 1,
	})
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func num(n int) types.AttributeValue { return &types.AttributeValueMemberN{Value: fmt.Sprint(n)} }

type attributes = map[string]types.AttributeValue

// createOrders makes a table with a partition key pk, a sort key sk, a global
// index byStatus (state, amount) that holds keys only, and a local index
// byAmount (pk, amount) with the attribute note.
func createOrders(t testing.TB, db *sdk.Client) *string {
	t.Helper()
	table := aws.String("orders")
	_, err := db.CreateTable(t.Context(), &sdk.CreateTableInput{
		TableName:   table,
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   keys("pk", "sk"),
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: "S"},
			{AttributeName: aws.String("sk"), AttributeType: "N"},
			{AttributeName: aws.String("state"), AttributeType: "S"},
			{AttributeName: aws.String("amount"), AttributeType: "N"},
		},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName:  aws.String("byState"),
			KeySchema:  keys("state", "amount"),
			Projection: &types.Projection{ProjectionType: "KEYS_ONLY"},
		}},
		LocalSecondaryIndexes: []types.LocalSecondaryIndex{{
			IndexName:  aws.String("byAmount"),
			KeySchema:  keys("pk", "amount"),
			Projection: &types.Projection{ProjectionType: "INCLUDE", NonKeyAttributes: []string{"note"}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func keys(partition, sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: &partition, KeyType: "HASH"},
		{AttributeName: &sort, KeyType: "RANGE"},
	}
}

func order(pk string, sk int, more attributes) attributes {
	item := attributes{"pk": str(pk), "sk": num(sk)}
	maps.Copy(item, more)
	return item
}

func put(t testing.TB, db *sdk.Client, table *string, item attributes) {
	t.Helper()
	if _, err := db.PutItem(t.Context(), &sdk.PutItemInput{TableName: table, Item: item}); err != nil {
		t.Fatal(err)
	}
}

// wantError checks the error's type, which is T, and its message.
func wantError[T error](t testing.TB, err error, message string) T {
	t.Helper()
	typed, ok := errors.AsType[T](err)
	if !ok || !strings.Contains(err.Error(), message) {
		t.Errorf("error %v, want a %T with %q", err, typed, message)
	}
	return typed
}
