package lambda

// This file is how far a mapping has come in its stream, and keeps that from run
// to run.

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
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

func (p mappingSettings) startingPosition() position {
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
	done  map[string]string // by lane, the number of the last record that is done with; of lanes that the shards had before, too

	// Where one shard follows another:
	shard  string          // which lanes are in, or in one that follows it
	behind string          // number in it of the last record that the mapping passes over, or empty
	left   map[string]bool // lanes that have gone on to the next one
}

// name is the lane's in the progress of its mapping.
func (l *lane) name() string { return laneName(l.shard, l.number, l.lanes) }

func laneName(shard string, number, lanes int) string {
	return fmt.Sprintf("%s %d/%d", shard, number, lanes)
}

// maxLanes is the largest ParallelizationFactor.
const maxLanes = 10

// division is how far the lanes of a shard have come, where it had so many.
type division struct {
	lanes int
	done  []string // by lane; empty where it was done with nothing
}

// behind is the number up to which all records are done with.
func (d division) behind() string {
	least := d.done[0]
	for _, number := range d.done {
		if later(least, number) {
			least = number
		}
	}
	return least
}

// later compares sequence numbers, which are as long as they are great.
func later(a, b string) bool { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) > 0 }

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

// of returns behind which record a lane goes on, and how far the shard's lanes
// came when it had another number of them.
func (p *progress) of(l *lane) (last string, former []division) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last = p.done[l.name()]
	if l.shard == p.shard && later(p.behind, last) {
		last = p.behind
	}
	for lanes := range maxLanes + 1 {
		d := division{lanes, make([]string, lanes)}
		for i := range lanes {
			d.done[i] = p.done[laneName(l.shard, i, lanes)]
		}
		if lanes == l.lanes || !slices.ContainsFunc(d.done, func(number string) bool { return number != "" }) {
			continue
		}
		former = append(former, d)
		if behind := d.behind(); later(behind, last) {
			last = behind
		}
	}
	return last, former
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

// in is the shard which the mapping has come to, where one follows another.
func (p *progress) in() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shard
}

// enter lets the mapping begin in a shard, behind a record or at its first one.
func (p *progress) enter(shard, behind string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.start = position{ShardIteratorType: "TRIM_HORIZON"}
	p.shard, p.behind = shard, behind
	p.Changed()
}

// leave says that a lane has done with its shard and goes on in the next one. What
// it was in is forgotten when all others have left it, too.
func (p *progress) leave(l *lane, next string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left[l.name()] = true
	for i := range l.lanes {
		if l.shard != p.shard || !p.left[laneName(l.shard, i, l.lanes)] {
			return
		}
	}
	p.shard, p.behind = next, ""
	of := func(name string) bool { return strings.HasPrefix(name, l.shard+" ") }
	maps.DeleteFunc(p.done, func(name, _ string) bool { return of(name) })
	maps.DeleteFunc(p.left, func(name string, _ bool) bool { return of(name) })
	p.Changed()
}

// savedProgress is the one record of a mapping's state.
type savedProgress struct {
	Start         position
	Done          map[string]string
	Shard, Behind string `json:",omitempty"`
}

// Snapshot implements cloud.Durable.
func (p *progress) Snapshot() iter.Seq[any] {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Values([]any{&savedProgress{p.start, maps.Clone(p.done), p.shard, p.behind}})
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
	if saved.Shard != "" {
		p.start, p.shard, p.behind = saved.Start, saved.Shard, saved.Behind
	}
	if p.start.ShardIteratorType == "LATEST" && saved.Start.ShardIteratorType == "AT_TIMESTAMP" {
		p.start = saved.Start
	}
	if saved.Done != nil {
		p.done = saved.Done
	}
	return nil
}
