// The metrics of rules.

package events

import "github.com/tradepost-dev/tradepost/local/cloud"

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
type metrics struct {
	matched, triggered                                *cloud.Metric
	attempts, successfulAttempts, retries             *cloud.Metric
	invocations, failed, deadLetters, deadLettersLost *cloud.Metric
}

func newMetrics(c *cloud.Cloud) metrics {
	metric := func(name string) *cloud.Metric {
		return c.Metric("AWS/Events", name, "Count", []string{"RuleName"}, []string{"EventBusName", "RuleName"})
	}
	return metrics{
		matched:            metric("MatchedEvents"),
		triggered:          metric("TriggeredRules"),
		attempts:           metric("InvocationAttempts"),
		successfulAttempts: metric("SuccessfulInvocationAttempts"),
		retries:            metric("RetryInvocationAttempts"),
		invocations:        metric("Invocations"),
		failed:             metric("FailedInvocations"),
		deadLetters:        metric("InvocationsSentToDlq"),
		deadLettersLost:    metric("InvocationsFailedToBeSentToDlq"),
	}
}

// count publishes a metric of the rule. Those of custom buses name the bus too.
func (r *rule) count(m *cloud.Metric) {
	dimensions := map[string]string{"RuleName": r.name}
	if r.bus != defaultBus {
		dimensions["EventBusName"] = r.bus
	}
	m.Observe(dimensions, 1)
}
