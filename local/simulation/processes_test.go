package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

// Twice in one test: each time, the processes have to come to the right place.
func TestProcessesSideBySideFindWhatOneFinds(t *testing.T) {
	o := simulation.Options{Assembly: app(t), Functions: store(put), Faults: simulation.Rates{simulation.Refused: 0.2, simulation.Lost: 0.2}, Scenario: hand}
	var found []simulation.Summary
	for _, seeds := range [][]uint64{{1, 2, 3}, {4, 5}} {
		for _, processes := range []int{0, 2} {
			o.Processes = processes
			found = append(found, simulation.Explore(t, seeds, o))
		}
	}
	for i := 0; i < len(found); i += 2 {
		if !reflect.DeepEqual(found[i], found[i+1]) || found[i].Faults[simulation.Lost] == 0 {
			t.Errorf("one process finds %+v, two %+v", found[i], found[i+1])
		}
	}
}

func TestProcessesSideBySideMakeTheSameMatrix(t *testing.T) {
	o := simulation.Options{Assembly: app(t), Functions: store(put), Faults: simulation.Rates{simulation.Refused: 1, simulation.Died: 1}, Scenario: two}
	want := simulation.Exhaust(t, 1, o).Markdown()
	o.Processes = 3
	if got := simulation.Exhaust(t, 1, o).Markdown(); got != want {
		t.Errorf("one process makes\n%s\nthree\n%s", want, got)
	}
}

func TestAViolationIsToldByTheProcessThatFoundIt(t *testing.T) {
	o := simulation.Options{Assembly: app(t), Functions: store(put), Processes: 2, Scenario: func(context.Context, *simulation.World) error {
		return errors.New("nothing is well")
	}}
	var told []string
	o.Shrinking = func(s simulation.Shrinking) { told = append(told, s.String()) }
	stories, err := simulation.Stories(t, []uint64{1, 2, 3}, o)
	slices.Sort(told)
	if want := "seed 3 is made small: 0 inputs and 0 faults left, within 0s, after 1 runs"; len(told) != 3 || told[2] != want {
		t.Errorf("on the way, told is %q", told)
	}
	if len(stories) != 3 || !strings.HasPrefix(stories[1], "seed 2: nothing is well") || err != nil {
		t.Errorf("told is %q, and %v", stories, err)
	}
}

func TestAProcessThatEndsIsToldWithWhatItSaidAndItsSeed(t *testing.T) {
	o := simulation.Options{Assembly: app(t), Functions: store(put), Processes: 1, Scenario: func(context.Context, *simulation.World) error {
		if _, err := os.Stat("never"); err != nil {
			fmt.Println("this is the end")
			os.Exit(7)
		}
		return nil
	}}
	stories, err := simulation.Stories(t, []uint64{5, 6}, o)
	if len(stories) != 0 || err == nil || !strings.Contains(err.Error(), "exit status 7") || !strings.Contains(err.Error(), "this is the end") {
		t.Errorf("told is %q, and %v", stories, err)
	}
}
