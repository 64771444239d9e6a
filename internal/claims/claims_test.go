package claims

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
)

const (
	remember = 24 * time.Hour
	lease    = time.Minute
)

var first, second, third = Claim{"acme", "msg_1", "5"}, Claim{"acme", "msg_1", "10"}, Claim{"acme", "msg_1", "200"}

// open is a table of claims under a virtual clock.
func open(t *testing.T, test func(t *testing.T, table *Table, rows *dynamotest.Tables)) {
	synctest.Test(t, func(t *testing.T) {
		rows := dynamotest.Empty(t)
		rows.Create("Claims", contract.AttrWebhook)
		test(t, &Table{DynamoDB: rows, Name: "Claims", Remember: remember, Lease: lease}, rows)
	})
}

func (t *Table) want(test *testing.T, c Claim, want Verdict, fault error) {
	test.Helper()
	if got, err := t.Take(test.Context(), c); !errors.Is(err, fault) || err == nil && got != want {
		test.Errorf("record %s: %v, %v", c.Sequence, got, err)
	}
}

func (t *Table) settle(test *testing.T, c Claim, outcome contract.Outcome, want error) {
	test.Helper()
	if err := t.Settle(test.Context(), c, outcome); !errors.Is(err, want) {
		test.Errorf("record %s: %v", c.Sequence, err)
	}
}

func TestAWebhookIsPublishedByOneRecordAndADuplicateIsCountedOnce(t *testing.T) {
	open(t, func(t *testing.T, table *Table, rows *dynamotest.Tables) {
		table.want(t, first, Work, nil)
		table.settle(t, first, contract.Published, nil)
		table.want(t, first, Done, nil) // the batch is delivered again
		table.want(t, second, Duplicate, nil)
		table.want(t, second, Counted, nil)
		table.want(t, third, Duplicate, nil)
		table.want(t, second, Counted, nil)
		table.want(t, third, Counted, nil)
		table.want(t, Claim{"acme", "msg_2", "300"}, Work, nil)
		table.want(t, Claim{"other", "msg_1", "301"}, Work, nil)
		if n := len(rows.All("Claims")); n != 3 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestACrashLosesNothing(t *testing.T) {
	open(t, func(t *testing.T, table *Table, _ *dynamotest.Tables) {
		table.want(t, first, Work, nil)
		table.want(t, first, Work, nil) // it was killed, and is delivered again
		table.want(t, second, 0, ErrBusy)
		time.Sleep(lease - time.Second)
		table.want(t, second, 0, ErrBusy)
		time.Sleep(time.Second)
		table.want(t, second, Work, nil) // the first never came back
		table.settle(t, first, contract.Published, ErrLost)
		table.want(t, first, 0, ErrBusy)
		table.settle(t, second, contract.Published, nil)
		table.want(t, first, Duplicate, nil)
	})
}

func TestWhatWasGivenUpIsTakenByAnotherRecordOnly(t *testing.T) {
	for _, outcome := range []contract.Outcome{contract.Parked, contract.Rejected} {
		open(t, func(t *testing.T, table *Table, _ *dynamotest.Tables) {
			table.want(t, first, Work, nil)
			table.settle(t, first, outcome, nil)
			table.want(t, first, Done, nil)
			table.want(t, second, Work, nil) // it is sent again
			table.settle(t, second, contract.Published, nil)
			table.want(t, third, Duplicate, nil) // and once more
		})
	}
}

func TestAWebhookIsForgottenInTimeThoughItsRowIsStillThere(t *testing.T) {
	open(t, func(t *testing.T, table *Table, rows *dynamotest.Tables) {
		table.want(t, first, Work, nil)
		table.settle(t, first, contract.Published, nil)
		expires, err := attribute.Int(rows.All("Claims")[0], contract.AttrExpiresAt)
		if want := time.Now().Add(remember).Unix(); expires != want || err != nil {
			t.Errorf("it expires at %d, %v, not at %d", expires, err, want)
		}
		time.Sleep(remember - time.Second)
		table.want(t, second, Duplicate, nil)
		time.Sleep(time.Second)
		table.want(t, third, Work, nil)
	})
}

func TestWhatIsSettledStays(t *testing.T) {
	open(t, func(t *testing.T, table *Table, rows *dynamotest.Tables) {
		table.settle(t, first, contract.Published, ErrLost) // never claimed
		table.want(t, first, Work, nil)
		table.settle(t, first, contract.Parked, nil)
		table.settle(t, first, contract.Parked, nil) // the answer was lost
		table.settle(t, first, contract.Published, ErrLost)
		table.settle(t, second, contract.Parked, ErrLost)
		if got := attribute.String(rows.All("Claims")[0], contract.AttrStatus); got != string(contract.Parked) {
			t.Errorf("status %s", got)
		}
	})
}

func TestOfManyRecordsAtOnceOneWorks(t *testing.T) {
	open(t, func(t *testing.T, table *Table, _ *dynamotest.Tables) {
		working := make(chan Claim, 50)
		done := make(chan struct{})
		for i := range 50 {
			go func() {
				c := Claim{"acme", "msg_1", fmt.Sprint(1000 + i)}
				if verdict, err := table.Take(t.Context(), c); err == nil && verdict == Work {
					working <- c
				}
				done <- struct{}{}
			}()
		}
		for range 50 {
			<-done
		}
		if len(working) != 1 {
			t.Errorf("%d work", len(working))
		}
	})
}

// broken fails every call.
type broken struct{ error }

func (b broken) PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return nil, b.error
}

func (b broken) UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return nil, b.error
}

func TestAnErrorOfTheTableIsNoVerdict(t *testing.T) {
	fault := errors.New("no such table")
	table := &Table{DynamoDB: broken{fault}}
	table.want(t, first, 0, fault)
	table.settle(t, first, contract.Published, fault)
}
