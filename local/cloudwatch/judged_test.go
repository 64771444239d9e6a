package cloudwatch_test

// This file has alarms whose last evaluation does not hold any more.

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The engine does not judge a period again of which it knows all.
func TestAPeriodIsJudgedAgainWhenSomethingChangedSince(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(t *testing.T, w *world)
		want   string
	}{
		{"nothing", func(*testing.T, *world) {}, "OK"},
		{"late data of the same period", func(t *testing.T, w *world) { w.put(t, time.Minute) }, "ALARM"},
		{"a state that was set", func(t *testing.T, w *world) {
			w.do(t, "SetAlarmState", `{"AlarmName": "late", "StateValue": "ALARM", "StateReason": "a test"}`)
			if state, _ := w.state(t, "late"); state != "ALARM" {
				t.Errorf("it was set to ALARM, and is %s", state)
			}
		}, "OK"},
		{"the state that it was in before, which was set", func(t *testing.T, w *world) {
			w.put(t, time.Minute)
			time.Sleep(10 * time.Second)
			synctest.Wait()
			w.do(t, "SetAlarmState", `{"AlarmName": "late", "StateValue": "OK", "StateReason": "a test"}`)
		}, "ALARM"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				defer w.Close()
				w.do(t, "PutMetricAlarm", `{"AlarmName": "late", "Namespace": "Shop", "MetricName": "Failed", "Statistic": "Sum", "Period": 60,
					"EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching"}`)
				time.Sleep(10*time.Minute + 21*time.Second) // the minute before is judged at 10 and at 20 seconds
				synctest.Wait()
				if state, _ := w.state(t, "late"); state != "OK" {
					t.Fatalf("it is %s at first", state)
				}
				row.change(t, w)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if state, _ := w.state(t, "late"); state != row.want {
					t.Errorf("it is %s, want %s", state, row.want)
				}
			})
		})
	}
}

// put puts a failure that happened so long ago.
func (w *world) put(t *testing.T, ago time.Duration) {
	t.Helper()
	w.do(t, "PutMetricData", fmt.Sprintf(`{"Namespace": "Shop", "MetricData": [{"MetricName": "Failed", "Value": 1, "Timestamp": %d}]}`, time.Now().Add(-ago).Unix()))
}

func TestDataAreForgottenAfterThreeHoursInWhateverOrderTheyCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.Close()
		time.Sleep(12 * time.Hour) // of the first day, which is all that is looked at
		for _, ago := range []time.Duration{time.Hour, 2 * time.Hour, 0} {
			w.put(t, ago)
		}
		sum := func() string {
			return w.do(t, "GetMetricStatistics", fmt.Sprintf(`{"Namespace": "Shop", "MetricName": "Failed", "Period": 86400, "Statistics": ["Sum"], "StartTime": %d, "EndTime": %d}`,
				time.Now().Truncate(24*time.Hour).Unix(), time.Now().Truncate(24*time.Hour).Add(24*time.Hour).Unix()))
		}
		for _, want := range []string{"3", "2", "1", "", ""} {
			if got := sum(); want != "" && !strings.Contains(got, `"Sum":`+want) || want == "" && strings.Contains(got, "Sum") {
				t.Errorf("got %s, want a sum of %q", got, want)
			}
			time.Sleep(time.Hour + 20*time.Second)
			synctest.Wait()
		}
		w.put(t, 0)
		if got := sum(); !strings.Contains(got, `"Sum":1`) {
			t.Errorf("after all was forgotten: %s", got)
		}
	})
}
