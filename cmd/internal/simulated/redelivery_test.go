package simulated

// This file proves of every system that it may be told things more than once, late and
// in any order.

import (
	"fmt"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

// mostRedelivered is how many seeds of a system are, if many are simulated.
const mostRedelivered = 5

// told is how systems are proved to which AWS's services deliver, or of which functions
// receive messages. Of the other three, clients call APIs and wait.
var told = map[string]struct {
	options func(*testing.T) simulation.Options // nil: those of the matrix
	dear    bool                                // and left to make simulate
}{
	"b2b":      {options: handedOver}, // of two transactions of an id, the first one is stored
	"ordering": {}, "policyguard": {}, "training": {}, "invoices": {dear: true}, "webhooks": {dear: true},
}

func TestWhatIsDeliveredAgainLateAndInAnyOrderLeavesTheSameBehind(t *testing.T) {
	for _, system := range each {
		how, is := told[system.system]
		if !is || how.dear && !*loud {
			continue
		}
		t.Run(system.title, func(t *testing.T) {
			only(t, system.system)
			options, began := system.options, time.Now()
			if how.options != nil {
				options = how.options
			}
			o, chosen := options(t), []uint64{*first}
			for *loud && len(chosen) < min(*seeds, mostRedelivered) {
				chosen = append(chosen, *first+uint64(len(chosen)))
			}
			s := simulation.Idempotent(t, chosen, o)
			if *loud {
				fmt.Printf("%s: %d seeds redelivered, %d violations, %.0f seconds\n", system.system, s.Seeds, len(s.Failed), time.Since(began).Seconds())
			}
		})
	}
}

func TestNothingComesAgainToWhomNothingIsDelivered(t *testing.T) {
	for _, system := range each {
		if _, is := told[system.system]; is {
			continue
		}
		t.Run(system.title, func(t *testing.T) {
			only(t, system.system)
			r := simulation.Run(t, *first, system.options(t))
			for _, kind := range []simulation.Kind{simulation.Repeated, simulation.Twice, simulation.Forgotten, simulation.Shuffled, simulation.Expired} {
				if r.Chances[kind] > 0 {
					t.Errorf("%q can hit %d calls", kind, r.Chances[kind])
				}
			}
		})
	}
}
