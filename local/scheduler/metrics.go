package scheduler

// This file is the metrics of schedules, of all and by group.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html

import "github.com/tradepost-dev/tradepost/local/cloud"

type metrics struct {
	attempts, errors, throttled, dropped, deadLetters, lost *cloud.Metric
}

func newMetrics(c *cloud.Cloud) metrics {
	metric := func(name string) *cloud.Metric {
		return c.Metric("AWS/Scheduler", name, "Count", nil, []string{"ScheduleGroup"})
	}
	return metrics{
		attempts:    metric("InvocationAttemptCount"),
		errors:      metric("TargetErrorCount"),
		throttled:   metric("TargetErrorThrottledCount"),
		dropped:     metric("InvocationDroppedCount"),
		deadLetters: metric("InvocationsSentToDeadLetterCount"),
		lost:        metric("InvocationsFailedToBeSentToDeadLetterCount"),
	}
}

func (m *metrics) count(metric *cloud.Metric, group string) {
	metric.Observe(nil, 1)
	metric.Observe(map[string]string{"ScheduleGroup": group}, 1)
}
