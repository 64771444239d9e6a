package secrets

// This file rotates secrets: a function makes the next value, step by step, when it
// is asked to or when it is time.

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/schedule"
)

const (
	principal       = "secretsmanager.amazonaws.com"
	longestInterval = 1000 // days between rotations
)

// rotationRules say when a secret is rotated. The window that a Duration makes
// begins at that time, and so does the rotation.
type rotationRules struct {
	AutomaticallyAfterDays *int   `json:",omitempty"`
	Duration               string `json:",omitempty"`
	ScheduleExpression     string `json:",omitempty"`
}

// schedule is when the rules want a rotation, or nil for never.
func (r rotationRules) schedule() (schedule.Schedule, error) {
	days := r.AutomaticallyAfterDays
	switch {
	case days != nil && r.ScheduleExpression != "":
		return nil, fault("InvalidParameterException", "You can't specify both AutomaticallyAfterDays and ScheduleExpression in the RotationRules.")
	case days != nil && (*days < 1 || *days > longestInterval):
		return nil, cloud.Errorf(400, "ValidationException", "1 validation error detected: Value '%d' at 'rotationRules.automaticallyAfterDays' failed to satisfy constraint: Member must have value between 1 and %d", *days, longestInterval)
	case days != nil:
		return schedule.Rate(time.Duration(*days) * day), nil
	case r.ScheduleExpression == "":
		return nil, nil
	}
	when, err := schedule.Parse(r.ScheduleExpression, time.UTC)
	if err != nil {
		return nil, fault("InvalidParameterException", "The ScheduleExpression is invalid: %s", err)
	}
	return when, nil
}

// rotation is how a secret is rotated. The service's mutex guards it.
type rotation struct {
	function string
	rules    rotationRules
	enabled  bool
	last     time.Time
	next     time.Time // zero for never
	stop     func()    // ends the waiting for the next one; nil where nobody waits
}

type rotateInput struct {
	SecretId           string
	ClientRequestToken string
	RotationLambdaARN  string
	RotationRules      *rotationRules
	RotateImmediately  *bool
}

