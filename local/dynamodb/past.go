package dynamodb

// The past: what a read that is not strongly consistent may still see.

import (
	"slices"
	"time"
)

// A past has the latest changes of a table's items, oldest first.
type past struct {
	kept    time.Duration // how long; 0: nothing is
	changes []delta
}

// note takes in a change, and lets go of those that nobody may overlook any more.
func (p *past) note(c delta) {
	if p.kept == 0 || c.old == c.changed {
		return
	}
	c.at = time.Now()
	p.changes = append(slices.Delete(p.changes, 0, len(p.changes)-len(p.within(p.kept))), c)
}

// within are the changes that are not older than an age.
func (p *past) within(age time.Duration) []delta {
	if len(p.changes) == 0 {
		return nil
	}
	then := time.Now().Add(-age)
	n, _ := slices.BinarySearchFunc(p.changes, then, func(c delta, then time.Time) int {
		if c.at.After(then) {
			return 1
		}
		return -1
	})
	return p.changes[n:]
}

// rowAt returns what was under a key an age ago; nil is nothing.
func (t *table) rowAt(key string, age time.Duration) *row {
	for _, c := range t.past.within(age) {
		if c.key() == key {
			return c.old
		}
	}
	return t.rows.get(key)
}

// entriesAt returns what the reading goes through as it was an age ago.
func (r *reading) entriesAt(age time.Duration) *sorted {
	missed := r.table.past.within(age)
	switch {
	case len(missed) == 0 && r.index == nil:
		return &r.table.rows
	case len(missed) == 0:
		return &r.index.entries
	case r.index == nil:
		rows := r.table.rows.clone()
		for _, c := range slices.Backward(missed) {
			if c.old == nil {
				rows.remove(c.key())
			} else {
				rows.put(c.key(), c.old)
			}
		}
		return rows
	}
	then := *r.index
	then.entries = *r.index.entries.clone()
	for _, c := range slices.Backward(missed) {
		then.replace(c.changed, c.old, itemOf(c.changed), itemOf(c.old))
	}
	return &then.entries
}

func (c delta) key() string {
	if c.old != nil {
		return c.old.key
	}
	return c.changed.key
}

func (s *sorted) clone() *sorted {
	copied := &sorted{blocks: make([][]entry, len(s.blocks)), count: s.count}
	for i, block := range s.blocks {
		copied.blocks[i] = slices.Clone(block)
	}
	return copied
}
