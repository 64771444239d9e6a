package states

import (
	"strings"
	"testing"
	"testing/synctest"
)

func TestTheExecutionsOfADeletedMachineAreAborted(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(`{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": true}}}`)
		done, running := w.createNamed("other", passing, false), w.start(m, `{}`)
		w.finish(done, `{}`)
		if err := w.states.remove(m); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if o, _ := running.now(); o.status != statusAborted || o.stopped.IsZero() {
			t.Errorf("the execution is %+v", o)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if last := string(w.events[len(w.events)-1].Detail); !strings.Contains(last, `"status":"ABORTED"`) {
			t.Errorf("the last event is %s", last)
		}
		if _, err := w.call("DescribeStateMachine", map[string]any{"stateMachineArn": done.arn}); err != nil {
			t.Errorf("another machine: %v", err)
		}
		_, err := w.call("StartExecution", map[string]any{"stateMachineArn": m.arn})
		if err == nil || !strings.Contains(err.Error(), "StateMachineDoesNotExist") {
			t.Errorf("a deleted machine is started: %v", err)
		}
	})
}
