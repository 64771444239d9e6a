package replay

// This file finds what failed.

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

// concurrency bounds the calls to DynamoDB and SQS in flight.
const concurrency = 16

// Selection says which failures are meant: those that match all that is given.
type Selection struct {
	// FileID is of a file or of a posted transaction. Without it, failures are
	// looked up by day.
	FileID string

	Ordinals []int // of records of the file. Default: all

	Partner string    // default: any
	Reason  string    // an error name as in the outcome's row; default: any
	Since   time.Time // when they failed. Required without FileID
}

func (s Selection) matches(f outcomes.Failure) bool {
	return (s.FileID == "" || s.FileID == f.FileID) &&
		(s.Partner == "" || s.Partner == f.Partner) &&
		(s.Reason == "" || s.Reason == f.Error) &&
		!f.FailedAt.Before(s.Since)
}

// Find looks the failures up, by file. Those found by day come from an index,
// which learns of a failure a moment later.
func (r *Replayer) Find(ctx context.Context, s Selection) ([]Batch, error) {
	var queries []*dynamodb.QueryInput
	switch {
	case len(s.Ordinals) > 0:
		queries = r.ofRecords(s.FileID, s.Ordinals)
	case s.FileID != "":
		queries = r.ofFile(s.FileID)
	default:
		queries = r.byDay(s.Since)
	}
	found := map[string][]outcomes.Failure{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for _, query := range queries {
		group.Go(func() error {
			pages := dynamodb.NewQueryPaginator(r.DynamoDB, query)
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return fmt.Errorf("look for failures in %s: %w", *query.TableName, err)
				}
				for _, item := range page.Items {
					f, err := outcomes.ReadFailure(item)
					if err != nil {
						return err
					}
					if s.matches(f) {
						mu.Lock()
						found[f.FileID] = append(found[f.FileID], f)
						mu.Unlock()
					}
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var batches []Batch
	for _, id := range slices.Sorted(maps.Keys(found)) {
		failures := found[id]
		slices.SortFunc(failures, func(a, b outcomes.Failure) int { return a.Ordinal - b.Ordinal })
		batches = append(batches, Batch{FileID: id, Failures: failures})
	}
	return batches, nil
}

// ofFile are the queries for a file's failures, a shard each.
func (r *Replayer) ofFile(fileID string) []*dynamodb.QueryInput {
	var queries []*dynamodb.QueryInput
	for shard := range contract.OutcomeShards {
		queries = append(queries, r.ofShard(contract.ShardKey(fileID, shard)))
	}
	return queries
}

// ofShard is the query for a shard's failures.
func (r *Replayer) ofShard(key string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName:                aws.String(r.OutcomesTable),
		ConsistentRead:           aws.Bool(true),
		KeyConditionExpression:   aws.String("#key = :key"),
		FilterExpression:         aws.String("#outcome IN (:failed, :replaying)"),
		ExpressionAttributeNames: map[string]string{"#key": contract.AttrOutcomeKey, "#outcome": contract.AttrOutcome},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":key":    attribute.Text(key),
			":failed": attribute.Text(contract.Failed), ":replaying": attribute.Text(contract.Replaying),
		},
	}
}

// ofRecords are the queries for records of a file: of each one's key, however many
// others there are.
func (r *Replayer) ofRecords(fileID string, ordinals []int) []*dynamodb.QueryInput {
	var queries []*dynamodb.QueryInput
	for _, ordinal := range slices.Compact(slices.Sorted(slices.Values(ordinals))) {
		query := r.ofShard(contract.OutcomeKey(fileID, ordinal))
		query.KeyConditionExpression = aws.String("#key = :key AND #ordinal = :ordinal")
		query.ExpressionAttributeNames["#ordinal"] = contract.AttrOrdinal
		query.ExpressionAttributeValues[":ordinal"] = attribute.Number(ordinal)
		queries = append(queries, query)
	}
	return queries
}

// byDay are the queries of the index for what failed since a time: a day's
// shard each.
func (r *Replayer) byDay(since time.Time) []*dynamodb.QueryInput {
	var queries []*dynamodb.QueryInput
	now := time.Now()
	for day := since.UTC().Truncate(24 * time.Hour); !day.After(now); day = day.Add(24 * time.Hour) {
		for shard := range contract.Shards {
			queries = append(queries, &dynamodb.QueryInput{
				TableName:                aws.String(r.OutcomesTable),
				IndexName:                aws.String(contract.IndexFailed),
				KeyConditionExpression:   aws.String("#day = :day"),
				ExpressionAttributeNames: map[string]string{"#day": contract.AttrFailedDay},
				ExpressionAttributeValues: map[string]types.AttributeValue{
					":day": attribute.Text(contract.FailedDay(day, fmt.Sprintf("%02d", shard))),
				},
			})
		}
	}
	return queries
}
