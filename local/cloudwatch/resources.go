package cloudwatch

// This file makes alarms of what templates declare, and calls.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type alarmActions struct {
	ActionsEnabled          *bool
	AlarmActions            []string
	OKActions               []string
	InsufficientDataActions []string
	AlarmDescription        string
	AlarmName               string
	Tags                    []cloud.Tag
}

// metricAlarm is an alarm as PutMetricAlarm has it.
type metricAlarm struct {
	alarmActions
	simpleMetric
	Metrics            []alarmQuery
	EvaluationPeriods  int
	DatapointsToAlarm  int
	ComparisonOperator string
	Threshold          *float64
	TreatMissingData   string

	EvaluateLowSampleCountPercentile cfn.Ignored
}

// simpleMetric is a metric as an alarm's own properties name it.
type simpleMetric struct {
	MetricName        string
	Namespace         string
	Dimensions        []dimension
	Statistic         string
	ExtendedStatistic string
	Period            int // cloud.Time
	Unit              string
}

// alarmQuery is one of an alarm's Metrics.
type alarmQuery struct {
	Id         string
	MetricStat *struct {
		Metric struct {
			Namespace  string
			MetricName string
			Dimensions []dimension
		}
		Period int // cloud.Time
		Stat   string
		Unit   string
	}
	Label      cfn.Ignored
	ReturnData *bool
}

// compositeAlarm is an alarm as PutCompositeAlarm has it.
type compositeAlarm struct {
	alarmActions
	AlarmRule string
}

// Types returns the resource types of CloudWatch. Alarms over metric math,
// several metrics or anomaly detection are refused, and so is whatever watches a
// metric that nothing here publishes.
func (w *CloudWatch) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::CloudWatch::Alarm", w.createAlarm, cfn.Check(w.checkAlarm), cfn.Update(w.updateAlarm)),
		cfn.Define("AWS::CloudWatch::CompositeAlarm", w.createComposite, cfn.Update(w.updateComposite)),
		cfn.Define("AWS::CloudWatch::Dashboard", w.createDashboard, cfn.Check(w.checkDashboard), cfn.Update(w.updateDashboard)),
	}
}

func (w *CloudWatch) checkAlarm(p metricAlarm) error {
	_, err := w.watch(p)
	return err
}

// watch is what an alarm watches, which something here publishes.
func (w *CloudWatch) watch(p metricAlarm) (*watch, error) {
	watched, err := p.watch()
	if err != nil {
		return nil, err
	}
	if err := w.published(watched.metric); err != nil {
		return nil, &cfn.Unsupported{Property: "MetricName", Reason: err.Error()}
	}
	return watched, nil
}

func (w *CloudWatch) createAlarm(_ context.Context, r cfn.Resource, p metricAlarm) (cfn.Handle, error) {
	a, err := w.metricAlarm(cmp.Or(p.AlarmName, r.PhysicalName(255)), p)
	if err != nil {
		return cfn.Handle{}, err
	}
	return w.add(a)
}

func (w *CloudWatch) updateAlarm(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after metricAlarm) (cfn.Handle, error) {
	a, err := w.metricAlarm(h.Ref, after)
	if err != nil {
		return h, err
	}
	return h, w.replace(a, func(tags []cloud.Tag) []cloud.Tag { return cloud.RedeclaredTags(tags, before.Tags, after.Tags) })
}

func (w *CloudWatch) metricAlarm(name string, p metricAlarm) (*alarm, error) {
	a, err := w.newAlarm(name, p.alarmActions)
	if err != nil {
		return nil, err
	}
	a.watch, err = w.watch(p)
	return a, err
}

func (w *CloudWatch) createComposite(_ context.Context, r cfn.Resource, p compositeAlarm) (cfn.Handle, error) {
	a, err := w.compositeAlarm(cmp.Or(p.AlarmName, r.PhysicalName(255)), p)
	if err != nil {
		return cfn.Handle{}, err
	}
	return w.add(a)
}

func (w *CloudWatch) updateComposite(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after compositeAlarm) (cfn.Handle, error) {
	a, err := w.compositeAlarm(h.Ref, after)
	if err != nil {
		return h, err
	}
	return h, w.replace(a, func(tags []cloud.Tag) []cloud.Tag { return cloud.RedeclaredTags(tags, before.Tags, after.Tags) })
}

func (w *CloudWatch) compositeAlarm(name string, p compositeAlarm) (*alarm, error) {
	a, err := w.newAlarm(name, p.alarmActions)
	if err != nil {
		return nil, err
	}
	a.ruleText = p.AlarmRule
	if a.rule, err = parseRule(p.AlarmRule); err != nil {
		return nil, cfn.Invalidf("AlarmRule", "%s", err)
	}
	return a, nil
}

func (w *CloudWatch) newAlarm(name string, p alarmActions) (*alarm, error) {
	now := time.Now()
	a := &alarm{
		name:        name,
		arn:         w.alarmARN(name),
		description: p.AlarmDescription,
		updated:     now,
		enabled:     p.ActionsEnabled == nil || *p.ActionsEnabled,
		actions:     map[state][]string{stateAlarm: p.AlarmActions, stateOK: p.OKActions, stateInsufficient: p.InsufficientDataActions},
		state:       stateInsufficient,
		reason:      "Unchecked: Initial alarm creation",
		changed:     now,
		tags:        p.Tags,
	}
	if err := checkTags(p.Tags); err != nil {
		return nil, err
	}
	for property, list := range map[string][]string{"AlarmActions": p.AlarmActions, "OKActions": p.OKActions, "InsufficientDataActions": p.InsufficientDataActions} {
		for i, action := range list {
			if !strings.HasPrefix(action, "arn:aws:sns:") {
				return nil, &cfn.Unsupported{Property: fmt.Sprintf("%s[%d]", property, i), Reason: "only SNS topics can be told, not " + action}
			}
		}
	}
	return a, nil
}

