package invoices

// This file has what others may do with the system, and what can be seen of it.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
)

// GrantSend lets a grantee send documents: write objects under the prefix.
func (s *System) GrantSend(grantee awsiam.IGrantable) awsiam.Grant {
	operation.SuppressGrant(grantee, "AwsSolutions-IAM5", "Documents are named by whoever sends them.", `^Resource::.*/`+quoted(s.prefix)+`\*$`)
	return operation.AllowObjects(grantee, s.Documents, []string{s.prefix + "*"}, "s3:PutObject")
}

// GrantPayments lets a grantee read the payments that were ordered. It panics
// with Props.Pay, where there are none.
func (s *System) GrantPayments(grantee awsiam.IGrantable) awsiam.Grant {
	if s.Payments == nil {
		panic("invoices.System: with Pay there is no table of payments")
	}
	return operation.AllowTable(grantee, s.Payments, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan")
}

func (s *System) count(name string, options *operation.MetricOptions) awscloudwatch.Metric {
	return operation.Count(Namespace, name, contract.DimensionSystem, s.settings.Name, options)
}

// MetricReceived counts invoices: a document counts as one until it is known how
// many are in it. When all files are settled, it is the sum of the next four.
func (s *System) MetricReceived(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.count(contract.MetricReceived, options)
}

// MetricPaid counts invoices whose payment was ordered.
func (s *System) MetricPaid(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.count(contract.MetricPaid, options)
}

// MetricRefused counts invoices that a reviewer has refused, or not decided on in
// time.
func (s *System) MetricRefused(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.count(contract.MetricRefused, options)
}

// MetricDuplicate counts invoices that came in another file before.
func (s *System) MetricDuplicate(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.count(contract.MetricDuplicate, options)
}

// MetricFailed counts invoices that failed, and documents that could not be
// analyzed or have no invoice.
func (s *System) MetricFailed(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.count(contract.MetricFailed, options)
}

// MetricOverdue counts, every five minutes, files that are not settled in time.
func (s *System) MetricOverdue(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.count(contract.MetricOverdue, options)
}

// MetricUndelivered counts notices that did not reach a subscriber.
func (s *System) MetricUndelivered(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.Notices.MetricNumberOfNotificationsFailed(options.For(awscloudwatch.Stats_SUM()))
}

func (s *System) addOverview() {
	s.Dashboard = awscloudwatch.NewDashboard(s.Construct, jsii.String("Dashboard"), nil)
	s.Dashboard.AddWidgets(
		operation.Graph("Invoices", s.MetricReceived(nil), s.MetricPaid(nil), s.MetricRefused(nil), s.MetricDuplicate(nil), s.MetricFailed(nil)),
		operation.Graph("Late or lost: files overdue, dead letters", s.MetricOverdue(nil), operation.MetricDeadLetters(s.DeadLetters, nil), operation.MetricDeadLetters(s.CompletedDeadLetters, nil)),
		operation.Graph("Seconds waited: for Textract, for the workflow", operation.MetricAge(s.Queue, nil), operation.MetricAge(s.Completed, nil)),
		operation.Graph("Executions", s.Workflow.MetricSucceeded(nil), s.Workflow.MetricFailed(nil), s.Workflow.MetricTimedOut(nil), s.Workflow.MetricThrottled(nil)),
	)
}
