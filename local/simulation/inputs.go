package simulation

// This file has what a scenario asks its World for: the inputs that it hands over,
// and the time that it gives them. Of a run that fails, a part is run again.

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Keep tells whether the scenario hands over an input. It does, unless a failure is
// looked for without it: so a scenario asks for each input that others do not depend
// on, and its properties want what came of those that were kept.
//
// An input goes by a name that a reader of the story knows it by. Asked once more,
// the answer is the same.
func (w *World) Keep(input string) bool { return w.run.diary.keep(input) }

// Wait waits, as time.Sleep does. A failure that takes less time is looked for with
// shorter waits: down to where the scenario still holds if nothing happens. In real
// time it does not wait.
func (w *World) Wait(d time.Duration) {
	if w.run.network != nil {
		time.Sleep(w.run.diary.wait(d))
	}
}

// Step is one of those that a scenario took by its World.
type Step struct {
	At   time.Duration // since the scenario began
	Kind string        // "input", "wait" or "calm"
	What string        // the input's name, or how long it waits
}

// part is what of a run is to happen. The zero value is all of it.
type part struct {
	out    map[string]bool       // inputs that are left out
	waits  map[int]time.Duration // shorter ones than the scenario's, by their numbers
	faults func(Fault) bool      // which may hit; nil: all
}

// key is the same of parts that have the same inputs and waits.
func (p part) key() string { return fmt.Sprintf("%q %v", slices.Sorted(maps.Keys(p.out)), p.waits) }

// without is a part with more inputs left out.
func (p part) without(inputs []string) part {
	out := map[string]bool{}
	maps.Copy(out, p.out)
	for _, input := range inputs {
		out[input] = true
	}
	p.out = out
	return p
}

// waiting is a part whose nth wait is a shorter one.
func (p part) waiting(n int, shorter time.Duration) part {
	waits := map[int]time.Duration{}
	maps.Copy(waits, p.waits)
	waits[n] = shorter
	p.waits = waits
	return p
}

func noFault(Fault) bool { return false }

// diary is what a scenario has done so far.
type diary struct {
	part part
	only []string // inputs that are handed over; nil: all

	mu     sync.Mutex
	began  time.Time
	steps  []Step
	inputs []string // that were kept
	waits  []time.Duration
}

func (d *diary) begin() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.began = time.Now()
}

func (d *diary) keep(input string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.part.out[input] || d.only != nil && !slices.Contains(d.only, input) {
		return false
	}
	if !slices.Contains(d.inputs, input) {
		d.inputs = append(d.inputs, input)
		d.note("input", input)
	}
	return true
}

// wait tells how long a wait of the scenario's is.
func (d *diary) wait(asked time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	took, shorter := d.part.waits[len(d.waits)]
	if d.waits = append(d.waits, asked); !shorter {
		d.note("wait", asked.String())
		return asked
	}
	d.note("wait", fmt.Sprintf("%v, not %v", took, asked))
	return took
}

func (d *diary) calm() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.note("calm", "")
}

func (d *diary) note(kind, what string) {
	d.steps = append(d.steps, Step{time.Since(d.began), kind, what})
}
