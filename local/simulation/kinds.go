package simulation

// This file tells the kinds of faults, and how often each is.

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Kind is what can happen to a call.
type Kind string

const (
	// Refused: the call fails before it has an effect, as the service's own fault.
	Refused Kind = "refused"

	// Throttled: the call fails before it has an effect, as one too many.
	Throttled Kind = "throttled"

	// Lost: the call takes effect, and its caller hears that it failed.
	Lost Kind = "answer lost"

	// Died: the function dies before the call.
	Died Kind = "died before"

	// DiedAfter: the function dies when the call has taken effect.
	DiedAfter Kind = "died after"

	// Slow: the call takes longer than its function may.
	Slow Kind = "slow"

	// Repeated: what an AWS service delivers (an event, a notification) comes
	// one to four times more, each up to a minute later.
	Repeated Kind = "delivered again"

	// Forgotten: a message that was deleted from a queue is received once more.
	Forgotten Kind = "delete forgotten"

	// Cut: a queue answers fewer messages than there are.
	Cut Kind = "batch cut"

	// Burst: all calls of a table, a queue, a function, a stream, or of another
	// service, are refused for up to half a minute as too many.
	Burst Kind = "throttled for a while"

	// InPart: some entries of a batch fail, and the answer says which. A few of
	// them take effect all the same; not those that DynamoDB has not processed.
	InPart Kind = "failed in part"

	// Tardy: the call takes effect, and its answer comes up to 40 seconds later.
	Tardy Kind = "answer late"

	// Late: an event, a notification, a schedule, or a message of a standard queue
	// comes up to a minute later.
	Late Kind = "delivered late"

	// Twice: an Express execution runs a second time, up to a minute later.
	Twice Kind = "started twice"

	// Shuffled: messages of a standard queue are received in any order.
	Shuffled Kind = "shuffled"

	// Expired: received messages become visible again within a few seconds, while
	// whoever received them is still at work.
	Expired Kind = "visibility ran out"

	// Unheard: messages are received, and whoever received them does not hear of it: they
	// are hidden until their visibility ends, and count as received.
	Unheard Kind = "receipt lost"

	// Starved: a function takes no batches of an event source for up to ten minutes,
	// since its concurrency is used up.
	Starved Kind = "function throttled"

	// Stale: a read that is not strongly consistent sees what was there up to a
	// second ago.
	Stale Kind = "stale read"

	// Paged: a call that answers in pages gives one to three entries, and where to
	// go on.
	Paged Kind = "small page"

	// Broken: a connection that a client has opened by World.Dial breaks off when it
	// has sent 4 to 128 KiB.
	Broken Kind = "connection broken off"

	// Unnoticed: the server takes a connection that has broken off for open, for up
	// to five minutes more.
	Unnoticed Kind = "break unnoticed"
)

// Rates are shares of the calls that a fault can hit, from 0 to 1.
type Rates map[Kind]float64

func (r Rates) check() error {
	for kind, rate := range r {
		if _, known := Storm()[kind]; !known {
			return fmt.Errorf("the options have a rate of %q, which is no kind of fault: there are %s", kind, slices.Sorted(maps.Keys(Storm())))
		}
		if rate < 0 || rate > 1 {
			return fmt.Errorf("the options have a rate of %v for %q: give 0 to 1", rate, kind)
		}
	}
	return nil
}

// Storm is every kind of fault, often enough that a run of some hundred calls
// meets most of them.
func Storm() Rates {
	return Rates{
		Refused: 0.03, Throttled: 0.03, Burst: 0.003, Lost: 0.03, Tardy: 0.01, Slow: 0.005, Died: 0.02, DiedAfter: 0.02, InPart: 0.1,
		Repeated: 0.2, Late: 0.1, Twice: 0.2, Forgotten: 0.1, Cut: 0.3, Shuffled: 0.5, Expired: 0.1, Unheard: 0.05, Starved: 0.02, Stale: 0.3, Paged: 0.3, Broken: 0.3, Unnoticed: 0.5,
	}
}

func (r Rates) kinds() []Kind {
	var kinds []Kind
	for kind, rate := range r {
		if rate > 0 {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// Fault is one that hit a call.
type Fault struct {
	Kind Kind
	Call string        // who called what, the input's digest, and which of those that are alike
	Site Site          // where it was made
	At   time.Duration // since the scenario began
}

func (f Fault) String() string { return fmt.Sprintf("%v %s %s", f.At, f.Kind, f.Call) }
