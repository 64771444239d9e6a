package simulated

// This file has order placement go through each call with each fault.

import (
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

func orderPlacement(*testing.T) simulation.Options {
	o := shop(time.Hour)
	o.Faults = simulation.Storm()
	return o
}
