// The kinds of targets: a new one is one more entry of this table.

package events

import (
	"context"
	"encoding/json"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// send hands an event over, or what the target's input makes of it.
type send func(ctx context.Context, e *event, payload json.RawMessage) error

// A targetKind is what targets have in common whose ARNs look alike.
type targetKind struct {
	name     string // in words
	service  string // of the ARN
	resource string // what the ARN's resource begins with

	// needsRole: the call is made with the target's role rather than as
	// EventBridge, whom the resource's policy must allow.
	needsRole bool

	// takesEvent: it gets the event as it is, and no input.
	takesEvent bool

	send func(s *EventBridge, r *rule, p targetProperties) send
}

var targetKinds = []targetKind{
	{name: "a function", service: "lambda", send: asService("lambda", "Invoke", functionInput)},
	{name: "a queue", service: "sqs", send: asService("sqs", "SendMessage", queueInput)},
	{name: "a topic", service: "sns", send: asEither("sns", "Publish", topicInput)},
	{name: "a state machine", service: "states", resource: "stateMachine:", needsRole: true, send: asRole("states", "StartExecution", machineInput)},
	{name: "an API destination", service: "events", resource: "api-destination/", needsRole: true, send: (*EventBridge).caller},
	{name: "an event bus", service: "events", resource: "event-bus/", takesEvent: true, send: (*EventBridge).forwarder},
}

// An inputShape makes an API action's input of what a target receives.
type inputShape func(p targetProperties, payload json.RawMessage) any

func functionInput(p targetProperties, payload json.RawMessage) any {
	return struct {
		FunctionName, InvocationType string
		Payload                      json.RawMessage
	}{p.Arn, "Event", payload}
}

func queueInput(p targetProperties, payload json.RawMessage) any {
	return struct {
		QueueUrl, MessageBody string
		MessageGroupId        string `json:",omitempty"`
	}{cloud.QueueURL(p.Arn), string(payload), p.SqsParameters.MessageGroupId}
}

func topicInput(p targetProperties, payload json.RawMessage) any {
	return struct{ TopicArn, Message string }{p.Arn, string(payload)}
}

func machineInput(p targetProperties, payload json.RawMessage) any {
	return struct {
		StateMachineArn string `json:"stateMachineArn"`
		Input           string `json:"input"`
	}{p.Arn, string(payload)}
}

// asService calls an action as EventBridge.
func asService(service, action string, shape inputShape) func(*EventBridge, *rule, targetProperties) send {
	return func(s *EventBridge, r *rule, p targetProperties) send {
		return func(ctx context.Context, _ *event, payload json.RawMessage) error {
			return s.cloud.Do(ctx, s.cloud.ServiceCaller(principal, r.arn), service, action, shape(p, payload), nil)
		}
	}
}

// asRole calls an action with the target's role.
func asRole(service, action string, shape inputShape) func(*EventBridge, *rule, targetProperties) send {
	return func(s *EventBridge, r *rule, p targetProperties) send {
		return func(ctx context.Context, _ *event, payload json.RawMessage) error {
			caller, err := s.assume(r, p.RoleArn)
			if err != nil {
				return err
			}
			return s.cloud.Do(ctx, caller, service, action, shape(p, payload), nil)
		}
	}
}

// asEither calls an action with the target's role if it has one, otherwise as
// EventBridge.
func asEither(service, action string, shape inputShape) func(*EventBridge, *rule, targetProperties) send {
	return func(s *EventBridge, r *rule, p targetProperties) send {
		if p.RoleArn != "" {
			return asRole(service, action, shape)(s, r, p)
		}
		return asService(service, action, shape)(s, r, p)
	}
}

// forwarder puts the event itself on another bus.
func (s *EventBridge) forwarder(r *rule, p targetProperties) send {
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
