// Package invoices pays what comes as a PDF or a picture: Amazon Textract reads
// it, and each invoice is paid once, or a reviewer is asked.
//
//	document --> Documents --> Queue --> Analyze --> Textract --> Completions --> Completed --> Start --> Workflow
//	                                                                                                        |
//	  Workflow: Save --> Process --> each invoice: Register --> Payable? --> Pay or ask (Approval) --> Archive
//	                        |                          |                        |                         |
//	                     Archive (bucket)          Invoices                  Payments                  Notices
//
// An invoice is one row by vendor and number, however often Textract tells of its
// document, and in however many files it comes.
package invoices

// This file puts the system together.

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/approval"
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/statemachines"
)

// System is all of it.
type System struct {
	Construct constructs.Construct

	// Documents takes PDFs, TIFFs, PNGs and JPEGs, under Props.Prefix: let senders
	// write by GrantSend.
	Documents awss3.IBucket

	// Archive has a folder per file, archive/<file id>/: the document under
	// original/, Textract's answer (analysis.json), what was read of it
	// (reading.json) and what was decided (decision.json).
	Archive awss3.Bucket

	// AccessLogs has the access logs of both.
	AccessLogs awss3.Bucket

	// Files has a row per document: fileId (key), bucket, key, version, status,
	// receivedAt, settledAt and outcomes.
	Files awsdynamodb.Table

	// Invoices has a row per invoice: vendorKey and numberKey (keys), vendor,
	// number, total, currency, date, due, outcome, and who decided.
	Invoices awsdynamodb.Table

	// Payments has a row per payment that was ordered: paymentId (key), vendor,
	// number, total, currency, date, due, orderedAt. Whoever makes payments reads
	// it, by GrantPayments. Nil with Props.Pay.
	Payments awsdynamodb.Table

	// Queue has documents that wait for Textract, and Completed those that it is
	// done with. What could not be worked on five times is in the DeadLetters.
	Queue, DeadLetters                awssqs.IQueue
	Completed, CompletedDeadLetters   awssqs.IQueue
	Completions                       awssns.Topic // that Textract tells, as TextractRole
	TextractRole                      awsiam.Role
	Rule                              awsevents.Rule
	Analyze, Start                    *gofunction.Function
	Save, Process, Register, Archiver *gofunction.Function
	Watch                             *gofunction.Function
	Pay                               *gofunction.Function // nil with Props.Pay

	// Notices is told what became of each file, at least once: JSON with fileId,
	// bucket, key, archive and outcomes, and the message attribute outcomes, a
	// list of PAID, REFUSED, DUPLICATE and FAILED to filter by.
	Notices awssns.ITopic

	// Approval asks the reviewers.
	Approval *approval.System

	// Workflow runs an execution per file, named by the file's id.
	Workflow *workflow.Workflow

	AlarmTopic awssns.ITopic
	Dashboard  awscloudwatch.Dashboard

	settings operation.Settings
	prefix   string
}

// New declares the system. It panics if props are wrong.
func New(scope constructs.Construct, id string, props Props) *System {
	props = props.withDefaults()
	operation.Must("invoices.System", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	settings := props.Operation.WithDefaults(this)
	if settings.AlarmTopic == nil {
		settings.AlarmTopic = operation.NewAlarmTopic(this, "Alarms", settings)
	}
	functions := gofunction.Set[Handler]{Scope: this, System: "invoices", Code: props.Code, Alarms: props.Alarms.Functions, Operation: settings}
	functions.Prepare(props.used()...)
	s := &System{Construct: this, AlarmTopic: settings.AlarmTopic, Documents: props.Bucket, settings: settings, prefix: props.Prefix}
	s.addBuckets()
	s.addTables(props)
	s.addNotices(props)
	s.Approval = approval.New(this, "Approval", approval.Props{
		Approvers: props.Reviewers, Timeout: props.ReviewTime, KeepAPIAccount: props.KeepAPIAccount, Alarms: props.Alarms.Approval, Operation: settings,
	})
	s.addSteps(functions, props)
	s.addWorkflow(props)
	s.addCompletions(functions, props)
	s.addIntake(functions, props)
	s.addWatch(functions, props)
	s.addOverview()
	return s
}

func (s *System) addTables(props Props) {
	text := func(name string) *awsdynamodb.Attribute {
		return &awsdynamodb.Attribute{Name: &name, Type: awsdynamodb.AttributeType_STRING}
	}
	s.Files = operation.NewTable(s.Construct, "Files", s.settings, awsdynamodb.TableProps{PartitionKey: text(contract.AttrFileID)})
	s.Files.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName: jsii.String(contract.IndexOpen), PartitionKey: text(contract.AttrOpen),
		SortKey: &awsdynamodb.Attribute{Name: jsii.String(contract.AttrDeadline), Type: awsdynamodb.AttributeType_NUMBER},
	})
	s.Invoices = operation.NewTable(s.Construct, "Invoices", s.settings, awsdynamodb.TableProps{
		PartitionKey: text(contract.AttrVendorKey), SortKey: text(contract.AttrNumberKey),
	})
	if props.Pay == nil {
		s.Payments = operation.NewTable(s.Construct, "Payments", s.settings, awsdynamodb.TableProps{PartitionKey: text(contract.AttrPaymentID)})
	}
}

func (s *System) addNotices(props Props) {
	if s.Notices = props.Notices; s.Notices != nil {
		return
	}
	s.Notices = operation.NewTopic(s.Construct, "Notices", s.settings)
	operation.NewAlarm(s.Construct, "UndeliveredAlarm", s.settings, operation.AlarmProps{
		Description: "A subscriber of the notices could not be told what became of a file: mend it; the Files table has the outcomes.",
		Metric:      s.MetricUndelivered(nil),
		Threshold:   1,
		Adjust:      props.Alarms.Undelivered,
	})
}

func (s *System) addWorkflow(props Props) {
	pay := props.Pay
	if pay == nil {
		pay = s.Pay.Function
	}
	substitutions := s.Approval.Substitutions()
	for name, value := range map[string]*string{
		"SaveFunctionArn": s.Save.Function.FunctionArn(), "ProcessFunctionArn": s.Process.Function.FunctionArn(),
		"RegisterFunctionArn": s.Register.Function.FunctionArn(), "ArchiveFunctionArn": s.Archiver.Function.FunctionArn(),
		"PayFunctionArn": pay.FunctionArn(), "InvoicesTable": s.Invoices.TableName(),
	} {
		substitutions[name] = *value
	}
	s.Workflow = workflow.New(s.Construct, "Workflow", workflow.Props{
		Definition:    statemachines.Definition("invoices/invoice.asl.json"),
		Substitutions: substitutions,
		Alarms:        props.Alarms.Files,
		Operation:     s.settings,
	})
	for _, step := range []*gofunction.Function{s.Save, s.Process, s.Register, s.Archiver} {
		step.GrantInvoke(s.Workflow)
	}
	operation.Allow(s.Workflow, []string{*pay.FunctionArn()}, "lambda:InvokeFunction")
	operation.AllowTable(s.Workflow, s.Invoices, "dynamodb:UpdateItem")
	s.Approval.Serve(s.Workflow)
}

// longest is how long a function may take that reads or copies whole documents.
const longest = 5 * time.Minute
