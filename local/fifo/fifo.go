// Package fifo is what the FIFO queues of SQS and the FIFO topics of SNS have in
// common: the ids of groups and of deduplication, the interval for which one is
// known, and sequence numbers.
package fifo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Suffix ends the names of FIFO queues and topics, and of no others.
const Suffix = ".fifo"

// Named tells a FIFO queue or topic by its name or its ARN.
func Named(name string) bool { return strings.HasSuffix(name, Suffix) }

// Interval is for how long deduplication ids are known.
const Interval = 5 * time.Minute

// ValidID tells whether a text can be an id of a group or of deduplication: 1 to
// 128 letters, digits and punctuation characters of ASCII.
func ValidID(id string) bool {
	return id != "" && len(id) <= 128 && strings.IndexFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// ContentID is the deduplication id of a text.
func ContentID(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Sequence makes sequence numbers. The zero one is ready to use.
type Sequence struct{ last int64 }

// Next returns 20 digits that grow from message to message, and from run to run.
func (s *Sequence) Next(now time.Time) string {
	s.last = max(s.last+1, now.UnixNano())
	return fmt.Sprintf("1%019d", s.last)
}

// Memory keeps entries for the interval. The zero one is ready to use.
type Memory[E any] struct {
	entries map[string]Remembered[E]
	order   []string // keys, oldest first
}

// Remembered is what a Memory knows.
type Remembered[E any] struct {
	Key   string
	Entry E
	At    time.Time
}

// forgetOld forgets what is too old.
func (m *Memory[E]) forgetOld(now time.Time) {
	n := 0
	for _, key := range m.order {
		if now.Sub(m.entries[key].At) < Interval {
			break
		}
		delete(m.entries, key)
		n++
	}
	m.order = m.order[n:]
}

// Find returns the entry under a key.
func (m *Memory[E]) Find(key string, now time.Time) (E, bool) {
	m.forgetOld(now)
	r, ok := m.entries[key]
	return r.Entry, ok
}

// Keep remembers an entry under a key that is not known. Later calls have later times.
func (m *Memory[E]) Keep(key string, entry E, at time.Time) {
	if m.entries == nil {
		m.entries = map[string]Remembered[E]{}
	}
	m.entries[key] = Remembered[E]{key, entry, at}
	m.order = append(m.order, key)
}

// Forget forgets what is under a key.
func (m *Memory[E]) Forget(key string) {
	delete(m.entries, key)
	if i := slices.Index(m.order, key); i >= 0 {
		m.order = slices.Delete(m.order, i, i+1)
	}
}

// All yields what is known, in the order in which it came.
func (m *Memory[E]) All(now time.Time) iter.Seq[Remembered[E]] {
	m.forgetOld(now)
	return func(yield func(Remembered[E]) bool) {
		for _, key := range m.order {
			if !yield(m.entries[key]) {
				return
			}
		}
	}
}
