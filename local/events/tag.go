// Tags of rules and of event buses.

package events

import (
	"context"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type tag struct{ Key, Value string }

const maxTags = 50

func checkTags(tags []tag) error {
	if len(tags) > maxTags {
		return notValid("A resource has at most %d tags.", maxTags)
	}
	for _, t := range tags {
		if n := len([]rune(t.Key)); n < 1 || n > 128 || len([]rune(t.Value)) > 256 {
			return notValid("Tag keys have from 1 to 128 characters, and tag values up to 256.")
		}
	}
	return nil
}

// setTags replaces the tags of a resource.
func (s *EventBridge) setTags(arn string, tags []tag) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tags[arn] = tags
}

type taggedInput struct {
	ResourceARN string
	Tags        []tag
	TagKeys     []string
}

// tagged authorizes the caller and makes sure that there is such a rule or bus.
func (s *EventBridge) tagged(caller cloud.Caller, action, text string) error {
	arn, ok := cloud.ParseARN(text)
	kind, name, _ := strings.Cut(arn.Resource, "/")
	switch {
	case ok && kind == "event-bus":
		_, err := s.openBus(caller, action, name)
		return err
	case ok && kind == "rule":
		on := ruleName{Name: name}
		if at := strings.LastIndex(name, "/"); at >= 0 {
			on = ruleName{Name: name[at+1:], EventBusName: name[:at]}
		}
		_, _, err := s.openRule(caller, action, on)
		return err
	}
	return notValid("Parameter %s is not valid. Reason: Provided Arn is not in correct format.", text)
}

func (s *EventBridge) tagResource(_ context.Context, caller cloud.Caller, in taggedInput) (struct{}, error) {
	return struct{}{}, s.retag(caller, "events:TagResource", in.ResourceARN, func(tags []tag) []tag {
		for _, given := range in.Tags {
			if at := slices.IndexFunc(tags, func(t tag) bool { return t.Key == given.Key }); at >= 0 {
				tags[at] = given
			} else {
				tags = append(tags, given)
			}
		}
		return tags
	})
}

func (s *EventBridge) untagResource(_ context.Context, caller cloud.Caller, in taggedInput) (struct{}, error) {
	return struct{}{}, s.retag(caller, "events:UntagResource", in.ResourceARN, func(tags []tag) []tag {
		return slices.DeleteFunc(tags, func(t tag) bool { return slices.Contains(in.TagKeys, t.Key) })
	})
}

func (s *EventBridge) retag(caller cloud.Caller, action, arn string, change func([]tag) []tag) error {
	if err := s.tagged(caller, action, arn); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tags := change(slices.Clone(s.tags[arn]))
	if err := checkTags(tags); err != nil {
		return err
	}
	s.tags[arn] = tags
	return nil
}

type tagsOutput struct{ Tags []tag }

func (s *EventBridge) listTagsForResource(_ context.Context, caller cloud.Caller, in struct{ ResourceARN string }) (tagsOutput, error) {
	if err := s.tagged(caller, "events:ListTagsForResource", in.ResourceARN); err != nil {
		return tagsOutput{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return tagsOutput{append([]tag{}, s.tags[in.ResourceARN]...)}, nil
}
