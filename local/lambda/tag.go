package lambda

// This file is the tags of functions and of event source mappings.

import (
	"context"
	"maps"
	"regexp"
	"strings"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func checkTags(tags map[string]string) error {
	if len(tags) > cloud.MaxTags {
		return invalid("Number of tags exceeds resource tag limit.")
	}
	for key, value := range tags {
		if tag := (cloud.Tag{Key: key, Value: value}); !tag.Fits() {
			return invalid("Tag keys have from 1 to 128 characters, and tag values up to 256.")
		}
	}
	return nil
}

var taggable = regexp.MustCompile(`^arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)$`)

type tagInput struct {
	Resource string
	Tags     map[string]string
	TagKeys  []string `json:"tagKeys"`
}

// tagSet are the tags of something.
type tagSet struct {
	mu      sync.Locker
	tags    *map[string]string
	changed func() // under the lock
}

func (l *Lambda) tagged(caller cloud.Caller, action, resource string) (tagSet, error) {
	if !taggable.MatchString(resource) {
		return tagSet{}, unsatisfied("'"+resource+"'", "resource", "Member must satisfy regular expression pattern: "+strings.Trim(taggable.String(), "^$"))
	}
	if err := l.cloud.Authorize(caller, action, resource); err != nil {
		return tagSet{}, err
	}
	if id, ok := strings.CutPrefix(resource, l.cloud.ARN("lambda", "event-source-mapping:")); ok {
		l.mu.RLock()
		defer l.mu.RUnlock()
		s, ok := l.mappings[id]
		if !ok {
			return tagSet{}, cloud.Errorf(404, "ResourceNotFoundException", "Event source mapping not found: %s", resource)
		}
		return tagSet{&l.mu, &s.tags, func() {}}, nil
	}
	if !strings.Contains(resource, ":function:") {
		return tagSet{}, cloud.NotHonoured("tags", "Resource "+resource)
	}
	if _, qualifier := parseName(resource); qualifier != "" {
		return tagSet{}, invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
	}
	t, err := l.find(resource)
	if err != nil {
		return tagSet{}, err
	}
	return tagSet{&t.function.mu, &t.tags, func() { t.latest.revision = cloud.UUID() }}, nil
}

// change changes the tags, unless the change is refused.
func (t tagSet) change(change func(tags map[string]string)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	tags := maps.Clone(*t.tags)
	if tags == nil {
		tags = map[string]string{}
	}
	change(tags)
	if err := checkTags(tags); err != nil {
		return err
	}
	*t.tags = tags
	t.changed()
	return nil
}

func (l *Lambda) tagResource(_ context.Context, caller cloud.Caller, in tagInput) (struct{}, error) {
	t, err := l.tagged(caller, "lambda:TagResource", in.Resource)
	if err != nil {
		return struct{}{}, err
	}
	if len(in.Tags) == 0 {
		return struct{}{}, invalid("An error occurred and the request cannot be processed.")
	}
	return struct{}{}, t.change(func(tags map[string]string) { maps.Copy(tags, in.Tags) })
}

func (l *Lambda) untagResource(_ context.Context, caller cloud.Caller, in tagInput) (struct{}, error) {
	t, err := l.tagged(caller, "lambda:UntagResource", in.Resource)
	if err != nil {
		return struct{}{}, err
	}
	if len(in.TagKeys) == 0 {
		return struct{}{}, unsatisfied("null", "tagKeys", "Member must not be null")
	}
	return struct{}{}, t.change(func(tags map[string]string) {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
	})
}

type tagsOutput struct{ Tags map[string]string }

func (l *Lambda) listTags(_ context.Context, caller cloud.Caller, in struct{ Resource string }) (tagsOutput, error) {
	t, err := l.tagged(caller, "lambda:ListTags", in.Resource)
	if err != nil {
		return tagsOutput{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	tags := map[string]string{}
	maps.Copy(tags, *t.tags)
	return tagsOutput{tags}, nil
}
