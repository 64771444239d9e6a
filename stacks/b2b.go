package stacks

// This file declares the stack of the B2B pipeline.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// readB2B takes from the context:
//
//	partners   file of trading partners (default partners.json)
//	detection  how files are noticed: Both, S3Events, CloudTrail (default Both)
//	workflow   standard or express (default standard)
func readB2B(context *Context) func(awscdk.App, Config) awscdk.Stack {
	partners, err := b2b.LoadPartners(context.text("partners", "partners.json"))
	if err != nil {
		context.faults = append(context.faults, err)
	}
	props := b2b.PipelineProps{
		Partners:  partners,
		Detection: b2b.Detection(context.choice("detection", string(b2b.Both), string(b2b.S3Events), string(b2b.CloudTrail))),
		Express:   context.choice("workflow", "standard", "express") == "express",
	}
	return func(app awscdk.App, config Config) awscdk.Stack { return newB2B(app, config, props) }
}

func newB2B(app awscdk.App, config Config, props b2b.PipelineProps) awscdk.Stack {
	stack := awscdk.NewStack(app, jsii.String("Tradepost-B2B-"+config.Stage), &awscdk.StackProps{
		Description:           jsii.String("Tradepost: trading partners' transactions, in by SFTP and HTTPS, each by its own workflow execution"),
		TerminationProtection: jsii.Bool(config.production()),
	})
	props.Operation = config.operation()
	pipeline := b2b.NewPipeline(stack, "Pipeline", props)
	output := func(id, description, value string) {
		awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Description: &description, Value: &value})
	}
	output("SFTPEndpoint", "Host that partners upload to, port 22", pipeline.SFTP.Endpoint())
	output("RESTURL", "Address below which partners post transactions", pipeline.REST.URL())
	output("LandingBucket", "Bucket of inbox/, outbox/ and quarantine/", *pipeline.Landing.Bucket.BucketName())
	output("WorkflowARN", "State machine of transactions", *pipeline.Workflow.StateMachine.StateMachineArn())
	output("SettlementARN", "State machine of files", *pipeline.Settlement.StateMachine.StateMachineArn())
	output("FilesTable", "Table of uploads", *pipeline.Tables.Files.TableName())
	output("TransactionsTable", "Table of transactions", *pipeline.Tables.Transactions.TableName())
	output("OutcomesTable", "Table of what became of each transaction", *pipeline.Tables.Outcomes.TableName())
	output("QueueURL", "Messages that are to start an execution", *pipeline.Queue.Queue.QueueUrl())
	output("DeadLetterQueueURL", "Messages that started no execution", *pipeline.Queue.DeadLetters.QueueUrl())
	output("TokenSecretPrefix", "Secret of a partner's token: this and the partner's id", pipeline.REST.SecretPrefix)
	return stack
}

// production tells the stage whose data and logs outlive it.
func (c Config) production() bool { return c.Stage == "prod" }

func (c Config) operation() operation.Settings {
	if c.production() {
		return operation.Settings{LogRetention: awslogs.RetentionDays_ONE_YEAR}
	}
	return operation.Settings{LogRetention: awslogs.RetentionDays_TWO_WEEKS, Ephemeral: true}
}
