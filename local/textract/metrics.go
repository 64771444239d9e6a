package textract

// This file is the metrics of operations.

import (
	"context"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// https://docs.aws.amazon.com/textract/latest/dg/textract-monitoring-metrics.html
type metrics struct{ succeeded, userErrors, serverErrors, throttled, responseTime *cloud.Metric }

func newMetrics(c *cloud.Cloud) metrics {
	metric := func(name, unit string) *cloud.Metric {
		return c.Metric("AWS/Textract", name, unit, []string{"Operation"})
	}
	return metrics{
		succeeded:    metric("SuccessfulRequestCount", "Count"),
		userErrors:   metric("UserErrorCount", "Count"),
		serverErrors: metric("ServerErrorCount", "Count"),
		throttled:    metric("ThrottledCount", "Count"),
		responseTime: metric("ResponseTime", "Milliseconds"),
	}
}

// measured makes an operation of which successes and times are measured.
func measured[In, Out any](t *Textract, action string, do func(context.Context, cloud.Caller, In) (Out, error)) cloud.Operation {
	return cloud.Handle(func(ctx context.Context, caller cloud.Caller, in In) (Out, error) {
		start := time.Now()
		out, err := do(ctx, caller, in)
		operation := map[string]string{"Operation": action}
		t.metrics.responseTime.Observe(operation, float64(time.Since(start).Microseconds())/1000)
		if err == nil {
			t.metrics.succeeded.Observe(operation, 1)
		}
		return out, err
	})
}

// Failed implements cloud.FailureObserver. Only a Fault throttles.
func (t *Textract) Failed(call cloud.Call, err error) {
	metric := t.metrics.userErrors
	switch e := cloud.AsError(err); {
	case e.Status >= 500:
		metric = t.metrics.serverErrors
	case strings.Contains(e.Code, "Throttl") || e.Code == "ProvisionedThroughputExceededException":
		metric = t.metrics.throttled
	}
	metric.Observe(map[string]string{"Operation": call.Action}, 1)
}
