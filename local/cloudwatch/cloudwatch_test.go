package cloudwatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/cloudwatch"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// world is a cloud with CloudWatch, a bus and a topic service that remember.
type world struct {
	*cloud.Cloud
	metrics    *cloudwatch.CloudWatch
	executions *cloud.Metric // that failed

	mu       sync.Mutex
	events   []cloud.Event
	messages []map[string]string
	caller   cloud.Caller // of the last message
	hear     func()       // is called as a topic is told, unless it is nil
}

func newWorld() *world {
	w := &world{Cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})}
	w.metrics = cloudwatch.New(w.Cloud)
	w.Meter, w.Bus = w.metrics, w
	w.executions = w.Metric("AWS/States", "ExecutionsFailed", "Count", []string{"StateMachineArn"})
	w.Register("cloudwatch", w.metrics)
	w.Register("sns", w)
	return w
}

func (w *world) Emit(e cloud.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

func (w *world) Supports(string) bool { return true }

// Call is that of the topic service.
func (w *world) Call(ctx context.Context, caller cloud.Caller, action string, input json.RawMessage) (json.RawMessage, error) {
	var message map[string]string
	if err := json.Unmarshal(input, &message); err != nil {
		return nil, err
	}
	if w.hear != nil {
		w.hear()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.messages, w.caller = append(w.messages, message), caller
	return json.RawMessage(`{"MessageId": "m"}`), nil
}

func (w *world) declare(t *testing.T, resources string) error {
	t.Helper()
	template, err := cfn.Parse([]byte(`{"Resources": ` + resources + `}`))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]cfn.Type{}
	for _, typ := range w.metrics.Types() {
		kinds[typ.Name] = typ
	}
	if faults := template.Check(kinds); len(faults) > 0 {
		return fmt.Errorf("%s", strings.Join(faults, "; "))
	}
	_, err = (&cfn.Stack{Name: "app", Site: w.Site, Template: template}).Create(t.Context(), kinds)
	return err
}

// state returns an alarm's state and reason.
func (w *world) state(t *testing.T, name string) (state, reason string) {
	t.Helper()
	var out struct {
		MetricAlarms, CompositeAlarms []struct{ AlarmName, StateValue, StateReason string }
	}
	in := map[string]any{"AlarmNames": []string{name}, "AlarmTypes": []string{"MetricAlarm", "CompositeAlarm"}}
	if err := w.Cloud.Do(t.Context(), w.Administrator(), "cloudwatch", "DescribeAlarms", in, &out); err != nil {
		t.Fatal(err)
	}
	for _, a := range append(out.MetricAlarms, out.CompositeAlarms...) {
		return a.StateValue, a.StateReason
	}
	t.Fatalf("no alarm %s", name)
	return "", ""
}

func (w *world) failed(count float64) {
	w.executions.Observe(map[string]string{"StateMachineArn": "arn:m"}, count)
}

const failures = `"Namespace": "AWS/States", "MetricName": "ExecutionsFailed", "Dimensions": [{"Name": "StateMachineArn", "Value": "arn:m"}], "Statistic": "Sum", "Period": 60`

func TestAnAlarmGoesOffAndTellsItsTopicAndTheBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.Close()
		err := w.declare(t, `{"Failed": {"Type": "AWS::CloudWatch::Alarm", "Properties": {`+failures+`, "AlarmName": "failed", "AlarmDescription": "Executions fail", "EvaluationPeriods": 1, "Threshold": 1,
			"ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching", "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:ops"], "OKActions": ["arn:aws:sns:eu-west-1:111122223333:calm"]}}}`)
		if err != nil {
			t.Fatal(err)
		}
		if state, reason := w.state(t, "failed"); state != "INSUFFICIENT_DATA" || reason != "Unchecked: Initial alarm creation" {
			t.Errorf("a new alarm is %s: %s", state, reason)
		}
		time.Sleep(90 * time.Second)
		if state, reason := w.state(t, "failed"); state != "OK" || !strings.Contains(reason, "no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching]") {
			t.Errorf("an alarm without data is %s: %s", state, reason)
		}
		w.failed(1)
		w.failed(1)
		time.Sleep(90 * time.Second)
		synctest.Wait()
		state, reason := w.state(t, "failed")
		if state != "ALARM" || !strings.Contains(reason, "Threshold Crossed: 1 datapoint [2.0 (") || !strings.Contains(reason, ")] was greater than or equal to the threshold (1.0).") {
			t.Errorf("after two failures it is %s: %s", state, reason)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if state, _ := w.state(t, "failed"); state != "OK" {
			t.Errorf("five quiet minutes later it is %s", state)
		}

		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.messages) != 3 || len(w.events) != 3 {
			t.Fatalf("%d messages and %d events for OK, ALARM, OK", len(w.messages), len(w.events))
		}
		alarmed := w.messages[1]
		if alarmed["TopicArn"] != "arn:aws:sns:eu-west-1:111122223333:ops" || alarmed["Subject"] != `ALARM: "failed" in EU (Ireland)` {
			t.Errorf("message %v", alarmed)
		}
		var notice struct {
			AlarmName, OldStateValue, NewStateValue, AlarmDescription string
			Trigger                                                   struct {
				MetricName, Statistic string
				Period                int
				Threshold             float64
			}
		}
		if err := json.Unmarshal([]byte(alarmed["Message"]), &notice); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(notice); got != "{failed OK ALARM Executions fail {ExecutionsFailed SUM 60 1}}" {
			t.Errorf("notice %s", got)
		}
		if w.caller.Service != "cloudwatch.amazonaws.com" || w.caller.Context["aws:SourceArn"] != "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:failed" {
			t.Errorf("caller %+v", w.caller)
		}
		var detail struct {
			AlarmName            string
			State, PreviousState struct{ Value, ReasonData string }
			Configuration        struct {
				Metrics []struct {
					MetricStat struct{ Metric struct{ Name string } }
				}
			}
		}
		if err := json.Unmarshal(w.events[1].Detail, &detail); err != nil {
			t.Fatal(err)
		}
		if w.events[1].DetailType != "CloudWatch Alarm State Change" || detail.State.Value != "ALARM" || detail.PreviousState.Value != "OK" ||
			detail.Configuration.Metrics[0].MetricStat.Metric.Name != "ExecutionsFailed" || !strings.Contains(detail.State.ReasonData, `"recentDatapoints":[2.0]`) {
			t.Errorf("event %s", w.events[1].Detail)
		}
	})
}

