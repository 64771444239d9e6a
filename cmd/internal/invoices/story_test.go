package invoices

import (
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/cmd/internal/invoices/paper"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
)

func TestTheAccountFailsForWhateverIsMissing(t *testing.T) {
	whole := tally{files: 4, received: 5, paid: 2, refused: 1, duplicate: 1, failed: 1, payments: 2}
	if err := whole.fault(); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
	if got, want := whole.account(), "files=4 received=5 paid=2 refused=1 duplicate=1 failed=1 payments=2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for name, row := range map[string]struct {
		change func(*tally)
		want   string
	}{
		"an invoice":      {func(t *tally) { t.refused = 0 }, "4 of 5 invoices"},
		"a file":          {func(t *tally) { t.files = 6 }, "5 of 5 invoices"},
		"a duplicate":     {func(t *tally) { t.duplicate, t.failed = 0, 2 }, "0 are duplicates"},
		"a payment":       {func(t *tally) { t.payments = 1 }, "by 1 payments"},
		"one paid twice":  {func(t *tally) { t.payments = 3 }, "by 3 payments"},
		"another outcome": {func(t *tally) { t.wrong = []string{"a.pdf is PAID"} }, "a.pdf is PAID"},
	} {
		broken := whole
		row.change(&broken)
		if err := broken.fault(); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", name, err, row.want)
		}
	}
}

func TestEachSampleIsHeldToItsOutcome(t *testing.T) {
	sample := paper.Sample{Name: "a.pdf", Invoices: []paper.Reading{{}, {Refused: true}}}
	var good, bad, failed tally
	good.add(sample, []contract.Outcome{{Outcome: contract.OutcomePaid}, {Outcome: contract.OutcomeRefused}})
	bad.add(sample, []contract.Outcome{{Outcome: contract.OutcomePaid}, {Outcome: contract.OutcomeFailed}})
	failed.add(paper.Sample{}, []contract.Outcome{{Outcome: contract.OutcomeFailed}})
	if len(good.wrong) != 0 || good.paid != 1 || good.refused != 1 || good.received != 2 || len(failed.wrong) != 0 || failed.failed != 1 {
		t.Errorf("%+v, %+v", good, failed)
	}
	if len(bad.wrong) != 1 || bad.wrong[0] != "a.pdf is PAID, FAILED, not PAID, REFUSED" {
		t.Errorf("%+v", bad)
	}
}
