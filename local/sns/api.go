package sns

// This file answers what topics and subscriptions there are.

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type topicARN struct{ TopicArn string }

func (s *SNS) listTopics(_ context.Context, caller cloud.Caller, _ struct{}) (any, error) {
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
			if s.inert(sub) {
				arn = "PendingConfirmation"
			}
			output.Subscriptions = append(output.Subscriptions, subscriptionOutput{arn, s.cloud.Account, sub.protocol, sub.endpoint, t.arn})
		}
	}
	return output
}

func (s *SNS) listSubscriptions(_ context.Context, caller cloud.Caller, _ struct{}) (any, error) {
	if err := s.cloud.Authorize(caller, "sns:ListSubscriptions", s.cloud.ARN("sns", "*")); err != nil {
		return nil, err
	}
	return s.listed(s.sorted()...), nil
}

func (s *SNS) listSubscriptionsByTopic(_ context.Context, caller cloud.Caller, in topicARN) (any, error) {
	t, err := s.open(caller, "sns:ListSubscriptionsByTopic", in.TopicArn)
	if err != nil {
		return nil, err
	}
	return s.listed(t), nil
}

func (s *SNS) getTopicAttributes(_ context.Context, caller cloud.Caller, in topicARN) (any, error) {
	t, err := s.open(caller, "sns:GetTopicAttributes", in.TopicArn)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	settings := t.settings.Load()
	attributes := map[string]string{"TopicArn": t.arn, "Owner": s.cloud.Account, "DisplayName": settings.displayName}
	if t.fifo != nil {
		attributes["FifoTopic"] = "true"
		attributes["ContentBasedDeduplication"] = strconv.FormatBool(settings.contentBased)
		attributes["FifoThroughputScope"] = settings.scope
	}
	if t.policy != "" {
		attributes["Policy"] = t.policy
	}
	return struct{ Attributes map[string]string }{attributes}, nil
}
