package policyguard

// This file has the trail, and what can be seen of the system.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// addTrail records the account's management events that change something.
func (s *System) addTrail(settings operation.Settings) {
	operation.AllowTrails(s.Construct, settings.Key)
	s.Trail = awscloudtrail.NewTrail(s.Construct, jsii.String("Trail"), &awscloudtrail.TrailProps{
		Bucket:                     operation.NewTrailBucket(s.Construct, "TrailLogs", settings),
		EncryptionKey:              settings.Key,
		EnableFileValidation:       jsii.Bool(true),
		IsMultiRegionTrail:         jsii.Bool(false),
		IncludeGlobalServiceEvents: jsii.Bool(true), // IAM's
		ManagementEvents:           awscloudtrail.ReadWriteType_WRITE_ONLY,
	})
}

// MetricRolledBack counts how often a change was to be rolled back.
func (s *System) MetricRolledBack(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.RollBack.Function.MetricInvocations(options.For(awscloudwatch.Stats_SUM()))
}

// MetricRestored counts how often one was to be restored.
func (s *System) MetricRestored(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.Restore.Function.MetricInvocations(options.For(awscloudwatch.Stats_SUM()))
}

// MetricUndelivered is how many changes were judged by nobody.
func (s *System) MetricUndelivered(options *operation.MetricOptions) awscloudwatch.Metric {
	return operation.MetricDeadLetters(s.Undelivered, options)
}

// MetricUntold counts notices that did not reach an administrator.
func (s *System) MetricUntold(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.Notices.MetricNumberOfNotificationsFailed(options.For(awscloudwatch.Stats_SUM()))
}

func (s *System) addOverview() {
	s.Dashboard = awscloudwatch.NewDashboard(s.Construct, jsii.String("Dashboard"), nil)
	s.Dashboard.AddWidgets(
		operation.Graph("Changes of policies", s.Workflow.MetricSucceeded(nil), s.Workflow.MetricFailed(nil), s.Workflow.MetricTimedOut(nil), s.MetricUndelivered(nil)),
		operation.Graph("Rolled back, restored", s.MetricRolledBack(nil), s.MetricRestored(nil)),
		operation.Graph("Notices not delivered", s.MetricUntold(nil)),
	)
}
