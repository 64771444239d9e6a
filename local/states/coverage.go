// This file counts the ways that executions take.

package states

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/tradepost-dev/tradepost/local/states/coverage"
)

// An arm is a way on from a state; the zero value is its Next, or its end.
type arm struct {
	kind  armKind
	index int
}

type armKind byte

const (
	onwards armKind = iota
	byRule          // of a Choice
	byDefault
	byRetry
	byCatch
	entered // not a way on, but into the state
)

// ways counts the arms that executions of a revision have taken. Nil counts nothing.
type ways struct {
	mu    sync.Mutex
	taken map[way]int
}

type way struct {
	state *base
	arm   arm
}

func newWays() *ways { return &ways{taken: map[way]int{}} }

func (w *ways) take(s *base, a arm) {
	if w == nil {
		return
	}
	w.mu.Lock()
	w.taken[way{s, a}]++
	w.mu.Unlock()
}

// coverage tells what was taken of a definition.
func (w *ways) coverage(g *graph) []coverage.State {
	w.mu.Lock()
	defer w.mu.Unlock()
	var states []coverage.State
	for s := range g.all() {
		b := s.common()
		told := coverage.State{Name: b.name, Type: b.kind, Entered: w.taken[way{b, arm{kind: entered}}], Arms: []coverage.Arm{}}
		for _, known := range armsOf(s) {
			known.told.Taken = w.taken[way{b, known.arm}]
			told.Arms = append(told.Arms, known.told)
		}
		states = append(states, told)
	}
	return states
}

// a knownArm is an arm that a definition has.
type knownArm struct {
	arm
	told coverage.Arm
}

// armed are states with arms beside their Next.
type armed interface{ arms() []knownArm }

// armsOf returns the arms of a state. A Fail state has none.
func armsOf(s state) []knownArm {
	var arms []knownArm
	switch b := s.common(); {
	case b.next != "":
		arms = append(arms, knownArm{told: coverage.Arm{Place: "Next", To: b.next}})
	case b.kind != kindChoice && b.kind != kindFail:
		arms = append(arms, knownArm{told: coverage.Arm{Place: "End"}})
	}
	if a, ok := s.(armed); ok {
		arms = append(arms, a.arms()...)
	}
	return arms
}

func (s *choice) arms() []knownArm {
	var arms []knownArm
	for i, r := range s.rules {
		arms = append(arms, knownArm{arm{byRule, i}, coverage.Arm{Place: fmt.Sprintf("Choices[%d]", i), To: r.next}})
	}
	if s.otherwise != "" {
		arms = append(arms, knownArm{arm{kind: byDefault}, coverage.Arm{Place: "Default", To: s.otherwise}})
	}
	return arms
}

func (g *guard) arms() []knownArm {
	var arms []knownArm
	for i, r := range g.retriers {
		if r.attempts > 0 { // otherwise it is there to keep the others from trying
			arms = append(arms, knownArm{arm{byRetry, i}, coverage.Arm{Place: fmt.Sprintf("Retry[%d]", i), When: strings.Join(r.errors, ", ")}})
		}
	}
	for i, c := range g.catchers {
		arms = append(arms, knownArm{arm{byCatch, i}, coverage.Arm{Place: fmt.Sprintf("Catch[%d]", i), To: c.next, When: strings.Join(c.errors, ", ")}})
	}
	return arms
}

// Coverage tells, by name, what executions took of each state machine as it is now,
// in this run of the engine.
func (s *StepFunctions) Coverage() []coverage.Machine {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var machines []coverage.Machine
	for _, m := range s.machines {
		r := m.current.Load()
		machines = append(machines, coverage.Machine{Name: m.name, States: r.ways.coverage(r.definition.graph), Definition: r.text})
	}
	slices.SortFunc(machines, func(a, b coverage.Machine) int { return cmp.Compare(a.Name, b.Name) })
	return machines
}

// Uncovered is the coverage of a definition that nothing has run of. Whether the
// engine has what its tasks name does not matter.
func Uncovered(name, definition string) (coverage.Machine, error) {
	d, err := parse(definition, false, resolver{mocked: true})
	if err != nil {
		return coverage.Machine{}, err
	}
	return coverage.Machine{Name: name, States: newWays().coverage(d.graph), Definition: definition}, nil
}

// Await waits until an execution of a Standard machine has ended.
func (s *StepFunctions) Await(ctx context.Context, arn string) error {
	e, err := s.existing(arn)
	if err != nil || e.live == nil {
		return err
	}
	select {
	case <-e.live.done():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
