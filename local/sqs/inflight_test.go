package sqs

// This file fills a queue to its limit, past the API, for the sake of speed.

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAQueueHas120000MessagesInFlightAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("jobs", "arn", defaultSettings(), nil)
		for range maxInFlight + 1 {
			q.put(&message{id: cloud.UUID(), sent: time.Now()}, 0)
		}
		taken, err := q.receive(t.Context(), maxInFlight+1, time.Hour, 0)
		if err != nil || len(taken) != maxInFlight {
			t.Fatalf("%v, %d messages", err, len(taken))
		}
		if _, err := q.receive(t.Context(), 1, time.Hour, 0); err == nil || cloud.AsError(err).Code != "OverLimit" {
			t.Fatalf("error %v", err)
		}
		done := make(chan []delivery)
		started := time.Now()
		go func() {
			got, err := q.receive(t.Context(), 1, time.Hour, 20*time.Second)
			if err != nil {
				t.Error(err)
			}
			done <- got
		}()
		time.Sleep(time.Second)
		r, err := q.receipt(taken[0].handle)
		if err != nil || !q.delete(r) {
			t.Fatalf("delete: %v", err)
		}
		if got := <-done; len(got) != 1 || time.Since(started) != time.Second {
			t.Errorf("received %d messages after %v", len(got), time.Since(started))
		}
	})
}
