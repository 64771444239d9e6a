// Package training trains a model once a day, if there are data that are new, and
// puts it into service if it is good enough.
//
//	Scheduler --> Workflow: FindData --> Glue job --> training job --> gate --> endpoint --> Predict
//	                           |            |             |              |         |            |
//	                         Data       transformed     models        refused   Endpoint   predictions
//
// One run goes at a time. One that fails leaves in service what was, and its
// data to the next. The endpoint is the workflow's: it is there after the first
// run, and stays when the stack is deleted. Delete it by
//
//	aws sagemaker delete-endpoint --endpoint-name NAME
package training

// This file puts the system together.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
)

// System is all of it.
type System struct {
	Construct constructs.Construct

	// Name is that of the endpoint; names of training jobs, models and endpoint
	// configurations begin with it.
	Name string

	// Data takes the data, below Props.DataPrefix: whoever brings them may write
	// there by GrantData.
	Data awss3.IBucket

	// Work has what the runs make, in folders of their own: manifests/,
	// transformed/ (kept for 30 days), models/ and predictions/.
	Work awss3.Bucket

	// Runs has a row per run that has trained a model, and the rows current,
	// last-success and last-refusal.
	Runs awsdynamodb.Table

	// Job is the ETL job.
	Job awsglue.CfnJob

	// JobRole is what the job may do, TrainingRole the container: give them more
	// where script and container need it.
	JobRole, TrainingRole awsiam.Role

	// Workflow runs an execution per run. Endpoint is the state machine by which
	// it has the endpoint serve by a configuration: start it with
	// {"configuration": ...} to go back to an earlier one by hand.
	Workflow, Endpoint *workflow.Workflow

	Schedule awsscheduler.Schedule

	// Notices is told of each run that has put a model into service, has refused
	// one, or has failed: a text, with the attributes outcome and execution.
	Notices awssns.ITopic

	// DeadLetters holds runs that the schedule could not start, and ends of runs
	// that nobody could be told of.
	DeadLetters awssqs.Queue

	FindData, Predict, Report *gofunction.Function

	AlarmTopic awssns.ITopic
	Dashboard  awscloudwatch.Dashboard

	prefix string // of data
}

// New declares the system. It panics if props are wrong.
func New(scope constructs.Construct, id string, props Props) *System {
	props = props.withDefaults()
	operation.Must("training.System", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	settings := props.Operation.WithDefaults(this)
	functions := gofunction.Set[Handler]{
		Scope: this, System: "training", Code: props.Code, Operation: settings, Alarms: props.Alarms.Functions,
	}
	functions.Prepare(handlers...)

	if settings.AlarmTopic == nil {
		settings.AlarmTopic = operation.NewAlarmTopic(this, "Alarms", settings)
		functions.Operation = settings
	}
	s := &System{Construct: this, Name: props.name(this), Data: props.Data, Notices: props.Notices, AlarmTopic: settings.AlarmTopic, prefix: props.DataPrefix}
	s.addStores(settings)
	s.addJob(props, settings)
	s.addTrainingRole(props)
	s.addSteps(functions, props)
	s.addMachines(props, settings)
	s.addSchedule(props, settings)
	s.addReport(functions, props, settings)
	s.addOverview()
	return s
}

func (s *System) addStores(settings operation.Settings) {
	logs := operation.NewLogBucket(s.Construct, "AccessLogs", settings)
	if s.Data == nil {
		s.Data = operation.NewBucket(s.Construct, "Data", settings, awss3.BucketProps{
			ServerAccessLogsBucket: logs, ServerAccessLogsPrefix: jsii.String("data/"),
		})
	}
	s.Work = operation.NewBucket(s.Construct, "Work", settings, awss3.BucketProps{
		ServerAccessLogsBucket: logs, ServerAccessLogsPrefix: jsii.String("work/"),
		LifecycleRules: &[]*awss3.LifecycleRule{
			expire("transformed", contract.FolderTransformed, 30),
			expire("manifests", contract.FolderManifests, 365),
		},
	})
	s.Runs = operation.NewTable(s.Construct, "Runs", settings, awsdynamodb.TableProps{
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String(contract.AttrRun), Type: awsdynamodb.AttributeType_STRING},
	})
	if s.Notices == nil {
		s.Notices = operation.NewTopic(s.Construct, "Notices", settings)
	}
	s.DeadLetters = operation.NewDeadLetters(s.Construct, "DeadLetters", settings)
}
