// This file reads a file's outcomes from their shards and merges them into
// the order of the ordinals.

package acknowledge

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

// pageItems is how many outcomes of a shard are read at a time. It bounds
// memory: a page of every shard is held at once.
const pageItems = 1000

// receipts passes the transactions that were not stored to each, by ordinal.
func (h *Handler) receipts(ctx context.Context, a contract.Acknowledgement, each func(contract.Receipt) error) error {
	if a.Totals.Accounted() == a.Totals.Stored {
		return nil // nothing to look for
	}
	shards := make([]*shard, contract.OutcomeShards)
	group, groupCtx := errgroup.WithContext(ctx)
	for i := range shards {
		shards[i] = h.openShard(a.FileID, i)
		group.Go(func() error { return shards[i].load(groupCtx) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for {
		var next *shard
		for _, s := range shards {
			if len(s.page) > 0 && (next == nil || s.page[0].Ordinal < next.page[0].Ordinal) {
				next = s
			}
		}
		if next == nil {
			return nil
		}
		if err := each(next.page[0]); err != nil {
			return err
		}
		next.page = next.page[1:]
		if err := next.load(ctx); err != nil {
			return err
		}
	}
}

// shard reads one shard of outcomes, a page at a time.
type shard struct {
	key   string
	pages *dynamodb.QueryPaginator
	page  []contract.Receipt // not yet taken
}

func (h *Handler) openShard(fileID string, i int) *shard {
	key := contract.ShardKey(fileID, i)
	return &shard{key: key, pages: dynamodb.NewQueryPaginator(h.DynamoDB, &dynamodb.QueryInput{
		TableName:              aws.String(h.OutcomesTable),
		ConsistentRead:         aws.Bool(true),
		KeyConditionExpression: aws.String("#key = :key"),
		FilterExpression:       aws.String("NOT #outcome IN (:stored, :replaying)"),
		ExpressionAttributeNames: map[string]string{
			"#key": contract.AttrOutcomeKey, "#outcome": contract.AttrOutcome,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":key":       attribute.Text(key),
			":stored":    attribute.Text(contract.Stored),
			":replaying": attribute.Text(contract.Replaying),
		},
		Limit: aws.Int32(pageItems),
	})}
}

// load fetches pages until one has a receipt or the shard ends. A page may be
// empty with more to come: DynamoDB filters after it has read.
func (s *shard) load(ctx context.Context) error {
	for len(s.page) == 0 && s.pages.HasMorePages() {
		page, err := s.pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("read outcomes of %s: %w", s.key, err)
		}
		s.page = make([]contract.Receipt, len(page.Items))
		for i, item := range page.Items {
			if s.page[i], err = outcomes.Receipt(item); err != nil {
				return fmt.Errorf("outcomes of %s: %w", s.key, err)
			}
		}
	}
	return nil
}
