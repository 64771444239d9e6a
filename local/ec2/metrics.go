package ec2

// This file is the metrics of instances: their status checks, which a running
// instance passes. Alarms on what would need a machine are refused.

import (
	"context"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html
type metrics []*cloud.Metric

func newMetrics(c *cloud.Cloud) metrics {
	var m metrics
	for _, name := range []string{"StatusCheckFailed", "StatusCheckFailed_AttachedEBS", "StatusCheckFailed_Instance", "StatusCheckFailed_System"} {
		m = append(m, c.Metric("AWS/EC2", name, "Count", []string{"InstanceId"}))
	}
	return m
}

// measure publishes the metrics every minute.
func (e *EC2) measure(ctx context.Context) {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, id := range e.runningIDs() {
			for _, m := range e.metrics {
				m.Observe(map[string]string{"InstanceId": id}, 0)
			}
		}
	}
}

func (e *EC2) runningIDs() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var ids []string
	for id, i := range e.instances {
		if i.state == running {
			ids = append(ids, id)
		}
	}
	return ids
}
