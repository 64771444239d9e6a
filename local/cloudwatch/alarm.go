package cloudwatch

// This file evaluates alarms: which state the data of a metric, or the states
// of other alarms, put them in.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type state string

const (
	stateOK           state = "OK"
	stateAlarm        state = "ALARM"
	stateInsufficient state = "INSUFFICIENT_DATA"
)

// An alarm watches a metric (watch) or other alarms (rule).
type alarm struct {
	name        string
	arn         string
	description string
	updated     time.Time // its configuration
	enabled     bool      // its actions
	actions     map[state][]string
	watch       *watch
	rule        rule
	ruleText    string

	// Guarded by the service's lock.
	state      state
	reason     string
	reasonData string
	changed    time.Time // the state
	history    []historyItem
	tags       []cloud.Tag
	judged     basis // lately
}

// A basis is all that a verdict on a metric depends on.
type basis struct {
	end    time.Time // of the periods
	change int       // the last one of the metric's data
	state  state     // that it left the alarm in
}

// A watch compares periods of a metric with a threshold.
type watch struct {
	metric     metric
	key        string // the metric's
	unit       string // of the data; or empty for all
	statistic  string
	period     time.Duration
	periods    int // to evaluate
	breaches   int // among them that make an alarm, if it was given; see enough
	operator   string
	threshold  float64
	missing    string // TreatMissingData, if it was given: otherwise it is missing
	configured json.RawMessage
}

// enough is how many of the periods make an alarm: all, if nothing else is said.
func (w *watch) enough() int { return cmp.Or(w.breaches, w.periods) }

// extraPeriods are looked at before the evaluated ones, to make up for
// missing data, as CloudWatch's evaluation range does.
const extraPeriods = 2

// A verdict is the result of an evaluation.
type verdict struct {
	state      state
	reason     string
	reasonData string
}

// evaluate brings every alarm up to date: those that watch metrics first, as
// the others may depend on them.
func (w *CloudWatch) evaluate(ctx context.Context, now time.Time) {
	alarms := w.sortedAlarms()
	for _, a := range alarms {
		if a.watch == nil {
			continue
		}
		if v, ok := w.judge(a, now); ok {
			w.change(ctx, a, v)
		}
	}
	for _, a := range alarms {
		if a.rule == nil {
			continue
		}
		next, word := stateOK, "false"
		if a.rule(w.stateOf) {
			next, word = stateAlarm, "true"
		}
		if w.stateOf(a.name) != next {
			w.change(ctx, a, verdict{state: next, reason: fmt.Sprintf("the rule %s is %s", a.ruleText, word)})
		}
	}
}

func (w *CloudWatch) sortedAlarms() []*alarm {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := len(w.sorted) == len(w.alarms) && !slices.ContainsFunc(w.sorted, func(a *alarm) bool { return w.alarms[a.name] != a })
	if !known {
		w.sorted = nil
		for _, name := range slices.Sorted(maps.Keys(w.alarms)) {
			w.sorted = append(w.sorted, w.alarms[name])
		}
	}
	return w.sorted
}

