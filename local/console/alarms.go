package console

// This file shows alarms with their states and what came of them.

import (
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func (c *console) serveAlarms(mux *http.ServeMux) {
	mux.Handle("GET /alarms", c.Page(c.alarmList))
	mux.Handle("GET /alarms/{name}", c.Page(c.alarmPage))
}

// alarmPage is the address of an alarm's page.
func alarmPage(name string) string { return "/alarms/" + url.PathEscape(name) }

// alarm is one of a metric, or of other alarms.
type alarm struct {
	Name, Description, Reason, Rule string
	State                           types.StateValue
	Since                           *time.Time
	Actions                         []string
	Metric                          *types.MetricAlarm // nil: it is of others, by the rule
}

// At is the address of its page.
func (a alarm) At() string { return alarmPage(a.Name) }

// Watches tells what brings it about.
func (a alarm) Watches() string {
	if a.Metric == nil {
		return a.Rule
	}
	name := aws.ToString(a.Metric.MetricName)
	if name == "" {
		name = "an expression"
	}
	statistic := cmp.Or(string(a.Metric.Statistic), aws.ToString(a.Metric.ExtendedStatistic))
	if statistic != "" {
		name = statistic + " of " + name
	}
	return name + " " + comparisons[a.Metric.ComparisonOperator] + " " + number(aws.ToFloat64(a.Metric.Threshold))
}

var comparisons = map[types.ComparisonOperator]string{
	types.ComparisonOperatorGreaterThanOrEqualToThreshold: "at least", types.ComparisonOperatorGreaterThanThreshold: "above",
	types.ComparisonOperatorLessThanThreshold: "below", types.ComparisonOperatorLessThanOrEqualToThreshold: "at most",
}

// alarmsOf are those of an answer, by name.
func alarmsOf(told *cloudwatch.DescribeAlarmsOutput) (all []alarm) {
	for _, a := range told.MetricAlarms {
		all = append(all, alarm{*a.AlarmName, aws.ToString(a.AlarmDescription), aws.ToString(a.StateReason), "", a.StateValue, a.StateUpdatedTimestamp, a.AlarmActions, &a})
	}
	for _, a := range told.CompositeAlarms {
		all = append(all, alarm{*a.AlarmName, aws.ToString(a.AlarmDescription), aws.ToString(a.StateReason), aws.ToString(a.AlarmRule), a.StateValue, a.StateUpdatedTimestamp, a.AlarmActions, nil})
	}
	slices.SortFunc(all, func(a, b alarm) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// kinds are those of alarms.
var kinds = []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm}

// alarmList is the page of alarms.
type alarmList struct {
	State  types.StateValue // empty: any
	Alarms []alarm
	More   string // the address of what comes after, or empty
}

// States are those that alarms are filtered by.
func (alarmList) States() []types.StateValue { return types.StateValue("").Values() }

func (c *console) alarmList(r *http.Request) (View, error) {
	query := r.URL.Query()
	l := alarmList{State: types.StateValue(query.Get("state"))}
	told, err := c.metrics.DescribeAlarms(r.Context(), &cloudwatch.DescribeAlarmsInput{
		AlarmTypes: kinds, StateValue: l.State, MaxRecords: aws.Int32(onPage), NextToken: given(query.Get("from")),
	})
	if err != nil {
		return View{}, err
	}
	l.Alarms, l.More = alarmsOf(told), more(query, told.NextToken)
	return View{"Alarms", "alarms.html", l}, nil
}

// alarmView is the page of an alarm.
type alarmView struct {
	alarm
	Plot    template.HTML // empty: it is not of one metric
	History []types.AlarmHistoryItem
}

// MetricAt is the address of the metric's plot, or empty.
func (v alarmView) MetricAt() string {
	if v.Plot == "" {
		return ""
	}
	return metric{types.Metric{Namespace: v.Metric.Namespace, MetricName: v.Metric.MetricName, Dimensions: v.Metric.Dimensions}}.At()
}

func (c *console) alarmPage(r *http.Request) (View, error) {
	ctx, name := r.Context(), r.PathValue("name")
	told, err := c.metrics.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}, AlarmTypes: kinds})
	if err != nil {
		return View{}, err
	}
	found := alarmsOf(told)
	if len(found) == 0 {
		return View{}, &Fault{http.StatusNotFound, "There is no alarm " + name + "."}
	}
	v := alarmView{alarm: found[0]}
	if m := v.Metric; m != nil && m.MetricName != nil {
		period := max(time.Duration(aws.ToInt32(m.Period))*time.Second, time.Minute)
		p, err := c.plot(ctx, types.Metric{Namespace: m.Namespace, MetricName: m.MetricName, Dimensions: m.Dimensions},
			cmp.Or(string(m.Statistic), aws.ToString(m.ExtendedStatistic)), stretch{long: 60 * period, period: period})
		if err != nil {
			return View{}, err
		}
		p.Threshold = m.Threshold
		v.Plot = p.SVG()
	}
	history, err := c.metrics.DescribeAlarmHistory(ctx, &cloudwatch.DescribeAlarmHistoryInput{AlarmName: &name})
	if err != nil {
		return View{}, err
	}
	v.History = history.AlarmHistoryItems[:min(onPage, len(history.AlarmHistoryItems))]
	return View{name, "alarm.html", v}, nil
}
