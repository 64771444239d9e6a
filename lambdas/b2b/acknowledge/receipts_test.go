package acknowledge

// This file tests how many outcomes are read, a page at a time.

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

// endless is a table of many outcomes that are made as they are read.
type endless struct {
	DynamoDB
	perShard int
}

func (e *endless) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	from := 0
	if in.ExclusiveStartKey != nil {
		r, err := outcomes.Receipt(in.ExclusiveStartKey)
		if err != nil {
			return nil, err
		}
		from = r.Ordinal/contract.OutcomeShards + 1
	}
	var shard int
	if _, err := fmt.Sscanf(in.ExpressionAttributeValues[":key"].(*types.AttributeValueMemberS).Value, fileID+"#%d", &shard); err != nil {
		return nil, err
	}
	output := &dynamodb.QueryOutput{}
	for i := from; i < e.perShard && len(output.Items) < int(aws.ToInt32(in.Limit)); i++ {
		item := outcomes.Item(fileID, time.Now().Add(time.Hour), contract.Receipt{Ordinal: i*contract.OutcomeShards + shard, Outcome: contract.Rejected, Message: "m"})
		output.Items, output.LastEvaluatedKey = append(output.Items, item), item
	}
	if from+len(output.Items) == e.perShard {
		output.LastEvaluatedKey = nil
	}
	return output, nil
}

func TestMemoryIsBoundedByPagesNotByTheFile(t *testing.T) {
	const perShard = 4000
	h := &Handler{DynamoDB: &endless{perShard: perShard}}
	a := acknowledgement(contract.FileSettled, contract.Totals{Received: 64_000, Rejected: 64_000})
	next := 0
	err := h.receipts(t.Context(), a, func(r contract.Receipt) error {
		if r.Ordinal != next {
			return fmt.Errorf("ordinal %d after %d", r.Ordinal, next-1)
		}
		next++
		return nil
	})
	if err != nil || next != perShard*contract.OutcomeShards {
		t.Errorf("%v after %d receipts", err, next)
	}
	s := h.openShard(fileID, 3)
	if err := s.load(t.Context()); err != nil || len(s.page) != pageItems {
		t.Errorf("a page has %d receipts, %v", len(s.page), err)
	}
}

// pages answers prepared pages of shard 1 and nothing of the others.
type pages struct {
	DynamoDB
	of []*dynamodb.QueryOutput
}

func (p *pages) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if in.ExpressionAttributeValues[":key"].(*types.AttributeValueMemberS).Value != contract.ShardKey(fileID, 1) {
		return &dynamodb.QueryOutput{}, nil
	}
	page := p.of[0]
	p.of = p.of[1:]
	return page, nil
}

// DynamoDB filters after it has read a page: pages without an item, and with
// more behind them, are usual in a file whose transactions are nearly all
// stored.
func TestEmptyPagesAreNotTheEnd(t *testing.T) {
	item := func(ordinal int) map[string]types.AttributeValue {
		return outcomes.Item(fileID, time.Now().Add(time.Hour), contract.Receipt{Ordinal: ordinal, Outcome: contract.Rejected})
	}
	empty := func() *dynamodb.QueryOutput { return &dynamodb.QueryOutput{LastEvaluatedKey: item(1)} }
	found := func(ordinal int) *dynamodb.QueryOutput {
		return &dynamodb.QueryOutput{Items: []map[string]types.AttributeValue{item(ordinal)}, LastEvaluatedKey: item(ordinal)}
	}
	h := &Handler{DynamoDB: &pages{of: []*dynamodb.QueryOutput{empty(), empty(), found(33), empty(), empty(), found(97), empty(), {}}}}
	var got []int
	err := h.receipts(t.Context(), acknowledgement(contract.FileSettled, contract.Totals{Received: 200, Rejected: 2}), func(r contract.Receipt) error {
		got = append(got, r.Ordinal)
		return nil
	})
	if err != nil || !reflect.DeepEqual(got, []int{33, 97}) {
		t.Errorf("got %v, %v", got, err)
	}
}
