package cloud

import "time"

// maxPast is how many changes of one thing are known at most.
const maxPast = 100_000

// Past has the latest changes of something, such as a table, for reads of an age.
// Whoever has it guards it. The zero value keeps nothing.
type Past[C any] struct {
	Kept time.Duration // how long changes are known

	changes []pastChange[C] // the oldest first
	lost    time.Time       // of the last change that is not known any more
}

type pastChange[C any] struct {
	at   time.Time
	what C
}

// Note takes in a change, and lets go of those that nobody may ask for any more.
func (p *Past[C]) Note(at time.Time, change C) {
	if p.Kept == 0 {
		return
	}
	p.changes = append(p.changes, pastChange[C]{at, change})
	old := 0
	for len(p.changes)-old > maxPast || p.changes[old].at.Before(at.Add(-p.Kept)) {
		p.lost = p.changes[old].at
		p.changes[old] = pastChange[C]{}
		old++
	}
	p.changes = p.changes[old:]
}

// Since are the changes of the last time of this length, the oldest first. It fails if some
// of them are not known any more.
func (p *Past[C]) Since(age time.Duration) (changes []C, err error) {
	if len(p.changes) == 0 && p.lost.IsZero() {
		return nil, nil
	}
	then := time.Now().Add(-age)
	if then.Before(p.lost) {
		return nil, errForgotten(then)
	}
	n := len(p.changes)
	for n > 0 && p.changes[n-1].at.After(then) {
		n--
	}
	for _, c := range p.changes[n:] {
		changes = append(changes, c.what)
	}
	return changes, nil
}
