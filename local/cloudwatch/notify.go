package cloudwatch

// This file does what follows a change of an alarm's state: history, an event
// and the alarm's actions.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxHistory is the number of items that are kept for each alarm.
const maxHistory = 100

type historyItem struct {
	AlarmName       string
	AlarmType       string
	Timestamp       cloud.Time
	HistoryItemType string // StateUpdate or Action
	HistorySummary  string
}

func (a *alarm) remember(at time.Time, kind, format string, args ...any) {
	a.history = append(a.history, historyItem{a.name, a.kind(), cloud.Time(at), kind, fmt.Sprintf(format, args...)})
	if extra := len(a.history) - maxHistory; extra > 0 {
		a.history = a.history[extra:]
	}
}

func (a *alarm) kind() string {
	if a.rule != nil {
		return "CompositeAlarm"
	}
	return "MetricAlarm"
}

// A transition is a change of an alarm's state.
type transition struct {
	alarm    *alarm
	at       time.Time
	old, new condition
}

// A condition is a state in the shape of events.
type condition struct {
	Value      state  `json:"value"`
	Reason     string `json:"reason"`
	ReasonData string `json:"reasonData,omitempty"`
	Timestamp  string `json:"timestamp"`
}

// change gives an alarm its new state and, if it is another one, tells those
// who want to know.
func (w *CloudWatch) change(ctx context.Context, a *alarm, v verdict) {
	t, changed := w.record(a, v)
	if !changed {
		return
	}
	w.emit(t)
	w.mu.Lock()
	enabled := a.enabled
	w.mu.Unlock()
	if !enabled {
		return
	}
	for _, target := range a.actions[v.state] {
		err := w.publish(ctx, target, t)
		w.mu.Lock()
		if err != nil {
			a.remember(time.Now(), "Action", "Failed to execute action %s: %v", target, err)
		} else {
			a.remember(time.Now(), "Action", "Successfully executed action %s", target)
		}
		w.mu.Unlock()
	}
}

func (w *CloudWatch) record(a *alarm, v verdict) (transition, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a.state == v.state || w.alarms[a.name] != a { // which was updated, or deleted, while it was judged
		return transition{}, false
	}
	now := time.Now()
	old := a.condition()
	a.remember(now, "StateUpdate", "Alarm updated from %s to %s", a.state, v.state)
	a.state, a.reason, a.reasonData, a.changed = v.state, v.reason, v.reasonData, now
	return transition{a, now, old, a.condition()}, true
}

func (a *alarm) condition() condition {
	return condition{a.state, a.reason, a.reasonData, a.changed.UTC().Format(timeFormat)}
}

// emit puts the transition on the event bus.
func (w *CloudWatch) emit(t transition) {
	type configuration struct {
		Description string          `json:"description,omitempty"`
		Metrics     json.RawMessage `json:"metrics,omitempty"`
		AlarmRule   string          `json:"alarmRule,omitempty"`
	}
	c := configuration{Description: t.alarm.description, AlarmRule: t.alarm.ruleText}
	if t.alarm.watch != nil {
		c.Metrics = t.alarm.watch.configured
	}
	detail, err := json.Marshal(struct {
		AlarmName     string        `json:"alarmName"`
		State         condition     `json:"state"`
		PreviousState condition     `json:"previousState"`
		Configuration configuration `json:"configuration"`
	}{t.alarm.name, t.new, t.old, c})
	if err != nil {
		return // there is nothing in it that cannot be encoded
	}
	w.cloud.Emit(cloud.Event{
		Version:    "0",
		ID:         cloud.UUID(),
		DetailType: "CloudWatch Alarm State Change",
		Source:     "aws.cloudwatch",
		Account:    w.cloud.Account,
		Time:       t.at.UTC().Truncate(time.Second),
		Region:     w.cloud.Region,
		Resources:  []string{t.alarm.arn},
		Detail:     detail,
	})
}

// notice is the message that alarms publish.
type notice struct {
	AlarmName                          string
	AlarmDescription                   *string
	ActionExecutedAfterMuteWindow      bool // nothing is muted
	AWSAccountId                       string
	AlarmConfigurationUpdatedTimestamp string
	NewStateValue                      state
	NewStateReason                     string
	StateChangeTime                    string
	Region                             string
	AlarmArn                           string
	OldStateValue                      state
	OKActions                          []string
	AlarmActions                       []string
	InsufficientDataActions            []string
	Trigger                            *trigger `json:",omitempty"`
	AlarmRule                          string   `json:",omitempty"`
}

