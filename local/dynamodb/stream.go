package dynamodb

// A table's stream: what has become of its items, for a day. A stream has one open
// shard, which another one follows after some hours, as on AWS where a table has
// one partition.

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	streamRetention = 24 * time.Hour
	shardLife       = 4 * time.Hour // until the next one follows
)

type stream struct {
	table, arn, label string
	view              string // KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES
	keys              []keyElement
	schema            schema
	created           time.Time

	mu     sync.Mutex
	shards []*shard // oldest first; the last one is open, unless the stream is disabled
	ended  time.Time
	next   uint64 // place of what comes next
}

// A shard has places of its own, from start to end: the first one is its
// beginning, all others are changes.
type shard struct {
	id, parent string
	begun      time.Time
	ended      time.Time // zero while the shard is open
	start, end uint64
	first      uint64 // place of the first of changes, or of the next one
	changes    []delta
}

// A delta is a change of one item, which was there before or is there after it.
type delta struct {
	old, changed *row
	at           time.Time
	expired      bool // DynamoDB itself has deleted the item
	cause        *cloud.Cause
}

// newStream returns a stream with an open shard. A table has one label once.
func (t *table) newStream(view string, now time.Time) *stream {
	now = now.Truncate(time.Millisecond)
	if t.stream != nil && !now.After(t.stream.created) {
		now = t.stream.created.Add(time.Millisecond)
	}
	label := now.UTC().Format("2006-01-02T15:04:05.000")
	s := &stream{
		table: t.name, arn: t.arn + "/stream/" + label, label: label, view: view,
		keys: t.shape.Load().spec.KeySchema, schema: t.schema, created: now, next: 1,
	}
	s.open(now, "")
	return s
}

// open begins a shard behind another one. The lock is held, or nobody knows the stream.
func (s *stream) open(now time.Time, parent string) {
	sum := md5.Sum(fmt.Append(nil, s.arn, s.next))
	s.shards = append(s.shards, &shard{
		id:     fmt.Sprintf("shardId-%020d-%s", now.UnixMilli(), hex.EncodeToString(sum[:4])),
		parent: parent, begun: now, start: s.next, first: s.next + 1,
	})
	s.next++
}

// note takes in a change, unless it changes nothing.
func (s *stream) note(c delta) {
	if c.old == nil && c.changed == nil || c.old != nil && c.changed != nil && c.old.item().equal(c.changed.item()) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.at = time.Now()
	open := s.shards[len(s.shards)-1]
	open.changes = append(open.changes, c)
	s.next++
}

// disable closes the open shard. What is in the stream can be read for a day.
func (s *stream) disable(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = now
	s.close(now)
}

// close closes the open shard. The lock is held.
func (s *stream) close(now time.Time) {
	open := s.shards[len(s.shards)-1]
	open.end, open.ended = s.next, now
}

func (s *stream) enabled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended.IsZero()
}

// pass lets go of what is older than a day, and of shards that have been closed for
// a day, and begins a new shard when it is time. It tells whether anything has
// changed, and whether the stream is no more.
func (s *stream) pass(now time.Time) (changed, gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	oldest := now.Add(-streamRetention)
	for _, shard := range s.shards {
		changed = shard.trim(oldest) || changed
	}
	shards := len(s.shards)
	s.shards = slices.DeleteFunc(s.shards, func(x *shard) bool {
		return !x.ended.IsZero() && !x.ended.After(oldest)
	})
	if !s.ended.IsZero() {
		return changed || len(s.shards) != shards, !s.ended.After(oldest)
	}
	if open := s.shards[len(s.shards)-1]; !now.Before(open.begun.Add(shardLife)) {
		s.close(now)
		s.open(now, open.id)
		changed = true
	}
	return changed || len(s.shards) != shards, false
}

// trim lets go of changes that came before a time.
func (x *shard) trim(oldest time.Time) bool {
	n := slices.IndexFunc(x.changes, func(c delta) bool { return c.at.After(oldest) })
	if n < 0 {
		n = len(x.changes)
	}
	clear(x.changes[:n]) // the array stays as long as there are others in it
	x.changes = x.changes[n:]
	x.first += uint64(n)
	if len(x.changes) == 0 {
		x.changes = nil
	}
	return n > 0
}

// shard finds a shard by its id. The lock is held.
func (s *stream) shard(id string) *shard {
	for _, x := range s.shards {
		if x.id == id {
			return x
		}
	}
	return nil
}

// behind is the place behind the shard's last change.
func (x *shard) behind() uint64 { return x.first + uint64(len(x.changes)) }

// sequence is the number of a place. Clients know of it that it is decimal, of 21
// digits at least, and rises.
func (s *stream) sequence(place uint64) string {
	return fmt.Sprintf("1%011d%012d", s.created.Unix(), place)
}

// place reads a number that sequence has written.
func (s *stream) place(number string) (place uint64, ok bool) {
	if len(number) != 24 {
		return 0, false
	}
	place, err := strconv.ParseUint(number[12:], 10, 64)
	return place, err == nil && s.sequence(place) == number
}

// follow gives a table the stream that its shape asks for: the one that it has, a
// new one, or none any more. The lock is held.
func (d *DynamoDB) follow(t *table, now time.Time) {
	view := t.shape.Load().view
	if t.streaming() && t.stream.view != view {
		t.stream.disable(now)
		t.Changed()
	}
	if view == "" || t.streaming() {
		return
	}
	t.stream = t.newStream(view, now)
	t.streams = append(t.streams, t.stream)
	d.streams[t.stream.arn] = t.stream
	t.Changed()
}

// streaming tells whether the changes of a table go into a stream. The lock is held.
func (t *table) streaming() bool { return t.stream != nil && t.stream.enabled() }

// pass does so with all streams, once a minute.
func (d *DynamoDB) pass(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for arn, s := range d.streams {
		changed, gone := s.pass(now)
		if gone {
			delete(d.streams, arn)
		}
		if t := d.tables[s.table]; t != nil && slices.Contains(t.streams, s) {
			if gone {
				t.streams = slices.DeleteFunc(t.streams, func(other *stream) bool { return other == s })
			}
			if changed || gone {
				t.Changed()
			}
		}
	}
}
