// This file is the metrics of state machines.

package states

import (
	"context"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
type metrics struct {
	started, redriven    *cloud.Metric
	ended, endedRedriven map[string]*cloud.Metric // by status
	time, throttled      *cloud.Metric
}

func newMetrics(c *cloud.Cloud) metrics {
	metric := func(name, unit string) *cloud.Metric {
		return c.Metric("AWS/States", name, unit, []string{"StateMachineArn"})
	}
	ends := func(prefix string) map[string]*cloud.Metric {
		return map[string]*cloud.Metric{
			statusSucceeded: metric(prefix+"Succeeded", "Count"),
			statusFailed:    metric(prefix+"Failed", "Count"),
			statusTimedOut:  metric(prefix+"TimedOut", "Count"),
			statusAborted:   metric(prefix+"Aborted", "Count"),
		}
	}
	return metrics{
		started:       metric("ExecutionsStarted", "Count"),
		redriven:      metric("ExecutionsRedriven", "Count"),
		ended:         ends("Executions"),
		endedRedriven: ends("RedrivenExecutions"),
		time:          metric("ExecutionTime", "Milliseconds"),
		throttled:     metric("ExecutionThrottled", "Count"),
	}
}

// throttledTransition is how long a transition waits that was throttled.
const throttledTransition = time.Second

// admit waits until the thread may go on to a state. The engine has no limit of
// transitions, but a Fault may set one: it is asked for the permission
// StateTransition, which is no action of the API, and a ThrottlingException
// makes the thread wait as AWS does when an account's transitions are used up.
func (t *thread) admit(ctx context.Context) bool {
	m := t.execution.machine
	call := cloud.Call{Caller: t.execution.revision.caller, Service: "states", Action: "StateTransition"}
	for {
		err := m.states.cloud.Interrupt(ctx, call)
		if err == nil || cloud.AsError(err).Code != "ThrottlingException" {
			return ctx.Err() == nil
		}
		m.states.metrics.throttled.Observe(m.dimensions, 1)
		if !t.sleep(ctx, throttledTransition) {
			return false
		}
	}
}
