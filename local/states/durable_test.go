package states

import "testing"

func TestEveryStepOfAnExecutionsLifeIsAChangeToSave(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`)
		before := m.Revision()
		changed := func(step string) {
			t.Helper()
			if now := m.Revision(); now == before {
				t.Errorf("%s is no change", step)
			}
			before = m.Revision()
		}
		arn := w.mustCall("StartExecution", map[string]any{"stateMachineArn": m.arn})["executionArn"]
		changed("its start")
		w.mustCall("StopExecution", map[string]any{"executionArn": arn})
		changed("its end")
		w.mustCall("RedriveExecution", map[string]any{"executionArn": arn})
		changed("its redrive")
	})
}
