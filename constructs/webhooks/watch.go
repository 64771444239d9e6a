package webhooks

// This file has what others may do with the system, and what can be seen of it.

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

// GrantReplay lets a grantee take failures out of their queue and put them into
// the stream again, as tradepost webhooks replay does.
func (s *System) GrantReplay(grantee awsiam.IGrantable) awsiam.Grant {
	operation.AllowKey(grantee, s.settings.Key, "kms:Decrypt")
	operation.AllowPut(grantee, s.Stream)
	return operation.Allow(grantee, []string{*s.Failures.QueueArn()}, "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage")
}

// metric counts webhooks of a source, or of all of them if it is "".
func (s *System) metric(name, source string, options *operation.MetricOptions) awscloudwatch.Metric {
	metric := operation.Count(contract.MetricNamespace, name, contract.DimensionSystem, s.settings.Name, options)
	if source != "" {
		metric = metric.With(&awscloudwatch.MetricOptions{
			DimensionsMap: &map[string]*string{contract.DimensionSystem: &s.settings.Name, contract.DimensionSource: &source},
		})
	}
	return metric
}

// MetricReceived counts webhooks that are in the stream, of a source or, if it is
// "", of all. In the end Received + Replayed = Published + Duplicate + Rejected +
// Parked.
func (s *System) MetricReceived(source string, options *operation.MetricOptions) awscloudwatch.Metric {
	return s.metric(contract.MetricReceived, source, options)
}

// MetricReplayed counts webhooks that were sent again from the failures.
func (s *System) MetricReplayed(source string, options *operation.MetricOptions) awscloudwatch.Metric {
	return s.metric(contract.MetricReplayed, source, options)
}

// MetricPublished counts webhooks that the topic was told of.
func (s *System) MetricPublished(source string, options *operation.MetricOptions) awscloudwatch.Metric {
	return s.metric(contract.MetricPublished, source, options)
}

// MetricDuplicate counts webhooks that were published before.
func (s *System) MetricDuplicate(source string, options *operation.MetricOptions) awscloudwatch.Metric {
	return s.metric(contract.MetricDuplicate, source, options)
}

// MetricRejected counts webhooks that will never be published.
func (s *System) MetricRejected(source string, options *operation.MetricOptions) awscloudwatch.Metric {
	return s.metric(contract.MetricRejected, source, options)
}

// MetricParked counts webhooks that were given up.
func (s *System) MetricParked(source string, options *operation.MetricOptions) awscloudwatch.Metric {
	return s.metric(contract.MetricParked, source, options)
}

// MetricRefused counts requests that were not signed right, or too large. Those
// of sources that there are not are counted under all only.
func (s *System) MetricRefused(source string, options *operation.MetricOptions) awscloudwatch.Metric {
	return s.metric(contract.MetricRefused, source, options)
}

// MetricFailures is how many webhooks are among the failures.
func (s *System) MetricFailures(options *operation.MetricOptions) awscloudwatch.Metric {
	return operation.MetricDeadLetters(s.Failures, options)
}

// MetricLag is how long the oldest record has waited in the stream, in
// milliseconds: the maximum.
func (s *System) MetricLag(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.Forward.Function.Metric(jsii.String("IteratorAge"), options.For(awscloudwatch.Stats_MAXIMUM()))
}

func (s *System) addOverview() {
	s.Dashboard = awscloudwatch.NewDashboard(s.Construct, jsii.String("Dashboard"), nil)
	s.Dashboard.AddWidgets(
		operation.Graph("Webhooks", s.MetricReceived("", nil), s.MetricReplayed("", nil), s.MetricPublished("", nil), s.MetricDuplicate("", nil), s.MetricRejected("", nil), s.MetricParked("", nil)),
		operation.Graph("Answers: requests, refused, 4xx, 5xx", s.API.MetricRequests(nil), s.MetricRefused("", nil), s.API.MetricClientErrors(nil), s.API.MetricServerErrors(nil)),
		operation.Graph("Milliseconds waited in the stream", s.MetricLag(nil)),
	)
	var published, backlog []awscloudwatch.Metric
	for _, name := range slices.Sorted(maps.Keys(s.Secrets)) {
		published = append(published, s.MetricPublished(name, &operation.MetricOptions{Label: name}))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Subscribers)) {
		subscriber := s.Subscribers[name]
		backlog = append(backlog, operation.MetricAge(subscriber.Queue, &operation.MetricOptions{Label: name}),
			operation.MetricDeadLetters(subscriber.DeadLetters, &operation.MetricOptions{Label: name + ": dead letters"}))
	}
	s.Dashboard.AddWidgets(
		operation.Graph("Published, by source", published...),
		operation.Graph("Failures, undelivered, lost", s.MetricFailures(nil), operation.MetricDeadLetters(s.Undelivered, nil), operation.MetricDeadLetters(s.DiscardedLetters, nil), s.MetricUntold(nil)),
		operation.Graph("Subscriptions: seconds waited, dead letters", backlog...),
	)
	s.Dashboard.AddWidgets(
		operation.Graph("Executions", s.Workflow.MetricSucceeded(nil), s.Workflow.MetricFailed(nil), s.Workflow.MetricTimedOut(nil)),
		operation.Graph("Errors of functions", s.Receive.MetricErrors(nil), s.Forward.MetricErrors(nil), s.Salvage.MetricErrors(nil), s.Publish.MetricErrors(nil)),
	)
}
