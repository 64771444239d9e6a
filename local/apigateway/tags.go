package apigateway

// Tags of API keys and usage plans.

import (
	"net/url"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// tag is a tag as templates have it.
type tag struct{ Key, Value string }

func tagsOf(list []tag) map[string]string {
	tags := map[string]string{}
	for _, t := range list {
		tags[t.Key] = t.Value
	}
	return tags
}

// mayTag asks whether a caller may give tags to what he makes. IAM knows them as
// a resource of its own, under the ARN of what has them.
func (c *Control) mayTag(caller cloud.Caller, path string, tags map[string]string) error {
	if len(tags) == 0 {
		return nil
	}
	return c.authorize(caller, "PUT", "/tags/"+url.QueryEscape(c.arn(path)))
}
