package simulation

// This file goes through seeds, and makes the failing ones small.

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Summary is what came of many seeds.
type Summary struct {
	Seeds   int
	Failed  []uint64
	Virtual time.Duration // of all clocks together
	Faults  map[Kind]int  // how many hit
	Chances map[Kind]int  // how many calls they could hit
}

// Explore runs each seed as a test of its own. One that fails is run again with
// fewer and fewer of its faults, until all that are left are needed, and told as a
// story. Of enough seeds, a kind of fault with a rate that never hit fails t: it
// proves nothing. It is told whether there were calls that it could have hit.
func Explore(t *testing.T, seeds []uint64, o Options) Summary {
	t.Helper()
	s := Summary{Faults: map[Kind]int{}, Chances: map[Kind]int{}}
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			r := Run(t, seed, o)
			s.Seeds++
			s.Virtual += r.Took
			for _, f := range r.Faults {
				s.Faults[f.Kind]++
			}
			for kind, n := range r.Chances {
				s.Chances[kind] += n
			}
			if r.Err != nil {
				s.Failed = append(s.Failed, seed)
				t.Error(shrink(t, r, o).Story())
			}
		})
		if o.Progress != nil {
			o.Progress(s)
		}
	}
	if len(seeds) >= enough {
		for _, kind := range o.Faults.kinds() {
			if missed := s.missed(kind); missed != "" {
				t.Error(missed)
			}
		}
	}
	return s
}

// enough is how many seeds should see every kind of fault.
const enough = 20

// missed tells why nothing is proved of a kind of fault, or nothing if it has hit.
func (s Summary) missed(kind Kind) string {
	switch {
	case s.Faults[kind] > 0:
		return ""
	case s.Chances[kind] == 0:
		return fmt.Sprintf("no call can be hit by %q: nothing is proved of it, and it needs no rate", kind)
	}
	return fmt.Sprintf("no call was hit by %q in %d seeds, of %d that it could hit: nothing is proved of it", kind, s.Seeds, s.Chances[kind])
}

// Story tells a failed run to a person.
func (r Result) Story() string {
	var story strings.Builder
	fmt.Fprintf(&story, "seed %d: %v\n", r.Seed, r.Err)
	switch len(r.Faults) {
	case 0:
		story.WriteString("It takes no fault.")
	default:
		story.WriteString("It takes these faults:")
	}
	for _, f := range r.Faults {
		fmt.Fprintf(&story, "\n  after %v %s: %s", f.At, f.Kind, f.Call)
	}
	return story.String()
}

// mostRuns bounds what is spent on making one seed small.
const mostRuns = 100

// shrink finds a failing run with as few faults as it takes: of those that are left
// none can be left out.
func shrink(t *testing.T, failed Result, o Options) Result {
	t.Helper()
	runs := 0
	try := func(kept []Fault) (again Result, fails bool) {
		runs++
		t.Run(fmt.Sprintf("with %d faults", len(kept)), func(t *testing.T) {
			again = simulate(t, failed.Seed, o, func(f Fault) bool {
				return slices.ContainsFunc(kept, func(k Fault) bool { return k.Kind == f.Kind && k.Call == f.Call })
			})
		})
		return again, again.Err != nil
	}
	for size := (len(failed.Faults) + 1) / 2; size > 0 && runs < mostRuns; {
		smaller := false
		for from := 0; from < len(failed.Faults) && runs < mostRuns; {
			kept := slices.Delete(slices.Clone(failed.Faults), from, min(from+size, len(failed.Faults)))
			if again, fails := try(kept); fails {
				failed, smaller = again, true
			} else {
				from += size
			}
		}
		if !smaller {
			size /= 2
		}
	}
	return failed
}
