package iam

// This file is the tags of roles, users and managed policies.

import (
	"context"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxTags is the most that one of them may have.
const maxTags = 50

type tag struct{ Key, Value string }

// newTags returns tags with others set.
func newTags(tags map[string]string, set []tag) (map[string]string, error) {
	changed := map[string]string{}
	maps.Copy(changed, tags)
	for _, t := range set {
		switch {
		case t.Key == "" || utf8.RuneCountInString(t.Key) > 128:
			return nil, invalid("tags.member.key", t.Key, "Member must have length less than or equal to 128")
		case utf8.RuneCountInString(t.Value) > 256:
			return nil, invalid("tags.member.value", t.Value, "Member must have length less than or equal to 256")
		}
		changed[t.Key] = t.Value
	}
	if len(changed) > maxTags {
		return nil, fault(409, "LimitExceeded", "The number of tags has reached the maximum limit.")
	}
	return changed, nil
}

// otherTags are those of a resource whose template had some before, and has others
// now. What others have tagged stays.
func otherTags(tags map[string]string, before, after []tag) (map[string]string, error) {
	rest := maps.Clone(tags)
	for _, t := range before {
		delete(rest, t.Key)
	}
	return newTags(rest, after)
}

func listOfTags(tags map[string]string) []tag {
	list := make([]tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, tag{key, tags[key]})
	}
	return list
}

type tagsInput struct {
	nameOf
	Tags []tag
}

func (s *IAM) tagEntity(k *kind) func(context.Context, cloud.Caller, tagsInput) (none, error) {
	return func(_ context.Context, caller cloud.Caller, in tagsInput) (none, error) {
		return none{}, s.with(caller, "Tag"+k.name, k, in.of(k), func(e *entity) error {
			tags, err := newTags(e.tags, in.Tags)
			if err == nil {
				e.tags = tags
			}
			return err
		})
	}
}

type untagInput struct {
	nameOf
	TagKeys []string
}

func (s *IAM) untagEntity(k *kind) func(context.Context, cloud.Caller, untagInput) (none, error) {
	return func(_ context.Context, caller cloud.Caller, in untagInput) (none, error) {
		return none{}, s.with(caller, "Untag"+k.name, k, in.of(k), func(e *entity) error {
			for _, key := range in.TagKeys {
				delete(e.tags, key)
			}
			return nil
		})
	}
}

type listTagsOutput struct {
	Tags []tag
	page
}

func (s *IAM) listEntityTags(k *kind) func(context.Context, cloud.Caller, listInlineInput) (listTagsOutput, error) {
	return func(_ context.Context, caller cloud.Caller, in listInlineInput) (listTagsOutput, error) {
		var out listTagsOutput
		err := s.with(caller, "List"+k.name+"Tags", k, in.of(k), func(e *entity) (err error) {
			out.Tags, out.page, err = cut(in.paging, listOfTags(e.tags), func(t tag) string { return t.Key })
			return err
		})
		return out, err
	}
}

func (s *IAM) tagPolicy(_ context.Context, caller cloud.Caller, in struct {
	PolicyArn string
	Tags      []tag
}) (none, error) {
	return none{}, s.changePolicy(caller, "TagPolicy", in.PolicyArn, func(p *managedPolicy) error {
		tags, err := newTags(p.tags, in.Tags)
		if err == nil {
			p.tags = tags
		}
		return err
	})
}

func (s *IAM) untagPolicy(_ context.Context, caller cloud.Caller, in struct {
	PolicyArn string
	TagKeys   []string
}) (none, error) {
	return none{}, s.changePolicy(caller, "UntagPolicy", in.PolicyArn, func(p *managedPolicy) error {
		for _, key := range in.TagKeys {
			delete(p.tags, key)
		}
		return nil
	})
}

func (s *IAM) listPolicyTags(_ context.Context, caller cloud.Caller, in struct {
	PolicyArn string
	paging
}) (listTagsOutput, error) {
	var out listTagsOutput
	err := s.withPolicy(caller, "ListPolicyTags", in.PolicyArn, func(p *managedPolicy) (err error) {
		out.Tags, out.page, err = cut(in.paging, listOfTags(p.tags), func(t tag) string { return t.Key })
		return err
	})
	return out, err
}
