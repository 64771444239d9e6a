package states

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// bells are alarms that go off at some time.
type bells map[string]time.Time

func (b bells) service() fakeService {
	return fakeService{"DescribeAlarms": func(_ context.Context, in map[string]any) (any, error) {
		if in["StateValue"] != "ALARM" || !reflect.DeepEqual(in["AlarmTypes"], []any{"MetricAlarm", "CompositeAlarm"}) {
			return nil, cloud.Errorf(400, "ValidationError", "asked for %v", in)
		}
		ringing := []any{}
		for _, name := range in["AlarmNames"].([]any) {
			if at, ok := b[name.(string)]; ok && !time.Now().Before(at) {
				ringing = append(ringing, map[string]any{"AlarmName": name})
			}
		}
		return map[string]any{"MetricAlarms": []any{}, "CompositeAlarms": ringing}, nil
	}}
}

// moving declares an alias on version 1, and moves it to version 2: weights are
// those that version 2 has, one after the other.
func moving(t *testing.T, alarms bells, preferred string) (weights []int, took time.Duration, err error) {
	t.Helper()
	inWorld(t, map[string]fakeService{"cloudwatch": alarms.service()}, func(t *testing.T, w *world) {
		m := w.create(saying("one"))
		for _, text := range []string{"one", "two"} {
			w.mustCall("UpdateStateMachine", map[string]any{"stateMachineArn": m.arn, "definition": saying(text), "publish": true})
		}
		version := func(n int) string { return fmt.Sprintf("%s:%d", m.arn, n) }
		s := w.stack(t, `"A": `+aliasOf(`"DeploymentPreference": {"Type": "ALL_AT_ONCE", "StateMachineVersionArn": "`+version(1)+`"}`))
		weight := func() int {
			m.published.mu.Lock()
			defer m.published.mu.Unlock()
			sum := 0
			for _, r := range m.published.alias("live").routes {
				sum += r.Weight
				if r.VersionARN == version(2) {
					return r.Weight
				}
			}
			if sum != 100 {
				t.Errorf("the weights' sum is %d", sum)
			}
			return 0
		}
		began, done := time.Now(), make(chan struct{})
		go func() {
			defer close(done)
			err = s.Try(t, map[string]string{"A": aliasOf(`"DeploymentPreference": {"StateMachineVersionArn": "` + version(2) + `", ` + preferred + `}`)})
			took = time.Since(began)
		}()
		for ended := false; !ended; {
			synctest.Wait()
			select {
			case <-done:
				ended = true
			default:
			}
			if now := weight(); len(weights) == 0 || weights[len(weights)-1] != now {
				weights = append(weights, now)
			}
			time.Sleep(time.Second)
		}
	})
	return weights, took, err
}

func TestAnAliasIsMovedAsItsTemplatePrefers(t *testing.T) {
	for _, row := range []struct {
		preferred string
		weights   []int
		took      time.Duration
	}{
		{`"Type": "ALL_AT_ONCE"`, []int{100}, 0},
		{`"Type": "ALL_AT_ONCE", "Alarms": ["none"]`, []int{100}, 0},
		{`"Type": "CANARY", "Percentage": 10, "Interval": 2`, []int{10, 100}, 2 * time.Minute},
		{`"Type": "LINEAR", "Percentage": 40, "Interval": 1, "Alarms": ["none"]`, []int{40, 80, 100}, 2 * time.Minute},
		{`"Type": "LINEAR", "Percentage": 50, "Interval": 1`, []int{50, 100}, time.Minute},
	} {
		weights, took, err := moving(t, bells{}, row.preferred)
		if err != nil || took != row.took || !reflect.DeepEqual(weights, row.weights) {
			t.Errorf("%s: %v after %v, %v, want %v after %v", row.preferred, weights, took, err, row.weights, row.took)
		}
	}
}

