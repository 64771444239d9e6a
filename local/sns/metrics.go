package sns

// This file is the metrics of topics.

import "github.com/tradepost-dev/tradepost/local/cloud"

// https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
type metrics struct {
	published, size, filteredOut, delivered, failed, redriven, notRedriven *cloud.Metric

	rejected map[rejection]*cloud.Metric // filteredOut, by its reasons
}

func newMetrics(c *cloud.Cloud) metrics {
	metric := func(name, unit string) *cloud.Metric {
		return c.Metric("AWS/SNS", name, unit, []string{"TopicName"})
	}
	rejected := map[rejection]*cloud.Metric{}
	for _, why := range rejections {
		rejected[why] = metric("NumberOfNotificationsFilteredOut-"+string(why), "Count")
	}
	return metrics{
		rejected:    rejected,
		published:   metric("NumberOfMessagesPublished", "Count"),
		size:        metric("PublishSize", "Bytes"),
		filteredOut: metric("NumberOfNotificationsFilteredOut", "Count"),
		delivered:   metric("NumberOfNotificationsDelivered", "Count"),
		failed:      metric("NumberOfNotificationsFailed", "Count"),
		redriven:    metric("NumberOfNotificationsRedrivenToDlq", "Count"),
		notRedriven: metric("NumberOfNotificationsFailedToRedriveToDlq", "Count"),
	}
}
