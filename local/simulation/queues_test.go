package simulation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tradepost-dev/tradepost/local/lambda"
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

// receipts runs a seed in which a queue's messages are received by a poller, and tells how
// often each order was handed to the function, and when first and last.
func receipts(t *testing.T, seed uint64, faults simulation.Rates) (times map[string]int, late time.Duration, r simulation.Result) {
	t.Helper()
	var mu sync.Mutex
	times = map[string]int{}
	began := time.Time{}
	functions := store(func(ctx context.Context, table *dynamodb.Client, id string) error {
		mu.Lock()
		defer mu.Unlock()
		times[id]++
		late = max(late, time.Since(began))
		return nil
	})
	r = simulation.Run(t, seed, simulation.Options{Assembly: app(t), Functions: functions, Faults: faults, Scenario: func(ctx context.Context, w *simulation.World) error {
		began = time.Now()
		if err := send(ctx, w, 8); err != nil {
			return err
		}
		time.Sleep(30 * time.Second)
		w.Calm()
		time.Sleep(30 * time.Minute)
		return nil
	}})
	return times, late, r
}

// The app's queue hides messages for a minute.
func TestMessagesWhoseReceiptIsLostComeAgainWhenTheirVisibilityEndsAndCountAsReceived(t *testing.T) {
	times, late, r := receipts(t, 1, simulation.Rates{simulation.Unheard: 1})
	if r.Err != nil || len(times) != 8 || len(r.Faults) == 0 || late < time.Minute || late > 3*time.Minute {
		t.Errorf("%v: %v, until %v, after %d faults", r.Err, times, late, len(r.Faults))
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("%s was handed over %d times", id, n)
		}
	}
	for _, f := range r.Faults {
		if f.Site.Action != "sqs:ReceiveMessage" {
			t.Errorf("it hit %v", f)
		}
	}
	counts := ""
	r = within(t, 1, simulation.Rates{simulation.Unheard: 1}, func(ctx context.Context, cfg aws.Config) error {
		_, err := sqs.NewFromConfig(cfg).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL)})
		if err != nil {
			return fmt.Errorf("of an empty queue: %w", err)
		}
		if _, err = sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(queueURL), MessageBody: aws.String("x")}); err != nil {
			return err
		}
		_, err = sqs.NewFromConfig(cfg).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL)})
		counts = fmt.Sprint(err)
		return nil
	}, func(ctx context.Context, w *simulation.World) error {
		w.Calm()
		time.Sleep(time.Minute)
		got, err := sqs.NewFromConfig(w.AWS()).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL), MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}})
		if err != nil || len(got.Messages) != 1 || got.Messages[0].Attributes["ApproximateReceiveCount"] != "2" {
			return fmt.Errorf("received %v: %w", got, err)
		}
		return nil
	})
	if r.Err != nil || !strings.Contains(counts, "connection reset") {
		t.Errorf("%v; the receiver hears %s", r.Err, counts)
	}
}

func TestWhoReceivesMayBeRefusedOrHearLate(t *testing.T) {
	for _, row := range []struct {
		kind        simulation.Kind
		least, most time.Duration // until the last order
	}{
		{simulation.Refused, 30 * time.Second, time.Minute}, {simulation.Throttled, 30 * time.Second, time.Minute},
		{simulation.Burst, 30 * time.Second, 2 * time.Minute}, {simulation.Tardy, 2 * time.Second, 5 * time.Minute},
	} {
		t.Run(string(row.kind), func(t *testing.T) {
			times, late, r := receipts(t, 1, simulation.Rates{row.kind: 1})
			if r.Err != nil || len(times) != 8 || late < row.least || late > row.most {
				t.Errorf("%v: %v, until %v", r.Err, times, late)
			}
			received := 0
			for _, f := range r.Faults {
				if f.Site.Action == "sqs:ReceiveMessage" {
					received++
				}
			}
			if received == 0 {
				t.Errorf("it hit %v", r.Faults)
			}
		})
	}
}

// The app's queue hides messages for a minute: what waits for longer becomes visible
// again, and counts as received once more.
func TestABatchThatItsFunctionDoesNotTakeReturnsToTheQueue(t *testing.T) {
	for _, row := range []struct {
		throttled time.Duration
		counts    string
	}{{30 * time.Second, "map[order-0:1 order-1:1 order-2:1]"}, {90 * time.Second, "map[order-0:2 order-1:2 order-2:2]"}} {
		t.Run(row.throttled.String(), func(t *testing.T) {
			var mu sync.Mutex
			counts, early := map[string]string{}, false
			var calm time.Time
			functions := map[string]simulation.Function{"app/Store": func(aws.Config, lambda.Environment) (any, error) {
				return func(_ context.Context, event events.SQSEvent) {
					mu.Lock()
					defer mu.Unlock()
					early = early || time.Now().Before(calm)
					for _, m := range event.Records {
						counts[m.Body] = m.Attributes["ApproximateReceiveCount"]
					}
				}, nil
			}}
			r := simulation.Run(t, 1, simulation.Options{Assembly: app(t), Functions: functions, Faults: simulation.Rates{simulation.Starved: 1}, Scenario: func(ctx context.Context, w *simulation.World) error {
				calm = time.Now().Add(row.throttled)
				err := send(ctx, w, 3)
				time.Sleep(time.Until(calm))
				w.Calm()
				time.Sleep(10 * time.Minute)
				return err
			}})
			if got := fmt.Sprint(counts); r.Err != nil || early || got != row.counts {
				t.Errorf("%v: received %s, want %s; before the function took any: %v", r.Err, got, row.counts, early)
			}
			if len(r.Faults) == 0 || slices.ContainsFunc(r.Faults, func(f simulation.Fault) bool { return f.Site.Action != "lambda:Invoke" }) {
				t.Errorf("it hit %v", r.Faults)
			}
		})
	}
}
