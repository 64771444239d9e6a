package dynamodb

// Tags of tables.

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	maxTags     = 50  // of a table
	maxTagKey   = 128 // characters
	maxTagValue = 256 // characters
)

type tag struct{ Key, Value string }

// givenTag is a tag of a request, which may lack its value.
type givenTag struct {
	Key   string
	Value *string
}

type tagRequest struct {
	ResourceArn string
	Tags        []givenTag
}

// taggable are the characters of keys and values.
var taggable = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// tagged returns tags with others among them.
func tagged(tags map[string]string, given []givenTag) (map[string]string, error) {
	tags = maps.Clone(tags)
	if tags == nil {
		tags = map[string]string{}
	}
	for _, tag := range given {
		if err := tag.check(); err != nil {
			return nil, err
		}
		tags[tag.Key] = *tag.Value
	}
	if len(tags) > maxTags {
		return nil, invalid("One or more parameter values were invalid: Too many tags: the most is %d", maxTags)
	}
	return tags, nil
}

func (t givenTag) check() error {
	length := utf8.RuneCountInString
	switch {
	case t.Value == nil:
		return missingMember("tags.member.value")
	case t.Key == "":
		return invalid("1 validation error detected: Value '' at 'tags.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1")
	case length(t.Key) > maxTagKey:
		return invalid("1 validation error detected: Value '%s' at 'tags.member.key' failed to satisfy constraint: Member must have length less than or equal to %d", t.Key, maxTagKey)
	case length(*t.Value) > maxTagValue:
		return invalid("1 validation error detected: Value '%s' at 'tags.member.value' failed to satisfy constraint: Member must have length less than or equal to %d", *t.Value, maxTagValue)
	case !taggable.MatchString(t.Key):
		return invalid("One or more parameter values were invalid: Invalid characters in tag key: %s", t.Key)
	case !taggable.MatchString(*t.Value):
		return invalid("One or more parameter values were invalid: Invalid characters in tag value: %s", *t.Value)
	}
	return nil
}

func (d *DynamoDB) tagResource(_ context.Context, caller cloud.Caller, in tagRequest) (nothing, error) {
	t, err := d.taggedTable(caller, "TagResource", in.ResourceArn)
	switch {
	case err != nil:
		return nothing{}, err
	case in.Tags == nil:
		return nothing{}, missingMember("tags")
	case len(in.Tags) == 0:
		return nothing{}, invalid("Atleast one Tag needs to be provided as Input.")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	tags, err := tagged(t.tags, in.Tags)
	if err != nil {
		return nothing{}, err
	}
	t.tags = tags
	return nothing{}, nil
}

func (d *DynamoDB) untagResource(_ context.Context, caller cloud.Caller, in struct {
	ResourceArn string
	TagKeys     []string
}) (nothing, error) {
	t, err := d.taggedTable(caller, "UntagResource", in.ResourceArn)
	switch {
	case err != nil:
		return nothing{}, err
	case in.TagKeys == nil:
		return nothing{}, missingMember("tagKeys")
	case len(in.TagKeys) == 0:
		return nothing{}, invalid("Atleast one Tag Key needs to be provided as Input.")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	tags := maps.Clone(t.tags)
	for _, key := range in.TagKeys {
		delete(tags, key)
	}
	t.tags = tags
	return nothing{}, nil
}

// nothing is the answer of an action that has none.
type nothing struct{}

func (d *DynamoDB) taggedTable(caller cloud.Caller, action, arn string) (*table, error) {
	name, ok := strings.CutPrefix(arn, d.tableARN(""))
	switch {
	case !strings.HasPrefix(arn, "arn:"):
		return nil, invalid("Invalid ResourceArn %s: ARNs must start with 'arn:'", arn)
	case !ok:
		return nil, invalid("Invalid TableArn: Invalid ResourceArn provided as input %s", arn)
	case strings.Contains(name, "/"):
		return nil, invalid("One or more parameter values were invalid: Invalid resource arn provided, only table or stream is accepted. Provided resource arn: %s", arn)
	}
	t, err := d.table(caller, action, arn)
	if err != nil && cloud.AsError(err).Code == "ResourceNotFoundException" {
		return nil, cloud.Errorf(400, "ResourceNotFoundException", "Requested resource not found: ResourcArn: %s not found", arn)
	}
	return t, err
}

type tagsAnswer struct{ Tags []tag }

func (d *DynamoDB) listTags(_ context.Context, caller cloud.Caller, in struct {
	ResourceArn string
	NextToken   string
}) (tagsAnswer, error) {
	t, err := d.taggedTable(caller, "ListTagsOfResource", in.ResourceArn)
	if err != nil {
		return tagsAnswer{}, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	answer := tagsAnswer{Tags: []tag{}}
	for _, key := range slices.Sorted(maps.Keys(t.tags)) {
		answer.Tags = append(answer.Tags, tag{key, t.tags[key]})
	}
	return answer, nil
}
