// Package policyguard guards an account's IAM policies: a change that grants a
// restricted action is rolled back for now, administrators are asked, and it is
// restored if one of them approves.
//
//	IAM call --> CloudTrail --> Rule --> Workflow: Evaluate --> Roll Back --> ask --> Restore, or keep --> tell
//	                                         |         |          |           |                              |
//	                                     Undelivered  policy   placeholder  Approval                      Notices
//
// It hears of CreatePolicy, CreatePolicyVersion, SetDefaultPolicyVersion,
// PutRolePolicy, PutUserPolicy and PutGroupPolicy. IAM tells of its calls in one
// region of a partition, us-east-1: deploy it there.
package policyguard

// This file puts the system together.

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/approval"
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
)

// Verdict is what is done about a change that grants a restricted action.
type Verdict string

const (
	// RollBackAndAsk puts a placeholder in force and asks the administrators.
	RollBackAndAsk Verdict = "ROLL_BACK"

	// Alert tells them.
	Alert Verdict = "ALERT"

	// Nothing writes it down in Cases: to see beforehand what would happen.
	Nothing Verdict = "NOTHING"
)

// Props are the properties of a System.
type Props struct {
	// Administrators are the mail addresses of those who decide: 1 to 50. Each
	// has to confirm two subscriptions once, one for questions and one for what
	// came of them. Required.
	Administrators []string

	// Restricted are the actions that no policy may grant without an
	// administrator: up to 100, in up to 2,560 bytes. Wildcards are those of policies.
	// Default: DefaultRestricted.
	Restricted []string

	// Verdict is what is done about a policy that does. Default: RollBackAndAsk.
	Verdict Verdict

	// Deployers are the ARNs of roles and users whose changes stand, and are
	// told only: that of CloudFormation's execution role, say. Default: none.
	Deployers []string

	// Timeout is for how long a decision is waited for: without one, a policy
	// stays rolled back. One minute to 30 days. Default: 24 hours.
	Timeout time.Duration

	// SecondOpinion has IAM Access Analyzer look at what passes as well
	// (CheckAccessNotGranted, paid for by the check). A policy passes if both
	// find nothing; not if the analyzer cannot be asked. Default: it is not.
	SecondOpinion bool

	// NewTrail makes a trail of management events, of which the first one of a
	// region is free but for its storage. Default: there is one in the account,
	// without which EventBridge hears of no call.
	NewTrail bool

	// Forwarded says that a rule in us-east-1 sends IAM's events to the default
	// bus of another region, where the system is. Default: it has to be where
	// they come.
	Forwarded bool

	// KeepAPIAccount leaves the account's role for API Gateway's logs as it is: it
	// is somebody else's, and there. Default: the administrators' page sets it.
	KeepAPIAccount bool

	// Code replaces the code of functions, and ApprovalCode that of those which
	// ask administrators. Default: this module's own handlers, built here.
	Code         map[Handler]awslambda.Code
	ApprovalCode map[approval.Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept, whom the alarms tell, and
	// which key encrypts everything. Default: see operation.Settings.
	Operation operation.Settings
}

// System is all of it.
type System struct {
	Construct constructs.Construct

	// Cases has, under a policy's ARN or role/<role>/<name>, a row per change
	// that was not left alone, with what was rolled back and what came of it; and
	// versions that had to make room for a placeholder.
	Cases awsdynamodb.Table

	// Notices tells administrators what came of a change. Its messages have the
	// attribute outcome.
	Notices awssns.Topic

	// Boundary is a permissions boundary: attach it to whoever is no
	// administrator. It takes nothing away but the guard's own resources, the
	// trails, and ways around itself.
	Boundary awsiam.ManagedPolicy

	Evaluate, RollBack, Restore *gofunction.Function

	// Approval asks administrators.
	Approval *approval.System

	// Workflow runs an execution per change. Its output is {"policy": ...,
	// "outcome": ...}.
	Workflow *workflow.Workflow

	// Rule starts executions; events for which it could not are in Undelivered.
	Rule        awsevents.Rule
	Undelivered awssqs.Queue

	// TamperRule tells administrators when somebody changes the guard itself.
	TamperRule awsevents.Rule

	Trail      awscloudtrail.Trail // nil without Props.NewTrail
	AlarmTopic awssns.ITopic
	Dashboard  awscloudwatch.Dashboard

	roles []awsiam.Role // of everything
}

// New declares the system. It panics if props are wrong.
func New(scope constructs.Construct, id string, props Props) *System {
	props = props.withDefaults()
	operation.Must("policyguard.System", id, props.validate(*awscdk.Stack_Of(scope).Region()))
	this := constructs.NewConstruct(scope, &id)
	settings := props.Operation.WithDefaults(this)
	if settings.AlarmTopic == nil {
		settings.AlarmTopic = operation.NewAlarmTopic(this, "Alarms", settings)
	}
	functions := gofunction.Set[Handler]{
		Scope: this, System: "policyguard", Code: props.Code, Alarms: props.Alarms.Functions, Operation: settings,
	}
	functions.Prepare(handlers...)
	s := &System{Construct: this, AlarmTopic: settings.AlarmTopic}
	s.Cases = operation.NewTable(this, "Cases", settings, awsdynamodb.TableProps{
		PartitionKey: text(contract.AttrPolicy), SortKey: text(contract.AttrEntry),
	})
	s.addNotices(props, settings)
	s.addFunctions(functions, props.Restricted)
	approvals := settings
	approvals.Name = "" // its own
	s.Approval = approval.New(this, "Approval", approval.Props{
		Approvers: props.Administrators, Timeout: props.Timeout, KeepAPIAccount: props.KeepAPIAccount, Code: props.ApprovalCode, Alarms: props.Alarms.Approval, Operation: approvals,
	})
	s.addGuard(props, settings)
	s.addBoundary()
	if props.NewTrail {
		s.addTrail(settings)
	}
	if !props.Forwarded {
		s.requireRegion()
	}
	s.addOverview()
	return s
}

func text(name string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: &name, Type: awsdynamodb.AttributeType_STRING}
}

// addNotices subscribes the administrators to what came of changes.
func (s *System) addNotices(props Props, settings operation.Settings) {
	s.Notices = operation.NewTopic(s.Construct, "Notices", settings)
	for _, administrator := range props.Administrators {
		s.Notices.AddSubscription(awssnssubscriptions.NewEmailSubscription(&administrator, nil))
	}
	operation.NewAlarm(s.Construct, "UntoldAlarm", settings, operation.AlarmProps{
		Description: "An administrator could not be told what came of a change of a policy: see the subscriptions of the notices.",
		Metric:      s.MetricUntold(nil),
		Threshold:   1,
		Adjust:      props.Alarms.Untold,
	})
}

// regions are those in which IAM's calls are told of, one of each partition.
var regions = []string{"us-east-1", "us-gov-west-1", "cn-north-1"}

// requireRegion keeps a template that does not know its region from being
// deployed elsewhere, where the guard would never hear of anything.
func (s *System) requireRegion() {
	awscdk.NewCfnRule(s.Construct, jsii.String("Region"), &awscdk.CfnRuleProps{Assertions: &[]*awscdk.CfnRuleAssertion{{
		Assert:            awscdk.Fn_ConditionContains(jsii.Strings(regions...), awscdk.Aws_REGION()),
		AssertDescription: jsii.String("IAM tells of its calls in us-east-1 only (us-gov-west-1, cn-north-1): deploy the policy guard there, or forward the events and set Forwarded."),
	}}})
}
