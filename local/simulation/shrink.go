package simulation

// This file makes a failing run small: fewer inputs, fewer faults, less time.

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// mostRuns bounds what is spent on making one seed small.
const mostRuns = 300

// Shrinking is how small a failing seed has been made so far.
type Shrinking struct {
	Seed   uint64
	Runs   int           // that were made of it
	Inputs int           // that are left
	Faults int           // that are left
	Took   time.Duration // of the virtual clock, for what is left
}

func (s Shrinking) String() string {
	return fmt.Sprintf("seed %d is made small: %d inputs and %d faults left, within %v, after %d runs", s.Seed, s.Inputs, s.Faults, s.Took.Round(time.Second), s.Runs)
}

// shrinker has the smallest failing run so far. A smaller one is tried only if it
// holds when nothing happens: otherwise it would fail for what is missing.
type shrinker struct {
	t     *testing.T
	o     Options // with rates as they are now
	seed  uint64
	draw  uint64 // the seed that the faults follow from now
	small Result
	part  part // of small
	bare  bool // it takes no fault
	runs  int
	tell  func(Shrinking)
	holds map[string]bool // parts, whether they hold when nothing happens
}

// shrink finds a failing run of which nothing that is left can be left out: first of
// those in which everything else of the seed may happen, then of those that have
// nothing but such faults as it takes, at other calls of the same kind.
func shrink(t *testing.T, failed Result, o Options, tell func(Shrinking)) Result {
	t.Helper()
	s := &shrinker{t: t, o: o, seed: failed.Seed, draw: failed.Seed, small: failed, tell: tell, holds: map[string]bool{}}
	if r := s.run(part{faults: noFault}); r.Err != nil {
		s.small, s.part, s.bare = r, part{faults: noFault}, true
	}
	if s.bare {
		s.fewerInputs(s.alike)
	} else {
		s.fewerInputs(s.again)
		s.fewerFaults()
		s.fewerInputs(s.elsewhere())
		s.fewerFaults()
		s.shorterWaits()
	}
	return s.small
}

// run runs a part. Once there were too many, nothing fails any more.
func (s *shrinker) run(p part) (r Result) {
	if s.runs++; s.runs > mostRuns {
		return Result{}
	}
	s.t.Run(fmt.Sprint("smaller ", s.runs), func(t *testing.T) { r = simulate(t, s.draw, s.o, p) })
	r.Seed = s.seed
	s.tell(Shrinking{s.seed, s.runs, len(s.small.inputs), len(s.small.Faults), s.small.Took})
	return r
}

// fewer leaves out halves, then quarters, and so on, until nothing that is left can
// be left out.
func fewer(left func() int, without func(from, to int) bool) {
	for size := (left() + 1) / 2; size > 0; {
		smaller := false
		for from := 0; from < left(); {
			if without(from, min(from+size, left())) {
				smaller = true
			} else {
				from += size
			}
		}
		if !smaller {
			size /= 2
		}
	}
}

// fewerInputs leaves out inputs, in runs that are made of a part.
func (s *shrinker) fewerInputs(run func(part) Result) {
	needed := map[string]bool{} // parts that have been tried in vain
	fewer(func() int { return len(s.small.inputs) }, func(from, to int) bool {
		p := s.part.without(s.small.inputs[from:to])
		if key := p.key(); !needed[key] {
			needed[key] = !s.try(p, run)
			return !needed[key]
		}
		return false
	})
}

// try takes a part that holds when nothing happens, and fails otherwise.
func (s *shrinker) try(p part, run func(part) Result) bool {
	if !s.bare && !s.sound(p) {
		return false
	}
	r := run(p)
	if r.Err == nil {
		return false
	}
	s.small, s.part = r, p
	return true
}

// sound tells whether a part holds when nothing happens.
func (s *shrinker) sound(p part) bool {
	key := p.key()
	if _, known := s.holds[key]; !known {
		p.faults = noFault
		s.holds[key] = s.run(p).Err == nil
	}
	return s.holds[key]
}

// again runs a part with all of the seed's faults.
func (s *shrinker) again(p part) Result { return s.run(p) }

