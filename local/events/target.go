// Targets: what a rule invokes, and how.

package events

import (
	"context"
	"encoding/json"
	"fmt"
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

	send func(ctx context.Context, e *event, payload json.RawMessage) error
}

// targetProperties are a target's in AWS::Events::Rule.
type targetProperties struct {
	Id, Arn, RoleArn string
	Input, InputPath string
	InputTransformer *inputTransformer
	RetryPolicy      struct {
		MaximumRetryAttempts     *int
		MaximumEventAgeInSeconds *int
	}
	DeadLetterConfig struct{ Arn string }
	SqsParameters    struct{ MessageGroupId string }
}

// newTarget compiles a target; at is the path of its property.
func (s *EventBridge) newTarget(r *rule, p targetProperties, at string) (*target, error) {
	t := &target{arn: p.Arn, retries: maxRetries, age: maxAge, deadLetters: p.DeadLetterConfig.Arn}
	if n := p.RetryPolicy.MaximumRetryAttempts; n != nil {
		if *n < 0 || *n > maxRetries {
			return nil, &cfn.Unsupported{Property: at + ".RetryPolicy.MaximumRetryAttempts", Reason: fmt.Sprintf("must be from 0 to %d, got %d", maxRetries, *n)}
		}
		t.retries = *n
	}
	if n := p.RetryPolicy.MaximumEventAgeInSeconds; n != nil {
		if *n < 60 || *n > int(maxAge.Seconds()) {
			return nil, &cfn.Unsupported{Property: at + ".RetryPolicy.MaximumEventAgeInSeconds", Reason: fmt.Sprintf("must be from 60 to 86400, got %d", *n)}
		}
		t.age = time.Duration(*n) * time.Second
	}
	if t.deadLetters != "" && !strings.HasPrefix(t.deadLetters, "arn:aws:sqs:") {
		return nil, &cfn.Unsupported{Property: at + ".DeadLetterConfig.Arn", Reason: fmt.Sprintf("%q is not the ARN of a queue", t.deadLetters)}
	}
	var err error
	if t.input, err = compileInput(p.Input, p.InputPath, p.InputTransformer); err != nil {
		return nil, &cfn.Unsupported{Property: at, Reason: err.Error()}
	}
	if p.RoleArn == "" {
		p.RoleArn = r.role
	}
	t.send, err = s.sender(r, p, at)
	return t, err
}

// sender returns how the target of an ARN is invoked.
func (s *EventBridge) sender(r *rule, p targetProperties, at string) (func(context.Context, *event, json.RawMessage) error, error) {
	parsed, ok := cloud.ParseARN(p.Arn)
	if !ok {
		return nil, &cfn.Unsupported{Property: at + ".Arn", Reason: fmt.Sprintf("%q is not an ARN", p.Arn)}
	}
	service, resource := parsed.Service, parsed.Resource
	asService := func() (cloud.Caller, error) { return s.cloud.ServiceCaller(principal, r.arn), nil }
	switch {
	case service == "lambda":
		return s.call(asService, "lambda", "Invoke", func(payload json.RawMessage) any {
			return struct {
				FunctionName, InvocationType string
				Payload                      json.RawMessage
			}{p.Arn, "Event", payload}
		}), nil
	case service == "sqs":
		return s.call(asService, "sqs", "SendMessage", func(payload json.RawMessage) any {
			return struct {
				QueueUrl, MessageBody string
				MessageGroupId        string `json:",omitempty"`
			}{cloud.QueueURL(p.Arn), string(payload), p.SqsParameters.MessageGroupId}
		}), nil
	case service == "sns":
		return s.call(asService, "sns", "Publish", func(payload json.RawMessage) any {
			return struct{ TopicArn, Message string }{p.Arn, string(payload)}
		}), nil
	case service == "states" && strings.HasPrefix(resource, "stateMachine:"):
		if p.RoleArn == "" {
			return nil, &cfn.Unsupported{Property: at + ".RoleArn", Reason: "a state machine as target needs a role"}
		}
		asRole := func() (cloud.Caller, error) { return s.assume(r, p.RoleArn) }
		return s.call(asRole, "states", "StartExecution", func(payload json.RawMessage) any {
			return struct {
				StateMachineArn string `json:"stateMachineArn"`
				Input           string `json:"input"`
			}{p.Arn, string(payload)}
		}), nil
	case service == "events" && strings.HasPrefix(resource, "event-bus/"):
		if p.Input != "" || p.InputPath != "" || p.InputTransformer != nil {
			return nil, &cfn.Unsupported{Property: at, Reason: "an event bus as target receives the event itself, not an input"}
		}
		return s.forwarder(r, p), nil
	}
	return nil, &cfn.Unsupported{Property: at + ".Arn", Reason: "the local engine does not deliver events to " + p.Arn}
}

// call invokes an action of another service with what in makes of the payload.
func (s *EventBridge) call(caller func() (cloud.Caller, error), service, action string, in func(json.RawMessage) any) func(context.Context, *event, json.RawMessage) error {
	return func(ctx context.Context, _ *event, payload json.RawMessage) error {
		as, err := caller()
		if err != nil {
			return err
		}
		return s.cloud.Do(ctx, as, service, action, in(payload), nil)
	}
}

// forwarder puts the event itself on another bus.
func (s *EventBridge) forwarder(r *rule, p targetProperties) func(context.Context, *event, json.RawMessage) error {
	return func(_ context.Context, e *event, _ json.RawMessage) error {
		caller := s.cloud.ServiceCaller(principal, r.arn)
		if p.RoleArn != "" {
			var err error
			if caller, err = s.assume(r, p.RoleArn); err != nil {
				return err
			}
		}
		if err := s.cloud.Authorize(caller, "events:PutEvents", p.Arn); err != nil {
			return err
		}
		b, err := s.bus(p.Arn)
		if err != nil {
			return err
		}
		s.route(b, e)
		return nil
	}
}

// assume takes on a target's role.
func (s *EventBridge) assume(r *rule, role string) (cloud.Caller, error) {
	caller, err := s.cloud.Assume(principal, role, r.name)
	if err != nil {
		return cloud.Caller{}, assumeError{err}
	}
	return caller, nil
}
