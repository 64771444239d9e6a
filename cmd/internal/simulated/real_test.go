package simulated

// This file runs systems in real time with the binaries that are deployed: these
// leave behind what their handlers do in a simulation.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/cmd/internal/ordering"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// mostInRealTime is how many seeds of a system are: each takes seconds.
const mostInRealTime = 3

func TestThePipelinesBinariesDoWhatTheirHandlersDoInASimulation(t *testing.T) {
	only(t, "b2b")
	inRealTime(t, "b2b", handedOver(t))
}

// handedOver is the pipeline, to which two files and a post are handed over, and nothing
// is looked at.
func handedOver(t *testing.T) simulation.Options {
	o := pipeline(t)
	o.Scenario = atDesk(t, func(ctx context.Context, w *simulation.World, d *b2b.Desk) error {
		send := func(name, content string) error {
			return every(time.Second, func() error { return d.Partners["acme"].Upload(ctx, name, strings.NewReader(content)) })
		}
		err := errors.Join(
			send("1.xml", few["1.xml"]),
			send("2.xml", `<Transactions><Transaction TransactionID="c"><Notes>another</Notes></Transaction></Transactions>`), // no id is in both: which comes first is chance
			every(time.Second, func() error { return postOnce(ctx, d, "p") }))
		w.Wait(2 * time.Hour)
		return err
	})
	return o
}

func TestOrderPlacementsBinariesDoWhatTheirHandlersDoInASimulation(t *testing.T) {
	only(t, "ordering")
	o := shop(0)
	o.Scenario = func(ctx context.Context, w *simulation.World) error {
		s, err := ordering.Connect(here(w, ""))
		if err == nil {
			_, err = orders(ctx, w, s)
		}
		w.Wait(2 * time.Hour)
		return err
	}
	inRealTime(t, "ordering", o)
}

// inRealTime runs one seed, or some if many are simulated.
func inRealTime(t *testing.T, system string, o simulation.Options) {
	t.Helper()
	some, began := []uint64{*first}, time.Now()
	for *loud && len(some) < min(*seeds, mostInRealTime) {
		some = append(some, *first+uint64(len(some)))
	}
	s := simulation.Real(t, some, o)
	if *loud {
		fmt.Printf("%s: %d seeds in real time, %d violations, %.0f seconds\n", system, s.Seeds, len(s.Failed), time.Since(began).Seconds())
	}
}
