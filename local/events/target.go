// Targets: what a rule invokes, and how.

package events

import (
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type target struct {
	arn         string
	input       input
	retries     int
	age         time.Duration
	deadLetters string // ARN of a queue, or empty

	send send
}

// targetProperties are a target's in AWS::Events::Rule.
type targetProperties struct {
	Id, Arn          string
	RoleArn          string            `json:",omitempty"`
	Input            string            `json:",omitempty"`
	InputPath        string            `json:",omitempty"`
	InputTransformer *inputTransformer `json:",omitempty"`
	RetryPolicy      retryPolicy       `json:",omitzero"`
	DeadLetterConfig deadLetterConfig  `json:",omitzero"`
	SqsParameters    sqsParameters     `json:",omitzero"`
	HttpParameters   targetHTTP        `json:",omitzero"`
}

type (
	retryPolicy struct {
		MaximumRetryAttempts     *int `json:",omitempty"`
		MaximumEventAgeInSeconds *int `json:",omitempty"`
	}
	deadLetterConfig struct{ Arn string }
	sqsParameters    struct{ MessageGroupId string }
)

// newTarget compiles a target; at is the path of its property.
func (s *EventBridge) newTarget(r *rule, p targetProperties, at string) (*target, error) {
	t := &target{arn: p.Arn, retries: maxRetries, age: maxAge, deadLetters: p.DeadLetterConfig.Arn}
	if n := p.RetryPolicy.MaximumRetryAttempts; n != nil {
		if *n < 0 || *n > maxRetries {
			return nil, cfn.Invalidf(at+".RetryPolicy.MaximumRetryAttempts", "must be from 0 to %d, got %d", maxRetries, *n)
		}
		t.retries = *n
	}
	if n := p.RetryPolicy.MaximumEventAgeInSeconds; n != nil {
		if *n < 60 || *n > int(maxAge.Seconds()) {
			return nil, cfn.Invalidf(at+".RetryPolicy.MaximumEventAgeInSeconds", "must be from 60 to 86400, got %d", *n)
		}
		t.age = time.Duration(*n) * time.Second
	}
	if t.deadLetters != "" && !strings.HasPrefix(t.deadLetters, "arn:aws:sqs:") {
		return nil, cfn.Invalidf(at+".DeadLetterConfig.Arn", "%q is not the ARN of a queue", t.deadLetters)
	}
	var err error
	if t.input, err = compileInput(p.Id, p.Input, p.InputPath, p.InputTransformer); err != nil {
		return nil, cfn.Invalidf(at, "%s", err)
	}
	if p.RoleArn == "" {
		p.RoleArn = r.role
	}
	t.send, err = s.sender(r, p, at)
	return t, err
}

// sender returns how the target of an ARN is invoked.
func (s *EventBridge) sender(r *rule, p targetProperties, at string) (send, error) {
	arn, ok := cloud.ParseARN(p.Arn)
	if !ok {
		return nil, cfn.Invalidf(at+".Arn", "%q is not an ARN", p.Arn)
	}
	for _, kind := range targetKinds {
		if arn.Service != kind.service || !strings.HasPrefix(arn.Resource, kind.resource) {
			continue
		}
		if kind.needsRole && p.RoleArn == "" {
			return nil, cfn.Invalidf(at+".RoleArn", "%s as target needs a role", kind.name)
		}
		if kind.takesEvent && (p.Input != "" || p.InputPath != "" || p.InputTransformer != nil) {
			return nil, cfn.Invalidf(at, "%s as target receives the event itself, not an input", kind.name)
		}
		return kind.send(s, r, p), nil
	}
	return nil, &cfn.Unsupported{Property: at + ".Arn", Reason: "the local engine does not deliver events to " + p.Arn}
}

// assume takes on a target's role.
func (s *EventBridge) assume(r *rule, role string) (cloud.Caller, error) {
	caller, err := s.cloud.Assume(s.cloud.ServiceCaller(principal, r.arn), role, r.name)
	if err != nil {
		return cloud.Caller{}, assumeError{err}
	}
	return caller, nil
}
