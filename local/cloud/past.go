package cloud

import (
	"sort"
	"time"
)

// maxPast is how many changes of one thing are known at most.
const maxPast = 100_000

// Past has the latest changes of something, such as a table, for reads of an age.
// Whoever has it guards it. The zero value keeps nothing.
type Past[C any] struct {
	Kept time.Duration // how long changes are known

	changes []Change[C] // the oldest first
	lost    time.Time   // of the last change that is not known any more
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
	old := 0
	for len(p.changes)-old > maxPast || p.changes[old].At.Before(at.Add(-p.Kept)) {
		p.lost = p.changes[old].At
		p.changes[old] = Change[C]{}
		old++
	}
	p.changes = p.changes[old:]
}

// Until are the changes before the last time of this length, as far as they are known, the oldest
// first, until the next one is noted.
func (p *Past[C]) Until(age time.Duration) []Change[C] {
	return p.changes[:p.after(time.Now().Add(-age))]
}

// after is the place of the first change after a moment.
func (p *Past[C]) after(then time.Time) int {
	return sort.Search(len(p.changes), func(i int) bool { return p.changes[i].At.After(then) })
}

// Since are the changes of the last time of this length, the oldest first, until the
// next one is noted. It fails if some of them are not known any more.
func (p *Past[C]) Since(age time.Duration) ([]Change[C], error) {
	then := time.Now().Add(-age)
	if then.Before(p.lost) {
		return nil, errForgotten(then)
	}
	return p.changes[p.after(then):], nil
}