// rotateSecret begins a rotation, unless it is to wait until it is time: then the
// function is only tested.
func (s *SecretsManager) rotateSecret(ctx context.Context, caller cloud.Caller, in rotateInput) (changed, error) {
	sec, err := s.find(caller, "RotateSecret", in.SecretId)
	if err != nil {
		return changed{}, err
	}
	if in.ClientRequestToken == "" {
		return changed{}, fault("InvalidParameterException", "You must provide a ClientRequestToken value. We recommend a UUID-type value.")
	}
	if err := (givenValue{ClientRequestToken: in.ClientRequestToken}).check(); err != nil {
		return changed{}, err
	}
	if in.RotationLambdaARN != "" {
		if err := s.mayInvoke(ctx, caller, sec.arn, in.RotationLambdaARN); err != nil {
			return changed{}, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.prepare(sec, in); err != nil {
		return changed{}, err
	}
	run := s.rotate
	if in.RotateImmediately != nil && !*in.RotateImmediately {
		run = s.test
	}
	s.cloud.Go(func(ctx context.Context) { run(ctx, sec, in.ClientRequestToken) })
	return changed{named{sec.arn, sec.name}, in.ClientRequestToken}, nil
}

// mayInvoke asks whether the caller and the service may invoke a function.
func (s *SecretsManager) mayInvoke(ctx context.Context, caller cloud.Caller, secret, function string) error {
	if err := s.cloud.Authorize(caller, "lambda:InvokeFunction", function); err != nil {
		return err
	}
	dry := map[string]any{"FunctionName": function, "InvocationType": "DryRun"}
	if err := s.cloud.Do(ctx, s.cloud.ServiceCaller(principal, secret), "lambda", "Invoke", dry, nil); err != nil {
		return fault("AccessDeniedException", "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal %s.", principal)
	}
	return nil
}

// prepare sets how a secret is rotated, and makes room for the next version. The
// lock is held.
func (s *SecretsManager) prepare(sec *secret, in rotateInput) error {
	if !sec.deletion.IsZero() {
		return errDeleted
	}
	r := sec.rotation
	if in.RotationLambdaARN != "" {
		r.function = in.RotationLambdaARN
	}
	if in.RotationRules != nil {
		r.rules = *in.RotationRules
	}
	when, err := r.rules.schedule()
	switch {
	case err != nil:
		return err
	case r.function == "":
		return fault("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
	}
	if err := sec.expect(in.ClientRequestToken); err != nil {
		return err
	}
	r.enabled = true
	sec.rotation = r
	s.wait(sec, when)
	sec.touch()
	return nil
}

// expect puts AWSPENDING on a version that has no value yet. The lock is held.
func (sec *secret) expect(id string) error {
	if before, ok := sec.stages[pending]; ok && before != sec.stages[current] && before != id {
		return fault("InvalidRequestException", "A previous rotation isn't complete. That rotation will be reattempted.")
	}
	if sec.versions[id] == nil {
		sec.versions[id] = &version{id: id, created: time.Now()}
	}
	sec.stages[pending] = id
	return nil
}

// wait rotates the secret whenever it is time, from now on. The lock is held.
func (s *SecretsManager) wait(sec *secret, when schedule.Schedule) {
	sec.rest()
	if when == nil {
		return
	}
	waits, stop := context.WithCancel(context.Background())
	next := when.Next(time.Now())
	sec.rotation.stop, sec.rotation.next = stop, next
	s.cloud.Go(func(engine context.Context) {
		defer context.AfterFunc(engine, stop)()
		for !next.IsZero() && cloud.Sleep(waits, time.Until(next)) {
			next = s.due(engine, waits, sec, when)
		}
	})
}

// due is a rotation whose time has come: of a secret that is there. It returns the
// time of the next one, zero for never.
func (s *SecretsManager) due(engine, waits context.Context, sec *secret, when schedule.Schedule) (next time.Time) {
	s.mu.Lock()
	if waits.Err() != nil {
		s.mu.Unlock()
		return time.Time{}
	}
	next = when.Next(time.Now())
	sec.rotation.next = next
	id := sec.stages[pending] // of one that has failed
	if id == "" || id == sec.stages[current] {
		id = cloud.UUID()
	}
	due := sec.deletion.IsZero() && sec.expect(id) == nil
	s.mu.Unlock()
	if due {
		s.rotate(engine, sec, id)
	}
	return next
}

// rest lets nobody wait for the next rotation. The lock is held.
func (sec *secret) rest() {
	if sec.rotation.stop != nil {
		sec.rotation.stop()
	}
	sec.rotation.stop, sec.rotation.next = nil, time.Time{}
}

// rotate has the function make the next version, the one that waits for a value, the
// current one. A step that fails ends it, and leaves that version pending.
func (s *SecretsManager) rotate(ctx context.Context, sec *secret, id string) {
	s.mu.RLock()
	function := sec.rotation.function
	s.mu.RUnlock()
	for _, step := range []string{"createSecret", "setSecret", "testSecret", "finishSecret"} {
		if err := s.step(ctx, sec.arn, function, step, id); err != nil {
			return // the function's log has it
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if sec.stages[current] == id {
		sec.rotation.last = time.Now()
		delete(sec.stages, pending)
		sec.touch()
	}
}

// test has the function look at a version that nothing comes of.
func (s *SecretsManager) test(ctx context.Context, sec *secret, id string) {
	s.mu.RLock()
	function := sec.rotation.function
	s.mu.RUnlock()
	_ = s.step(ctx, sec.arn, function, "testSecret", id) // the function's log has it
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := sec.versions[id]; v != nil && v.empty() {
		delete(sec.versions, id)
		delete(sec.stages, pending)
	}
}

type rotationEvent struct{ ClientRequestToken, SecretId, Step string }

func (s *SecretsManager) step(ctx context.Context, arn, function, step, id string) error {
	event, err := json.Marshal(rotationEvent{id, arn, step})
	if err != nil {
		return err
	}
	var out struct{ FunctionError string }
	err = s.cloud.Do(ctx, s.cloud.ServiceCaller(principal, arn), "lambda", "Invoke", map[string]any{"FunctionName": function, "Payload": json.RawMessage(event)}, &out)
	if err == nil && out.FunctionError != "" {
		err = fmt.Errorf("%s of %s: %s", step, arn, out.FunctionError)
	}
	return err
}

// cancelRotateSecret ends automatic rotations. One that has begun goes on.
func (s *SecretsManager) cancelRotateSecret(_ context.Context, caller cloud.Caller, in describeSecretInput) (changed, error) {
	var out changed
	var err error
	out.named, err = s.change(caller, "CancelRotateSecret", in.SecretId, func(sec *secret) error {
		sec.rest()
		sec.rotation.enabled = false
		if id := sec.stages[pending]; id != sec.stages[current] {
			out.VersionId = id
		}
		sec.touch()
		return nil
	})
	return out, err
}
