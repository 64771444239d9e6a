package lambda

// This file decides what is tried again of a batch of a stream that failed, and
// when it is given up.

import (
	"context"
	"slices"
	"time"
)

// retryPolicy is what a mapping of a stream says of records that fail.
type retryPolicy struct {
	bisect    bool
	retries   int           // negative: as long as the records are there
	maxAge    time.Duration // at most the stream's retention
	onFailure string        // ARN of a queue, topic or bucket, or empty
}

// How long a lane waits before it tries the same records again. AWS does not say
// how long Lambda does.
const (
	laneRetryDelay = time.Second // doubled after each attempt, up to the next
	laneRetryMax   = time.Minute
)

func laneDelay(retries int) time.Duration {
	return min(laneRetryMax, laneRetryDelay<<min(retries-1, 10))
}

// settle goes on behind the records that have succeeded: all of them, or those
// before the first that failed. Of the rest it makes two batches if the mapping
// bisects, which is no retry: at the place where the function says that it
// failed, and otherwise in the middle. What a partial response leaves is a batch of
// its own, whose attempts are counted from its first on (recorded in October 2024).
func (l *lane) settle(ctx context.Context, b batch, v verdict) (again []batch, err error) {
	if !v.unreached {
		if err := l.mapping.surround(ctx, "Checkpoint", nil, func() error { return nil }); err != nil {
			pause(ctx, laneRetryDelay)
			return []batch{b}, ctx.Err() // nobody knows any more that the function has had it
		}
		b.invoked++
	}
	done := slices.IndexFunc(b.records, func(r batchRecord) bool { return v.failed[r.id] })
	if done < 0 {
		done = len(b.records)
	}
	l.progress.note(l, b.part(0, done))
	rest := b.part(done, len(b.records))
	if len(rest.records) == 0 {
		return nil, nil
	}
	switch n := len(rest.records); {
	case v.unreached:
		pause(ctx, time.Until(rest.until))
	case done > 0:
		rest.retries, rest.invoked = 0, 0
	case l.policy.bisect && n > 1:
		return []batch{rest.part(0, n/2), rest.part(n/2, n)}, nil
	case rest.retries == l.policy.retries:
		return nil, l.discard(ctx, rest, v, "RetryAttemptsExhausted")
	default:
		rest.retries++
		pause(ctx, laneDelay(rest.retries))
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	rest, err = l.fresh(ctx, rest, v)
	if err != nil || len(rest.records) == 0 {
		return nil, err
	}
	return []batch{rest}, nil
}

// fresh discards the records of a batch that are too old, which are the first ones.
func (l *lane) fresh(ctx context.Context, b batch, v verdict) (batch, error) {
	now := time.Now()
	old := slices.IndexFunc(b.records, func(r batchRecord) bool { return now.Before(r.arrived.Add(l.policy.maxAge)) })
	if old < 0 {
		old = len(b.records)
	}
	if old > 0 {
		if err := l.discard(ctx, b.part(0, old), v, recordTooOld); err != nil {
			return batch{}, err
		}
	}
	b = b.part(old, len(b.records))
	if len(b.records) > 0 {
		b.until = b.records[0].arrived.Add(l.policy.maxAge)
	}
	return b, nil
}
