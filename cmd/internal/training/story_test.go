package training

import (
	"strings"
	"testing"
)

func TestTheAccountFailsForWhateverIsMissing(t *testing.T) {
	whole := tally{trained: 2, refused: 1, idle: 1, failed: 1, rows: 2, predictions: 2, notices: 4, run: "r", recorded: "r"}
	if err := whole.fault(); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
	if got, want := whole.account(), "runs=5 trained=2 refused=1 nothing-new=1 failed=1 predictions=2 notices=4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for name, row := range map[string]struct {
		change func(*tally)
		want   string
	}{
		"a run":             {func(t *tally) { t.idle = 0 }, "4 of 5 runs"},
		"a refusal":         {func(t *tally) { t.trained, t.refused, t.notices = 3, 0, 4 }, "one to be refused"},
		"the predictions":   {func(t *tally) { t.predictions, t.rows = 0, 0 }, "0 predictions are there"},
		"a prediction":      {func(t *tally) { t.predictions = 1 }, "2 rows were predicted, and 1 predictions are there"},
		"a notice":          {func(t *tally) { t.notices = 3 }, "4 runs were to be told of, and 3 were"},
		"a notice too many": {func(t *tally) { t.notices = 5 }, "4 runs were to be told of, and 5 were"},
		"the last success":  {func(t *tally) { t.recorded = "q" }, `the last success is run "q" by the table, and was "r"`},
	} {
		part := whole
		row.change(&part)
		if err := part.fault(); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
