package dynamodb

// The past: what a read that is not strongly consistent may still see.

import (
	"context"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// seenBy is the moment that a read sees; the zero time is now.
func seenBy(ctx context.Context, consistent bool) (time.Time, error) {
	switch {
	case !consistent:
		return cloud.MomentOf(ctx), nil
	case cloud.IsAsOf(ctx):
		return time.Time{}, invalid("A consistent read sees what is there, not what was")
	}
	return time.Time{}, nil
}

// rowAt returns what was under a key at a moment; nil is nothing.
func (t *table) rowAt(key string, then time.Time) (*row, error) {
	missed, err := t.past.Since(then)
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

// entriesAt returns what the reading goes through as it was at a moment.
func (r *reading) entriesAt(then time.Time) (*sorted, error) {
	missed, err := r.table.past.Since(then)
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
	was := *r.index
	was.entries = *r.index.entries.clone()
	for _, c := range slices.Backward(missed) {
		was.replace(c.What.changed, c.What.old, itemOf(c.What.changed), itemOf(c.What.old))
	}
	return &was.entries, nil
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
