package scheduler

// This file is the tags of groups: schedules have none.

import (
	"context"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type tagged struct {
	ResourceARN string `json:"ResourceArn"`
	Tags        []cloud.Tag
	TagKeys     []string
}

func checkTags(tags []cloud.Tag) error {
	if len(tags) > cloud.MaxTags {
		return invalid("A resource has at most %d tags.", cloud.MaxTags)
	}
	for _, t := range tags {
		if !t.Fits() {
			return invalid("Tag keys have from 1 to 128 characters, and tag values up to 256.")
		}
	}
	return nil
}

// onTags looks at the tags of a group, or changes them.
func (s *Scheduler) onTags(caller cloud.Caller, action, text string, do func(*[]cloud.Tag) error) error {
	arn, _ := cloud.ParseARN(text)
	name, isGroup := strings.CutPrefix(arn.Resource, "schedule-group/")
	if arn.Service != "scheduler" || !isGroup {
		return invalid("%s is not the ARN of a schedule group.", text)
	}
	if err := s.cloud.Authorize(caller, "scheduler:"+action, text); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[name]
	if g == nil || g.ARN != text {
		return missing("Schedule group", name)
	}
	return do(&g.tags)
}

func (s *Scheduler) listTags(_ context.Context, caller cloud.Caller, in struct {
	ResourceARN string `json:"ResourceArn"`
}) (out struct{ Tags []cloud.Tag }, err error) {
	err = s.onTags(caller, "ListTagsForResource", in.ResourceARN, func(tags *[]cloud.Tag) error {
		out.Tags = append([]cloud.Tag{}, *tags...)
		return nil
	})
	return out, err
}

func (s *Scheduler) tagResource(_ context.Context, caller cloud.Caller, in tagged) (struct{}, error) {
	return struct{}{}, s.onTags(caller, "TagResource", in.ResourceARN, func(tags *[]cloud.Tag) error {
		all := cloud.WithTags(*tags, in.Tags)
		if err := checkTags(all); err != nil {
			return err
		}
		*tags = all
		return nil
	})
}

func (s *Scheduler) untagResource(_ context.Context, caller cloud.Caller, in tagged) (struct{}, error) {
	return struct{}{}, s.onTags(caller, "UntagResource", in.ResourceARN, func(tags *[]cloud.Tag) error {
		*tags = cloud.WithoutTags(*tags, in.TagKeys)
		return nil
	})
}
