package enrolment

// This file keeps API keys and rows in step.

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tradepost-dev/tradepost/internal/usagekeys"
)

// mend makes keys that somebody has removed, and removes those that no row
// needs. Rows are read after the keys are listed, and young keys are left
// alone: of a partner that is being added, the key is there before the row.
func (a *application) mend(ctx context.Context) (err error) {
	k := a.keeper
	a.report.KeysRemoved, err = k.Keys.Mend(ctx, keptFor, func() ([]usagekeys.Key, []string, error) {
		var wanted []usagekeys.Key
		var kept []string
		for row, err := range k.directory().List(ctx) {
			if err != nil {
				return nil, nil, err
			}
			if key, err := k.Keys.Key(row.ID, row.Tier); err == nil && key.Value == row.UsageKey {
				wanted = append(wanted, key)
			}
			kept = append(kept, row.UsageKey)
			if time.Since(row.UsageKeySince) < keptFor {
				kept = append(kept, row.PreviousUsageKey)
			}
		}
		return wanted, kept, nil
	})
	return err
}

// inParallel does something for each of a list, a few at a time, until one
// fails.
func inParallel[T any](list []T, do func(T) error) error {
	var group errgroup.Group
	group.SetLimit(parallel)
	for _, element := range list {
		group.Go(func() error { return do(element) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("apply the list: %w", err)
	}
	return nil
}
