package simulation

// This file goes through seeds.

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
)

// Summary is what came of many runs.
type Summary struct {
	Seeds   int           // how many runs there were
	Failed  []uint64      // those with a violation
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
// nothing. It is told whether there were calls that it could have hit. And the first
// seed is run twice: if the traces differ, it says where.
func Explore(t *testing.T, seeds []uint64, o Options) Summary {
	t.Helper()
	s := Summary{Faults: map[Kind]int{}, Chances: map[Kind]int{}}
	var errands []errand
	for _, seed := range seeds {
		errands = append(errands, errand{Seed: seed, Twice: seed == seeds[0] && len(seeds) >= enough})
	}
	o.run(t, errands, o.explored(), func(i int, out report) {
		s.add(seeds[i], out)
		if o.Progress != nil {
			o.Progress(s)
		}
	})
	slices.Sort(s.Failed)
	if s.Seeds >= enough {
		for _, kind := range o.Faults.kinds() {
			if missed := s.missed(kind); missed != "" && !(o.sparing && s.Chances[kind] == 0) {
				t.Error(missed)
			}
		}
	}
	return s
}

// mostSmall is how many failing seeds a process makes small.
const mostSmall = 5

// explored makes runs of seeds.
func (o Options) explored() performer {
	failed := 0
	return func(t *testing.T, e errand, tell func(Shrinking)) report {
		r := Run(t, e.Seed, o)
		out := reportOf(r)
		if r.Err != nil {
			if failed++; failed <= mostSmall {
				r = shrink(t, r, o, tell)
			}
			out.Story = r.Story() + "\n" + o.replay(t, e.Seed)
		} else if e.Twice {
			out.Story = o.differs(t, r)
		}
		return out
	}
}

// differs runs a seed once more, on more threads,
// and tells where the traces differ, or nothing.
func (o Options) differs(t *testing.T, r Result) string {
	var again Result
	threads := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(threads + 3)
	defer runtime.GOMAXPROCS(threads)
	t.Run("once more", func(t *testing.T) { again = Run(t, r.Seed, o) })
	before, after := bytes.SplitAfter(r.Trace, []byte("\n")), bytes.SplitAfter(again.Trace, []byte("\n"))
	for i := range max(len(before), len(after)) {
		if a, b := line(before, i), line(after, i); a != b {
			return fmt.Sprintf("seed %d is not the same once more: line %d of its trace is\n  %s\nand then\n  %s\nSomething follows from more than the seed: calls in the order of a map, two goroutines at one moment, or a source of its own for what is random.", r.Seed, i+1, a, b)
		}
	}
	return ""
}

func line(lines [][]byte, i int) string {
	if i >= len(lines) {
		return "its end"
	}
	return string(bytes.TrimSuffix(lines[i], []byte("\n")))
}

func (s *Summary) add(seed uint64, out report) {
	s.Seeds++
	s.Virtual += out.Took
	for kind, n := range out.Faults {
		s.Faults[kind] += n
	}
	for kind, n := range out.Chances {
		s.Chances[kind] += n
	}
	if out.Story != "" {
		s.Failed = append(s.Failed, seed)
	}
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
