// This file is the Task state whose resource is an activity.

package states

import (
	"context"
	"time"

	"github.com/tradepost-dev/tradepost/local/states/integration"
)

// activityResource is one that no service is called for.
func activityResource(arn string, express bool) (*resource, error) {
	if express {
		return nil, notInExpress{"activities", "Activity ARN"}
	}
	return &resource{arn: arn, activity: true, integration: &integration.Integration{ResourceType: "activity"}}, nil
}

// worked waits for a worker to take the task, and then for the task's end. Both
// time-outs begin when the task is taken.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
func (j *job) worked(ctx context.Context) (result data, f *failure) {
	s := j.visit.execution.machine.states
	token := s.tokens.issue()
	pending := s.tokens.open(token, j.activity.arn)
	defer s.tokens.close(token)
	offered := j.activity.offer(token, j.input.text)
	defer j.activity.withdraw(offered)
	j.visit.rest(func() {
		select {
		case worker := <-offered.taken:
			j.visit.record("ActivityStarted", &activityStartedDetails{WorkerName: worker})
		case <-ctx.Done():
			f = aborted()
			return
		}
		work, stop := ctx, context.CancelFunc(func() {})
		if j.timeout > 0 {
			work, stop = context.WithTimeout(ctx, j.timeout)
		}
		defer stop()
		if result, f = pending.wait(work, j.heartbeat); ctx.Err() == nil && work.Err() != nil {
			f = &failure{name: errTimeout, timedOut: true}
		}
	})
	return result, f
}

// recordActivity records what becomes of an activity's task.
func (j *job) recordActivity(how string, f *failure) {
	kind := "Activity" + how
	j.visit.record(kind, &activityEndedDetails{Error: f.name, Cause: f.cause, as: memberOf(kind)})
}

// activityScheduled records that the task waits for a worker.
func (j *job) activityScheduled() {
	j.visit.record("ActivityScheduled", &activityScheduledDetails{
		Resource: j.resource.arn, Input: j.input.text,
		TimeoutInSeconds: int(j.timeout / time.Second), HeartbeatInSeconds: int(j.heartbeat / time.Second),
	})
}
