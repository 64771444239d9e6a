package ordering

import (
	"strings"
	"testing"
)

func TestTheAccountFailsForWhateverIsMissing(t *testing.T) {
	whole := tally{placed: 3, unavailable: 3, refused: 1, rows: 3, notices: 6}
	if err := whole.fault(); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
	if got, want := whole.account(), "orders=7 placed=3 unavailable=3 refused=1 left=0 notices=6"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for name, row := range map[string]struct {
		change func(*tally)
		want   string
	}{
		"an answer":              {func(t *tally) { t.unavailable = 2 }, "6 of 7 orders"},
		"a refusal":              {func(t *tally) { t.refused = 0 }, "one to be refused"},
		"one sold too many":      {func(t *tally) { t.placed, t.unavailable, t.left, t.rows = 4, 2, -1, 4 }, "3 orders were to be placed"},
		"one out of the stock":   {func(t *tally) { t.left = 1 }, "1 are left"},
		"one that is not there":  {func(t *tally) { t.left = -1 }, "-1 are left"},
		"an order":               {func(t *tally) { t.rows = 2 }, "the table has 2 orders"},
		"an order too many":      {func(t *tally) { t.rows = 4 }, "the table has 4 orders"},
		"a notice":               {func(t *tally) { t.notices = 5 }, "6 customers were to be told, and 5 were"},
		"a notice that is twice": {func(t *tally) { t.notices = 7 }, "6 customers were to be told, and 7 were"},
	} {
		broken := whole
		row.change(&broken)
		if err := broken.fault(); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", name, err, row.want)
		}
	}
}
