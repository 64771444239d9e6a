package sns

// This file is the metrics of topics.

import "github.com/tradepost-dev/tradepost/local/cloud"

// https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
type metrics struct {
	published, size, filteredOut, delivered, failed, redriven, notRedriven *cloud.Metric
}

func newMetrics(c *cloud.Cloud) metrics {
	metric := func(name, unit string) *cloud.Metric {
		return c.Metric("AWS/SNS", name, unit, []string{"TopicName"})
	}
	return metrics{
		published:   metric("NumberOfMessagesPublished", "Count"),
		size:        metric("PublishSize", "Bytes"),
		filteredOut: metric("NumberOfNotificationsFilteredOut", "Count"),
		delivered:   metric("NumberOfNotificationsDelivered", "Count"),
		failed:      metric("NumberOfNotificationsFailed", "Count"),
		redriven:    metric("NumberOfNotificationsRedrivenToDlq", "Count"),
		notRedriven: metric("NumberOfNotificationsFailedToRedriveToDlq", "Count"),
	}
}
