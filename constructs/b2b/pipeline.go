// Package b2b takes in trading partners' business transactions, in files over
// SFTP or one at a time over HTTPS, runs a workflow execution for each, and
// accounts for every one of them: received = stored + duplicate + rejected +
// failed.
//
//	partner --SFTP--> Landing --> SFTPIntake --> Queue --\
//	partner --HTTPS-------------> RESTIntake --> Posted --+--> Workflow --> Tables
//	                                                             |            |
//	                                                       EnrichmentAPI   Settlement --> reply file
//
// Who is a partner stands in a table, the directory (Tables.Partners): Enrolment
// fills it from a list when the stack is deployed, and tradepost partners changes
// it at any time.
//
// Pipeline is all of it. Each part can be used alone, too.
package b2b

// This file puts the parts together.

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/restapi"
)

// PipelineProps are the properties of a Pipeline.
type PipelineProps struct {
	// Partners hand in transactions. Their number makes the template no larger.
	// Default: those whom an operator adds. See EnrolmentProps.
	Partners []Partner

	// Tiers are how often partners may call the REST API. Default: DefaultTiers.
	// See RESTIntakeProps.
	Tiers []Tier

	// Bucket is an existing landing bucket. Default: one is made. See
	// LandingProps.
	Bucket awss3.IBucket

	// Files, Transactions, Outcomes and PartnersTable are existing tables, say
	// copies that were restored. Default: they are made. See TablesProps.
	Files         awsdynamodb.ITable
	Transactions  awsdynamodb.ITable
	Outcomes      awsdynamodb.ITable
	PartnersTable awsdynamodb.ITable

	// Retention is how long the rows of Files and Outcomes are kept. Default:
	// 400 days. See TablesProps.
	Retention time.Duration

	// Detection is who tells of an arrived file. Default: S3Events.
	Detection Detection

	// Express makes transactions cheaper and harder to inspect. Default:
	// Standard. See WorkflowProps.
	Express bool

	// BackendURL enriches transactions. Default: the partners' own rows do.
	// See EnrichmentAPIProps.
	BackendURL string

	// SettlementTimeout, SettlementRate, MaxFileBytes and MaxFileRecords bound
	// a file. Default: see SFTPIntakeProps.
	SettlementTimeout time.Duration
	SettlementRate    int
	MaxFileBytes      int64
	MaxFileRecords    int

	// SFTPEndpoint is where partners reach the SFTP server. Default: a public
	// name of AWS's.
	SFTPEndpoint SFTPEndpoint

	// WebACL and AllowedRanges protect the partners' REST API. Default: none,
	// and any. See RESTIntakeProps.
	WebACL        string
	AllowedRanges []string

	// PartnersDeleteReplies lets partners delete what is in their outbox.
	// Default: replies stay for a year. See SFTPIntakeProps.
	PartnersDeleteReplies bool

	// MaxConcurrency is how many batches of ten messages are started at a time,
	// from either queue. Default: 10.
	MaxConcurrency int

	// KeepAPIAccount leaves the account's role for API Gateway's logs as it
	// is. Default: the stack sets one.
	KeepAPIAccount bool

	// Code replaces the code of functions. Default: this module's own
	// handlers, built here.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept, whom the alarms tell, and
	// which key encrypts everything. Default: see operation.Settings.
	Operation operation.Settings
}

// Pipeline is the whole of it.
type Pipeline struct {
	Construct  constructs.Construct
	Landing    *Landing
	Tables     *Tables
	Enrichment *EnrichmentAPI
	Workflow   *Workflow
	Settlement *Settlement
	Queue      *Queue // of the transactions in files
	Posted     *Queue // of those that are posted, which wait behind no file
	SFTP       *SFTPIntake
	REST       *RESTIntake
	Enrolment  *Enrolment
	AlarmTopic awssns.ITopic
	Dashboard  awscloudwatch.Dashboard

	settings operation.Settings
}

