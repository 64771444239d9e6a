package workflow_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
)

// A state machine of one task. Its text would be embedded from a file.
func ExampleNew() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	format := gofunction.New(stack, "Format", gofunction.Props{Package: gofunction.Handler("b2b", "format")})
	machine := workflow.New(stack, "Machine", workflow.Props{
		Definition: `{
			"StartAt": "Format", "TimeoutSeconds": 60,
			"States": {"Format": {"Type": "Task", "Resource": "${FormatFunctionArn}", "TimeoutSeconds": 30, "End": true}}
		}`,
		Substitutions: map[string]string{"FormatFunctionArn": *format.Function.FunctionArn()},
	})
	format.GrantInvoke(machine)
	app.Synth(nil)
}
