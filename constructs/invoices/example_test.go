package invoices_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/invoices"
)

// Everything that invoices need.
func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Payables"), nil)

	invoices.New(stack, "Invoices", invoices.Props{Reviewers: []string{"ann@example.com"}})
	app.Synth(nil)
}
