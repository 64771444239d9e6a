package endtoend

import (
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local"
)

// The message of a test that waits in vain tells all there is to tell.
func TestHowThingsStandIsToldOfEveryMachineAndQueue(t *testing.T) {
	t.Parallel()
	d := anotherDesk(t, local.Options{})
	if err := d.Partners["acme"].Upload(deadline(t), "standing.xml", strings.NewReader(batch(record("standing-1", "x"), record("standing-2", "x")))); err != nil {
		t.Fatal(err)
	}
	wantTotals(t, reply(t, d.Partners["acme"], "standing.xml", ""), 2, 0, 0, 0)
	var got string
	eventually(t, "both executions of the workflow have succeeded", func() bool {
		got = standing(d.Laptop)
		return strings.Contains(got, ": 2 SUCCEEDED\n")
	})
	for line := range strings.Lines(got) {
		if !strings.HasPrefix(line, "state machine ") && !strings.HasPrefix(line, "queue ") {
			t.Errorf("could not find out: %s", line)
		}
	}
	if machines, queues := strings.Count(got, "state machine "), strings.Count(got, "queue "); machines < 2 || queues < 2 {
		t.Errorf("%d machines and %d queues in\n%s", machines, queues, got)
	}
}