func TestMissingDataIsTreatedAsTold(t *testing.T) {
	// Each letter is a minute before now, the newest last: X breaches, 0 does
	// not, - has no data. The tables are those of the CloudWatch user guide.
	for _, test := range []struct {
		minutes                                  string
		breaches                                 int
		missing, ignore, breaching, notBreaching string
	}{
		{"0-X-X", 3, "OK", "OK", "OK", "OK"},
		{"0----", 3, "OK", "OK", "OK", "OK"},
		{"-----", 3, "INSUFFICIENT_DATA", "same", "ALARM", "OK"},
		{"0XX-X", 3, "ALARM", "ALARM", "ALARM", "ALARM"},
		{"--X--", 3, "ALARM", "same", "ALARM", "OK"},
		{"0-X-X", 2, "ALARM", "ALARM", "ALARM", "ALARM"},
		{"00X0X", 2, "ALARM", "ALARM", "ALARM", "ALARM"},
		{"XX000", 2, "OK", "OK", "OK", "OK"},
		{"0-X--", 2, "OK", "OK", "ALARM", "OK"},
		{"----0", 2, "OK", "OK", "ALARM", "OK"},
		{"---X-", 2, "ALARM", "same", "ALARM", "OK"},
	} {
		for treatment, want := range map[string]string{"missing": test.missing, "ignore": test.ignore, "breaching": test.breaching, "notBreaching": test.notBreaching} {
			t.Run(fmt.Sprintf("%s %d of 3 %s", test.minutes, test.breaches, treatment), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld()
					defer w.Close()
					for _, minute := range test.minutes {
						switch minute {
						case 'X':
							w.failed(5)
						case '0':
							w.failed(0)
						}
						time.Sleep(time.Minute)
					}
					err := w.declare(t, fmt.Sprintf(`{"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {%s, "AlarmName": "a", "EvaluationPeriods": 3, "DatapointsToAlarm": %d, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": %q}}}`, failures, test.breaches, treatment))
					if err != nil {
						t.Fatal(err)
					}
					time.Sleep(15 * time.Second)
					if want == "same" {
						want = "INSUFFICIENT_DATA"
					}
					if state, reason := w.state(t, "a"); state != want {
						t.Errorf("%s, want %s: %s", state, want, reason)
					}
				})
			})
		}
	}
}

