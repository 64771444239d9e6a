package statemachines

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/states/statetest"
)

// settlementMachine is the settlement with mocks; what it takes counts.
func settlementMachine(t *testing.T) *statetest.Machine {
	m := statetest.New("settlement", Definition("b2b/settlement.asl.json"), nil)
	t.Cleanup(func() { count(m.Coverage()) })
	return m
}

func TestABrokenFileIsAcknowledgedAtOnce(t *testing.T) {
	run := settlementMachine(t).Run(t, statetest.Execution{
		Input: `{"fileId": "f", "reason": "no XML"}`,
		Mocks: statetest.Mocks{"Acknowledge file": {statetest.Gives(`{"Payload": {}}`)}},
	})
	if run.Status != "SUCCEEDED" || run.Took != 0 || slices.Contains(run.States(), "Tally outcomes") {
		t.Errorf("%+v", run)
	}
	if asked := string(run.Events[4].Details); !strings.Contains(asked, `QUARANTINED`) {
		t.Errorf("it is acknowledged by %s", asked)
	}
}

func TestAnOverdueFileIsSettledThoughItsInterimReplyFails(t *testing.T) {
	tally := func(settled string) statetest.Mock {
		return statetest.Gives(`{"Payload": {"settled": ` + settled + `, "totals": {"received": 1}}}`)
	}
	run := settlementMachine(t).Run(t, statetest.Execution{
		Input: `{"fileId": "f", "received": 1, "deadline": "1999-01-01T00:00:00Z"}`,
		Mocks: statetest.Mocks{
			"Tally outcomes":      {tally("false"), tally("true")},
			"Report overdue file": {statetest.Fails("Lambda.Unknown", "")},
			"Acknowledge file":    {statetest.Gives(`{"Payload": {}}`)},
		},
	})
	states := run.States()
	if run.Status != "SUCCEEDED" || !slices.Contains(states, "Report overdue file") || run.Took > 2*time.Hour {
		t.Errorf("%s %s after %s: %q", run.Status, run.Cause, run.Took, states)
	}
}

// What fails for a moment is tried again at once: neither round of waiting more, nor
// a reply less.
func TestWhatPassesCostsNoReply(t *testing.T) {
	busy := statetest.Fails("Lambda.TooManyRequestsException", "slow down")
	for state, fails := range map[string]int{"Tally outcomes": 3, "Report overdue file": 12, "Acknowledge file": 40} {
		t.Run(state, func(t *testing.T) {
			mocks := statetest.Mocks{
				"Tally outcomes": {
					statetest.Gives(`{"Payload": {"settled": false, "totals": {"received": 1}}}`), statetest.Gives(`{"Payload": {"settled": true, "totals": {"received": 1}}}`),
				},
				"Report overdue file": {statetest.Gives(`{"Payload": {}}`)},
				"Acknowledge file":    {statetest.Gives(`{"Payload": {}}`)},
			}
			mocks[state] = append(slices.Repeat([]statetest.Mock{busy}, fails), mocks[state]...)
			run := settlementMachine(t).Run(t, statetest.Execution{Input: `{"fileId": "f", "received": 1, "deadline": "1999-01-01T00:00:00Z"}`, Mocks: mocks})
			history, err := json.Marshal(run.Events)
			if err != nil {
				t.Fatal(err)
			}
			if replies := bytes.Count(history, []byte(`"TaskSucceeded"`)); run.Status != "SUCCEEDED" || replies != 4 {
				t.Errorf("%s %s: %d calls of %q were answered", run.Status, run.Cause, replies, run.States())
			}
		})
	}
}
