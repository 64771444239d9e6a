package sns

// This file makes topics by the API, changes them, and deletes them.

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/fifo"
)

type createTopicInput struct {
	Name       string
	Attributes map[string]string
	Tags       []cloud.Tag
}

// createTopicByCall answers with the topic that there is, if it has the attributes
// and the tags that are asked for.
func (s *SNS) createTopicByCall(_ context.Context, caller cloud.Caller, in createTopicInput) (topicARN, error) {
	arn := s.cloud.ARN("sns", in.Name)
	if err := s.cloud.Authorize(caller, "sns:CreateTopic", arn); err != nil {
		return topicARN{}, err
	}
	if len(in.Tags) > 0 {
		if err := s.cloud.Authorize(caller, "sns:TagResource", arn); err != nil {
			return topicARN{}, err
		}
	}
	t, err := s.wanted(in)
	if err != nil {
		return topicARN{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if existing := s.topics[t.arn]; existing != nil {
		return topicARN{t.arn}, s.differs(existing, t, in)
	}
	if t.policy != "" {
		if err := s.publishPolicy(t.arn, t.policy); err != nil {
			return topicARN{}, err
		}
	}
	s.topics[t.arn] = t
	return topicARN{t.arn}, nil
}

// wanted is the topic that a call asks for.
func (s *SNS) wanted(in createTopicInput) (*topic, error) {
	isFIFO := false
	if value, ok := in.Attributes["FifoTopic"]; ok {
		var err error
		if isFIFO, err = strconv.ParseBool(value); err != nil {
			return nil, invalid("Attributes Reason: FifoTopic: Invalid value [%s]. Must be true or false.", value)
		}
	}
	if stem, suffixed := strings.CutSuffix(in.Name, fifo.Suffix); suffixed != isFIFO || len(in.Name) > 256 || !topicName.MatchString(stem) {
		return nil, invalid("Topic Name")
	}
	attributes := maps.Clone(in.Attributes)
	policy := attributes["Policy"]
	delete(attributes, "FifoTopic")
	delete(attributes, "Policy")
	settings, err := newSettings(isFIFO, attributes)
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	t := s.newTopic(in.Name, isFIFO, settings)
	t.policy, t.tags = policy, in.Tags
	return t, nil
}

// differs refuses attributes and tags that a topic has not. The lock is held.
func (s *SNS) differs(existing, wanted *topic, in createTopicInput) error {
	has, err := s.attributes(existing)
	if err != nil {
		return err
	}
	wants, err := s.attributes(wanted)
	if err != nil {
		return err
	}
	for name := range in.Attributes {
		if has[name] != wants[name] {
			return invalid("Attributes Reason: Topic already exists with different attributes")
		}
	}
	for _, t := range in.Tags {
		if !slices.Contains(existing.tags, t) {
			return invalid("Tags Reason: Topic already exists with different tags")
		}
	}
	return nil
}

// deleteTopic deletes a topic with its subscriptions; one that is not there has been.
func (s *SNS) deleteTopic(_ context.Context, caller cloud.Caller, in topicARN) (any, error) {
	if err := s.checkTopicARN("TopicArn", in.TopicArn); err != nil {
		return nil, err
	}
	if err := s.cloud.Authorize(caller, "sns:DeleteTopic", in.TopicArn); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.topics[in.TopicArn]; t != nil {
		return struct{}{}, s.drop(t)
	}
	return struct{}{}, nil
}

// drop deletes a topic with its policy, unless another one has taken its place. The
// lock is held.
func (s *SNS) drop(t *topic) error {
	if s.topics[t.arn] != t {
		return nil
	}
	delete(s.topics, t.arn)
	return s.publishPolicy(t.arn, "")
}

type setTopicInput struct {
	TopicArn       string
	AttributeName  string
	AttributeValue string
}

func (s *SNS) setTopicAttributes(_ context.Context, caller cloud.Caller, in setTopicInput) (any, error) {
	t, err := s.open(caller, "sns:SetTopicAttributes", in.TopicArn)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.AttributeName == "Policy" {
		return struct{}{}, s.writePolicy(t, in.AttributeValue)
	}
	changed := *t.settings.Load()
	if err := changed.set(t.fifo != nil, in.AttributeName, in.AttributeValue); err != nil {
		return nil, err
	}
	t.settings.Store(&changed)
	return struct{}{}, nil
}

// writePolicy gives a topic a policy. The lock is held.
func (s *SNS) writePolicy(t *topic, policy string) error {
	if err := s.publishPolicy(t.arn, policy); err != nil {
		return err
	}
	t.policy = policy
	return nil
}

// publishPolicy tells the authorizer of a topic's policy; of none if it is empty.
func (s *SNS) publishPolicy(arn, policy string) error {
	var document json.RawMessage
	if policy != "" {
		document = json.RawMessage(policy)
	}
	if err := s.cloud.SetResourcePolicy(arn, "", document); err != nil {
		return invalid("Policy Error: %v", err)
	}
	return nil
}
