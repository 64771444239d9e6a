package b2b

// This file declares how a file is settled: its transactions counted until
// every one has an outcome, and its partner told.

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/statemachines"
)

// SettlementProps are the properties of a Settlement.
type SettlementProps struct {
	// Tables hold files and outcomes. Required.
	Tables *Tables

	// Landing takes the replies. Required.
	Landing *Landing

	// Code replaces the code of functions. Default: this module's own
	// handlers, built here.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept and whom the alarms tell.
	// Default: see operation.Settings.
	Operation operation.Settings
}

// Settlement has an execution for each file.
type Settlement struct {
	Construct    constructs.Construct
	StateMachine awsstepfunctions.StateMachine
	Tally        *gofunction.Function
	Acknowledge  *gofunction.Function

	// Watch looks at the files past their deadline every quarter of an hour: it starts
	// settlements again that ended without a final reply, and has files split again
	// whose claim nobody has finished.
	Watch *gofunction.Function

	// OverdueAlarm goes off when a file's deadline passes unsettled,
	// AbandonedAlarm when nobody works on such a file. Nil if they
	// are off.
	OverdueAlarm   awscloudwatch.Alarm
	AbandonedAlarm awscloudwatch.Alarm

	machine  *workflow.Workflow
	settings operation.Settings
}

// NewSettlement declares the state machine. It panics if props are wrong.
func NewSettlement(scope constructs.Construct, id string, props SettlementProps) *Settlement {
	operation.Must("b2b.Settlement", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	props.Operation = props.Operation.WithDefaults(this)
	s := &Settlement{Construct: this, settings: props.Operation}
	s.addFunctions(props)
	machine := workflow.New(this, "Machine", workflow.Props{
		Definition: statemachines.Definition("b2b/settlement.asl.json"),
		Substitutions: map[string]string{
			"TallyFunctionArn":       *s.Tally.Function.FunctionArn(),
			"AcknowledgeFunctionArn": *s.Acknowledge.Function.FunctionArn(),
		},
		Alarms:    props.Alarms.Settlement,
		Operation: props.Operation,
	})
	s.machine = machine
	s.StateMachine = machine.StateMachine
	s.Tally.GrantInvoke(machine.Role)
	s.Acknowledge.GrantInvoke(machine.Role)
	s.OverdueAlarm = operation.NewAlarm(this, "OverdueAlarm", props.Operation, operation.AlarmProps{
		Description: "A file has transactions without an outcome past its deadline: see the queue's age and the workflow's executions.",
		Metric:      s.MetricFilesOverdue(nil),
		Threshold:   1,
		Adjust:      props.Alarms.Overdue,
	})
	s.addWatch(props)
	return s
}

func (p SettlementProps) validate() error {
	var faults operation.Faults
	faults.Require("Tables", p.Tables != nil)
	faults.Require("Landing", p.Landing != nil)
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.validate(&faults)
	return faults.Err()
}

func (s *Settlement) addFunctions(props SettlementProps) {
	tables, bucket := props.Tables, props.Landing.Bucket
	functions := functions(s.Construct, props.Code, props.Operation, props.Alarms.Functions)
	s.Tally = functions.Add("Tally", Tally, gofunction.Props{
		Description: "Counts the outcomes of a file's transactions",
		Memory:      512,
		Timeout:     5 * time.Minute,
		Environment: map[string]string{contract.EnvOutcomesTable: *tables.Outcomes.TableName()},
	})
	operation.AllowTable(s.Tally.Role, tables.Outcomes, "dynamodb:Query")

	s.Acknowledge = functions.Add("Acknowledge", Acknowledge, gofunction.Props{
		Description: "Writes a file's reply into its partner's outbox",
		Memory:      1024,
		Timeout:     15 * time.Minute,
		Environment: withMetrics(props.Operation, map[string]string{
			contract.EnvFilesTable:    *tables.Files.TableName(),
			contract.EnvOutcomesTable: *tables.Outcomes.TableName(),
			contract.EnvRetention:     tables.retention.String(),
		}),
	})
	role := s.Acknowledge.Role
	operation.AllowTable(role, tables.Files, "dynamodb:GetItem", "dynamodb:UpdateItem")
	operation.AllowTable(role, tables.Outcomes, "dynamodb:Query")
	operation.AllowObjects(role, bucket, []string{contract.OutboxPrefix + "*", contract.QuarantinePrefix + "*"}, "s3:PutObject")
	operation.AllowObjects(role, bucket, []string{contract.OutboxPrefix + "*"}, "s3:GetObject") // a reply replaces the one that it has seen
	operation.AllowObjects(role, bucket, []string{contract.InboxPrefix + "*"}, "s3:GetObject", "s3:GetObjectVersion",
		"s3:GetObjectTagging", "s3:GetObjectVersionTagging") // a copy takes its tags along
	operation.AllowObjects(role, bucket, []string{contract.QuarantinePrefix + "*"}, "s3:PutObjectTagging")
	// Without the first S3 does not tell an object that is gone from one it refuses; the other
	// tells whether a file was uploaded again.
	operation.Allow(role, []string{*bucket.BucketArn()}, "s3:ListBucket", "s3:ListBucketVersions")
	operation.Suppress(role, "AwsSolutions-IAM5", "It answers every partner, about files with names of the partners' choosing.",
		`^Resource::.*\/(inbox|outbox|quarantine)\/\*$`)
}

// addWatch declares what looks after files from outside of their executions.
func (s *Settlement) addWatch(props SettlementProps) {
	files := props.Tables.Files
	s.Watch = functions(s.Construct, props.Code, props.Operation, props.Alarms.Functions).Add("Watch", Watch, gofunction.Props{
		Description: "Has files split or settled again of which nothing has come",
		Timeout:     5 * time.Minute,
		Environment: withMetrics(props.Operation, map[string]string{
			contract.EnvFilesTable:    *files.TableName(),
			contract.EnvSettlementARN: *s.StateMachine.StateMachineArn(),
		}),
	})
	role := s.Watch.Role
	operation.AllowTable(role, files, "dynamodb:UpdateItem")
	operation.Allow(role, []string{*files.TableArn() + "/index/" + contract.IndexUnsettled}, "dynamodb:Query")
	s.StateMachine.GrantStartExecution(role)
	operation.Allow(role, []string{s.machine.Executions()}, "states:DescribeExecution")
	operation.Suppress(role, "AwsSolutions-IAM5", "Any execution of this one state machine may be the one that ended.", `^Resource::.*:execution:.*:\*$`)

	awsevents.NewRule(s.Construct, jsii.String("WatchSchedule"), &awsevents.RuleProps{
		Description: jsii.String("Looks at files past their deadline"),
		Schedule:    awsevents.Schedule_Rate(awscdk.Duration_Minutes(jsii.Number(15))),
		Targets:     &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(s.Watch.Function, nil)},
	})
	s.AbandonedAlarm = operation.NewAlarm(s.Construct, "AbandonedAlarm", props.Operation, operation.AlarmProps{
		Description: "Nobody worked on a file past its deadline. It was split or settled again: see why what came before ended.",
		Metric:      s.MetricFilesAbandoned(nil),
		Threshold:   1,
		Adjust:      props.Alarms.Abandoned,
	})
}

