// This file is the Task state: one piece of work done by a service.

package states

import (
	"context"
	"time"

	"github.com/tradepost-dev/tradepost/local/states/integration"
)

type task struct {
	base
	flow
	guard
	resource           *resource
	timeout, heartbeat *setting
	credentials        *expression // nil: the machine's own
}

func (p *parser) task(f fields, b base, _ []string) state {
	b.retryable = true
	s := &task{base: b, guard: f.guard(b.language)}
	p.tasks[b.name] = s
	s.flow = f.flow(b.language, passage{arguments: true, result: true, selector: true})
	s.timeout = f.setting("TimeoutSeconds", b.language, wholeNumber(1, maxSeconds))
	s.heartbeat = f.setting("HeartbeatSeconds", b.language, wholeNumber(1, maxSeconds))
	if t, h := s.timeout.literalSeconds(), s.heartbeat.literalSeconds(); t > 0 && h >= t {
		f.complain("HeartbeatSeconds", "must be less than TimeoutSeconds")
	}
	if name := f.required("Resource"); name != "" {
		var err error
		if s.resource, err = p.resolver.resolve(name, p.express); err != nil {
			f.complain("Resource", "%v", err).aws.message = awsOn(err)
		}
	}
	s.credentials = f.credentials(b.language)
	if s.credentials != nil && s.resource != nil && s.resource.activity {
		f.complain("Credentials", "has no effect on an activity, which calls no service")
	}
	return s
}

func (s *task) run(ctx context.Context, v *visit) (exit, *failure) {
	return s.protect(ctx, v,
		func() (exit, *failure) { return s.attempt(ctx, v) },
		func(*failure) {})
}

// attempt does the work once.
func (s *task) attempt(ctx context.Context, v *visit) (exit, *failure) {
	if s.resource.pattern != requestResponse {
		v.token, v.context = v.execution.machine.states.tokens.issue(), nil
	}
	arguments, f := s.effectiveInput(ctx, v)
	if f != nil {
		return exit{}, f
	}
	j, f := s.job(ctx, v, arguments)
	if f != nil {
		return exit{}, f
	}
	result, f := j.do(ctx)
	if f != nil {
		return exit{}, f
	}
	v.succeed(result)
	v.inspect(rawResult, result.value)
	return s.flow.leave(ctx, v, result.value)
}

// job evaluates the limits of an attempt.
func (s *task) job(ctx context.Context, v *visit, arguments any) (*job, *failure) {
	j := &job{visit: v, resource: s.resource}
	var f *failure
	if j.input, f = v.document(arguments); f != nil {
		return nil, f
	}
	timeout, f := s.timeout.whole(ctx, v, v.input.value, 0, 1, maxSeconds)
	if f != nil {
		return nil, f
	}
	heartbeat, f := s.heartbeat.whole(ctx, v, v.input.value, 0, 1, maxSeconds)
	if f != nil {
		return nil, f
	}
	j.timeout, j.heartbeat = seconds(timeout), seconds(heartbeat)
	if j.credentials, f = s.assumed(ctx, v); f != nil {
		return nil, f
	}
	if s.resource.activity && v.mock() == nil && v.unmocked() == nil {
		if j.activity = v.execution.machine.states.activities.find(s.resource.arn); j.activity == nil {
			return nil, v.failed(errRuntime, "The activity %s does not exist.", s.resource.arn)
		}
	}
	return j, nil
}

// A job is one attempt of a task.
type job struct {
	visit              *visit
	resource           *resource
	input              data
	timeout, heartbeat time.Duration // 0: none
	activity           *activity     // of which it is a task, if it is one's
	credentials        *taskCredentials

	// unsubmitted is set when the call that was to begin the work failed.
	unsubmitted bool
}

// do performs the work and records it.
func (j *job) do(ctx context.Context) (data, *failure) {
	work, stop := ctx, context.CancelFunc(func() {})
	if j.timeout > 0 && j.activity == nil {
		work, stop = context.WithTimeout(ctx, j.timeout)
	}
	defer stop()

	j.scheduled()
	result, f := j.perform(work)
	switch {
	case ctx.Err() != nil:
		return data{}, aborted()
	case work.Err() != nil:
		return data{}, j.ended("TimedOut", &failure{name: errTimeout, timedOut: true})
	case f != nil && f.timedOut:
		return data{}, j.ended("TimedOut", f)
	case f != nil && j.unsubmitted:
		return data{}, j.ended("SubmitFailed", f)
	case f != nil:
		return data{}, j.ended("Failed", f)
	}
	output, err := result.written()
	if err != nil {
		f = j.visit.failed(errRuntime, "%v", err)
	} else if output.tooLarge() {
		f = j.visit.oversized(j.resource.label())
	}
	if f != nil {
		return data{}, j.ended("Failed", f)
	}
	j.succeeded("Succeeded", output)
	return output, nil
}

