package lambda

// This file is what event source mappings have in common with the services that
// they poll. A queue is one source, of which several batches are worked on at a
// time; of a stream, each shard is a source, or several, of which one is.

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A source hands records to a mapping and is told what became of them.
type source interface {
	// arn names the source in logs.
	arn() string

	// receive waits for a while, at least until there is one record, and returns
	// at most max in their order. An empty batch means that none came. A source
	// with an order goes on behind the records that it handed out last. With more,
	// what comes is added to a batch.
	receive(ctx context.Context, max int, more bool) (batch, error)

	// settle takes note of a batch that the function was invoked with: what has
	// succeeded is done with. It decides what is tried again at once, and in which
	// batches: nothing of a queue, whose messages come back by themselves; of a
	// shard what is left of the batch, as it is or in two halves, until its
	// retries or its age are used up and its on-failure destination is told. With
	// errHeldUp, what is left of what was received is not to be tried.
	settle(ctx context.Context, b batch, v verdict) (again []batch, err error)
}

// errHeldUp is a source's word that records have to wait for those that failed.
var errHeldUp = errors.New("held up by what failed")

// A batchRecord is one entry of a batch.
type batchRecord struct {
	id      string          // that a partial response names it by: a message's id, a sequence number
	body    json.RawMessage // as the function sees it
	handle  string          // a message's receipt handle
	arrived time.Time       // in a stream
	cause   *cloud.Cause    // the record itself, if that is known
}

// heard are the causes of records that a call has answered, by their ids.
type heard map[string]*cloud.Cause

// hear is the context of a call that is heard.
func (h heard) hear(ctx context.Context) context.Context {
	return cloud.Hearing(ctx, func(c *cloud.Cause) { h[c.ID] = c })
}

// A batch is the records of one invocation.
type batch struct {
	records []batchRecord

	// until is when the records are somebody else's again, or have expired; zero: never.
	until time.Time

	invoked int // how often the function has got them, maybe with others
	retries int // how many of these were retries that MaximumRetryAttempts counts
}

// part is the batch with only some of its records.
func (b batch) part(from, to int) batch {
	b.records = b.records[from:to:to]
	return b
}

func (b batch) bytes() int {
	n := 0
	for _, r := range b.records {
		n += len(r.body)
	}
	return n
}

// causes are the records, as far as they are known.
func (b batch) causes() []*cloud.Cause {
	var causes []*cloud.Cause
	for _, r := range b.records {
		if r.cause != nil {
			causes = append(causes, r.cause)
		}
	}
	return causes
}

// ids are those of all records.
func (b batch) ids() map[string]bool {
	ids := make(map[string]bool, len(b.records))
	for _, r := range b.records {
		ids[r.id] = true
	}
	return ids
}

// A verdict is what an invocation made of a batch.
type verdict struct {
	request   string // the invocation's id
	answer    answer
	unreached bool            // the function did not run until the batch's time had passed
	failed    map[string]bool // ids of records that the function has not done with
}

// told is the verdict as LastProcessingResult.
func (v verdict) told() string {
	if v.unreached || v.answer.failed {
		return "PROBLEM: Function call failed"
	}
	return "OK"
}
