package pages

import (
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func TestABarIsAllThatWasReceivedAndShowsWhateverThereIs(t *testing.T) {
	for _, test := range []struct {
		name   string
		totals contract.Totals
		want   []segment
		words  string
	}{
		{"nothing", contract.Totals{}, nil, "0 received = 0 stored + 0 duplicate + 0 rejected + 0 failed"},
		{"all stored", contract.Totals{Received: 7, Stored: 7}, []segment{{"stored", 0, 1000}}, "7 received = 7 stored + 0 duplicate + 0 rejected + 0 failed"},
		{"one of many", contract.Totals{Received: 100_000, Stored: 99_998, Rejected: 1, Failed: 1},
			[]segment{{"stored", 0, 987}, {"rejected", 987, 6}, {"failed", 993, 7}}, "100000 received = 99998 stored + 0 duplicate + 1 rejected + 1 failed"},
		{"half way", contract.Totals{Received: 4, Stored: 1, Duplicate: 1},
			[]segment{{"stored", 0, 251}, {"duplicate", 251, 252}, {"under-way", 503, 497}}, "4 received = 1 stored + 1 duplicate + 0 rejected + 0 failed + 2 under way"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := account{test.totals}
			if words := a.Words(); words != test.words {
				t.Errorf("it says %q", words)
			}
			got := a.Segments()
			if len(got) != len(test.want) {
				t.Fatalf("it has %v", got)
			}
			for i, s := range got {
				if s != test.want[i] {
					t.Errorf("segment %d is %v, want %v", i, s, test.want[i])
				}
			}
			if len(got) > 0 && got[len(got)-1].At+got[len(got)-1].Wide != barWidth {
				t.Errorf("it ends before its place does: %v", got)
			}
		})
	}
}
