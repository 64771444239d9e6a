package accounts

import (
	"strings"
	"testing"
)

func TestTheAccountFailsForWhateverIsMissing(t *testing.T) {
	whole := tally{approved: 1, again: 1, rejected: 1, reasons: 3, conflicts: 1, refused: 1, accounts: 1}
	if err := whole.fault(5); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
	if got, want := whole.account(), "approved=1 again=1 rejected=1 reasons=3 conflicts=1 refused=1 accounts=1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for name, row := range map[string]struct {
		change func(*tally)
		want   string
	}{
		"an application":   {func(t *tally) { t.refused = 0 }, "4 of 5 applications"},
		"a conflict":       {func(t *tally) { t.conflicts, t.again = 0, 2 }, "one in conflict"},
		"a reason":         {func(t *tally) { t.reasons = 2 }, "2 reasons were told"},
		"a second account": {func(t *tally) { t.accounts = 2 }, "1 applicants were approved and have 2 accounts"},
		"the account":      {func(t *tally) { t.accounts = 0 }, "1 applicants were approved and have 0 accounts"},
	} {
		broken := whole
		row.change(&broken)
		if err := broken.fault(5); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", name, err, row.want)
		}
	}
}
