package scheduler

// This file is what schedules call: a kind of target by its ARN, or any action of
// any service.

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/states/integration"
)

// targetSpec is what a target is asked to be, and is described as.
type targetSpec struct {
	ARN                   string                               `json:"Arn"`
	RoleARN               string                               `json:"RoleArn"`
	Input                 string                               `json:",omitempty"`
	RetryPolicy           *retryPolicy                         `json:",omitempty"`
	DeadLetterConfig      *deadLetterConfig                    `json:",omitempty"`
	EventBridgeParameters *struct{ DetailType, Source string } `json:",omitempty"`
	KinesisParameters     *struct{ PartitionKey string }       `json:",omitempty"`
	SqsParameters         *sqsParameters                       `json:",omitempty"`

	// They are refused: the engine has no tasks of ECS and no pipelines.
	EcsParameters               json.RawMessage `json:",omitempty"`
	SageMakerPipelineParameters json.RawMessage `json:",omitempty"`
}

type retryPolicy struct {
	MaximumRetryAttempts     *int `json:",omitempty"`
	MaximumEventAgeInSeconds *int `json:",omitempty"`
}

type deadLetterConfig struct {
	ARN string `json:"Arn"`
}

type sqsParameters struct {
	MessageGroupID string `json:"MessageGroupId"`
}

func (t *targetSpec) deadLetters() string {
	if t.DeadLetterConfig == nil {
		return ""
	}
	return t.DeadLetterConfig.ARN
}

// target is a target that has been checked.
type target struct {
	retries int
	age     time.Duration
	request func(payload string) (call, error)
}

// call is a call of an API.
type call struct {
	service, action string
	input           json.RawMessage
}

// The defaults of a retry policy, which are also its maxima.
const (
	maxRetries = 185
	maxAge     = 24 * time.Hour
)

// whole is a policy in which what was not said has its default.
func (r *retryPolicy) whole() retryPolicy {
	retries, age := maxRetries, int(maxAge/time.Second)
	whole := retryPolicy{&retries, &age}
	if r != nil && r.MaximumRetryAttempts != nil {
		whole.MaximumRetryAttempts = r.MaximumRetryAttempts
	}
	if r != nil && r.MaximumEventAgeInSeconds != nil {
		whole.MaximumEventAgeInSeconds = r.MaximumEventAgeInSeconds
	}
	return whole
}

// newTarget checks a target, and fills in its defaults.
func (s *Scheduler) newTarget(p *targetSpec) (*target, error) {
	switch {
	case p == nil:
		return nil, invalid("1 validation error detected: Value null at 'target' failed to satisfy constraint: Member must not be null")
	case p.EcsParameters != nil || p.SageMakerPipelineParameters != nil:
		return nil, invalid("The local engine runs no tasks of ECS and no pipelines of SageMaker.")
	case p.deadLetters() != "" && !strings.HasPrefix(p.deadLetters(), "arn:aws:sqs:"):
		return nil, invalid("DeadLetterConfig.Arn %s is not the ARN of a queue.", p.deadLetters())
	}
	retry := p.RetryPolicy.whole()
	p.RetryPolicy = &retry // which is what the schedule is told to have
	t := &target{retries: *retry.MaximumRetryAttempts, age: time.Duration(*retry.MaximumEventAgeInSeconds) * time.Second}
	switch {
	case t.retries < 0 || t.retries > maxRetries:
		return nil, invalid("MaximumRetryAttempts must be from 0 to %d, got %d.", maxRetries, t.retries)
	case t.age < time.Minute || t.age > maxAge:
		return nil, invalid("MaximumEventAgeInSeconds must be from 60 to 86400, got %d.", *retry.MaximumEventAgeInSeconds)
	}
	arn, ok := cloud.ParseARN(p.ARN)
	if !ok {
		return nil, invalid("Provided Arn is not in correct format: %s.", p.ARN)
	}
	var err error
	if name, universal := strings.CutPrefix(arn.Resource, "aws-sdk:"); arn.Service == "scheduler" && universal {
		t.request, err = s.universal(name)
	} else {
		t.request, err = templated(arn, p)
	}
	return t, err
}

