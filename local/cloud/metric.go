package cloud

// This file is what services measure of themselves, as metrics of CloudWatch.

import (
	"slices"
	"strings"
	"time"
)

// Meter takes the metrics that services publish to CloudWatch.
type Meter interface{ Observe(Datum) }

// Datum is one measurement of a CloudWatch metric.
type Datum struct {
	Namespace  string // "AWS/SQS"
	Name       string
	Dimensions map[string]string
	Value      float64
	Unit       string    // CloudWatch's: "Count", "Milliseconds"
	Time       time.Time // Default: now
}

// Metric is a metric that a service publishes. There is no other way to publish
// one, so what Cloud.Metrics lists is what alarms can watch.
type Metric struct {
	Namespace string
	Name      string
	Unit      string

	// Dimensions are the sets of dimensions under which it is published, by
	// name: {{"TableName"}, {"TableName", "Operation"}}.
	Dimensions [][]string

	cloud *Cloud
}

// Metric declares a metric of a service, which does so when it is made: it must
// not run concurrently with other calls.
func (c *Cloud) Metric(namespace, name, unit string, dimensions ...[]string) *Metric {
	m := &Metric{Namespace: namespace, Name: name, Unit: unit, Dimensions: dimensions, cloud: c}
	c.metrics = append(c.metrics, m)
	return m
}

// Metrics returns all metrics that the services of this cloud publish.
func (c *Cloud) Metrics() []*Metric { return c.metrics }

// Observe hands a measurement to CloudWatch, if there is one.
func (m *Metric) Observe(dimensions map[string]string, value float64) {
	if m.cloud.Meter == nil {
		return
	}
	m.cloud.Meter.Observe(Datum{Namespace: m.Namespace, Name: m.Name, Dimensions: dimensions, Value: value, Unit: m.Unit})
}

// Under tells whether the metric is published under just these dimensions.
func (m *Metric) Under(names []string) bool {
	names = slices.Sorted(slices.Values(names))
	return slices.ContainsFunc(m.Dimensions, func(set []string) bool {
		return slices.Equal(slices.Sorted(slices.Values(set)), names)
	})
}

// String names the metric and its dimensions: "Latency of AWS/ApiGateway by
// ApiName, or by ApiName and Stage".
func (m *Metric) String() string {
	sets := make([]string, len(m.Dimensions))
	for i, set := range m.Dimensions {
		sets[i] = "by " + strings.Join(set, " and ")
		if len(set) == 0 {
			sets[i] = "without dimensions"
		}
	}
	return m.Name + " of " + m.Namespace + " " + strings.Join(sets, ", or ")
}
