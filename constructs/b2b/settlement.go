package b2b

// This file declares how a file is settled: its transactions counted until
// every one has an outcome, and its partner told.

import (
	"errors"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/internal/alarm"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/statemachines"
)

// SettlementProps are the properties of a Settlement.
type SettlementProps struct {
	// Tables hold files and outcomes. Required.
	Tables *Tables

	// Landing takes the replies. Required.
	Landing *Landing

	Shared Shared
}

// Settlement has an execution for each file.
type Settlement struct {
	Construct   constructs.Construct
	Workflow    *workflow.Workflow
	Tally       *gofunction.Function
	Acknowledge *gofunction.Function

	// OverdueAlarm goes off when a file's deadline passes unsettled.
	OverdueAlarm awscloudwatch.Alarm

	shared Shared
}

// NewSettlement declares the state machine. It panics if props are wrong.
func NewSettlement(scope constructs.Construct, id string, props SettlementProps) *Settlement {
	must("Settlement", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	shared := props.Shared.withDefaults(this)
	s := &Settlement{Construct: this, shared: shared}
	s.addFunctions(props.Tables, props.Landing.Bucket)
	s.Workflow = workflow.New(this, "Machine", workflow.Props{
		Definition: statemachines.Definition("b2b/settlement.asl.json"),
		Substitutions: map[string]string{
			"TallyFunctionArn":       *s.Tally.Function.FunctionArn(),
			"AcknowledgeFunctionArn": *s.Acknowledge.Function.FunctionArn(),
		},
		LogRetention:  shared.LogRetention,
		RemovalPolicy: shared.RemovalPolicy,
		AlarmTopic:    shared.AlarmTopic,
	})
	s.Tally.GrantInvoke(s.Workflow.Role)
	s.Acknowledge.GrantInvoke(s.Workflow.Role)
	s.OverdueAlarm = alarm.New(this, "OverdueAlarm",
		"A file has transactions without an outcome past its deadline: see the queue's age and the workflow's executions.",
		s.MetricFilesOverdue(), 1, shared.AlarmTopic)
	return s
}

func (p *SettlementProps) validate() error {
	var faults []error
	require(&faults, "Tables", p.Tables != nil)
	require(&faults, "Landing", p.Landing != nil)
	return errors.Join(faults...)
}

func (s *Settlement) addFunctions(tables *Tables, bucket awss3.IBucket) {
	s.Tally = s.shared.function(s.Construct, "Tally", "tally", gofunction.Props{
		Description: "Counts the outcomes of a file's transactions",
		Memory:      512,
		Timeout:     5 * time.Minute,
		Environment: map[string]string{contract.EnvOutcomesTable: *tables.Outcomes.TableName()},
	})
	grantTable(s.Tally.Role, tables.Outcomes, "dynamodb:Query")

	s.Acknowledge = s.shared.function(s.Construct, "Acknowledge", "acknowledge", gofunction.Props{
		Description: "Writes a file's reply into its partner's outbox",
		Memory:      1024,
		Timeout:     15 * time.Minute,
		Environment: s.shared.withMetrics(map[string]string{
			contract.EnvFilesTable:    *tables.Files.TableName(),
			contract.EnvOutcomesTable: *tables.Outcomes.TableName(),
		}),
	})
	role := s.Acknowledge.Role
	objects := func(prefix string) string { return *bucket.ArnForObjects(jsii.String(prefix + "*")) }
	grantTable(role, tables.Files, "dynamodb:UpdateItem")
	grantTable(role, tables.Outcomes, "dynamodb:Query")
	allow(role, []string{objects(contract.OutboxPrefix), objects(contract.QuarantinePrefix)}, "s3:PutObject")
	allow(role, []string{objects(contract.InboxPrefix)}, "s3:GetObject", "s3:GetObjectVersion")
	suppress(role, "AwsSolutions-IAM5", "It answers every partner, about files with names of the partners' choosing.",
		`^Resource::.*\/(inbox|outbox|quarantine)\/\*$`)
}

// MetricFilesSettled counts files that were settled.
func (s *Settlement) MetricFilesSettled() awscloudwatch.Metric {
	return s.shared.metric(contract.MetricFilesSettled)
}

// MetricFilesQuarantined counts files that were broken as documents.
func (s *Settlement) MetricFilesQuarantined() awscloudwatch.Metric {
	return s.shared.metric(contract.MetricFilesQuarantined)
}

// MetricFilesOverdue counts files whose deadline passed unsettled.
func (s *Settlement) MetricFilesOverdue() awscloudwatch.Metric {
	return s.shared.metric(contract.MetricFilesOverdue)
}