func TestANoticeTellsWhatAnAlarmDoesByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.Close()
		if err := w.declare(t, `{"Failed": {"Type": "AWS::CloudWatch::Alarm", "Properties": {`+failures+`, "AlarmName": "failed", "EvaluationPeriods": 2, "Threshold": 1,
			"ComparisonOperator": "GreaterThanOrEqualToThreshold", "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:ops"]}}}`); err != nil {
			t.Fatal(err)
		}
		w.failed(1)
		time.Sleep(time.Minute)
		w.failed(1)
		time.Sleep(90 * time.Second)
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.messages) != 1 || strings.Contains(w.messages[0]["Message"], "DatapointsToAlarm") || !strings.Contains(w.messages[0]["Message"], `"TreatMissingData":"missing"`) {
			t.Errorf("the messages are %q", w.messages)
		}
	})
}

func TestACompositeAlarmFollowsItsRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.Close()
		err := w.declare(t, `{
			"One": {"Type": "AWS::CloudWatch::Alarm", "Properties": {`+failures+`, "AlarmName": "one", "EvaluationPeriods": 1, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching"}},
			"Quiet": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "quiet", "EvaluationPeriods": 1, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold", "Namespace": "Shop", "MetricName": "Orders", "Statistic": "Sum", "Period": 60}},
			"Both": {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmName": "both", "AlarmRule": {"Fn::Sub": "(ALARM(\"${One.Arn}\") AND NOT OK(quiet)) OR FALSE"}, "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:ops"]}},
			"Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": "{}"}}}`)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		if state, _ := w.state(t, "both"); state != "OK" {
			t.Errorf("composite alarm is %s before", state)
		}
		w.failed(1)
		time.Sleep(90 * time.Second)
		if state, _ := w.state(t, "both"); state != "ALARM" {
			t.Errorf("composite alarm is %s after", state)
		}
		if state, _ := w.state(t, "quiet"); state != "INSUFFICIENT_DATA" {
			t.Errorf("an alarm over an expression is %s", state)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.messages) != 1 || !strings.Contains(w.messages[0]["Message"], `"AlarmRule":"(ALARM(`) {
			t.Errorf("messages %v", w.messages)
		}
	})
}

