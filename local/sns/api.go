package sns

// This file answers what topics and subscriptions there are.

import (
	"context"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type topicARN struct{ TopicArn string }

// pageSize is how many entries of a list one answer has.
const pageSize = 100

type page struct{ NextToken string }

// pageOf is the part of a list that a token asks for, and the token of the next part.
func pageOf[T any](p page, list []T) (part []T, next string, err error) {
	if part, next, err = cloud.Page(list, p.NextToken, pageSize); err != nil {
		err = invalid("NextToken")
	}
	return part, next, err
}

func (s *SNS) listTopics(_ context.Context, caller cloud.Caller, in page) (any, error) {
	if err := s.cloud.Authorize(caller, "sns:ListTopics", s.cloud.ARN("sns", "*")); err != nil {
		return nil, err
	}
	var output struct {
		Topics    []topicARN
		NextToken string `json:",omitempty"`
	}
	topics, next, err := pageOf(in, s.sorted())
	output.Topics, output.NextToken = []topicARN{}, next
	for _, t := range topics {
		output.Topics = append(output.Topics, topicARN{t.arn})
	}
	return output, err
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

type subscriptionsOutput struct {
	Subscriptions []subscriptionOutput
	NextToken     string `json:",omitempty"`
}

func (s *SNS) listed(in page, topics ...*topic) (output subscriptionsOutput, err error) {
	var all []subscriptionOutput
	for _, t := range topics {
		for _, sub := range s.subscriptionsOf(t) {
			arn := sub.arn
			if s.pending(sub) {
				arn = "PendingConfirmation"
			}
			all = append(all, subscriptionOutput{arn, s.cloud.Account, sub.protocol, sub.endpoint, t.arn})
		}
	}
	output.Subscriptions, output.NextToken, err = pageOf(in, all)
	return output, err
}

func (s *SNS) listSubscriptions(_ context.Context, caller cloud.Caller, in page) (any, error) {
	if err := s.cloud.Authorize(caller, "sns:ListSubscriptions", s.cloud.ARN("sns", "*")); err != nil {
		return nil, err
	}
	return s.listed(in, s.sorted()...)
}

func (s *SNS) listSubscriptionsByTopic(_ context.Context, caller cloud.Caller, in struct {
	page
	topicARN
}) (any, error) {
	t, err := s.open(caller, "sns:ListSubscriptionsByTopic", in.TopicArn)
	if err != nil {
		return nil, err
	}
	return s.listed(in.page, t)
}

func (s *SNS) getTopicAttributes(_ context.Context, caller cloud.Caller, in topicARN) (any, error) {
	t, err := s.open(caller, "sns:GetTopicAttributes", in.TopicArn)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	attributes, err := s.attributes(t)
	return struct{ Attributes map[string]string }{attributes}, err
}
