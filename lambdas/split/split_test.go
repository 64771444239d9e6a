package split

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/contract"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

const key = "inbox/acme/2026/orders.xml"

var throttled = &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"}

// batchOf makes a file of n records of which every bad-th has no id.
func batchOf(n, bad int) string {
	var b strings.Builder
	b.WriteString("<Transactions>\n")
	for i := 1; i <= n; i++ {
		if bad > 0 && i%bad == 0 {
			b.WriteString("<Transaction><Notes>no id</Notes></Transaction>\n")
			continue
		}
		fmt.Fprintf(&b, "<Transaction TransactionID=\"T%d\"><Notes>note \"%d\" &lt;\n\\</Notes></Transaction>\n", i, i)
	}
	b.WriteString("</Transactions>\n")
	return b.String()
}

func (w *world) mustSplit(ctx context.Context) {
	w.t.Helper()
	if err := w.handler().Handle(invocation(ctx, "request-1"), objectCreated(key, "v1")); err != nil {
		w.t.Fatal(err)
	}
}

func TestEveryRecordBecomesAMessage(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"] = batchOf(3, 0)
	w.mustSplit(t.Context())

	id := contract.FileID("landing", key, "v1")
	var want []contract.Message
	for i := 1; i <= 3; i++ {
		want = append(want, contract.Message{
			FileID: id, Ordinal: i, OutcomeKey: contract.OutcomeKey(id, i), Partner: "acme", Source: contract.SourceSFTP, File: "2026/orders.xml",
			TransactionID: fmt.Sprintf("T%d", i),
			Fields:        []contract.Field{{Name: "Notes", Value: fmt.Sprintf("note \"%d\" <\n\\", i)}},
		})
	}
	if got := w.received(); !reflect.DeepEqual(got, want) || len(w.messages) != 3 {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	settlement := w.settlements[id]
	if settlement.Deadline.Before(time.Now().Add(14*time.Minute)) || settlement.Deadline.After(time.Now().Add(15*time.Minute)) {
		t.Errorf("deadline %v", settlement.Deadline)
	}
	settlement.Deadline = time.Time{}
	if want := (contract.Settlement{FileID: id, Partner: "acme", Bucket: "landing", Key: key, VersionID: "v1", File: "2026/orders.xml", Received: 3}); settlement != want {
		t.Errorf("settlement %+v", settlement)
	}
	if w.status() != contract.FileSplit {
		t.Errorf("status %s", w.status())
	}
	if !strings.Contains(w.metrics.String(), `"Received":3`) {
		t.Errorf("metrics %s", w.metrics.String())
	}
}

func TestOnlyFinishedFilesOfAPartnerAreSplit(t *testing.T) {
	tests := []struct {
		name, key string
		split     bool
	}{
		{"a file", "inbox/acme/orders.xml", true},
		{"a file in a folder", "inbox/acme/a/b/orders.xml", true},
		{"a file without a suffix", "inbox/acme/orders", true},
		{"a file with an odd name", "inbox/acme/ä b+c%20.part.xml", true},
		{"an upload of WinSCP", "inbox/acme/orders.xml.filepart", false},
		{"an unfinished download", "inbox/acme/orders.xml.part", false},
		{"a temporary file", "inbox/acme/orders.TMP", false},
		{"a hidden file", "inbox/acme/.orders.xml", false},
		{"a folder", "inbox/acme/a/", false},
		{"the partner's folder", "inbox/acme/", false},
		{"a file of no partner", "inbox/orders.xml", false},
		{"a file of a partner without a name", "inbox//orders.xml", false},
		{"a reply", "outbox/acme/orders.xml.reply.json", false},
		{"a file elsewhere", "x/inbox/acme/orders.xml", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.objects[test.key+"@v1"] = batchOf(1, 0)
			if err := w.handler().Handle(invocation(t.Context(), "r"), objectCreated(test.key, "v1")); err != nil {
				t.Fatal(err)
			}
			if got := len(w.messages) == 1; got != test.split {
				t.Errorf("split: %v", got)
			}
		})
	}
}

func TestACallThatFailedIsNoUpload(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"] = batchOf(1, 0)
	if err := w.handler().Handle(invocation(t.Context(), "r"), cloudTrail(key, "", "AccessDenied")); err != nil || len(w.messages) != 0 {
		t.Errorf("%v, %d messages", err, len(w.messages))
	}
}