// perform calls the service, and waits for the work's end if the call only
// began it.
func (j *job) perform(ctx context.Context) (data, *failure) {
	if mock := j.visit.mock(); mock != nil {
		return j.visit.mocked(mock)
	}
	if f := j.visit.unmocked(); f != nil {
		return data{}, f
	}
	if j.activity != nil {
		return j.worked(ctx)
	}
	if j.resource.pattern == requestResponse {
		return j.call(ctx)
	}
	tokens := j.visit.execution.machine.states.tokens
	pending := tokens.open(j.visit.token, j.visit.execution.machine.arn)
	defer tokens.close(j.visit.token)
	answer, f := j.call(ctx)
	if f != nil {
		j.unsubmitted = true
		return data{}, f
	}
	submitted, err := answer.written()
	if err != nil {
		return data{}, j.visit.failed(errRuntime, "%v", err)
	}
	j.succeeded("Submitted", submitted)
	var result data
	j.visit.rest(func() {
		if j.resource.pattern == waitForTaskToken {
			result, f = pending.wait(ctx, j.heartbeat)
		} else {
			result, f = j.await(ctx, pending, answer.value)
		}
	})
	return result, f
}

// call calls the service.
func (j *job) call(ctx context.Context) (data, *failure) {
	caller, f := j.caller(ctx)
	if f != nil {
		return data{}, f
	}
	result, err := j.resource.integration.Call(ctx, host{j.visit, caller}, integration.Document{Value: j.input.value, Text: j.input.text})
	return data{result.Value, result.Text}, j.visit.calledInVain(err)
}

// await waits for a started job or for the task's token, whichever comes first.
func (j *job) await(ctx context.Context, pending *pendingTask, answer any) (data, *failure) {
	type end struct {
		result  data
		failure *failure
	}
	ended := make(chan end, 1)
	task := host{j.visit, j.visit.execution.revision.caller}
	started := integration.Started{Version: j.resource.version, Parameters: j.input.value, Answer: answer}
	jobContext, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		result, err := j.resource.integration.Await(jobContext, task, started)
		ended <- end{data{value: result}, j.visit.calledInVain(err)}
	}()
	select {
	case e := <-ended:
		return e.result, e.failure
	case c := <-pending.outcome:
		return c.output, c.failure
	case <-ctx.Done():
		j.resource.integration.Stop(task, started)
		return data{}, aborted()
	}
}

// scheduled records that the work was handed over and taken up.
func (j *job) scheduled() {
	v, i := j.visit, j.resource.integration
	timeout, heartbeat := int(j.timeout/time.Second), int(j.heartbeat/time.Second)
	if j.resource.activity {
		j.activityScheduled()
		return
	}
	if i.Direct {
		v.record("LambdaFunctionScheduled", &lambdaScheduledDetails{Resource: j.resource.arn, Input: j.input.text, TimeoutInSeconds: timeout, TaskCredentials: j.credentials})
		v.record("LambdaFunctionStarted", nil)
		return
	}
	v.record("TaskScheduled", &taskScheduledDetails{
		ResourceType: i.ResourceType, Resource: j.resource.name, Region: v.execution.machine.states.cloud.Region,
		Parameters: j.input.text, TimeoutInSeconds: timeout, HeartbeatInSeconds: heartbeat,
		TaskCredentials: j.credentials,
	})
	v.record("TaskStarted", &taskDetails{ResourceType: i.ResourceType, Resource: j.resource.name, as: memberOf("TaskStarted")})
}

// succeeded records an answer: that of the work, or that of its submission.
func (j *job) succeeded(how string, output data) {
	i := j.resource.integration
	if j.resource.activity {
		j.visit.record("Activity"+how, &activitySucceededDetails{Output: output.text})
		return
	}
	if i.Direct {
		j.visit.record("LambdaFunction"+how, &lambdaSucceededDetails{Output: output.text})
		return
	}
	kind := "Task" + how
	text := output.text // a pointer into output would keep its value as long as the history
	j.visit.record(kind, &taskDetails{ResourceType: i.ResourceType, Resource: j.resource.name, Output: &text, as: memberOf(kind)})
}

// ended records that there is no answer, and why.
func (j *job) ended(how string, f *failure) *failure {
	i := j.resource.integration
	if j.resource.activity {
		j.recordActivity(how, f)
		return f
	}
	if i.Direct {
		kind := "LambdaFunction" + how
		j.visit.record(kind, &lambdaEndedDetails{Error: f.name, Cause: f.cause, as: memberOf(kind)})
		return f
	}
	kind := "Task" + how
	j.visit.record(kind, &taskDetails{ResourceType: i.ResourceType, Resource: j.resource.name, Error: f.name, Cause: f.cause, as: memberOf(kind)})
	return f
}
