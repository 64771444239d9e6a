package lambda_test

// This file is mappings of queues that have nothing.

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// An idle queue is polled without a call; the metrics count the polls, and what comes
// is received at once.
func TestAnIdleQueueTakesNoCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen notes[string]
		e := newEngine(t, worker(func(_ context.Context, in event) {
			for _, body := range in.bodies() {
				seen.add(body)
			}
		}))
		var calls atomic.Int64
		e.Fault = func(_ context.Context, call cloud.Call) error {
			if call.Action == "ReceiveMessage" {
				calls.Add(1)
			}
			return nil
		}
		e.mustCreate(t, role(pollStatement)+","+function("")+mappedQueue("", ""))
		sleep(time.Hour)
		if n := calls.Load(); n > 0 {
			t.Errorf("%d calls in an hour", n)
		}
		if polls := e.meter.sum("AWS/SQS NumberOfEmptyReceives"); polls < 179 || polls > 180 {
			t.Errorf("%v empty receives are counted in an hour of polls of 20 seconds", polls)
		}
		e.post(t, "new")
		sleep(time.Millisecond)
		if n := calls.Load(); len(seen.all()) != 1 || n != 1 {
			t.Errorf("at once the function has seen %q, after %d calls", seen.all(), n)
		}
	})
}

// What is hidden is received when it is visible again, though no call comes.
func TestAMessageThatIsHiddenIsReceivedAsSoonAsItIsVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen notes[time.Time]
		e := newEngine(t, worker(func() { seen.add(time.Now()) }))
		e.mustCreate(t, role(pollStatement)+","+function("")+mappedQueue("", ""))
		sleep(7 * time.Second)
		began := time.Now()
		in := map[string]any{"QueueUrl": "http://127.0.0.1/" + account + "/jobs", "MessageBody": "late", "DelaySeconds": 90}
		if err := e.Do(t.Context(), e.Administrator(), "sqs", "SendMessage", in, nil); err != nil {
			t.Fatal(err)
		}
		sleep(3 * time.Minute)
		if got := seen.all(); len(got) != 1 || got[0].Sub(began) != 90*time.Second {
			t.Errorf("it was sent at %v, and received at %v", began, got)
		}
	})
}

func TestWhoMayNotReceiveFromAQueueAnyMoreIsToldThoughItIsIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, worker(func() {}))
		g := &gate{Authorizer: e.Authorizer, action: "sqs:ReceiveMessage"}
		e.Authorizer = g
		e.mustCreate(t, role(pollStatement)+","+function("")+mappedQueue("", ""))
		sleep(10 * time.Second)
		g.shut.Store(true)
		sleep(30 * time.Second)
		before := e.meter.sum("AWS/SQS NumberOfEmptyReceives")
		sleep(time.Minute)
		if more := e.meter.sum("AWS/SQS NumberOfEmptyReceives") - before; more > 0 {
			t.Errorf("%v polls succeed", more)
		}
		e.toldThatItIsShut(t)
	})
}
