package ordering_test

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/constructs/ordering"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// Everything that orders need.
func Example() {
	stack, done := cdktest.ExampleStack()
	defer done()

	ordering.New(stack, "Ordering", ordering.Props{})
	fmt.Println(cdktest.Count(stack, "AWS::StepFunctions::StateMachine"), "state machine")
	fmt.Println(cdktest.Count(stack, "AWS::Lambda::Function"), "functions")
	// Output:
	// 1 state machine
	// 4 functions
}
