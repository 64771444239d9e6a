package sqs_test

// This file looks at messages as they are, and as they were.

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// looked is what somebody sees who looks at a queue as of a moment; the zero time is now.
func (e *engine) looked(queue string, then time.Time, after string, in map[string]any) (messages []message, err error) {
	ctx, err := e.AsOf(cloud.After(context.Background(), after), "sqs", "ReceiveMessage", then)
	if err != nil {
		return nil, err
	}
	input := map[string]any{"QueueUrl": url(queue), "MaxNumberOfMessages": 1000, "AttributeNames": []string{"All"}, "MessageAttributeNames": []string{"All"}}
	for name, value := range in {
		input[name] = value
	}
	var out struct{ Messages []message }
	err = e.Do(ctx, e.Administrator(), "sqs", "ReceiveMessage", input, &out)
	return out.Messages, err
}

// look tells of each message its body, state and receives, and for how long it is still hidden.
func (e *engine) look(t *testing.T, queue string, then time.Time) string {
	t.Helper()
	messages, err := e.looked(queue, then, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, m := range messages {
		line := m.Body + " " + m.Attributes["State"] + " " + m.Attributes["ApproximateReceiveCount"]
		if until := m.Attributes["HiddenUntilTimestamp"]; until != "" {
			var ms int64
			fmt.Sscan(until, &ms)
			if then.IsZero() {
				then = time.Now()
			}
			line += " " + time.UnixMilli(ms).Sub(then).Round(time.Second).String()
		}
		if source := m.Attributes["DeadLetterQueueSourceArn"]; source != "" {
			line += " of " + source[strings.LastIndex(source, ":")+1:]
		}
		told = append(told, line)
	}
	return strings.Join(told, ", ")
}

func TestALookShowsWhatAQueueHasAndHadAndTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.Past = time.Hour
		e.mustCreate(t, queue("Dead", "")+","+queue("Jobs", `, "VisibilityTimeout": 40, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 2}`))
		var held []message
		type moment struct {
			at         time.Time
			jobs, dead string
		}
		var moments []moment
		for _, step := range []struct {
			do         func()
			jobs, dead string
		}{
			{func() {}, "", ""},
			{func() { e.send(t, "jobs", "a", "b") }, "a Visible 0, b Visible 0", ""},
			{func() {
				e.must(t, "jobs", "SendMessage", map[string]any{"MessageBody": "late", "DelaySeconds": 60}, nil)
			}, "a Visible 0, b Visible 0, late Delayed 0 59s", ""},
			{func() { held = e.receive(t, "jobs", nil) }, "a InFlight 1 39s, b InFlight 1 39s, late Delayed 0 58s", ""},
			{func() {
				e.must(t, "jobs", "DeleteMessage", map[string]any{"ReceiptHandle": held[0].ReceiptHandle}, nil)
			}, "b InFlight 1 38s, late Delayed 0 57s", ""},
			{func() { time.Sleep(57 * time.Second) }, "b Visible 1, late Visible 0", ""},
			{func() { e.receive(t, "jobs", map[string]any{"VisibilityTimeout": 0}) }, "b Visible 2, late Visible 1", ""},
			{func() { e.receive(t, "jobs", map[string]any{"MaxNumberOfMessages": 1, "VisibilityTimeout": 5}) }, "late InFlight 2 4s", "b Visible 2 of jobs"},
			{func() { e.must(t, "dead", "PurgeQueue", nil, nil) }, "late InFlight 2 3s", ""},
		} {
			step.do()
			time.Sleep(time.Second)
			if got, dead := e.look(t, "jobs", time.Time{}), e.look(t, "dead", time.Time{}); got != step.jobs || dead != step.dead {
				t.Fatalf("there are %q and %q, want %q and %q", got, dead, step.jobs, step.dead)
			}
			moments = append(moments, moment{time.Now(), step.jobs, step.dead})
			time.Sleep(time.Millisecond)
		}
		for i, m := range moments {
			if got, dead := e.look(t, "jobs", m.at), e.look(t, "dead", m.at); got != m.jobs || dead != m.dead {
				t.Errorf("at moment %d there were %q and %q, want %q and %q", i, got, dead, m.jobs, m.dead)
			}
		}
		if got := e.counts(t, "jobs"); got != "0 1 0" {
			t.Errorf("after all looks the queue has %s", got)
		}
	})
}

// Nobody has used the queue between the times when a message is visible again, and expires, and a later one comes.
func TestALookKnowsWhatATimeHasChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.Past = time.Hour
		e.mustCreate(t, queue("Jobs", `, "VisibilityTimeout": 10, "MessageRetentionPeriod": 60`))
		e.send(t, "jobs", "a")
		e.receive(t, "jobs", nil)
		time.Sleep(20 * time.Second)
		again := time.Now()
		time.Sleep(50 * time.Second)
		expired := time.Now()
		time.Sleep(time.Second)
		e.send(t, "jobs", "b")
		time.Sleep(time.Second)
		for then, want := range map[time.Time]string{again: "a Visible 1", expired: "", {}: "b Visible 0"} {
			if got := e.look(t, "jobs", then); got != want {
				t.Errorf("at %v there are %q, want %q", then, got, want)
			}
		}
	})
}

func TestALookGoesOnBehindAPlace(t *testing.T) {
	e := newEngine(t)
	e.Past = time.Hour
	e.mustCreate(t, queue("Jobs", ""))
	for _, body := range []string{"a", "b", "c", "d", "e"} {
		e.send(t, "jobs", body)
	}
	var got []string
	for after := ""; ; {
		page, err := e.looked("jobs", time.Time{}, after, map[string]any{"MaxNumberOfMessages": 2})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, bodies(page))
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1].Attributes["Place"]
		e.receive(t, "jobs", map[string]any{"MaxNumberOfMessages": 1}) // which changes no places
	}
	if fmt.Sprint(got) != "[a b c d e ]" {
		t.Errorf("the pages are %q", got)
	}
	for name, err := range map[string]error{
		"behind no place": second(e.looked("jobs", time.Time{}, "x", nil)), "at too many": second(e.looked("jobs", time.Time{}, "", map[string]any{"MaxNumberOfMessages": 1001})),
		"at none": second(e.looked("jobs", time.Time{}, "", map[string]any{"MaxNumberOfMessages": 0})),
	} {
		if err == nil {
			t.Errorf("a look %s is answered", name)
		}
	}
}

func second(_ []message, err error) error { return err }

// A page of large messages ends early, and never before the first one.
func TestALookIsNoLargerThanAClientCanTake(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Jobs", ""))
	for range 10 {
		e.send(t, "jobs", strings.Repeat("x", 1<<20))
	}
	if got, err := e.looked("jobs", time.Time{}, "", nil); err != nil || len(got) != 4 {
		t.Errorf("%d messages are told, %v", len(got), err)
	}
}
