package sqs_test

// This file tests what of a queue outlives the engine.

import (
	"encoding/json"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// keeper is what a run of the engine leaves of one queue.
type keeper struct {
	records []json.RawMessage
	queue   cloud.Durable
}

func (k *keeper) Keep(_ string, d cloud.Durable) error {
	k.queue = d
	return d.Restore(func(record any) error {
		if len(k.records) == 0 {
			return io.EOF
		}
		err := json.Unmarshal(k.records[0], record)
		k.records = k.records[1:]
		return err
	})
}

func (k *keeper) Forget(string) error { return errors.ErrUnsupported }

func (k *keeper) save(t *testing.T) {
	t.Helper()
	for record := range k.queue.Snapshot() {
		text, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		k.records = append(k.records, text)
	}
}

func TestAFIFOQueueOutlivesTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keeper{}
		e := newEngine(t)
		e.Keeper = k
		e.mustCreate(t, fifoQueue("Jobs", ""))
		before := e.order(t, "jobs.fifo", "a/a1", "b/b1", "a/a2", "gone/x")
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
		if got := e.receive(t, "jobs.fifo", nil); bodies(got) != "a1 a2 a3 b1" || got[0].Attributes["SequenceNumber"] != before[0].SequenceNumber ||
			got[0].Attributes["MessageDeduplicationId"] != "a1" || got[0].Attributes["ApproximateReceiveCount"] != "2" {
			t.Errorf("received %+v", got)
		}
		time.Sleep(time.Minute)
		if later := e.order(t, "jobs.fifo", "gone/x"); later[0] == before[3] {
			t.Error("the message is remembered for longer than five minutes")
		}
	})
}
