package policyguard

import (
	"strings"
	"testing"
)

func TestTheAccountFailsForWhateverIsMissing(t *testing.T) {
	whole := tally{rolledBack: 2, restored: 1, kept: 1, leftAlone: 1}
	if err := whole.fault(); err != nil || whole.account() != "rolledback=2 restored=1 kept=1 leftalone=1" {
		t.Errorf("%s: %v", whole.account(), err)
	}
	for name, change := range map[string]func(*tally){
		"a rollback": func(t *tally) { t.rolledBack-- }, "a restoration": func(t *tally) { t.restored-- },
		"a denial": func(t *tally) { t.kept-- }, "a harmless one": func(t *tally) { t.leftAlone-- },
	} {
		broken := whole
		change(&broken)
		if err := broken.fault(); err == nil || !strings.Contains(err.Error(), broken.account()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
