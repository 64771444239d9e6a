package simulation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

// over hands over some orders and waits until all is quiet.
func over(ctx context.Context, w *simulation.World) error {
	err := send(ctx, w, 8)
	time.Sleep(time.Hour)
	return err
}

// stamp writes what is another time and another id in each run.
func stamp(ctx context.Context, table *dynamodb.Client, id string) error {
	_, err := table.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: aws.String("orders"),
		Key:              map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}},
		UpdateExpression: aws.String("SET seen = if_not_exists(seen, :now)"), ExpressionAttributeValues: map[string]types.AttributeValue{":now": &types.AttributeValueMemberS{Value: time.Now().String()}}})
	return err
}

// drawn writes an item of its own for each call.
func drawn(ctx context.Context, table *dynamodb.Client, id string) error {
	return put(ctx, table, id+" at "+time.Now().String())
}

func TestWhatMayBeRedeliveredLeavesTheSameBehind(t *testing.T) {
	for name, work := range map[string]func(context.Context, *dynamodb.Client, string) error{"put": put, "stamp": stamp} {
		t.Run(name, func(t *testing.T) {
			simulation.Idempotent(t, []uint64{1, 2, 3}, simulation.Options{Assembly: app(t), Functions: store(work), Scenario: over})
		})
	}
}

func TestWhatMayNotBeRedeliveredIsToldByWhatItLeavesBehind(t *testing.T) {
	for _, row := range []struct {
		name string
		work func(context.Context, *dynamodb.Client, string) error
		want string
	}{
		{"a number that grows", add, `table orders: 0 instead of 1 of id={"S":"order-0"} times={"N":"1"}`},
		{"an item of its own each time", drawn, "table orders: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := simulation.Redelivered(t, simulation.Options{Assembly: app(t), Functions: store(row.work), Scenario: over})
			if r := simulation.Run(t, 1, o); r.Err == nil || !strings.HasPrefix(r.Err.Error(), row.want) {
				t.Errorf("got %v, want %s", r.Err, row.want)
			}
		})
	}
}
