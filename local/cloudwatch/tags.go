package cloudwatch

// This file is the tags of alarms and of dashboards.

import (
	"context"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func checkTags(tags []cloud.Tag) error {
	for _, tag := range tags {
		if !tag.Fits() {
			return wrongValue("1 validation error detected: Value '%.300s' at 'tags' failed to satisfy constraint: Member must have a key of 1 to 128 and a value of at most 256 characters", tag.Key)
		}
	}
	if len(tags) > cloud.MaxTags {
		return wrongValue("1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to %d", cloud.MaxTags)
	}
	return nil
}

// tagged returns where the tags of what an ARN names are kept; nil if there is no
// such thing. The lock is held.
func (w *CloudWatch) tagged(arn string) *[]cloud.Tag {
	if name, ok := strings.CutPrefix(arn, w.alarmARN("")); ok && w.alarms[name] != nil {
		return &w.alarms[name].tags
	}
	if name, ok := strings.CutPrefix(arn, w.dashboardARN("")); ok && w.dashboards[name] != nil {
		return &w.dashboards[name].tags
	}
	return nil
}

func (w *CloudWatch) tagResource(_ context.Context, caller cloud.Caller, in struct {
	ResourceARN string
	Tags        []cloud.Tag
}) (struct{}, error) {
	return struct{}{}, w.retag(caller, "TagResource", in.ResourceARN, func(tags []cloud.Tag) []cloud.Tag { return cloud.WithTags(tags, in.Tags) })
}

func (w *CloudWatch) untagResource(_ context.Context, caller cloud.Caller, in struct {
	ResourceARN string
	TagKeys     []string
}) (struct{}, error) {
	return struct{}{}, w.retag(caller, "UntagResource", in.ResourceARN, func(tags []cloud.Tag) []cloud.Tag { return cloud.WithoutTags(tags, in.TagKeys) })
}

func (w *CloudWatch) retag(caller cloud.Caller, action, arn string, change func([]cloud.Tag) []cloud.Tag) error {
	if err := w.cloud.Authorize(caller, "cloudwatch:"+action, arn); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	tags := w.tagged(arn)
	if tags == nil {
		return fail("ResourceNotFoundException", "ResourceNotFoundException", "Unknown resource %s", arn)
	}
	changed := change(*tags)
	if err := checkTags(changed); err != nil {
		return err
	}
	*tags = changed
	return nil
}

// listTags answers of what there is not that it has none, as AWS does.
func (w *CloudWatch) listTags(_ context.Context, caller cloud.Caller, in struct{ ResourceARN string }) (struct{ Tags []cloud.Tag }, error) {
	out := struct{ Tags []cloud.Tag }{[]cloud.Tag{}}
	if err := w.cloud.Authorize(caller, "cloudwatch:ListTagsForResource", in.ResourceARN); err != nil {
		return out, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if tags := w.tagged(in.ResourceARN); tags != nil {
		out.Tags = append(out.Tags, *tags...)
	}
	return out, nil
}
