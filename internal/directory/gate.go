package directory

// This file lets partners in by their tokens.

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// freshFor is how long a partner that was let in is let in again without
	// reading its row: for so long a disabled partner or a revoked token works.
	freshFor = time.Minute

	// bridgedFor is how long that goes on while the directory cannot be read.
	bridgedFor = 15 * time.Minute

	// maxRemembered bounds the memory: a row is about a kilobyte.
	maxRemembered = 10_000
)

// Gate lets partners in by their tokens. It remembers those that it has let in,
// and nobody else. So guessed names fill no memory, a token is valid as soon as
// it is made, and each refusal, whichever it is, takes one reading of the
// directory: its time says nothing.
//
// The zero value of what is not exported is ready for use.
type Gate struct {
	DynamoDB Getter
	Table    string

	mu      sync.Mutex
	entries map[string]entry
}

type entry struct {
	row  Row
	read time.Time
}

// Admit tells whether somebody with a token may act for a partner from an
// address: by Welcome, with the partner's row. An error is trouble in reading
// the directory.
func (g *Gate) Admit(ctx context.Context, partner, token, source string) (Row, Refusal, error) {
	known := g.recall(partner)
	welcome := known.row.refusalOf(token, source) == Welcome
	if welcome && time.Since(known.read) < freshFor {
		return known.row, Welcome, nil
	}
	asked := time.Now()
	row, err := Find(ctx, g.DynamoDB, g.Table, partner)
	if err != nil {
		if welcome && time.Since(known.read) < bridgedFor {
			slog.WarnContext(ctx, "the directory cannot be read: what it said before stands", "partner", partner, "error", err.Error())
			return known.row, Welcome, nil
		}
		return Row{}, "", err
	}
	refusal := row.refusalOf(token, source)
	g.remember(partner, entry{row, asked}, refusal == Welcome)
	return row, refusal, nil
}

// refusalOf compares the token whatever else is wrong.
func (r Row) refusalOf(token, source string) Refusal {
	knows := r.Knows(token)
	refusal := r.Refusal(time.Now(), source)
	if refusal == Welcome && !knows {
		return WrongToken
	}
	return refusal
}

// recall is the zero entry, which lets nobody in, for an unknown partner.
func (g *Gate) recall(partner string) entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.entries[partner]
}

// remember replaces what is remembered of a partner, unless that is newer, and
// forgets a partner that is gone. A refusal adds nobody.
func (g *Gate) remember(partner string, found entry, welcome bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before, remembered := g.entries[partner]
	switch {
	case !welcome && !remembered, found.read.Before(before.read):
		return
	case found.row.ID == "":
		delete(g.entries, partner)
		return
	case g.entries == nil:
		g.entries = make(map[string]entry)
	case !remembered && len(g.entries) >= maxRemembered:
		g.evict()
	}
	g.entries[partner] = found
}

// evict makes room: rows that are too old to bridge anything go first, and
// then a tenth, whichever they are.
func (g *Gate) evict() {
	for partner, e := range g.entries {
		if time.Since(e.read) >= bridgedFor {
			delete(g.entries, partner)
		}
	}
	for partner := range g.entries {
		if len(g.entries) <= maxRemembered*9/10 {
			return
		}
		delete(g.entries, partner)
	}
}
