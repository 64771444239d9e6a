package enrolment

// This file applies lists.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/partners"
	"github.com/tradepost-dev/tradepost/internal/usagekeys"
)

const (
	// DrainFor is how long a partner that has left the list still sees its
	// replies. After that it is unknown to everybody outside; the row stays.
	DrainFor = 30 * 24 * time.Hour

	// keptFor is how long an API key outlives a change of its partner's tier:
	// API Gateway may remember an authorizer's answer for up to an hour.
	keptFor = time.Hour

	// batch is how many partners are worked on before their rows are written.
	batch = 500

	// parallel is how many rows are written at once.
	parallel = 32
)

// Report counts what became of a list. Kept are partners of the list that an
// operator's setting differs from it; they are counted as changed or unchanged
// as well. Drained have left the list. Both are in order.
type Report struct {
	Added, Changed, Unchanged int
	Kept, Drained             []string
	KeysRemoved               int // API keys that nobody needs any more
}

// Done is how many partners of the list have been dealt with.
func (r Report) Done() int { return r.Added + r.Changed + r.Unchanged }

// Mass is the error of a list that lacks most partners of the one before: of
// the Enrolled, it would have drained Gone. It is another list, probably.
type Mass struct{ Gone, Enrolled int }

func (e *Mass) Error() string {
	return fmt.Sprintf("the list lacks %d of the %d partners that the lists before it made: nothing was done, as that looks like another list", e.Gone, e.Enrolled)
}

// fewEnough is how many partners may leave a list at once, however short it is.
const fewEnough = 10

// Options of Apply.
type Options struct {
	// DrainAny lets any number of partners leave the list. Otherwise a list
	// that lacks more than half of them, and more than 10, is refused with *Mass.
	DrainAny bool
}

// Apply makes the directory say what a list of valid partners does. It leaves
// alone what operators have set, and rows that they have added. Partners that
// have left the list are drained.
//
// It may end at any point and be run again: it goes on where it ended. The
// report says how far it came, also when it fails.
func (k *Keeper) Apply(ctx context.Context, list []partners.Partner, options Options) (Report, error) {
	a := &application{keeper: k, named: make(map[string]bool, len(list)), rows: make(map[string]directory.Row)}
	for _, p := range list {
		a.named[p.ID] = true
	}
	for row, err := range k.directory().List(ctx) {
		if err != nil {
			return a.report, err
		}
		a.rows[row.ID] = row
	}
	gone, err := a.gone(options)
	if err != nil {
		return a.report, err
	}
	if err := a.checkTiers(list); err != nil {
		return a.report, err
	}
	err = a.all(ctx, list, gone)
	slices.Sort(a.report.Kept)
	slices.Sort(a.report.Drained)
	return a.report, err
}

// application is one list on its way into the directory.
type application struct {
	keeper *Keeper
	named  map[string]bool // ids of the list

	mu     sync.Mutex
	rows   map[string]directory.Row // as they are stored
	report Report
}

func (a *application) all(ctx context.Context, list []partners.Partner, gone []string) error {
	for some := range slices.Chunk(list, batch) {
		if err := a.enrol(ctx, some); err != nil {
			return err
		}
	}
	err := inParallel(gone, func(id string) error { return a.drain(ctx, id) })
	if err != nil || a.keeper.Keys == nil {
		return err
	}
	return a.mend(ctx)
}

// gone are the partners that have left the list, in order: those of which the
// list still decides whether they are enabled.
func (a *application) gone(options Options) (gone []string, err error) {
	enrolled := 0
	for id, row := range a.rows {
		if row.Holds(contract.AttrStatus) || row.Status != contract.PartnerEnabled {
			continue
		}
		enrolled++
		if !a.named[id] {
			gone = append(gone, id)
		}
	}
	if !options.DrainAny && len(gone) > max(fewEnough, enrolled/2) {
		return nil, &Mass{Gone: len(gone), Enrolled: enrolled}
	}
	slices.Sort(gone)
	return gone, nil
}

