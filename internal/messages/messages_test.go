package messages

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// queue takes what refuse lets in, and remembers the sizes of batches.
type queue struct {
	mu      sync.Mutex
	taken   map[string]int
	batches []int
	refuse  func(call int, entry types.SendMessageBatchRequestEntry) *types.BatchResultErrorEntry
}

func (q *queue) SendMessageBatch(_ context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.batches = append(q.batches, len(in.Entries))
	out := &sqs.SendMessageBatchOutput{}
	for _, entry := range in.Entries {
		if q.refuse != nil {
			if refused := q.refuse(len(q.batches), entry); refused != nil {
				refused.Id = entry.Id
				out.Failed = append(out.Failed, *refused)
				continue
			}
		}
		q.taken[*entry.MessageBody]++
	}
	return out, nil
}

func send(t *testing.T, q *queue, bodies ...string) error {
	t.Helper()
	q.taken = map[string]int{}
	var group errgroup.Group
	s := Sender{SQS: q, QueueURL: "https://queue", Group: &group}
	for _, body := range bodies {
		s.Add(t.Context(), body)
	}
	s.Flush(t.Context())
	return group.Wait()
}

func TestOnlyWhatTheQueueDidNotTakeIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &queue{refuse: func(call int, entry types.SendMessageBatchRequestEntry) *types.BatchResultErrorEntry {
			if call == 1 && *entry.MessageBody == "b" {
				return &types.BatchResultErrorEntry{Code: aws.String("InternalError")}
			}
			return nil
		}}
		if err := send(t, q, "a", "b", "c"); err != nil || q.taken["a"] != 1 || q.taken["b"] != 1 || q.taken["c"] != 1 {
			t.Errorf("%v, taken %v", err, q.taken)
		}
	})
}

func TestAMessageThatTheQueueFindsWrongIsAnErrorAtOnce(t *testing.T) {
	q := &queue{refuse: func(int, types.SendMessageBatchRequestEntry) *types.BatchResultErrorEntry {
		return &types.BatchResultErrorEntry{Code: aws.String("InvalidMessageContents"), SenderFault: true}
	}}
	if err := send(t, q, "a"); err == nil || len(q.batches) != 1 {
		t.Errorf("%v after %d calls", err, len(q.batches))
	}
}

func TestBatchesKeepToTheLimitsOfTheQueue(t *testing.T) {
	large := strings.Repeat("x", 300<<10)
	for name, test := range map[string]struct {
		bodies []string
		calls  int
	}{
		"ten messages":          {strings.Split(strings.Repeat("x", 10), ""), 1},
		"eleven messages":       {strings.Split(strings.Repeat("x", 11), ""), 2},
		"four of 300 KiB":       {[]string{large, large, large, large}, 2},
		"nothing to be flushed": {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			q := &queue{}
			if err := send(t, q, test.bodies...); err != nil || len(q.batches) != test.calls {
				t.Errorf("%v, batches %v", err, q.batches)
			}
		})
	}
}

func TestTextIsEncodedAsItIs(t *testing.T) {
	got, err := Encode(contract.Message{Record: contract.Record{TransactionID: `<a> & "b"`}})
	if err != nil || !strings.Contains(got, `"<a> & \"b\""`) || strings.HasSuffix(got, "\n") {
		t.Errorf("%s, %v", got, err)
	}
}
