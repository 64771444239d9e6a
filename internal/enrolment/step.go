package enrolment

// This file is what a list makes of a single partner.

import (
	"context"
	"errors"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/partners"
)

// DrainFor is how long a partner that has left the list still sees its replies.
// After that it is unknown to everybody outside; the row stays.
const DrainFor = 30 * 24 * time.Hour

// step is what a list says of a partner, if anything.
type step struct {
	id      string
	listed  bool
	partner partners.Partner // complete, if it is listed
}

// next is what becomes of the partner's row.
func (s step) next(row directory.Row, end time.Time) directory.Row {
	if s.listed {
		row.ID = s.id
		set(&row, s.partner, row.Held...)
		return row
	}
	return left(row, end)
}

// left is what becomes of the row of a partner that is in no list any more: it
// drains until the end, unless that comes earlier anyhow. An operator who has
// set the status has decided.
func left(row directory.Row, end time.Time) directory.Row {
	if row.Holds(contract.AttrStatus) || row.Status == contract.PartnerDisabled {
		return row
	}
	row.Status = contract.PartnerDraining
	if !row.Holds(contract.AttrValidUntil) && (row.ValidUntil.IsZero() || end.Before(row.ValidUntil)) {
		row.ValidUntil = end
	}
	return row
}

// write stores the row, again of what it has become if somebody else was
// faster. made are values of API keys that were made a moment ago.
func (a *application) write(ctx context.Context, s step, made map[string]bool) error {
	before := a.rows[s.id]
	for {
		after := s.next(before, a.end)
		err := a.keeper.adopt(ctx, &after, made)
		if errors.Is(err, errNoTier) && !s.listed {
			err = nil // a tier that went with its partners
		}
		if err != nil {
			return err
		}
		changed := before.Version == 0 || len(differing(before, after)) > 0 || before.UsageKey != after.UsageKey
		if changed {
			after, err = a.keeper.put(ctx, after)
		}
		if err == nil {
			a.count(s, before, after, changed)
			return nil
		}
		if !errors.Is(err, errChanged) {
			return err
		}
		if before, err = a.keeper.directory().Find(ctx, s.id); err != nil || before.ID == "" && !s.listed {
			return err
		}
	}
}

func (a *application) count(s step, before, after directory.Row, changed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case !s.listed:
		if len(differing(before, after)) > 0 {
			a.report.Drained = append(a.report.Drained, s.id)
		}
		return
	case before.Version == 0:
		a.report.Added++
	case changed:
		a.report.Changed++
	default:
		a.report.Unchanged++
	}
	wished := after
	set(&wished, s.partner)
	if len(differing(after, wished)) > 0 {
		a.report.Kept = append(a.report.Kept, s.id)
	}
}