// NewPipeline declares a pipeline. It panics if props are wrong.
func NewPipeline(scope constructs.Construct, id string, props PipelineProps) *Pipeline {
	operation.Must("b2b.Pipeline", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	gofunction.Prepare(this, props.packages()...)

	settings := props.Operation.WithDefaults(this)
	if settings.AlarmTopic == nil {
		settings.AlarmTopic = operation.NewAlarmTopic(this, "Alarms", settings)
	}
	p := &Pipeline{Construct: this, AlarmTopic: settings.AlarmTopic, settings: settings}

	p.Landing = NewLanding(this, "Landing", LandingProps{Bucket: props.Bucket, Operation: settings})
	p.Tables = NewTables(this, "Tables", TablesProps{
		Files: props.Files, Transactions: props.Transactions, Outcomes: props.Outcomes, Partners: props.PartnersTable,
		Retention: props.Retention, Operation: settings,
	})
	p.Enrichment = NewEnrichmentAPI(this, "Enrichment", EnrichmentAPIProps{
		Tables: p.Tables, BackendURL: props.BackendURL, KeepAPIAccount: props.KeepAPIAccount,
		Operation: settings,
	})
	p.Workflow = NewWorkflow(this, "Workflow", WorkflowProps{
		Tables: p.Tables, Enrichment: p.Enrichment, Express: props.Express,
		Code: props.Code, Alarms: props.Alarms, Operation: settings,
	})
	p.Settlement = NewSettlement(this, "Settlement", SettlementProps{
		Tables: p.Tables, Landing: p.Landing,
		Code: props.Code, Alarms: props.Alarms, Operation: settings,
	})
	queue := QueueProps{
		StateMachine: p.Workflow.StateMachine, MaxConcurrency: props.MaxConcurrency,
		Code: props.Code, Alarms: props.Alarms, Operation: settings,
	}
	p.Queue = NewQueue(this, "Queue", queue)
	p.Posted = NewQueue(this, "Posted", queue)
	p.SFTP = NewSFTPIntake(this, "SFTP", SFTPIntakeProps{
		Landing: p.Landing, Tables: p.Tables, Queue: p.Queue.Queue,
		Settlement: p.Settlement, Detection: props.Detection, SettlementTimeout: props.SettlementTimeout, SettlementRate: props.SettlementRate,
		MaxFileBytes: props.MaxFileBytes, MaxFileRecords: props.MaxFileRecords, PartnersDeleteReplies: props.PartnersDeleteReplies,
		Endpoint: props.SFTPEndpoint,
		Code:     props.Code, Alarms: props.Alarms, Operation: settings,
	})
	p.REST = NewRESTIntake(this, "REST", RESTIntakeProps{
		Tables: p.Tables, Queue: p.Posted.Queue, Tiers: props.Tiers,
		KeepAPIAccount: props.KeepAPIAccount, WebACL: props.WebACL, AllowedRanges: props.AllowedRanges,
		Code: props.Code, Alarms: props.Alarms, Operation: settings,
	})
	p.Enrolment = NewEnrolment(this, "Enrolment", EnrolmentProps{
		Partners: props.Partners, Tables: p.Tables, REST: p.REST,
		Code: props.Code, Alarms: props.Alarms, Operation: settings,
	})
	p.addOverview(props.Alarms)
	return p
}

// validate reports what is wrong with the parts' props too, so that all of it
// stands in one message.
func (p PipelineProps) validate() error {
	var faults operation.Faults
	tiers := tiersOf(p.Tiers)
	validateTiers(&faults, tiers)
	validatePartners(&faults, p.Partners, tiers)
	if p.Detection != "" {
		faults.Add(p.Detection.Validate())
	}
	faults.Add(validateBackend(p.BackendURL))
	p.SFTPEndpoint.validate(&faults)
	restapi.ValidateRanges(&faults, p.AllowedRanges)
	if p.Retention != 0 {
		validateRetention(&faults, p.Retention)
	}
	if p.MaxConcurrency != 0 {
		validateConcurrency(&faults, p.MaxConcurrency)
	}
	operation.NotNegative(&faults, "SettlementTimeout", p.SettlementTimeout)
	operation.NotNegative(&faults, "SettlementRate", p.SettlementRate)
	operation.NotNegative(&faults, "MaxFileBytes", p.MaxFileBytes)
	operation.NotNegative(&faults, "MaxFileRecords", p.MaxFileRecords)
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.validate(&faults)
	return faults.Err()
}

// packages are those that have to be built.
func (p PipelineProps) packages() []string {
	var packages []string
	for _, handler := range handlers {
		if p.Code[handler] == nil && !(p.Express && handler == Conclude) {
			packages = append(packages, gofunction.Handler("b2b", string(handler)))
		}
	}
	return packages
}
