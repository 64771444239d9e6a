package kinesis

// This file is a shard: records in the order in which they came.

import (
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// record is what a shard keeps.
type record struct {
	key     string
	data    []byte
	arrived time.Time
	cause   *cloud.Cause
}

func (r record) size() int { return len(r.key) + len(r.data) }

type shard struct {
	number   int
	from, to hashKey // the hash keys of its records, both included
	created  time.Time

	mu      sync.Mutex
	records []record
	first   uint64 // place of the first of records, or of the next one
}

func shardID(number int) string { return fmt.Sprintf("shardId-%012d", number) }

func (s *shard) id() string { return shardID(s.number) }

// put takes in a record and returns its sequence number. Records arrive in the
// order of their numbers, by the clock, too.
func (s *shard) put(key string, data []byte, cause *cloud.Cause) sequence {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := record{key, data, time.Now(), cause}
	s.records = append(s.records, r)
	return s.numbered(s.first+uint64(len(s.records))-1, r)
}

func (s *shard) numbered(place uint64, r record) sequence {
	return sequence{created: s.created.Unix(), shard: s.number, place: place, arrived: r.arrived.Unix()}
}

// next is the place of the record that comes next.
func (s *shard) next() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first + uint64(len(s.records))
}

// since is the place of the first record that came at a time or later.
func (s *shard) since(t time.Time) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first + uint64(sort.Search(len(s.records), func(i int) bool { return !s.records[i].arrived.Before(t) }))
}

// maxReadBytes is how much one call reads at most, keys included.
const maxReadBytes = 10 << 20

// haul is what one look at a shard yields.
type haul struct {
	records []record
	place   uint64 // of the first of them
	next    uint64 // where to go on

	// behind is how long ago the last record came that was read, where there
	// are more of them; otherwise 0.
	behind time.Duration
}

// read returns records from a place on: at most limit, and not more than a call
// may yield.
func (s *shard) read(place uint64, limit int, now time.Time) haul {
	s.mu.Lock()
	defer s.mu.Unlock()
	place = max(place, s.first) // what was before has expired
	rest := s.records[min(place-s.first, uint64(len(s.records))):]
	n, size := 0, 0
	for n < min(limit, len(rest)) {
		if size += rest[n].size(); size > maxReadBytes { // never with the first: no record is larger
			break
		}
		n++
	}
	got := haul{records: slices.Clone(rest[:n]), place: place, next: place + uint64(n)}
	if n < len(rest) {
		got.behind = max(0, now.Sub(rest[n-1].arrived))
	}
	return got
}

// expire lets go of records that came before a time.
func (s *shard) expire(before time.Time) (expired int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := sort.Search(len(s.records), func(i int) bool { return s.records[i].arrived.After(before) })
	clear(s.records[:n]) // the array stays as long as there are others in it
	s.records = s.records[n:]
	s.first += uint64(n)
	if len(s.records) == 0 {
		s.records = nil
	}
	return n
}
