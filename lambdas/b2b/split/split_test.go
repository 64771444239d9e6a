package split

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
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
			Record: contract.Record{
				FileID: id, Ordinal: i, OutcomeKey: contract.OutcomeKey(id, i), Shard: contract.Shard(id, i), Partner: "acme",
				Source: contract.SourceSFTP, File: "2026/orders.xml", TransactionID: fmt.Sprintf("T%d", i), TransactionKey: fmt.Sprintf("acme/T%d", i),
			},
			Content: contract.Content{Children: []contract.Node{{Name: "Notes", Text: fmt.Sprintf("note \"%d\" <\n\\", i)}}},
		})
	}
	if got := w.received(); !reflect.DeepEqual(got, want) || len(w.messages) != 3 {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	settlement := w.settlements[id]
	settlement.Deadline = time.Time{} // which has a test of its own
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

// A large file that is processed at the rate it should be is not overdue, and
// the Files table knows the deadline that the settlement has.
func TestTheDeadlineGrowsWithTheRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for records, want := range map[int]time.Duration{1: 15 * time.Minute, 1000: 15*time.Minute + 10*time.Second} {
			w := newWorld(t)
			w.objects[key+"@v1"] = batchOf(records, 0)
			w.mustSplit(t.Context())
			deadline := w.settlements[contract.FileID("landing", key, "v1")].Deadline
			if got := time.Until(deadline).Round(time.Second); got != want {
				t.Errorf("%d records have %v", records, got)
			}
			if row, err := attribute.Int(w.file(), contract.AttrDeadline); err != nil || row != deadline.UnixMilli() {
				t.Errorf("the row's deadline is %d, %v; the settlement's %d", row, err, deadline.UnixMilli())
			}
		}
	})
}

// Whoever watches over unsettled files finds a claim whose splitter died for
// good, as soon as its time is over.
func TestAClaimedFileIsUnsettledAndHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.objects[key+"@v1"] = batchOf(1, 0)
		w.beforeSend = func(int, *sqs.SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) {
			return nil, errors.New("killed")
		}
		if err := w.handler().Handle(invocation(t.Context(), "request-1"), objectCreated(key, "v1")); err == nil {
			t.Fatal("not killed")
		}
		deadline, err := attribute.Int(w.file(), contract.AttrDeadline)
		if want := time.Now().Add(30 * time.Minute); err != nil || deadline != want.UnixMilli() || attribute.String(w.file(), contract.AttrUnsettled) != contract.Unsettled {
			t.Errorf("file %v, %v", w.file(), err)
		}
	})
}

func TestRejectedRecordsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.objects[key+"@v1"] = batchOf(1, 1)
		w.mustSplit(t.Context())
		if expires, err := attribute.Int(w.tables.All(dynamotest.Outcomes)[0], contract.AttrExpiresAt); err != nil || expires != time.Now().Add(400*24*time.Hour).Unix() {
			t.Errorf("expires at %d, %v", expires, err)
		}
	})
}

func TestAVersionThatIsDeletedAfterItsNoticeIsAnswered(t *testing.T) {
	w := newWorld(t)
	w.mustSplit(t.Context())
	if s := w.settlements[contract.FileID("landing", key, "v1")]; s.Reason == nil || s.Reason.Code != contract.FileCodeGone || s.Reason.Place != nil {
		t.Errorf("settlement %+v", s)
	}
}

