package workflow_test

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// A state machine of one task. Its text would be embedded from a file.
func ExampleNew() {
	stack, done := cdktest.ExampleStack()
	defer done()

	format := gofunction.New(stack, "Format", gofunction.Props{Package: gofunction.Handler("b2b", "format")})
	machine := workflow.New(stack, "Machine", workflow.Props{
		Definition: `{
			"StartAt": "Format", "TimeoutSeconds": 60,
			"States": {"Format": {"Type": "Task", "Resource": "${FormatFunctionArn}", "TimeoutSeconds": 30, "End": true}}
		}`,
		Substitutions: map[string]string{"FormatFunctionArn": *format.Function.FunctionArn()},
	})
	format.GrantInvoke(machine)
	fmt.Println(cdktest.Count(stack, "AWS::StepFunctions::StateMachine"), "state machine")
	// Output: 1 state machine
}
