package sns

// This file is the tags of topics.

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func checkTags(tags []cloud.Tag) error {
	keys := map[string]bool{}
	for _, t := range tags {
		if keys[t.Key] {
			return invalid("Duplicated keys are not allowed.")
		}
		if !t.Fits() {
			return invalid("Tags Reason: keys have from 1 to 128 characters, and values up to 256.")
		}
		keys[t.Key] = true
	}
	if len(tags) > cloud.MaxTags {
		return cloud.Errorf(400, "TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
	}
	return nil
}

type taggedInput struct {
	ResourceArn string
	Tags        []cloud.Tag
	TagKeys     []string
}

func (s *SNS) tagResource(_ context.Context, caller cloud.Caller, in taggedInput) (any, error) {
	return struct{}{}, s.retag(caller, "sns:TagResource", in.ResourceArn, func(tags []cloud.Tag) ([]cloud.Tag, error) {
		if err := checkTags(in.Tags); err != nil {
			return nil, err
		}
		tags = cloud.WithTags(tags, in.Tags)
		return tags, checkTags(tags)
	})
}

func (s *SNS) untagResource(_ context.Context, caller cloud.Caller, in taggedInput) (any, error) {
	return struct{}{}, s.retag(caller, "sns:UntagResource", in.ResourceArn, func(tags []cloud.Tag) ([]cloud.Tag, error) {
		return cloud.WithoutTags(tags, in.TagKeys), nil
	})
}

// retag changes the tags of a topic, unless the change fails.
func (s *SNS) retag(caller cloud.Caller, action, arn string, change func([]cloud.Tag) ([]cloud.Tag, error)) error {
	t, err := s.tagged(caller, action, arn)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := change(t.tags)
	if err == nil {
		t.tags = tags
	}
	return err
}

func (s *SNS) tagged(caller cloud.Caller, action, arn string) (*topic, error) {
	t, err := s.open(caller, action, arn)
	if err != nil && cloud.AsError(err).Code == "NotFound" {
		return nil, cloud.Errorf(404, "ResourceNotFound", "Resource does not exist")
	}
	return t, err
}

func (s *SNS) listTagsForResource(_ context.Context, caller cloud.Caller, in struct{ ResourceArn string }) (any, error) {
	t, err := s.tagged(caller, "sns:ListTagsForResource", in.ResourceArn)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return struct{ Tags []cloud.Tag }{append([]cloud.Tag{}, t.tags...)}, nil
}
