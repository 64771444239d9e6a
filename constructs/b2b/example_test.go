package b2b_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// A pipeline for one partner, who uploads files and posts transactions.
func ExampleNewPipeline() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	b2b.NewPipeline(stack, "Orders", b2b.PipelineProps{
		Partners: []b2b.Partner{{
			ID:            "initech",
			ContactEmail:  "edi@initech.example",
			SSHPublicKeys: []string{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBWQG422AqTmebkDCInrJZKbWZyzOilnTinFz8OvC237"},
		}},
	})
	app.Synth(nil)
}

// A part alone: the tables, for a stack that may be thrown away.
func ExampleNewTables() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	b2b.NewTables(stack, "Tables", b2b.TablesProps{Operation: operation.Settings{Ephemeral: true}})
	app.Synth(nil)
}
