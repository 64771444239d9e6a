package approval_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/approval"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
)

// A workflow that asks, with the definition of the package's documentation.
func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Payments"), nil)

	approvals := approval.New(stack, "Approval", approval.Props{Approvers: []string{"ann@example.com"}})
	var definition string // of an .asl.json file
	approvals.Serve(workflow.New(stack, "Payment", workflow.Props{
		Definition:    definition,
		Substitutions: approvals.Substitutions(),
	}))
	app.Synth(nil)
}
