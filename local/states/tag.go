// This file holds the tags of state machines and activities.

package states

import (
	"context"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Limits of tags, of which lengths are in characters.
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// tags are those of a resource, in the order in which they were given.
type tags struct {
	mu   sync.Mutex
	list []cloud.Tag
}

func (t *tags) all() []tag {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]tag, len(t.list))
	for i, of := range t.list {
		all[i] = tag(of)
	}
	return all
}

// inCloud are tags as all services have them.
func inCloud(list []tag) []cloud.Tag {
	tags := make([]cloud.Tag, len(list))
	for i, t := range list {
		tags[i] = cloud.Tag(t)
	}
	return tags
}

// replace sets all tags.
func (t *tags) replace(list []tag) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = inCloud(list)
}

// redeclare sets the tags that a template has now in place of those that it had.
func (t *tags) redeclare(before, after []tag) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = cloud.RedeclaredTags(t.list, inCloud(before), inCloud(after))
}

// add sets tags beside those that there are.
func (t *tags) add(more []tag, resource string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := cloud.WithTags(t.list, inCloud(more))
	if err := checkTags(list, resource); err != nil {
		return err
	}
	t.list = list
	return nil
}

func (t *tags) remove(keys []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = cloud.WithoutTags(t.list, keys)
}

func checkTags(list []cloud.Tag, resource string) error {
	if len(list) > maxTags {
		return cloud.Errorf(400, "TooManyTags", "Resource %s has more tags than %d", resource, maxTags)
	}
	for _, t := range list {
		if t.Key == "" {
			return invalidMember("", "tags.1.member.key", "Member must have length greater than or equal to 1")
		}
		if err := checkLength("tags.1.member.key", t.Key, maxTagKey); err != nil {
			return err
		}
		if err := checkLength("tags.1.member.value", t.Value, maxTagValue); err != nil {
			return err
		}
	}
	return nil
}

type taggedRequest struct {
	ResourceARN string   `json:"resourceArn"`
	Tags        []tag    `json:"tags"`
	TagKeys     []string `json:"tagKeys"`
}

// tagged finds the tags of a machine or an activity; versions and aliases have none.
func (s *StepFunctions) tagged(caller cloud.Caller, action, arn string) (*tags, error) {
	if parsed, ok := cloud.ParseARN(arn); !ok || parsed.Service != "states" {
		return nil, cloud.Errorf(400, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: %s'", arn)
	}
	if err := s.cloud.Authorize(caller, "states:"+action, arn); err != nil {
		return nil, err
	}
	if m, err := s.existingMachine(arn); err == nil {
		return &m.tags, nil
	}
	if a := s.activities.find(arn); a != nil {
		return &a.tags, nil
	}
	return nil, cloud.Errorf(400, "ResourceNotFound", "Resource not found: '%s'", arn)
}

func (s *StepFunctions) tagResource(_ context.Context, caller cloud.Caller, r taggedRequest) (any, error) {
	t, err := s.tagged(caller, "TagResource", r.ResourceARN)
	if err != nil {
		return nil, err
	}
	if err := t.add(r.Tags, r.ResourceARN); err != nil {
		return nil, err
	}
	s.ledger.Changed()
	return struct{}{}, nil
}

func (s *StepFunctions) untagResource(_ context.Context, caller cloud.Caller, r taggedRequest) (any, error) {
	t, err := s.tagged(caller, "UntagResource", r.ResourceARN)
	if err != nil {
		return nil, err
	}
	t.remove(r.TagKeys)
	s.ledger.Changed()
	return struct{}{}, nil
}

func (s *StepFunctions) listTagsForResource(_ context.Context, caller cloud.Caller, r taggedRequest) (any, error) {
	t, err := s.tagged(caller, "ListTagsForResource", r.ResourceARN)
	if err != nil {
		return nil, err
	}
	return map[string]any{"tags": t.all()}, nil
}
