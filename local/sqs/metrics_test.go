package sqs_test

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// meter keeps what queues publish.
type meter struct {
	mu   sync.Mutex
	data []cloud.Datum
}

func (m *meter) Observe(d cloud.Datum) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.data = append(m.data, d)
}

// values are those of one queue's metric since the last call for it.
func (m *meter) values(queue, metric string) []float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	values, unit := []float64{}, cmp.Or(map[string]string{"SentMessageSize": "Bytes", "ApproximateAgeOfOldestMessage": "Seconds"}[metric], "Count")
	m.data = slices.DeleteFunc(m.data, func(d cloud.Datum) bool {
		found := d.Namespace == "AWS/SQS" && d.Name == metric && d.Dimensions["QueueName"] == queue && len(d.Dimensions) == 1 && d.Unit == unit
		if found {
			values = append(values, d.Value)
		}
		return found
	})
	return values
}

func (m *meter) want(t *testing.T, queue, metric string, want ...float64) {
	t.Helper()
	if got := m.values(queue, metric); !slices.Equal(got, want) {
		t.Errorf("%s of %s: %v, want %v", metric, queue, got, want)
	}
}

// measured runs a test with a meter under a virtual clock that starts at a full
// minute, on queues that are looked at 10, 20, ... seconds after.
func measured(t *testing.T, resources string, test func(t *testing.T, e *engine, m *meter)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e, m := newEngine(t), &meter{}
		defer e.Close()
		e.Meter = m
		e.mustCreate(t, resources)
		time.Sleep(time.Second)
		test(t, e, m)
	})
}

func TestGaugesTellHowManyMessagesAreVisibleInFlightAndDelayed(t *testing.T) {
	measured(t, queue("Jobs", `, "VisibilityTimeout": 45`), func(t *testing.T, e *engine, m *meter) {
		for _, delay := range []int{0, 0, 15} {
			e.must(t, "jobs", "SendMessage", map[string]any{"MessageBody": "x", "DelaySeconds": delay}, nil)
		}
		time.Sleep(10 * time.Second)
		m.want(t, "jobs", "ApproximateNumberOfMessagesVisible", 2)
		m.want(t, "jobs", "ApproximateNumberOfMessagesNotVisible", 0)
		m.want(t, "jobs", "ApproximateNumberOfMessagesDelayed", 1)
		m.want(t, "jobs", "ApproximateNumberOfGroupsWithInflightMessages") // of FIFO queues

		e.receive(t, "jobs", nil)
		time.Sleep(10 * time.Second) // the delay has passed
		m.want(t, "jobs", "ApproximateNumberOfMessagesVisible", 1)
		m.want(t, "jobs", "ApproximateNumberOfMessagesNotVisible", 2)
		m.want(t, "jobs", "ApproximateNumberOfMessagesDelayed", 0)

		time.Sleep(40 * time.Second) // the visibility timeout too
		m.want(t, "jobs", "ApproximateNumberOfMessagesVisible", 3)
		m.want(t, "jobs", "ApproximateNumberOfMessagesNotVisible", 0)
	})
}

func TestAQueueThatDoesNotChangeIsMeasuredOnceAMinuteUntilNobodyUsesIt(t *testing.T) {
	measured(t, queue("Jobs", ""), func(t *testing.T, e *engine, m *meter) {
		time.Sleep(5 * time.Minute)
		m.want(t, "jobs", "ApproximateNumberOfMessagesVisible", 0, 0, 0, 0, 0, 0)
		time.Sleep(6 * time.Hour)
		m.values("jobs", "ApproximateNumberOfMessagesVisible")
		time.Sleep(time.Hour)
		m.want(t, "jobs", "ApproximateNumberOfMessagesVisible")
		e.counts(t, "jobs")
		time.Sleep(time.Minute)
		m.want(t, "jobs", "ApproximateNumberOfMessagesVisible", 0, 0)
		time.Sleep(7 * time.Hour)
		m.values("jobs", "ApproximateNumberOfMessagesVisible")
		e.must(t, "jobs", "SendMessage", map[string]any{"MessageBody": "x"}, nil)
		time.Sleep(2 * time.Minute)
		m.want(t, "jobs", "ApproximateNumberOfMessagesVisible", 1, 1, 1)
		time.Sleep(7 * time.Hour)
		m.values("jobs", "ApproximateNumberOfMessagesVisible")
		time.Sleep(2 * time.Minute)
		m.want(t, "jobs", "ApproximateNumberOfMessagesVisible", 1, 1) // it has a message
	})
}

