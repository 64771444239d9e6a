package policyguard_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/policyguard"
)

// Everything that a guarded account needs, but for a trail.
func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Security"), nil)

	policyguard.New(stack, "Guard", policyguard.Props{Administrators: []string{"ann@example.com"}})
	app.Synth(nil)
}
