package kinesis

// This file creates the service's CloudFormation resources.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Types returns AWS::Kinesis::Stream and AWS::Kinesis::ResourcePolicy.
func (k *Kinesis) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::Kinesis::Stream", k.createStream, cfn.Update(k.updateStream)),
		cfn.Define("AWS::Kinesis::ResourcePolicy", k.createResourcePolicy, cfn.Overwrite(k.createResourcePolicy)),
	}
}

type streamProperties struct {
	Name                 string
	ShardCount           *int
	RetentionPeriodHours *int
	MaxRecordSizeInKiB   *int
	StreamModeDetails    struct{ StreamMode string }
	StreamEncryption     struct{ EncryptionType, KeyId string }

	Tags                []cloud.Tag
	WarmThroughputMiBps cfn.Ignored
}

// onDemandShards is how many shards a stream on demand begins with, and has here
// for good.
const onDemandShards = 4

// The KiB that a record may have, key included, where the template does not say
// otherwise, and at most.
const (
	defaultRecordKiB = 1024
	maxRecordKiB     = 10240
)

// settings refuses what AWS refuses.
func (p streamProperties) settings() (settings, error) {
	s := settings{shards: onDemandShards, key: p.StreamEncryption.KeyId}
	mode := p.StreamModeDetails.StreamMode
	if mode == "" && p.ShardCount == nil {
		mode = "ON_DEMAND"
	}
	switch mode {
	case "ON_DEMAND":
		if s.onDemand = true; p.ShardCount != nil {
			return s, invalid("ShardCount must not be given for a stream in ON_DEMAND mode")
		}
	case "", "PROVISIONED":
		if p.ShardCount == nil {
			return s, invalid("ShardCount must be given for a stream in PROVISIONED mode")
		}
		if s.shards = *p.ShardCount; s.shards < 1 || s.shards > 10_000 {
			return s, invalid("ShardCount is %d; it must be from 1 to 10000", s.shards)
		}
	default:
		return s, invalid("StreamModeDetails.StreamMode is %q; it must be PROVISIONED or ON_DEMAND", mode)
	}
	size := defaultRecordKiB
	if p.MaxRecordSizeInKiB != nil {
		size = *p.MaxRecordSizeInKiB
	}
	if size < defaultRecordKiB || size > maxRecordKiB {
		return s, invalid("MaxRecordSizeInKiB is %d; it must be from %d to %d", size, defaultRecordKiB, maxRecordKiB)
	}
	s.maxRecord = size << 10
	if e := p.StreamEncryption; (e.EncryptionType != "" || e.KeyId != "") && (e.EncryptionType != "KMS" || e.KeyId == "") {
		return s, invalid("StreamEncryption must have the EncryptionType KMS and a KeyId")
	}
	hours := minRetention
	if p.RetentionPeriodHours != nil {
		hours = *p.RetentionPeriodHours
	}
	s.retention = time.Duration(hours) * time.Hour
	return s, checkRetention(hours)
}

func (k *Kinesis) createStream(_ context.Context, r cfn.Resource, p streamProperties) (cfn.Handle, error) {
	name := cmp.Or(p.Name, r.PhysicalName(128))
	if err := checkName(name); err != nil {
		return cfn.Handle{}, err
	}
	settings, err := p.settings()
	if err != nil {
		return cfn.Handle{}, err
	}
	s := newStream(name, k.arn(name), settings)
	if err := s.redeclareTags(nil, p.Tags); err != nil {
		return cfn.Handle{}, err
	}
	if err := k.cloud.Keep(s.arn, s); err != nil {
		return cfn.Handle{}, err
	}
	if err := k.add(s); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: name, Attributes: map[string]any{"Arn": s.arn}, Delete: func(context.Context) error {
		return k.drop(s)
	}}, nil
}

// updateStream keeps the records, and so the shards: a stream that goes on demand
// has as many as it had.
func (k *Kinesis) updateStream(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after streamProperties) (cfn.Handle, error) {
	next, err := after.settings()
	if err != nil {
		return h, err
	}
	k.mu.RLock()
	s, ok := k.streams[h.Ref]
	k.mu.RUnlock()
	if !ok {
		return h, cloud.Errorf(400, "ResourceNotFoundException", "Stream %s under account %s not found.", h.Ref, k.cloud.Account)
	}
	shards := s.now().shards
	if !next.onDemand && next.shards != shards {
		return h, &cfn.Unsupported{Property: "ShardCount", Reason: fmt.Sprintf("the local engine splits and merges no shards: the stream keeps its %d", shards)}
	}
	next.shards = shards
	s.become(next)
	return h, s.redeclareTags(before.Tags, after.Tags)
}

// redeclareTags gives a stream the tags that its template has now.
func (s *stream) redeclareTags(before, after []cloud.Tag) error {
	return s.retag(func(tags map[string]string) {
		for _, tag := range before {
			delete(tags, tag.Key)
		}
		for _, tag := range after {
			tags[tag.Key] = tag.Value
		}
	})
}

func (k *Kinesis) add(s *stream) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.streams[s.name]; ok {
		return cloud.Errorf(400, "ResourceInUseException", "Stream %s under account %s already exists.", s.name, k.cloud.Account)
	}
	k.streams[s.name] = s
	return nil
}

type resourcePolicyProperties struct {
	ResourceArn    string
	ResourcePolicy json.RawMessage
}

func (k *Kinesis) createResourcePolicy(_ context.Context, _ cfn.Resource, p resourcePolicyProperties) (cfn.Handle, error) {
	k.mu.RLock()
	s, ok := k.streams[path.Base(p.ResourceArn)]
	k.mu.RUnlock()
	if !ok || s.arn != p.ResourceArn {
		return cfn.Handle{}, cfn.Invalidf("ResourceArn", "%q is no stream of this account and region", p.ResourceArn)
	}
	if err := s.setPolicy(k, string(p.ResourcePolicy)); err != nil {
		return cfn.Handle{}, fmt.Errorf("policy of stream %s: %w", s.name, err)
	}
	return cfn.Handle{Ref: s.arn, Attributes: map[string]any{"ResourceArn": s.arn}, Delete: func(context.Context) error {
		return s.setPolicy(k, "")
	}}, nil
}