func TestAnAlarmMovesAnAliasBack(t *testing.T) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of the virtual clock
	for _, row := range []struct {
		name, preferred string
		at              time.Duration
		weights         []int
		took            time.Duration
	}{
		{"before the first step", `"Type": "ALL_AT_ONCE", "Alarms": ["other", "bell"]`, 0, []int{0}, 0},
		{"between two steps", `"Type": "CANARY", "Percentage": 10, "Interval": 3, "Alarms": ["bell"]`, 95 * time.Second, []int{10, 0}, 100 * time.Second},
		{"at the last moment", `"Type": "LINEAR", "Percentage": 50, "Interval": 1, "Alarms": ["bell"]`, time.Minute, []int{50, 0}, time.Minute},
	} {
		weights, took, err := moving(t, bells{"bell": start.Add(row.at)}, row.preferred)
		if err == nil || !strings.Contains(err.Error(), "in the ALARM state: bell") || took != row.took || !reflect.DeepEqual(weights, row.weights) {
			t.Errorf("%s: %v after %v, %v, want %v after %v", row.name, weights, took, err, row.weights, row.took)
		}
	}
}

func TestAPreferenceThatCannotBeHonouredIsRefused(t *testing.T) {
	for preferred, property := range map[string]string{
		`"Type": "SLOWLY"`: "DeploymentPreference.Type",
		`"Type": "LINEAR", "Percentage": 0, "Interval": 1`:                  "DeploymentPreference.Percentage",
		`"Type": "CANARY", "Percentage": 100, "Interval": 1`:                "DeploymentPreference.Percentage",
		`"Type": "CANARY", "Percentage": 99, "Interval": 0`:                 "DeploymentPreference.Interval",
		`"Type": "CANARY", "Percentage": 99, "Interval": 2101`:              "DeploymentPreference.Interval",
		`"Type": "CANARY", "Percentage": 1, "Interval": 2100, "Alarms": []`: "DeploymentPreference.Alarms",
	} {
		if weights, _, err := moving(t, bells{}, preferred); err == nil || !strings.Contains(err.Error(), property) || weights[len(weights)-1] != 0 {
			t.Errorf("%s: %v, %v", preferred, err, weights)
		}
	}
}

func TestTrafficIsShiftedFromOneVersion(t *testing.T) {
	for _, row := range []struct {
		routes []route
		from   string
		fails  bool
	}{
		{[]route{{"1", 100}}, "1", false},
		{[]route{{"2", 100}}, "", false},
		{[]route{{"2", 30}, {"1", 70}}, "1", false},
		{[]route{{"1", 100}, {"3", 0}}, "1", false},
		{[]route{{"1", 50}, {"3", 50}}, "", true},
	} {
		if from, err := origin(row.routes, "2"); from != row.from || (err != nil) != row.fails {
			t.Errorf("%v: from %q, %v", row.routes, from, err)
		}
	}
}

func TestADeploymentThatIsBrokenOffGoesBack(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(saying("one"))
		for _, text := range []string{"one", "two"} {
			w.mustCall("UpdateStateMachine", map[string]any{"stateMachineArn": m.arn, "definition": saying(text), "publish": true})
		}
		if _, err := m.createAlias(alias{name: "live", routes: []route{{m.arn + ":1", 100}}}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := m.shift(ctx, "live", "d", preference{StateMachineVersionArn: m.arn + ":2", Type: canary, Percentage: 1, Interval: 5})
		if a := m.published.alias("live"); err == nil || !reflect.DeepEqual(a.routes, []route{{m.arn + ":1", 100}}) || a.description != "" {
			t.Errorf("%v, %+v", err, m.published.alias("live"))
		}
	})
}

func TestTrafficThatIsWhereItIsToGoIsNotShifted(t *testing.T) {
	inWorld(t, map[string]fakeService{"cloudwatch": bells{}.service()}, func(t *testing.T, w *world) {
		m := w.create(saying("one"))
		w.mustCall("UpdateStateMachine", map[string]any{"stateMachineArn": m.arn, "definition": saying("two"), "publish": true})
		preference := func(kind string) map[string]string {
			return map[string]string{"A": aliasOf(`"DeploymentPreference": {"StateMachineVersionArn": "` + m.arn + `:1", ` + kind + `}`)}
		}
		s := w.stack(t, `"A": `+preference(`"Type": "ALL_AT_ONCE"`)["A"])
		began := time.Now()
		if err := s.Try(t, preference(`"Type": "CANARY", "Percentage": 10, "Interval": 5`)); err != nil || time.Since(began) > 0 {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
	})
}