// alike runs a part with other inputs, and tells of it only if it fails as the
// smallest one does.
func (s *shrinker) alike(p part) Result {
	if r := s.run(p); s.same(r, ids, numbers) {
		return r
	}
	return Result{}
}

// fewerFaults leaves out faults, but not all of them.
func (s *shrinker) fewerFaults() {
	fewer(func() int { return len(s.small.Faults) }, func(from, to int) bool {
		if to-from == len(s.small.Faults) {
			return false
		}
		p := s.part
		p.faults = among(slices.Delete(slices.Clone(s.small.Faults), from, to))
		r := s.run(p)
		if r.Err == nil {
			return false
		}
		s.small = r
		return true
	})
}

// among lets certain faults hit.
func among(faults []Fault) func(Fault) bool {
	return func(f Fault) bool {
		return slices.ContainsFunc(faults, func(k Fault) bool { return k.Kind == f.Kind && k.Call == f.Call })
	}
}

// Where inputs are missing, other ids are drawn, and calls are made with them: a
// fault that is known by its call does not come again. So it is looked for in more
// than one draw, in which what is left of the kinds hits the same sites more often.
const (
	draws = 8
	often = 0.2
)

// elsewhere runs parts with faults of the kinds that are left, at the sites where
// they are.
func (s *shrinker) elsewhere() func(part) Result {
	type what struct {
		kind Kind
		site Site
	}
	known := map[what]bool{}
	rates := maps.Clone(s.o.Faults)
	for _, f := range s.small.Faults {
		known[what{f.Kind, f.Site}] = true
		rates[f.Kind] = max(rates[f.Kind], often)
	}
	return func(p part) Result {
		p.faults = func(f Fault) bool { return known[what{f.Kind, f.Site}] }
		faults, draw := s.o.Faults, s.draw
		s.o.Faults = rates
		for n := range uint64(draws) {
			s.draw = s.seed + n<<32
			if r := s.alike(p); r.Err != nil {
				return r
			}
		}
		s.o.Faults, s.draw = faults, draw
		return Result{}
	}
}

// What differs from run to run: ids and times; and with fewer inputs, numbers.
var (
	ids     = regexp.MustCompile(`[\pL\pN.:-]*(\pN[\pL.:-]|[\pL.:-]\pN)[\pL\pN.:-]*`)
	numbers = regexp.MustCompile(`\pN+`)
)

// same tells whether a run fails as the smallest one does: there is nothing wrong
// that was not, but for inputs' names and for what varies.
func (s *shrinker) same(r Result, vary ...*regexp.Regexp) bool {
	if r.Err == nil {
		return false
	}
	vary = append([]*regexp.Regexp{anyOf(s.small.inputs)}, vary...)
	known := wrong(s.small, vary)
	return !slices.ContainsFunc(wrong(r, vary), func(line string) bool { return !slices.Contains(known, line) })
}

// anyOf matches each of some names.
func anyOf(names []string) *regexp.Regexp {
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, regexp.QuoteMeta(name))
	}
	return regexp.MustCompile(`\b(` + strings.Join(quoted, "|") + `)\b`)
}

// wrong is what is wrong, by lines without what varies.
func wrong(r Result, vary []*regexp.Regexp) []string {
	text := r.Err.Error()
	for _, varies := range vary {
		text = varies.ReplaceAllString(text, "…")
	}
	return strings.Split(text, "\n")
}

// lengths are those that waits are cut down to.
var lengths = []time.Duration{0, time.Second, time.Minute, 10 * time.Minute, time.Hour, 24 * time.Hour}

// shorterWaits waits no longer than it takes to fail in the same way.
func (s *shrinker) shorterWaits() {
	kept := among(s.small.Faults)
	run := func(p part) Result {
		p.faults = kept
		if r := s.run(p); s.same(r, ids) {
			return r
		}
		return Result{}
	}
	for n := 0; n < len(s.small.waits); n++ {
		for _, shorter := range lengths {
			if shorter >= s.small.waits[n] || s.try(s.part.waiting(n, shorter), run) {
				break
			}
		}
	}
}
