package operation

// This file declares alarms, the topic that they tell, and the metrics that
// they watch.

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Alarm adjusts one alarm of a construct, or leaves it out.
type Alarm struct {
	// Threshold is the value of the metric at which the alarm goes off.
	// Default: the alarm's own, as documented.
	Threshold float64

	// Periods is how many of the metric's periods in a row have to reach the
	// threshold. Default: one.
	Periods int

	// Off leaves the alarm out. Default: there is one.
	Off bool
}

// AlarmProps are the properties of an alarm. All are required but Adjust.
type AlarmProps struct {
	// Description tells the operator what has happened and what to do.
	Description string

	Metric    awscloudwatch.IMetric
	Threshold float64

	// Adjust is what the user of the construct wants of the alarm.
	Adjust Alarm
}

// Graph is a widget of a dashboard.
func Graph(title string, metrics ...awscloudwatch.Metric) awscloudwatch.GraphWidget {
	var lines []awscloudwatch.IMetric
	for _, metric := range metrics {
		lines = append(lines, metric)
	}
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{Title: &title, Left: &lines, Width: jsii.Number(8)})
}

// NewAlarm declares an alarm that goes off at the first period in which a
// metric reaches its threshold; silence is good news. It is nil if the user of
// the construct wants none.
func NewAlarm(scope constructs.Construct, id string, settings Settings, props AlarmProps) awscloudwatch.Alarm {
	if props.Adjust.Off {
		return nil
	}
	if props.Adjust.Threshold != 0 {
		props.Threshold = props.Adjust.Threshold
	}
	alarm := awscloudwatch.NewAlarm(scope, &id, &awscloudwatch.AlarmProps{
		AlarmDescription:   &props.Description,
		Metric:             props.Metric,
		Threshold:          &props.Threshold,
		EvaluationPeriods:  jsii.Number(max(1, props.Adjust.Periods)),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
	if settings.AlarmTopic != nil {
		alarm.AddAlarmAction(awscloudwatchactions.NewSnsAction(settings.AlarmTopic))
		allowAlarms(scope, settings.AlarmTopic.MasterKey())
	}
	return alarm
}

// NewAlarmTopic declares a topic that this account's alarms may publish to.
func NewAlarmTopic(scope constructs.Construct, id string, settings Settings) awssns.Topic {
	topic := NewTopic(scope, id, settings)
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": topic.Stack().Account()}},
	}))
	return topic
}

// MetricOptions change how a metric is read. Nil stands for the defaults.
type MetricOptions struct {
	// Period is over which time the statistic is taken. Default: a minute.
	Period time.Duration

	// Statistic is, say, awscloudwatch.Stats_SUM(). Default: the metric's own,
	// as documented.
	Statistic string

	// Label names the metric in a graph. Default: its name.
	Label string
}

// For is what the CDK's own metrics take, with the default statistic of a
// metric.
func (o *MetricOptions) For(statistic *string) *awscloudwatch.MetricOptions {
	options := &awscloudwatch.MetricOptions{Period: minutes(1), Statistic: statistic}
	if o == nil {
		return options
	}
	if o.Period != 0 {
		options.Period = awscdk.Duration_Seconds(jsii.Number(o.Period.Seconds()))
	}
	if o.Statistic != "" {
		options.Statistic = &o.Statistic
	}
	if o.Label != "" {
		options.Label = &o.Label
	}
	return options
}

// Count is a metric that functions of this module write themselves, summed.
func Count(namespace, name, dimension, value string, options *MetricOptions) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace:     &namespace,
		MetricName:    &name,
		DimensionsMap: &map[string]*string{dimension: &value},
	}).With(options.For(awscloudwatch.Stats_SUM()))
}

// MetricDeadLetters is how many messages wait in a queue: the maximum.
func MetricDeadLetters(queue awssqs.IQueue, options *MetricOptions) awscloudwatch.Metric {
	return queue.MetricApproximateNumberOfMessagesVisible(options.For(awscloudwatch.Stats_MAXIMUM()))
}

// MetricAge is how long the oldest message of a queue has waited, in seconds:
// the maximum.
func MetricAge(queue awssqs.IQueue, options *MetricOptions) awscloudwatch.Metric {
	return queue.MetricApproximateAgeOfOldestMessage(options.For(awscloudwatch.Stats_MAXIMUM()))
}
