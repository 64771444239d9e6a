package ordering

// This file has what others may do with the system, and what can be seen of it.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// GrantOrder lets a grantee send orders to the queue.
func (s *System) GrantOrder(grantee awsiam.IGrantable) awsiam.Grant {
	return operation.AllowSend(grantee, s.Queue)
}

// GrantStock lets a grantee count the stock, and add items to it.
func (s *System) GrantStock(grantee awsiam.IGrantable) awsiam.Grant {
	return operation.AllowTable(grantee, s.Stock, "dynamodb:GetItem", "dynamodb:UpdateItem")
}

// MetricOrders counts messages that were sent to the queue.
func (s *System) MetricOrders(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.Queue.MetricNumberOfMessagesSent(options.For(awscloudwatch.Stats_SUM()))
}

// MetricAge is how long the oldest order has waited to be started, in seconds.
func (s *System) MetricAge(options *operation.MetricOptions) awscloudwatch.Metric {
	return operation.MetricAge(s.Queue, options)
}

// MetricDeadLetters is how many messages are no orders, or could not be started.
func (s *System) MetricDeadLetters(options *operation.MetricOptions) awscloudwatch.Metric {
	return operation.MetricDeadLetters(s.DeadLetters, options)
}

// MetricNotices counts notices that were published.
func (s *System) MetricNotices(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.Notices.MetricNumberOfMessagesPublished(options.For(awscloudwatch.Stats_SUM()))
}

// MetricUndelivered counts notices that did not reach a subscriber.
func (s *System) MetricUndelivered(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.Notices.MetricNumberOfNotificationsFailed(options.For(awscloudwatch.Stats_SUM()))
}

func (s *System) addOverview() {
	s.Dashboard = awscloudwatch.NewDashboard(s.Construct, jsii.String("Dashboard"), nil)
	s.Dashboard.AddWidgets(
		operation.Graph("Orders: sent, seconds waited, dead letters", s.MetricOrders(nil), s.MetricAge(nil), s.MetricDeadLetters(nil)),
		operation.Graph("Executions", s.Workflow.MetricSucceeded(nil), s.Workflow.MetricFailed(nil), s.Workflow.MetricTimedOut(nil), s.Workflow.MetricThrottled(nil)),
		operation.Graph("Notices: published, undelivered", s.MetricNotices(nil), s.MetricUndelivered(nil)),
		operation.Graph("Errors of functions", s.Start.MetricErrors(nil), s.CheckAvailability.MetricErrors(nil), s.PlaceOrder.MetricErrors(nil), s.NotifyCustomer.MetricErrors(nil)),
	)
}
