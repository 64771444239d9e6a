package instances_test

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/constructs/instances"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// A switch for an instance that is there already.
func Example() {
	stack, done := cdktest.ExampleStack()
	defer done()

	instances.New(stack, "Switch", instances.Props{InstanceID: "i-0123456789abcdef0"})
	fmt.Println(cdktest.Count(stack, "AWS::StepFunctions::StateMachine"), "state machines")
	fmt.Println(cdktest.Count(stack, "AWS::EC2::Instance")+cdktest.Count(stack, "AWS::Lambda::Function"), "instances and functions")
	// Output:
	// 2 state machines
	// 0 instances and functions
}