// splitAgain has a function told of files whose claim ran out.
func (s *Settlement) splitAgain(split *gofunction.Function) {
	s.Watch.Function.AddEnvironment(jsii.String(contract.EnvSplitFunction), split.Function.FunctionName(), nil)
	split.GrantInvoke(s.Watch.Role)
}

// MetricFilesAbandoned counts files past their deadline that nobody worked on.
func (s *Settlement) MetricFilesAbandoned(options *operation.MetricOptions) awscloudwatch.Metric {
	return count(s.settings, contract.MetricFilesAbandoned, options)
}

// MetricFilesSettled counts files that were settled.
func (s *Settlement) MetricFilesSettled(options *operation.MetricOptions) awscloudwatch.Metric {
	return count(s.settings, contract.MetricFilesSettled, options)
}

// MetricFilesQuarantined counts files that were broken as documents.
func (s *Settlement) MetricFilesQuarantined(options *operation.MetricOptions) awscloudwatch.Metric {
	return count(s.settings, contract.MetricFilesQuarantined, options)
}

// MetricFilesOverdue counts files whose deadline passed unsettled.
func (s *Settlement) MetricFilesOverdue(options *operation.MetricOptions) awscloudwatch.Metric {
	return count(s.settings, contract.MetricFilesOverdue, options)
}
