// Package cloudwatch is Amazon CloudWatch in memory: metrics of the last
// hours, and alarms that are evaluated and act.
package cloudwatch

import (
	"context"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// CloudWatch is the service. It implements cloud.API and cloud.Meter.
type CloudWatch struct {
	cloud.Operations

	cloud   *cloud.Cloud
	metrics metrics

	mu         sync.Mutex // guards what follows
	alarms     map[string]*alarm
	sorted     []*alarm          // as they were looked at last; never changed in place
	dashboards map[string]*board // by name
}

// New returns the service, without alarms. It evaluates alarms every
// evaluationInterval until c is closed. Set c.Meter to it, so that what
// services observe becomes metrics.
func New(c *cloud.Cloud) *CloudWatch {
	w := &CloudWatch{cloud: c, alarms: map[string]*alarm{}, dashboards: map[string]*board{}, metrics: newMetrics()}
	w.Operations = cloud.Operations{
		"DeleteAlarms":         cloud.Handle(w.deleteAlarms),
		"DeleteDashboards":     cloud.Handle(w.deleteDashboards),
		"DescribeAlarmHistory": cloud.Handle(w.describeAlarmHistory),
		"DescribeAlarms":       cloud.Handle(w.describeAlarms),
		"DisableAlarmActions":  cloud.Handle(w.switchActions("DisableAlarmActions", false)),
		"EnableAlarmActions":   cloud.Handle(w.switchActions("EnableAlarmActions", true)),
		"GetDashboard":         cloud.Handle(w.getDashboard),
		"GetMetricData":        cloud.Handle(w.getMetricData),
		"GetMetricStatistics":  cloud.Handle(w.getMetricStatistics),
		"ListDashboards":       cloud.Handle(w.listDashboards),
		"ListMetrics":          cloud.Handle(w.listMetrics),
		"ListTagsForResource":  cloud.Handle(w.listTags),
		"PutCompositeAlarm":    cloud.Handle(w.putCompositeAlarm),
		"PutDashboard":         cloud.Handle(w.putDashboard),
		"PutMetricAlarm":       cloud.Handle(w.putMetricAlarm),
		"PutMetricData":        cloud.Handle(w.putMetricData),
		"SetAlarmState":        cloud.Handle(w.setAlarmState),
		"TagResource":          cloud.Handle(w.tagResource),
		"UntagResource":        cloud.Handle(w.untagResource),
	}
	c.Go(w.run)
	return w
}

// Protocols implements wire.Speaker.
func (w *CloudWatch) Protocols() wire.Protocols {
	return wire.Protocols{SigningName: "monitoring", CBOR: true, Query: &wire.Query{Namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/"}, MaxRequest: 1 << 20}
}

// Observe implements cloud.Meter.
func (w *CloudWatch) Observe(d cloud.Datum) {
	at := d.Time
	if at.IsZero() {
		at = time.Now()
	}
	w.metrics.observe(metric{d.Namespace, d.Name, d.Dimensions}, d.Unit, at, d.Value)
}

const (
	evaluationInterval = 10 * time.Second

	// settling is how long after its end a period is taken to be complete:
	// metrics in logs arrive a little late.
	settling = 5 * time.Second
)

// run evaluates the alarms and forgets old data.
func (w *CloudWatch) run(ctx context.Context) {
	ticker := time.NewTicker(evaluationInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			w.evaluate(ctx, now)
			w.metrics.forget(now.Add(-retention))
		}
	}
}
