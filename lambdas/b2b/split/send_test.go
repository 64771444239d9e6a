package split

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func TestOnlyTheFailedEntriesOfABatchAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.objects[key+"@v1"] = batchOf(10, 0)
		w.beforeSend = func(call int, in *sqs.SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) {
			switch call {
			case 1:
				return &sqs.SendMessageBatchOutput{Failed: []sqstypes.BatchResultErrorEntry{refusal("2", false), refusal("7", false)}}, nil
			case 2:
				return nil, throttled
			case 3:
				return &sqs.SendMessageBatchOutput{Failed: []sqstypes.BatchResultErrorEntry{refusal("7", false)}}, nil
			}
			return nil, nil
		}
		w.mustSplit(t.Context())
		var sizes []int
		for _, batch := range w.batches {
			sizes = append(sizes, len(batch))
		}
		if !reflect.DeepEqual(sizes, []int{10, 2, 2, 1}) || len(w.messages) != 10 || len(w.received()) != 10 {
			t.Errorf("batches of %v, %d messages", sizes, len(w.messages))
		}
	})
}

func refusal(id string, senderFault bool) sqstypes.BatchResultErrorEntry {
	return sqstypes.BatchResultErrorEntry{Id: aws.String(id), Code: aws.String("InternalError"), Message: aws.String("later"), SenderFault: senderFault}
}

func TestAnEntryThatIsWrongIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.objects[key+"@v1"] = batchOf(10, 0)
		w.beforeSend = func(int, *sqs.SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) {
			return &sqs.SendMessageBatchOutput{Failed: []sqstypes.BatchResultErrorEntry{refusal("1", false), refusal("2", true)}}, nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := w.handler().Handle(invocation(ctx, "r"), objectCreated(key, "v1"))
		if err == nil || len(w.batches) != 1 || w.settles != 0 {
			t.Errorf("%v after %d batches and %d settlements", err, len(w.batches), w.settles)
		}
	})
}

func TestTroubleThatLastsEndsInAnErrorBeforeTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.objects[key+"@v1"] = batchOf(100, 0)
		w.beforeSend = func(int, *sqs.SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) { return nil, throttled }
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := w.handler().Handle(invocation(ctx, "r"), objectCreated(key, "v1"))
		if err == nil || ctx.Err() != nil || w.settles != 0 || w.status() != contract.FileClaimed {
			t.Errorf("%v, context %v, status %s", err, ctx.Err(), w.status())
		}
	})
}

func TestBatchesKeepToTheLimitsOfTheQueue(t *testing.T) {
	w := newWorld(t)
	var b strings.Builder
	b.WriteString("<Transactions>")
	for i := range 60 {
		fmt.Fprintf(&b, "<Transaction TransactionID='%d'><Notes>%s</Notes></Transaction>", i, strings.Repeat("x", i*4000))
	}
	b.WriteString("</Transactions>")
	w.objects[key+"@v1"] = b.String()
	w.mustSplit(t.Context())
	for _, batch := range w.batches {
		size := 0
		for _, entry := range batch {
			size += len(*entry.MessageBody)
		}
		if len(batch) > 10 || size > 1<<20 {
			t.Errorf("batch of %d messages, %d bytes", len(batch), size)
		}
	}
	if got := len(w.received()); got != 60 {
		t.Errorf("%d messages", got)
	}
}

func TestBadRecordsAreRejectedAndTheOthersSent(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"] = "<Transactions>" +
		"<Transaction TransactionID='A'/>" +
		"<Transaction/>" +
		"<Transaction TransactionID='B'><Notes>" + strings.Repeat("x", 300<<10) + "</Notes></Transaction>" +
		"<Transaction TransactionID='C'><Notes>" + strings.Repeat(`"`, 200<<10) + "</Notes></Transaction>" + // 400 KiB as JSON
		"<Order/>" +
		"<Transaction TransactionID='D'><Notes>x</Notes><Notes>y</Notes></Transaction>" +
		"</Transactions>"
	w.mustSplit(t.Context())
	var got []string
	for _, r := range w.rejected() {
		got = append(got, fmt.Sprint(r.Ordinal, r.TransactionID, " ", r.Outcome, " ", r.Code))
		if r.Message == "" {
			t.Errorf("ordinal %d has no message", r.Ordinal)
		}
	}
	want := []string{"2 REJECTED MISSING_TRANSACTION_ID", "3B REJECTED TRANSACTION_TOO_LARGE", "4C REJECTED TRANSACTION_TOO_LARGE", "5 REJECTED UNEXPECTED_ELEMENT"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("rejected %q", got)
	}
	if m := w.received(); len(m) != 2 || m[0].Ordinal != 1 || m[1].Ordinal != 6 || len(m[1].Content.Children) != 2 {
		t.Errorf("sent %+v", m)
	}
	if w.settlements[contract.FileID("landing", key, "v1")].Received != 6 {
		t.Errorf("settlements %+v", w.settlements)
	}
}

func TestRejectionsThatDynamoDBLeavesOverAreWrittenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.objects[key+"@v1"] = batchOf(60, 1)
		w.beforeWrite = func(call int, in *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
			if call%2 == 0 {
				return nil, nil
			}
			return &dynamodb.BatchWriteItemOutput{UnprocessedItems: map[string][]types.WriteRequest{"Outcomes": in.RequestItems["Outcomes"]}}, nil
		}
		w.mustSplit(t.Context())
		if got := len(w.rejected()); got != 60 {
			t.Errorf("%d rejections", got)
		}
	})
}
