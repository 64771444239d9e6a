package cloud

import (
	"sort"
	"time"
)

const (
	// maxPast is how many changes of one thing are known at most.
	maxPast = 100_000

	// maxPastSize is how many bytes they keep at most that nothing else does.
	maxPastSize = 64 << 20
)

// Past has the latest changes of something, such as a table, for reads of an age.
// Whoever has it guards it. The zero value keeps nothing.
type Past[C any] struct {
	Kept time.Duration // how long changes are known
	Size func(C) int   // bytes that only the change keeps, such as a row that is gone; nil: none

	changes []Change[C] // the oldest first
	size    int
	lost    time.Time // of the last change that is not known any more
}

// Change is one of a Past.
type Change[C any] struct {
	At   time.Time
	What C
}

// Note takes in a change, and lets go of those that nobody may ask for any more. One
// that is noted late counts as of the change before it: they stay in their order.
func (p *Past[C]) Note(at time.Time, change C) {
	if p.Kept == 0 {
		return
	}
	if n := len(p.changes); n > 0 && at.Before(p.changes[n-1].At) {
		at = p.changes[n-1].At
	}
	p.changes = append(p.changes, Change[C]{at, change})
	p.size += p.sizeOf(change)
	old := 0
	for len(p.changes)-old > maxPast || p.size > maxPastSize && old < len(p.changes)-1 || p.changes[old].At.Before(at.Add(-p.Kept)) {
		p.lost = p.changes[old].At
		p.size -= p.sizeOf(p.changes[old].What)
		p.changes[old] = Change[C]{}
		old++
	}
	p.changes = p.changes[old:]
}

func (p *Past[C]) sizeOf(change C) int {
	if p.Size == nil {
		return 0
	}
	return p.Size(change)
}

// Until are the changes up to a moment, as far as they are known, the oldest first, until
// the next one is noted. The zero time is now.
func (p *Past[C]) Until(then time.Time) []Change[C] { return p.changes[:p.after(then)] }

// after is the place of the first change after a moment.
func (p *Past[C]) after(then time.Time) int {
	if then.IsZero() {
		return len(p.changes)
	}
	return sort.Search(len(p.changes), func(i int) bool { return p.changes[i].At.After(then) })
}

// Since are the changes after a moment, the oldest first, until the next one is noted. It
// fails if some of them are not known any more. The zero time is now, after which are none.
func (p *Past[C]) Since(then time.Time) ([]Change[C], error) {
	if !then.IsZero() && then.Before(p.lost) {
		return nil, errForgotten(then)
	}
	return p.changes[p.after(then):], nil
}
