package sqs

// This file creates the service's CloudFormation resources.

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/fifo"
)

// Types returns the types of queues and of their policies.
func (s *SQS) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::SQS::Queue", s.createQueue, cfn.Update(s.updateQueue)),
		cfn.Define("AWS::SQS::QueueInlinePolicy", s.createInlinePolicy, cfn.Overwrite(s.createInlinePolicy)),
		cfn.Define("AWS::SQS::QueuePolicy", s.createPolicy, cfn.Update(s.updatePolicy)),
	}
}

type queueProperties struct {
	QueueName                     string
	DelaySeconds                  *int
	MaximumMessageSize            *int
	MessageRetentionPeriod        *int
	ReceiveMessageWaitTimeSeconds *int
	VisibilityTimeout             *int
	RedrivePolicy                 json.RawMessage
	RedriveAllowPolicy            json.RawMessage
	FifoQueue                     bool
	ContentBasedDeduplication     *bool
	DeduplicationScope            string
	FifoThroughputLimit           string
	Tags                          []struct{ Key, Value string }
	KmsMasterKeyId                string
	KmsDataKeyReusePeriodSeconds  *int
	SqsManagedSseEnabled          *bool
}

func (s *SQS) createQueue(_ context.Context, r cfn.Resource, p queueProperties) (cfn.Handle, error) {
	name, err := p.name(r)
	if err != nil {
		return cfn.Handle{}, err
	}
	settings, err := p.settings()
	if err != nil {
		return cfn.Handle{}, err
	}
	q, err := s.install(name, settings)
	if err != nil {
		return cfn.Handle{}, err
	}
	q.setTags(p.tags())
	url := s.url(q)
	return cfn.Handle{Ref: url, Attributes: map[string]any{"Arn": q.arn, "QueueName": name, "QueueUrl": url}, Delete: func(context.Context) error {
		return s.remove(q)
	}}, nil
}

// updateQueue gives a queue what its template says now; its messages stay, and
// its policy, which is a resource of its own.
func (s *SQS) updateQueue(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after queueProperties) (cfn.Handle, error) {
	q, err := s.queue(path.Base(h.Ref))
	if err != nil {
		return h, err
	}
	changed, err := after.settings()
	if err != nil {
		return h, err
	}
	if err := after.leave(&changed, q.current()); err != nil {
		return h, err
	}
	if err := s.change(q, changed); err != nil {
		return h, err
	}
	return h, q.retag(func(tags map[string]string) error {
		for key := range before.tags() {
			delete(tags, key)
		}
		maps.Copy(tags, after.tags())
		return checkTags(tags)
	})
}

// leave puts back what an update leaves as it was where the template says nothing of
// it: the policy, and what CloudFormation does not take back.
func (p queueProperties) leave(changed *settings, had settings) error {
	changed.policy = had.policy
	if p.DeduplicationScope == "" {
		changed.deduplicationScope = had.deduplicationScope
	}
	if p.FifoThroughputLimit == "" {
		changed.throughputLimit = had.throughputLimit
	}
	if p.SqsManagedSseEnabled == nil && p.KmsMasterKeyId == "" {
		changed.ownKey = had.ownKey
	}
	return changed.check()
}

func (s *SQS) add(q *queue) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.queues[q.name]; ok {
		return fail("QueueNameExists", "QueueAlreadyExists", "A queue already exists with the name %s.", q.name)
	}
	s.queues[q.name] = q
	return nil
}

func (p queueProperties) name(r cfn.Resource) (string, error) {
	name, suffix := p.QueueName, ""
	if p.FifoQueue {
		suffix = fifo.Suffix
	}
	if name == "" {
		return r.PhysicalName(80-len(suffix)) + suffix, nil
	}
	return name, checkName(name, p.FifoQueue)
}

func (p queueProperties) tags() map[string]string {
	tags := map[string]string{}
	for _, tag := range p.Tags {
		if !strings.HasPrefix(tag.Key, "aws:") { // a queue has none of the stack's own
			tags[tag.Key] = tag.Value
		}
	}
	return tags
}

