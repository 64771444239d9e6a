package stacks

// This file declares the stack of the B2B pipeline.

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
)

// readB2B takes from the context:
//
//	partners   file of trading partners (default partners.json)
//	detection  who tells of files: S3Events, CloudTrail, Both (default S3Events)
//	workflow   standard or express (default standard)
//	partnersDeleteReplies  true: partners may delete what is in their outbox
//	sftpVpc, sftpSubnets, sftpAddresses, sftpSecurityGroups, sftpHostName,
//	sftpHostedZone, sftpBanner, sftpHostKey  see b2b.SFTPEndpoint
//	webAcl, allowedRanges  see b2b.RESTIntakeProps
//	keepApiAccount  true: the account's role for API Gateway's logs is somebody else's
//	tiers  how often partners may call, as name:rate:burst:quota with commas between (default: b2b.DefaultTiers)
//	filesTable, transactionsTable, outcomesTable, partnersTable  names of existing tables (default: they are made)
func readB2B(context *Context, config Config) func(awscdk.App) awscdk.Stack {
	partners, err := b2b.LoadPartners(context.text("partners", "partners.json"))
	if err != nil {
		context.faults = append(context.faults, err)
	}
	if !config.Ephemeral {
		refuseExamples(context, partners)
	}
	props := b2b.PipelineProps{
		Partners:       partners,
		Tiers:          tiers(context),
		Detection:      b2b.Detection(context.choice("detection", string(b2b.S3Events), string(b2b.CloudTrail), string(b2b.Both))),
		Express:        context.choice("workflow", "standard", "express") == "express",
		KeepAPIAccount: context.flag("keepApiAccount"),

		SFTPEndpoint:          sftpEndpoint(context),
		WebACL:                context.text("webAcl", ""),
		AllowedRanges:         context.list("allowedRanges"),
		PartnersDeleteReplies: context.flag("partnersDeleteReplies"),
	}
	tables := tableNames{
		files:        context.text("filesTable", ""),
		transactions: context.text("transactionsTable", ""),
		outcomes:     context.text("outcomesTable", ""),
		partners:     context.text("partnersTable", ""),
	}
	return func(app awscdk.App) awscdk.Stack { return newB2B(app, config, props, tables) }
}

func sftpEndpoint(context *Context) b2b.SFTPEndpoint {
	return b2b.SFTPEndpoint{
		VPC:            context.text("sftpVpc", ""),
		Subnets:        context.list("sftpSubnets"),
		Addresses:      context.list("sftpAddresses"),
		SecurityGroups: context.list("sftpSecurityGroups"),
		HostName:       context.text("sftpHostName", ""),
		HostedZone:     context.text("sftpHostedZone", ""),
		Banner:         context.text("sftpBanner", ""),
		HostKeySecret:  context.text("sftpHostKey", ""),
	}
}

// tiers are texts such as basic:5:10:100000, of which the last two parts may be
// left out.
func tiers(context *Context) []b2b.Tier {
	var tiers []b2b.Tier
	for _, text := range context.list("tiers") {
		name, numbers, _ := strings.Cut(text, ":")
		parts := append(strings.Split(numbers, ":"), "0", "0")
		rate, err := strconv.ParseFloat(parts[0], 64)
		burst, err2 := strconv.Atoi(parts[1])
		quota, err3 := strconv.Atoi(parts[2])
		if err != nil || err2 != nil || err3 != nil || len(parts) > 5 {
			context.fault("tiers has %q: give name:rate:burst:quota, such as basic:5:10:100000", text)
			continue
		}
		tiers = append(tiers, b2b.Tier{Name: name, RequestsPerSecond: rate, Burst: burst, DailyQuota: quota})
	}
	return tiers
}

// tableNames are those of tables that exist already; empty ones are made.
type tableNames struct{ files, transactions, outcomes, partners string }

// existing is a table of that name, which the stack's key encrypts if there is
// one. It is nil without a name.
func existing(stack awscdk.Stack, id, name string, key awskms.IKey) awsdynamodb.ITable {
	if name == "" {
		return nil
	}
	return awsdynamodb.Table_FromTableAttributes(stack, &id, &awsdynamodb.TableAttributes{TableName: &name, EncryptionKey: key})
}