func (w *CloudWatch) add(a *alarm) (cfn.Handle, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.alarms[a.name] != nil {
		return cfn.Handle{}, fmt.Errorf("alarm %s exists already", a.name)
	}
	w.alarms[a.name] = a
	return cfn.Handle{Ref: a.name, Attributes: map[string]any{"Arn": a.arn}, Delete: cfn.Removal(&w.mu, w.alarms, a.name)}, nil
}

// replace puts an alarm in the place of the one with its name. Its state stays
// until it is evaluated next, as AWS leaves the state of an alarm that is updated:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
func (w *CloudWatch) replace(a *alarm, tags func(had []cloud.Tag) []cloud.Tag) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	former := w.alarms[a.name]
	if former == nil {
		return fmt.Errorf("there is no alarm %s any more", a.name)
	}
	a.state, a.reason, a.reasonData, a.changed = former.state, former.reason, former.reasonData, former.changed
	a.history, a.tags = slices.Clone(former.history), tags(former.tags)
	w.alarms[a.name] = a
	return nil
}

func (p metricAlarm) watch() (*watch, error) {
	m, err := p.single()
	if err != nil {
		return nil, err
	}
	operators := []string{"GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"}
	if !slices.Contains(operators, p.ComparisonOperator) {
		return nil, &cfn.Unsupported{Property: "ComparisonOperator", Reason: fmt.Sprintf("must be one of %s, not %q: the local engine detects no anomalies", strings.Join(operators, ", "), p.ComparisonOperator)}
	}
	if p.Threshold == nil {
		return nil, cfn.Invalidf("Threshold", "is required")
	}
	w := &watch{
		metric:    metric{m.Namespace, m.MetricName, dimensionsOf(m.Dimensions)},
		statistic: m.Statistic + m.ExtendedStatistic,
		period:    time.Duration(m.Period) * time.Second,
		periods:   p.EvaluationPeriods,
		breaches:  p.DatapointsToAlarm,
		operator:  p.ComparisonOperator,
		threshold: *p.Threshold,
		missing:   p.TreatMissingData,
		unit:      m.Unit,
	}
	if err := w.check(); err != nil {
		return nil, err
	}
	w.key = w.metric.key()
	w.configured, err = w.configuration()
	return w, err
}

// single returns the one metric that an alarm watches.
func (p metricAlarm) single() (simpleMetric, error) {
	if len(p.Metrics) == 0 {
		return p.simpleMetric, nil
	}
	stat := p.Metrics[0].MetricStat
	if len(p.Metrics) > 1 || stat == nil {
		return simpleMetric{}, &cfn.Unsupported{Property: "Metrics", Reason: "the local engine watches one metric at a time"}
	}
	return simpleMetric{
		MetricName: stat.Metric.MetricName,
		Namespace:  stat.Metric.Namespace,
		Dimensions: stat.Metric.Dimensions,
		Statistic:  stat.Stat,
		Period:     stat.Period,
		Unit:       stat.Unit,
	}, nil
}

func (w *watch) check() error {
	whole := w.period % time.Minute
	switch {
	case !supported(w.statistic):
		return &cfn.Unsupported{Property: "Statistic", Reason: fmt.Sprintf("the statistic %q is not supported", w.statistic)}
	case w.period <= 0 || whole != 0 && w.period != 10*time.Second && w.period != 20*time.Second && w.period != 30*time.Second:
		return cfn.Invalidf("Period", "must be 10, 20, 30 or a multiple of 60 seconds, not %s", w.period)
	case w.periods < 1 || w.breaches < 0 || w.breaches > w.periods:
		return cfn.Invalidf("EvaluationPeriods", "%d of %d datapoints is no way to alarm", w.enough(), w.periods)
	case w.period*time.Duration(w.periods+extraPeriods) > retention:
		return &cfn.Unsupported{Property: "EvaluationPeriods", Reason: "the local engine keeps metrics for " + retention.String() + " only"}
	}
	return nil
}

// configuration describes the watch in the shape of events.
func (w *watch) configuration() (json.RawMessage, error) {
	type metricShape struct {
		Namespace  string            `json:"namespace"`
		Name       string            `json:"name"`
		Dimensions map[string]string `json:"dimensions"`
	}
	type statShape struct {
		Metric metricShape `json:"metric"`
		Period int         `json:"period"`
		Stat   string      `json:"stat"`
	}
	type queryShape struct {
		ID         string    `json:"id"`
		MetricStat statShape `json:"metricStat"`
		ReturnData bool      `json:"returnData"`
	}
	return json.Marshal([]queryShape{{
		ID:         "m1",
		MetricStat: statShape{metricShape{w.metric.namespace, w.metric.name, w.metric.dimensions}, int(w.period / time.Second), w.statistic},
		ReturnData: true,
	}})
}
