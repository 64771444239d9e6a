// Package sns is Amazon SNS for the local engine: topics that deliver to queues
// and functions, with filter policies, retries and dead-letter queues; FIFO ones
// to queues only, in the order of their groups. A mail becomes a file in a folder, and endpoints on this machine are told
// by HTTP. Other subscriptions, which would leave the machine, are kept and
// listed, and nothing is sent to them.
package sns

// This file is the service itself, and its topics.

import (
	"crypto/rsa"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/internal/jackson"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// SNS is the service. It implements cloud.API: input and output have the members
// of the XML shapes.
type SNS struct {
	cloud.Operations

	cloud   *cloud.Cloud
	options Options
	metrics metrics
	mailbox mailbox
	client  *http.Client
	signer  func() (*signer, error) // is made when it is needed first

	mu          sync.RWMutex
	topics      map[string]*topic     // by ARN
	invitations map[string]invitation // by token
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

	// Endpoint is where SNS can be called: the certificate of signatures, and
	// confirmations, are there. Default: the address on AWS.
	Endpoint func() string

	// Key signs messages. Default: a new one.
	Key *rsa.PrivateKey
}

// New returns a service without topics.
func New(c *cloud.Cloud, o Options) *SNS {
	s := &SNS{
		cloud: c, options: o, metrics: newMetrics(c), mailbox: mailbox(o.Mailbox), client: newClient(),
		topics: map[string]*topic{}, invitations: map[string]invitation{},
	}
	s.signer = sync.OnceValues(func() (*signer, error) { return newSigner(o.Key) })
	s.Operations = cloud.Operations{
		"AddPermission":             cloud.Handle(s.addPermission),
		"ConfirmSubscription":       cloud.Handle(s.confirmSubscription),
		"CreateTopic":               cloud.Handle(s.createTopicByCall),
		"DeleteTopic":               cloud.Handle(s.deleteTopic),
		"GetSubscriptionAttributes": cloud.Handle(s.getSubscriptionAttributes),
		"GetTopicAttributes":        cloud.Handle(s.getTopicAttributes),
		"ListSubscriptions":         cloud.Handle(s.listSubscriptions),
		"ListSubscriptionsByTopic":  cloud.Handle(s.listSubscriptionsByTopic),
		"ListTagsForResource":       cloud.Handle(s.listTagsForResource),
		"ListTopics":                cloud.Handle(s.listTopics),
		"Publish":                   cloud.Handle(s.publish),
		"PublishBatch":              cloud.Handle(s.publishBatch),
		"RemovePermission":          cloud.Handle(s.removePermission),
		"SetSubscriptionAttributes": cloud.Handle(s.setSubscriptionAttributes),
		"SetTopicAttributes":        cloud.Handle(s.setTopicAttributes),
		"Subscribe":                 cloud.Handle(s.subscribe),
		"TagResource":               cloud.Handle(s.tagResource).Without("TagKeys"),
		"Unsubscribe":               cloud.Handle(s.unsubscribe),
		"UntagResource":             cloud.Handle(s.untagResource).Without("Tags"),
	}
	return s
}

// Protocols implements wire.Speaker.
func (s *SNS) Protocols() wire.Protocols {
	return wire.Protocols{
		Query: &wire.Query{Namespace: "http://sns.amazonaws.com/doc/2010-03-31/"},
		Codes: map[string]string{"AccessDeniedException": "AuthorizationError"},

		Unsigned: s.unsigned,
	}
}

// topic has its subscriptions under the service's lock.
type topic struct {
	arn           string
	name          string
	settings      atomic.Pointer[topicSettings]
	policy        string // empty: the default one
	tags          []cloud.Tag
	dimensions    map[string]string
	subscriptions []*subscription // in the order in which they were made
	unsubscribed  int             // how many there were besides
	fifo          *fifoTopic      // nil for a standard topic
}

func invalid(format string, args ...any) error {
	return cloud.Errorf(400, "InvalidParameter", "Invalid parameter: "+format, args...)
}

// parser is that of SNS.
var parser = jackson.Parser{Exact: true, Redacted: true}

// notJSON refuses a policy that is no JSON, or none of the shape that it must have.
func notJSON(of, policy string) error {
	if wrong := parser.Fault(policy); wrong != nil {
		return invalid("%s: failed to parse JSON. %v", of, wrong)
	}
	return invalid("%s: failed to parse JSON.", of)
}

// open authorizes the caller and finds a topic.
func (s *SNS) open(caller cloud.Caller, action, arn string) (*topic, error) {
	if err := s.checkTopicARN("TopicArn", arn); err != nil {
		return nil, err
	}
	if action == "sns:Publish" && caller.Context["aws:SourceOwner"] == s.cloud.Account {
		if t, err := s.topic(arn); err == nil && s.byDefault(t) {
			return t, nil
		}
	}
	if err := s.cloud.Authorize(caller, action, arn); err != nil {
		return nil, err
	}
	return s.topic(arn)
}

// checkARN refuses what is no ARN.
func checkARN(parameter, arn string) error {
	if arn == "" {
		return invalid("%s Reason: no value for required parameter", parameter)
	}
	if n := strings.Count(arn, ":") + 1; n < 6 {
		return invalid("%s Reason: An ARN must have at least 6 elements, not %d", parameter, n)
	}
	return nil
}

// checkTopicARN refuses what is no ARN, or that of a topic elsewhere.
func (s *SNS) checkTopicARN(parameter, text string) error {
	if err := checkARN(parameter, text); err != nil {
		return err
	}
	if arn, ok := cloud.ParseARN(text); !ok || arn.Service != "sns" || arn.Region != s.cloud.Region {
		return invalid("%s", parameter)
	}
	return nil
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
