package results_test

import (
	"fmt"
	"log"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/states/results"
)

// The outputs of child executions as the result of their Map.
func Example() {
	executions := func(yield func(results.Execution, error) bool) {
		_ = yield(results.Execution{Status: results.Succeeded, Output: `[{"order":"100000"},{"order":"100001"}]`}, nil) &&
			yield(results.Execution{Status: results.Succeeded, Output: `[{"order":"100005"}]`}, nil)
	}
	output, err := results.Format{Transformation: results.Flatten}.Output(executions)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(jsonvalue.Text(output))
	// Output: [{"order":"100000"},{"order":"100001"},{"order":"100005"}]
}
