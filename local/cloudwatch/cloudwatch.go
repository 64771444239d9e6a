// Package cloudwatch is Amazon CloudWatch in memory: metrics of the last
// hours, and alarms that are evaluated and act.
package cloudwatch

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// CloudWatch is the service. It implements cloud.Meter.
type CloudWatch struct {
	cloud   *cloud.Cloud
	actions map[string]action
	metrics metrics

	mu     sync.Mutex // guards what follows
	alarms map[string]*alarm
}

type action func(ctx context.Context, caller cloud.Caller, input json.RawMessage) (any, error)

// New returns the service, without alarms. It evaluates alarms every
// evaluationInterval until c is closed. Set c.Meter to it, so that what
// services observe becomes metrics.
func New(c *cloud.Cloud) *CloudWatch {
	w := &CloudWatch{cloud: c, alarms: map[string]*alarm{}, metrics: metrics{series: map[string]*series{}}}
	w.actions = map[string]action{
		"DescribeAlarmHistory": handle(w.describeAlarmHistory),
		"DescribeAlarms":       handle(w.describeAlarms),
		"GetMetricData":        handle(w.getMetricData),
		"GetMetricStatistics":  handle(w.getMetricStatistics),
		"ListMetrics":          handle(w.listMetrics),
		"PutMetricData":        handle(w.putMetricData),
		"SetAlarmState":        handle(w.setAlarmState),
	}
	c.Go(w.run)
	return w
}

// Observe implements cloud.Meter.
func (w *CloudWatch) Observe(d cloud.Datum) {
	w.metrics.add(metric{d.Namespace, d.Name, d.Dimensions}, d.Unit, time.Now(), single(d.Value))
}

// Supports implements cloud.API.
func (w *CloudWatch) Supports(action string) bool { return w.actions[action] != nil }

// Call implements cloud.API.
func (w *CloudWatch) Call(ctx context.Context, caller cloud.Caller, action string, input json.RawMessage) (json.RawMessage, error) {
	perform, ok := w.actions[action]
	if !ok {
		return nil, cloud.Errorf(400, "UnknownOperationException", "the local engine does not serve cloudwatch:%s", action)
	}
	output, err := perform(ctx, caller, input)
	if err != nil {
		return nil, err
	}
	return json.Marshal(output)
}

// handle makes an action of a function over the request's shape.
func handle[In, Out any](perform func(context.Context, cloud.Caller, In) (Out, error)) action {
	return func(ctx context.Context, caller cloud.Caller, input json.RawMessage) (any, error) {
		var in In
		if err := json.Unmarshal(input, &in); err != nil {
			if documented, ok := errors.AsType[*cloud.Error](err); ok {
				return nil, documented
			}
			return nil, cloud.Errorf(400, "SerializationException", "%v", err)
		}
		return perform(ctx, caller, in)
	}
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
