package cloudwatch

// This file answers the API about metrics.

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func invalid(format string, args ...any) error {
	return cloud.Errorf(400, "InvalidParameterValueException", format, args...)
}

func (w *CloudWatch) allow(caller cloud.Caller, action string) error {
	return w.cloud.Authorize(caller, "cloudwatch:"+action, "*")
}

type metricDatum struct {
	MetricName      string
	Dimensions      []dimension
	Timestamp       *cloud.Time
	Unit            string
	Value           *float64
	Values          []float64
	Counts          []float64
	StatisticValues *struct{ SampleCount, Sum, Minimum, Maximum float64 }
}

func (w *CloudWatch) putMetricData(_ context.Context, caller cloud.Caller, in struct {
	Namespace  string
	MetricData []metricDatum
}) (struct{}, error) {
	caller.Context = maps.Clone(caller.Context)
	if caller.Context == nil {
		caller.Context = map[string]string{}
	}
	caller.Context["cloudwatch:namespace"] = in.Namespace
	if err := w.allow(caller, "PutMetricData"); err != nil {
		return struct{}{}, err
	}
	switch {
	case in.Namespace == "":
		return struct{}{}, cloud.Errorf(400, "MissingRequiredParameterException", "The parameter Namespace is required.")
	case strings.HasPrefix(in.Namespace, "AWS/"):
		return struct{}{}, invalid("The value AWS/ for parameter Namespace is invalid.")
	}
	var all []statistics
	for _, d := range in.MetricData {
		values, err := d.statistics()
		if err != nil {
			return struct{}{}, err
		}
		all = append(all, values)
	}
	for i, d := range in.MetricData {
		at := time.Now()
		if d.Timestamp != nil {
			at = time.Time(*d.Timestamp)
		}
		w.metrics.add(metric{in.Namespace, d.MetricName, dimensionsOf(d.Dimensions)}, d.Unit, at, all[i])
	}
	return struct{}{}, nil
}

func (d metricDatum) statistics() (statistics, error) {
	var s statistics
	switch {
	case d.MetricName == "":
		return s, cloud.Errorf(400, "MissingRequiredParameterException", "The parameter MetricData.member.MetricName is required.")
	case d.Value != nil:
		return single(*d.Value), nil
	case d.StatisticValues != nil:
		given := d.StatisticValues
		return statistics{sum: given.Sum, count: given.SampleCount, minimum: given.Minimum, maximum: given.Maximum}, nil
	case len(d.Values) == 0:
		return s, cloud.Errorf(400, "MissingRequiredParameterException", "One of the parameters Value, Values or StatisticValues of %s is required.", d.MetricName)
	case d.Counts != nil && len(d.Counts) != len(d.Values):
		return s, invalid("The parameters MetricData.member.Values and MetricData.member.Counts must be of the same size.")
	}
	for i, value := range d.Values {
		count := 1.0
		if d.Counts != nil {
			count = d.Counts[i]
		}
		s.merge(repeated(value, count))
	}
	return s, nil
}

type metricShape struct {
	Namespace  string
	MetricName string
	Dimensions []dimension
}

func (m metricShape) metric() metric {
	return metric{m.Namespace, m.MetricName, dimensionsOf(m.Dimensions)}
}

type metricResult struct {
	Id         string
	Label      string
	Timestamps []cloud.Time
	Values     []float64
	StatusCode string
}

type metricDataAnswer struct {
	MetricDataResults []metricResult
	Messages          []struct{}
}