func newB2B(app awscdk.App, config Config, props b2b.PipelineProps, tables tableNames) awscdk.Stack {
	stack := config.newStack(app, "B2B", "trading partners' transactions, in by SFTP and HTTPS, each by its own workflow execution")
	props.Operation = config.operation(stack)
	props.Files = existing(stack, "Files", tables.files, props.Operation.Key)
	props.Transactions = existing(stack, "Transactions", tables.transactions, props.Operation.Key)
	props.Outcomes = existing(stack, "Outcomes", tables.outcomes, props.Operation.Key)
	props.PartnersTable = existing(stack, "Partners", tables.partners, props.Operation.Key)
	pipeline := b2b.NewPipeline(stack, "Pipeline", props)
	output(stack, "SFTPEndpoint", "Host that partners upload to, port 22", pipeline.SFTP.Endpoint())
	output(stack, "RESTURL", "Address below which partners post transactions", pipeline.REST.URL())
	output(stack, "LandingBucket", "Bucket of inbox/, outbox/ and quarantine/", *pipeline.Landing.Bucket.BucketName())
	output(stack, "WorkflowARN", "State machine of transactions", *pipeline.Workflow.StateMachine.StateMachineArn())
	output(stack, "SettlementARN", "State machine of files", *pipeline.Settlement.StateMachine.StateMachineArn())
	output(stack, "SettlementTimeout", "When a file is overdue: this long after it was split", pipeline.SFTP.SettlementTimeout.String())
	output(stack, "SettlementRate", "And a second more for so many transactions", strconv.Itoa(pipeline.SFTP.SettlementRate))
	output(stack, "FilesTable", "Table of uploads", *pipeline.Tables.Files.TableName())
	output(stack, "TransactionsTable", "Table of transactions", *pipeline.Tables.Transactions.TableName())
	output(stack, "OutcomesTable", "Table of what became of each transaction", *pipeline.Tables.Outcomes.TableName())
	output(stack, "QueueURL", "Transactions of files that are to start an execution", *pipeline.Queue.Queue.QueueUrl())
	output(stack, "DeadLetterQueueURL", "Those that started none", *pipeline.Queue.DeadLetters.QueueUrl())
	output(stack, "PostedQueueURL", "Posted transactions that are to start an execution", *pipeline.Posted.Queue.QueueUrl())
	output(stack, "PostedDeadLetterQueueURL", "Those that started none", *pipeline.Posted.DeadLetters.QueueUrl())
	output(stack, "DirectoryTable", "Table of partners: tradepost partners changes it", *pipeline.Tables.Partners.TableName())
	output(stack, "UsagePlans", "Usage plans of partners, by tier", pipeline.REST.PlansByTier())
	output(stack, "UsageKeyPrefix", "The names of partners' API keys begin so", pipeline.REST.UsageKeyPrefix)
	config.finish(stack, pipeline.AlarmTopic)
	return stack
}

// exampleKeys are those of the partners.json that this repository comes with.
var exampleKeys = []string{
	"AAAAC3NzaC1lZDI1NTE5AAAAIIMyJXzFErdyFxwBs6PvqsGul3QppbppKFARvchBKI8U",
	"AAAAC3NzaC1lZDI1NTE5AAAAIBWQG422AqTmebkDCInrJZKbWZyzOilnTinFz8OvC237",
}

// refuseExamples keeps the example's partners, whose keys anybody may have, out
// of a stack that is meant to stay.
func refuseExamples(context *Context, partners []b2b.Partner) {
	for _, partner := range partners {
		for _, line := range partner.SSHPublicKeys {
			if slices.ContainsFunc(exampleKeys, func(key string) bool { return strings.Contains(line, key) }) {
				context.fault("partners: %s has the example's SSH key; name a file of your own partners (partners=FILE), or try the example out with ephemeral=true", partner.ID)
				break
			}
		}
	}
}
