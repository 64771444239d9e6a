package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// checkPlaces finds what stands over something else, and lines that run the
// wrong way.
func checkPlaces(t testing.TB, p *picture) {
	t.Helper()
	type area struct {
		what                     string
		left, top, right, bottom int
	}
	var areas []area
	for _, layer := range p.layers {
		for _, v := range layer {
			switch {
			case v.state != nil:
				areas = append(areas, area{v.state.State.Name, v.x - v.width/2, v.y, v.x + v.width/2, v.y + v.height})
				for _, part := range v.state.parts {
					checkPlaces(t, part)
					if part.width > v.width-2*partPadding || part.height > v.height-v.state.header {
						t.Errorf("a part of %q does not fit into it", v.state.State.Name)
					}
				}
			case v.label != nil:
				areas = append(areas, area{fmt.Sprint(v.label.lines), v.x - v.width/2, v.y, v.x + v.width/2, v.y + v.height})
			default:
				areas = append(areas, area{"a line", v.x, v.top, v.x, v.bottom})
			}
		}
	}
	for _, l := range p.itself {
		side := l.from.x + l.from.width/2
		areas = append(areas, area{"the loop of " + l.from.state.State.Name, side, l.from.y, side + selfLoop + l.label.room(), l.from.y + l.from.state.header})
	}
	for i, a := range areas {
		if a.left < 0 || a.top < startRoom || a.right > p.width || a.bottom > p.height-endRoom {
			t.Errorf("%s is outside of the picture", a.what)
		}
		for _, b := range areas[i+1:] {
			if a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom {
				t.Errorf("%s and %s stand over each other", a.what, b.what)
			}
		}
	}
	for _, l := range p.lines {
		for _, s := range l.steps {
			if s.to.layer != s.from.layer+1 || s.to.top <= s.from.bottom {
				t.Errorf("a step from %q to %q does not lead to the next layer", l.from.state.State.Name, l.to.state.State.Name)
			}
		}
	}
}

func TestNothingStandsOverSomethingElse(t *testing.T) {
	checkPlaces(t, lay(nested(t)))
}

// random is a machine with so many states and about twice as many transitions,
// most of which do not lead far.
func random(source *rand.Rand, states int) *Machine {
	m := &Machine{StartAt: "State 0"}
	for i := range states {
		s := &State{Name: fmt.Sprintf("State %d", i), Type: "Task", Does: "Task", Ends: i == states-1}
		if i+1 < states {
			s.lead(Transition{To: fmt.Sprintf("State %d", i+1)})
		}
		if source.IntN(3) > 0 {
			s.lead(Transition{To: fmt.Sprintf("State %d", min(states-1, max(0, i+source.IntN(17)-8))), Catch: source.IntN(2) == 0, When: []string{strings.Repeat("x", source.IntN(30)+1)}})
		}
		if source.IntN(8) == 0 {
			s.Parts = []*Machine{random(source, 1+source.IntN(3))}
		}
		m.States = append(m.States, s)
	}
	return m
}

func TestMachinesAtRandomAreLaidOutWithoutOverlap(t *testing.T) {
	for seed := range uint64(200) {
		source := rand.New(rand.NewPCG(seed, 1))
		checkPlaces(t, lay(random(source, 1+source.IntN(24))))
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

func TestAMachineOfAHundredStatesIsLaidOutWithoutOverlap(t *testing.T) {
	checkPlaces(t, lay(random(rand.New(rand.NewPCG(1, 2)), 100)))
}

// A console draws while somebody waits.
func BenchmarkAMachineOfTwoHundredStates(b *testing.B) {
	for b.Loop() {
		lay(random(rand.New(rand.NewPCG(1, 2)), 200))
	}
}

func TestTheUsualWayIsAStraightLine(t *testing.T) {
	p := lay(nested(t))
	at := make(map[string]int)
	for _, v := range p.states {
		at[v.state.State.Name] = v.x
	}
	for _, name := range []string{"All well?", "Each line", "Done"} {
		if at[name] != at["Check both"] {
			t.Errorf("%q is at %d, %q at %d", name, at[name], "Check both", at["Check both"])
		}
	}
}

func TestALoopRunsAtTheSide(t *testing.T) {
	for _, l := range lay(nested(t)).lines {
		if want := l.from.state.State.Name == "All well?" && l.transition.To == "Check both"; l.loop != want {
			t.Errorf("%s > %s: loop is %t", l.from.state.State.Name, l.transition.To, l.loop)
		}
		if !l.loop {
			continue
		}
		for _, s := range []*step{l.steps[0], l.steps[len(l.steps)-1]} {
			for _, end := range []struct {
				v      *vertex
				offset int
			}{{s.from, s.leave}, {s.to, s.enter}} {
				if end.v.state != nil && max(end.offset, -end.offset) < end.v.width/2+sidePort {
					t.Errorf("it touches %q %d from the middle", end.v.state.State.Name, end.offset)
				}
			}
		}
	}
}

func TestLinesDoNotCrossWhereTheyNeedNot(t *testing.T) {
	// as written, B's and C's lines would cross
	m, err := Read([]byte(`{"StartAt": "A", "States": {
		"A": {"Choices": [{"Condition": "b", "Next": "B"}, {"Condition": "c", "Next": "C"}], "Default": "D"},
		"B": {"Next": "F"}, "C": {"Next": "E"}, "D": {"Next": "E"}, "E": {"Type": "Fail"}, "F": {"Type": "Fail"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if n := lay(m).crossings(); n != 0 {
		t.Errorf("%d crossings", n)
	}
}

func TestLayersThatAreTooWideGiveTheirLastStatesAway(t *testing.T) {
	m := &Machine{StartAt: "Choose"}
	choose := &State{Name: "Choose", Type: "Choice"}
	m.States = append(m.States, choose)
	for i := range 8 {
		name := fmt.Sprintf("An end that has a long name %d", i)
		choose.lead(Transition{To: name})
		m.States = append(m.States, &State{Name: name, Type: "Fail", Ends: true})
	}
	p := lay(m)
	checkPlaces(t, p)
	for layer := range p.layers {
		width := 0
		for _, v := range p.states {
			if v.layer == layer {
				width += v.width
			}
		}
		if width > widestLayer {
			t.Errorf("layer %d is %d wide", layer, width)
		}
	}
}

// The answer costs as little as the best that trying finds.
func TestAssignCostsTheLeast(t *testing.T) {
	for seed := range uint64(300) {
		source := rand.New(rand.NewPCG(seed, 3))
		n := 2 + source.IntN(4)
		var arcs []arc
		for range 1 + source.IntN(7) {
			tail := source.IntN(n - 1)
			head := tail + 1 + source.IntN(n-tail-1)
			arcs = append(arcs, arc{tail, head, source.IntN(3), source.IntN(5)})
		}
		got := cost(arcs, assign(n, arcs))
		if want := cheapest(n, arcs, nil, 2*n); got != want {
			t.Fatalf("seed %d: %v costs %d, want %d", seed, arcs, got, want)
		}
	}
}

// cost is MaxInt for numbers that are no answer.
func cost(arcs []arc, at []int) int {
	total := 0
	for _, a := range arcs {
		beyond := at[a.head] - at[a.tail] - a.length
		if beyond < 0 {
			return math.MaxInt
		}
		total += a.weight * (beyond + a.length)
	}
	return total
}

func cheapest(n int, arcs []arc, at []int, most int) int {
	if len(at) == n {
		return cost(arcs, at)
	}
	best := math.MaxInt
	for i := range most + 1 {
		best = min(best, cheapest(n, arcs, append(at[:len(at):len(at)], i), most))
	}
	return best
}
