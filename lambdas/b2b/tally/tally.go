// Package tally counts the outcomes of a file, a shard at a time, going on
// where the previous tally ended.
package tally

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
}

// Handler counts outcomes of one table.
type Handler struct {
	DynamoDB      DynamoDB
	OutcomesTable string
}

// Handle counts what the shards have beyond the previous tally's prefixes.
// Reads are consistent: once an outcome is counted it is never missed again.
func (h *Handler) Handle(ctx context.Context, request contract.TallyRequest) (contract.Tally, error) {
	tally := contract.Tally{Shards: make([]contract.ShardTally, contract.OutcomeShards)}
	if previous := request.Previous; previous != nil && len(previous.Shards) == contract.OutcomeShards {
		copy(tally.Shards, previous.Shards)
	}
	beyond := make([]contract.Totals, contract.OutcomeShards)
	group, ctx := errgroup.WithContext(ctx)
	for shard := range tally.Shards {
		prefix := &tally.Shards[shard]
		if prefix.Next == 0 {
			prefix.Next = first(shard)
		}
		if prefix.Next > request.Received {
			continue // all of it is counted
		}
		group.Go(func() (err error) {
			beyond[shard], err = h.count(ctx, request, shard, prefix)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return contract.Tally{}, err
	}

	tally.Totals.Received = request.Received
	for shard := range tally.Shards {
		for _, t := range []contract.Totals{tally.Shards[shard].Totals, beyond[shard]} {
			tally.Totals.Stored += t.Stored
			tally.Totals.Duplicate += t.Duplicate
			tally.Totals.Rejected += t.Rejected
			tally.Totals.Failed += t.Failed
		}
	}
	tally.Settled = tally.Totals.Accounted() == request.Received
	return tally, nil
}

// first is the lowest ordinal of a shard; ordinals count from 1.
func first(shard int) int {
	if shard == 0 {
		return contract.OutcomeShards
	}
	return shard
}

// count reads a shard from prefix.Next on. It extends the prefix over the
// outcomes that follow without a gap and returns the totals of the others. An
// outcome that is not final ends the prefix too: a replay turns a FAILED one
// into another.
func (h *Handler) count(ctx context.Context, request contract.TallyRequest, shard int, prefix *contract.ShardTally) (beyond contract.Totals, err error) {
	pages := dynamodb.NewQueryPaginator(h.DynamoDB, &dynamodb.QueryInput{
		TableName:              aws.String(h.OutcomesTable),
		ConsistentRead:         aws.Bool(true),
		KeyConditionExpression: aws.String("#key = :key AND #ordinal >= :next"),
		ProjectionExpression:   aws.String("#ordinal, #outcome"),
		ExpressionAttributeNames: map[string]string{
			"#key":     contract.AttrOutcomeKey,
			"#ordinal": contract.AttrOrdinal,
			"#outcome": contract.AttrOutcome,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":key":  attribute.Text(contract.ShardKey(request.FileID, shard)),
			":next": attribute.Number(prefix.Next),
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return beyond, fmt.Errorf("read outcomes of shard %d of %s from ordinal %d: %w", shard, request.FileID, prefix.Next, err)
		}
		for _, item := range page.Items {
			r, err := outcomes.Receipt(item)
			if err != nil {
				return beyond, fmt.Errorf("shard %d of %s: %w", shard, request.FileID, err)
			}
			if r.Ordinal == prefix.Next && r.Outcome.Final() {
				prefix.Totals.Count(r.Outcome, 1)
				prefix.Next += contract.OutcomeShards
			} else {
				beyond.Count(r.Outcome, 1)
			}
		}
	}
	return beyond, nil
}
