package simulation

// This file goes through everything that can happen to one call, call by call.

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Reach is how much of what happens at a site one fault of a run hits.
type Reach string

const (
	// Once is one attempt of one call.
	Once Reach = "once"

	// Visit is each such call of one invocation of a function, as when its SDK gives
	// up: it hears of the failure.
	Visit Reach = "throughout an invocation"

	// Outage is each such call from then on, until the scenario calls for calm.
	Outage Reach = "from then on"
)

// trial is one run: what hits which call.
type trial struct {
	Site  Site
	Nth   int // of the site's calls
	Kind  Kind
	Reach Reach
}

func (t trial) String() string {
	return fmt.Sprintf("%v, call %d: %s %s", t.Site, t.Nth, t.Kind, t.Reach)
}

// plan decides of a run's faults by where calls are made. Without a trial nothing
// happens, and it notes what could. A nil plan does nothing.
type plan struct {
	trial *trial

	calls  map[Site]int
	inside map[Site]bool                // whether functions' handlers call
	could  map[Site]map[Kind][]int      // the calls that a fault can hit, by their numbers
	visit  *lambdacontext.LambdaContext // the invocation of the trial's call
}

// spot is a call at its site.
type spot struct {
	site  Site
	nth   int
	visit *lambdacontext.LambdaContext // the invocation that makes it; nil: none does
}

// start prepares for a run.
func (p *plan) start() {
	if p != nil {
		p.calls, p.inside, p.could, p.visit = map[Site]int{}, map[Site]bool{}, map[Site]map[Kind][]int{}, nil
	}
}

// spot counts a call of a site, by an invocation if there is one.
func (p *plan) spot(at Site, invocation *lambdacontext.LambdaContext) *spot {
	s := &spot{site: at, visit: invocation}
	if invocation != nil {
		p.inside[s.site] = true
	}
	p.calls[s.site]++
	s.nth = p.calls[s.site]
	if p.trial != nil && s.site == p.trial.Site && s.nth == p.trial.Nth {
		p.visit = s.visit
	}
	return s
}

// due tells whether a kind of fault hits a call.
func (p *plan) due(s *spot, kind Kind) bool {
	switch {
	case s == nil: // from before the scenario
		return false
	case p.trial == nil:
		if p.could[s.site] == nil {
			p.could[s.site] = map[Kind][]int{}
		}
		p.could[s.site][kind] = append(p.could[s.site][kind], s.nth)
		return false
	case s.site != p.trial.Site || kind != p.trial.Kind:
		return false
	}
	switch p.trial.Reach {
	case Visit:
		return p.visit != nil && s.visit == p.visit && s.nth >= p.trial.Nth
	case Outage:
		return s.nth >= p.trial.Nth
	}
	return s.nth == p.trial.Nth
}

// Exhaust runs the scenario undisturbed, and then once for each call that was made
// in it and each of the options' faults that can hit the call, with this fault and
// no other. Rates are none here: each kind that has one is tried. What the scenario
// finds is a violation, and fails t.
//
// Of the calls of one site the first and the last are hit, each by itself; and in
// further runs, from the first on, all that a function makes in one invocation, and
// all until the scenario calls for calm.
func Exhaust(t *testing.T, seed uint64, o Options) Matrix {
	t.Helper()
	m := survey(t, seed, o)
	var cells []*Cell
	var errands []errand
	for _, row := range m.Rows {
		for _, kind := range m.Kinds {
			if c := row.Cells[kind]; c != nil {
				for _, trial := range c.trials {
					cells, errands = append(cells, c), append(errands, errand{Seed: seed, Trial: &trial})
				}
			}
		}
	}
	made := Summary{Faults: map[Kind]int{}, Chances: map[Kind]int{}}
	o.run(t, errands, func(t *testing.T, e errand, _ func(Shrinking)) report {
		o := o
		o.plan = &plan{trial: e.Trial}
		r := Run(t, e.Seed, o)
		out := reportOf(r)
		if r.Err != nil {
			out.Story = fmt.Sprintf("%v:\n%v", e.Trial, r.Err)
		}
		return out
	}, func(i int, out report) {
		cells[i].add(out)
		made.add(seed, out)
		if o.Progress != nil {
			o.Progress(made)
		}
	})
	return m
}

// Survey is the matrix of what Exhaust tries, as if everything held: one run.
func Survey(t *testing.T, seed uint64, o Options) Matrix {
	t.Helper()
	m := survey(t, seed, o)
	for _, row := range m.Rows {
		for _, c := range row.Cells {
			c.Held = len(c.trials)
		}
	}
	return m
}

func survey(t *testing.T, seed uint64, o Options) Matrix {
	t.Helper()
	o.plan = &plan{}
	if r := Run(t, seed, o); r.Err != nil { // in no test of its own, which -test.run would leave out
		t.Fatal(r.Err)
	}
	m := Matrix{Kinds: o.Faults.kinds()}
	for site, could := range o.plan.could {
		row := Row{site, map[Kind]*Cell{}}
		for _, kind := range m.Kinds {
			if calls := could[kind]; len(calls) > 0 {
				row.Cells[kind] = &Cell{trials: o.trials(site, kind, calls)}
			}
		}
		if len(row.Cells) > 0 {
			m.Rows = append(m.Rows, row)
		}
	}
	slices.SortFunc(m.Rows, func(a, b Row) int { return a.Site.compare(b.Site) })
	return m
}

// trials are the runs for calls of a site.
func (o Options) trials(site Site, kind Kind, calls []int) (all []trial) {
	reaches := o.Reaches
	if reaches == nil {
		reaches = []Reach{Once, Visit, Outage}
	}
	first, last := calls[0], calls[len(calls)-1]
	for _, reach := range reaches {
		if reach == Visit && !(o.plan.inside[site] && repeatable[kind]) {
			continue
		}
		all = append(all, trial{site, first, kind, reach})
		if reach == Once && last != first {
			all = append(all, trial{site, last, kind, reach})
		}
	}
	return all
}

// repeatable are the faults after which a function goes on, and may try again.
var repeatable = map[Kind]bool{Refused: true, Throttled: true, Lost: true}

// add notes what came of a run.
func (c *Cell) add(out report) {
	switch {
	case out.Story != "":
		c.Violated = append(c.Violated, out.Story)
	case len(out.Faults) == 0:
		c.Missed++
	default:
		c.Held++
	}
}
