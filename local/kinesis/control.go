package kinesis

// This file makes streams by calls, changes and deletes them.

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type createStreamInput struct {
	StreamName         string
	ShardCount         *int
	StreamModeDetails  struct{ StreamMode string }
	MaxRecordSizeInKiB *int
	Tags               map[string]string

	WarmThroughputMiBps cloud.Ignored
}

// createStreamByCall makes a stream that is there when the call returns. What calls
// make ends with the engine.
func (k *Kinesis) createStreamByCall(_ context.Context, caller cloud.Caller, in createStreamInput) (any, error) {
	if err := checkName(in.StreamName); err != nil {
		return nil, err
	}
	if err := k.cloud.Authorize(caller, "kinesis:CreateStream", k.arn(in.StreamName)); err != nil {
		return nil, err
	}
	p := streamProperties{ShardCount: in.ShardCount, MaxRecordSizeInKiB: in.MaxRecordSizeInKiB, StreamModeDetails: in.StreamModeDetails}
	settings, err := p.settings()
	if err == nil {
		err = checkTags(in.Tags)
	}
	if err != nil {
		return nil, cfn.AsCall("CreateStream", err, invalid)
	}
	s := newStream(in.StreamName, k.arn(in.StreamName), settings)
	s.tags = maps.Clone(in.Tags)
	return struct{}{}, k.add(s)
}

type deleteStreamInput struct {
	target
	EnforceConsumerDeletion bool // there are no consumers here
}

func (k *Kinesis) deleteStream(_ context.Context, _ cloud.Caller, s *stream, _ deleteStreamInput) (any, error) {
	return struct{}{}, k.drop(s)
}

// drop forgets a stream, its policy and what is kept of it; not those of another one
// that has its name by now.
func (k *Kinesis) drop(s *stream) error {
	k.mu.Lock()
	known := k.streams[s.name]
	if known == s {
		delete(k.streams, s.name)
	}
	k.mu.Unlock()
	if known != nil && known != s {
		return nil
	}
	if err := k.cloud.SetResourcePolicy(s.arn, "", nil); err != nil {
		return err
	}
	return k.cloud.Forget(s.arn)
}

func checkTags(tags map[string]string) error {
	for key, value := range tags {
		if tag := (cloud.Tag{Key: key, Value: value}); !tag.Fits() {
			return invalid("The tag %.200s has not a key of 1 to 128 and a value of at most 256 characters.", key)
		}
	}
	if len(tags) > cloud.MaxTags {
		return invalid("A stream can have at most %d tags.", cloud.MaxTags)
	}
	return nil
}

// retag changes a stream's tags, unless the change fails.
func (s *stream) retag(change func(tags map[string]string)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags := map[string]string{}
	maps.Copy(tags, s.tags)
	change(tags)
	if err := checkTags(tags); err != nil {
		return err
	}
	s.tags = tags
	return nil
}

type tagInput struct {
	target
	Tags map[string]string
}

func (k *Kinesis) addTags(_ context.Context, _ cloud.Caller, s *stream, in tagInput) (any, error) {
	return struct{}{}, s.retag(func(tags map[string]string) { maps.Copy(tags, in.Tags) })
}

type untagInput struct {
	target
	TagKeys []string
}

func (k *Kinesis) removeTags(_ context.Context, _ cloud.Caller, s *stream, in untagInput) (any, error) {
	return struct{}{}, s.retag(func(tags map[string]string) {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
	})
}

type listTagsInput struct {
	target
	ExclusiveStartTagKey string
	Limit                *int
}

func (k *Kinesis) listTags(_ context.Context, _ cloud.Caller, s *stream, in listTagsInput) (any, error) {
	limit, err := within("limit", in.Limit, cloud.MaxTags, cloud.MaxTags)
	if err != nil {
		return nil, err
	}
	all := s.taggedAfter(in.ExclusiveStartTagKey)
	return struct {
		Tags        []cloud.Tag
		HasMoreTags bool
	}{all[:min(limit, len(all))], len(all) > limit}, nil
}

// taggedAfter are the tags after one of a key, in the order of their keys.
func (s *stream) taggedAfter(first string) []cloud.Tag {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags := []cloud.Tag{}
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		if key > first {
			tags = append(tags, cloud.Tag{Key: key, Value: s.tags[key]})
		}
	}
	return tags
}

// resource is the target of the actions that name it by ResourceARN.
type resource struct{ ResourceARN string }

func (r resource) stream() target { return target{StreamARN: r.ResourceARN} }

