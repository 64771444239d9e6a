package tally

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

const fileID = "0123456789abcdef0123456789abcdef"

// counting counts the items that are read.
type counting struct {
	*dynamotest.Tables
	items, queries atomic.Int64
}

func (c *counting) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if !aws.ToBool(in.ConsistentRead) {
		return nil, errors.New("the read is not consistent")
	}
	output, err := c.Tables.Query(ctx, in)
	c.queries.Add(1)
	if err == nil {
		c.items.Add(int64(len(output.Items)))
	}
	return output, err
}

func put(tables *dynamotest.Tables, outcome contract.Outcome, ordinals ...int) {
	for _, ordinal := range ordinals {
		tables.Put(dynamotest.Outcomes, outcomes.Item(fileID, time.Now().Add(time.Hour), contract.Receipt{Ordinal: ordinal, Outcome: outcome}))
	}
}

func ordinals(from, to int) (all []int) {
	for i := from; i <= to; i++ {
		all = append(all, i)
	}
	return all
}

func tallyOf(t *testing.T, db DynamoDB, received int, previous *contract.Tally) contract.Tally {
	t.Helper()
	tally, err := (&Handler{DynamoDB: db, OutcomesTable: dynamotest.Outcomes}).Handle(t.Context(),
		contract.TallyRequest{FileID: fileID, Received: received, Previous: previous})
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

func TestAFileIsSettledWhenEveryOrdinalHasAnOutcome(t *testing.T) {
	for _, received := range []int{1, 15, 16, 17, 32, 100} {
		t.Run(fmt.Sprint(received), func(t *testing.T) {
			tables := dynamotest.New(t)
			put(tables, contract.Stored, ordinals(2, received)...)
			if tally := tallyOf(t, tables, received, nil); tally.Settled || tally.Totals.Stored != received-1 {
				t.Errorf("without ordinal 1: %+v", tally)
			}
			put(tables, contract.Rejected, 1)
			want := contract.Totals{Received: received, Stored: received - 1, Rejected: 1}
			if tally := tallyOf(t, tables, received, nil); !tally.Settled || tally.Totals != want {
				t.Errorf("got %+v", tally)
			}
		})
	}
}

func TestCountingGoesOnWhereItEnded(t *testing.T) {
	db := &counting{Tables: dynamotest.New(t)}
	put(db.Tables, contract.Stored, ordinals(1, 80)...)
	put(db.Tables, contract.Duplicate, ordinals(97, 112)...) // behind a gap of one in every shard
	first := tallyOf(t, db, 200, nil)
	if first.Settled || first.Totals != (contract.Totals{Received: 200, Stored: 80, Duplicate: 16}) {
		t.Fatalf("got %+v", first)
	}
	put(db.Tables, contract.Failed, ordinals(81, 96)...)
	put(db.Tables, contract.Stored, ordinals(113, 200)...)
	db.items.Store(0)
	second := tallyOf(t, db, 200, &first)
	if want := (contract.Totals{Received: 200, Stored: 168, Duplicate: 16, Failed: 16}); !second.Settled || second.Totals != want {
		t.Errorf("got %+v", second)
	}
	if read := db.items.Load(); read != 120 {
		t.Errorf("read %d outcomes again", read-120)
	}
}

func TestWhatIsCountedIsNotReadAgain(t *testing.T) {
	db := &counting{Tables: dynamotest.New(t)}
	put(db.Tables, contract.Stored, ordinals(1, 50)...)
	settled := tallyOf(t, db, 50, nil)
	db.queries.Store(0)
	if again := tallyOf(t, db, 50, &settled); !again.Settled || again.Totals != settled.Totals || db.queries.Load() != 0 {
		t.Errorf("%+v after %d queries", again, db.queries.Load())
	}
}

func TestAFailureThatIsReplayedIsCountedAnew(t *testing.T) {
	tables := dynamotest.New(t)
	put(tables, contract.Stored, ordinals(1, 40)...)
	put(tables, contract.Failed, 5)
	first := tallyOf(t, tables, 40, nil)
	if want := (contract.Totals{Received: 40, Stored: 39, Failed: 1}); !first.Settled || first.Totals != want {
		t.Errorf("when it failed: %+v", first)
	}
	put(tables, contract.Replaying, 5)
	second := tallyOf(t, tables, 40, &first)
	if want := (contract.Totals{Received: 40, Stored: 39}); second.Settled || second.Totals != want {
		t.Errorf("while it is replayed: %+v", second)
	}
	put(tables, contract.Stored, 5)
	third := tallyOf(t, tables, 40, &second)
	if want := (contract.Totals{Received: 40, Stored: 40}); !third.Settled || third.Totals != want {
		t.Errorf("at last: %+v", third)
	}
}

func TestOutcomesOfOtherFilesDoNotCount(t *testing.T) {
	tables := dynamotest.New(t)
	put(tables, contract.Stored, ordinals(1, 5)...)
	other := strings.Repeat("f", 32)
	tables.Put(dynamotest.Outcomes, outcomes.Item(other, time.Now().Add(time.Hour), contract.Receipt{Ordinal: 6, Outcome: contract.Stored}))
	if tally := tallyOf(t, tables, 6, nil); tally.Settled || tally.Totals.Stored != 5 {
		t.Errorf("got %+v", tally)
	}
}

// A file that is read again and found shorter is not settled by what the first
// reading has sent.
func TestMoreOutcomesThanRecordsSettleNothing(t *testing.T) {
	tables := dynamotest.New(t)
	put(tables, contract.Stored, 1, 2, 3, 4, 4+contract.OutcomeShards)
	if tally := tallyOf(t, tables, 4, nil); tally.Settled || tally.Totals.Stored != 5 {
		t.Errorf("got %+v", tally)
	}
}

// A deployment may change the number of shards while a file settles.
func TestATallyOfOtherShardsIsCountedAnew(t *testing.T) {
	tables := dynamotest.New(t)
	put(tables, contract.Stored, 1, 2, 3)
	other := contract.Tally{Shards: make([]contract.ShardTally, contract.OutcomeShards/2)}
	other.Shards[1] = contract.ShardTally{Next: 9, Totals: contract.Totals{Failed: 7}}
	if tally := tallyOf(t, tables, 3, &other); !tally.Settled || tally.Totals != (contract.Totals{Received: 3, Stored: 3}) {
		t.Errorf("got %+v", tally)
	}
}

type broken struct{}

func (broken) Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return nil, errors.New("throttled")
}

func TestTroubleIsAnError(t *testing.T) {
	_, err := (&Handler{DynamoDB: broken{}}).Handle(t.Context(), contract.TallyRequest{FileID: fileID, Received: 5})
	if err == nil {
		t.Error("no error")
	}
}
