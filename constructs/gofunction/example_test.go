package gofunction_test

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
)

// A function of this module, built without Docker when the app is synthesized.
// One of the app's own module is named by its import path in the same way.
func ExampleNew() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	gofunction.New(stack, "Format", gofunction.Props{
		Package:     gofunction.Handler("b2b", "format"),
		Description: "Formats a transaction",
		Timeout:     30 * time.Second,
	})
	app.Synth(nil)
}
