package onboarding

// This file declares what is done with a user, and who is told.

import (
	"cmp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/statemachines"
)

func (s *System) addWorkflow(props Props, settings operation.Settings) {
	s.Workflow = workflow.New(s.Construct, "Workflow", workflow.Props{
		Definition: statemachines.Definition("onboarding/onboarding.asl.json"),
		Substitutions: map[string]string{
			"UsersTable":                 *s.Users.TableName(),
			"EventsQueueUrl":             *s.Events.QueueUrl(),
			"ProcessReferralFunctionArn": *s.ProcessReferral.Function.FunctionArn(),
		},
		Alarms:    props.Alarms.Onboardings,
		Operation: settings,
	})
	operation.AllowTable(s.Workflow, s.Users, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
	operation.AllowSend(s.Workflow, s.Events)
	s.ProcessReferral.GrantInvoke(s.Workflow)
	s.allowLookingAtOthers()
}

// allowLookingAtOthers lets an execution find out whether another one is still
// at work. The policy is not the role's own, which the state machine waits for:
// it names the state machine.
func (s *System) allowLookingAtOthers() {
	policy := awsiam.NewPolicy(s.Construct, jsii.String("LookAtOthers"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{s.Workflow.Role},
		Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("states:DescribeExecution"), Resources: jsii.Strings(s.Workflow.Executions()),
		})},
	})
	operation.Suppress(policy, "AwsSolutions-IAM5",
		"Executions get their names when they are started: those of this state machine only.", `^Resource::arn:.*:execution:.*:\*$`)
}

// addEvents declares the queue of events.
func (s *System) addEvents(props Props, settings operation.Settings) {
	scope := constructs.NewConstruct(s.Construct, jsii.String("Events"))
	s.Events, s.DeadLetters = operation.NewWorkQueue(scope, settings, cmp.Or(props.ConsumerTimeout, time.Minute))
	operation.NewAlarm(scope, "DeadLettersAlarm", settings, operation.AlarmProps{
		Description: "Consumers gave up on events of new users: mend the consumer and move the dead letters back.",
		Metric:      s.MetricDeadLetters(nil),
		Threshold:   1,
		Adjust:      props.Alarms.DeadLetters,
	})
	operation.NewAlarm(scope, "BacklogAlarm", settings, operation.AlarmProps{
		Description: "Events of new users wait for a consumer: after 14 days they are lost.",
		Metric:      s.MetricAge(nil),
		Threshold:   time.Hour.Seconds(),
		Adjust:      props.Alarms.Backlog,
	})
}

// GrantConsumeEvents lets a grantee receive and delete events.
func (s *System) GrantConsumeEvents(grantee awsiam.IGrantable) awsiam.Grant {
	operation.AllowKey(grantee, s.Events.EncryptionMasterKey(), "kms:Decrypt")
	return operation.Allow(grantee, []string{*s.Events.QueueArn()},
		"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
}

// MetricEvents counts events that were sent.
func (s *System) MetricEvents(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.Events.MetricNumberOfMessagesSent(options.For(awscloudwatch.Stats_SUM()))
}

// MetricAge is how long the oldest event has waited for a consumer, in seconds.
func (s *System) MetricAge(options *operation.MetricOptions) awscloudwatch.Metric {
	return operation.MetricAge(s.Events, options)
}

// MetricDeadLetters is how many events consumers gave up. An existing queue has
// no such metric: nil.
func (s *System) MetricDeadLetters(options *operation.MetricOptions) awscloudwatch.Metric {
	if s.DeadLetters == nil {
		return nil
	}
	return operation.MetricDeadLetters(s.DeadLetters, options)
}

func (s *System) eventMetrics() []awscloudwatch.Metric {
	metrics := []awscloudwatch.Metric{s.MetricEvents(nil), s.MetricAge(nil)}
	if s.DeadLetters != nil {
		metrics = append(metrics, s.MetricDeadLetters(nil))
	}
	return metrics
}
