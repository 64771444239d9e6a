package sqs_test

// This file tests what happens over time, under a virtual clock.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAReceivedMessageIsHiddenUntilItsVisibilityTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Jobs", `, "VisibilityTimeout": 40`))
		e.send(t, "jobs", "a")
		first := e.receive(t, "jobs", nil)
		time.Sleep(40*time.Second - time.Millisecond)
		if got := e.receive(t, "jobs", nil); len(got) != 0 || e.counts(t, "jobs") != "0 1 0" {
			t.Fatalf("received %v, counts %s", got, e.counts(t, "jobs"))
		}
		time.Sleep(time.Millisecond)
		again := e.receive(t, "jobs", nil)
		if bodies(again) != "a" || again[0].MessageId != first[0].MessageId || again[0].ReceiptHandle == first[0].ReceiptHandle ||
			first[0].Attributes["ApproximateReceiveCount"] != "1" || again[0].Attributes["ApproximateReceiveCount"] != "2" ||
			again[0].Attributes["ApproximateFirstReceiveTimestamp"] != first[0].Attributes["ApproximateFirstReceiveTimestamp"] {
			t.Errorf("first %+v\nagain %+v", first, again)
		}
	})
}

func TestALongPollEndsWhenAMessageIsThere(t *testing.T) {
	for _, test := range []struct {
		name  string
		make  func(t *testing.T, e *engine)
		after time.Duration
		want  string
	}{
		{"nothing", func(*testing.T, *engine) {}, 20 * time.Second, ""},
		{"sent meanwhile", func(t *testing.T, e *engine) { time.Sleep(3 * time.Second); e.send(t, "jobs", "a") }, 3 * time.Second, "a"},
		{"delayed", func(t *testing.T, e *engine) {
			e.must(t, "jobs", "SendMessage", map[string]any{"MessageBody": "a", "DelaySeconds": 7}, nil)
		}, 7 * time.Second, "a"},
		{"delayed for longer", func(t *testing.T, e *engine) {
			e.must(t, "jobs", "SendMessage", map[string]any{"MessageBody": "a", "DelaySeconds": 70}, nil)
		}, 20 * time.Second, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t)
				e.mustCreate(t, queue("Jobs", ""))
				started := time.Now()
				done := make(chan []message)
				go func() { done <- e.receive(t, "jobs", map[string]any{"WaitTimeSeconds": 20}) }()
				synctest.Wait()
				test.make(t, e)
				got := <-done
				if bodies(got) != test.want || time.Since(started) != test.after {
					t.Errorf("%v after %v", got, time.Since(started))
				}
			})
		})
	}
}

func TestALongPollEndsWhenAMessageIsReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Jobs", ""))
		e.send(t, "jobs", "a")
		handle := e.receive(t, "jobs", map[string]any{"VisibilityTimeout": 300})[0].ReceiptHandle
		done := make(chan []message)
		started := time.Now()
		go func() { done <- e.receive(t, "jobs", map[string]any{"WaitTimeSeconds": 20}) }()
		time.Sleep(5 * time.Second)
		e.must(t, "jobs", "ChangeMessageVisibility", map[string]any{"ReceiptHandle": handle, "VisibilityTimeout": 0}, nil)
		if got := <-done; bodies(got) != "a" || time.Since(started) != 5*time.Second {
			t.Errorf("%v after %v", got, time.Since(started))
		}
	})
}

func TestEveryWaitingReceiverGetsItsMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Jobs", `, "ReceiveMessageWaitTimeSeconds": 20`))
		got := make(chan string)
		for range 20 {
			go func() { got <- bodies(e.receive(t, "jobs", map[string]any{"MaxNumberOfMessages": 1})) }()
		}
		synctest.Wait()
		for i := range 20 {
			e.send(t, "jobs", fmt.Sprint(i))
		}
		seen := map[string]bool{}
		for range 20 {
			seen[<-got] = true
		}
		if len(seen) != 20 || seen[""] {
			t.Errorf("received %v", seen)
		}
	})
}

func TestAReceiverThatLeavesTakesNoMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Jobs", ""))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := e.Do(ctx, e.Administrator(), "sqs", "ReceiveMessage", map[string]any{"QueueUrl": url("jobs"), "WaitTimeSeconds": 20}, nil)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		e.send(t, "jobs", "a")
		if got := e.receive(t, "jobs", nil); bodies(got) != "a" {
			t.Errorf("received %v", got)
		}
	})
}

func TestDelaysOfQueueAndMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Jobs", `, "DelaySeconds": 10`))
		e.send(t, "jobs", "queue")
		e.must(t, "jobs", "SendMessage", map[string]any{"MessageBody": "own", "DelaySeconds": 20}, nil)
		e.must(t, "jobs", "SendMessage", map[string]any{"MessageBody": "none", "DelaySeconds": 0}, nil)
		var got []string
		for range 3 {
			got = append(got, e.counts(t, "jobs"), bodies(e.receive(t, "jobs", map[string]any{"VisibilityTimeout": 1000})))
			time.Sleep(10 * time.Second)
		}
		if want := []string{"1 0 2", "none", "1 1 1", "queue", "1 2 0", "own"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestAMessageReceivedTooOftenMovesToTheDeadLetterQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Dead", "")+","+
			queue("Jobs", `, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": "2"}`))
		e.send(t, "jobs", "poison", "good")
		sent := time.Now()
		for range 2 {
			for _, m := range e.receive(t, "jobs", nil) {
				if m.Body == "good" {
					e.must(t, "jobs", "DeleteMessage", map[string]any{"ReceiptHandle": m.ReceiptHandle}, nil)
				}
			}
			time.Sleep(31 * time.Second)
		}
		if e.counts(t, "jobs") != "1 0 0" {
			t.Fatalf("counts %s: a message moves when it is received once more", e.counts(t, "jobs"))
		}
		if got := e.receive(t, "jobs", nil); len(got) != 0 {
			t.Errorf("received %v", got)
		}
		dead := e.receive(t, "dead", nil)
		if bodies(dead) != "poison" || dead[0].Attributes["DeadLetterQueueSourceArn"] != "arn:aws:sqs:eu-central-1:123456789012:jobs" ||
			dead[0].Attributes["SentTimestamp"] != fmt.Sprint(sent.UnixMilli()) || dead[0].Attributes["ApproximateReceiveCount"] != "3" {
			t.Errorf("dead letters %+v", dead)
		}
	})
}

func TestDeadLettersCanBeMovedBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Dead", "")+","+queue("Other", "")+","+
			queue("Jobs", `, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 1}`))
		const arn = "arn:aws:sqs:eu-central-1:123456789012:"
		e.send(t, "jobs", "poison")
		e.receive(t, "jobs", nil)
		time.Sleep(31 * time.Second)
		e.receive(t, "jobs", nil)
		e.must(t, "", "StartMessageMoveTask", map[string]any{"SourceArn": arn + "dead"}, nil)
		if got := e.receive(t, "jobs", nil); bodies(got) != "poison" || got[0].Attributes["ApproximateReceiveCount"] != "1" || got[0].Attributes["DeadLetterQueueSourceArn"] != "" {
			t.Errorf("moved back: %+v", got)
		}
		time.Sleep(31 * time.Second)
		e.receive(t, "jobs", nil)
		e.must(t, "", "StartMessageMoveTask", map[string]any{"SourceArn": arn + "dead", "DestinationArn": arn + "other"}, nil)
		if e.counts(t, "other") != "1 0 0" || e.counts(t, "dead") != "0 0 0" {
			t.Errorf("other %s, dead %s", e.counts(t, "other"), e.counts(t, "dead"))
		}
		var list struct {
			Results []struct {
				Status, DestinationArn           string
				ApproximateNumberOfMessagesMoved int
			}
		}
		e.must(t, "", "ListMessageMoveTasks", map[string]any{"SourceArn": arn + "dead", "MaxResults": 10}, &list)
		if len(list.Results) != 2 || list.Results[0].DestinationArn != arn+"other" || list.Results[1].Status != "COMPLETED" || list.Results[1].ApproximateNumberOfMessagesMoved != 1 {
			t.Errorf("tasks %+v", list)
		}
		e.send(t, "dead", "sent directly")
		e.must(t, "", "StartMessageMoveTask", map[string]any{"SourceArn": arn + "dead"}, nil)
		if e.counts(t, "dead") != "1 0 0" {
			t.Errorf("dead %s: what came from nowhere stays", e.counts(t, "dead"))
		}
		for source, code := range map[string]string{"jobs": "InvalidParameterValueException", "none": "ResourceNotFoundException"} {
			if err := e.call("", "StartMessageMoveTask", map[string]any{"SourceArn": arn + source}, nil); err == nil || cloud.AsError(err).Code != code {
				t.Errorf("from %s: %v", source, err)
			}
		}
	})
}

func TestAMessageExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Jobs", `, "MessageRetentionPeriod": 60`))
		e.send(t, "jobs", "visible", "hidden")
		time.Sleep(30 * time.Second)
		e.receive(t, "jobs", map[string]any{"MaxNumberOfMessages": 1, "VisibilityTimeout": 25})
		e.send(t, "jobs", "younger")
		time.Sleep(30 * time.Second)
		if got := bodies(e.receive(t, "jobs", nil)); got != "younger" || e.counts(t, "jobs") != "0 1 0" {
			t.Errorf("received %q, counts %s", got, e.counts(t, "jobs"))
		}
	})
}

func TestAReceiptHandleIsGoodForItsOwnReceive(t *testing.T) {
	for _, test := range []struct {
		name    string
		action  string
		wait    time.Duration
		receive bool // again, before the action
		delete  bool // before the action
		code    string
		counts  string
	}{
		{name: "delete in time", action: "DeleteMessage", counts: "0 0 0"},
		{name: "delete too late, but before another receives it", action: "DeleteMessage", wait: time.Minute, counts: "0 0 0"},
		{name: "delete after another received it", action: "DeleteMessage", wait: time.Minute, receive: true, counts: "0 1 0"},
		{name: "delete twice", action: "DeleteMessage", delete: true, counts: "0 0 0"},
		{name: "extend in time", action: "ChangeMessageVisibility", counts: "0 1 0"},
		{name: "extend what is visible again", action: "ChangeMessageVisibility", wait: time.Minute, counts: "0 1 0"},
		{name: "extend after another received it", action: "ChangeMessageVisibility", wait: time.Minute, receive: true, counts: "0 1 0"},
		{name: "extend what is deleted", action: "ChangeMessageVisibility", delete: true, code: "InvalidParameterValueException", counts: "0 0 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t)
				e.mustCreate(t, queue("Jobs", ""))
				e.send(t, "jobs", "a")
				handle := e.receive(t, "jobs", nil)[0].ReceiptHandle
				time.Sleep(test.wait)
				if test.receive {
					e.receive(t, "jobs", nil)
				}
				if test.delete {
					e.must(t, "jobs", "DeleteMessage", map[string]any{"ReceiptHandle": handle}, nil)
				}
				in := map[string]any{"ReceiptHandle": handle}
				if test.action == "ChangeMessageVisibility" {
					in["VisibilityTimeout"] = 100
				}
				err := e.call("jobs", test.action, in, nil)
				if (err != nil) != (test.code != "") || err != nil && cloud.AsError(err).Code != test.code {
					t.Errorf("error %v, want %q", err, test.code)
				}
				if got := e.counts(t, "jobs"); got != test.counts {
					t.Errorf("counts %s, want %s", got, test.counts)
				}
			})
		})
	}
}

func TestVisibilityCanBeExtendedToTwelveHoursInAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Jobs", ""))
		e.send(t, "jobs", "a")
		handle := e.receive(t, "jobs", map[string]any{"VisibilityTimeout": 43200})[0].ReceiptHandle
		time.Sleep(time.Hour)
		change := func(seconds int) error {
			return e.call("jobs", "ChangeMessageVisibility", map[string]any{"ReceiptHandle": handle, "VisibilityTimeout": seconds}, nil)
		}
		if err := change(11 * 3600); err != nil {
			t.Error(err)
		}
		if err := change(11*3600 + 1); err == nil {
			t.Error("more than twelve hours were accepted")
		}
	})
}

func TestAQueueIsPurgedAtMostOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Jobs", ""))
		e.send(t, "jobs", "a", "b")
		e.receive(t, "jobs", map[string]any{"MaxNumberOfMessages": 1})
		e.must(t, "jobs", "PurgeQueue", nil, nil)
		if got := e.counts(t, "jobs"); got != "0 0 0" {
			t.Errorf("counts %s", got)
		}
		if err := e.call("jobs", "PurgeQueue", nil, nil); err == nil || cloud.AsError(err).Code != "PurgeQueueInProgress" {
			t.Errorf("error %v", err)
		}
		time.Sleep(time.Minute)
		e.must(t, "jobs", "PurgeQueue", nil, nil)
	})
}

// AWS takes it; what is received too often stays where it is.
func TestAQueueCanBeItsOwnDeadLetterQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Jobs", ""))
		e.must(t, "jobs", "SetQueueAttributes", map[string]any{"Attributes": map[string]string{"RedrivePolicy": `{"deadLetterTargetArn": "arn:aws:sqs:eu-central-1:123456789012:jobs", "maxReceiveCount": "1"}`}}, nil)
		e.send(t, "jobs", "m")
		for range 3 {
			if got := bodies(e.receive(t, "jobs", map[string]any{"WaitTimeSeconds": 20})); got != "m" {
				t.Errorf("received %q", got)
			}
			time.Sleep(30 * time.Second)
		}
	})
}