func (k *Kinesis) tagResource(ctx context.Context, caller cloud.Caller, s *stream, in struct {
	resource
	Tags map[string]string
}) (any, error) {
	return k.addTags(ctx, caller, s, tagInput{Tags: in.Tags})
}

func (k *Kinesis) untagResource(ctx context.Context, caller cloud.Caller, s *stream, in struct {
	resource
	TagKeys []string
}) (any, error) {
	return k.removeTags(ctx, caller, s, untagInput{TagKeys: in.TagKeys})
}

func (k *Kinesis) listTagsForResource(_ context.Context, _ cloud.Caller, s *stream, _ resource) (any, error) {
	return struct{ Tags []cloud.Tag }{s.taggedAfter("")}, nil
}

type policyInput struct {
	resource
	Policy string
}

func (k *Kinesis) putResourcePolicy(_ context.Context, _ cloud.Caller, s *stream, in policyInput) (any, error) {
	if !json.Valid([]byte(in.Policy)) {
		return nil, invalid("The policy is no valid JSON.")
	}
	return struct{}{}, s.setPolicy(k, in.Policy)
}

func (k *Kinesis) getResourcePolicy(_ context.Context, _ cloud.Caller, s *stream, _ resource) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	policy := s.policy
	if policy == "" {
		policy = "{}"
	}
	return struct{ Policy string }{policy}, nil
}

func (k *Kinesis) deleteResourcePolicy(_ context.Context, _ cloud.Caller, s *stream, _ resource) (any, error) {
	s.mu.Lock()
	none := s.policy == ""
	s.mu.Unlock()
	if none {
		return nil, cloud.Errorf(400, "ResourceNotFoundException", "No resource policy found for resource ARN %s", s.arn)
	}
	return struct{}{}, s.setPolicy(k, "")
}

// setPolicy lets a stream have a policy; an empty one takes it away.
func (s *stream) setPolicy(k *Kinesis, policy string) error {
	var document json.RawMessage
	if policy != "" {
		document = json.RawMessage(policy)
	}
	if err := k.cloud.SetResourcePolicy(s.arn, "", document); err != nil {
		return invalid("The policy is invalid: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policy = policy
	return nil
}

type encryptionInput struct {
	target
	EncryptionType string
	KeyId          string
}

// startEncryption changes nothing but what is told of the stream.
func (k *Kinesis) startEncryption(_ context.Context, _ cloud.Caller, s *stream, in encryptionInput) (any, error) {
	if in.EncryptionType != "KMS" || in.KeyId == "" {
		return nil, unfit("encryptionType", in.EncryptionType, "Member must be KMS, with a KeyId")
	}
	s.encrypt(in.KeyId)
	return struct{}{}, nil
}

func (k *Kinesis) stopEncryption(_ context.Context, _ cloud.Caller, s *stream, _ encryptionInput) (any, error) {
	s.encrypt("")
	return struct{}{}, nil
}

func (s *stream) encrypt(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings.key = key
}

// modeInput names its stream by ARN only.
type modeInput struct {
	StreamARN         string
	StreamModeDetails struct{ StreamMode string }

	WarmThroughputMiBps cloud.Ignored
}

func (in modeInput) stream() target { return target{StreamARN: in.StreamARN} }

// updateMode leaves a stream its shards.
func (k *Kinesis) updateMode(_ context.Context, _ cloud.Caller, s *stream, in modeInput) (any, error) {
	switch in.StreamModeDetails.StreamMode {
	case "ON_DEMAND", "PROVISIONED":
	default:
		return nil, unfit("streamModeDetails.streamMode", in.StreamModeDetails.StreamMode, "Member must satisfy enum value set: [PROVISIONED, ON_DEMAND]")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings.onDemand = in.StreamModeDetails.StreamMode == "ON_DEMAND"
	return struct{}{}, nil
}

// describeLimits tells the quotas that AWS begins with; none is imposed.
func (k *Kinesis) describeLimits(_ context.Context, caller cloud.Caller, _ struct{}) (any, error) {
	if err := k.cloud.Authorize(caller, "kinesis:DescribeLimits", "*"); err != nil {
		return nil, err
	}
	var open, onDemand int
	for _, s := range k.sorted() {
		if s.now().onDemand {
			onDemand++
		} else {
			open += len(s.shards)
		}
	}
	return struct{ ShardLimit, OpenShardCount, OnDemandStreamCount, OnDemandStreamCountLimit int }{500, open, onDemand, 50}, nil
}
