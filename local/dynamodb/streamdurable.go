package dynamodb

// This file keeps streams from run to run, with their tables.

import (
	"fmt"
	"time"
)

type savedStream struct {
	Label, View string
	Created     time.Time
	Ended       time.Time `json:",omitzero"` // when it was disabled
	Next        uint64
	Shards      []savedShard
}

type savedShard struct {
	ID, Parent        string
	Begun             time.Time
	Ended             time.Time `json:",omitzero"`
	Start, End, First uint64
}

// savedChange is a change in a shard of a stream, by their numbers.
type savedChange struct {
	Stream, Shard int
	Old, New      item `json:",omitzero"`
	At            time.Time
	Expired       bool `json:",omitzero"`
}

// placed is a change with its place.
type placed struct {
	stream, shard int
	delta
}

func (p placed) saved() *savedChange {
	return &savedChange{Stream: p.stream, Shard: p.shard, Old: itemOf(p.old), New: itemOf(p.changed), At: p.at, Expired: p.expired}
}

func (t *table) savedStreams() []savedStream {
	var all []savedStream
	for _, s := range t.streams {
		all = append(all, s.saved())
	}
	return all
}

func (s *stream) saved() savedStream {
	s.mu.Lock()
	defer s.mu.Unlock()
	saved := savedStream{Label: s.label, View: s.view, Created: s.created, Ended: s.ended, Next: s.next}
	for _, x := range s.shards {
		saved.Shards = append(saved.Shards, savedShard{x.id, x.parent, x.begun, x.ended, x.start, x.end, x.first})
	}
	return saved
}

// savedChanges are those of all streams, in their order.
func (t *table) savedChanges() []placed {
	var all []placed
	for i, s := range t.streams {
		s.mu.Lock()
		for n, x := range s.shards {
			for _, c := range x.changes {
				all = append(all, placed{i, n, c})
			}
		}
		s.mu.Unlock()
	}
	return all
}

// restoreStreams takes over streams without their changes. What the table's
// definition says of its stream is followed later.
func (t *table) restoreStreams(saved []savedStream) {
	for _, from := range saved {
		s := &stream{
			table: t.name, arn: t.arn + "/stream/" + from.Label, label: from.Label, view: from.View,
			keys: t.shape.Load().spec.KeySchema, schema: t.schema, created: from.Created, ended: from.Ended, next: from.Next,
		}
		for _, x := range from.Shards {
			s.shards = append(s.shards, &shard{id: x.ID, parent: x.Parent, begun: x.Begun, ended: x.Ended, start: x.Start, end: x.End, first: x.First})
		}
		t.streams, t.stream = append(t.streams, s), s
	}
}

func (t *table) restoreChange(saved savedChange) error {
	if saved.Stream < 0 || saved.Stream >= len(t.streams) || saved.Shard < 0 || saved.Shard >= len(t.streams[saved.Stream].shards) {
		return fmt.Errorf("shard %d of stream %d, which is not there", saved.Shard, saved.Stream)
	}
	x := t.streams[saved.Stream].shards[saved.Shard]
	x.changes = append(x.changes, delta{old: t.image(saved.Old), changed: t.image(saved.New), at: saved.At, expired: saved.Expired})
	return nil
}

// image is a row that is in a stream only.
func (t *table) image(i item) *row {
	if i == nil {
		return nil
	}
	return &row{names: t.names, packed: t.names.pack(i), size: i.size()}
}