func (p queueProperties) settings() (settings, error) {
	settings := defaultSettings(p.FifoQueue)
	for _, number := range []struct {
		name  string
		value *int
	}{
		{"DelaySeconds", p.DelaySeconds},
		{"MaximumMessageSize", p.MaximumMessageSize},
		{"MessageRetentionPeriod", p.MessageRetentionPeriod},
		{"ReceiveMessageWaitTimeSeconds", p.ReceiveMessageWaitTimeSeconds},
		{"VisibilityTimeout", p.VisibilityTimeout},
		{"KmsDataKeyReusePeriodSeconds", p.KmsDataKeyReusePeriodSeconds},
	} {
		if number.value == nil {
			continue
		}
		if err := settings.set(number.name, strconv.Itoa(*number.value)); err != nil {
			return settings, err
		}
	}
	if b := p.ContentBasedDeduplication; b != nil && (*b || p.FifoQueue) {
		if err := settings.set("ContentBasedDeduplication", strconv.FormatBool(*b)); err != nil {
			return settings, err
		}
	}
	if own := p.SqsManagedSseEnabled; own != nil {
		if err := settings.set("SqsManagedSseEnabled", strconv.FormatBool(*own)); err != nil {
			return settings, err
		}
	}
	for _, text := range []struct{ name, value string }{
		{"KmsMasterKeyId", p.KmsMasterKeyId},
		{"DeduplicationScope", p.DeduplicationScope},
		{"FifoThroughputLimit", p.FifoThroughputLimit},
		{"RedrivePolicy", string(p.RedrivePolicy)},
		{"RedriveAllowPolicy", string(p.RedriveAllowPolicy)},
	} {
		if text.value == "" {
			continue
		}
		if err := settings.set(text.name, text.value); err != nil {
			return settings, err
		}
	}
	return settings, settings.check()
}

type policyProperties struct {
	PolicyDocument json.RawMessage
	Queues         []string // URLs
}

func (s *SQS) createPolicy(_ context.Context, r cfn.Resource, p policyProperties) (cfn.Handle, error) {
	if err := s.setPolicy(p.Queues, p.PolicyDocument); err != nil {
		return cfn.Handle{}, err
	}
	ref := r.PhysicalName(128)
	return cfn.Handle{Ref: ref, Attributes: map[string]any{"Id": ref}, Delete: func(context.Context) error {
		return s.setPolicy(p.Queues, nil)
	}}, nil
}

type inlinePolicyProperties struct {
	PolicyDocument json.RawMessage
	Queue          string // URL
}

func (s *SQS) createInlinePolicy(_ context.Context, _ cfn.Resource, p inlinePolicyProperties) (cfn.Handle, error) {
	queues := []string{p.Queue}
	return cfn.Handle{Ref: p.Queue, Delete: func(context.Context) error {
		return s.setPolicy(queues, nil)
	}}, s.setPolicy(queues, p.PolicyDocument)
}

func (s *SQS) updatePolicy(ctx context.Context, r cfn.Resource, h cfn.Handle, before, after policyProperties) (cfn.Handle, error) {
	left := slices.DeleteFunc(slices.Clone(before.Queues), func(url string) bool {
		_, gone := s.queue(path.Base(url))
		return gone != nil || slices.Contains(after.Queues, url)
	})
	if err := s.setPolicy(left, nil); err != nil {
		return h, err
	}
	return s.createPolicy(ctx, r, after)
}

// setPolicy replaces the policy of queues; nil takes it away.
func (s *SQS) setPolicy(urls []string, policy json.RawMessage) error {
	for _, url := range urls {
		q, err := s.queue(path.Base(url))
		if err != nil {
			return fmt.Errorf("policy of queue %s: %w", url, err)
		}
		if err := s.cloud.SetResourcePolicy(q.arn, "", policy); err != nil {
			return fmt.Errorf("policy of queue %s: %w", url, err)
		}
		q.mu.Lock()
		q.settings.policy = string(policy)
		q.mu.Unlock()
	}
	return nil
}
