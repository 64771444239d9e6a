package logs

// This file is metric filters: what they count in the events of a group.

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/logs/filter"
)

// The limits of metric filters.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
const (
	maxMetricFilters = 100 // of a group
	maxDimensions    = 3
	maxFilterName    = 512
)

// metricFilter is as it was put, and as it is asked. The service's lock guards it.
type metricFilter struct {
	name, pattern  string
	created        time.Time
	transformation transformation
	measure

	// Of a filter with a default value: the minute of the events that it heard last,
	// and whether one of them matched.
	minute  time.Time
	matched bool
}

type transformation struct {
	Namespace  string            `json:"metricNamespace"`
	Name       string            `json:"metricName"`
	Value      string            `json:"metricValue"` // a number, or what in an event has it
	Default    *cloud.Double     `json:"defaultValue,omitempty"`
	Dimensions map[string]string `json:"dimensions,omitempty"` // of what in an event has the value
	Unit       string            `json:"unit,omitempty"`
}

// String is a transformation as AWS's refusals show it.
func (t transformation) String() string {
	value, unit, dimensions := "null", "null", "null"
	if t.Default != nil {
		value = t.Default.String()
	}
	if t.Unit != "" {
		unit = t.Unit
	}
	if t.Dimensions != nil {
		var pairs []string
		for _, name := range slices.Sorted(maps.Keys(t.Dimensions)) {
			pairs = append(pairs, name+"="+t.Dimensions[name])
		}
		dimensions = "{" + strings.Join(pairs, ", ") + "}"
	}
	return fmt.Sprintf("MetricTransformation(metricName=%s, metricNamespace=%s, metricValue=%s, defaultValue=%s, unit=%s, dimensions=%s)",
		t.Name, t.Namespace, t.Value, value, unit, dimensions)
}

// measure finds in an event what a filter publishes.
type measure struct {
	compiled   *filter.Pattern
	value      func(message string) (string, bool)
	dimensions map[string]func(message string) (string, bool)
}

func newMeasure(pattern string, t transformation) (m measure, err error) {
	if m.compiled, err = filter.Parse(pattern); err != nil {
		return m, invalid("Invalid filter pattern: %v", err)
	}
	if strings.HasPrefix(t.Value, "$") {
		if m.value, err = m.compiled.Reference(t.Value); err != nil {
			return m, invalid("Invalid metric transformation: the metric value %s is invalid: %v", t.Value, err)
		}
	} else {
		if _, err := strconv.ParseFloat(t.Value, 64); err != nil {
			return m, invalid("Invalid metric transformation: the metric value %q is neither a number nor a part of an event", t.Value)
		}
		m.value = func(string) (string, bool) { return t.Value, true }
	}
	m.dimensions = map[string]func(string) (string, bool){}
	for name, reference := range t.Dimensions {
		if m.dimensions[name], err = m.compiled.Reference(reference); err != nil {
			return m, invalid("Invalid metric transformation: the dimension %s is invalid: %v", name, err)
		}
	}
	return m, nil
}

// of is what an event is worth; false if it matches, but has not all that the metric needs.
func (m measure) of(message string) (value float64, dimensions map[string]string, ok bool) {
	text, ok := m.value(message)
	if !ok {
		return 0, nil, false
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, nil, false
	}
	dimensions = map[string]string{}
	for name, find := range m.dimensions {
		if dimensions[name], ok = find(message); !ok {
			return 0, nil, false
		}
	}
	return value, dimensions, true
}

// hear publishes what events are worth. Of a minute without a match the default is
// told when the next minute's events come, or by tick.
func (f *metricFilter) hear(meter cloud.Meter, events []event) {
	for _, e := range events {
		at := time.UnixMilli(e.time)
		if minute := at.Truncate(time.Minute); !minute.Equal(f.minute) {
			f.settle(meter)
			f.minute, f.matched = minute, false
		}
		if !f.compiled.Matches(e.message) {
			continue
		}
		f.matched = true
		if value, dimensions, ok := f.of(e.message); ok {
			f.publish(meter, at, value, dimensions)
		}
	}
}

// tick ends the minute of the events that were heard last, if it is over.
func (f *metricFilter) tick(meter cloud.Meter, now time.Time) {
	if !now.Before(f.minute.Add(time.Minute)) {
		f.settle(meter)
		f.minute = time.Time{}
	}
}

func (f *metricFilter) settle(meter cloud.Meter) {
	if d := f.transformation.Default; d != nil && !f.minute.IsZero() && !f.matched {
		f.publish(meter, f.minute, float64(*d), nil)
	}
}

func (f *metricFilter) publish(meter cloud.Meter, at time.Time, value float64, dimensions map[string]string) {
	if meter == nil {
		return
	}
	t := f.transformation
	unit := t.Unit
	if unit == "" {
		unit = "None"
	}
	meter.Observe(cloud.Datum{Namespace: t.Namespace, Name: t.Name, Dimensions: dimensions, Value: value, Unit: unit, Time: at})
}

