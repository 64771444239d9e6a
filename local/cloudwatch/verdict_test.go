package cloudwatch

import (
	"strings"
	"testing"
	"time"
)

func TestASubjectIsNoLongerThanSNSTakes(t *testing.T) {
	if got := subject(stateAlarm, "failed", "EU (Ireland)"); got != `ALARM: "failed" in EU (Ireland)` {
		t.Errorf("got %s", got)
	}
	got := subject(stateInsufficient, strings.Repeat("a", 255), "US East (N. Virginia)")
	if len(got) != maxSubject || !strings.HasPrefix(got, `INSUFFICIENT_DATA: "aaa`) || !strings.HasSuffix(got, `aaa..." in US East (N. Virginia)`) {
		t.Errorf("got %d bytes, %s", len(got), got)
	}
}

func TestAVerdictTellsThePeriodsThatCounted(t *testing.T) {
	w := &watch{period: 10 * time.Second, periods: 2, statistic: "Sum", unit: "Seconds", threshold: 2}
	end := time.Date(2026, 11, 28, 12, 0, 20, 0, time.UTC)
	now := end.Add(settling + time.Second)
	at := func(ago time.Duration, sum, count float64) datapoint {
		return datapoint{start: end.Add(-ago), statistics: statistics{sum: sum, count: count}}
	}
	for _, row := range []struct {
		name   string
		points []datapoint
		want   string
	}{
		{"none with data", nil, `"recentDatapoints":[],"threshold":2.0,"evaluatedDatapoints":[{"timestamp":"2026-11-28T12:00:10.000+0000"},{"timestamp":"2026-11-28T12:00:00.000+0000"}]}`},
		{"one with data", []datapoint{at(20*time.Second, 3, 2)},
			`"recentDatapoints":[3.0],"threshold":2.0,"evaluatedDatapoints":[{"timestamp":"2026-11-28T12:00:10.000+0000"},{"timestamp":"2026-11-28T12:00:00.000+0000","sampleCount":2.0,"value":3.0}]}`},
		{"earlier ones in their place", []datapoint{at(30*time.Second, 4, 1), at(20*time.Second, 3, 2)},
			`"evaluatedDatapoints":[{"timestamp":"2026-11-28T12:00:00.000+0000","sampleCount":2.0,"value":3.0},{"timestamp":"2026-11-28T11:59:50.000+0000","sampleCount":1.0,"value":4.0}]}`},
	} {
		if got := w.reasonData(row.points, now); !strings.HasSuffix(got, row.want) || !strings.Contains(got, `"unit":"Seconds","statistic":"Sum"`) {
			t.Errorf("%s: got %s\nwant %s", row.name, got, row.want)
		}
	}
}
