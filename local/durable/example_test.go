package durable_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/tradepost-dev/tradepost/local/durable"
)

// A folder is one engine's at a time.
func ExampleTake() {
	folder, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	claim, err := durable.Take(folder)
	if err != nil {
		panic(err)
	}
	_, err = durable.Take(folder)
	claimed := errors.As(err, new(*durable.ClaimedError))
	fmt.Println("claimed:", claimed, claim.Release())
	// Output: claimed: true <nil>
}
