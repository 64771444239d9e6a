package sns

// This file is the tags of topics.

import (
	"context"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type tag struct{ Key, Value string }

const maxTags = 50

func checkTags(tags []tag) error {
	keys := map[string]bool{}
	for _, t := range tags {
		if keys[t.Key] {
			return invalid("Duplicated keys are not allowed.")
		}
		if n := len([]rune(t.Key)); n < 1 || n > 128 || len([]rune(t.Value)) > 256 {
			return invalid("Tags Reason: keys have from 1 to 128 characters, and values up to 256.")
		}
		keys[t.Key] = true
	}
	if len(tags) > maxTags {
		return cloud.Errorf(400, "TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
	}
	return nil
}

type taggedInput struct {
	ResourceArn string
	Tags        []tag
	TagKeys     []string
}

func (s *SNS) tagResource(_ context.Context, caller cloud.Caller, in taggedInput) (any, error) {
	return struct{}{}, s.retag(caller, "sns:TagResource", in.ResourceArn, func(tags []tag) ([]tag, error) {
		if err := checkTags(in.Tags); err != nil {
			return nil, err
		}
		for _, given := range in.Tags {
			if at := slices.IndexFunc(tags, func(t tag) bool { return t.Key == given.Key }); at >= 0 {
				tags[at] = given
			} else {
				tags = append(tags, given)
			}
		}
		return tags, checkTags(tags)
	})
}

func (s *SNS) untagResource(_ context.Context, caller cloud.Caller, in taggedInput) (any, error) {
	return struct{}{}, s.retag(caller, "sns:UntagResource", in.ResourceArn, func(tags []tag) ([]tag, error) {
		return slices.DeleteFunc(tags, func(t tag) bool { return slices.Contains(in.TagKeys, t.Key) }), nil
	})
}

// retag changes the tags of a topic, unless the change fails.
func (s *SNS) retag(caller cloud.Caller, action, arn string, change func([]tag) ([]tag, error)) error {
	t, err := s.tagged(caller, action, arn)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := change(slices.Clone(t.tags))
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
	return struct{ Tags []tag }{append([]tag{}, t.tags...)}, nil
}
