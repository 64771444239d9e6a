package simulation

// This file goes through seeds.

import (
	"fmt"
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

// Explore runs each seed as a test of its own. One that fails is made small: it is
// run again with fewer and fewer inputs and faults and with shorter waits, until all
// that are left are needed, and told as a story. After some of them, which may take
// minutes each, others are told as they are.
//
// Of enough seeds, a kind of fault with a rate that never hit fails t: it proves
// nothing. It is told whether there were calls that it could have hit.
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
				if len(s.Failed) <= mostSmall {
					r = shrink(t, r, o)
				}
				t.Errorf("%s\n%s", r.Story(), o.replay(t, seed))
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

// mostSmall is how many failing seeds are made small.
const mostSmall = 5

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
