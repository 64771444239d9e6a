// Tags of rules and of event buses.

package events

import (
	"context"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func checkTags(tags []cloud.Tag) error {
	if len(tags) > cloud.MaxTags {
		return notValid("A resource has at most %d tags.", cloud.MaxTags)
	}
	for _, t := range tags {
		if !t.Fits() {
			return notValid("Tag keys have from 1 to 128 characters, and tag values up to 256.")
		}
	}
	return nil
}

// setTags replaces the tags of a resource.
func (s *EventBridge) setTags(arn string, tags []cloud.Tag) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tags[arn] = tags
}

// redeclareTags gives a resource the tags that its template has now.
func (s *EventBridge) redeclareTags(arn string, before, after []cloud.Tag) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tags[arn] = cloud.RedeclaredTags(s.tags[arn], before, after)
}

type taggedInput struct {
	ResourceARN string
	Tags        []cloud.Tag
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
	return struct{}{}, s.retag(caller, "events:TagResource", in.ResourceARN, func(tags []cloud.Tag) []cloud.Tag { return cloud.WithTags(tags, in.Tags) })
}

func (s *EventBridge) untagResource(_ context.Context, caller cloud.Caller, in taggedInput) (struct{}, error) {
	return struct{}{}, s.retag(caller, "events:UntagResource", in.ResourceARN, func(tags []cloud.Tag) []cloud.Tag { return cloud.WithoutTags(tags, in.TagKeys) })
}

func (s *EventBridge) retag(caller cloud.Caller, action, arn string, change func([]cloud.Tag) []cloud.Tag) error {
	if err := s.tagged(caller, action, arn); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tags := change(s.tags[arn])
	if err := checkTags(tags); err != nil {
		return err
	}
	s.tags[arn] = tags
	return nil
}

type tagsOutput struct{ Tags []cloud.Tag }

func (s *EventBridge) listTagsForResource(_ context.Context, caller cloud.Caller, in struct{ ResourceARN string }) (tagsOutput, error) {
	if err := s.tagged(caller, "events:ListTagsForResource", in.ResourceARN); err != nil {
		return tagsOutput{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return tagsOutput{append([]cloud.Tag{}, s.tags[in.ResourceARN]...)}, nil
}
