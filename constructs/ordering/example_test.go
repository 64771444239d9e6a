package ordering_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/ordering"
)

// Everything that orders need.
func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	ordering.New(stack, "Ordering", ordering.Props{})
	app.Synth(nil)
}
