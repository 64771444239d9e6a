package lambda

// This file is an event source mapping: it takes batches from a source
// (source.go) and hands them to a function.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	pollRetryDelay = time.Second
	maxBatchBytes  = maxSyncRequest - 1<<10 // leaves room for what surrounds the records
)

type mapping struct {
	lambda      *Lambda
	arn         string
	called      target // as it was when the mapping was made; target says what it is
	source      source
	batchSize   int
	window      time.Duration
	concurrency int  // batches at a time, of a source without an order
	partial     bool // ReportBatchItemFailures

	result *atomic.Value // string: LastProcessingResult, of a stream
}

// target is what the mapping calls, with the role that it has now.
func (m *mapping) target() target {
	t, err := m.called.now()
	if err != nil {
		return m.called // it is about to be deleted
	}
	return t
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
		b := m.next(ctx)
		if len(b.records) == 0 {
			<-slots
			continue
		}
		m.lambda.cloud.Go(func(ctx context.Context) {
			defer func() { <-slots }()
			m.finish(ctx, b)
		})
	}
}

// follow is poll for a source with an order: a batch is received when the one
// before it is done with. When ctx ends, the function finishes what it has, and
// what is not done with then is left to whoever goes on from the source's last
// checkpoint.
func (m *mapping) follow(ctx context.Context) {
	for ctx.Err() == nil && !m.called.deleted.Load() {
		if b := m.next(ctx); len(b.records) > 0 && ctx.Err() == nil {
			m.finish(ctx, b)
		}
	}
}

// next returns the next batch, or an empty one.
func (m *mapping) next(ctx context.Context) batch {
	b, err := m.collect(ctx)
	if err != nil && ctx.Err() == nil {
		m.note(err)
		pause(ctx, pollRetryDelay)
	}
	return b
}

// finish processes a batch to its end.
func (m *mapping) finish(ctx context.Context, b batch) {
	if err := m.process(ctx, b); err != nil && ctx.Err() == nil {
		m.note(err)
	}
}

func (m *mapping) note(err error) { m.called.log.note("event source %s: %v", m.source.arn(), err) }

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// collect waits for a record and then, up to the window's end, for more of them
// until the batch is full.
func (m *mapping) collect(ctx context.Context) (batch, error) {
	b, err := m.source.receive(ctx, m.batchSize, false)
	if err != nil || len(b.records) == 0 || m.window == 0 {
		return b, err
	}
	ctx, cancel := context.WithTimeout(ctx, m.window)
	defer cancel()
	for len(b.records) < m.batchSize && b.bytes() < maxBatchBytes {
		more, err := m.source.receive(ctx, m.batchSize-len(b.records), true)
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
	for todo := split(b); len(todo) > 0 && ctx.Err() == nil && !m.called.deleted.Load(); {
		first := todo[0]
		v, err := m.try(ctx, first)
		if err != nil {
			return err
		}
		if m.result != nil {
			m.result.Store(v.told())
		}
		again, err := m.source.settle(ctx, first, v)
		if errors.Is(err, errHeldUp) {
			return nil
		}
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
			batches = append(batches, b.part(from, i))
			from, size = i, len(r.body)+1
		}
	}
	return append(batches, b.part(from, len(b.records)))
}

// eventOf is what the function gets.
func eventOf(b batch) ([]byte, error) {
	var event struct{ Records []json.RawMessage }
	for _, r := range b.records {
		event.Records = append(event.Records, r.body)
	}
	return json.Marshal(event)
}

// try invokes the function with a batch. It fails only when ctx ends before the
// function has it.
func (m *mapping) try(ctx context.Context, b batch) (verdict, error) {
	payload, err := eventOf(b)
	if err != nil {
		return verdict{}, err
	}
	v := verdict{request: cloud.UUID()}
	if len(payload) > maxSyncRequest { // a single record, which split cannot help
		v.answer, v.failed = tooLarge(len(payload)), b.ids()
		v.answer.version = m.target().number
		return v, nil
	}
	v.request, v.answer, err = m.invoke(ctx, payload, b)
	switch {
	case err != nil && ctx.Err() != nil:
		return verdict{}, ctx.Err()
	case err != nil:
		m.note(err)
		v.unreached, v.failed = true, b.ids()
	default:
		v.failed = m.failures(b, v.answer)
	}
	return v, nil
}

func tooLarge(size int) answer {
	return failure("RequestTooLargeException", "Request of %d bytes must be smaller than %d bytes for the InvokeFunction operation", size, maxSyncRequest)
}

// invoke tries again while the function is throttled or Lambda fails by itself, as long
// as there is a function and the batch is the mapping's: what is left of a queue's batch
// then becomes visible again. Each attempt is an invocation with an id of its own, for
// one whose answer was lost may have run.
func (m *mapping) invoke(ctx context.Context, payload []byte, b batch) (id string, a answer, err error) {
	for delay := 100 * time.Millisecond; ; delay = min(2*delay, 5*time.Second) {
		id = cloud.UUID()
		a, err = m.deliver(ctx, id, payload, b)
		if err == nil || ctx.Err() != nil || m.called.deleted.Load() || !b.until.IsZero() && time.Now().Add(delay).After(b.until) {
			return id, a, err
		}
		pause(ctx, delay)
	}
}

// deliver invokes the function once.
func (m *mapping) deliver(ctx context.Context, id string, payload []byte, b batch) (answer, error) {
	var a answer
	err := m.surround(ctx, "Invoke", payload, func() (err error) {
		if last := b.records[len(b.records)-1]; !last.arrived.IsZero() {
			m.called.observe(m.lambda.metrics.iteratorAge, float64(time.Since(last.arrived).Milliseconds()))
		}
		cause := m.lambda.cloud.Happened(cloud.Cause{Type: "invocation", Resource: m.called.function.arn, ID: id, Action: "lambda:Invoke", By: m.arn, Of: b.causes()})
		a, err = m.lambda.runThrough(request{id: id, trace: traceOf("", id, time.Now()), target: m.called, payload: payload, cause: cause})
		return err
	})
	if err != nil {
		return answer{}, err
	}
	return a, nil
}

// surround takes a step between a source and its function, unless it fails before that
// or is told so afterwards: what stands around API calls sees it as a call of Lambda's on
// behalf of the mapping. It is of Invoke, or of Checkpoint, which is no action of AWS's.
func (m *mapping) surround(ctx context.Context, action string, payload []byte, step func() error) error {
	c := m.lambda.cloud
	if c.Fault == nil && c.Around == nil {
		return step()
	}
	input, err := cloud.Encode(invokeInput{FunctionName: m.called.arn(), Payload: payload})
	if err != nil {
		return fmt.Errorf("encode the input of lambda:%s: %w", action, err)
	}
	call := cloud.Call{Caller: c.ServiceCaller("lambda.amazonaws.com", m.arn), Service: "lambda", Action: action, Input: input}
	_, err = c.Surround(ctx, call, func(context.Context, json.RawMessage) (any, error) { return nil, step() })
	return err
}

// failures returns which records the function has not done with. Whatever is
// wrong with a partial response makes the whole batch fail.
func (m *mapping) failures(b batch, a answer) map[string]bool {
	all := b.ids()
	if a.failed {
		return all
	}
	if text := string(bytes.TrimSpace(a.payload)); !m.partial || text == "" || text == `""` || text == "[]" { // of which AWS makes null
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