func TestTheAgeOfTheOldestMessageIsTheTimeItHasBeenInTheQueue(t *testing.T) {
	measured(t, queue("Jobs", `, "VisibilityTimeout": 0, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 4}`)+","+queue("Dead", ""), func(t *testing.T, e *engine, m *meter) {
		age := "ApproximateAgeOfOldestMessage"
		last := func(queue string) float64 {
			values := m.values(queue, age)
			return values[len(values)-1]
		}
		e.send(t, "jobs", "poison")
		time.Sleep(9 * time.Second)
		e.send(t, "jobs", "x")
		time.Sleep(51 * time.Second)
		if got := last("jobs"); got != 59 {
			t.Errorf("%v, want the age of the oldest", got)
		}
		for range 3 {
			e.receive(t, "jobs", map[string]any{"MaxNumberOfMessages": 1, "VisibilityTimeout": 1})
			e.receive(t, "jobs", map[string]any{"MaxNumberOfMessages": 1, "VisibilityTimeout": 900})
			time.Sleep(2 * time.Second)
		}
		time.Sleep(time.Minute)
		if got := last("jobs"); got > 125-9 {
			t.Errorf("%v, want the age without what was received three times", got)
		}
		for range 2 {
			e.receive(t, "jobs", nil)
		}
		time.Sleep(2 * time.Minute)
		if got := last("dead"); got < 60 || got > 120 {
			t.Errorf("%v, want the age since the message was given up", got)
		}
	})
}

func TestMessagesAreCountedAndTheirSizeIsMeasured(t *testing.T) {
	measured(t, queue("Jobs", ""), func(t *testing.T, e *engine, m *meter) {
		e.must(t, "jobs", "SendMessage", map[string]any{"MessageBody": "12345"}, nil)
		entries := []map[string]any{}
		for i := range 2 {
			entries = append(entries, map[string]any{"Id": fmt.Sprint(i), "MessageBody": "1234567"})
		}
		e.must(t, "jobs", "SendMessageBatch", map[string]any{"Entries": entries}, nil)
		m.want(t, "jobs", "NumberOfMessagesSent", 1, 1, 1)
		m.want(t, "jobs", "SentMessageSize", 5, 7, 7)
		for _, got := range e.receive(t, "jobs", map[string]any{"MaxNumberOfMessages": 10}) {
			e.must(t, "jobs", "DeleteMessage", map[string]any{"ReceiptHandle": got.ReceiptHandle}, nil)
		}
		e.receive(t, "jobs", nil)
		m.want(t, "jobs", "NumberOfMessagesReceived", 3)
		m.want(t, "jobs", "NumberOfMessagesDeleted", 1, 1, 1)
		m.want(t, "jobs", "NumberOfEmptyReceives", 1)
	})
}

// What is no more there, or has been received by another since, is not deleted.
func TestWhatIsDeletedIsCountedOnce(t *testing.T) {
	measured(t, queue("Jobs", ""), func(t *testing.T, e *engine, m *meter) {
		e.send(t, "jobs", "a", "b", "c")
		got := e.receive(t, "jobs", map[string]any{"VisibilityTimeout": 1})
		time.Sleep(time.Second)
		e.receive(t, "jobs", map[string]any{"MaxNumberOfMessages": 1}) // a, again
		batch := map[string]any{"Entries": []map[string]string{{"Id": "1", "ReceiptHandle": got[1].ReceiptHandle}, {"Id": "2", "ReceiptHandle": got[2].ReceiptHandle}}}
		for range 2 {
			e.must(t, "jobs", "DeleteMessageBatch", batch, nil)
			e.delete(t, "jobs", got...)
		}
		m.want(t, "jobs", "NumberOfMessagesDeleted", 2)
	})
	measured(t, fifoQueue("Jobs", ""), func(t *testing.T, e *engine, m *meter) {
		e.order(t, "jobs.fifo", "a/1")
		got := e.receive(t, "jobs.fifo", map[string]any{"VisibilityTimeout": 1})
		time.Sleep(time.Second)
		if err := e.call("jobs.fifo", "DeleteMessage", map[string]any{"ReceiptHandle": got[0].ReceiptHandle}, nil); err == nil {
			t.Error("what is visible again was deleted")
		}
		m.want(t, "jobs.fifo", "NumberOfMessagesDeleted")
	})
}

func TestMetricsOfFIFOQueues(t *testing.T) {
	measured(t, fifoQueue("Jobs", ""), func(t *testing.T, e *engine, m *meter) {
		e.order(t, "jobs.fifo", "a/1", "a/1", "b/2", "b/3", "c/4")
		got := e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 3})
		time.Sleep(10 * time.Second)
		m.want(t, "jobs.fifo", "NumberOfMessagesSent", 1, 1, 1, 1, 1)
		m.want(t, "jobs.fifo", "NumberOfDeduplicatedSentMessages", 1)
		m.want(t, "jobs.fifo", "ApproximateNumberOfGroupsWithInflightMessages", 2)
		m.want(t, "jobs.fifo", "ApproximateNumberOfMessagesNotVisible", 3)
		e.delete(t, "jobs.fifo", got[1])
		e.release(t, "jobs.fifo", got[2])
		time.Sleep(10 * time.Second)
		m.want(t, "jobs.fifo", "ApproximateNumberOfGroupsWithInflightMessages", 1)
	})
}