// trigger is what a metric alarm watches.
type trigger struct {
	MetricName                       string
	Namespace                        string
	StatisticType                    string
	Statistic                        string `json:",omitempty"`
	ExtendedStatistic                string `json:",omitempty"`
	Unit                             *string
	Dimensions                       []triggerDimension
	Period                           int // cloud.Time
	EvaluationPeriods                int
	DatapointsToAlarm                int `json:",omitempty"`
	ComparisonOperator               string
	Threshold                        cloud.Double
	TreatMissingData                 string
	EvaluateLowSampleCountPercentile string
}

type triggerDimension struct {
	Value string `json:"value"`
	Name  string `json:"name"`
}

// maxSubject is how long a subject may be for SNS.
const maxSubject = 100

// subject is that of a notice, in which too long a name ends in dots.
func subject(is state, name, region string) string {
	whole := fmt.Sprintf("%s: %q in %s", is, name, region)
	over := len(whole) - maxSubject
	if over <= 0 {
		return whole
	}
	const dots = "..."
	return fmt.Sprintf("%s: %q in %s", is, name[:max(0, len(name)-over-len(dots))]+dots, region)
}

// publish tells an SNS topic.
func (w *CloudWatch) publish(ctx context.Context, topic string, t transition) error {
	a, region := t.alarm, cmp.Or(regionNames[w.cloud.Region], w.cloud.Region)
	message, err := json.Marshal(notice{
		AlarmName:                          a.name,
		AlarmDescription:                   optional(a.description),
		AWSAccountId:                       w.cloud.Account,
		AlarmConfigurationUpdatedTimestamp: a.updated.UTC().Format(timeFormat),
		NewStateValue:                      t.new.Value,
		NewStateReason:                     t.new.Reason,
		StateChangeTime:                    t.new.Timestamp,
		Region:                             region,
		AlarmArn:                           a.arn,
		OldStateValue:                      t.old.Value,
		OKActions:                          present(a.actions[stateOK]),
		AlarmActions:                       present(a.actions[stateAlarm]),
		InsufficientDataActions:            present(a.actions[stateInsufficient]),
		Trigger:                            a.watch.trigger(),
		AlarmRule:                          a.ruleText,
	})
	if err != nil {
		return fmt.Errorf("encode the notice: %w", err)
	}
	caller := w.cloud.ServiceCaller("cloudwatch.amazonaws.com", a.arn).With("aws:SourceOwner", w.cloud.Account)
	ctx = cloud.Because(ctx, w.cloud.Happened(cloud.Cause{Type: "alarm", Resource: a.arn, ID: string(t.new.Value), At: t.at}))
	return w.cloud.Do(ctx, caller, "sns", "Publish", map[string]string{
		"TopicArn": topic,
		"Subject":  subject(t.new.Value, a.name, region),
		"Message":  string(message),
	}, nil)
}

func (w *watch) trigger() *trigger {
	if w == nil {
		return nil
	}
	t := &trigger{
		MetricName:         w.metric.name,
		Namespace:          w.metric.namespace,
		StatisticType:      "Statistic",
		Statistic:          upperStatistic(w.statistic),
		Dimensions:         []triggerDimension{},
		Period:             int(w.period / time.Second),
		EvaluationPeriods:  w.periods,
		DatapointsToAlarm:  w.breaches,
		Unit:               optional(w.unit),
		ComparisonOperator: w.operator,
		Threshold:          cloud.Double(w.threshold),
		TreatMissingData:   cmp.Or(w.missing, "missing"),
	}
	if t.Statistic == "" {
		t.StatisticType, t.ExtendedStatistic = "ExtendedStatistic", w.statistic
	}
	for _, d := range dimensionList(w.metric.dimensions) {
		t.Dimensions = append(t.Dimensions, triggerDimension{d.Value, d.Name})
	}
	return t
}

// upperStatistic spells a statistic as notices do; percentiles have none.
func upperStatistic(statistic string) string {
	switch statistic {
	case "Sum":
		return "SUM"
	case "Average":
		return "AVERAGE"
	case "Minimum":
		return "MINIMUM"
	case "Maximum":
		return "MAXIMUM"
	case "SampleCount":
		return "SAMPLE_COUNT"
	default:
		return ""
	}
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// present returns a list that is written as [] if it is empty.
func present(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