func TestAlarmsThatCannotBeHonouredAreRefused(t *testing.T) {
	w := newWorld()
	defer w.Close()
	const rest = `"Namespace": "N", "MetricName": "M", "ComparisonOperator": "GreaterThanThreshold", "Threshold": 1`
	for _, test := range []struct{ properties, want string }{
		{rest + `, "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "AlarmActions": ["arn:aws:automate:eu-west-1:ec2:stop"]`, "property AlarmActions[0]: only SNS topics"},
		{rest + `, "Statistic": "Sum", "Period": 45, "EvaluationPeriods": 1`, "property Period: must be 10, 20, 30 or a multiple of 60 seconds, not 45s"},
		{rest + `, "ExtendedStatistic": "tm90", "Period": 60, "EvaluationPeriods": 1`, `the statistic "tm90" is not supported`},
		{rest + `, "Statistic": "Sum", "Period": 86400, "EvaluationPeriods": 1`, "keeps metrics for 3h0m0s only"},
		{rest + `, "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "DatapointsToAlarm": 2`, "2 of 1 datapoints is no way to alarm"},
	} {
		if err := w.declare(t, `{"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {`+test.properties+`}}}`); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
	for _, rule := range []string{"", "ALARM(", "ALARM(a) ALARM(b)", "BROKEN(a)", "ALARM(a) AND"} {
		if err := w.declare(t, fmt.Sprintf(`{"A": {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmRule": %q}}}`, rule)); err == nil || !strings.Contains(err.Error(), "alarm rule") {
			t.Errorf("rule %q: %v", rule, err)
		}
	}
}

func TestMetricsInLogLinesBecomeData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.Close()
		for _, line := range []string{
			"START RequestId: 1",
			`{"level": "info", "message": "not a metric"}`,
			`{"_aws": "broken"}`,
			fmt.Sprintf(`{"_aws": {"Timestamp": %d, "CloudWatchMetrics": [{"Namespace": "Shop", "Dimensions": [["Partner"], ["Partner", "File"], []], "Metrics": [{"Name": "Stored", "Unit": "Count"}, {"Name": "Times"}, {"Name": "Absent"}]}]},
				"Partner": "acme", "File": "f", "Stored": 3, "Times": [1, 2.5]}`, time.Now().UnixMilli()),
		} {
			w.metrics.Ingest("/group", []byte(line))
		}
		var out struct {
			Metrics []struct {
				MetricName string
				Dimensions []struct{ Name, Value string }
			}
		}
		if err := w.Do(t.Context(), w.Administrator(), "cloudwatch", "ListMetrics", map[string]string{"Namespace": "Shop"}, &out); err != nil {
			t.Fatal(err)
		}
		want := "[{Stored []} {Stored [{File f} {Partner acme}]} {Stored [{Partner acme}]} {Times []} {Times [{File f} {Partner acme}]} {Times [{Partner acme}]}]"
		if got := fmt.Sprint(out.Metrics); got != want {
			t.Errorf("metrics %s\nwant    %s", got, want)
		}
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		if err := w.Do(t.Context(), w.Administrator(), "cloudwatch", "ListMetrics", map[string]string{"Namespace": "Shop"}, &out); err != nil {
			t.Fatal(err)
		}
		if len(out.Metrics) != 0 {
			t.Errorf("four hours later there is still %v", out.Metrics)
		}
	})
}

// client is the real SDK's, against the service over HTTP.
func client(t *testing.T) *sdk.Client {
	w := newWorld()
	t.Cleanup(w.Close)
	server := httptest.NewServer(wire.As(w.Cloud, w.Administrator(), "cloudwatch", w.metrics.Protocols()))
	t.Cleanup(server.Close)
	if err := w.declare(t, `{"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {`+failures+`, "AlarmName": "a", "EvaluationPeriods": 1, "Threshold": 1.5, "ComparisonOperator": "GreaterThanThreshold"}}}`); err != nil {
		t.Fatal(err)
	}
	return sdk.New(sdk.Options{
		BaseEndpoint:     &server.URL,
		Region:           w.Region,
		Credentials:      credentials.NewStaticCredentialsProvider("id", "secret", ""),
		RetryMaxAttempts: 1,
	})
}

