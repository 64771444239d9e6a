package enrolment

// This file applies lists. step.go is what becomes of a single partner.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/partners"
	"github.com/tradepost-dev/tradepost/internal/usagekeys"
)

const (
	// batch is how many partners' API keys are made before their rows are
	// written.
	batch = 500

	// parallel is how many rows are written at once.
	parallel = 32
)

// Report counts what became of a list. Kept are partners of the list of which
// something is as an operator has set it; they are counted as added, changed or
// unchanged as well. Drained have left the list. Both are in order.
type Report struct {
	Added, Changed, Unchanged int
	Kept, Drained             []string
	KeysRemoved               int // API keys that nobody needs any more
}

// Done is how many partners of the list have been dealt with.
func (r Report) Done() int { return r.Added + r.Changed + r.Unchanged }

// Mass is the error of a list that lacks Gone of the Enrolled partners that are
// enabled by the lists before it.
type Mass struct{ Gone, Enrolled int }

func (e *Mass) Error() string {
	return fmt.Sprintf("the list lacks %d of the %d partners that the last one had, which would drain them: it looks like another list, and nothing was done", e.Gone, e.Enrolled)
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
	a := &application{keeper: k, end: time.Now().Add(DrainFor), rows: make(map[string]directory.Row)}
	for row, err := range k.directory().List(ctx) {
		if err != nil {
			return a.report, err
		}
		a.rows[row.ID] = row
	}
	steps := a.steps(list)
	err := a.check(steps, options)
	for some := range slices.Chunk(steps, batch) {
		if err == nil {
			err = a.take(ctx, some)
		}
	}
	if err == nil && k.Keys != nil {
		err = a.mend(ctx)
	}
	slices.Sort(a.report.Kept)
	slices.Sort(a.report.Drained)
	return a.report, err
}

// application is one list on its way into the directory.
type application struct {
	keeper *Keeper
	end    time.Time                // when those that leave the list now cease to be known
	rows   map[string]directory.Row // as they were stored

	mu     sync.Mutex
	report Report
}

// steps are the partners of the list, as they stand in it, and then all others.
func (a *application) steps(list []partners.Partner) []step {
	steps := make([]step, 0, len(a.rows))
	named := make(map[string]bool)
	for _, p := range list {
		steps = append(steps, step{id: p.ID, listed: true, partner: p.Complete()})
		named[p.ID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(a.rows)) {
		if !named[id] {
			steps = append(steps, step{id: id})
		}
	}
	return steps
}

// check refuses what would do harm, before anything is written.
func (a *application) check(steps []step, options Options) error {
	var faults []error
	gone, enrolled := 0, 0
	for _, s := range steps {
		before := a.rows[s.id]
		after := s.next(before, a.end)
		if before.Status == contract.PartnerEnabled && !before.Holds(contract.AttrStatus) {
			enrolled++
			if after.Status == contract.PartnerDraining && !s.listed {
				gone++
			}
		}
		if s.listed || before.Holds(contract.AttrTier) {
			_, err := a.keeper.key(after)
			faults = append(faults, err)
		}
	}
	if gone > max(fewEnough, enrolled/2) && !options.DrainAny {
		faults = append(faults, &Mass{Gone: gone, Enrolled: enrolled})
	}
	return errors.Join(faults...)
}

// take makes the API keys that some partners' rows do not name yet, and then
// writes the rows.
func (a *application) take(ctx context.Context, some []step) error {
	var keys []usagekeys.Key
	made := make(map[string]bool)
	for _, s := range some {
		before := a.rows[s.id]
		key, err := a.keeper.key(s.next(before, a.end))
		if err == nil && key.Value != before.UsageKey && key.Value != "" {
			keys = append(keys, key)
			made[key.Value] = true
		}
	}
	if len(keys) > 0 {
		if err := a.keeper.Keys.Make(ctx, keys); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, s := range some {
		group.Go(func() error { return a.write(ctx, s, made) })
	}
	return group.Wait()
}
