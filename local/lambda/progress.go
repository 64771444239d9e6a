package lambda

// This file is how far a mapping has come in its stream, and keeps that from run
// to run.

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// position is where the reading of a shard begins, as GetShardIterator takes it.
type position struct {
	ShardIteratorType      string
	StartingSequenceNumber string  `json:",omitempty"`
	Timestamp              float64 `json:",omitempty"` // in seconds
}

func (p mappingProperties) startingPosition() position {
	start := position{ShardIteratorType: p.StartingPosition}
	if p.StartingPositionTimestamp != nil {
		start.Timestamp = *p.StartingPositionTimestamp
	}
	return start
}

// progress implements cloud.Durable.
type progress struct {
	cloud.Changes

	mu    sync.Mutex
	start position
	done  map[string]string // by lane, the number of the last record that is done with
}

// name is the lane's in the progress of its mapping.
func (l *lane) name() string { return fmt.Sprintf("%s %d/%d", l.shard, l.number, l.lanes) }

// position is where a lane begins that has done with nothing yet.
func (p *progress) position() position {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.start
}

// begun turns the latest record, when all lanes have their iterators to it, into a
// time: when these have expired, or in the next run, the latest one is another.
func (p *progress) begun() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.start.ShardIteratorType == "LATEST" {
		p.start = position{ShardIteratorType: "AT_TIMESTAMP", Timestamp: cloud.Time(time.Now()).Seconds()}
	}
}

func (p *progress) of(l *lane) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done[l.name()]
}

// note says that a lane has done with records, of which there may be none.
func (p *progress) note(l *lane, b batch) {
	if len(b.records) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done[l.name()] = b.records[len(b.records)-1].id
	p.Changed()
}

// savedProgress is the one record of a mapping's state.
type savedProgress struct {
	Start position
	Done  map[string]string
}

// Snapshot implements cloud.Durable.
func (p *progress) Snapshot() iter.Seq[any] {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Values([]any{&savedProgress{p.start, maps.Clone(p.done)}})
}

// Restore implements cloud.Durable. A mapping from the latest record on began
// when it did.
func (p *progress) Restore(next func(record any) error) error {
	var saved savedProgress
	if err := next(&saved); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.start.ShardIteratorType == "LATEST" && saved.Start.ShardIteratorType == "AT_TIMESTAMP" {
		p.start = saved.Start
	}
	if saved.Done != nil {
		p.done = saved.Done
	}
	return nil
}
