package cloudformation

// This file refuses tags of stacks that AWS does not take.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Tag.html

import (
	"strings"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

const maxTags = 50

func checkTags(tags []cfn.Tag) error {
	if len(tags) > maxTags {
		return invalid("1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to %d", maxTags)
	}
	seen := map[string]bool{}
	for i, t := range tags {
		switch {
		case t.Key == "" || utf8.RuneCountInString(t.Key) > 128:
			return invalid("1 validation error detected: Value '%s' at 'tags.%d.member.key' failed to satisfy constraint: Member must have length between 1 and 128", t.Key, i+1)
		case t.Value == "" || utf8.RuneCountInString(t.Value) > 256:
			return invalid("1 validation error detected: Value '%s' at 'tags.%d.member.value' failed to satisfy constraint: Member must have length between 1 and 256", t.Value, i+1)
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return invalid("aws: prefixed tag key names are not allowed for external use: %s", t.Key)
		case seen[t.Key]:
			return invalid("Duplicate tag keys found: %s", t.Key)
		}
		seen[t.Key] = true
	}
	return nil
}
