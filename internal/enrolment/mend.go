package enrolment

// This file keeps API keys and rows in step.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/usagekeys"
)

// keptFor is how long an API key outlives a change of its partner's tier: for
// up to an hour, if it is told so, API Gateway remembers an authorizer's answer.
const keptFor = time.Hour

var errNoTier = errors.New("there is no such tier")

// gone tells whether a partner has not been known for so long that no answer about
// it is remembered. It needs no API key, of which a region has 10,000 and no more.
func gone(row directory.Row) bool {
	return !row.ValidUntil.IsZero() && time.Since(row.ValidUntil) >= keptFor
}

// key is the API key that a partner's requests have to count under; the zero
// Key without an API, and for who is gone.
func (k *Keeper) key(row directory.Row) (usagekeys.Key, error) {
	if k.Keys == nil || gone(row) {
		return usagekeys.Key{}, nil
	}
	key, ok := k.Keys.Key(row.ID, row.Tier)
	if !ok {
		return key, fmt.Errorf("partner %q has the tier %q: %w; there is %s", row.ID, row.Tier, errNoTier, k.Keys.Tiers())
	}
	return key, nil
}

// adopt makes requests of a partner count under the API key of its tier. The
// key is made, unless it was a moment ago, before the row names it, as API
// Gateway refuses requests under a key that it does not know.
func (k *Keeper) adopt(ctx context.Context, row *directory.Row, made map[string]bool) error {
	key, err := k.key(*row)
	if err != nil || key.Value == row.UsageKey {
		return err
	}
	if key.Value != "" && !made[key.Value] {
		if err := k.Keys.Make(ctx, []usagekeys.Key{key}); err != nil {
			return err
		}
	}
	row.PreviousUsageKey, row.UsageKey, row.UsageKeySince = row.UsageKey, key.Value, now()
	if gone(*row) {
		row.PreviousUsageKey = ""
	}
	return nil
}

// now is as the directory stores times.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

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
			if key, ok := k.Keys.Key(row.ID, row.Tier); ok && key.Value == row.UsageKey {
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
