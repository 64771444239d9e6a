package instances

import (
	"strings"
	"testing"
)

func TestTheAccountFailsForWhateverIsMissing(t *testing.T) {
	if err := (tally{1, 1, 1, 1}).fault(4); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
	for _, row := range []struct {
		tally tally
		want  string
	}{
		{tally{1, 1, 0, 1}, "3 of 4 requests"},
		{tally{2, 0, 1, 1}, "stopped once and started once"},
	} {
		if err := row.tally.fault(4); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.tally.account(), err, row.want)
		}
	}
}
