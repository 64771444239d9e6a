package sqs_test

// This file tests that FIFO queues take messages in once, and hand them out once.

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestAMessageIsTakenInOnceWithinFiveMinutes(t *testing.T) {
	for _, test := range []struct {
		name, properties string
		second           map[string]any
		wait             time.Duration
		duplicate        bool
	}{
		{"the same id", "", map[string]any{"MessageBody": "other", "MessageGroupId": "a", "MessageDeduplicationId": "id"}, 0, true},
		{"at the end of the interval", "", map[string]any{"MessageBody": "body", "MessageGroupId": "a", "MessageDeduplicationId": "id"}, 5*time.Minute - time.Nanosecond, true},
		{"after the interval", "", map[string]any{"MessageBody": "body", "MessageGroupId": "a", "MessageDeduplicationId": "id"}, 5 * time.Minute, false},
		{"another id", "", map[string]any{"MessageBody": "body", "MessageGroupId": "a", "MessageDeduplicationId": "id2"}, 0, false},
		{"in another group", "", map[string]any{"MessageBody": "body", "MessageGroupId": "b", "MessageDeduplicationId": "id"}, 0, true},
		{"in another group, with that scope", `, "DeduplicationScope": "messageGroup"`, map[string]any{"MessageBody": "body", "MessageGroupId": "b", "MessageDeduplicationId": "id"}, 0, false},
		{"in the same group, with that scope", `, "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"`, map[string]any{"MessageBody": "body", "MessageGroupId": "a", "MessageDeduplicationId": "id"}, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t)
				e.mustCreate(t, fifoQueue("Jobs", test.properties))
				var first, second sent
				e.must(t, "jobs.fifo", "SendMessage", map[string]any{"MessageBody": "body", "MessageGroupId": "a", "MessageDeduplicationId": "id"}, &first)
				e.delete(t, "jobs.fifo", e.receive(t, "jobs.fifo", nil)...) // which does not make it forgotten
				time.Sleep(test.wait)
				e.must(t, "jobs.fifo", "SendMessage", test.second, &second)
				if (first == second) != test.duplicate {
					t.Errorf("first %+v, second %+v", first, second)
				}
				if got := e.receive(t, "jobs.fifo", nil); (len(got) == 0) != test.duplicate {
					t.Errorf("received %+v", got)
				}
			})
		})
	}
}

func TestAPurgedQueueRemembersNothing(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, fifoQueue("Jobs", ""))
	before := e.order(t, "jobs.fifo", "a/a1")
	e.must(t, "jobs.fifo", "PurgeQueue", nil, nil)
	if after := e.order(t, "jobs.fifo", "a/a1"); after[0] == before[0] || e.counts(t, "jobs.fifo") != "1 0 0" {
		t.Errorf("before %v, after %v: the queue has %s", before, after, e.counts(t, "jobs.fifo"))
	}
}

func TestTheBodyCanBeTheDeduplicationID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", `, "ContentBasedDeduplication": true`))
		for _, in := range []map[string]any{
			{"MessageBody": "abc"},
			{"MessageBody": "abc", "MessageAttributes": map[string]any{"a": map[string]string{"DataType": "String", "StringValue": "other"}}},
			{"MessageBody": "abc", "MessageDeduplicationId": "own"},
			{"MessageBody": "abd"},
		} {
			in["MessageGroupId"] = "g"
			e.must(t, "jobs.fifo", "SendMessage", in, nil)
		}
		got := e.receive(t, "jobs.fifo", nil)
		var ids []string
		for _, m := range got {
			ids = append(ids, m.Attributes["MessageDeduplicationId"])
		}
		want := []string{"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "own", "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9"}
		if !slices.Equal(ids, want) || got[0].Attributes["MessageGroupId"] != "g" {
			t.Errorf("ids %q, messages %+v", ids, got)
		}
	})
}

func TestAReceiveWhoseAnswerWasLostCanBeRepeated(t *testing.T) {
	attempt := map[string]any{"ReceiveRequestAttemptId": "try", "MaxNumberOfMessages": 2}
	for _, test := range []struct {
		name      string
		meanwhile func(t *testing.T, e *engine, m []message)
		want      string
		same      bool
	}{
		{"at once", func(*testing.T, *engine, []message) {}, "a1 a2", true},
		{"within the visibility timeout", func(*testing.T, *engine, []message) { time.Sleep(29 * time.Second) }, "a1 a2", true},
		{"after it", func(*testing.T, *engine, []message) { time.Sleep(30 * time.Second) }, "b1 a1", false},
		{"when one is deleted", func(t *testing.T, e *engine, m []message) { e.delete(t, "jobs.fifo", m[0]) }, "b1", false},
		{"when one has another visibility", func(t *testing.T, e *engine, m []message) {
			e.must(t, "jobs.fifo", "ChangeMessageVisibility", map[string]any{"ReceiptHandle": m[0].ReceiptHandle, "VisibilityTimeout": 60}, nil)
		}, "b1", false},
		{"when another has received them", func(t *testing.T, e *engine, m []message) {
			e.release(t, "jobs.fifo", m[0])
			e.release(t, "jobs.fifo", m[1])
			e.release(t, "jobs.fifo", e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 3})[0])
		}, "b1", false},
		{"after five minutes", func(t *testing.T, e *engine, m []message) { time.Sleep(5 * time.Minute) }, "b1 a1", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t)
				e.mustCreate(t, fifoQueue("Jobs", ""))
				e.order(t, "jobs.fifo", "a/a1", "a/a2", "b/b1")
				first := e.receive(t, "jobs.fifo", attempt)
				test.meanwhile(t, e, first)
				again := e.receive(t, "jobs.fifo", attempt)
				if bodies(again) != test.want || (again[0].ReceiptHandle == first[0].ReceiptHandle) != test.same {
					t.Fatalf("first %+v\nagain %+v", first, again)
				}
				if !test.same {
					return
				}
				time.Sleep(29 * time.Second) // the visibility timeout has begun anew
				if got := e.receive(t, "jobs.fifo", nil); bodies(got) != "b1" {
					t.Errorf("received %q", bodies(got))
				}
				if third := e.receive(t, "jobs.fifo", attempt); third[0].ReceiptHandle != first[0].ReceiptHandle || third[0].Attributes["ApproximateReceiveCount"] != "1" {
					t.Errorf("a third time %+v", third)
				}
			})
		})
	}
}
