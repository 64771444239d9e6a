package cloudwatch_test

// This file updates alarms in whatever state they are.

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
)

// alarmOf declares the alarm "failed", which goes off at a threshold.
func alarmOf(threshold, rest string) string {
	return `{"Type": "AWS::CloudWatch::Alarm", "Properties": {` + failures + `, "AlarmName": "failed", "EvaluationPeriods": 1, "Threshold": ` + threshold + `,
		"ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "ignore", "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:ops"]` + rest + `}}`
}

func (w *world) stack(t *testing.T, resources string) *cfntest.Stack {
	t.Helper()
	s, err := cfntest.Create(t, w.Site, w.metrics.Types(), resources)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// told are the topics that were told since it was asked last.
func (w *world) told() string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	var topics []string
	for _, m := range w.messages {
		topics = append(topics, m["TopicArn"][strings.LastIndex(m["TopicArn"], ":")+1:])
	}
	w.messages = nil
	return strings.Join(topics, " ")
}

func TestAnAlarmThatIsUpdatedKeepsItsStateUntilItIsEvaluated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.Close()
		s := w.stack(t, `"Failed": `+alarmOf("2", ""))
		step := func(what string, failed float64, state, told string) {
			t.Helper()
			if failed > 0 {
				w.failed(failed)
			}
			time.Sleep(90 * time.Second)
			got := w.told()
			if is, reason := w.state(t, "failed"); is != state || got != told {
				t.Errorf("%s: it is %s (%s) and tells %q, want %s and %q", what, is, reason, got, state, told)
			}
		}
		step("two failures", 2, "ALARM", "ops")
		s.Put(t, "Failed", alarmOf("5", `, "AlarmDescription": "Many"`))
		if state, reason := w.state(t, "failed"); state != "ALARM" || !strings.Contains(reason, "the threshold (2.0)") {
			t.Errorf("as it is updated it is %s: %s", state, reason)
		}
		step("evaluated by the new threshold", 0, "OK", "")
		step("below it", 4, "OK", "")
		step("above it", 6, "ALARM", "ops")
		s.Put(t, "Failed", alarmOf("5", `, "OKActions": ["arn:aws:sns:eu-west-1:111122223333:calm"]`))
		step("another action", 1, "OK", "calm")
		s.Put(t, "Failed", alarmOf("5", `, "ActionsEnabled": false`))
		step("no actions", 6, "ALARM", "")
		s.Put(t, "Failed", strings.Replace(alarmOf("5", ""), "GreaterThanOrEqualTo", "LessThan", 1))
		step("another operator", 6, "OK", "")
		var history struct {
			AlarmHistoryItems []struct{ HistoryItemType string }
		}
		if err := w.Do(t.Context(), w.Administrator(), "cloudwatch", "DescribeAlarmHistory", map[string]any{"AlarmName": "failed", "HistoryItemType": "StateUpdate"}, &history); err != nil || len(history.AlarmHistoryItems) != 6 {
			t.Errorf("its history has %d changes of state, %v", len(history.AlarmHistoryItems), err)
		}
		if err := s.Try(t, map[string]string{"Failed": strings.Replace(alarmOf("5", ""), `"EvaluationPeriods": 1`, `"EvaluationPeriods": 0`, 1)}); err == nil {
			t.Error("no periods were accepted")
		}
		step("after what was refused", 1, "ALARM", "ops")
	})
}

// All alarms are listed before the first is judged, so what becomes of another one
// meanwhile counts: as long as the first tells its topic, say.
func TestAnAlarmThatChangesWhileAlarmsAreJudgedIsNotTakenForWhatItWas(t *testing.T) {
	for name, meanwhile := range map[string]func(*testing.T, *cfntest.Stack){
		"updated": func(t *testing.T, s *cfntest.Stack) {
			if err := s.Try(t, map[string]string{"Failed": strings.Replace(alarmOf("100", ""), ":ops", ":others", 1)}); err != nil {
				t.Error(err)
			}
		},
		"deleted": func(t *testing.T, s *cfntest.Stack) { s.Remove(t, "Failed") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				defer w.Close()
				first := strings.NewReplacer(`"failed"`, `"earlier"`, ":ops", ":first").Replace(alarmOf("2", ""))
				s := w.stack(t, `"Earlier": `+first+`, "Failed": `+alarmOf("2", ""))
				var once sync.Once
				w.hear = func() { once.Do(func() { meanwhile(t, s) }) }
				w.failed(3)
				time.Sleep(3 * time.Minute)
				if told := w.told(); told != "first" {
					t.Errorf("these topics are told: %q", told)
				}
				if state, _ := w.state(t, "earlier"); state != "ALARM" {
					t.Errorf("the first alarm is %s", state)
				}
				w.mu.Lock()
				defer w.mu.Unlock()
				for _, e := range w.events {
					if strings.Contains(string(e.Detail), `"alarmName":"failed"`) && strings.Contains(string(e.Detail), `"value":"ALARM"`) {
						t.Errorf("the bus is told %s", e.Detail)
					}
				}
			})
		})
	}
}

func TestACompositeAlarmTakesAnotherRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.Close()
		composite := func(rule string) string {
			return `{"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmName": "both", "AlarmRule": "` + rule + `", "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:both"]}}`
		}
		s := w.stack(t, `"Failed": `+alarmOf("2", `, "ActionsEnabled": false`)+`, "Both": `+composite("ALARM(failed)"))
		for _, step := range []struct{ rule, state, told string }{
			{"ALARM(failed)", "OK", ""}, {"NOT ALARM(failed)", "ALARM", "both"}, {"ALARM(failed) OR TRUE", "ALARM", ""}, {"FALSE", "OK", ""},
		} {
			s.Put(t, "Both", composite(step.rule))
			time.Sleep(time.Minute)
			told := w.told()
			if state, _ := w.state(t, "both"); state != step.state || told != step.told {
				t.Errorf("by %s it is %s and tells %q", step.rule, state, told)
			}
		}
		if err := s.Try(t, map[string]string{"Both": composite("PERHAPS(failed)")}); err == nil {
			t.Error("a rule that is none was accepted")
		}
	})
}

func TestADashboardIsCheckedAgain(t *testing.T) {
	w := newWorld()
	defer w.Close()
	dashboard := func(metric string) string {
		return `{"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": "{\"widgets\": [{\"type\": \"metric\", \"properties\": {\"metrics\": [[\"AWS/States\", \"` + metric + `\", \"StateMachineArn\", \"arn:m\"]]}}]}"}}`
	}
	s := w.stack(t, `"Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": "{\"widgets\": []}"}}`)
	s.Put(t, "Board", dashboard("ExecutionsFailed"))
	if err := s.Try(t, map[string]string{"Board": dashboard("ExecutionsForgotten")}); err == nil {
		t.Error("a metric that nobody publishes was accepted")
	}
}
