package simulated

// This file has order placement take one order of each kind.

import (
	"context"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/ordering"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

func fewOrders(*testing.T) simulation.Options {
	o := shop()
	o.Faults = simulation.Storm()
	o.Scenario = func(ctx context.Context, w *simulation.World) error {
		s, err := ordering.Connect(here(w, ""))
		if err != nil {
			return err
		}
		ids, err := orders(ctx, s)
		if err != nil {
			return err
		}
		time.Sleep(time.Hour)
		w.Calm()
		time.Sleep(time.Hour)
		return sold(ctx, s, ids)
	}
	return o
}
