package kinesis

// This file keeps records from run to run.

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"
)

// savedStream is the first record of a stream's state.
type savedStream struct {
	Created time.Time
	First   []uint64 // of each shard, the place of its first record, or of the next one
}

// savedRecord is a record of a stream. Those of a shard follow each other in
// their order, without a gap.
type savedRecord struct {
	Shard   int
	Key     string
	Data    []byte
	Arrived time.Time
}

// Snapshot implements cloud.Durable.
func (s *stream) Snapshot() iter.Seq[any] {
	head := &savedStream{Created: s.created}
	kept := make([][]record, len(s.shards))
	for i, shard := range s.shards {
		var first uint64
		kept[i], first = shard.snapshot()
		head.First = append(head.First, first)
	}
	return func(yield func(any) bool) {
		if !yield(head) {
			return
		}
		for i, records := range kept {
			for _, r := range records {
				if !yield(&savedRecord{i, r.key, r.data, r.arrived}) {
					return
				}
			}
		}
	}
}

func (s *shard) snapshot() (records []record, first uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.records), s.first
}

// Restore implements cloud.Durable. Records of a stream with another number of
// shards belong to none of today's.
func (s *stream) Restore(next func(record any) error) error {
	var head savedStream
	if err := next(&head); err != nil {
		return err
	}
	if n := len(head.First); n != len(s.shards) {
		return fmt.Errorf("it had %d shards, and has %d now: %w", n, len(s.shards), errors.ErrUnsupported)
	}
	s.begin(head.Created)
	for i, shard := range s.shards {
		shard.first = head.First[i]
	}
	for {
		var r savedRecord
		err := next(&r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.Shard < 0 || r.Shard >= len(s.shards) {
			return fmt.Errorf("a record of shard %d, of which there are %d", r.Shard, len(s.shards))
		}
		shard := s.shards[r.Shard]
		shard.records = append(shard.records, record{r.Key, r.Data, r.Arrived, nil})
	}
}
