package apigateway

// Tags of REST APIs, stages, API keys and usage plans.

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// tag is a tag as templates have it.
type tag = cloud.Tag

func tagsOf(list []tag) map[string]string { return cloud.RedeclaredTagMap(nil, nil, list) }

// tagList is tagsOf the other way.
func tagList(tags map[string]string) []tag {
	var list []tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, tag{Key: key, Value: tags[key]})
	}
	return list
}

// mayTag asks whether a caller may give tags to what he makes. IAM knows them as
// a resource of its own, under the ARN of what has them.
func (c *Control) mayTag(caller cloud.Caller, path string, tags map[string]string) error {
	if len(tags) == 0 {
		return nil
	}
	return c.authorize(caller, "PUT", "/tags/"+url.QueryEscape(c.arn(path)))
}

// tagged names a resource by its ARN, "arn:aws:apigateway:REGION::/apikeys/ID".
type tagged struct {
	ResourceARN string `json:"resourceArn"`
}

type tagResourceInput struct {
	tagged
	Tags map[string]string `json:"tags"`
}

func (c *Control) tagResource(_ context.Context, caller cloud.Caller, in tagResourceInput) (none, error) {
	return none{}, c.changeTags(caller, "PUT", in.tagged, func(tags map[string]string) { maps.Copy(tags, in.Tags) })
}

type untagResourceInput struct {
	tagged
	TagKeys []string `json:"tagKeys"`
}

func (c *Control) untagResource(_ context.Context, caller cloud.Caller, in untagResourceInput) (none, error) {
	return none{}, c.changeTags(caller, "DELETE", in.tagged, func(tags map[string]string) {
		maps.DeleteFunc(tags, func(key, _ string) bool { return slices.Contains(in.TagKeys, key) })
	})
}

func (c *Control) changeTags(caller cloud.Caller, method string, in tagged, change func(tags map[string]string)) error {
	if err := c.authorize(caller, method, "/tags/"+url.QueryEscape(in.ResourceARN)); err != nil {
		return err
	}
	c.gateway.mu.Lock()
	defer c.gateway.mu.Unlock()
	tags, set, err := c.tags(in)
	if err != nil {
		return err
	}
	changed := map[string]string{}
	maps.Copy(changed, tags)
	change(changed)
	set(changed)
	return nil
}

type getTagsOutput struct {
	Tags map[string]string `json:"tags"`
}

func (c *Control) getTags(_ context.Context, caller cloud.Caller, in tagged) (getTagsOutput, error) {
	if err := c.authorize(caller, "GET", "/tags/"+url.QueryEscape(in.ResourceARN)); err != nil {
		return getTagsOutput{}, err
	}
	c.gateway.mu.RLock()
	defer c.gateway.mu.RUnlock()
	tags, _, err := c.tags(in)
	if err != nil {
		return getTagsOutput{}, err
	}
	out := getTagsOutput{map[string]string{}}
	maps.Copy(out.Tags, tags)
	return out, nil
}

// tags finds the tags of a resource, and what sets them. The caller holds the mutex.
func (c *Control) tags(in tagged) (tags map[string]string, set func(map[string]string), err error) {
	path, _ := strings.CutPrefix(in.ResourceARN, c.arn(""))
	kind, id, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch kind {
	case "apikeys":
		key, err := c.gateway.key(id)
		if err != nil {
			return nil, nil, err
		}
		return key.tags, func(changed map[string]string) { key.tags = changed }, nil
	case "usageplans":
		plan, err := c.gateway.plan(id)
		if err != nil {
			return nil, nil, err
		}
		return plan.tags, func(changed map[string]string) { plan.tags = changed }, nil
	case "restapis":
		id, name, ofStage := strings.Cut(id, "/stages/")
		a, err := c.gateway.api(id)
		if err != nil {
			return nil, nil, err
		}
		if ofStage {
			return a.stageTags(name)
		}
		return tagsOf(a.properties.Tags), func(changed map[string]string) { a.properties.Tags = tagList(changed) }, nil
	}
	return nil, nil, badRequest("the local engine keeps tags of REST APIs, stages, API keys and usage plans only, not of %s", in.ResourceARN)
}

func (a *api) stageTags(name string) (tags map[string]string, set func(map[string]string), err error) {
	s, err := a.findStage(name)
	if err != nil {
		return nil, nil, err
	}
	return tagsOf(s.told.Tags), func(changed map[string]string) { s.told.Tags = tagList(changed) }, nil
}
