package webhooks

import "testing"

func TestAnAccountThatDoesNotAddUpIsAFault(t *testing.T) {
	right := tally{accepted: 19, forged: 1, recorded: 9, ordered: true, published: 9, duplicates: 9, rejected: 1}
	if err := right.fault(); err != nil {
		t.Error(err)
	}
	if got := right.account(); got != "received=19 published=9 duplicate=9 rejected=1 forged=1 recorded=9" {
		t.Error(got)
	}
	for name, break_ := range map[string]func(*tally){
		"lost": func(t *tally) { t.published-- }, "doubled": func(t *tally) { t.duplicates++ }, "not rejected": func(t *tally) { t.rejected = 0 },
		"forged": func(t *tally) { t.forged = 0 }, "not recorded": func(t *tally) { t.recorded-- }, "out of order": func(t *tally) { t.ordered = false },
	} {
		wrong := right
		if break_(&wrong); wrong.fault() == nil {
			t.Errorf("%s: no fault", name)
		}
	}
}
