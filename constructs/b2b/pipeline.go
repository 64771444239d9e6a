// Package b2b takes in trading partners' business transactions, in files over
// SFTP or one at a time over HTTPS, runs a workflow execution for each, and
// accounts for every one of them: received = stored + duplicate + rejected +
// failed.
//
//	partner --SFTP--> Landing --> SFTPIntake --\
//	partner --HTTPS-------------> RESTIntake ---+--> Queue --> Workflow --> Tables
//	                                                              |            |
//	                                                        EnrichmentAPI   Settlement --> reply file
//
// Pipeline is all of it. Each part can be used alone, too.
package b2b

// This file puts the parts together.

import (
	"errors"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
)

// PipelineProps are the properties of a Pipeline.
type PipelineProps struct {
	// Partners hand in transactions. Required.
	Partners []Partner

	// Bucket is an existing landing bucket. Default: one is made. See
	// LandingProps.
	Bucket awss3.IBucket

	// Transactions is an existing table for transactions. Default: one is
	// made. See TablesProps.
	Transactions awsdynamodb.ITable

	// Detection is how an arrived file is noticed. Default: Both.
	Detection Detection

	// Express makes transactions cheaper and harder to inspect. Default:
	// Standard. See WorkflowProps.
	Express bool

	// BackendURL enriches transactions. Default: the partners' own records do.
	// See EnrichmentAPIProps.
	BackendURL string

	// SettlementTimeout, MaxFileBytes and MaxFileRecords bound a file. For
	// defaults see SFTPIntakeProps.
	SettlementTimeout time.Duration
	MaxFileBytes      int64
	MaxFileRecords    int

	// MaxConcurrency is how many batches are started at a time. Default: 10.
	MaxConcurrency int

	// KeepAPIAccount leaves the account's role for API Gateway's logs as it
	// is. Default: the stack sets one.
	KeepAPIAccount bool

	Shared Shared
}

// Pipeline is the whole of it.
type Pipeline struct {
	Construct  constructs.Construct
	Landing    *Landing
	Tables     *Tables
	Enrichment *EnrichmentAPI
	Workflow   *Workflow
	Settlement *Settlement
	Queue      *Queue
	SFTP       *SFTPIntake
	REST       *RESTIntake
	AlarmTopic awssns.ITopic
	Dashboard  awscloudwatch.Dashboard

	shared Shared
}

// NewPipeline declares a pipeline. It panics if props are wrong.
func NewPipeline(scope constructs.Construct, id string, props PipelineProps) *Pipeline {
	must("Pipeline", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	gofunction.Prepare(this, props.packages()...)

	p := &Pipeline{Construct: this, shared: props.Shared.withDefaults(this)}
	if p.shared.AlarmTopic == nil {
		p.shared.AlarmTopic = newAlarmTopic(this)
	}
	p.AlarmTopic = p.shared.AlarmTopic

	p.Landing = NewLanding(this, "Landing", LandingProps{Bucket: props.Bucket, Shared: p.shared})
	p.Tables = NewTables(this, "Tables", TablesProps{Transactions: props.Transactions, Shared: p.shared})
	p.Enrichment = NewEnrichmentAPI(this, "Enrichment", EnrichmentAPIProps{
		Partners: props.Partners, BackendURL: props.BackendURL, KeepAPIAccount: props.KeepAPIAccount, Shared: p.shared,
	})
	p.Workflow = NewWorkflow(this, "Workflow", WorkflowProps{
		Tables: p.Tables, Enrichment: p.Enrichment, Express: props.Express, Shared: p.shared,
	})
	p.Settlement = NewSettlement(this, "Settlement", SettlementProps{
		Tables: p.Tables, Landing: p.Landing, Shared: p.shared,
	})
	p.Queue = NewQueue(this, "Queue", QueueProps{
		Workflow: p.Workflow.Workflow, MaxConcurrency: props.MaxConcurrency, Shared: p.shared,
	})
	p.SFTP = NewSFTPIntake(this, "SFTP", SFTPIntakeProps{
		Partners: props.Partners, Landing: p.Landing, Tables: p.Tables, Queue: p.Queue.Queue,
		Settlement: p.Settlement.Workflow, Detection: props.Detection, SettlementTimeout: props.SettlementTimeout,
		MaxFileBytes: props.MaxFileBytes, MaxFileRecords: props.MaxFileRecords, Shared: p.shared,
	})
	p.REST = NewRESTIntake(this, "REST", RESTIntakeProps{
		Partners: props.Partners, Tables: p.Tables, Queue: p.Queue.Queue,
		KeepAPIAccount: props.KeepAPIAccount, Shared: p.shared,
	})
	p.addOverview()
	return p
}

// validate reports what is wrong with the parts' props too, so that all of it
// stands in one message.
func (p *PipelineProps) validate() error {
	faults := validatePartners(p.Partners)
	require(&faults, "Partners", len(p.Partners) > 0)
	if p.Detection != "" {
		faults = append(faults, p.Detection.Validate())
	}
	if p.BackendURL != "" {
		faults = append(faults, validateBackend(p.BackendURL))
	}
	if p.MaxConcurrency != 0 {
		faults = append(faults, validateConcurrency(p.MaxConcurrency))
	}
	if p.SettlementTimeout < 0 || p.MaxFileBytes < 0 || p.MaxFileRecords < 0 {
		faults = append(faults, errors.New("SettlementTimeout, MaxFileBytes and MaxFileRecords cannot be negative"))
	}
	return errors.Join(faults...)
}

// packages are those that have to be built.
func (p *PipelineProps) packages() []string {
	var packages []string
	for _, name := range handlers {
		if p.Shared.Code[name] == nil && !(p.Express && name == "conclude") {
			packages = append(packages, handlerPackage(name))
		}
	}
	return packages
}

// newAlarmTopic declares a topic that CloudWatch may publish to.
func newAlarmTopic(scope constructs.Construct) awssns.Topic {
	topic := awssns.NewTopic(scope, jsii.String("Alarms"), &awssns.TopicProps{EnforceSSL: jsii.Bool(true)})
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": topic.Stack().Account()}},
	}))
	return topic
}
