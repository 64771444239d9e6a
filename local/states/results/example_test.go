package results_test

import (
	"fmt"
	"log"
	"slices"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/states/results"
)

// The outputs of child executions as the result of their Map.
func Example() {
	executions := slices.Values([]results.Execution{
		{Status: results.Succeeded, Output: `[{"order":"100000"},{"order":"100001"}]`},
		{Status: results.Succeeded, Output: `[{"order":"100005"}]`},
	})
	output, err := results.Format{Transformation: results.Flatten}.Output(executions)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(jsonvalue.Text(output))
	// Output: [{"order":"100000"},{"order":"100001"},{"order":"100005"}]
}
