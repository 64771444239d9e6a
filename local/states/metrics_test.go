package states

import (
	"context"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestThrottledTransitionsWaitAndAreCounted(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		left := 3
		w.cloud.Fault = func(_ context.Context, call cloud.Call) error {
			if call.Service != "states" || call.Action != "StateTransition" || left == 0 {
				return nil
			}
			left--
			return cloud.Errorf(400, "ThrottlingException", "Rate exceeded")
		}
		started := time.Now()
		_, o := w.run(`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Succeed"}}}`, `{}`)
		if waited := time.Since(started); o.status != statusSucceeded || waited != 3*throttledTransition {
			t.Errorf("%s after %v", o.status, waited)
		}
		throttled := 0
		for _, d := range w.metrics {
			if d.Name == "ExecutionThrottled" && d.Namespace == "AWS/States" && d.Dimensions["StateMachineArn"] != "" {
				throttled += int(d.Value)
			}
		}
		if throttled != 3 {
			t.Errorf("%d throttled transitions are counted, want 3: %v", throttled, w.metrics)
		}
	})
}