func TestTheSDKPutsAndGetsMetrics(t *testing.T) {
	api := client(t)
	now := time.Now()
	dimensions := []types.Dimension{{Name: aws.String("Partner"), Value: aws.String("acme")}}
	_, err := api.PutMetricData(t.Context(), &sdk.PutMetricDataInput{Namespace: aws.String("Shop"), MetricData: []types.MetricDatum{
		{MetricName: aws.String("Latency"), Dimensions: dimensions, Timestamp: &now, Unit: "Milliseconds", Values: []float64{10, 20.5, -3}, Counts: []float64{1, 2, 1}},
		{MetricName: aws.String("Latency"), Dimensions: dimensions, Timestamp: &now, Unit: "Milliseconds", StatisticValues: &types.StatisticSet{SampleCount: aws.Float64(2), Sum: aws.Float64(4), Minimum: aws.Float64(1), Maximum: aws.Float64(3)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	start, end := now.Add(-time.Minute).Truncate(time.Minute), now.Add(time.Minute)
	stats, err := api.GetMetricStatistics(t.Context(), &sdk.GetMetricStatisticsInput{
		Namespace: aws.String("Shop"), MetricName: aws.String("Latency"), Dimensions: dimensions, StartTime: &start, EndTime: &end, Period: aws.Int32(60),
		Statistics: []types.Statistic{"Sum", "SampleCount", "Minimum", "Maximum", "Average"}, ExtendedStatistics: []string{"p50"},
	})
	if err != nil || len(stats.Datapoints) != 1 {
		t.Fatalf("%d datapoints, %v", len(stats.Datapoints), err)
	}
	p := stats.Datapoints[0]
	if got := fmt.Sprintf("%g %g %g %g %s", *p.Sum, *p.SampleCount, *p.Minimum, *p.Maximum, p.Unit); got != "52 6 -3 20.5 Milliseconds" || !p.Timestamp.Equal(now.Truncate(time.Minute)) {
		t.Errorf("statistics %s at %s", got, p.Timestamp)
	}
	if median := p.ExtendedStatistics["p50"]; math.Abs(median-10) > 1 {
		t.Errorf("median %f, want about 10", median)
	}
	data, err := api.GetMetricData(t.Context(), &sdk.GetMetricDataInput{StartTime: &start, EndTime: &end, MetricDataQueries: []types.MetricDataQuery{{
		Id: aws.String("q"), MetricStat: &types.MetricStat{Metric: &types.Metric{Namespace: aws.String("Shop"), MetricName: aws.String("Latency"), Dimensions: dimensions}, Period: aws.Int32(60), Stat: aws.String("Maximum")},
	}}})
	if err != nil || len(data.MetricDataResults) != 1 || fmt.Sprint(data.MetricDataResults[0].Values) != "[20.5]" {
		t.Errorf("data %+v, %v", data, err)
	}
}

func TestTheSDKReadsAlarmsAndSetsTheirState(t *testing.T) {
	api := client(t)
	_, err := api.SetAlarmState(t.Context(), &sdk.SetAlarmStateInput{AlarmName: aws.String("a"), StateValue: "ALARM", StateReason: aws.String("a test")})
	if err != nil {
		t.Fatal(err)
	}
	out, err := api.DescribeAlarms(t.Context(), &sdk.DescribeAlarmsInput{StateValue: "ALARM"})
	if err != nil || len(out.MetricAlarms) != 1 {
		t.Fatalf("alarms %+v, %v", out, err)
	}
	a := out.MetricAlarms[0]
	if got := fmt.Sprintf("%s: %s %g %d %s %s", *a.AlarmName, *a.StateReason, *a.Threshold, *a.Period, a.Statistic, *a.Dimensions[0].Value); got != "a: a test 1.5 60 Sum arn:m" {
		t.Errorf("alarm %s", got)
	}
	if time.Since(*a.StateUpdatedTimestamp) > time.Minute {
		t.Errorf("updated %s", a.StateUpdatedTimestamp)
	}
	history, err := api.DescribeAlarmHistory(t.Context(), &sdk.DescribeAlarmHistoryInput{AlarmName: aws.String("a")})
	if err != nil || len(history.AlarmHistoryItems) != 1 || *history.AlarmHistoryItems[0].HistorySummary != "Alarm updated from INSUFFICIENT_DATA to ALARM" {
		t.Errorf("history %+v, %v", history, err)
	}
	_, err = api.SetAlarmState(t.Context(), &sdk.SetAlarmStateInput{AlarmName: aws.String("none"), StateValue: "ALARM", StateReason: aws.String("a test")})
	if err == nil || !strings.HasSuffix(err.Error(), " ResourceNotFound: ") {
		t.Errorf("an unknown alarm: %v", err)
	}
}