func TestAFileThatIsGoneIsForgotten(t *testing.T) {
	w := newWorld(t)
	if err := w.handler().Handle(invocation(t.Context(), "r"), cloudTrail(key, "", "")); err != nil || len(w.settlements) != 0 {
		t.Errorf("%v, settlements %v", err, w.settlements)
	}
}

func TestAVersionThatIsDeletedAfterItsNoticeIsAnswered(t *testing.T) {
	w := newWorld(t)
	w.mustSplit(t.Context())
	if s := w.settlements[contract.FileID("landing", key, "v1")]; !strings.Contains(s.Reason, "deleted") {
		t.Errorf("settlement %+v", s)
	}
}

func TestAnUnknownEventIsAnError(t *testing.T) {
	for _, e := range []any{map[string]any{}, "text", nil} {
		for _, detailType := range []string{"Object Created", "AWS API Call via CloudTrail", "Object Deleted"} {
			if err := newWorld(t).handler().Handle(invocation(t.Context(), "r"), event(detailType, e)); err == nil {
				t.Errorf("%s with detail %v is accepted", detailType, e)
			}
		}
	}
}

func TestAFileAnnouncedManyTimesIsSplitOnce(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"] = batchOf(25, 5)
	var witnesses sync.WaitGroup
	for i := range 12 {
		witnesses.Go(func() {
			notice := []func() error{
				func() error {
					return w.handler().Handle(invocation(t.Context(), fmt.Sprint("request-", i)), objectCreated(key, "v1"))
				},
				func() error {
					return w.handler().Handle(invocation(t.Context(), fmt.Sprint("request-", i)), cloudTrail(key, "v1", ""))
				},
				func() error {
					return w.handler().Handle(invocation(t.Context(), fmt.Sprint("request-", i)), cloudTrail(key, "", ""))
				},
			}[i%3]
			if err := notice(); err != nil {
				t.Error(err)
			}
		})
	}
	witnesses.Wait()
	if len(w.messages) != 20 || len(w.rejected()) != 5 || w.settles != 1 {
		t.Errorf("%d messages, %d rejections, %d settlements", len(w.messages), len(w.rejected()), w.settles)
	}
}

func TestTwoVersionsAreTwoFiles(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"], w.objects[key+"@v2"] = batchOf(1, 0), batchOf(2, 0)
	for _, version := range []string{"v1", "v2"} {
		if err := w.handler().Handle(invocation(t.Context(), "r"+version), objectCreated(key, version)); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.messages) != 3 || len(w.settlements) != 2 {
		t.Errorf("%d messages, settlements %v", len(w.messages), w.settlements)
	}
}

// The claim of an invocation that died is taken over by its own retry at
// once, and by another notice when its time is over, not before.
func TestClaimsOfTheDead(t *testing.T) {
	tests := []struct {
		name      string
		requestID string
		after     time.Duration
		takesOver bool
	}{
		{"its retry", "request-1", 0, true},
		{"another notice soon", "request-2", 30 * time.Second, false},
		{"another notice late", "request-2", 2 * time.Minute, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.objects[key+"@v1"] = batchOf(10, 0)
				w.beforeSend = func(int, *sqs.SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) {
					return nil, errors.New("the power is out")
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if err := w.handler().Handle(invocation(ctx, "request-1"), objectCreated(key, "v1")); err == nil {
					t.Fatal("no error")
				}
				w.beforeSend = nil
				time.Sleep(test.after)
				if err := w.handler().Handle(invocation(t.Context(), test.requestID), objectCreated(key, "v1")); err != nil {
					t.Fatal(err)
				}
				if got := len(w.messages) == 10; got != test.takesOver {
					t.Errorf("%d messages", len(w.messages))
				}
			})
		})
	}
}

