package sns

// This file creates the service's CloudFormation resources.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/fifo"
)

// Types returns AWS::SNS::Topic, AWS::SNS::Subscription and AWS::SNS::TopicPolicy.
func (s *SNS) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::SNS::Topic", s.createTopic, cfn.Update(s.updateTopic)),
		cfn.Define("AWS::SNS::Subscription", s.createSubscription, cfn.Update(s.updateSubscription)),
		cfn.Define("AWS::SNS::TopicPolicy", s.createPolicy, cfn.Update(s.updatePolicy)),
	}
}

type topicProperties struct {
	TopicName    string
	DisplayName  string
	Subscription []inlineSubscription

	FifoTopic                 bool
	ContentBasedDeduplication *bool
	FifoThroughputScope       string

	KmsMasterKeyId   string
	SignatureVersion string
	Tags             []cloud.Tag
	TracingConfig    string

	DeliveryStatusLogging cfn.Ignored
}

// inlineSubscription is one without a name of its own.
type inlineSubscription struct{ Protocol, Endpoint string }

func (i inlineSubscription) is(sub *subscription) bool {
	return sub.protocol == i.Protocol && sub.endpoint == i.Endpoint
}

func (s *SNS) createTopic(_ context.Context, r cfn.Resource, p topicProperties) (cfn.Handle, error) {
	name, err := p.name(r)
	if err != nil {
		return cfn.Handle{}, err
	}
	settings, err := p.settings()
	if err != nil {
		return cfn.Handle{}, err
	}
	t := s.newTopic(name, p.FifoTopic, settings)
	t.tags = p.Tags
	if t.subscriptions, err = s.inline(t, p.Subscription); err != nil {
		return cfn.Handle{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := s.topics[t.arn]; exists {
		return cfn.Handle{}, invalid("TopicName Reason: topic %s already exists", t.name)
	}
	s.topics[t.arn] = t
	for _, sub := range t.subscriptions {
		s.invite(t, sub, subscriptionConfirmation)
	}
	return cfn.Handle{Ref: t.arn, Attributes: map[string]any{"TopicArn": t.arn, "TopicName": t.name}, Delete: func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.drop(t)
	}}, nil
}

// updateTopic gives a topic what its template says now. Subscriptions that it
// declares as before go on; those that are resources of their own stay.
func (s *SNS) updateTopic(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after topicProperties) (cfn.Handle, error) {
	t, err := s.topic(h.Ref)
	if err != nil {
		return h, err
	}
	settings, err := after.settings()
	if err != nil {
		return h, err
	}
	wanted, err := s.inline(t, after.Subscription)
	if err != nil {
		return h, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.settings.Store(settings)
	t.tags = cloud.RedeclaredTags(t.tags, before.Tags, after.Tags)
	t.subscriptions = slices.DeleteFunc(t.subscriptions, func(sub *subscription) bool {
		return slices.ContainsFunc(before.Subscription, func(i inlineSubscription) bool { return i.is(sub) && !slices.Contains(after.Subscription, i) })
	})
	for i, declared := range after.Subscription {
		if !slices.ContainsFunc(t.subscriptions, declared.is) {
			t.subscriptions = append(t.subscriptions, wanted[i])
			s.invite(t, wanted[i], subscriptionConfirmation)
		}
	}
	return h, nil
}

// inline makes the subscriptions that a topic itself declares.
func (s *SNS) inline(t *topic, declared []inlineSubscription) ([]*subscription, error) {
	var all []*subscription
	for i, d := range declared {
		sub, err := s.subscription(t, fmt.Sprintf("Subscription[%d].", i), subscriptionProperties{Protocol: d.Protocol, Endpoint: d.Endpoint})
		if err != nil {
			return nil, err
		}
		all = append(all, sub)
	}
	return all, nil
}

// newTopic is a topic that nobody knows yet.
func (s *SNS) newTopic(name string, isFIFO bool, settings *topicSettings) *topic {
	t := &topic{arn: s.cloud.ARN("sns", name), name: name, dimensions: map[string]string{"TopicName": name}}
	t.settings.Store(settings)
	if isFIFO {
		t.fifo = &fifoTopic{lanes: map[laneKey]*lane{}}
	}
	return t
}

// settings are those of the attributes that a template says.
func (p topicProperties) settings() (*topicSettings, error) {
	attributes := map[string]string{}
	for name, value := range map[string]string{
		"DisplayName": p.DisplayName, "FifoThroughputScope": p.FifoThroughputScope, "KmsMasterKeyId": p.KmsMasterKeyId,
		"SignatureVersion": p.SignatureVersion, "TracingConfig": p.TracingConfig,
	} {
		if value != "" {
			attributes[name] = value
		}
	}
	if p.ContentBasedDeduplication != nil && (*p.ContentBasedDeduplication || p.FifoTopic) {
		attributes["ContentBasedDeduplication"] = strconv.FormatBool(*p.ContentBasedDeduplication)
	}
	return newSettings(p.FifoTopic, attributes)
}

func (p topicProperties) name(r cfn.Resource) (string, error) {
	suffix, kind := "", "Topic names must"
	if p.FifoTopic {
		suffix, kind = fifo.Suffix, "Fifo Topic names must end with .fifo and must"
	}
	if p.TopicName == "" {
		return r.PhysicalName(256-len(suffix)) + suffix, nil
	}
	stem, ok := strings.CutSuffix(p.TopicName, suffix)
	if !ok || len(p.TopicName) > 256 || !topicName.MatchString(stem) {
		return "", invalid("%s be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.", kind)
	}
	return p.TopicName, nil
}

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

type subscriptionProperties struct {
	TopicArn            string
	Protocol            string
	Endpoint            string
	RawMessageDelivery  bool
	FilterPolicy        json.RawMessage
	FilterPolicyScope   string
	RedrivePolicy       json.RawMessage
	Region              string
	SubscriptionRoleArn cfn.Ignored // of Firehose, which is refused
	DeliveryPolicy      json.RawMessage
}

func (s *SNS) createSubscription(_ context.Context, _ cfn.Resource, p subscriptionProperties) (cfn.Handle, error) {
	t, err := s.topic(p.TopicArn)
	if err != nil {
		return cfn.Handle{}, fmt.Errorf("subscribe to %s: %w", p.TopicArn, err)
	}
	sub, err := s.subscription(t, "", p)
	if err != nil {
		return cfn.Handle{}, err
	}
	if err := s.add(t, sub); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: sub.arn, Attributes: map[string]any{"Arn": sub.arn}, Delete: func(context.Context) error {
		s.remove(t, sub.arn)
		return nil
	}}, nil
}

// updateSubscription changes what is delivered from the next message on.
func (s *SNS) updateSubscription(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after subscriptionProperties) (cfn.Handle, error) {
	t, err := s.topic(after.TopicArn)
	if err != nil {
		return h, err
	}
	changed, err := s.subscription(t, "", after)
	if err != nil {
		return h, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, at, err := s.find(h.Ref)
	if err != nil {
		return h, err
	}
	changed.arn, changed.standing = h.Ref, t.subscriptions[at].standing
	return h, s.replace(changed)
}

// subscription checks what a template says. The prefix is where it says it.
func (s *SNS) subscription(t *topic, prefix string, p subscriptionProperties) (*subscription, error) {
	if !slices.Contains(protocols, p.Protocol) {
		return nil, &cfn.Unsupported{Property: prefix + "Protocol", Reason: fmt.Sprintf("%q is not served by the local engine", p.Protocol)}
	}
	if p.Region != "" && p.Region != s.cloud.Region {
		return nil, &cfn.Unsupported{Property: prefix + "Region", Reason: "the local engine has one region"}
	}
	sub := newSubscription(t, p.Protocol, p.Endpoint)
	for _, attribute := range []struct{ name, value string }{
		{"RawMessageDelivery", strconv.FormatBool(p.RawMessageDelivery)},
		{"FilterPolicyScope", cmp.Or(p.FilterPolicyScope, byAttributes)},
		{"FilterPolicy", jsonText(p.FilterPolicy)},
		{"RedrivePolicy", jsonText(p.RedrivePolicy)},
		{"DeliveryPolicy", jsonText(p.DeliveryPolicy)},
	} {
		if err := sub.set(attribute.name, attribute.value); err != nil {
			return nil, err
		}
	}
	return sub, t.check(sub)
}

// jsonText is a property that is JSON, which CloudFormation also takes as text.
func jsonText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

type policyProperties struct {
	PolicyDocument json.RawMessage
	Topics         []string // ARNs
}

func (s *SNS) createPolicy(_ context.Context, r cfn.Resource, p policyProperties) (cfn.Handle, error) {
	if err := s.setPolicy(p.Topics, p.PolicyDocument); err != nil {
		return cfn.Handle{}, err
	}
	ref := r.PhysicalName(128)
	return cfn.Handle{Ref: ref, Attributes: map[string]any{"Id": ref}, Delete: func(context.Context) error {
		return s.setPolicy(p.Topics, nil)
	}}, nil
}

func (s *SNS) updatePolicy(ctx context.Context, r cfn.Resource, h cfn.Handle, before, after policyProperties) (cfn.Handle, error) {
	former := slices.DeleteFunc(slices.Clone(before.Topics), func(arn string) bool { return slices.Contains(after.Topics, arn) })
	if err := s.setPolicy(former, nil); err != nil {
		return h, err
	}
	return s.createPolicy(ctx, r, after)
}

// setPolicy replaces the policy of topics; nil takes it away, also with the topic.
func (s *SNS) setPolicy(arns []string, policy json.RawMessage) error {
	for _, arn := range arns {
		t, err := s.topic(arn)
		if err != nil && policy == nil {
			continue
		}
		if err != nil {
			return fmt.Errorf("policy of topic %s: %w", arn, err)
		}
		s.mu.Lock()
		err = s.writePolicy(t, string(policy))
		s.mu.Unlock()
		if err != nil {
			return fmt.Errorf("policy of topic %s: %w", arn, err)
		}
	}
	return nil
}
