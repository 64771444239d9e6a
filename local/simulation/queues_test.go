package simulation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

// A message that becomes visible while it is worked on is received by another
// invocation, which works on it at the same time.
func TestVisibilityMayRunOutWhileTheHandlerWorks(t *testing.T) {
	for rate, want := range map[float64]int{0: 1, 0.5: 2} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			var mu sync.Mutex
			working, most := map[string]int{}, 0
			works := func(id string, one int) {
				mu.Lock()
				defer mu.Unlock()
				working[id] += one
				most = max(most, working[id])
			}
			functions := store(func(ctx context.Context, table *dynamodb.Client, id string) error {
				works(id, 1)
				time.Sleep(5 * time.Second)
				works(id, -1)
				return put(ctx, table, id)
			})
			r := simulation.Run(t, 1, simulation.Options{Assembly: app(t), Functions: functions, Faults: simulation.Rates{simulation.Expired: rate}, Scenario: over})
			if r.Err != nil || most < want || rate == 0 && most > want {
				t.Errorf("%v: at most %d invocations had one message at a time", r.Err, most)
			}
		})
	}
}

// echoed sends ten messages of one group to a queue, in one batch, and receives them
// from there: in their order, each with how long it took.
func echoed(t *testing.T, seed uint64, queue string, faults simulation.Rates) (bodies []string, took []time.Duration, r simulation.Result) {
	t.Helper()
	r = within(t, seed, faults, func(ctx context.Context, cfg aws.Config) error {
		client, began := sqs.NewFromConfig(cfg), time.Now()
		send := &sqs.SendMessageBatchInput{QueueUrl: aws.String(queue)}
		for i := range 10 {
			entry := types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: aws.String(fmt.Sprint(i))}
			if strings.HasSuffix(queue, ".fifo") {
				entry.MessageGroupId, entry.MessageDeduplicationId = aws.String("g"), entry.Id
			}
			send.Entries = append(send.Entries, entry)
		}
		if sent, err := client.SendMessageBatch(ctx, send); err != nil || len(sent.Successful) != 10 {
			return fmt.Errorf("sent %v: %w", sent, err)
		}
		for len(bodies) < 10 && time.Since(began) < 5*time.Minute {
			got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(queue), MaxNumberOfMessages: 10})
			if err != nil {
				return err
			}
			for _, m := range got.Messages {
				bodies, took = append(bodies, *m.Body), append(took, time.Since(began))
				if _, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(queue), ReceiptHandle: m.ReceiptHandle}); err != nil {
					return err
				}
			}
			time.Sleep(time.Second)
		}
		return nil
	}, nothing)
	if r.Err != nil || len(bodies) != 10 {
		t.Errorf("received %q: %v", bodies, r.Err)
	}
	return bodies, took, r
}

func TestMessagesOfAStandardQueueComeLateAndInAnyOrder(t *testing.T) {
	for _, row := range []struct {
		name, queue      string
		kind             simulation.Kind
		least, most      time.Duration // until the last one
		inOrder, harmful bool
	}{
		{"no fault", queueURL, simulation.Cut, 0, time.Minute, true, false},
		{"late", queueURL, simulation.Late, 20 * time.Second, 2 * time.Minute, false, true},
		{"shuffled", queueURL, simulation.Shuffled, 0, 5 * time.Second, false, true},
		{"late, FIFO", queueURL + ".fifo", simulation.Late, 0, 5 * time.Second, true, false},
		{"shuffled, FIFO", queueURL + ".fifo", simulation.Shuffled, 0, 5 * time.Second, true, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			bodies, took, r := echoed(t, 1, row.queue, simulation.Rates{row.kind: 1})
			if last := took[len(took)-1]; slices.IsSorted(bodies) != row.inOrder || last < row.least || last > row.most || row.harmful != (len(r.Faults) > 0) && row.kind != simulation.Cut {
				t.Errorf("received %q within %v by %d faults", bodies, last, len(r.Faults))
			}
		})
	}
}

// The queue delays what is sent to it by a minute.
func TestWhatComesLateComesNoSoonerThanTheQueueSays(t *testing.T) {
	_, took, r := echoed(t, 1, queueURL+"-later", simulation.Rates{simulation.Late: 1})
	if took[0] < time.Minute || took[len(took)-1] < 70*time.Second || took[len(took)-1] > 3*time.Minute || len(r.Faults) == 0 {
		t.Errorf("received after %v", took)
	}
}