func (w *CloudWatch) getMetricData(_ context.Context, caller cloud.Caller, in struct {
	StartTime, EndTime cloud.Time
	ScanBy             string
	MetricDataQueries  []struct {
		Id         string
		Label      string
		MetricStat *struct {
			Metric metricShape
			Period int // cloud.Time
			Stat   string
		}
		ReturnData *bool
	}
}) (metricDataAnswer, error) {
	answer := metricDataAnswer{MetricDataResults: []metricResult{}, Messages: []struct{}{}}
	if err := w.allow(caller, "GetMetricData"); err != nil {
		return answer, err
	}
	for _, query := range in.MetricDataQueries {
		if query.MetricStat == nil {
			return answer, invalid("the local engine does not serve the expression of query %s", query.Id)
		}
		stat := query.MetricStat
		points, _, err := w.read(stat.Metric.metric(), time.Time(in.StartTime), time.Time(in.EndTime), stat.Period, stat.Stat)
		if err != nil {
			return answer, err
		}
		if in.ScanBy != "TimestampAscending" {
			slices.Reverse(points)
		}
		result := metricResult{Id: query.Id, Label: query.Label, Timestamps: []cloud.Time{}, Values: []float64{}, StatusCode: "Complete"}
		if result.Label == "" {
			result.Label = stat.Metric.MetricName
		}
		for _, p := range points {
			value, _ := p.get(stat.Stat)
			result.Timestamps = append(result.Timestamps, cloud.Time(p.start))
			result.Values = append(result.Values, value)
		}
		if query.ReturnData == nil || *query.ReturnData {
			answer.MetricDataResults = append(answer.MetricDataResults, result)
		}
	}
	return answer, nil
}

// read returns the periods of a metric that have data, oldest first.
func (w *CloudWatch) read(m metric, start, end time.Time, period int, stats ...string) ([]datapoint, string, error) {
	length := time.Duration(period) * time.Second
	if length < resolution || length%resolution != 0 {
		return nil, "", invalid("The local engine answers periods of multiples of %s, not %s.", resolution, length)
	}
	for _, stat := range stats {
		if !supported(stat) {
			return nil, "", invalid("The value %s for parameter Stat is not supported.", stat)
		}
	}
	// Nothing older is kept, so a wide request costs no more than this.
	if oldest := time.Now().Add(-retention - length); start.Before(oldest) {
		start = oldest
	}
	points, unit := w.metrics.datapoints(m, start.Truncate(length), end, length)
	return slices.DeleteFunc(points, func(p datapoint) bool { return p.count == 0 }), unit, nil
}

type statisticsAnswer struct {
	Label      string
	Datapoints []map[string]any
}

func (w *CloudWatch) getMetricStatistics(_ context.Context, caller cloud.Caller, in struct {
	metricShape
	StartTime, EndTime cloud.Time
	Period             int // cloud.Time
	Statistics         []string
	ExtendedStatistics []string
}) (statisticsAnswer, error) {
	answer := statisticsAnswer{Label: in.MetricName, Datapoints: []map[string]any{}}
	if err := w.allow(caller, "GetMetricStatistics"); err != nil {
		return answer, err
	}
	stats := slices.Concat(in.Statistics, in.ExtendedStatistics)
	points, unit, err := w.read(in.metric(), time.Time(in.StartTime), time.Time(in.EndTime), in.Period, stats...)
	if err != nil {
		return answer, err
	}
	if unit == "" {
		unit = "None"
	}
	for _, p := range points {
		datapoint := map[string]any{"Timestamp": cloud.Time(p.start), "Unit": unit}
		for _, stat := range in.Statistics {
			datapoint[stat], _ = p.get(stat)
		}
		if len(in.ExtendedStatistics) > 0 {
			extended := map[string]float64{}
			for _, stat := range in.ExtendedStatistics {
				extended[stat], _ = p.get(stat)
			}
			datapoint["ExtendedStatistics"] = extended
		}
		answer.Datapoints = append(answer.Datapoints, datapoint)
	}
	return answer, nil
}

type listAnswer struct{ Metrics []metricShape }

func (w *CloudWatch) listMetrics(_ context.Context, caller cloud.Caller, in struct {
	Namespace  string
	MetricName string
	Dimensions []struct {
		Name  string
		Value *string
	}
}) (listAnswer, error) {
	answer := listAnswer{[]metricShape{}}
	if err := w.allow(caller, "ListMetrics"); err != nil {
		return answer, err
	}
	for _, m := range w.metrics.list() {
		wanted := (in.Namespace == "" || in.Namespace == m.namespace) && (in.MetricName == "" || in.MetricName == m.name)
		for _, d := range in.Dimensions {
			value, ok := m.dimensions[d.Name]
			wanted = wanted && ok && (d.Value == nil || *d.Value == value)
		}
		if wanted {
			answer.Metrics = append(answer.Metrics, metricShape{m.namespace, m.name, dimensionList(m.dimensions)})
		}
	}
	return answer, nil
}
