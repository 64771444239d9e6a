// Package sns is Amazon SNS for the local engine: standard topics that deliver
// to queues and functions, with filter policies, retries and dead-letter
// queues. Subscriptions that would leave the machine (email, HTTPS, SMS) are
// kept and listed, and nothing is sent to them.
package sns

// This file is the service itself: its topics, and how an API call finds its action.

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// ResourcePolicies keeps the policies of topics where the authorizer finds them.
type ResourcePolicies interface {
	SetResourcePolicy(resourceARN string, policy json.RawMessage) error
}

// Options configure the service.
type Options struct {
	// Policies takes the statements of AWS::SNS::TopicPolicy. Required where
	// templates have such resources.
	Policies ResourcePolicies
}

// SNS is the service. It implements cloud.API.
type SNS struct {
	cloud *cloud.Cloud
	opts  Options

	mu     sync.RWMutex
	topics map[string]*topic // by ARN
}

var _ cloud.API = (*SNS)(nil)

// New returns a service without topics.
func New(c *cloud.Cloud, opts Options) *SNS {
	return &SNS{cloud: c, opts: opts, topics: map[string]*topic{}}
}

// topic has its subscriptions under the service's lock.
type topic struct {
	arn           string
	name          string
	displayName   string
	policy        string
	dimensions    map[string]string
	subscriptions []*subscription // in the order in which they were made
}

type action func(s *SNS, caller cloud.Caller, input json.RawMessage) (any, error)

func actions(name string) (action, bool) {
	switch name {
	case "Publish":
		return (*SNS).publish, true
	case "PublishBatch":
		return (*SNS).publishBatch, true
	case "ListTopics":
		return (*SNS).listTopics, true
	case "ListSubscriptions":
		return (*SNS).listSubscriptions, true
	case "ListSubscriptionsByTopic":
		return (*SNS).listSubscriptionsByTopic, true
	case "GetTopicAttributes":
		return (*SNS).getTopicAttributes, true
	}
	return nil, false
}

// Supports tells whether Call knows the action.
func (s *SNS) Supports(name string) bool {
	_, ok := actions(name)
	return ok
}

// Call performs one action of the SNS API. Input and output have the members
// of its XML shapes.
func (s *SNS) Call(_ context.Context, caller cloud.Caller, name string, input json.RawMessage) (json.RawMessage, error) {
	output, err := s.perform(caller, name, input)
	if err != nil {
		return nil, err
	}
	return json.Marshal(output)
}

func (s *SNS) perform(caller cloud.Caller, name string, input json.RawMessage) (any, error) {
	run, ok := actions(name)
	if !ok {
		return nil, cloud.Errorf(400, "InvalidAction", "The local engine does not serve sns:%s.", name)
	}
	return run(s, caller, input)
}

func decodeInput(input json.RawMessage, in any) error {
	if err := json.Unmarshal(input, in); err != nil {
		return cloud.Errorf(400, "MalformedInput", "the input is not of the action's shape: %v", err)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return cloud.Errorf(400, "InvalidParameter", "Invalid parameter: "+format, args...)
}

// open authorizes the caller and finds a topic.
func (s *SNS) open(caller cloud.Caller, action, arn string) (*topic, error) {
	if arn == "" {
		return nil, invalid("TopicArn or TargetArn Reason: no value for required parameter")
	}
	if err := s.cloud.Authorize(caller, action, arn); err != nil {
		return nil, err
	}
	return s.topic(arn)
}

func (s *SNS) topic(arn string) (*topic, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.topics[arn]
	if !ok {
		return nil, cloud.Errorf(404, "NotFound", "Topic does not exist")
	}
	return t, nil
}

// subscriptionsOf returns a copy that stays as it is.
func (s *SNS) subscriptionsOf(t *topic) []*subscription {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(t.subscriptions)
}

type topicARN struct{ TopicArn string }

func (s *SNS) listTopics(caller cloud.Caller, _ json.RawMessage) (any, error) {
	if err := s.cloud.Authorize(caller, "sns:ListTopics", s.cloud.ARN("sns", "*")); err != nil {
		return nil, err
	}
	output := struct{ Topics []topicARN }{[]topicARN{}}
	for _, t := range s.sorted() {
		output.Topics = append(output.Topics, topicARN{t.arn})
	}
	return output, nil
}

func (s *SNS) sorted() []*topic {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var topics []*topic
	for _, arn := range slices.Sorted(maps.Keys(s.topics)) {
		topics = append(topics, s.topics[arn])
	}
	return topics
}

type subscriptionOutput struct{ SubscriptionArn, Owner, Protocol, Endpoint, TopicArn string }

type subscriptionsOutput struct{ Subscriptions []subscriptionOutput }

func (s *SNS) listed(topics ...*topic) subscriptionsOutput {
	output := subscriptionsOutput{[]subscriptionOutput{}}
	for _, t := range topics {
		for _, sub := range s.subscriptionsOf(t) {
			arn := sub.arn
			if sub.inert() {
				arn = "PendingConfirmation"
			}
			output.Subscriptions = append(output.Subscriptions, subscriptionOutput{arn, s.cloud.Account, sub.protocol, sub.endpoint, t.arn})
		}
	}
	return output
}

func (s *SNS) listSubscriptions(caller cloud.Caller, _ json.RawMessage) (any, error) {
	if err := s.cloud.Authorize(caller, "sns:ListSubscriptions", s.cloud.ARN("sns", "*")); err != nil {
		return nil, err
	}
	return s.listed(s.sorted()...), nil
}

func (s *SNS) listSubscriptionsByTopic(caller cloud.Caller, input json.RawMessage) (any, error) {
	t, err := s.openInput(caller, "sns:ListSubscriptionsByTopic", input)
	if err != nil {
		return nil, err
	}
	return s.listed(t), nil
}

func (s *SNS) openInput(caller cloud.Caller, action string, input json.RawMessage) (*topic, error) {
	var in topicARN
	if err := decodeInput(input, &in); err != nil {
		return nil, err
	}
	return s.open(caller, action, in.TopicArn)
}

func (s *SNS) getTopicAttributes(caller cloud.Caller, input json.RawMessage) (any, error) {
	t, err := s.openInput(caller, "sns:GetTopicAttributes", input)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	attributes := map[string]string{"TopicArn": t.arn, "Owner": s.cloud.Account, "DisplayName": t.displayName}
	if t.policy != "" {
		attributes["Policy"] = t.policy
	}
	return struct{ Attributes map[string]string }{attributes}, nil
}
