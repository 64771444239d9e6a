package cfn

// This file gives resources the tags of their stack.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn/schema"
)

// Tag is a tag of a stack.
type Tag struct{ Key, Value string }

const tagsProperty = "Tags"

// tags are those that a resource gets because it is in the stack.
func (s *Stack) tags(t Type, r Resource) []Tag {
	switch {
	case schema.Tags(r.Type) == schema.NoTags || !t.takes(tagsProperty):
		return nil
	case unsigned(r.Type):
		return s.sortedTags()
	}
	return append(s.sortedTags(), Tag{"aws:cloudformation:stack-name", s.Name}, Tag{"aws:cloudformation:stack-id", s.ID()},
		Tag{"aws:cloudformation:logical-id", r.LogicalID})
}

// sortedTags are the stack's own, whose order means nothing.
func (s *Stack) sortedTags() []Tag {
	return slices.SortedStableFunc(slices.Values(s.Tags), func(a, b Tag) int { return cmp.Compare(a.Key, b.Key) })
}

// unsigned tells whether resources of a type do not get the tags that tell of
// whom they are, which their schemas call cloudFormationSystemTags.
func unsigned(typeName string) bool {
	return strings.HasPrefix(typeName, "AWS::IAM::") ||
		slices.Contains([]string{"AWS::CloudFormation::Stack", "AWS::DynamoDB::Table", "AWS::KMS::Key"}, typeName)
}

// takes tells whether the engine's type has a property, be it one that it ignores.
func (t Type) takes(property string) bool {
	if t.properties == nil || t.properties.Kind() != reflect.Struct {
		return true
	}
	_, ok := t.properties.FieldByName(property)
	return ok
}

// given are the properties that a resource is made of: its own, and its stack's
// tags, unless it has such tags itself.
func (i *instance) given() map[string]any {
	if len(i.tags) == 0 {
		return i.properties
	}
	properties := maps.Clone(i.properties)
	if schema.Tags(i.Type) == schema.MapOfTags {
		all := map[string]any{}
		for _, t := range i.tags {
			all[t.Key] = t.Value
		}
		own, _ := properties[tagsProperty].(map[string]any)
		maps.Copy(all, own)
		properties[tagsProperty] = all
		return properties
	}
	own, _ := properties[tagsProperty].([]any)
	all := slices.Clone(own)
	for _, t := range i.tags {
		if !slices.ContainsFunc(own, func(tag any) bool { return keyOf(tag) == t.Key }) {
			all = append(all, map[string]any{"Key": t.Key, "Value": t.Value})
		}
	}
	properties[tagsProperty] = all
	return properties
}

func keyOf(tag any) string {
	members, _ := tag.(map[string]any)
	key, _ := members["Key"].(string)
	return key
}
