package states

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestNewExecutionsAreLetInAsOthersEnd(t *testing.T) {
	takes := func(d time.Duration) map[string]fakeService {
		return lambdaOnly(functions{"work": func(context.Context, any) (any, error) {
			time.Sleep(d)
			return nil, nil
		}})
	}
	const working = `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:work","End":true}}}`
	for _, row := range []struct {
		name, definition string
		takes            time.Duration
		want             time.Duration // until the third one has started
	}{
		{"while two are at work", working, 300 * time.Millisecond, 300 * time.Millisecond},
		{"after a second at the latest", working, time.Hour, crowdPatience},
		{"beside those that wait", waiting, 0, 0},
		{"beside those whose branches wait", `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[` + waiting + `,` + strings.ReplaceAll(waiting, `"W"`, `"V"`) + `]}}}`, 0, 0},
		{"beside those that wait to try again", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
			"Parameters":{"FunctionName":"missing"},"Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":60}],"End":true}}}`, 0, 0},
		{"beside those that wait for a token", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken",
			"Parameters":{"FunctionName":"work"},"End":true}}}`, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, takes(row.takes), func(t *testing.T, w *world) {
				w.states.crowd.limit = 2
				m := w.create(row.definition)
				began := time.Now()
				var started []*execution
				for range 3 {
					started = append(started, w.start(m, `{}`))
					synctest.Wait()
				}
				if took := time.Since(began); took != row.want {
					t.Errorf("the third one started after %v, want %v", took, row.want)
				}
				for _, e := range started {
					e.end(outcome{status: statusAborted}, 0)
				}
			})
		})
	}
}

func TestACallerThatHangsUpStartsNothing(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(passing)
		w.states.crowd.limit = 0
		ctx, cancel := context.WithTimeout(t.Context(), crowdPatience/2)
		defer cancel()
		if _, err := m.now().start(ctx, startRequestBody{Name: "n"}); err != context.DeadlineExceeded {
			t.Errorf("error %v", err)
		}
		if _, ok := m.executions.find("n"); ok {
			t.Error("it has started")
		}
	})
}
