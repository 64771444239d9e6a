package directory

// This file remembers partners that have shown a token.

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// freshFor is how long a row that a token has opened is not read again:
	// for so long a disabled partner or a revoked token is still let in.
	freshFor = time.Minute

	// bridgedFor is how long it stands in for a directory that cannot be read.
	bridgedFor = 15 * time.Minute

	// maxRemembered bounds the memory: a row is about a kilobyte.
	maxRemembered = 10_000
)

// Tokens knows partners by their tokens. It remembers a row only once a token
// has opened it. So guessed names and tokens fill no memory, a token that was
// made this moment is valid this moment, and every refusal takes one reading of
// the directory: how long it takes says nothing about who exists.
//
// The zero value of what is not exported is ready for use.
type Tokens struct {
	DynamoDB Getter
	Table    string

	mu      sync.Mutex
	entries map[string]entry
}

type entry struct {
	row  Row
	read time.Time
}

// Find returns the row of the partner with this id and token, and true; or the
// row as it is, the zero Row if there is none, and false.
func (t *Tokens) Find(ctx context.Context, partner, token string) (Row, bool, error) {
	known := t.recall(partner)
	opens := known.row.Knows(token)
	if opens && time.Since(known.read) < freshFor {
		return known.row, true, nil
	}
	asked := time.Now()
	row, err := Find(ctx, t.DynamoDB, t.Table, partner)
	if err != nil {
		if opens && time.Since(known.read) < bridgedFor {
			slog.WarnContext(ctx, "the directory cannot be read: what it said before stands", "partner", partner, "error", err.Error())
			return known.row, true, nil
		}
		return Row{}, false, err
	}
	opens = row.Knows(token)
	t.remember(partner, entry{row, asked}, opens)
	return row, opens, nil
}

// recall is the zero entry, which no token opens, for an unknown partner.
func (t *Tokens) recall(partner string) entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.entries[partner]
}

// remember replaces what is remembered of a partner, unless that is newer, and
// forgets a partner that is gone. A wrong token adds nobody.
func (t *Tokens) remember(partner string, found entry, opened bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, remembered := t.entries[partner]
	switch {
	case !opened && !remembered, found.read.Before(before.read):
		return
	case found.row.ID == "":
		delete(t.entries, partner)
		return
	case t.entries == nil:
		t.entries = make(map[string]entry)
	case !remembered && len(t.entries) >= maxRemembered:
		t.evict()
	}
	t.entries[partner] = found
}

// evict makes room: rows that are too old to bridge anything go first, and
// then a tenth, whichever they are.
func (t *Tokens) evict() {
	for partner, e := range t.entries {
		if time.Since(e.read) >= bridgedFor {
			delete(t.entries, partner)
		}
	}
	for partner := range t.entries {
		if len(t.entries) <= maxRemembered*9/10 {
			return
		}
		delete(t.entries, partner)
	}
}
