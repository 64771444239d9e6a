// Package kinesis is Amazon Kinesis Data Streams for the local engine: streams
// with shards, sequence numbers, iterators and retention. Shards are as many as
// the template says: they are not split or merged, and enhanced fan-out is
// refused when it is loaded.
//
// # Throughput
//
// A shard takes what it gets. That it had no more than its 1,000 records or 1 MiB
// a second is told by cloud.Fault only: as a failure of PutRecord, which a record
// of PutRecords fails of as well, each by itself.
package kinesis

// This file is the service itself: its streams, and the actions of its API.

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Kinesis is the service. It implements cloud.API.
type Kinesis struct {
	cloud.Operations

	cloud   *cloud.Cloud
	metrics metrics

	mu      sync.RWMutex
	streams map[string]*stream // by name
}

var _ cloud.API = (*Kinesis)(nil)

// New returns a service without streams. Records expire until c is closed.
func New(c *cloud.Cloud) *Kinesis {
	k := &Kinesis{cloud: c, metrics: newMetrics(c), streams: map[string]*stream{}}
	k.Operations = cloud.Operations{
		"AddTagsToStream":               onStream(k, "AddTagsToStream", k.addTags).Without("DryRun"),
		"CreateStream":                  cloud.Handle(k.createStreamByCall),
		"DecreaseStreamRetentionPeriod": onStream(k, "DecreaseStreamRetentionPeriod", k.decreaseRetention).Without("DryRun"),
		"DeleteResourcePolicy":          onStream(k, "DeleteResourcePolicy", k.deleteResourcePolicy),
		"DeleteStream":                  onStream(k, "DeleteStream", k.deleteStream).Without("DryRun"),
		"DescribeLimits":                cloud.Handle(k.describeLimits),
		"DescribeStream":                onStream(k, "DescribeStream", k.describeStream).Without("DryRun"),
		"DescribeStreamSummary":         onStream(k, "DescribeStreamSummary", k.describeStreamSummary).Without("DryRun"),
		"GetRecords":                    cloud.Handle(k.getRecords),
		"GetResourcePolicy":             onStream(k, "GetResourcePolicy", k.getResourcePolicy),
		"GetShardIterator":              onStream(k, "GetShardIterator", k.getShardIterator),
		"IncreaseStreamRetentionPeriod": onStream(k, "IncreaseStreamRetentionPeriod", k.increaseRetention).Without("DryRun"),
		"ListShards":                    cloud.Handle(k.listShards).Without("DryRun"),
		"ListStreams":                   cloud.Handle(k.listStreams),
		"ListTagsForResource":           onStream(k, "ListTagsForResource", k.listTagsForResource),
		"ListTagsForStream":             onStream(k, "ListTagsForStream", k.listTags).Without("DryRun"),
		"PutRecord":                     onStream(k, "PutRecord", k.putRecord),
		"PutRecords":                    onStream(k, "PutRecords", k.putRecords),
		"PutResourcePolicy":             onStream(k, "PutResourcePolicy", k.putResourcePolicy),
		"RemoveTagsFromStream":          onStream(k, "RemoveTagsFromStream", k.removeTags).Without("DryRun"),
		"StartStreamEncryption":         onStream(k, "StartStreamEncryption", k.startEncryption).Without("DryRun"),
		"StopStreamEncryption":          onStream(k, "StopStreamEncryption", k.stopEncryption).Without("DryRun"),
		"TagResource":                   onStream(k, "TagResource", k.tagResource),
		"UntagResource":                 onStream(k, "UntagResource", k.untagResource),
		"UpdateStreamMode":              onStream(k, "UpdateStreamMode", k.updateMode),
	}
	c.Go(k.expireRecords)
	return k
}

// target is the part of an input that all actions on a stream share.
type target struct {
	StreamName string
	StreamARN  string
	DryRun     bool `json:",omitempty"`
}

func (t target) stream() target { return t }

// onStream makes an operation of a function on an existing stream. The caller
// needs the permission of the action's name on that stream.
func onStream[In interface{ stream() target }](k *Kinesis, action string, run func(ctx context.Context, caller cloud.Caller, s *stream, in In) (any, error)) cloud.Operation {
	return cloud.Handle(func(ctx context.Context, caller cloud.Caller, in In) (any, error) {
		s, err := k.open(caller, action, in.stream())
		if err != nil {
			return nil, err
		}
		return run(ctx, caller, s, in)
	})
}

// open authorizes the caller and finds the stream that a call is about.
func (k *Kinesis) open(caller cloud.Caller, action string, t target) (*stream, error) {
	name, err := k.named(t)
	if err != nil {
		return nil, err
	}
	if err := k.cloud.Authorize(caller, "kinesis:"+action, k.arn(name)); err != nil {
		return nil, err
	}
	k.mu.RLock()
	s, ok := k.streams[name]
	k.mu.RUnlock()
	if !ok {
		return nil, cloud.Errorf(400, "ResourceNotFoundException", "Stream %s under account %s not found.", name, k.cloud.Account)
	}
	if t.DryRun {
		return nil, cloud.Errorf(400, "DryRunOperationException", "Request would have succeeded, but DryRun flag is set.")
	}
	return s, nil
}

// named returns the name of the stream that a call names in one way or in both.
func (k *Kinesis) named(t target) (string, error) {
	if t.StreamName == "" && t.StreamARN == "" {
		return "", invalid("Either StreamARN or StreamName must be provided.")
	}
	if t.StreamName != "" {
		if err := checkName(t.StreamName); err != nil {
			return "", err
		}
	}
	if t.StreamARN == "" {
		return t.StreamName, nil
	}
	name, ok := strings.CutPrefix(t.StreamARN, k.arn(""))
	if !ok {
		return "", invalid("StreamARN %s is not that of a stream in this account and region.", t.StreamARN)
	}
	if t.StreamName != "" && t.StreamName != name {
		return "", invalid("StreamARN %s and StreamName %s are of different streams.", t.StreamARN, t.StreamName)
	}
	return name, nil
}

func checkName(name string) error {
	valid := name != "" && len(name) <= 128 && strings.IndexFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.-", r))
	}) < 0
	if !valid {
		return unfit("streamName", name, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+, and have length less than or equal to 128")
	}
	return nil
}

func (k *Kinesis) arn(name string) string { return k.cloud.ARN("kinesis", "stream/"+name) }

func (k *Kinesis) sorted() []*stream {
	k.mu.RLock()
	defer k.mu.RUnlock()
	streams := make([]*stream, 0, len(k.streams))
	for _, name := range slices.Sorted(maps.Keys(k.streams)) {
		streams = append(streams, k.streams[name])
	}
	return streams
}

// expiryInterval is how often records whose time has passed are let go of.
// Nobody is given one that has expired meanwhile.
const expiryInterval = time.Minute

func (k *Kinesis) expireRecords(ctx context.Context) {
	ticker := time.NewTicker(expiryInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			for _, s := range k.sorted() {
				s.expire(now)
			}
		}
	}
}

func invalid(format string, args ...any) error {
	return cloud.Errorf(400, "InvalidArgumentException", format, args...)
}

// unfit refuses a member that is not as the API's model has it.
func unfit(member string, value any, constraint string) error {
	return cloud.Errorf(400, "ValidationException", "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", fmt.Sprint(value), member, constraint)
}
