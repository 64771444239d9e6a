package sqs

// This file fills a queue to its limit, past the API, for the sake of speed, and
// looks at what is let go of.

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAQueueHas120000MessagesInFlightAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("jobs", "arn", defaultSettings(false), nil)
		for range maxInFlight + 1 {
			q.put(&message{id: cloud.UUID(), sent: time.Now()}, 0)
		}
		taken, err := q.receive(t.Context(), order{max: maxInFlight + 1, visibility: time.Hour})
		if err != nil || len(taken) != maxInFlight {
			t.Fatalf("%v, %d messages", err, len(taken))
		}
		if _, err := q.receive(t.Context(), order{max: 1, visibility: time.Hour}); err == nil || cloud.AsError(err).Code != "OverLimit" || cloud.AsError(err).QueryCode != "OverLimit" {
			t.Fatalf("error %v", err)
		}
		done := make(chan []delivery)
		started := time.Now()
		go func() {
			got, err := q.receive(t.Context(), order{max: 1, visibility: time.Hour, wait: 20 * time.Second})
			if err != nil {
				t.Error(err)
			}
			done <- got
		}()
		time.Sleep(time.Second)
		r, err := q.receipt(taken[0].handle)
		if err != nil {
			t.Fatal(err)
		}
		if deleted, err := q.delete(r); err != nil || !deleted {
			t.Fatalf("delete: %v", err)
		}
		if got := <-done; len(got) != 1 || time.Since(started) != time.Second {
			t.Errorf("received %d messages after %v", len(got), time.Since(started))
		}
	})
}

func TestOfAFIFOQueuesLimitNoErrorTells(t *testing.T) {
	q := newQueue("jobs.fifo", "arn", defaultSettings(true), nil)
	q.send(&message{id: "1", sent: time.Now(), groupID: "g", deduplicationID: "d"}, 0)
	for _, limit := range []struct{ inFlight, want int }{{maxInFlight, 0}, {maxInFlight - 1, 1}} {
		q.counts[inFlight] = limit.inFlight
		taken, err := q.receive(t.Context(), order{max: 1, visibility: time.Hour})
		if err != nil || len(taken) != limit.want {
			t.Errorf("%d in flight: %v, %d messages", limit.inFlight, err, len(taken))
		}
	}
}

func TestAGroupWithoutMessagesIsForgotten(t *testing.T) {
	q := newQueue("jobs.fifo", "arn", defaultSettings(true), nil)
	for _, id := range []string{"1", "2"} {
		q.send(&message{id: id, sent: time.Now(), groupID: id, deduplicationID: id}, 0)
	}
	if err := q.purge(); err != nil || len(q.history.groups.byID) != 0 {
		t.Errorf("%v: %d groups are left", err, len(q.history.groups.byID))
	}
}
