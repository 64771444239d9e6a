// Package onboarding onboards new users: a workflow execution for each saves
// the profile, announces it, and processes the referral if there is one. But for
// the referral it calls AWS services directly, without a function.
//
//	client --> Workflow: Save User Details --> Send User Onboarded Event --> Process Referral
//	                            |                         |                  or No Action
//	                          Users                     Events --> consumers
//
// Executions are started with {"user": {"userId": ..., "email": ..., ...}}. For
// a user who is onboarded already they change nothing, and for one whose earlier
// execution failed they do what is missing.
package onboarding

// This file puts the system together.

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	contract "github.com/tradepost-dev/tradepost/internal/contract/onboarding"
)

// Props are the properties of a System.
type Props struct {
	// Users is an existing table of users, with the keys PK and SK (strings).
	// Users whom it has already count as onboarded. Default: one is made.
	Users awsdynamodb.ITable

	// Events is an existing queue that is told of new users. Its owner watches
	// it. Default: one is made, with dead letters and alarms.
	Events awssqs.IQueue

	// ConsumerTimeout is how long a consumer works on events at most, up to two
	// hours: for six times as long none of them is delivered again. Not for an
	// existing queue. Default: one minute.
	ConsumerTimeout time.Duration

	// Code replaces the code of functions: ProcessReferral is invoked with
	// {"userId": ..., "created": ...}, and what it answers is the output's
	// referral. Default: this module's own handler, built here, which notes
	// the referral in its log.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept, whom the alarms tell, and
	// which key encrypts everything. Default: see operation.Settings.
	Operation operation.Settings
}

// System is all of it.
type System struct {
	Construct constructs.Construct

	// Users has a row per user: PK (the user's id), SK ("PROFILE"), userId,
	// email, and as far as they are known name, signupDate, source and metadata
	// (referralCode, country); and the workflow's own attributes onboardedBy,
	// eventSentAt and referredAt.
	Users awsdynamodb.ITable

	// Events is told of each new user, at least once: JSON with type
	// ("UserOnboarded"), userId, signupDate and createdDate.
	Events awssqs.IQueue

	// DeadLetters holds events that consumers have failed on five times. Nil for
	// an existing queue.
	DeadLetters awssqs.IQueue

	// Workflow runs an execution per user. Its output is JSON with userId,
	// outcome (ONBOARDED, COMPLETED, ALREADY_ONBOARDED or UNDER_WAY) and
	// referral.
	Workflow *workflow.Workflow

	ProcessReferral *gofunction.Function

	AlarmTopic awssns.ITopic
	Dashboard  awscloudwatch.Dashboard
}

// New declares the system. It panics if props are wrong.
func New(scope constructs.Construct, id string, props Props) *System {
	operation.Must("onboarding.System", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	settings := props.Operation.WithDefaults(this)
	functions := gofunction.Set[Handler]{
		Scope: this, System: "onboarding", Code: props.Code, Operation: settings, Alarms: props.Alarms.Functions,
	}
	functions.Prepare(handlers...)

	if settings.AlarmTopic == nil {
		settings.AlarmTopic = operation.NewAlarmTopic(this, "Alarms", settings)
		functions.Operation = settings
	}
	s := &System{Construct: this, AlarmTopic: settings.AlarmTopic, Users: props.Users, Events: props.Events}
	if s.Users == nil {
		s.Users = operation.NewTable(this, "Users", settings, awsdynamodb.TableProps{
			PartitionKey: text(contract.AttrPartition), SortKey: text(contract.AttrSort),
		})
	}
	if s.Events == nil {
		s.addEvents(props, settings)
	}
	s.ProcessReferral = functions.Add("ProcessReferral", ProcessReferral, gofunction.Props{
		Description: "Notes that a new user was referred",
	})
	s.addWorkflow(props, settings)
	s.addOverview()
	return s
}

func text(name string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: &name, Type: awsdynamodb.AttributeType_STRING}
}

func (p Props) validate() error {
	var faults operation.Faults
	operation.Within(&faults, "ConsumerTimeout", p.ConsumerTimeout, 0, 2*time.Hour)
	if p.ConsumerTimeout%time.Second != 0 {
		faults.Addf("ConsumerTimeout is %v: give whole seconds", p.ConsumerTimeout)
	}
	if p.Events != nil && p.ConsumerTimeout != 0 {
		faults.Addf("ConsumerTimeout is %v: an existing queue has a visibility timeout of its own", p.ConsumerTimeout)
	}
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.validate(&faults)
	return faults.Err()
}

// GrantStart lets a grantee start executions, and so onboard users.
func (s *System) GrantStart(grantee awsiam.IGrantable) awsiam.Grant {
	return s.Workflow.GrantStartExecution(grantee)
}

// MetricReferrals counts how often a referral was processed.
func (s *System) MetricReferrals(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.ProcessReferral.Function.MetricInvocations(options.For(awscloudwatch.Stats_SUM()))
}

func (s *System) addOverview() {
	s.Dashboard = awscloudwatch.NewDashboard(s.Construct, jsii.String("Dashboard"), nil)
	s.Dashboard.AddWidgets(
		operation.Graph("Onboardings", s.Workflow.MetricSucceeded(nil), s.Workflow.MetricFailed(nil), s.Workflow.MetricTimedOut(nil), s.Workflow.MetricThrottled(nil)),
		operation.Graph("Events: sent, seconds waited, dead letters", s.eventMetrics()...),
		operation.Graph("Referrals", s.MetricReferrals(nil), s.ProcessReferral.MetricErrors(nil)),
	)
}
