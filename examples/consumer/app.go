// A team's own CDK app with three of Tradepost's constructs in it.
//
// The pipeline takes in partners' orders; onboarding signs buyers up; and an
// API puts onboarding's workflow behind a REST route. Their parts are fields,
// and the team's own function, in the team's own module, works on one of them.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/onboarding"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	newPurchasing(app)
	app.Synth(nil)
}

func newPurchasing(app awscdk.App) awscdk.Stack {
	stack := awscdk.NewStack(app, jsii.String("Purchasing"), nil)

	pipeline := b2b.NewPipeline(stack, "Orders", b2b.PipelineProps{
		Partners: []b2b.Partner{{
			ID:            "initech",
			ContactEmail:  "edi@initech.example",
			SSHPublicKeys: []string{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBWQG422AqTmebkDCInrJZKbWZyzOilnTinFz8OvC237"},
		}},
	})
	signup := onboarding.New(stack, "Signup", onboarding.Props{})
	api := workflowapi.New(stack, "API", workflowapi.Props{
		Asynchronous:   []workflowapi.Asynchronous{{Path: "buyers", StateMachine: signup.Workflow.StateMachine}},
		KeepAPIAccount: true, // the pipeline sets the account's role for logs
	})

	transactions := pipeline.Tables.Transactions
	status := gofunction.New(stack, "Status", gofunction.Props{
		Package:     "example.com/purchasing/status/bootstrap",
		Description: "Tells what became of a partner's order",
		Environment: map[string]string{"TRANSACTIONS_TABLE": *transactions.TableName()},
	})
	operation.AllowTable(status, transactions, "dynamodb:GetItem")

	output(stack, "OrdersBucket", *pipeline.Landing.Bucket.BucketName())
	output(stack, "OrdersURL", pipeline.REST.URL())
	output(stack, "DirectoryTable", *pipeline.Tables.Partners.TableName()) // this and the next two are for `tradepost partners`
	output(stack, "UsagePlans", pipeline.REST.PlansByTier())
	output(stack, "UsageKeyPrefix", pipeline.REST.UsageKeyPrefix)
	output(stack, "BuyersURL", *api.RestApi.UrlForPath(jsii.String("/buyers")))
	output(stack, "StatusFunction", *status.Function.FunctionName())
	return stack
}

func output(stack awscdk.Stack, id, value string) {
	awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Value: &value})
}
