package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
)

func open(t *testing.T) *dynamotest.Tables {
	t.Helper()
	tables := dynamotest.Empty(t)
	tables.Create("Events", contract.AttrEventKey, contract.AttrEventID)
	return tables
}

func message(group, id string) events.SQSMessage {
	return events.SQSMessage{
		MessageId:  group + id,
		Attributes: map[string]string{"MessageGroupId": group},
		Body:       fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/webhooks/acme","type":"t","time":"2026-01-01T00:00:00.000Z","partitionkey":%q,"data":{"n":12345678901234567890.10}}`, id, group),
	}
}

// rows are the events of a table: "acme/a 1 acme#m1", in order.
func rows(tables *dynamotest.Tables) (found []string) {
	for _, row := range tables.All("Events") {
		place, _ := attribute.Int(row, contract.AttrEventPlace)
		if id := attribute.String(row, contract.AttrEventID); id != contract.HeadID {
			found = append(found, fmt.Sprint(attribute.String(row, contract.AttrEventKey), " ", place, " ", id))
		}
	}
	slices.Sort(found)
	return found
}

func handle(t *testing.T, client DynamoDB, messages ...events.SQSMessage) (failed []string) {
	t.Helper()
	response, err := (&Handler{DynamoDB: client, Table: "Events"}).Handle(t.Context(), events.SQSEvent{Records: messages})
	if err != nil || response.BatchItemFailures == nil {
		t.Errorf("%+v, %v", response, err)
	}
	for _, failure := range response.BatchItemFailures {
		failed = append(failed, failure.ItemIdentifier)
	}
	return failed
}

func TestEventsAreRecordedOnceInTheOrderOfTheirKeys(t *testing.T) {
	tables := open(t)
	batch := []events.SQSMessage{message("acme/a", "m2"), message("acme/b", "m1"), message("acme/a", "m1")}
	for range 3 {
		if failed := handle(t, tables, batch...); len(failed) != 0 {
			t.Errorf("failed %q", failed)
		}
	}
	handle(t, tables, message("acme/a", "m0"))
	if got := rows(tables); !slices.Equal(got, []string{"acme/a 1 acme#m2", "acme/a 2 acme#m1", "acme/a 3 acme#m0", "acme/b 1 acme#m1"}) {
		t.Errorf("rows %q", got)
	}
	for _, row := range tables.All("Events") {
		if attribute.String(row, contract.AttrEventID) != contract.HeadID && (attribute.String(row, contract.AttrEventData) != `{"n":12345678901234567890.10}` || attribute.String(row, contract.AttrEventType) != "t" || attribute.String(row, contract.AttrEventTime) != "2026-01-01T00:00:00.000Z") {
			t.Errorf("row %v", row)
		}
	}
}

// failing fails writes of one event.
type failing struct {
	DynamoDB
	id  string
	err error
}

func (f *failing) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	if attribute.String(in.TransactItems[0].Put.Item, contract.AttrEventID) == f.id {
		err := f.err
		if f.err != nil && strings.Contains(f.err.Error(), "cancel") {
			f.id = "" // once
		}
		return nil, err
	}
	return f.DynamoDB.TransactWriteItems(ctx, in, options...)
}

func TestBehindAFailedEventItsGroupWaitsAndOthersGoOn(t *testing.T) {
	tables := open(t)
	failed := handle(t, &failing{tables, "acme#m2", errors.New("access denied")}, message("acme/a", "m1"), message("acme/a", "m2"), message("acme/b", "m2b"), message("acme/a", "m3"))
	if !slices.Equal(failed, []string{"acme/am2", "acme/am3"}) {
		t.Errorf("failed %q", failed)
	}
	if got := rows(tables); !slices.Equal(got, []string{"acme/a 1 acme#m1", "acme/b 1 acme#m2b"}) {
		t.Errorf("rows %q", got)
	}
}

func TestAnEventThatAnotherComesBeforeFindsItsPlace(t *testing.T) {
	tables := open(t)
	conflict := &types.TransactionCanceledException{Message: aws.String("cancelled"), CancellationReasons: []types.CancellationReason{{Code: aws.String("None")}, {Code: aws.String("ConditionalCheckFailed")}}}
	if failed := handle(t, &failing{tables, "acme#m1", conflict}, message("acme/a", "m1")); len(failed) != 0 || len(rows(tables)) != 1 {
		t.Errorf("failed %q, rows %q", failed, rows(tables))
	}
}

// overtaken records another event between the read of how many there are and the write.
type overtaken struct {
	DynamoDB
	by func()
}

func (o *overtaken) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	if by := o.by; by != nil {
		o.by = nil
		by()
	}
	return o.DynamoDB.TransactWriteItems(ctx, in, options...)
}

// A FIFO queue hands a group's events out one after the other; two that are recorded at once
// all the same, of a queue that was moved back, say, do not get one place.
func TestTwoEventsThatAreRecordedAtOnceHavePlacesOfTheirOwn(t *testing.T) {
	tables := open(t)
	client := &overtaken{tables, func() { handle(t, tables, message("acme/a", "m2")) }}
	if failed := handle(t, client, message("acme/a", "m1")); len(failed) != 0 {
		t.Errorf("failed %q", failed)
	}
	if got := rows(tables); !slices.Equal(got, []string{"acme/a 1 acme#m2", "acme/a 2 acme#m1"}) {
		t.Errorf("rows %q", got)
	}
}

func TestWhatIsNoEventFails(t *testing.T) {
	tables := open(t)
	for _, body := range []string{"", "{}", `{"id":"a","source":"b"}`} {
		m := message("g", "m")
		m.Body = body
		if failed := handle(t, tables, m); len(failed) != 1 {
			t.Errorf("%s: failed %q", body, failed)
		}
	}
}
