package lambda

// This file is an event source mapping: it takes batches from a source
// (source.go) and hands them to a function.

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	pollRetryDelay = time.Second
	maxBatchBytes  = maxSyncRequest - 1<<10 // leaves room for what surrounds the records
)

type mapping struct {
	lambda      *Lambda
	target      target
	source      source
	batchSize   int
	window      time.Duration
	concurrency int  // batches at a time: 1 for a source with an order
	partial     bool // ReportBatchItemFailures
}

// poll receives batches as long as the engine runs, each as soon as the one
// before it was received, while fewer than the permitted number are worked on.
func (m *mapping) poll(ctx context.Context) {
	slots := make(chan struct{}, m.concurrency)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		b, err := m.collect(ctx)
		if err != nil && ctx.Err() == nil {
			m.target.log.note("event source %s: %v", m.source.arn(), err)
			pause(ctx, pollRetryDelay)
		}
		if len(b.records) == 0 {
			<-slots
			continue
		}
		m.lambda.cloud.Go(func(ctx context.Context) {
			defer func() { <-slots }()
			if err := m.process(ctx, b); err != nil && ctx.Err() == nil {
				m.target.log.note("event source %s: %v", m.source.arn(), err)
			}
		})
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// collect waits for a record and then, up to the window's end, for more of them
// until the batch is full.
func (m *mapping) collect(ctx context.Context) (batch, error) {
	b, err := m.source.receive(ctx, m.batchSize)
	if err != nil || len(b.records) == 0 || m.window == 0 {
		return b, err
	}
	ctx, cancel := context.WithTimeout(ctx, m.window)
	defer cancel()
	for len(b.records) < m.batchSize && b.bytes() < maxBatchBytes {
		more, err := m.source.receive(ctx, m.batchSize-len(b.records))
		b.records = append(b.records, more.records...)
		if errors.Is(err, context.DeadlineExceeded) {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
	return b, nil
}

// process invokes the function with a batch, and with what the source makes of it
// then, until there is nothing left to do.
func (m *mapping) process(ctx context.Context, b batch) error {
	for todo := split(b); len(todo) > 0; {
		first := todo[0]
		v, err := m.try(ctx, first)
		if err != nil {
			return err
		}
		again, err := m.source.settle(ctx, first, v)
		if err != nil {
			return err
		}
		todo = slices.Concat(again, todo[1:])
	}
	return nil
}

// split makes batches that an invocation can take.
func split(b batch) []batch {
	var batches []batch
	from, size := 0, 0
	for i, r := range b.records {
		size += len(r.body) + 1
		if i > from && size > maxBatchBytes {
			batches = append(batches, batch{b.records[from:i], b.until})
			from, size = i, len(r.body)+1
		}
	}
	return append(batches, batch{b.records[from:], b.until})
}

// try invokes the function with a batch.
func (m *mapping) try(ctx context.Context, b batch) (verdict, error) {
	var event struct{ Records []json.RawMessage }
	for _, r := range b.records {
		event.Records = append(event.Records, r.body)
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return verdict{}, err
	}
	a, err := m.invoke(ctx, payload, b.until)
	if err != nil {
		return verdict{}, err
	}
	return verdict{answer: a, failed: m.failures(b, a)}, nil
}

// invoke tries again while the function is throttled, as long as the batch is
// the mapping's.
func (m *mapping) invoke(ctx context.Context, payload []byte, until time.Time) (answer, error) {
	delay := 100 * time.Millisecond
	for {
		a, err := m.lambda.run(ctx, request{id: cloud.UUID(), target: m.target, payload: payload})
		if err == nil || ctx.Err() != nil || !until.IsZero() && time.Now().Add(delay).After(until) {
			return a, err
		}
		pause(ctx, delay)
		delay = min(2*delay, 5*time.Second)
	}
}

// failures returns which records the function has not done with. Whatever is
// wrong with a partial response makes the whole batch fail.
func (m *mapping) failures(b batch, a answer) map[string]bool {
	all := make(map[string]bool, len(b.records))
	for _, r := range b.records {
		all[r.id] = true
	}
	if a.failed {
		return all
	}
	if !m.partial || len(a.payload) == 0 {
		return nil
	}
	var response *struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if json.Unmarshal(a.payload, &response) != nil {
		return all
	}
	if response == nil {
		return nil
	}
	failed := map[string]bool{}
	for _, failure := range response.BatchItemFailures {
		if !all[failure.ItemIdentifier] {
			return all // an empty, missing or foreign identifier
		}
		failed[failure.ItemIdentifier] = true
	}
	return failed
}
