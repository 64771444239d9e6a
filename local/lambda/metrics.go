package lambda

// This file is the metrics of functions.

import "github.com/tradepost-dev/tradepost/local/cloud"

// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
type metrics struct {
	invocations, errors, throttles, duration, concurrent  *cloud.Metric
	received, age, dropped, deadLetterErrors, undelivered *cloud.Metric // of asynchronous invocations
	iteratorAge                                           *cloud.Metric // of streams
}

func newMetrics(c *cloud.Cloud) metrics {
	metric := func(name, unit string) *cloud.Metric {
		return c.Metric("AWS/Lambda", name, unit, []string{"FunctionName"}, []string{"FunctionName", "Resource"}, nil)
	}
	return metrics{
		invocations:      metric("Invocations", "Count"),
		errors:           metric("Errors", "Count"),
		throttles:        metric("Throttles", "Count"),
		duration:         metric("Duration", "Milliseconds"),
		concurrent:       metric("ConcurrentExecutions", "Count"),
		received:         metric("AsyncEventsReceived", "Count"),
		age:              metric("AsyncEventAge", "Milliseconds"),
		dropped:          metric("AsyncEventsDropped", "Count"),
		deadLetterErrors: metric("DeadLetterErrors", "Count"),
		undelivered:      metric("DestinationDeliveryFailures", "Count"),
		iteratorAge:      metric("IteratorAge", "Milliseconds"),
	}
}

// observe publishes a metric of the function, of the version or alias that was
// asked for, and of all functions.
func (t target) observe(m *cloud.Metric, value float64) {
	for _, dimensions := range t.dimensions {
		m.Observe(dimensions, value)
	}
	if t.qualifier != "" {
		m.Observe(map[string]string{"FunctionName": t.name, "Resource": t.name + ":" + t.qualifier}, value)
	}
}
