package handlers_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tradepost-dev/tradepost/handlers"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// A test proves of an app, which has constructs of Tradepost's in it and no function
// of its own, that what it is told may come more than once.
func ExampleAll() {
	var t *testing.T // of the test
	options := simulation.Options{
		Assembly: "cdk.out",
		Packages: handlers.All(),
		Scenario: func(ctx context.Context, w *simulation.World) error {
			return nil // hand over, and wait until all is quiet
		},
	}
	if t != nil {
		simulation.Idempotent(t, []uint64{1, 2, 3}, options)
	}
	fmt.Println(options.Packages["github.com/tradepost-dev/tradepost/lambdas/b2b/split/bootstrap"] != nil)
	// Output: true
}
