// A team's own CDK app with Tradepost's pipeline in it.
//
// The pipeline is one construct in the team's stack. Its parts are fields, and
// the team's own function, in the team's own module, works on one of them.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Purchasing"), nil)

	pipeline := b2b.NewPipeline(stack, "Orders", b2b.PipelineProps{
		Partners: []b2b.Partner{{
			ID:            "initech",
			ContactEmail:  "edi@initech.example",
			SSHPublicKeys: []string{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBWQG422AqTmebkDCInrJZKbWZyzOilnTinFz8OvC237"},
		}},
		Detection: b2b.S3Events,
	})

	transactions := pipeline.Tables.Transactions
	report := gofunction.New(stack, "Report", gofunction.Props{
		Package:     "example.com/purchasing/report",
		Description: "Tells what a partner has ordered",
		Environment: map[string]string{"TRANSACTIONS_TABLE": *transactions.TableName()},
	})
	operation.AllowTable(report, transactions, "dynamodb:Query")

	app.Synth(nil)
}