// The claim of an invocation that died is taken over by its own retry at
// once, and by another notice when its time is over, not before.
func TestACrashAnywhereIsHealedByTheRetry(t *testing.T) {
	// With bad records, and with ids that the file repeats.
	content := strings.Replace(batchOf(137, 10), "</Transactions>", fileOf("T1=again", "T2=", "T3=again", "T9=again", "N=1", "N=2", "N=1")[len("<Transactions>"):], 1)
	undisturbed := newWorld(t)
	undisturbed.objects[key+"@v1"] = content
	undisturbed.mustSplit(t.Context())
	calls := len(undisturbed.batches) + undisturbed.writes + 2

	for crash := 1; crash <= calls; crash++ {
		w := newWorld(t)
		w.objects[key+"@v1"] = content
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

func TestABrokenFileIsQuarantinedWhole(t *testing.T) {
	good := batchOf(50, 0)
	for name, broken := range map[string]struct {
		content string
		want    contract.Reason
	}{
		"truncated":   {good[:len(good)-20], contract.Reason{Code: "TRUNCATED", Place: &contract.Place{Line: 101, Column: 21, Byte: int64(len(good) - 20)}}},
		"empty":       {"", contract.Reason{Code: "EMPTY", Place: &contract.Place{Line: 1, Column: 1}}},
		"second root": {good + good, contract.Reason{Code: "TRAILING_CONTENT", Place: &contract.Place{Line: 103, Column: 1, Byte: int64(len(good))}}},
		"DOCTYPE":     {"<!DOCTYPE a>" + good, contract.Reason{Code: "DOCTYPE", Place: &contract.Place{Line: 1, Column: 1}}},
		"no XML":      {"{\"id\": 1}", contract.Reason{Code: "NOT_XML", Place: &contract.Place{Line: 1, Column: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.objects[key+"@v1"] = broken.content
			w.mustSplit(t.Context())
			s := w.settlements[contract.FileID("landing", key, "v1")]
			if len(w.messages) != 0 || len(w.rejected()) != 0 || s.Received != 0 {
				t.Errorf("%d messages, %d rejections, settlement %+v", len(w.messages), len(w.rejected()), s)
			}
			if s.Reason == nil || s.Reason.Message == "" {
				t.Fatalf("reason %+v", s.Reason)
			}
			said := s.Reason.String()
			if s.Reason.Message = ""; !reflect.DeepEqual(*s.Reason, broken.want) {
				t.Errorf("reason %+v %+v, want %+v %+v", *s.Reason, s.Reason.Place, broken.want, broken.want.Place)
			}
			if w.status() != contract.FileQuarantined || attribute.String(w.file(), contract.AttrReason) != said || attribute.String(w.file(), contract.AttrCode) != broken.want.Code {
				t.Errorf("file %+v", w.file())
			}
		})
	}
}

func TestAFileOfNoKnownFormatIsQuarantined(t *testing.T) {
	w := newWorld(t)
	const key = "inbox/acme/orders.csv"
	w.objects[key+"@v1"] = "id,notes\n1,a\n"
	if err := w.handler().Handle(invocation(t.Context(), "r"), objectCreated(key, "v1")); err != nil {
		t.Fatal(err)
	}
	if s := w.settlements[contract.FileID("landing", key, "v1")]; s.Reason == nil || s.Reason.Code != "UNKNOWN_FORMAT" || w.status() != contract.FileQuarantined {
		t.Errorf("settlement %+v, status %s", s, w.status())
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

// mutable is a bucket whose object has other content from its second read on.
type mutable struct {
	*world
	later string
}

func (m mutable) GetObject(ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	output, err := m.world.GetObject(ctx, in, options...)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[key+"@v1"] = m.later
	return output, err
}

// What was checked is not what was sent, so the number that the settlement
// would wait for is wrong.
func TestAFileThatHasAnotherCountWhenItIsReadAgainIsNotSettled(t *testing.T) {
	padded := func(records int) string {
		return strings.Replace(batchOf(records, 0), "\n", strings.Repeat(" ", smallFile)+"\n", 1)
	}
	for _, second := range []int{9, 11} {
		w := newWorld(t)
		w.objects[key+"@v1"] = padded(10)
		h := w.handler()
		h.S3 = mutable{w, padded(second)}
		err := h.Handle(invocation(t.Context(), "r"), objectCreated(key, "v1"))
		if want := fmt.Sprintf("read %d records, after 10 the first time", second); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		if w.gets != 2 || w.settles != 0 || w.status() != contract.FileClaimed {
			t.Errorf("%d reads, %d settlements, status %s", w.gets, w.settles, w.status())
		}
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
