package cloudwatch_test

// This file makes, changes and deletes alarms by calls.

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const watched = `"AlarmName": "failed", ` + failures + `, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching", "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:ops"]`

// do performs an action and returns its answer, or its refusal.
func (w *world) do(t *testing.T, action, input string) string {
	t.Helper()
	answer, err := w.Cloud.Call(t.Context(), w.Administrator(), "cloudwatch", action, json.RawMessage(input))
	if err != nil {
		return err.Error()
	}
	return string(answer)
}

func TestAnAlarmThatACallMakesActsUntilItsActionsAreTurnedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.Close()
		for _, row := range [][3]string{
			{"PutMetricAlarm", `{` + watched + `, "Unit": "Count"}`, "{}"},
			{"PutCompositeAlarm", `{"AlarmName": "any", "AlarmRule": "ALARM(failed)"}`, "{}"},
			{"DescribeAlarms", `{"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 1}`, `"CompositeAlarms":[{"AlarmName":"any"`},
			{"DescribeAlarms", `{"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 1}`, `"NextToken":"any"`},
			{"DescribeAlarms", `{"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "NextToken": "any"}`, `{"MetricAlarms":[{"AlarmName":"failed"`},
			{"DescribeAlarms", `{"MaxRecords": 101}`, "MaxRecords is invalid"},
			{"DescribeAlarms", `{"ParentsOfAlarmName": "x"}`, "NotImplemented"},
			{"PutCompositeAlarm", `{"AlarmName": "failed", "AlarmRule": "TRUE"}`, "ValidationError: Alarm failed is a MetricAlarm already"},
			{"PutMetricAlarm", `{` + watched + `, "Colour": "red"}`, "NotImplemented: the local engine does not serve the parameter Colour of PutMetricAlarm"},
			{"PutMetricAlarm", `{` + strings.Replace(watched, `"Threshold": 1`, `"ThresholdMetricId": "e1"`, 1) + `}`, "NotImplemented"},
			{"PutMetricAlarm", `{` + strings.Replace(watched, `ops"`, `ops", "arn:aws:lambda:eu-west-1:111122223333:function:f"`, 1) + `}`, "NotImplemented: the local engine does not serve the parameter AlarmActions[1]"},
			{"PutMetricAlarm", `{` + strings.Replace(watched, "ExecutionsFailed", "ExecutionsLost", 1) + `}`, "NotImplemented: the local engine does not serve the parameter MetricName"},
			{"PutMetricAlarm", `{"AlarmName": "queried", "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "Metrics": [{"Id": "m", "Label": "failed", "MetricStat": {
				"Metric": {"Namespace": "AWS/States", "MetricName": "ExecutionsFailed", "Dimensions": [{"Name": "StateMachineArn", "Value": "arn:m"}]}, "Period": 60, "Stat": "Sum", "Unit": "Count"}}]}`, "{}"},
			{"DeleteAlarms", `{"AlarmNames": ["queried"]}`, "{}"},
			{"PutMetricAlarm", `{"AlarmName": ""}`, "'alarmName' failed to satisfy constraint"},
		} {
			if got := w.do(t, row[0], row[1]); !strings.Contains(got, row[2]) {
				t.Errorf("%s %s: got %s, want %s", row[0], row[1], got, row[2])
			}
		}
		told := func() int {
			synctest.Wait()
			w.mu.Lock()
			defer w.mu.Unlock()
			return len(w.messages)
		}
		fail := func(want string) {
			t.Helper()
			w.failed(1)
			time.Sleep(90 * time.Second)
			synctest.Wait()
			if state, _ := w.state(t, "failed"); state != want {
				t.Errorf("after a failure it is %s, want %s", state, want)
			}
			time.Sleep(5 * time.Minute)
		}
		fail("ALARM")
		if n := told(); n != 1 {
			t.Errorf("%d messages", n)
		}
		w.do(t, "DisableAlarmActions", `{"AlarmNames": ["failed", "gone"]}`)
		fail("ALARM")
		if n := told(); n != 1 {
			t.Errorf("%d messages, with actions turned off", n)
		}
		w.do(t, "EnableAlarmActions", `{"AlarmNames": ["failed"]}`)
		fail("ALARM")
		if n := told(); n != 2 {
			t.Errorf("%d messages, with actions turned on", n)
		}
		w.do(t, "PutMetricAlarm", `{`+strings.Replace(watched, `"Threshold": 1`, `"Threshold": 2`, 1)+`}`)
		fail("OK")
		if got := w.do(t, "DeleteAlarms", `{"AlarmNames": ["failed", "gone"]}`); !strings.Contains(got, "ResourceNotFound: Unknown alarms: gone") {
			t.Errorf("deleting what is not there: %s", got)
		}
		w.state(t, "failed") // is still there
		w.do(t, "DeleteAlarms", `{"AlarmNames": ["failed", "any"]}`)
		if got := w.do(t, "DescribeAlarms", `{"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}`); got != `{"MetricAlarms":[],"CompositeAlarms":[]}` {
			t.Errorf("after all were deleted there are %s", got)
		}
	})
}

