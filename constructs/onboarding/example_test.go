package onboarding_test

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/constructs/onboarding"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// Everything that the onboarding of users needs.
func Example() {
	stack, done := cdktest.ExampleStack()
	defer done()

	onboarding.New(stack, "Onboarding", onboarding.Props{})
	fmt.Println(cdktest.Count(stack, "AWS::StepFunctions::StateMachine"), "state machine")
	fmt.Println(cdktest.Count(stack, "AWS::Lambda::Function"), "function")
	// Output:
	// 1 state machine
	// 1 function
}
