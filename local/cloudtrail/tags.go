package cloudtrail

// This file has trails' tags.

import (
	"context"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type tag struct{ Key, Value string }

const maxTags = 50

// retagged are tags with others set, and those of some keys taken away.
func retagged(tags, set []tag, unset []string) []tag {
	all := slices.DeleteFunc(slices.Clone(tags), func(t tag) bool { return slices.Contains(unset, t.Key) || slices.Contains(keysOf(set), t.Key) })
	return slices.SortedFunc(slices.Values(append(all, set...)), func(a, b tag) int { return strings.Compare(a.Key, b.Key) })
}

func keysOf(tags []tag) []string {
	var keys []string
	for _, t := range tags {
		keys = append(keys, t.Key)
	}
	return keys
}

func checkedTags(tags, set []tag) ([]tag, error) {
	for _, t := range set {
		if t.Key == "" || len(t.Key) > 128 || len(t.Value) > 256 {
			return nil, cloud.Errorf(400, "InvalidTagParameterException", "A tag has a key of 1 to 128 and a value of at most 256 characters.")
		}
	}
	all := retagged(tags, set, nil)
	if len(all) > maxTags {
		return nil, cloud.Errorf(400, "TagsLimitExceededException", "The number of tags per trail has exceeded the permitted amount: %d", maxTags)
	}
	return all, nil
}

type tagsInput struct {
	ResourceId string
	TagsList   []tag
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
		trail.declared.Tags = retagged(trail.declared.Tags, nil, keysOf(in.TagsList))
		return nil
	})
}

type resourceTags struct {
	ResourceId string
	TagsList   []tag
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
			out.ResourceTagList = append(out.ResourceTagList, resourceTags{id, retagged(trail.declared.Tags, nil, nil)})
			return nil
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}
