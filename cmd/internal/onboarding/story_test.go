package onboarding

import (
	"strings"
	"testing"
)

func TestTheAccountFailsForWhateverIsMissing(t *testing.T) {
	whole := tally{onboarded: 2, referred: 1, again: 1, refused: 1, profiles: 2, events: 2}
	if err := whole.fault(); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
	if got, want := whole.account(), "signups=4 onboarded=2 referred=1 again=1 refused=1 events=2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for name, row := range map[string]struct {
		change func(*tally)
		want   string
	}{
		"a signup":              {func(t *tally) { t.refused = 0 }, "3 of 4 signups"},
		"a referral":            {func(t *tally) { t.referred = 0 }, "one of them referred"},
		"an event":              {func(t *tally) { t.events = 1 }, "2 profiles and 1 events"},
		"a second event":        {func(t *tally) { t.events = 3 }, "2 profiles and 3 events"},
		"a profile of nobody's": {func(t *tally) { t.profiles = 3 }, "3 profiles and 2 events"},
	} {
		broken := whole
		row.change(&broken)
		if err := broken.fault(); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", name, err, row.want)
		}
	}
}