func TestACrashAnywhereIsHealedByTheRetry(t *testing.T) {
	undisturbed := newWorld(t)
	undisturbed.objects[key+"@v1"] = batchOf(137, 10)
	undisturbed.mustSplit(t.Context())
	calls := len(undisturbed.batches) + undisturbed.writes + 2

	for crash := 1; crash <= calls; crash++ {
		w := newWorld(t)
		w.objects[key+"@v1"] = batchOf(137, 10)
		done := 0
		die := func() error {
			if done++; done >= crash {
				return errors.New("killed")
			}
			return nil
		}
		w.beforeSend = func(int, *sqs.SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) { return nil, die() }
		w.beforeWrite = func(int, *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) { return nil, die() }
		w.beforeSettle = func(int) error { return die() }
		err := w.handler().Handle(invocation(t.Context(), "request-1"), objectCreated(key, "v1"))
		if crash < calls-1 && err == nil {
			t.Fatalf("crash in call %d went unnoticed", crash)
		}
		w.beforeSend, w.beforeWrite, w.beforeSettle = nil, nil, nil
		w.mustSplit(t.Context())
		if !reflect.DeepEqual(w.received(), undisturbed.received()) || !reflect.DeepEqual(w.rejected(), undisturbed.rejected()) {
			t.Errorf("after a crash in call %d: %d messages, %d rejections", crash, len(w.received()), len(w.rejected()))
		}
		if w.status() != contract.FileSplit || len(w.settlements) != 1 {
			t.Errorf("after a crash in call %d: status %s, settlements %v", crash, w.status(), w.settlements)
		}
	}
}

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
	w := newWorld(t)
	w.objects[key+"@v1"] = batchOf(10, 0)
	w.beforeSend = func(int, *sqs.SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) {
		return &sqs.SendMessageBatchOutput{Failed: []sqstypes.BatchResultErrorEntry{refusal("2", true)}}, nil
	}
	err := w.handler().Handle(invocation(t.Context(), "r"), objectCreated(key, "v1"))
	if err == nil || len(w.batches) != 1 || w.settles != 0 {
		t.Errorf("%v after %d batches", err, len(w.batches))
	}
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
	if m := w.received(); len(m) != 2 || m[0].Ordinal != 1 || m[1].Ordinal != 6 || len(m[1].Fields) != 2 {
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

func TestABrokenFileIsQuarantinedWhole(t *testing.T) {
	good := batchOf(50, 0)
	for name, content := range map[string]string{
		"truncated":   good[:len(good)-20],
		"empty":       "",
		"second root": good + good,
		"DOCTYPE":     "<!DOCTYPE a>" + good,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.objects[key+"@v1"] = content
			w.mustSplit(t.Context())
			s := w.settlements[contract.FileID("landing", key, "v1")]
			if len(w.messages) != 0 || len(w.rejected()) != 0 || s.Received != 0 || !strings.HasPrefix(s.Reason, "Line ") {
				t.Errorf("%d messages, %d rejections, settlement %+v", len(w.messages), len(w.rejected()), s)
			}
			if w.status() != contract.FileQuarantined || outcomes.String(w.file(), contract.AttrReason) != s.Reason {
				t.Errorf("file %+v", w.file())
			}
		})
	}
}

func TestLimitsAreKept(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"] = batchOf(50, 0)
	h := w.handler()
	h.Limits.Records = 49
	if err := h.Handle(invocation(t.Context(), "r"), objectCreated(key, "v1")); err != nil || len(w.messages) != 0 || w.status() != contract.FileQuarantined {
		t.Errorf("%v, %d messages, status %s", err, len(w.messages), w.status())
	}
}

func TestALargeFileIsReadTwiceAndASmallOneOnce(t *testing.T) {
	for _, test := range []struct{ padding, gets int }{{0, 1}, {smallFile, 2}} {
		w := newWorld(t)
		w.objects[key+"@v1"] = strings.Replace(batchOf(10, 0), "\n", strings.Repeat(" ", test.padding)+"\n", 1)
		w.mustSplit(t.Context())
		if w.gets != test.gets || len(w.messages) != 10 {
			t.Errorf("padding %d: %d reads, %d messages", test.padding, w.gets, len(w.messages))
		}
	}
}

func TestASettlementThatIsFasterKeepsItsStatus(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"] = batchOf(1, 0)
	w.beforeSettle = func(int) error { // the settlement runs to its end at once
		item := w.file()
		item[contract.AttrStatus] = &types.AttributeValueMemberS{Value: string(contract.FileSettled)}
		w.tables.Put("Files", item)
		return nil
	}
	w.mustSplit(t.Context())
	if w.status() != contract.FileSettled {
		t.Errorf("status %s", w.status())
	}
}

func TestThrottledSettlementIsStartedInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.objects[key+"@v1"] = batchOf(1, 0)
		w.beforeSettle = func(call int) error {
			if call < 5 {
				return throttled
			}
			return nil
		}
		w.mustSplit(t.Context())
		if len(w.settlements) != 1 || w.settles != 5 {
			t.Errorf("settlements %v after %d calls", w.settlements, w.settles)
		}
	})
}
