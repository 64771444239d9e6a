package sqs_test

// This file tests the dead letters of FIFO queues.

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestDeadLettersKeepTheOrderOfTheirGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Plain", "")+","+fifoQueue("Dead", `, "MessageRetentionPeriod": 345600`)+","+fifoQueue("Jobs", `, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 1}`))
		answers := e.order(t, "jobs.fifo", "a/a1", "b/b1", "a/a2", "a/a3", "b/b2")
		time.Sleep(24 * time.Hour)
		for _, m := range e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 3}) {
			e.release(t, "jobs.fifo", m)
		}
		if got := bodies(e.receive(t, "jobs.fifo", nil)); got != "b1 b2" {
			t.Fatalf("received %q: a1 to a3 are dead letters, and do not hold up the others", got)
		}
		dead := e.receive(t, "dead.fifo", nil)
		if bodies(dead) != "a1 a2 a3" || dead[0].Attributes["SequenceNumber"] != answers[0].SequenceNumber || dead[0].Attributes["MessageGroupId"] != "a" ||
			dead[0].Attributes["SentTimestamp"] != fmt.Sprint(time.Now().UnixMilli()) || dead[0].Attributes["DeadLetterQueueSourceArn"] != "arn:aws:sqs:eu-central-1:123456789012:jobs.fifo" {
			t.Errorf("dead letters %+v", dead)
		}
		for _, m := range dead {
			e.release(t, "dead.fifo", m)
		}
		e.must(t, "", "StartMessageMoveTask", map[string]any{"SourceArn": "arn:aws:sqs:eu-central-1:123456789012:dead.fifo"}, nil)
		back := e.receive(t, "jobs.fifo", nil)
		if bodies(back) != "a1 a2 a3" || back[0].Attributes["MessageDeduplicationId"] != "a1" || back[0].Attributes["SequenceNumber"] <= answers[4].SequenceNumber || back[0].Attributes["ApproximateReceiveCount"] != "1" {
			t.Errorf("moved back: %+v", back)
		}
		err := e.call("", "StartMessageMoveTask", map[string]any{"SourceArn": "arn:aws:sqs:eu-central-1:123456789012:dead.fifo", "DestinationArn": "arn:aws:sqs:eu-central-1:123456789012:plain"}, nil)
		if err == nil || cloud.AsError(err).Code != "InvalidParameterValueException" {
			t.Errorf("moved to a standard queue: %v", err)
		}
	})
}

func TestDeadLettersKeepTheirOrderWhateverTheReceivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Dead", "")+","+fifoQueue("Jobs", `, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 1}`))
		var want []string
		for i := range 200 {
			body := fmt.Sprintf("%03d", i)
			want = append(want, body)
			e.order(t, "jobs.fifo", "g/"+body)
		}
		done := make(chan bool)
		for range 8 {
			go func() {
				defer func() { done <- true }()
				for {
					messages := e.receive(t, "jobs.fifo", map[string]any{"WaitTimeSeconds": 20, "MaxNumberOfMessages": 3})
					if len(messages) == 0 {
						return
					}
					for _, m := range messages {
						e.release(t, "jobs.fifo", m)
					}
				}
			}()
		}
		for range 8 {
			<-done
		}
		var got []string
		for letters := e.receive(t, "dead.fifo", nil); len(letters) > 0; letters = e.receive(t, "dead.fifo", nil) {
			for _, m := range letters {
				got = append(got, m.Body)
			}
			e.delete(t, "dead.fifo", letters...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("dead letters %q", got)
		}
	})
}
