package cloudwatch

// This file answers the API about alarms.

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// alarmShape is an alarm in the API's answers.
type alarmShape struct {
	AlarmName                          string
	AlarmArn                           string
	AlarmDescription                   string `json:",omitempty"`
	AlarmConfigurationUpdatedTimestamp cloud.Time
	ActionsEnabled                     bool
	OKActions                          []string
	AlarmActions                       []string
	InsufficientDataActions            []string
	StateValue                         state
	StateReason                        string
	StateReasonData                    string `json:",omitempty"`
	StateUpdatedTimestamp              cloud.Time
	StateTransitionedTimestamp         cloud.Time

	AlarmRule string `json:",omitempty"`

	MetricName         string        `json:",omitempty"`
	Namespace          string        `json:",omitempty"`
	Statistic          string        `json:",omitempty"`
	ExtendedStatistic  string        `json:",omitempty"`
	Dimensions         *[]dimension  `json:",omitempty"` // of a metric alarm there is always a list
	Period             int           `json:",omitempty"` // cloud.Time
	EvaluationPeriods  int           `json:",omitempty"`
	DatapointsToAlarm  int           `json:",omitempty"`
	Threshold          *cloud.Double `json:",omitempty"`
	ComparisonOperator string        `json:",omitempty"`
	TreatMissingData   string        `json:",omitempty"`
	Unit               string        `json:",omitempty"`
}

func (a *alarm) shape() alarmShape {
	shape := alarmShape{
		AlarmName:                          a.name,
		AlarmArn:                           a.arn,
		AlarmDescription:                   a.description,
		AlarmConfigurationUpdatedTimestamp: cloud.Time(a.updated),
		ActionsEnabled:                     a.enabled,
		OKActions:                          present(a.actions[stateOK]),
		AlarmActions:                       present(a.actions[stateAlarm]),
		InsufficientDataActions:            present(a.actions[stateInsufficient]),
		StateValue:                         a.state,
		StateReason:                        a.reason,
		StateReasonData:                    a.reasonData,
		StateUpdatedTimestamp:              cloud.Time(a.changed),
		StateTransitionedTimestamp:         cloud.Time(a.changed),
		AlarmRule:                          a.ruleText,
	}
	if w := a.watch; w != nil {
		shape.MetricName, shape.Namespace = w.metric.name, w.metric.namespace
		dimensions := dimensionList(w.metric.dimensions)
		shape.Dimensions = &dimensions
		shape.Period, shape.EvaluationPeriods, shape.DatapointsToAlarm = int(w.period/time.Second), w.periods, w.breaches
		shape.Threshold, shape.ComparisonOperator, shape.TreatMissingData, shape.Unit = cloud.DoubleOf(&w.threshold), w.operator, w.missing, w.unit
		shape.Statistic = w.statistic
		if upperStatistic(w.statistic) == "" {
			shape.Statistic, shape.ExtendedStatistic = "", w.statistic
		}
	}
	return shape
}

type alarmsAnswer struct {
	MetricAlarms    []alarmShape
	CompositeAlarms []alarmShape
	NextToken       string `json:",omitempty"` // the name of the page's last alarm
}

// maxRecords is how many alarms a page has at most; without a wish it has half of them.
const maxRecords = 100

func (w *CloudWatch) describeAlarms(_ context.Context, caller cloud.Caller, in struct {
	AlarmNames      []string
	AlarmNamePrefix string
	AlarmTypes      []string // MetricAlarm alone by default
	StateValue      state
	MaxRecords      *int
	NextToken       string
}) (alarmsAnswer, error) {
	answer := alarmsAnswer{MetricAlarms: []alarmShape{}, CompositeAlarms: []alarmShape{}}
	size := maxRecords / 2
	if in.MaxRecords != nil {
		if size = *in.MaxRecords; size < 1 || size > maxRecords {
			return answer, invalid("The value %d for parameter MaxRecords is invalid.", size)
		}
	}
	if err := w.allow(caller, "DescribeAlarms"); err != nil {
		return answer, err
	}
	if in.AlarmTypes == nil {
		in.AlarmTypes = []string{"MetricAlarm"}
	}
	alarms := w.sortedAlarms()
	w.mu.Lock()
	defer w.mu.Unlock()
	last := ""
	for _, a := range alarms {
		switch {
		case len(in.AlarmNames) > 0 && !slices.Contains(in.AlarmNames, a.name),
			!strings.HasPrefix(a.name, in.AlarmNamePrefix),
			in.StateValue != "" && in.StateValue != a.state,
			!slices.Contains(in.AlarmTypes, a.kind()),
			in.NextToken != "" && a.name <= in.NextToken:
			continue
		case len(answer.MetricAlarms)+len(answer.CompositeAlarms) == size:
			answer.NextToken = last
			return answer, nil
		case a.rule != nil:
			answer.CompositeAlarms = append(answer.CompositeAlarms, a.shape())
		default:
			answer.MetricAlarms = append(answer.MetricAlarms, a.shape())
		}
		last = a.name
	}
	return answer, nil
}

type historyAnswer struct{ AlarmHistoryItems []historyItem }

// describeAlarmHistory answers the newest items first.
func (w *CloudWatch) describeAlarmHistory(_ context.Context, caller cloud.Caller, in struct {
	AlarmName       string
	HistoryItemType string
}) (historyAnswer, error) {
	answer := historyAnswer{[]historyItem{}}
	if err := w.allow(caller, "DescribeAlarmHistory"); err != nil {
		return answer, err
	}
	alarms := w.sortedAlarms()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range alarms {
		if in.AlarmName != "" && in.AlarmName != a.name {
			continue
		}
		for _, item := range a.history {
			if in.HistoryItemType == "" || in.HistoryItemType == item.HistoryItemType {
				answer.AlarmHistoryItems = append(answer.AlarmHistoryItems, item)
			}
		}
	}
	slices.SortStableFunc(answer.AlarmHistoryItems, func(a, b historyItem) int {
		return time.Time(b.Timestamp).Compare(time.Time(a.Timestamp))
	})
	return answer, nil
}

// setAlarmState lasts until the next evaluation, as in AWS.
func (w *CloudWatch) setAlarmState(ctx context.Context, caller cloud.Caller, in struct {
	AlarmName       string
	StateValue      state
	StateReason     string
	StateReasonData string
}) (struct{}, error) {
	if in.StateValue != stateOK && in.StateValue != stateAlarm && in.StateValue != stateInsufficient {
		return struct{}{}, wrongValue("1 validation error detected: Value '%s' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]", in.StateValue)
	}
	if err := w.cloud.Authorize(caller, "cloudwatch:SetAlarmState", w.alarmARN(in.AlarmName)); err != nil {
		return struct{}{}, err
	}
	w.mu.Lock()
	a := w.alarms[in.AlarmName]
	w.mu.Unlock()
	if a == nil {
		lost := cloud.Errorf(404, "ResourceNotFound", "") // AWS does not say what
		lost.QueryCode = "ResourceNotFound"
		return struct{}{}, lost
	}
	w.change(ctx, a, verdict{in.StateValue, in.StateReason, in.StateReasonData})
	return struct{}{}, nil
}