type putMetricFilterInput struct {
	Group           string           `json:"logGroupName"`
	Name            string           `json:"filterName"`
	Pattern         *string          `json:"filterPattern"`
	Transformations []transformation `json:"metricTransformations"`
	Transformed     bool             `json:"applyOnTransformedLogs"` // nothing is transformed here
}

func (in putMetricFilterInput) filter() (*metricFilter, error) {
	if err := checkFilter(in.Name, in.Pattern); err != nil {
		return nil, err
	}
	if n := len(in.Transformations); n != 1 {
		var listed []string
		for _, t := range in.Transformations {
			listed = append(listed, t.String())
		}
		bound := "less"
		if n == 0 {
			bound = "greater"
		}
		return nil, invalid("1 validation error detected: Value '[%s]' at 'metricTransformations' failed to satisfy constraint: Member must have length %s than or equal to 1", strings.Join(listed, ", "), bound)
	}
	t := in.Transformations[0]
	switch {
	case t.Name == "" || t.Namespace == "" || t.Value == "":
		return nil, invalid("1 validation error detected: Value at 'metricTransformations.1.member' failed to satisfy constraint: Member must have a metricName, a metricNamespace and a metricValue")
	case strings.HasPrefix(t.Namespace, "AWS/"):
		return nil, invalid("Invalid metric transformation: the namespace %s is one of AWS's own", t.Namespace)
	case len(t.Dimensions) > maxDimensions:
		return nil, invalid("Invalid metric transformation: there are %d dimensions, at most %d are allowed", len(t.Dimensions), maxDimensions)
	case len(t.Dimensions) > 0 && t.Default != nil:
		return nil, invalid("Invalid metric transformation: dimensions and default value are mutually exclusive properties.")
	}
	m, err := newMeasure(*in.Pattern, t)
	return &metricFilter{name: in.Name, pattern: *in.Pattern, created: time.Now(), transformation: t, measure: m}, err
}

// checkFilter is of a filter of either kind.
func checkFilter(name string, pattern *string) error {
	switch n := utf8.RuneCountInString(name); {
	case name == "":
		return invalid("1 validation error detected: Value null at 'filterName' failed to satisfy constraint: Member must not be null")
	case n > maxFilterName:
		return invalid("1 validation error detected: Value '%s' at 'filterName' failed to satisfy constraint: Member must have length less than or equal to %d", name, maxFilterName)
	case strings.ContainsAny(name, ":*"):
		return invalid("1 validation error detected: Value '%s' at 'filterName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*", name)
	case pattern == nil:
		return invalid("1 validation error detected: Value null at 'filterPattern' failed to satisfy constraint: Member must not be null")
	case utf8.RuneCountInString(*pattern) > filter.MaxPattern:
		return invalid("1 validation error detected: Value '%s' at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to %d", *pattern, filter.MaxPattern)
	}
	return nil
}

func (l *Logs) putMetricFilter(_ context.Context, caller cloud.Caller, in putMetricFilterInput) (struct{}, error) {
	f, err := in.filter()
	if err != nil {
		return struct{}{}, err
	}
	return l.change(caller, "PutMetricFilter", in.Group, func(g *group) error { return g.putMetricFilter(f) })
}

func (g *group) putMetricFilter(f *metricFilter) error {
	before := g.metricFilters[f.name]
	switch {
	case before != nil:
		f.created = before.created
	case len(g.metricFilters) >= maxMetricFilters:
		return errLimit
	}
	g.listen()
	g.metricFilters[f.name] = f
	return nil
}

var errLimit = cloud.Errorf(400, "LimitExceededException", "Resource limit exceeded.")

type filterName struct {
	Group string `json:"logGroupName"`
	Name  string `json:"filterName"`
}

func (l *Logs) deleteMetricFilter(_ context.Context, caller cloud.Caller, in filterName) (struct{}, error) {
	if err := checkFilter(in.Name, new(string)); err != nil {
		return struct{}{}, err
	}
	return l.change(caller, "DeleteMetricFilter", in.Group, func(g *group) error {
		if g.metricFilters[in.Name] == nil {
			return cloud.Errorf(400, "ResourceNotFoundException", "The specified metric filter does not exist.")
		}
		delete(g.metricFilters, in.Name)
		return nil
	})
}

type describeMetricFiltersInput struct {
	Group     string `json:"logGroupName"` // of all, if there is none
	Prefix    string `json:"filterNamePrefix"`
	Metric    string `json:"metricName"`
	Namespace string `json:"metricNamespace"`
	Limit     *int   `json:"limit"`     // 1 to 50, which is the default
	NextToken string `json:"nextToken"` // group and name of the last filter of the page before
}

