package sns

// This file changes a topic's policy by one statement at a time.

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/policy"
)

// permitted are the actions that a topic's policy may be about.
var permitted = []string{
	"AddPermission", "DeleteTopic", "GetDataProtectionPolicy", "GetTopicAttributes", "ListSubscriptionsByTopic", "ListTagsForResource",
	"Publish", "PutDataProtectionPolicy", "Receive", "RemovePermission", "SetTopicAttributes", "Subscribe",
}

type permissionInput struct {
	TopicArn     string
	Label        string
	AWSAccountId []string
	ActionName   []string
}

func (s *SNS) addPermission(_ context.Context, caller cloud.Caller, in permissionInput) (any, error) {
	return s.changePolicy(caller, "sns:AddPermission", in.TopicArn, func(t *topic, d *policy.Document) error {
		if d.Place(in.Label) >= 0 {
			return invalid("Statement already exists")
		}
		statement := policy.Statement{Sid: in.Label, Effect: "Allow", Principal: policy.Accounts(in.AWSAccountId), Resource: t.arn}
		for _, action := range in.ActionName {
			if !slices.Contains(permitted, action) {
				return invalid("Policy statement action out of service scope!")
			}
			statement.Action = append(statement.Action, "SNS:"+action)
		}
		return d.Add(statement)
	})
}

func (s *SNS) removePermission(_ context.Context, caller cloud.Caller, in struct{ TopicArn, Label string }) (any, error) {
	return s.changePolicy(caller, "sns:RemovePermission", in.TopicArn, func(_ *topic, d *policy.Document) error {
		d.Remove(in.Label)
		return nil
	})
}

func (s *SNS) changePolicy(caller cloud.Caller, action, arn string, change func(*topic, *policy.Document) error) (any, error) {
	t, err := s.open(caller, action, arn)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	text := t.policy
	if text == "" {
		text = t.defaultPolicy(s.cloud.Account)
	}
	var document policy.Document
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return nil, err
	}
	if err := change(t, &document); err != nil {
		return nil, err
	}
	changed, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	return struct{}{}, s.writePolicy(t, string(changed))
}
