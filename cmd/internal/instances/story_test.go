package instances

import (
	"strings"
	"testing"
)

func TestTheAccountFailsForWhateverIsMissing(t *testing.T) {
	if err := (tally{2, 1, 1, 1, 1}).fault(5); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
	for _, row := range []struct {
		tally tally
		want  string
	}{
		{tally{2, 1, 1, 0, 1}, "4 of 5 requests"},
		{tally{3, 0, 1, 1, 1}, "three times to and fro"},
		{tally{0, 3, 1, 1, 1}, "three times to and fro"},
		{tally{2, 1, 1, 2, 0}, "asked for too early once"},
		{tally{2, 1, 0, 1, 1}, "the same key"},
	} {
		if err := row.tally.fault(5); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.tally.account(), err, row.want)
		}
	}
}
