// Package sqs is Amazon SQS for the local engine: standard and FIFO queues with
// delays, visibility timeouts, receive counts, dead-letter queues and retention.
package sqs

// This file is the service itself: its queues, and the actions of its API.

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// Options configure the service.
type Options struct {
	// Endpoint returns the engine's address, "http://127.0.0.1:PORT", which
	// queue URLs begin with. Required.
	Endpoint func() string
}

// SQS is the service. It implements cloud.API.
type SQS struct {
	cloud.Operations

	cloud   *cloud.Cloud
	opts    Options
	metrics metrics

	mu      sync.RWMutex
	queues  map[string]*queue // by name
	deleted map[string]time.Time
}

var _ cloud.API = (*SQS)(nil)

// New returns a service without queues. They are measured until c is closed.
func New(c *cloud.Cloud, opts Options) *SQS {
	s := &SQS{cloud: c, opts: opts, metrics: newMetrics(c), queues: map[string]*queue{}, deleted: map[string]time.Time{}}
	s.Operations = s.operations()
	c.Go(s.gauge)
	return s
}

// Protocols implements wire.Speaker: older clients speak the query protocol, at
// the address of the queue.
func (s *SQS) Protocols() wire.Protocols {
	return wire.Protocols{Query: &wire.Query{Namespace: "http://queue.amazonaws.com/doc/2012-11-05/", Path: "QueueUrl", Anywhere: []string{"GetQueueUrl"}, Detail: true}}
}

// operations returns the API. The batch forms need the permission of the single
// one, as on AWS.
func (s *SQS) operations() cloud.Operations {
	return cloud.Operations{
		"AddPermission":                onQueue(s, "AddPermission", s.addPermission),
		"CancelMessageMoveTask":        cloud.Handle(s.cancelMessageMoveTask),
		"ChangeMessageVisibility":      onQueue(s, "ChangeMessageVisibility", s.changeMessageVisibility),
		"ChangeMessageVisibilityBatch": onQueue(s, "ChangeMessageVisibility", s.changeMessageVisibilityBatch),
		"CreateQueue":                  cloud.Handle(s.createQueueByCall),
		"DeleteMessage":                onQueue(s, "DeleteMessage", s.deleteMessage),
		"DeleteMessageBatch":           onQueue(s, "DeleteMessage", s.deleteMessageBatch),
		"DeleteQueue":                  onQueue(s, "DeleteQueue", s.deleteQueue),
		"GetQueueAttributes":           onQueue(s, "GetQueueAttributes", s.getQueueAttributes).TellingPast(),
		"GetQueueUrl":                  cloud.Handle(s.getQueueURL),
		"ListDeadLetterSourceQueues":   onQueue(s, "ListDeadLetterSourceQueues", s.listDeadLetterSourceQueues),
		"ListMessageMoveTasks":         cloud.Handle(s.listMessageMoveTasks),
		"ListQueueTags":                onQueue(s, "ListQueueTags", s.listQueueTags),
		"ListQueues":                   cloud.Handle(s.listQueues),
		"PurgeQueue":                   onQueue(s, "PurgeQueue", s.purgeQueue),
		"ReceiveMessage":               onQueue(s, "ReceiveMessage", s.receiveMessage).TellingPast().TellingCauses(),
		"RemovePermission":             onQueue(s, "RemovePermission", s.removePermission),
		"SendMessage":                  onQueue(s, "SendMessage", s.sendMessage),
		"SendMessageBatch":             onQueue(s, "SendMessage", s.sendMessageBatch),
		"SetQueueAttributes":           onQueue(s, "SetQueueAttributes", s.setQueueAttributes),
		"StartMessageMoveTask":         cloud.Handle(s.startMessageMoveTask),
		"TagQueue":                     onQueue(s, "TagQueue", s.tagQueue),
		"UntagQueue":                   onQueue(s, "UntagQueue", s.untagQueue),
	}
}

// target is the part of an input that all actions on a queue share.
type target struct{ QueueUrl string }

func (t target) url() string { return t.QueueUrl }

// onQueue makes an operation of a function on an existing queue. The caller
// needs the permission sqs:<permission> on that queue.
func onQueue[In interface{ url() string }](s *SQS, permission string, run func(ctx context.Context, caller cloud.Caller, q *queue, in In) (any, error)) cloud.Operation {
	return cloud.Handle(func(ctx context.Context, caller cloud.Caller, in In) (any, error) {
		q, err := s.open(caller, "sqs:"+permission, in.url())
		if err != nil {
			return nil, err
		}
		q.use()
		return run(ctx, caller, q, in)
	})
}

// open authorizes the caller and finds the queue of a URL. Only the path
// /ACCOUNT/NAME counts, so that a URL stays good when the engine's port
// changes, and AWS's own https://sqs.REGION.amazonaws.com/ACCOUNT/NAME works. A
// bare name is a queue of this account.
func (s *SQS) open(caller cloud.Caller, permission, url string) (*queue, error) {
	if url == "" {
		return nil, missing("QueueUrl")
	}
	name := path.Base(url)
	if err := s.cloud.Authorize(caller, permission, s.cloud.ARN("sqs", name)); err != nil {
		return nil, err
	}
	if account := path.Base(path.Dir(url)); account != s.cloud.Account && url != name {
		return nil, noSuchQueue()
	}
	return s.queue(name)
}

func (s *SQS) queue(name string) (*queue, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	q, ok := s.queues[name]
	if !ok {
		return nil, noSuchQueue()
	}
	return q, nil
}

// queueByARN returns nil if there is no such queue.
func (s *SQS) queueByARN(arn string) *queue {
	prefix := s.cloud.ARN("sqs", "")
	if !strings.HasPrefix(arn, prefix) {
		return nil
	}
	q, err := s.queue(strings.TrimPrefix(arn, prefix))
	if err != nil {
		return nil
	}
	return q
}

func (s *SQS) sorted() []*queue {
	s.mu.RLock()
	defer s.mu.RUnlock()
	names := slices.Sorted(maps.Keys(s.queues))
	queues := make([]*queue, len(names))
	for i, name := range names {
		queues[i] = s.queues[name]
	}
	return queues
}

func (s *SQS) url(q *queue) string {
	return s.opts.Endpoint() + "/" + s.cloud.Account + "/" + q.name
}
