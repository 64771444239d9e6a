package sqs_test

// This file tests the order of FIFO queues, under a virtual clock.

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// fifoQueue is a FIFO queue resource; its name is the logical id in lower case, and ".fifo".
func fifoQueue(id, properties string) string {
	return `"` + id + `": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": true, "QueueName": "` + strings.ToLower(id) + `.fifo"` + properties + `}}`
}

// sent is how SendMessage answers.
type sent struct{ MessageId, SequenceNumber string }

// order sends messages "group/body", with the body as deduplication id.
func (e *engine) order(t *testing.T, queue string, messages ...string) (answers []sent) {
	t.Helper()
	for _, m := range messages {
		group, body, _ := strings.Cut(m, "/")
		var out sent
		e.must(t, queue, "SendMessage", map[string]any{"MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": body}, &out)
		answers = append(answers, out)
	}
	return answers
}

func (e *engine) release(t *testing.T, queue string, m message) {
	t.Helper()
	e.must(t, queue, "ChangeMessageVisibility", map[string]any{"ReceiptHandle": m.ReceiptHandle, "VisibilityTimeout": 0}, nil)
}

func (e *engine) delete(t *testing.T, queue string, messages ...message) {
	t.Helper()
	for _, m := range messages {
		e.must(t, queue, "DeleteMessage", map[string]any{"ReceiptHandle": m.ReceiptHandle}, nil)
	}
}

func TestAGroupIsReceivedInOrderAndByOneReceiverAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", ""))
		e.order(t, "jobs.fifo", "a/a1", "b/b1", "a/a2", "b/b2", "a/a3", "c/c1")
		two := map[string]any{"MaxNumberOfMessages": 2}
		first := e.receive(t, "jobs.fifo", two)
		second := e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 3})
		if bodies(first) != "a1 a2" || bodies(second) != "b1 b2 c1" {
			t.Errorf("received %q and %q: as many of a group as there are, then those of the next", bodies(first), bodies(second))
		}
		if got := e.receive(t, "jobs.fifo", nil); len(got) != 0 || e.counts(t, "jobs.fifo") != "1 5 0" {
			t.Errorf("received %q while all groups are in flight, counts %s", bodies(got), e.counts(t, "jobs.fifo"))
		}
		e.delete(t, "jobs.fifo", first[0])
		if got := e.receive(t, "jobs.fifo", nil); len(got) != 0 {
			t.Errorf("received %q while a2 is in flight", bodies(got))
		}
		e.delete(t, "jobs.fifo", first[1])
		if got := bodies(e.receive(t, "jobs.fifo", nil)); got != "a3" {
			t.Errorf("received %q", got)
		}
	})
}

func TestAMessageThatComesBackIsTheFirstOfItsGroupAgain(t *testing.T) {
	for _, test := range []struct {
		name string
		back func(t *testing.T, e *engine, m []message)
	}{
		{"by its visibility timeout", func(*testing.T, *engine, []message) { time.Sleep(30 * time.Second) }},
		{"by its receiver", func(t *testing.T, e *engine, m []message) {
			e.release(t, "jobs.fifo", m[1])
			if got := e.receive(t, "jobs.fifo", nil); len(got) != 0 {
				t.Errorf("received %q while a1 is in flight", bodies(got))
			}
			e.release(t, "jobs.fifo", m[0])
		}},
		{"by its receiver, in its order", func(t *testing.T, e *engine, m []message) {
			e.release(t, "jobs.fifo", m[0])
			e.release(t, "jobs.fifo", m[1])
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t)
				e.mustCreate(t, fifoQueue("Jobs", ""))
				e.order(t, "jobs.fifo", "a/a1", "a/a2", "a/a3")
				got := e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 2})
				test.back(t, e, got)
				if again := e.receive(t, "jobs.fifo", nil); bodies(again) != "a1 a2 a3" || again[0].Attributes["ApproximateReceiveCount"] != "2" {
					t.Errorf("received %+v", again)
				}
			})
		})
	}
}

// As AWS does it: what is in flight holds back only what is behind it.
func TestAMessageIsReceivedWhileALaterOneOfItsGroupIsInFlight(t *testing.T) {
	for _, row := range []struct {
		hidden int // the message that stays in flight
		want   string
	}{{0, ""}, {1, "a1"}, {2, "a1 a2"}} {
		synctest.Test(t, func(t *testing.T) {
			e := newEngine(t)
			e.mustCreate(t, fifoQueue("Jobs", ""))
			e.order(t, "jobs.fifo", "a/a1", "a/a2", "a/a3")
			got := e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 10})
			e.must(t, "jobs.fifo", "ChangeMessageVisibility", map[string]any{"ReceiptHandle": got[row.hidden].ReceiptHandle, "VisibilityTimeout": 60}, nil)
			time.Sleep(31 * time.Second)
			if again := bodies(e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 10})); again != row.want {
				t.Errorf("while message %d is in flight %q is received, want %q", row.hidden, again, row.want)
			}
		})
	}
}

func TestGroupsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", ""))
		e.order(t, "jobs.fifo", "a/a1", "b/b1", "b/b2", "c/c1", "a/a2")
		at := func(n int) map[string]any { return map[string]any{"MaxNumberOfMessages": n, "VisibilityTimeout": 0} }
		first, second := bodies(e.receive(t, "jobs.fifo", at(3))), bodies(e.receive(t, "jobs.fifo", at(10)))
		if first != "a1 a2 b1" || second != "c1 a1 a2 b1 b2" {
			t.Errorf("received %q, then %q", first, second)
		}
	})
}

func TestALongPollEndsWhenAGroupIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", ""))
		e.order(t, "jobs.fifo", "a/a1", "a/a2")
		first := e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 1})
		done := make(chan []message)
		started := time.Now()
		go func() { done <- e.receive(t, "jobs.fifo", map[string]any{"WaitTimeSeconds": 20}) }()
		time.Sleep(7 * time.Second)
		e.delete(t, "jobs.fifo", first...)
		if got := <-done; bodies(got) != "a2" || time.Since(started) != 7*time.Second {
			t.Errorf("%q after %v", bodies(got), time.Since(started))
		}
	})
}

func TestAFIFOQueuesDelayHoldsForAllMessagesInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", `, "DelaySeconds": 10`))
		e.order(t, "jobs.fifo", "a/a1")
		time.Sleep(5 * time.Second)
		e.must(t, "jobs.fifo", "SetQueueAttributes", map[string]any{"Attributes": map[string]string{"DelaySeconds": "20"}}, nil)
		e.order(t, "jobs.fifo", "a/a2")
		time.Sleep(10 * time.Second)
		if got := e.receive(t, "jobs.fifo", nil); len(got) != 0 {
			t.Errorf("received %q before a1", bodies(got))
		}
		time.Sleep(5 * time.Second)
		if got := bodies(e.receive(t, "jobs.fifo", nil)); got != "a1" {
			t.Errorf("received %q", got)
		}
	})
}

func TestSequenceNumbersGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", ""))
		answers := e.order(t, "jobs.fifo", "a/1", "b/2", "a/3")
		time.Sleep(time.Hour)
		answers = append(answers, e.order(t, "jobs.fifo", "b/4")...)
		for i, a := range answers {
			if len(a.SequenceNumber) != 20 || i > 0 && a.SequenceNumber <= answers[i-1].SequenceNumber {
				t.Errorf("sequence numbers %v", answers)
			}
		}
		if got := e.receive(t, "jobs.fifo", nil); len(got) != 4 || got[0].Attributes["SequenceNumber"] != answers[0].SequenceNumber {
			t.Errorf("received %+v", got)
		}
	})
}

func TestAReceiptOfAFIFOQueueExpiresWithItsVisibilityTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", ""))
		e.order(t, "jobs.fifo", "a/a1")
		time.Sleep(time.Second) // so that nothing else looks at the queue when the timeout is over
		m := e.receive(t, "jobs.fifo", nil)[0]
		time.Sleep(30 * time.Second)
		err := e.call("jobs.fifo", "ChangeMessageVisibility", map[string]any{"ReceiptHandle": m.ReceiptHandle, "VisibilityTimeout": 60}, nil)
		if err == nil || cloud.AsError(err).Code != "MessageNotInflight" || cloud.AsError(err).QueryCode != "AWS.SimpleQueueService.MessageNotInflight" {
			t.Errorf("to hide what is visible again: %v", err)
		}
		err = e.call("jobs.fifo", "DeleteMessage", map[string]any{"ReceiptHandle": m.ReceiptHandle}, nil)
		if err == nil || cloud.AsError(err).Code != "InvalidParameterValueException" || !strings.Contains(err.Error(), "The receipt handle has expired.") || e.counts(t, "jobs.fifo") != "1 0 0" {
			t.Errorf("error %v, counts %s", err, e.counts(t, "jobs.fifo"))
		}
		var out struct{ Failed []struct{ Id, Code string } }
		e.must(t, "jobs.fifo", "DeleteMessageBatch", map[string]any{"Entries": []map[string]string{{"Id": "x", "ReceiptHandle": m.ReceiptHandle}}}, &out)
		if len(out.Failed) != 1 || out.Failed[0].Code != "InvalidParameterValue" {
			t.Errorf("batch %+v", out)
		}
		e.delete(t, "jobs.fifo", e.receive(t, "jobs.fifo", nil)...)
		e.delete(t, "jobs.fifo", m) // what is gone is deleted
	})
}