// templated is a target that is named by its own ARN.
func templated(arn cloud.ARN, p *targetSpec) (func(string) (call, error), error) {
	switch {
	case arn.Service == "lambda":
		return calling("lambda", "Invoke", func(payload string) any {
			return struct {
				FunctionName, InvocationType string
				Payload                      json.RawMessage
			}{p.ARN, "Event", json.RawMessage(payload)}
		}), nil
	case arn.Service == "states" && strings.HasPrefix(arn.Resource, "stateMachine:"):
		return calling("states", "StartExecution", func(payload string) any {
			return map[string]string{"stateMachineArn": p.ARN, "input": payload}
		}), nil
	case arn.Service == "sqs":
		group := ""
		if p.SqsParameters != nil {
			group = p.SqsParameters.MessageGroupID
		}
		return calling("sqs", "SendMessage", func(payload string) any {
			return struct {
				QueueUrl, MessageBody string
				MessageGroupId        string `json:",omitempty"`
			}{cloud.QueueURL(p.ARN), payload, group}
		}), nil
	case arn.Service == "sns":
		return calling("sns", "Publish", func(payload string) any {
			return map[string]string{"TopicArn": p.ARN, "Message": payload}
		}), nil
	case arn.Service == "events" && strings.HasPrefix(arn.Resource, "event-bus/"):
		return eventBus(p)
	case arn.Service == "kinesis" && strings.HasPrefix(arn.Resource, "stream/"):
		if p.KinesisParameters == nil {
			return nil, invalid("KinesisParameters are required for a stream as target.")
		}
		return calling("kinesis", "PutRecord", func(payload string) any {
			return map[string]any{"StreamARN": p.ARN, "PartitionKey": p.KinesisParameters.PartitionKey, "Data": []byte(payload)}
		}), nil
	}
	return nil, invalid("The local engine does not schedule calls of %s.", p.ARN)
}

func eventBus(p *targetSpec) (func(string) (call, error), error) {
	if p.EventBridgeParameters == nil || p.Input == "" {
		return nil, invalid("EventBridgeParameters and Input are required for an event bus as target.")
	}
	return calling("events", "PutEvents", func(payload string) any {
		return map[string]any{"Entries": []map[string]string{{
			"EventBusName": p.ARN, "DetailType": p.EventBridgeParameters.DetailType, "Source": p.EventBridgeParameters.Source, "Detail": payload,
		}}}
	}), nil
}

// calling returns how an action is called with what a payload makes its input.
func calling(service, action string, shape func(payload string) any) func(string) (call, error) {
	return func(payload string) (call, error) {
		input, err := json.Marshal(shape(payload))
		return call{service, action, input}, err
	}
}

// reading are the beginnings of actions that only read, which no schedule may call.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
var reading = []string{"get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "lookup", "discover", "validate", "batchGet", "batchDescribe", "batchRead", "transactGet"}

// universal is a target that is any action of a service, SERVICE:ACTION. The
// payload is the action's input, with members as the SDK has them.
func (s *Scheduler) universal(name string) (func(string) (call, error), error) {
	id, action, _ := strings.Cut(name, ":")
	service, known := integration.Service(id)
	for _, prefix := range reading {
		if strings.HasPrefix(action, prefix) {
			return nil, invalid("The action %s only reads, which a schedule cannot do.", name)
		}
	}
	if !known || action == "" {
		return nil, invalid("%s is not known as aws-sdk:SERVICE:ACTION.", name)
	}
	action = strings.ToUpper(action[:1]) + action[1:]
	if !s.cloud.Supports(service, action) {
		return nil, invalid("%s:%s is not supported by the local engine.", service, action)
	}
	return func(payload string) (call, error) {
		input, err := integration.Request(id, action, []byte(payload), s.cloud.Input(service, action))
		return call{service, action, input}, err
	}, nil
}

// event is what a target gets that has no input of its own.
func (i *invocation) event() string {
	text, err := json.Marshal(cloud.Event{
		Version: "0", ID: i.id, DetailType: "Scheduled Event", Source: "aws.scheduler", Account: i.scheduler.cloud.Account,
		Time: i.at.UTC(), Region: i.scheduler.cloud.Region, Resources: []string{i.schedule.ARN}, Detail: json.RawMessage(`"{}"`),
	})
	if err != nil {
		panic(err) // texts and a time
	}
	return string(text)
}

// passable asks whether the caller may give a role to the service, and whether
// that may take it on.
func (s *Scheduler) passable(caller cloud.Caller, role, schedule string) error {
	if err := s.cloud.MayPass(caller, role, principal); err != nil {
		return err
	}
	if _, err := s.as(role, schedule); err != nil {
		return invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")
	}
	return nil
}

// as takes on a role. The SourceArn is that of the schedule's group.
func (s *Scheduler) as(role, schedule string) (cloud.Caller, error) {
	parts := strings.Split(cmp.Or(schedule, "/"+defaultGroup+"/"), "/")
	source := s.cloud.ARN("scheduler", "schedule-group/"+parts[1])
	return s.cloud.Assume(s.cloud.ServiceCaller(principal, source), role, "EventBridgeScheduler")
}
