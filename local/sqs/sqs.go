// Package sqs is Amazon SQS for the local engine: standard queues with delays,
// visibility timeouts, receive counts, dead-letter queues and retention. FIFO
// queues are refused when they are loaded.
package sqs

// This file is the service itself: its queues, and how an API call finds its action.

import (
	"context"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// ResourcePolicies keeps the policies of queues where the authorizer finds them.
type ResourcePolicies interface {
	SetResourcePolicy(resourceARN string, policy json.RawMessage) error
}

// Options configure the service.
type Options struct {
	// Endpoint returns the engine's address, "http://127.0.0.1:PORT", which
	// queue URLs begin with. Required.
	Endpoint func() string

	// Policies takes the statements of AWS::SQS::QueuePolicy. Required where
	// templates have such resources.
	Policies ResourcePolicies
}

// SQS is the service. It implements cloud.API.
type SQS struct {
	cloud *cloud.Cloud
	opts  Options

	mu     sync.RWMutex
	queues map[string]*queue // by name
}

var _ cloud.API = (*SQS)(nil)

// New returns a service without queues.
func New(c *cloud.Cloud, opts Options) *SQS {
	return &SQS{cloud: c, opts: opts, queues: map[string]*queue{}}
}

type action func(s *SQS, ctx context.Context, caller cloud.Caller, input json.RawMessage) (any, error)

// target is the part of an input that all actions on a queue share.
type target struct{ QueueUrl string }

func (t target) url() string { return t.QueueUrl }

// queueAction makes an action of a function on an existing queue. The caller
// needs the permission sqs:<permission> on that queue.
func queueAction[In interface{ url() string }](permission string, run func(s *SQS, ctx context.Context, caller cloud.Caller, q *queue, in In) (any, error)) action {
	return func(s *SQS, ctx context.Context, caller cloud.Caller, input json.RawMessage) (any, error) {
		var in In
		if err := decodeInput(input, &in); err != nil {
			return nil, err
		}
		q, err := s.open(caller, "sqs:"+permission, in.url())
		if err != nil {
			return nil, err
		}
		return run(s, ctx, caller, q, in)
	}
}

// actions maps the name of each API action to its implementation. The batch
// forms need the permission of the single one, as on AWS.
func actions(name string) (action, bool) {
	switch name {
	case "SendMessage":
		return queueAction("SendMessage", (*SQS).sendMessage), true
	case "SendMessageBatch":
		return queueAction("SendMessage", (*SQS).sendMessageBatch), true
	case "ReceiveMessage":
		return queueAction("ReceiveMessage", (*SQS).receiveMessage), true
	case "DeleteMessage":
		return queueAction("DeleteMessage", (*SQS).deleteMessage), true
	case "DeleteMessageBatch":
		return queueAction("DeleteMessage", (*SQS).deleteMessageBatch), true
	case "ChangeMessageVisibility":
		return queueAction("ChangeMessageVisibility", (*SQS).changeMessageVisibility), true
	case "ChangeMessageVisibilityBatch":
		return queueAction("ChangeMessageVisibility", (*SQS).changeMessageVisibilityBatch), true
	case "GetQueueAttributes":
		return queueAction("GetQueueAttributes", (*SQS).getQueueAttributes), true
	case "SetQueueAttributes":
		return queueAction("SetQueueAttributes", (*SQS).setQueueAttributes), true
	case "PurgeQueue":
		return queueAction("PurgeQueue", (*SQS).purgeQueue), true
	case "ListDeadLetterSourceQueues":
		return queueAction("ListDeadLetterSourceQueues", (*SQS).listDeadLetterSourceQueues), true
	case "GetQueueUrl":
		return (*SQS).getQueueURL, true
	case "ListQueues":
		return (*SQS).listQueues, true
	case "StartMessageMoveTask":
		return (*SQS).startMessageMoveTask, true
	case "ListMessageMoveTasks":
		return (*SQS).listMessageMoveTasks, true
	}
	return nil, false
}

// Supports tells whether Call knows the action.
func (s *SQS) Supports(name string) bool {
	_, ok := actions(name)
	return ok
}

// Call performs one action of the SQS API, in its JSON shapes.
func (s *SQS) Call(ctx context.Context, caller cloud.Caller, name string, input json.RawMessage) (json.RawMessage, error) {
	run, ok := actions(name)
	if !ok {
		return nil, fail("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", "The local engine does not serve sqs:%s.", name)
	}
	output, err := run(s, ctx, caller, input)
	if err != nil {
		return nil, err
	}
	if output == nil {
		return json.RawMessage("{}"), nil
	}
	return json.Marshal(output)
}

// open authorizes the caller and finds the queue of a URL. Only the path
// /ACCOUNT/NAME counts, so that a URL stays good when the engine's port
// changes, and AWS's own https://sqs.REGION.amazonaws.com/ACCOUNT/NAME works.
func (s *SQS) open(caller cloud.Caller, permission, url string) (*queue, error) {
	if url == "" {
		return nil, missing("QueueUrl")
	}
	name := path.Base(url)
	if err := s.cloud.Authorize(caller, permission, s.cloud.ARN("sqs", name)); err != nil {
		return nil, err
	}
	if account := path.Base(path.Dir(url)); account != s.cloud.Account {
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

// count publishes one of SQS's metrics of messages.
func (s *SQS) count(q *queue, metric string, n int) {
	if n == 0 {
		return
	}
	s.cloud.Observe(cloud.Datum{
		Namespace:  "AWS/SQS",
		Name:       metric,
		Dimensions: map[string]string{"QueueName": q.name},
		Value:      float64(n),
		Unit:       "Count",
	})
}

func decodeInput(input json.RawMessage, in any) error {
	if err := json.Unmarshal(input, in); err != nil {
		return cloud.Errorf(400, "SerializationException", "the input is not of the action's shape: %v", err)
	}
	return nil
}
