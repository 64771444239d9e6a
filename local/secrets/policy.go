package secrets

// This file is the policies and the tags of secrets.

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	maxPolicy = 20480 // characters
	maxTags   = 50
)

type putPolicyInput struct {
	SecretId       string
	ResourcePolicy string
}

func (s *SecretsManager) putResourcePolicy(_ context.Context, caller cloud.Caller, in putPolicyInput) (named, error) {
	switch {
	case in.ResourcePolicy == "" || len(in.ResourcePolicy) > maxPolicy:
		return named{}, cloud.Errorf(400, "ValidationException", "1 validation error detected: Value at 'resourcePolicy' failed to satisfy constraint: Member must have length between 1 and %d", maxPolicy)
	case !json.Valid([]byte(in.ResourcePolicy)):
		return named{}, errMalformed
	}
	return s.change(caller, "PutResourcePolicy", in.SecretId, func(sec *secret) error {
		if err := sec.setPolicy(in.ResourcePolicy); err != nil {
			return errMalformed
		}
		return nil
	})
}

var errMalformed = fault("MalformedPolicyDocumentException", "This resource policy contains invalid Json.")

// setPolicy gives the secret a policy; an empty one takes it away.
func (sec *secret) setPolicy(text string) error {
	var document json.RawMessage
	if text != "" {
		document = json.RawMessage(text)
	}
	if err := sec.service.cloud.SetResourcePolicy(sec.arn, "", document); err != nil {
		return fmt.Errorf("set the policy of secret %s: %w", sec.name, err)
	}
	sec.policy = text
	return nil
}

type policyOutput struct {
	named
	ResourcePolicy string `json:",omitempty"`
}

func (s *SecretsManager) getResourcePolicy(_ context.Context, caller cloud.Caller, in describeSecretInput) (policyOutput, error) {
	var out policyOutput
	var err error
	out.named, err = s.change(caller, "GetResourcePolicy", in.SecretId, func(sec *secret) error {
		out.ResourcePolicy = sec.policy
		return nil
	})
	return out, err
}

func (s *SecretsManager) deleteResourcePolicy(_ context.Context, caller cloud.Caller, in describeSecretInput) (named, error) {
	return s.change(caller, "DeleteResourcePolicy", in.SecretId, func(sec *secret) error { return sec.setPolicy("") })
}

type tag struct{ Key, Value string }

func (sec *secret) listTags() []tag {
	if sec.tags == nil {
		return nil
	}
	list := []tag{}
	for _, key := range slices.Sorted(maps.Keys(sec.tags)) {
		list = append(list, tag{key, sec.tags[key]})
	}
	return list
}

// withTags returns tags with others set.
func withTags(tags map[string]string, set []tag) (map[string]string, error) {
	all := map[string]string{}
	maps.Copy(all, tags)
	for _, t := range set {
		switch {
		case !cloud.Tag(t).Fits():
			return nil, fault("InvalidParameterException", "A tag has a key of 1 to 128 and a value of at most 256 characters.")
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return nil, fault("InvalidParameterException", "Tag keys starting with 'aws:' are reserved for system use")
		}
		all[t.Key] = t.Value
	}
	if len(all) > maxTags {
		return nil, fault("LimitExceededException", "A secret has at most %d tags.", maxTags)
	}
	return all, nil
}

type none struct{}

func (s *SecretsManager) tagResource(_ context.Context, caller cloud.Caller, in struct {
	SecretId string
	Tags     []tag
}) (none, error) {
	_, err := s.change(caller, "TagResource", in.SecretId, func(sec *secret) error {
		tags, err := withTags(sec.tags, in.Tags)
		if err == nil {
			sec.tags = tags
		}
		return err
	})
	return none{}, err
}

func (s *SecretsManager) untagResource(_ context.Context, caller cloud.Caller, in struct {
	SecretId string
	TagKeys  []string
}) (none, error) {
	_, err := s.change(caller, "UntagResource", in.SecretId, func(sec *secret) error {
		for _, key := range in.TagKeys {
			delete(sec.tags, key)
		}
		return nil
	})
	return none{}, err
}