// checkTiers reports all partners of the list with a tier that there is not,
// before anything is written.
func (a *application) checkTiers(list []partners.Partner) error {
	if a.keeper.Keys == nil {
		return nil
	}
	var faults []error
	for _, p := range list {
		if _, err := a.keeper.Keys.Key(p.ID, p.Complete().Tier); err != nil {
			faults = append(faults, fmt.Errorf("partner %q: %w", p.ID, err))
		}
	}
	return errors.Join(faults...)
}

// enrol makes some partners' API keys, and then their rows.
func (a *application) enrol(ctx context.Context, some []partners.Partner) error {
	made, err := a.makeKeys(ctx, some)
	if err != nil {
		return err
	}
	return inParallel(some, func(p partners.Partner) error { return a.write(ctx, p, made) })
}

// makeKeys makes the API keys that some partners' rows do not name yet.
func (a *application) makeKeys(ctx context.Context, some []partners.Partner) (made map[string]bool, err error) {
	ring := a.keeper.Keys
	if ring == nil {
		return nil, nil
	}
	var keys []usagekeys.Key
	made = make(map[string]bool)
	for _, p := range some {
		row := merged(a.rows[p.ID], p)
		key, err := ring.Key(row.ID, row.Tier)
		if err != nil {
			return nil, fmt.Errorf("partner %q: %w", row.ID, err)
		}
		if row.UsageKey != key.Value {
			keys = append(keys, key)
			made[key.Value] = true
		}
	}
	return made, ring.Make(ctx, keys)
}

// merged is a row with what a list says of its partner, but for what an
// operator has set.
func merged(row directory.Row, p partners.Partner) directory.Row {
	row.ID = p.ID
	set(&row, p.Complete(), row.Held...)
	return row
}

// write stores one partner, again of what it has become if somebody else was
// faster.
func (a *application) write(ctx context.Context, p partners.Partner, made map[string]bool) error {
	a.mu.Lock()
	before := a.rows[p.ID]
	a.mu.Unlock()
	for {
		after := merged(before, p)
		err := a.keeper.adopt(ctx, &after, made)
		if err != nil {
			return err
		}
		changed := before.Version == 0 || len(differing(before, after)) > 0 || before.UsageKey != after.UsageKey
		if changed {
			after, err = a.keeper.put(ctx, after)
		}
		if err == nil {
			a.done(p, before, after, changed)
			return nil
		}
		if !errors.Is(err, errChanged) {
			return err
		}
		if before, err = a.keeper.directory().Find(ctx, p.ID); err != nil {
			return err
		}
	}
}

func (a *application) done(p partners.Partner, before, after directory.Row, changed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rows[p.ID] = after
	switch {
	case before.Version == 0:
		a.report.Added++
	case changed:
		a.report.Changed++
	default:
		a.report.Unchanged++
	}
	wished := after
	set(&wished, p.Complete())
	if len(differing(after, wished)) > 0 {
		a.report.Kept = append(a.report.Kept, p.ID)
	}
}

// drain lets a partner that has left the list see its replies for a while.
func (a *application) drain(ctx context.Context, id string) error {
	drained := false
	row, err := a.keeper.update(ctx, id, func(row *directory.Row) error {
		drained = !row.Holds(contract.AttrStatus) && row.Status == contract.PartnerEnabled
		if !drained {
			return errNothing
		}
		row.Status = contract.PartnerDraining
		end := time.Now().Add(DrainFor).UTC().Truncate(time.Second)
		if !row.Holds(contract.AttrValidUntil) && (row.ValidUntil.IsZero() || end.Before(row.ValidUntil)) {
			row.ValidUntil = end
		}
		return nil
	})
	if err != nil && !errors.Is(err, errNothing) {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rows[id] = row
	if drained {
		a.report.Drained = append(a.report.Drained, id)
	}
	return nil
}
