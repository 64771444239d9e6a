package lambda

// This file is a stream as a source. Each shard is read in lanes, as many
// as ParallelizationFactor says: a lane has the records of some partition keys,
// reads the shard at a pace of its own, and passes over all others. So records of
// one key keep their order, and one that nobody can process holds up its own lane.

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// readInterval is how long a lane waits at the end of its shard before it looks
// for more: Lambda reads a shard once a second.
const readInterval = time.Second

// lane implements source.
type lane struct {
	mapping  *mapping
	progress *progress
	feed     feed
	stream   string // ARN
	shard    string
	number   int // from 0 to lanes-1
	lanes    int // of the shard
	wants    filter
	policy   retryPolicy

	former []division // what the shard's records went to before, and how far it came

	iterator string        // to the shard's next record; empty if there is none that is good
	closed   bool          // the shard, of which everything has been read
	last     string        // sequence number of the record that was read last; empty at the start
	waiting  []batchRecord // that were read and not yet handed out
}

var _ source = (*lane)(nil)

func (l *lane) arn() string { return l.stream }

// place gets an iterator to where the lane goes on. What it read last may be of a
// stream that is no more; then it begins anew.
func (l *lane) place(ctx context.Context) error {
	from := l.progress.position()
	if l.last != "" {
		from = position{ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: l.last}
	}
	iterator, err := l.feed.place(ctx, l, from)
	if err != nil && l.last != "" && l.feed.lost(cloud.AsError(err).Code) {
		l.last, l.former = "", nil
		return l.place(ctx)
	}
	if err != nil {
		return fmt.Errorf("find the place in %s: %w", l.shard, err)
	}
	l.iterator = iterator
	return nil
}

func (l *lane) receive(ctx context.Context, max int, more bool) (batch, error) {
	for len(l.waiting) == 0 {
		if l.closed && more { // a batch is of one shard
			<-ctx.Done()
			return batch{}, ctx.Err()
		}
		found, err := l.look(ctx, max*l.lanes)
		if err != nil {
			return batch{}, err
		}
		if !found {
			l.rest(ctx)
		}
		if ctx.Err() != nil && len(l.waiting) == 0 {
			return batch{}, ctx.Err()
		}
	}
	n := min(max, len(l.waiting))
	b := batch{records: l.waiting[:n:n]}
	l.waiting = l.waiting[n:]
	return l.fresh(ctx, b, verdict{})
}

// rest waits until it is time to read again. A read that would find nothing is none:
// idle shards are most of what there is, for hours of a simulation's clock.
func (l *lane) rest(ctx context.Context) {
	pause(ctx, readInterval)
	for ctx.Err() == nil && l.feed.idle(ctx, l) {
		pause(ctx, readInterval)
	}
}

// look reads the shard's next records, and tells whether it found any, or another
// shard behind it.
func (l *lane) look(ctx context.Context, limit int) (found bool, err error) {
	if l.closed {
		return l.advance(ctx)
	}
	if l.iterator == "" {
		if err := l.place(ctx); err != nil {
			l.failed(cloud.AsError(err).Code)
			return false, err
		}
	}
	records, next, err := l.feed.read(ctx, l, limit)
	if err != nil {
		l.failed(cloud.AsError(err).Code)
		return false, err
	}
	l.iterator, l.closed = next, next == ""
	for _, r := range records {
		l.last = r.number
		if !l.owns(r) || !l.wanted(r) {
			continue
		}
		body, err := l.feed.body(l, r)
		if err != nil {
			return false, fmt.Errorf("record %s: %w", r.number, err)
		}
		l.waiting = append(l.waiting, batchRecord{id: r.number, body: body, arrived: r.arrived, cause: r.cause})
	}
	return len(records) > 0, nil
}

// failed makes the lane look for its place anew, or for another shard, where an error
// of a call says that what it has is of no use any more.
func (l *lane) failed(code string) {
	switch {
	case code == "ExpiredIteratorException" || l.feed.lost(code):
		l.iterator = ""
	case code == "ResourceNotFoundException": // a shard that others follow
		l.closed = true
	}
}

// advance goes on to the shard behind the lane's own, if there is one: records of
// one key are in the lane of the same number there.
func (l *lane) advance(ctx context.Context) (found bool, err error) {
	shards, err := l.feed.shards(ctx, l.mapping, l.stream)
	if err != nil {
		return false, err
	}
	next, ok := behind(shards, l.shard)
	if !ok {
		return false, nil // the stream is disabled
	}
	l.progress.leave(l, next)
	l.shard, l.closed, l.iterator = next, false, ""
	l.last, l.former = l.progress.of(l)
	return true, nil
}

// wanted tells whether the mapping's filters let a record through.
func (l *lane) wanted(r streamRecord) bool {
	if l.wants == nil {
		return true
	}
	value, ok := l.feed.seen(r)
	return ok && l.wants.match(value)
}

// owns tells whether a record is the lane's, and not one that was done with when
// the shard had other lanes.
func (l *lane) owns(r streamRecord) bool {
	return owner(r.key, l.lanes) == l.number && !slices.ContainsFunc(l.former, func(d division) bool {
		return !later(r.number, d.done[owner(r.key, d.lanes)])
	})
}

// owner is which of a shard's lanes has the records of a partition key.
func owner(partitionKey string, lanes int) int {
	sum := fnv.New32a()
	sum.Write([]byte(partitionKey))
	return int(sum.Sum32() % uint32(lanes))
}
