package stacks

// This file declares the stack of invoices.

import (
	"cmp"
	"net/mail"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/invoices"
)

// exampleReviewer is nobody: mails to example.com reach no one.
const exampleReviewer = "reviewer@example.com"

// readInvoices takes from the context:
//
//	reviewers        addresses of those who decide on invoices, with commas between (default: alarmEmail; where data may go, that of nobody)
//	documentsBucket  name of an existing bucket in which documents arrive (default: it is made)
//	decimalMark      Ask, Point or Comma (default: Ask)
//	dateOrder        Ask, DayFirst or MonthFirst (default: Ask)
//	keepApiAccount   as that of B2B
func readInvoices(context *Context, config Config) func(awscdk.App) awscdk.Stack {
	props := invoices.Props{
		Reviewers:   context.list("reviewers"),
		DecimalMark: invoices.DecimalMark(context.choice("decimalMark", string(invoices.AskForMark), string(invoices.Point), string(invoices.Comma))),
		DateOrder:   invoices.DateOrder(context.choice("dateOrder", string(invoices.AskForOrder), string(invoices.DayFirst), string(invoices.MonthFirst))),
	}
	props.KeepAPIAccount = context.flag("keepApiAccount")
	for _, reviewer := range props.Reviewers {
		if address, err := mail.ParseAddress(reviewer); err != nil || address.Address != reviewer {
			context.fault("reviewers has %q: give plain addresses such as ap@example.com, with commas between", reviewer)
		}
	}
	if len(props.Reviewers) == 0 && config.AlarmEmail == "" && !config.Ephemeral {
		context.fault("reviewers are not given: name who decides on invoices (reviewers=ap@example.com), or try it out with ephemeral=true")
	}
	if len(props.Reviewers) == 0 {
		props.Reviewers = []string{cmp.Or(config.AlarmEmail, exampleReviewer)}
	}
	bucket := context.text("documentsBucket", "")
	return func(app awscdk.App) awscdk.Stack { return newInvoices(app, config, props, bucket) }
}

func newInvoices(app awscdk.App, config Config, props invoices.Props, bucket string) awscdk.Stack {
	stack := config.newStack(app, "Invoices", "invoices in PDFs and pictures, each read, paid once or put before a reviewer, and archived")
	props.Operation = config.operation(stack)
	if bucket != "" {
		props.Bucket = awss3.Bucket_FromBucketAttributes(stack, jsii.String("Documents"), &awss3.BucketAttributes{BucketName: &bucket, EncryptionKey: props.Operation.Key})
	}
	system := invoices.New(stack, "Invoices", props)
	output(stack, "DocumentsBucket", "Bucket of documents: put them under inbox/", *system.Documents.BucketName())
	output(stack, "ArchiveBucket", "Bucket of the archive: a folder per file under archive/", *system.Archive.BucketName())
	output(stack, "FilesTable", "Table of files, and what became of each", *system.Files.TableName())
	output(stack, "InvoicesTable", "Table of invoices, by vendor and number", *system.Invoices.TableName())
	output(stack, "PaymentsTable", "Table of payments that were ordered", *system.Payments.TableName())
	output(stack, "NoticesTopicARN", "Topic that is told what became of each file: subscribe to it", *system.Notices.TopicArn())
	output(stack, "WorkflowARN", "State machine of files", *system.Workflow.StateMachine.StateMachineArn())
	output(stack, "QueueURL", "Queue of documents that wait for Textract", *system.Queue.QueueUrl())
	output(stack, "DeadLetterQueueURL", "Notices of documents that could not be handed to Textract", *system.DeadLetters.QueueUrl())
	output(stack, "CompletedQueueURL", "Queue of what Textract tells", *system.Completed.QueueUrl())
	output(stack, "CompletedDeadLetterQueueURL", "What Textract has told that started no execution", *system.CompletedDeadLetters.QueueUrl())
	config.finish(stack, system.AlarmTopic)
	return stack
}