func TestTheSDKMakesAndDeletesAnAlarm(t *testing.T) {
	api := client(t)
	if _, err := api.PutMetricAlarm(t.Context(), &sdk.PutMetricAlarmInput{
		AlarmName: aws.String("b"), Namespace: aws.String("Own"), MetricName: aws.String("Lost"), Statistic: types.StatisticSum, Period: aws.Int32(60),
		EvaluationPeriods: aws.Int32(2), DatapointsToAlarm: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold,
	}); err != nil {
		t.Fatal(err)
	}
	out, err := api.DescribeAlarms(t.Context(), &sdk.DescribeAlarmsInput{AlarmNames: []string{"b"}})
	if err != nil || len(out.MetricAlarms) != 1 || *out.MetricAlarms[0].EvaluationPeriods != 2 || *out.MetricAlarms[0].DatapointsToAlarm != 1 || !*out.MetricAlarms[0].ActionsEnabled {
		t.Errorf("the alarm is told as %+v, %v", out, err)
	}
	if _, err := api.DeleteAlarms(t.Context(), &sdk.DeleteAlarmsInput{AlarmNames: []string{"b"}}); err != nil {
		t.Error(err)
	}
}

// nobody may do nothing.
type nobody struct{ cloud.Authorizer }

func (nobody) Authorize(_ cloud.Caller, action, resource string) error {
	return cloud.Errorf(403, "AccessDeniedException", "%s on %s", action, resource)
}

func TestEachActionAsksForItsPermission(t *testing.T) {
	w := newWorld()
	defer w.Close()
	w.Authorizer = nobody{}
	const alarm, board = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a", "arn:aws:cloudwatch::111122223333:dashboard/d"
	inputs := map[string][2]string{
		"DeleteAlarms":        {`{"AlarmNames": ["a"]}`, alarm},
		"DeleteDashboards":    {`{"DashboardNames": ["d"]}`, board},
		"DisableAlarmActions": {`{"AlarmNames": ["a"]}`, alarm},
		"EnableAlarmActions":  {`{"AlarmNames": ["a"]}`, alarm},
		"GetDashboard":        {`{"DashboardName": "d"}`, board},
		"GetMetricStatistics": {`{"StartTime": 0, "EndTime": 60}`, "*"},
		"ListTagsForResource": {`{"ResourceARN": "` + board + `"}`, board},
		"PutCompositeAlarm":   {`{"AlarmName": "a"}`, alarm},
		"PutDashboard":        {`{"DashboardName": "d", "DashboardBody": "{}"}`, board},
		"PutMetricAlarm":      {`{"AlarmName": "a"}`, alarm},
		"SetAlarmState":       {`{"AlarmName": "a", "StateValue": "OK"}`, alarm},
		"TagResource":         {`{"ResourceARN": "` + board + `"}`, board},
		"UntagResource":       {`{"ResourceARN": "` + board + `"}`, board},
	}
	for action := range w.metrics.Operations {
		in, resource := "{}", "*"
		if asked, known := inputs[action]; known {
			in, resource = asked[0], asked[1]
		}
		if got, want := w.do(t, action, in), "cloudwatch:"+action+" on "+resource; !strings.HasSuffix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// shop may do what is about its namespace.
type shop struct{ cloud.Authorizer }

func (shop) Authorize(caller cloud.Caller, action, _ string) error {
	if caller.Context["cloudwatch:namespace"] == "Shop" {
		return nil
	}
	return cloud.Errorf(403, "AccessDeniedException", "%s", action)
}

func TestAPermissionMayBeForANamespaceOfMetrics(t *testing.T) {
	w := newWorld()
	defer w.Close()
	w.Authorizer = shop{}
	caller := cloud.Caller{Context: map[string]string{"aws:SourceIp": "127.0.0.1"}}
	for namespace, want := range map[string]string{"Shop": "", "Other": "AccessDeniedException"} {
		_, err := w.Cloud.Call(t.Context(), caller, "cloudwatch", "PutMetricData", json.RawMessage(`{"Namespace": "`+namespace+`", "MetricData": [{"MetricName": "m", "Value": 1}]}`))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", namespace, err)
		}
	}
	if len(caller.Context) != 1 {
		t.Errorf("what the caller was asked by has become %v", caller.Context)
	}
}
