package onboarding_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/onboarding"
)

// Everything that the onboarding of users needs.
func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	onboarding.New(stack, "Onboarding", onboarding.Props{})
	app.Synth(nil)
}
