package ssm

// This file is the labels of versions, and the tags of parameters.

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	maxLabels = 10 // of a version
	maxTags   = 50
)

func (v *version) has(label string) bool { return slices.Contains(v.labels, label) }

var (
	isLabel        = regexp.MustCompile(`^[a-zA-Z_.-][a-zA-Z0-9_.-]{0,99}$`)
	isReservedHere = regexp.MustCompile(`(?i)^(aws|ssm)`)
)

type labelInput struct {
	Name             string
	ParameterVersion *int
	Labels           []string
}

// onVersion runs do on the version that a request about labels names, under the lock.
func (s *SSM) onVersion(caller cloud.Caller, action string, in labelInput, do func(*parameter, *version) error) error {
	name, _ := s.split(in.Name)
	if err := s.cloud.Authorize(caller, "ssm:"+action, s.arn(name)); err != nil {
		return err
	}
	if n := len(in.Labels); n < 1 || n > maxLabels {
		return invalid("1 validation error detected: Value at 'labels' failed to satisfy constraint: Member must have length between 1 and %d", maxLabels)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.called(name)
	if p == nil {
		return notFound(in.Name)
	}
	selector := ""
	if in.ParameterVersion != nil {
		selector = strconv.Itoa(*in.ParameterVersion)
	}
	v := p.selected(selector)
	if v == nil {
		return versionNotFound(selector, p.name)
	}
	return do(p, v)
}

type labelOutput struct {
	InvalidLabels    []string
	ParameterVersion int
}

func (s *SSM) labelParameterVersion(_ context.Context, caller cloud.Caller, in labelInput) (labelOutput, error) {
	out := labelOutput{InvalidLabels: []string{}}
	err := s.onVersion(caller, "LabelParameterVersion", in, func(p *parameter, v *version) error {
		out.ParameterVersion = v.number
		var labels []string
		for _, label := range in.Labels {
			switch {
			case !isLabel.MatchString(label) || isReservedHere.MatchString(label):
				out.InvalidLabels = append(out.InvalidLabels, label)
			case !v.has(label) && !slices.Contains(labels, label):
				labels = append(labels, label)
			}
		}
		if len(out.InvalidLabels) > 0 {
			return nil
		}
		if len(v.labels)+len(labels) > maxLabels {
			return cloud.Errorf(400, "ParameterVersionLabelLimitExceeded", "A parameter version can have maximum %d labels.Move one or more labels to another version and try again.", maxLabels)
		}
		for _, other := range p.versions {
			other.labels = slices.DeleteFunc(other.labels, func(label string) bool { return slices.Contains(labels, label) })
		}
		v.labels = append(v.labels, labels...)
		if len(labels) > 0 {
			s.tell(p, "LabelParameterVersion")
		}
		return nil
	})
	return out, err
}

type unlabelOutput struct{ InvalidLabels, RemovedLabels []string }

func (s *SSM) unlabelParameterVersion(_ context.Context, caller cloud.Caller, in labelInput) (unlabelOutput, error) {
	out := unlabelOutput{[]string{}, []string{}}
	if in.ParameterVersion == nil {
		return out, invalid("1 validation error detected: Value null at 'parameterVersion' failed to satisfy constraint: Member must not be null")
	}
	err := s.onVersion(caller, "UnlabelParameterVersion", in, func(_ *parameter, v *version) error {
		for _, label := range in.Labels {
			if v.has(label) {
				out.RemovedLabels = append(out.RemovedLabels, label)
			} else {
				out.InvalidLabels = append(out.InvalidLabels, label)
			}
		}
		v.labels = slices.DeleteFunc(v.labels, func(label string) bool { return slices.Contains(in.Labels, label) })
		return nil
	})
	return out, err
}

type tag struct{ Key, Value string }

// withTags returns tags with others set.
func withTags(tags map[string]string, set []tag) (map[string]string, error) {
	all := map[string]string{}
	maps.Copy(all, tags)
	for _, t := range set {
		switch {
		case !cloud.Tag(t).Fits():
			return nil, invalid("A tag has a key of 1 to 128 and a value of at most 256 characters.")
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return nil, invalid("Tag keys starting with 'aws:' are reserved for system use.")
		}
		all[t.Key] = t.Value
	}
	if len(all) > maxTags {
		return nil, cloud.Errorf(400, "TooManyTagsError", "The number of tags exceeds the limit of %d.", maxTags)
	}
	return all, nil
}

type taggedResource struct{ ResourceType, ResourceId string }

// withTagged runs do on the parameter whose tags a request is about, under the lock.
func (s *SSM) withTagged(caller cloud.Caller, action string, in taggedResource, do func(*parameter) error) error {
	switch in.ResourceType {
	case "Parameter":
	case "Association", "Automation", "Document", "MaintenanceWindow", "ManagedInstance", "OpsItem", "OpsMetadata", "PatchBaseline":
		return cloud.NotHonoured(action, "ResourceType "+in.ResourceType)
	default:
		return cloud.Errorf(400, "InvalidResourceType", "The resource type is not valid. For example, if you are attempting to tag an EC2 instance, the instance must be a registered managed node.")
	}
	name, _ := s.split(in.ResourceId)
	if err := s.cloud.Authorize(caller, "ssm:"+action, s.arn(name)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.called(name)
	if p == nil {
		return cloud.Errorf(400, "InvalidResourceId", "The resource ID is not valid. Verify that you entered the correct ID and try again.")
	}
	return do(p)
}

func (s *SSM) addTags(_ context.Context, caller cloud.Caller, in struct {
	taggedResource
	Tags []tag
}) (none, error) {
	return none{}, s.withTagged(caller, "AddTagsToResource", in.taggedResource, func(p *parameter) error {
		tags, err := withTags(p.tags, in.Tags)
		if err == nil {
			p.tags = tags
		}
		return err
	})
}

func (s *SSM) removeTags(_ context.Context, caller cloud.Caller, in struct {
	taggedResource
	TagKeys []string
}) (none, error) {
	return none{}, s.withTagged(caller, "RemoveTagsFromResource", in.taggedResource, func(p *parameter) error {
		for _, key := range in.TagKeys {
			delete(p.tags, key)
		}
		return nil
	})
}

func (s *SSM) listTags(_ context.Context, caller cloud.Caller, in taggedResource) (struct{ TagList []tag }, error) {
	out := struct{ TagList []tag }{[]tag{}}
	err := s.withTagged(caller, "ListTagsForResource", in, func(p *parameter) error {
		for _, key := range slices.Sorted(maps.Keys(p.tags)) {
			out.TagList = append(out.TagList, tag{key, p.tags[key]})
		}
		return nil
	})
	return out, err
}
