package sqs_test

// This file tests what of a queue outlives the engine.

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// keeper is what a run of the engine leaves of its queues, by their ARNs.
type keeper struct {
	records map[string][]json.RawMessage
	queues  map[string]cloud.Durable
}

func newKeeper() *keeper {
	return &keeper{map[string][]json.RawMessage{}, map[string]cloud.Durable{}}
}

func (k *keeper) Keep(arn string, d cloud.Durable) error {
	k.queues[arn] = d
	return d.Restore(func(record any) error {
		if len(k.records[arn]) == 0 {
			return io.EOF
		}
		err := json.Unmarshal(k.records[arn][0], record)
		k.records[arn] = k.records[arn][1:]
		return err
	})
}

func (k *keeper) Forget(string) error { return errors.ErrUnsupported }

func (k *keeper) save(t *testing.T) {
	t.Helper()
	for arn, queue := range k.queues {
		for record := range queue.Snapshot() {
			text, err := json.Marshal(record)
			if err != nil {
				t.Fatal(err)
			}
			k.records[arn] = append(k.records[arn], text)
		}
	}
}

func TestAFIFOQueueOutlivesTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeper()
		e := newEngine(t)
		e.Keeper = k
		e.mustCreate(t, fifoQueue("Jobs", ""))
		before := e.order(t, "jobs.fifo", "a/a1", "b/b1", "a/a2", "gone/x", "c/c1", "c/c2", "c/c3", "c/c4", "c/c5")
		got := e.receive(t, "jobs.fifo", nil)
		e.delete(t, "jobs.fifo", got[3])
		k.save(t)
		e.Close()

		time.Sleep(4 * time.Minute)
		e = newEngine(t)
		e.Keeper = k
		e.mustCreate(t, fifoQueue("Jobs", ""))
		after := e.order(t, "jobs.fifo", "gone/x", "a/a3")
		if after[0] != before[3] || after[1].SequenceNumber <= before[3].SequenceNumber {
			t.Errorf("before %v, after %v", before, after)
		}
		if got := e.receive(t, "jobs.fifo", nil); bodies(got) != "a1 a2 a3 b1 c1 c2 c3 c4 c5" || got[0].Attributes["SequenceNumber"] != before[0].SequenceNumber ||
			got[0].Attributes["MessageDeduplicationId"] != "a1" || got[0].Attributes["ApproximateReceiveCount"] != "2" {
			t.Errorf("received %+v", got)
		}
		time.Sleep(time.Minute)
		if got := e.counts(t, "jobs.fifo"); got != "9 0 0" {
			t.Errorf("the queue has %s", got)
		}
		if later := e.order(t, "jobs.fifo", "gone/x"); later[0] == before[3] {
			t.Error("the message is remembered for longer than five minutes")
		}
	})
}

func TestAStandardQueueOutlivesTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeper()
		start := func() *engine {
			e := newEngine(t)
			e.Keeper = k
			e.mustCreate(t, queue("Dead", "")+","+queue("Jobs", strings.Replace(redriven(`, "MessageRetentionPeriod": 600`), "1}", "2}", 1)))
			return e
		}
		e := start()
		e.must(t, "jobs", "SendMessage", rich, nil)
		sent := e.receive(t, "jobs", map[string]any{"VisibilityTimeout": 1, "MessageAttributeNames": []string{"All"}})[0]
		time.Sleep(time.Second)
		e.receive(t, "jobs", map[string]any{"VisibilityTimeout": 0})
		e.receive(t, "jobs", nil) // once too often
		dead := e.receive(t, "dead", map[string]any{"VisibilityTimeout": 1, "MessageAttributeNames": []string{"All"}})[0]
		e.send(t, "jobs", "expired")
		time.Sleep(9 * time.Minute)
		for i := range 5 {
			e.send(t, "jobs", fmt.Sprint(i))
			time.Sleep(time.Second)
		}
		e.receive(t, "jobs", map[string]any{"VisibilityTimeout": 900})
		e.send(t, "jobs", "visible", "too")
		e.must(t, "jobs", "SendMessage", map[string]any{"MessageBody": "delayed", "DelaySeconds": 300}, nil)
		time.Sleep(time.Minute)
		k.save(t)
		e.Close()
		if n := len(k.records[queues+"jobs"]); n != 8 {
			t.Errorf("%d messages are saved: what has expired is none", n)
		}

		time.Sleep(time.Minute)
		e = start()
		defer e.Close()
		if got := e.counts(t, "jobs"); got != "7 0 1" {
			t.Errorf("the queue has %s: what was in flight is so no more, and what is delayed still is", got)
		}
		// The receipt is good for as long as any other: twelve hours after the receive.
		e.must(t, "dead", "ChangeMessageVisibility", map[string]any{"ReceiptHandle": dead.ReceiptHandle, "VisibilityTimeout": 1}, nil)
		time.Sleep(time.Second)
		again := e.receive(t, "dead", everything)[0]
		if again.MessageId != sent.MessageId || again.MD5OfMessageAttributes != sent.MD5OfMessageAttributes || !reflect.DeepEqual(again.MessageAttributes, sent.MessageAttributes) {
			t.Errorf("sent %+v\nagain %+v", sent, again)
		}
		want := maps.Clone(dead.Attributes)
		want["ApproximateReceiveCount"] = "4"
		if !maps.Equal(again.Attributes, want) || want["DeadLetterQueueSourceArn"] == "" || want["SenderId"] == "" || want["AWSTraceHeader"] == "" || want["MessageGroupId"] == "" {
			t.Errorf("attributes %v, want %v", again.Attributes, want)
		}
		if got := bodies(e.receive(t, "jobs", map[string]any{"VisibilityTimeout": 900})); got != "0 1 2 3 4 visible too" {
			t.Errorf("the queue has %q: what was in flight has waited longest", got)
		}
		time.Sleep(3*time.Minute - 2*time.Second)
		if got := e.counts(t, "jobs"); got != "0 7 1" {
			t.Errorf("at the end of its delay the queue has %s", got)
		}
		time.Sleep(time.Second)
		if got := bodies(e.receive(t, "jobs", nil)); got != "delayed" {
			t.Errorf("after its delay the queue has %q", got)
		}
	})
}

func TestWhateverChangesAQueueIsSaved(t *testing.T) {
	k, e := newKeeper(), newEngine(t)
	e.Keeper = k
	e.mustCreate(t, queue("Jobs", ""))
	var received []message
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"a message that is sent", func() { e.send(t, "jobs", "x") }},
		{"a message that is received", func() { received = e.receive(t, "jobs", nil) }},
		{"a message that is deleted", func() { e.delete(t, "jobs", received...) }},
	} {
		before := k.queues[queues+"jobs"].Revision()
		if step.do(); k.queues[queues+"jobs"].Revision() == before {
			t.Errorf("%s changes nothing", step.name)
		}
	}
}
