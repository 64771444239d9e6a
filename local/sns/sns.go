// Package sns is Amazon SNS for the local engine: topics that deliver to queues
// and functions, with filter policies, retries and dead-letter queues; FIFO ones
// to queues only, in the order of their groups. A mail becomes a file in a folder. Other subscriptions that would
// leave the machine (HTTPS, SMS) are kept and listed, and nothing is sent to
// them.
package sns

// This file is the service itself, and its topics.

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// SNS is the service. It implements cloud.API: input and output have the members
// of the XML shapes.
type SNS struct {
	cloud.Operations

	cloud    *cloud.Cloud
	metrics  metrics
	mailbox  mailbox
	localize func(string) string // may be nil

	mu     sync.RWMutex
	topics map[string]*topic // by ARN
}

var _ cloud.API = (*SNS)(nil)

// Options choose where mails go.
type Options struct {
	// Mailbox is the folder that takes a file per mail. Default: mails are not
	// written, and who subscribes by mail never confirms it.
	Mailbox string

	// Localize puts local addresses in place of those that APIs would have on
	// AWS, so that the links of mails work. Default: texts stay as they are.
	Localize func(text string) string
}

// New returns a service without topics.
func New(c *cloud.Cloud, o Options) *SNS {
	s := &SNS{cloud: c, metrics: newMetrics(c), mailbox: mailbox(o.Mailbox), localize: o.Localize, topics: map[string]*topic{}}
	s.Operations = cloud.Operations{
		"GetSubscriptionAttributes": cloud.Handle(s.getSubscriptionAttributes),
		"GetTopicAttributes":        cloud.Handle(s.getTopicAttributes),
		"ListSubscriptions":         cloud.Handle(s.listSubscriptions),
		"ListSubscriptionsByTopic":  cloud.Handle(s.listSubscriptionsByTopic),
		"ListTopics":                cloud.Handle(s.listTopics),
		"Publish":                   cloud.Handle(s.publish),
		"PublishBatch":              cloud.Handle(s.publishBatch),
		"SetSubscriptionAttributes": cloud.Handle(s.setSubscriptionAttributes),
	}
	return s
}

// Protocols implements wire.Speaker.
func (s *SNS) Protocols() wire.Protocols {
	return wire.Protocols{
		Query: &wire.Query{Namespace: "http://sns.amazonaws.com/doc/2010-03-31/"},
		Codes: map[string]string{"AccessDeniedException": "AuthorizationError"},
	}
}

// topic has its subscriptions under the service's lock.
type topic struct {
	arn           string
	name          string
	settings      atomic.Pointer[topicSettings]
	policy        string
	dimensions    map[string]string
	subscriptions []*subscription // in the order in which they were made
	fifo          *fifoTopic      // nil for a standard topic
}

// topicSettings do not change: a topic gets others.
type topicSettings struct {
	displayName  string
	contentBased bool   // of a FIFO topic: deduplication ids are made of messages
	scope        string // of a FIFO topic's deduplication
}

func invalid(format string, args ...any) error {
	return cloud.Errorf(400, "InvalidParameter", "Invalid parameter: "+format, args...)
}

// open authorizes the caller and finds a topic.
func (s *SNS) open(caller cloud.Caller, action, arn string) (*topic, error) {
	if arn == "" {
		return nil, invalid("TopicArn or TargetArn Reason: no value for required parameter")
	}
	if err := s.cloud.Authorize(caller, action, arn); err != nil {
		return nil, err
	}
	return s.topic(arn)
}

func (s *SNS) topic(arn string) (*topic, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.topics[arn]
	if !ok {
		return nil, cloud.Errorf(404, "NotFound", "Topic does not exist")
	}
	return t, nil
}

// subscriptionsOf returns a copy that stays as it is.
func (s *SNS) subscriptionsOf(t *topic) []*subscription {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(t.subscriptions)
}
