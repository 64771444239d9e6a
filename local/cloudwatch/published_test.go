package cloudwatch_test

import (
	"strings"
	"testing"
)

func TestWhatWatchesAMetricThatNothingPublishesIsRefused(t *testing.T) {
	alarm := func(properties string) string {
		return `{"Type": "AWS::CloudWatch::Alarm", "Properties": {"EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "Statistic": "Sum", "Period": 60, ` + properties + `}}`
	}
	dashboard := func(metrics string) string {
		body := `{"widgets": [{"type": "text", "properties": {"markdown": "x"}}, {"type": "metric", "properties": {"metrics": [` + metrics + `]}}]}`
		return `{"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": "` + strings.ReplaceAll(body, `"`, `\"`) + `"}}`
	}
	const widget = "X (AWS::CloudWatch::Dashboard): property DashboardBody.widgets[1].properties."
	for name, row := range map[string]struct{ resource, want string }{
		"a metric": {alarm(`"Namespace": "AWS/States", "MetricName": "ActivitiesFailed"`),
			"X (AWS::CloudWatch::Alarm): property MetricName: the local engine does not publish ActivitiesFailed of AWS/States"},
		"a service": {alarm(`"Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "x"}]`),
			"X (AWS::CloudWatch::Alarm): property MetricName: the local engine does not publish CPUUtilization of AWS/RDS"},
		"dimensions": {alarm(`"Namespace": "AWS/States", "MetricName": "ExecutionsFailed", "Dimensions": [{"Name": "StateMachineArn", "Value": "x"}, {"Name": "Alias", "Value": "x"}]`),
			"X (AWS::CloudWatch::Alarm): property MetricName: the local engine publishes ExecutionsFailed of AWS/States by StateMachineArn, not by Alias and StateMachineArn"},
		"no dimensions": {alarm(`"Namespace": "AWS/States", "MetricName": "ExecutionsFailed"`),
			"X (AWS::CloudWatch::Alarm): property MetricName: the local engine publishes ExecutionsFailed of AWS/States by StateMachineArn, not without dimensions"},
		"metric math": {alarm(`"Metrics": [{"Id": "e", "Expression": "m1 / m2"}]`),
			"X (AWS::CloudWatch::Alarm): property Metrics[0].Expression is not supported by the local engine"},
		"two metrics": {alarm(`"Metrics": [{"Id": "a"}, {"Id": "b"}]`),
			"X (AWS::CloudWatch::Alarm): property Metrics: the local engine watches one metric at a time"},
		"an anomaly": {`{"Type": "AWS::CloudWatch::Alarm", "Properties": {"EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanUpperThreshold", "Namespace": "Shop", "MetricName": "Orders"}}`,
			`X (AWS::CloudWatch::Alarm): property ComparisonOperator: must be one of GreaterThanThreshold, GreaterThanOrEqualToThreshold, LessThanThreshold, LessThanOrEqualToThreshold, not "GreaterThanUpperThreshold": the local engine detects no anomalies`},
		"a suppressor": {`{"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmRule": "TRUE", "ActionsSuppressor": "x"}}`,
			"X (AWS::CloudWatch::CompositeAlarm): property ActionsSuppressor is not supported by the local engine"},
		"a dashboard's metric": {dashboard(`["AWS/States", "ExecutionsFailed", "StateMachineArn", "x", {"stat": "Sum"}], [".", "ExecutionsWon", ".", "."]`),
			widget + "metrics[1]: the local engine does not publish ExecutionsWon of AWS/States"},
		"a dashboard's dimension": {dashboard(`["AWS/States", "ExecutionsFailed", "StateMachineArn", "x"], ["...", "y"], ["...", "Alias", "y"]`),
			widget + "metrics[2]: the local engine publishes ExecutionsFailed of AWS/States by StateMachineArn, not by Alias"},
		"a dashboard without JSON": {`{"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": "{"}}`,
			"X (AWS::CloudWatch::Dashboard): property DashboardBody: unexpected end of JSON input"},
		"a published metric":    {alarm(`"Namespace": "AWS/States", "MetricName": "ExecutionsFailed", "Dimensions": [{"Name": "StateMachineArn", "Value": "x"}]`), ""},
		"a metric of the user":  {alarm(`"Namespace": "Shop", "MetricName": "Orders"`), ""},
		"a dashboard of both":   {dashboard(`["AWS/States", "ExecutionsFailed", "StateMachineArn", "x"], ["Shop", "Orders"], [{"expression": "m1 + m2"}]`), ""},
		"a dashboard of alarms": {dashboard(``), ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			defer w.Close()
			err := w.declare(t, `{"X": `+row.resource+`}`)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}
