package instances_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/instances"
)

// A switch for an instance that is there already.
func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	instances.New(stack, "Switch", instances.Props{InstanceID: "i-0123456789abcdef0"})
	app.Synth(nil)
}
