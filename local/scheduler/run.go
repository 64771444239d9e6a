package scheduler

// This file lets schedules run: it waits for their times, and has their targets
// called, again and again if need be.

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/events"
)

// run returns what keeps a schedule's times until it is stopped or has come to
// its end.
func (s *Scheduler) run(k key, sched *schedule) func(context.Context) {
	begin := time.Time(sched.LastModificationDate)
	if sched.times.every { // a rate begins at once
		begin = begin.Add(-time.Nanosecond)
	}
	return func(ctx context.Context) {
		for at := sched.times.next(begin); !at.IsZero(); at = sched.times.next(at) {
			if !cloud.Sleep(ctx, time.Until(at)) {
				return
			}
			i := &invocation{scheduler: s, schedule: sched, at: at, id: cloud.UUID()}
			delay := sched.times.flexible()
			s.cloud.Go(func(engine context.Context) {
				if cloud.Sleep(engine, delay) {
					i.deliver(engine)
				}
			})
		}
		if sched.ActionAfterCompletion == afterDelete && cloud.Sleep(ctx, sched.times.window) {
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.schedules, k) // whoever replaces a schedule waits until it has stopped
		}
	}
}

// invocation is one time at which a schedule runs.
type invocation struct {
	scheduler *Scheduler
	schedule  *schedule
	at        time.Time
	id        string
}

// deliver calls the target until it succeeds, will never do, or has been called
// often or long enough.
func (i *invocation) deliver(ctx context.Context) {
	ctx = cloud.Because(ctx, i.scheduler.cloud.Happened(cloud.Cause{Type: "schedule", Resource: i.schedule.ARN, ID: i.id, At: i.at}))
	m, t, group := &i.scheduler.metrics, i.schedule.target, i.schedule.GroupName
	began := time.Now()
	for retries := 0; ; retries++ {
		m.count(m.attempts, group)
		payload := i.payload(retries + 1)
		err := i.call(ctx, payload)
		if err == nil || ctx.Err() != nil {
			return
		}
		f := failure{retries: retries, message: err.Error()}
		var transient bool
		f.code, transient = events.Reason(err)
		m.count(m.errors, group)
		if f.code == "THROTTLING" {
			m.count(m.throttled, group)
		}
		wait := events.Backoff(retries)
		switch {
		case !transient:
			i.drop(ctx, payload, f)
			return
		case retries >= t.retries:
			f.exhausted = "MaximumRetryAttempts"
		case time.Since(began)+wait > t.age:
			f.exhausted = "MaximumEventAgeInSeconds"
		}
		if f.exhausted != "" {
			i.drop(ctx, payload, f)
			return
		}
		if !cloud.Sleep(ctx, wait) {
			return
		}
	}
}

// call calls the target once, as the schedule's role.
func (i *invocation) call(ctx context.Context, payload string) error {
	caller, err := i.scheduler.as(i.schedule.Target.RoleARN, i.schedule.ARN)
	if err != nil {
		return err
	}
	call, err := i.schedule.target.request(payload)
	if err != nil {
		return cloud.Errorf(400, "ValidationException", "%v", err)
	}
	_, err = i.scheduler.cloud.Call(ctx, caller, call.service, call.action, call.input)
	return err
}

// payload is the target's input, with the attributes of this invocation.
func (i *invocation) payload(attempt int) string {
	if i.schedule.Target.Input == "" {
		return i.event()
	}
	return strings.NewReplacer(
		"<aws.scheduler.schedule-arn>", i.schedule.ARN,
		"<aws.scheduler.scheduled-time>", i.at.UTC().Format(time.RFC3339),
		"<aws.scheduler.execution-id>", i.id,
		"<aws.scheduler.attempt-number>", strconv.Itoa(attempt),
	).Replace(i.schedule.Target.Input)
}

// failure is why an invocation did not succeed, in the words that dead letters
// carry.
type failure struct {
	code, message string
	exhausted     string // which limit ended the retries, if one did
	retries       int
}

type attribute struct{ DataType, StringValue string }

// drop gives an invocation up, to the dead-letter queue if there is one. That is
// written to as the schedule's role.
func (i *invocation) drop(ctx context.Context, payload string, f failure) {
	m, group := &i.scheduler.metrics, i.schedule.GroupName
	m.count(m.dropped, group)
	queue := i.schedule.Target.deadLetters()
	if queue == "" {
		return
	}
	attributes := map[string]attribute{"RETRY_ATTEMPTS": {"Number", strconv.Itoa(f.retries)}, "IS_PAYLOAD_TRUNCATED": {"String", "false"}}
	for name, value := range map[string]string{
		"ERROR_CODE": f.code, "ERROR_MESSAGE": f.message, "EXECUTION_ID": i.id, "EXHAUSTED_RETRY_CONDITION": f.exhausted,
		"SCHEDULE_ARN": i.schedule.ARN, "SCHEDULED_TIME": i.at.UTC().Format(time.RFC3339), "TARGET_ARN": i.schedule.Target.ARN,
	} {
		if value != "" {
			attributes[name] = attribute{"String", value}
		}
	}
	letter := struct {
		QueueUrl, MessageBody string
		MessageAttributes     map[string]attribute
	}{cloud.QueueURL(queue), payload, attributes}
	caller, err := i.scheduler.as(i.schedule.Target.RoleARN, i.schedule.ARN)
	if err == nil {
		err = cloud.Insist(ctx, func() error { return i.scheduler.cloud.Do(ctx, caller, "sqs", "SendMessage", letter, nil) })
	}
	if err != nil {
		m.count(m.lost, group)
		return
	}
	m.count(m.deadLetters, group)
}
