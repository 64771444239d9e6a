package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

// reader is the app with a function that may read its table, and a run in which that
// does something with each of so many orders.
func reader(t *testing.T, sent int, faults simulation.Rates, work func(ctx context.Context, table *dynamodb.Client, id string) error) simulation.Result {
	t.Helper()
	return simulation.Run(t, 1, simulation.Options{
		Assembly:  template(t, strings.Replace(orders, `"dynamodb:PutItem"`, `"dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Scan"`, 1)),
		Functions: store(work), Faults: faults,
		Scenario: func(ctx context.Context, w *simulation.World) error {
			err := send(ctx, w, sent)
			time.Sleep(time.Minute)
			return err
		},
	})
}

func TestAReadMaySeeWhatWasThereUnlessItIsConsistent(t *testing.T) {
	for _, row := range []struct {
		rate       float64
		consistent bool
		waits      time.Duration
		sees       bool
	}{
		{1, false, 0, false},
		{1, true, 0, true},
		{1, false, time.Second, true},
		{0, false, 0, true},
	} {
		t.Run(fmt.Sprintf("rate %v, consistent %v, %v later", row.rate, row.consistent, row.waits), func(t *testing.T) {
			seen := 0
			const orders = 5
			r := reader(t, orders, simulation.Rates{simulation.Stale: row.rate}, func(ctx context.Context, table *dynamodb.Client, id string) error {
				if err := put(ctx, table, id); err != nil {
					return err
				}
				time.Sleep(row.waits)
				got, err := table.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("orders"), ConsistentRead: &row.consistent,
					Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}})
				if err == nil && got.Item != nil {
					seen++
				}
				return err
			})
			if hit := len(r.Faults) > 0; r.Err != nil || hit != (row.rate == 1 && !row.consistent) {
				t.Errorf("%v after %d faults", r.Err, len(r.Faults))
			}
			if row.sees && seen != orders || !row.sees && seen == orders {
				t.Errorf("%d of %d orders were seen", seen, orders)
			}
		})
	}
}

func TestAPageMayBeSmallAndTellsWhereToGoOn(t *testing.T) {
	for _, rate := range []float64{0, 1} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			var largest, empty, found int
			r := reader(t, 1, simulation.Rates{simulation.Paged: rate}, func(ctx context.Context, table *dynamodb.Client, _ string) error {
				const orders = 20
				for i := range orders {
					if err := put(ctx, table, fmt.Sprint(i)); err != nil {
						return err
					}
				}
				for pages := dynamodb.NewScanPaginator(table, &dynamodb.ScanInput{
					TableName: aws.String("orders"), FilterExpression: aws.String("contains(id, :one)"),
					ExpressionAttributeValues: map[string]types.AttributeValue{":one": &types.AttributeValueMemberS{Value: "1"}},
				}); pages.HasMorePages(); {
					page, err := pages.NextPage(ctx)
					if err != nil {
						return err
					}
					largest, found = max(largest, int(page.ScannedCount)), found+len(page.Items)
					if len(page.Items) == 0 && page.LastEvaluatedKey != nil {
						empty++
					}
				}
				one, err := table.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("orders"), Limit: aws.Int32(1)})
				if err == nil && len(one.Items) != 1 {
					err = errors.New("a page of one item is empty")
				}
				return err
			})
			if r.Err != nil || found != 11 {
				t.Errorf("%d orders were found: %v", found, r.Err)
			}
			if small := rate == 1; small != (largest <= 3) || small != (empty > 0) {
				t.Errorf("the largest page was of %d items, and %d were empty", largest, empty)
			}
		})
	}
}