type describedMetricFilter struct {
	Transformed     bool             `json:"applyOnTransformedLogs"`
	Created         int64            `json:"creationTime"`
	Name            string           `json:"filterName"`
	Pattern         string           `json:"filterPattern"`
	Group           string           `json:"logGroupName"`
	Transformations []transformation `json:"metricTransformations"`
}

type describeMetricFiltersOutput struct {
	Filters   []describedMetricFilter `json:"metricFilters"`
	NextToken string                  `json:"nextToken,omitempty"`
}

func (in describeMetricFiltersInput) check() error {
	for _, text := range []struct {
		name, value string
		most        int
	}{{"filterNamePrefix", in.Prefix, maxFilterName}, {"metricName", in.Metric, 255}, {"metricNamespace", in.Namespace, 255}} {
		if utf8.RuneCountInString(text.value) > text.most {
			return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", text.value, text.name, text.most)
		}
	}
	if (in.Metric == "") != (in.Namespace == "") {
		return invalid("metricName and metricNamespace must be given together.")
	}
	if in.Group != "" {
		return checkGroupName(in.Group)
	}
	return nil
}

func (in describeMetricFiltersInput) wants(f *metricFilter) bool {
	t := f.transformation
	return strings.HasPrefix(f.name, in.Prefix) && (in.Metric == "" || t.Name == in.Metric && t.Namespace == in.Namespace)
}

func (l *Logs) describeMetricFilters(_ context.Context, caller cloud.Caller, in describeMetricFiltersInput) (describeMetricFiltersOutput, error) {
	out := describeMetricFiltersOutput{Filters: []describedMetricFilter{}}
	if err := in.check(); err != nil {
		return out, err
	}
	limit, err := limited(in.Limit, 50, 50)
	if err != nil {
		return out, err
	}
	if err := l.maySearch(caller, "DescribeMetricFilters", in.Group); err != nil {
		return out, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	groups, err := l.searched(in.Group)
	if err != nil {
		return out, err
	}
	for _, g := range groups {
		for _, name := range slices.Sorted(maps.Keys(g.metricFilters)) {
			f := g.metricFilters[name]
			if g.name+":"+name <= in.NextToken || !in.wants(f) {
				continue
			}
			if len(out.Filters) == limit {
				last := out.Filters[limit-1]
				out.NextToken = last.Group + ":" + last.Name
				return out, nil
			}
			out.Filters = append(out.Filters, describedMetricFilter{
				Created: milliseconds(f.created), Name: name, Pattern: f.pattern, Group: g.name, Transformations: []transformation{f.transformation},
			})
		}
	}
	return out, nil
}

// maySearch asks for the permission to look at a group, or at all if it is not named.
func (l *Logs) maySearch(caller cloud.Caller, action, name string) error {
	if name == "" {
		return l.cloud.Authorize(caller, "logs:"+action, l.cloud.ARN("logs", "log-group:*"))
	}
	return l.authorize(caller, action, name, "")
}

// searched are the groups that a request is about, all if it names none, in the order
// of their names. The lock is held.
func (l *Logs) searched(name string) (groups []*group, err error) {
	if name != "" {
		g, err := l.find(name)
		return []*group{g}, err
	}
	for _, name := range slices.Sorted(maps.Keys(l.groups)) {
		groups = append(groups, l.groups[name])
	}
	return groups, nil
}

type testMetricFilterInput struct {
	Pattern  *string  `json:"filterPattern"`
	Messages []string `json:"logEventMessages"` // 1 to 50
}

type testMetricFilterOutput struct {
	Matches []matchedEvent `json:"matches"`
}

type matchedEvent struct {
	Message string            `json:"eventMessage"`
	Number  int               `json:"eventNumber"` // from 1
	Values  map[string]string `json:"extractedValues"`
}

// testMetricFilter tells which events match a pattern.
func (l *Logs) testMetricFilter(_ context.Context, caller cloud.Caller, in testMetricFilterInput) (testMetricFilterOutput, error) {
	out := testMetricFilterOutput{[]matchedEvent{}}
	if err := checkFilter("test", in.Pattern); err != nil {
		return out, err
	}
	if n := len(in.Messages); n < 1 || n > 50 {
		return out, invalid("1 validation error detected: Value at 'logEventMessages' failed to satisfy constraint: Member must have length between 1 and 50, got %d", n)
	}
	if err := l.cloud.Authorize(caller, "logs:TestMetricFilter", "*"); err != nil {
		return out, err
	}
	pattern, err := filter.Parse(*in.Pattern)
	if err != nil {
		return out, invalid("Invalid filter pattern: %v", err)
	}
	for i, message := range in.Messages {
		if pattern.Matches(message) {
			values := pattern.Fields(message)
			if values == nil {
				values = map[string]string{}
			}
			out.Matches = append(out.Matches, matchedEvent{message, i + 1, values})
		}
	}
	return out, nil
}