// stateOf returns the state of an alarm given by name or ARN; one that does
// not exist has insufficient data.
func (w *CloudWatch) stateOf(nameOrARN string) state {
	name := nameOrARN
	if strings.HasPrefix(name, "arn:") {
		_, name, _ = strings.Cut(name, ":alarm:")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if a := w.alarms[name]; a != nil {
		return a.state
	}
	return stateInsufficient
}

// judge evaluates the most recent complete periods, unless they have been and no
// data have come since; false means that the state stays as it is.
func (w *CloudWatch) judge(a *alarm, now time.Time) (verdict, bool) {
	end := a.watch.end(now)
	start := end.Add(-time.Duration(a.watch.periods+extraPeriods) * a.watch.period)
	change := w.metrics.changed(a.watch.key) // before the data are looked at, lest one be missed
	w.mu.Lock()
	defer w.mu.Unlock()
	looked := basis{end, change, a.state}
	if change == 0 {
		looked.end = time.Time{} // nothing is the same at any time
	}
	if a.judged == looked {
		return verdict{}, false
	}
	points := w.metrics.datapoints(a.watch.key, a.watch.unit, start, end, a.watch.period)
	v, changes := a.watch.judge(points, a.state, now)
	a.judged = looked
	if changes {
		a.judged.state = v.state
	}
	return v, changes
}

// end is that of the last complete period.
func (w *watch) end(now time.Time) time.Time {
	return now.Add(-settling).Truncate(min(w.period, time.Minute))
}

// evaluated is a period that counted, without a value if it had no data.
type evaluated struct {
	Timestamp   string        `json:"timestamp"`
	SampleCount *cloud.Double `json:"sampleCount,omitempty"`
	Value       *cloud.Double `json:"value,omitempty"`
}

// evaluated are the periods that counted, the last one first: those with data, and
// of the others as many as were missing.
func (w *watch) evaluated(points []datapoint, now time.Time) []evaluated {
	all := []evaluated{}
	with := map[time.Time]datapoint{}
	for _, p := range points {
		with[p.start.UTC()] = p
	}
	missing := w.periods - len(points)
	for at, left := w.end(now).UTC(), w.periods+extraPeriods; left > 0 && len(all) < w.periods; left-- {
		at = at.Add(-w.period)
		p, there := with[at]
		if !there && missing == 0 {
			continue
		}
		one := evaluated{Timestamp: at.Format(timeFormat)}
		if there {
			value, _ := p.get(w.statistic)
			one.SampleCount, one.Value = cloud.DoubleOf(&p.count), cloud.DoubleOf(&value)
		} else {
			missing--
		}
		all = append(all, one)
	}
	return all
}

func (w *watch) judge(points []datapoint, current state, now time.Time) (verdict, bool) {
	points = slices.DeleteFunc(points, func(p datapoint) bool { return p.count == 0 })
	if extra := len(points) - w.periods; extra > 0 {
		points = points[extra:]
	}
	missing := w.periods - len(points)
	breaching := 0
	for _, p := range points {
		if w.breached(p) {
			breaching++
		}
	}
	next := stateOK
	switch {
	case breaching >= w.enough(), w.missing == "breaching" && breaching+missing >= w.enough():
		next = stateAlarm
	case missing == 0, breaching < len(points), w.missing == "breaching", w.missing == "notBreaching":
	case w.missing == "ignore":
		return verdict{}, false
	case len(points) > 0: // all there is breaches
		next = stateAlarm
	default:
		next = stateInsufficient
	}
	if next == current {
		return verdict{}, false
	}
	return verdict{next, w.reason(points, breaching, current, next), w.reasonData(points, now)}, true
}

func (w *watch) breached(p datapoint) bool {
	value, _ := p.get(w.statistic)
	switch w.operator {
	case "GreaterThanThreshold":
		return value > w.threshold
	case "GreaterThanOrEqualToThreshold":
		return value >= w.threshold
	case "LessThanThreshold":
		return value < w.threshold
	default:
		return value <= w.threshold
	}
}

// reason words the verdict as CloudWatch does.
func (w *watch) reason(points []datapoint, breaching int, current, next state) string {
	switch {
	case next == stateInsufficient:
		return fmt.Sprintf("Insufficient Data: %s unknown.", were(w.periods, "datapoint"))
	case len(points) == 0:
		treatment := "NonBreaching"
		if w.missing == "breaching" {
			treatment = "Breaching"
		}
		return fmt.Sprintf("Threshold Crossed: no datapoints were received for %s and %s treated as [%s].",
			counted(w.periods, "period"), were(w.periods, "missing datapoint"), treatment)
	}
	relevant, not := breaching, ""
	if next == stateOK {
		relevant, not = len(points)-breaching, "not "
	}
	var shown []string
	for _, p := range points {
		if w.breached(p) == (next == stateAlarm) {
			value, _ := p.get(w.statistic)
			shown = append(shown, fmt.Sprintf("%s (%s)", decimal(value), p.start.UTC().Format("02/01/06 15:04:05")))
		}
	}
	verb := "was"
	if relevant > 1 {
		verb = "were"
	}
	if w.breaches == 0 { // nobody has said how many make an alarm
		return fmt.Sprintf("Threshold Crossed: %s [%s] %s %s%s the threshold (%s).",
			counted(relevant, "datapoint"), strings.Join(shown, ", "), verb, not, operatorWords(w.operator), decimal(w.threshold))
	}
	enough := w.enough()
	if next == stateOK {
		enough = w.periods - enough + 1
	}
	return fmt.Sprintf("Threshold Crossed: %d out of the last %d datapoints [%s] %s %s%s the threshold (%s) (minimum %s for %s -> %s transition).",
		relevant, w.periods, strings.Join(shown, ", "), verb, not, operatorWords(w.operator), decimal(w.threshold), counted(enough, "datapoint"), current, next)
}

func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

func were(n int, noun string) string {
	if n == 1 {
		return counted(n, noun) + " was"
	}
	return counted(n, noun) + " were"
}

func operatorWords(operator string) string {
	switch operator {
	case "GreaterThanThreshold":
		return "greater than"
	case "GreaterThanOrEqualToThreshold":
		return "greater than or equal to"
	case "LessThanThreshold":
		return "less than"
	default:
		return "less than or equal to"
	}
}

// decimal writes whole numbers as CloudWatch does: 5.0.
func decimal(value float64) string {
	text := fmt.Sprint(value)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// timeFormat is how alarms write times.
const timeFormat = "2006-01-02T15:04:05.000-0700"

// reasonData is the verdict's reason for programs.
func (w *watch) reasonData(points []datapoint, now time.Time) string {
	data := struct {
		Version          string         `json:"version"`
		QueryDate        string         `json:"queryDate"`
		StartDate        string         `json:"startDate,omitempty"`
		Unit             string         `json:"unit,omitempty"`
		Statistic        string         `json:"statistic"`
		Period           int            `json:"period"` // cloud.Time
		RecentDatapoints []cloud.Double `json:"recentDatapoints"`
		Threshold        cloud.Double   `json:"threshold"`
		Evaluated        []evaluated    `json:"evaluatedDatapoints"`
	}{
		Version:          "1.0",
		QueryDate:        now.UTC().Format(timeFormat),
		Unit:             w.unit,
		Statistic:        w.statistic,
		Period:           int(w.period / time.Second),
		RecentDatapoints: []cloud.Double{},
		Threshold:        cloud.Double(w.threshold),
		Evaluated:        w.evaluated(points, now),
	}
	for i, p := range points {
		if i == 0 {
			data.StartDate = p.start.UTC().Format(timeFormat)
		}
		value, _ := p.get(w.statistic)
		data.RecentDatapoints = append(data.RecentDatapoints, cloud.Double(value))
	}
	text, err := json.Marshal(data)
	if err != nil {
		return "" // a value that is not a number
	}
	return string(text)
}
