package dynamodb

// The past: what a read that is not strongly consistent may still see.

import (
	"context"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// ageOf is how old what a read sees is.
func ageOf(ctx context.Context, consistent bool) (time.Duration, error) {
	switch {
	case !consistent:
		return cloud.AgeOf(ctx), nil
	case cloud.IsAsOf(ctx):
		return 0, invalid("A consistent read sees what is there, not what was")
	}
	return 0, nil
}

// rowAt returns what was under a key an age ago; nil is nothing.
func (t *table) rowAt(key string, age time.Duration) (*row, error) {
	missed, err := t.missed(age)
	if err != nil {
		return nil, err
	}
	for _, c := range missed {
		if c.What.key() == key {
			return c.What.old, nil
		}
	}
	return t.rows.get(key), nil
}

// missed are the changes that a read of an age does not see yet.
func (t *table) missed(age time.Duration) ([]cloud.Change[delta], error) {
	if age == 0 {
		return nil, nil
	}
	return t.past.Since(age)
}

// entriesAt returns what the reading goes through as it was an age ago.
func (r *reading) entriesAt(age time.Duration) (*sorted, error) {
	missed, err := r.table.missed(age)
	switch {
	case err != nil:
		return nil, err
	case len(missed) == 0 && r.index == nil:
		return &r.table.rows, nil
	case len(missed) == 0:
		return &r.index.entries, nil
	case r.index == nil:
		rows := r.table.rows.clone()
		for _, c := range slices.Backward(missed) {
			if c := c.What; c.old == nil {
				rows.remove(c.key())
			} else {
				rows.put(c.key(), c.old)
			}
		}
		return rows, nil
	}
	then := *r.index
	then.entries = *r.index.entries.clone()
	for _, c := range slices.Backward(missed) {
		then.replace(c.What.changed, c.What.old, itemOf(c.What.changed), itemOf(c.What.old))
	}
	return &then.entries, nil
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
