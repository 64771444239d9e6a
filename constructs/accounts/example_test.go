package accounts_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/accounts"
)

// Everything that applications for accounts need.
func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	accounts.New(stack, "Bank", accounts.Props{RefusedNames: []string{"John Doe"}})
	app.Synth(nil)
}
