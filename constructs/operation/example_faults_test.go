package operation_test

import (
	"errors"
	"fmt"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// A construct checks its props, and stops with everything that is wrong.
func ExampleFaults() {
	var faults operation.Faults
	faults.Require("Partners", false)
	operation.Within(&faults, "MaxConcurrency", 1, 2, 1000)
	faults.Add(errors.New("detection is \"Maybe\""))
	fmt.Println(faults.Err())
	// Output:
	// Partners is required
	// MaxConcurrency is 1: give 2 to 1000
	// detection is "Maybe"
}
