package cloudwatch

// This file answers the API about metrics.

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// fail returns an error, which the query protocol names otherwise.
func fail(code, queryCode, format string, args ...any) error {
	err := cloud.Errorf(400, code, format, args...)
	err.QueryCode = queryCode
	return err
}

func invalid(format string, args ...any) error {
	return fail("InvalidParameterValueException", "InvalidParameterValue", format, args...)
}

func missing(format string, args ...any) error {
	return fail("MissingRequiredParameterException", "MissingParameter", format, args...)
}

func combined(format string, args ...any) error {
	return fail("InvalidParameterCombinationException", "InvalidParameterCombination", format, args...)
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

	StorageResolution *int // 1 or 60; ten seconds are told apart here, whatever it is
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
		return struct{}{}, missing("The parameter Namespace is required.")
	case strings.HasPrefix(in.Namespace, "AWS/"):
		return struct{}{}, invalid("The value AWS/ for parameter Namespace is invalid.")
	}
	var all []statistics
	for i, d := range in.MetricData {
		if err := d.check(fmt.Sprintf("MetricData.member.%d.", i+1)); err != nil {
			return struct{}{}, err
		}
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

// check refuses what does not go together; at is where the datum stands in the request.
// AWS takes Values beside StatisticValues (recorded in September 2025); which of them
// count there is not known: here the latter.
func (d metricDatum) check(at string) error {
	both := func(a, b string) error {
		return combined("The parameters %s%s and %s%s are mutually exclusive and you have specified both.", at, a, at, b)
	}
	switch {
	case d.Value != nil && d.Values != nil:
		return both("Value", "Values")
	case d.Value != nil && d.StatisticValues != nil:
		return both("Value", "StatisticValues")
	case d.Counts != nil && len(d.Counts) != len(d.Values):
		return invalid("The parameters %sValues and %sCounts must be of the same size.", at, at)
	case d.StorageResolution != nil && *d.StorageResolution != 1 && *d.StorageResolution != 60:
		return invalid("The value %d for parameter %sStorageResolution is invalid.", *d.StorageResolution, at)
	}
	return nil
}

func (d metricDatum) statistics() (statistics, error) {
	var s statistics
	switch {
	case d.MetricName == "":
		return s, missing("The parameter MetricData.member.MetricName is required.")
	case d.Value != nil:
		return single(*d.Value), nil
	case d.StatisticValues != nil:
		given := d.StatisticValues
		return statistics{sum: given.Sum, count: given.SampleCount, minimum: given.Minimum, maximum: given.Maximum}, nil
	case len(d.Values) == 0:
		return s, missing("One of the parameters Value, Values or StatisticValues of %s is required.", d.MetricName)
	}
	for i, value := range d.Values {
		count := 1.0
		if d.Counts != nil {
			count = d.Counts[i]
		}
		s.observe(value, count)
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
	Values     []cloud.Double
	StatusCode string
	Messages   []message `json:",omitempty"`
}

type message struct{ Code, Value string }

type metricDataAnswer struct {
	MetricDataResults []metricResult
	Messages          []message
	NextToken         string `json:",omitempty"` // how many datapoints came before the next page
}

// mostDatapoints is how many datapoints a page has at most, and by default.
const mostDatapoints = 100_800

// page leaves the datapoints of a page. A query whose data are not all there is told
// to have some of them only.
func (a *metricDataAnswer) page(from, size int) {
	before := 0
	for i := range a.MetricDataResults {
		r := &a.MetricDataResults[i]
		n := len(r.Values)
		first, last := min(max(from-before, 0), n), min(max(from+size-before, 0), n)
		r.Timestamps, r.Values = r.Timestamps[first:last], r.Values[first:last]
		if last < n {
			r.StatusCode = "PartialData"
		}
		before += n
	}
	if from+size < before {
		a.NextToken = strconv.Itoa(from + size)
	}
}

type metricQuery struct {
	Id         string
	Label      string
	MetricStat *struct {
		Metric metricShape
		Period int // cloud.Time
		Stat   string
		Unit   string
	}
	ReturnData *bool
}

func (w *CloudWatch) getMetricData(_ context.Context, caller cloud.Caller, in struct {
	StartTime, EndTime cloud.Time
	ScanBy             string
	MetricDataQueries  []metricQuery
	MaxDatapoints      *int
	NextToken          string
}) (metricDataAnswer, error) {
	answer := metricDataAnswer{MetricDataResults: []metricResult{}, Messages: []message{}}
	size := mostDatapoints
	if in.MaxDatapoints != nil {
		if size = *in.MaxDatapoints; size < 1 || size > mostDatapoints {
			return answer, invalid("The value %d for parameter MaxDatapoints is invalid.", size)
		}
	}
	from, err := place(in.NextToken, math.MaxInt)
	if err != nil {
		return answer, err
	}
	if err := w.allow(caller, "GetMetricData"); err != nil {
		return answer, err
	}
	for _, query := range in.MetricDataQueries {
		if query.MetricStat == nil {
			return answer, invalid("the local engine does not serve the expression of query %s", query.Id)
		}
	}
	for _, query := range in.MetricDataQueries {
		stat := query.MetricStat
		id := stat.Metric.metric()
		points, err := w.read(id, stat.Unit, time.Time(in.StartTime), time.Time(in.EndTime), stat.Period, stat.Stat)
		if err != nil {
			return answer, err
		}
		if in.ScanBy != "TimestampAscending" {
			slices.Reverse(points)
		}
		result := metricResult{Id: query.Id, Label: query.label(in.MetricDataQueries), Timestamps: []cloud.Time{}, Values: []cloud.Double{}, StatusCode: "Complete"}
		if units := w.metrics.units(id); stat.Unit == "" && len(units) > 1 && len(points) > 0 {
			result.Messages = []message{{"MultipleUnits", "Multiple units returned: '[" + strings.Join(units, ", ") + "]'"}}
		}
		for _, p := range points {
			value, _ := p.get(stat.Stat)
			result.Timestamps = append(result.Timestamps, cloud.Time(p.start))
			result.Values = append(result.Values, cloud.Double(value))
		}
		if query.ReturnData == nil || *query.ReturnData {
			answer.MetricDataResults = append(answer.MetricDataResults, result)
		}
	}
	answer.page(from, size)
	return answer, nil
}

// label is the query's own, or the metric's name with what tells the query from others.
func (q metricQuery) label(all []metricQuery) string {
	if q.Label != "" {
		return q.Label
	}
	label := q.MetricStat.Metric.MetricName
	if slices.ContainsFunc(all, func(other metricQuery) bool { return other.MetricStat.Stat != q.MetricStat.Stat }) {
		label += " " + q.MetricStat.Stat
	}
	if slices.ContainsFunc(all, func(other metricQuery) bool { return other.MetricStat.Period != q.MetricStat.Period }) {
		label += " " + strconv.Itoa(q.MetricStat.Period)
	}
	return label
}

// read returns the periods of a metric that have data of a unit, oldest first.
func (w *CloudWatch) read(m metric, unit string, start, end time.Time, period int, stats ...string) ([]datapoint, error) {
	length := time.Duration(period) * time.Second
	if length < resolution || length%resolution != 0 {
		return nil, invalid("The local engine answers periods of multiples of %s, not %s.", resolution, length)
	}
	for _, stat := range stats {
		if !supported(stat) {
			return nil, invalid("The value %s for parameter Stat is not supported.", stat)
		}
	}
	// Nothing older is kept, so a wide request costs no more than this.
	if oldest := time.Now().Add(-retention - length); start.Before(oldest) {
		start = oldest
	}
	points := w.metrics.datapoints(m.key(), unit, start.Truncate(length), end, length)
	return slices.DeleteFunc(points, func(p datapoint) bool { return p.count == 0 }), nil
}

type statisticsAnswer struct {
	Label      string
	Datapoints []told
}

// told is a datapoint with the statistics that were asked for.
type told struct {
	Average            *cloud.Double           `json:",omitempty"`
	ExtendedStatistics map[string]cloud.Double `json:",omitempty"`
	Maximum            *cloud.Double           `json:",omitempty"`
	Minimum            *cloud.Double           `json:",omitempty"`
	SampleCount        *cloud.Double           `json:",omitempty"`
	Sum                *cloud.Double           `json:",omitempty"`
	Timestamp          cloud.Time
	Unit               string
}

type statisticsInput struct {
	metricShape
	StartTime, EndTime cloud.Time
	Period             int // cloud.Time
	Statistics         []string
	ExtendedStatistics []string
	Unit               string
}

// maxDatapoints is how many GetMetricStatistics may be asked for.
const maxDatapoints = 1440

func (in statisticsInput) check() error {
	length := time.Time(in.EndTime).Sub(time.Time(in.StartTime))
	switch {
	case length <= 0:
		return invalid("The parameter StartTime must be less than the parameter EndTime.")
	case in.Period > 0 && length/time.Second/time.Duration(in.Period) > maxDatapoints:
		return combined("You have requested up to %d datapoints, which exceeds the limit of %d. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
			length/time.Second/time.Duration(in.Period), maxDatapoints)
	}
	return nil
}

// getMetricStatistics tells data of different units apart.
func (w *CloudWatch) getMetricStatistics(_ context.Context, caller cloud.Caller, in statisticsInput) (statisticsAnswer, error) {
	answer := statisticsAnswer{Label: in.MetricName, Datapoints: []told{}}
	if err := in.check(); err != nil {
		return answer, err
	}
	if err := w.allow(caller, "GetMetricStatistics"); err != nil {
		return answer, err
	}
	units := []string{in.Unit}
	if in.Unit == "" {
		if known := w.metrics.units(in.metric()); len(known) > 0 {
			units = known
		}
	}
	stats := slices.Concat(in.Statistics, in.ExtendedStatistics)
	for _, unit := range units {
		points, err := w.read(in.metric(), unit, time.Time(in.StartTime), time.Time(in.EndTime), in.Period, stats...)
		if err != nil {
			return answer, err
		}
		for _, p := range points {
			answer.Datapoints = append(answer.Datapoints, in.datapoint(p, unit))
		}
	}
	return answer, nil
}

func (in statisticsInput) datapoint(p datapoint, unit string) told {
	out := told{Timestamp: cloud.Time(p.start), Unit: unit}
	for _, one := range []struct {
		name string
		is   **cloud.Double
	}{{"Average", &out.Average}, {"Maximum", &out.Maximum}, {"Minimum", &out.Minimum}, {"SampleCount", &out.SampleCount}, {"Sum", &out.Sum}} {
		if slices.Contains(in.Statistics, one.name) {
			value, _ := p.get(one.name)
			*one.is = cloud.DoubleOf(&value)
		}
	}
	for _, stat := range in.ExtendedStatistics {
		if out.ExtendedStatistics == nil {
			out.ExtendedStatistics = map[string]cloud.Double{}
		}
		value, _ := p.get(stat)
		out.ExtendedStatistics[stat] = cloud.Double(value)
	}
	return out
}

type listAnswer struct {
	Metrics   []metricShape
	NextToken string `json:",omitempty"` // how many metrics came before the next page
}

// maxMetrics is how many metrics a page has.
const maxMetrics = 500

func (w *CloudWatch) listMetrics(_ context.Context, caller cloud.Caller, in struct {
	Namespace  string
	MetricName string
	Dimensions []struct {
		Name  string
		Value *string
	}
	NextToken string
}) (listAnswer, error) {
	answer := listAnswer{Metrics: []metricShape{}}
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
	from, err := place(in.NextToken, len(answer.Metrics))
	if err != nil {
		return answer, err
	}
	answer.Metrics, answer.NextToken = cut(answer.Metrics[from:], maxMetrics, from)
	return answer, nil
}

// place reads a token, which says how many items came before.
func place(token string, most int) (int, error) {
	if token == "" {
		return 0, nil
	}
	at, err := strconv.Atoi(token)
	if err != nil || at < 0 {
		return 0, fail("InvalidNextToken", "InvalidNextToken", "The value %.100s for parameter NextToken is invalid.", token)
	}
	return min(at, most), nil
}

// cut takes a page off items of which some came before.
func cut[T any](items []T, size, before int) (page []T, next string) {
	if len(items) <= size {
		return items, ""
	}
	return items[:size], strconv.Itoa(before + size)
}
