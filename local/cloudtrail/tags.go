package cloudtrail

// This file has trails' tags.

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// keysOf are the keys of tags.
func keysOf(tags []cloud.Tag) []string {
	var keys []string
	for _, t := range tags {
		keys = append(keys, t.Key)
	}
	return keys
}

// checkedTags are tags with others set, if a trail can have them all.
func checkedTags(tags, set []cloud.Tag) ([]cloud.Tag, error) {
	for _, t := range set {
		if !t.Fits() {
			return nil, cloud.Errorf(400, "InvalidTagParameterException", "A tag has a key of 1 to 128 and a value of at most 256 characters.")
		}
	}
	all := cloud.WithTags(tags, set)
	if len(all) > cloud.MaxTags {
		return nil, cloud.Errorf(400, "TagsLimitExceededException", "The number of tags per trail has exceeded the permitted amount: %d", cloud.MaxTags)
	}
	return all, nil
}

type tagsInput struct {
	ResourceId string
	TagsList   []cloud.Tag
}

func (t *CloudTrail) addTags(_ context.Context, caller cloud.Caller, in tagsInput) (struct{}, error) {
	return struct{}{}, t.with(caller, "AddTags", in.ResourceId, func(trail *trail) error {
		tags, err := checkedTags(trail.declared.Tags, in.TagsList)
		if err == nil {
			trail.declared.Tags = tags
		}
		return err
	})
}

func (t *CloudTrail) removeTags(_ context.Context, caller cloud.Caller, in tagsInput) (struct{}, error) {
	return struct{}{}, t.with(caller, "RemoveTags", in.ResourceId, func(trail *trail) error {
		trail.declared.Tags = cloud.WithoutTags(trail.declared.Tags, keysOf(in.TagsList))
		return nil
	})
}

type resourceTags struct {
	ResourceId string
	TagsList   []cloud.Tag
}

func (t *CloudTrail) listTags(_ context.Context, caller cloud.Caller, in struct {
	ResourceIdList []string
	onlyPage
}) (struct{ ResourceTagList []resourceTags }, error) {
	out := struct{ ResourceTagList []resourceTags }{[]resourceTags{}}
	if err := in.check(); err != nil {
		return out, err
	}
	for _, id := range in.ResourceIdList {
		err := t.with(caller, "ListTags", id, func(trail *trail) error {
			out.ResourceTagList = append(out.ResourceTagList, resourceTags{id, cloud.SortedTags(trail.declared.Tags)})
			return nil
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}
