package simulation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

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

// last notes which order came last.
func last(ctx context.Context, table *dynamodb.Client, id string) error {
	_, err := table.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("orders"), Item: map[string]types.AttributeValue{
		"id": &types.AttributeValueMemberS{Value: "last"}, "order": &types.AttributeValueMemberS{Value: id}}})
	return err
}

// unlessDone adds what has not been added, and takes its time: it may be repeated, but
// not while it is at it.
func unlessDone(ctx context.Context, table *dynamodb.Client, id string) error {
	got, err := table.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("orders"), Key: key(id), ConsistentRead: aws.Bool(true)})
	if err != nil || got.Item != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	return add(ctx, table, id)
}

// together hands over two orders at once, and waits.
func together(ctx context.Context, w *simulation.World) error {
	_, err := sqs.NewFromConfig(w.AWS()).SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: aws.String(w.Endpoints.AWS + "/000000000000/orders"), Entries: []sqstypes.SendMessageBatchRequestEntry{
		{Id: aws.String("0"), MessageBody: aws.String("order-0")}, {Id: aws.String("1"), MessageBody: aws.String("order-1")},
	}})
	time.Sleep(time.Hour)
	return err
}

// oneByOne hands over two orders, each when all is quiet.
func oneByOne(ctx context.Context, w *simulation.World) error {
	for _, order := range []string{"order-0", "order-1"} {
		if err := sendAll(ctx, w, []string{order}); err != nil {
			return err
		}
		time.Sleep(time.Hour)
	}
	return nil
}

func TestWhatMayNotBeRedeliveredIsToldByWhatItLeavesBehind(t *testing.T) {
	readable := strings.Replace(orders, `"dynamodb:PutItem"`, `"dynamodb:PutItem", "dynamodb:GetItem"`, 1)
	for _, row := range []struct {
		name     string
		work     func(context.Context, *dynamodb.Client, string) error
		scenario func(context.Context, *simulation.World) error
		want     string // empty: nothing
	}{
		{"a number that grows", add, over, `table orders: 0 instead of 1 of id={"S":"order-5"} times={"N":"1"}`},
		{"an item of its own each time", drawn, over, "table orders: "},
		{"the last of two that come together", last, together, `table orders: 0 instead of 1 of id={"S":"last"} order={"S":"order-1"}`},
		{"the last of two, of which one comes when all is quiet", last, oneByOne, ""},
		{"what may be repeated, but not at the same time", unlessDone, together, "table orders: 0 instead of 1 of id="},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := simulation.Redelivered(t, simulation.Options{Assembly: template(t, readable), Functions: store(row.work), Scenario: row.scenario})
			told := ""
			for seed := uint64(1); seed <= 5 && told == ""; seed++ {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					if r := simulation.Run(t, seed, o); r.Err != nil {
						told = r.Err.Error()
					}
				})
			}
			if !strings.HasPrefix(told, row.want) || row.want == "" && told != "" {
				t.Errorf("got %q, want %s", told, row.want)
			}
		})
	}
}

func TestNothingIsProvedOfASystemToWhichNothingIsDelivered(t *testing.T) {
	for _, row := range []struct {
		scenario func(context.Context, *simulation.World) error
		want     bool
	}{{nothing, false}, {together, true}} {
		t.Run(fmt.Sprint(row.want), func(t *testing.T) {
			o := simulation.Redelivered(t, simulation.Options{Assembly: app(t), Functions: store(put), Scenario: row.scenario})
			if got := simulation.WasRedelivered(simulation.Explore(t, []uint64{1}, o)); got != row.want {
				t.Errorf("it is: %v", got)
			}
		})
	}
}
