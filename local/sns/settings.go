package sns

// This file is the attributes of topics: those that a topic is given, by a template
// or by a call, and those that are told.

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// topicSettings do not change: a topic gets others.
type topicSettings struct {
	displayName  string
	contentBased bool              // of a FIFO topic: deduplication ids are made of messages
	scope        string            // of a FIFO topic's deduplication; empty is that of the topic
	signature    string            // version of it, or empty
	delivery     topicDelivery     // to endpoints that speak HTTP
	told         map[string]string // attributes that are told as they were given: most have no effect here
}

// newSettings are those of attributes.
func newSettings(isFIFO bool, attributes map[string]string) (*topicSettings, error) {
	s := &topicSettings{told: map[string]string{}}
	s.delivery, _, _ = readDelivery("")
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if err := s.set(isFIFO, name, attributes[name]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// toldAttributes have no effect here: nothing is encrypted or traced.
var toldAttributes = []string{"KmsMasterKeyId", "TracingConfig"}

// notServed are attributes of AWS's that a topic can not have here: of archives,
// and of logs of deliveries.
var notServed = func() []string {
	names := []string{"ArchivePolicy", "DataProtectionPolicy"}
	for _, protocol := range []string{"Application", "Firehose", "HTTP", "Lambda", "SQS"} {
		names = append(names, protocol+"FailureFeedbackRoleArn", protocol+"SuccessFeedbackRoleArn", protocol+"SuccessFeedbackSampleRate")
	}
	return names
}()

func (s *topicSettings) set(isFIFO bool, name, value string) error {
	switch {
	case name == "DisplayName":
		if len([]rune(value)) > 100 {
			return invalid("DisplayName")
		}
		s.displayName = value
	case name == "SignatureVersion":
		if value != "1" && value != "2" {
			return invalid("SignatureVersion")
		}
		s.signature = value
	case name == "ContentBasedDeduplication" && isFIFO:
		if value != "true" && value != "false" {
			return invalid("ContentBasedDeduplication Reason: Invalid value [%s]. Must be true or false.", value)
		}
		s.contentBased = value == "true"
	case name == "FifoThroughputScope" && isFIFO:
		if value != perTopic && value != perGroup {
			return invalid("FifoThroughputScope Reason: Invalid value [%s]. Must be Topic or MessageGroup", value)
		}
		s.scope = value
	case name == "ContentBasedDeduplication" || name == "FifoThroughputScope":
		return invalid("Attributes Reason: ContentBasedDeduplication and FifoThroughputScope can only be set for FIFO topics")
	case name == "DeliveryPolicy":
		delivery, told, err := readDelivery(value)
		if err != nil {
			return err
		}
		s.delivery = delivery
		s.tell(name, told)
	case slices.Contains(toldAttributes, name):
		s.tell(name, value)
	case slices.Contains(notServed, name):
		return cloud.NotHonoured("CreateTopic and SetTopicAttributes", name)
	default:
		return invalid("AttributeName")
	}
	return nil
}

// tell keeps an attribute as it was given; an empty one is none.
func (s *topicSettings) tell(name, value string) {
	s.told = maps.Clone(s.told)
	s.told[name] = value
	if value == "" {
		delete(s.told, name)
	}
}

// attributes are what GetTopicAttributes tells. The lock is held.
func (s *SNS) attributes(t *topic) (map[string]string, error) {
	settings := t.settings.Load()
	effective, err := cloud.Encode(settings.delivery)
	if err != nil {
		return nil, err
	}
	attributes := map[string]string{
		"TopicArn": t.arn, "Owner": s.cloud.Account, "DisplayName": settings.displayName, "Policy": t.policy,
		"EffectiveDeliveryPolicy": string(effective), "SubscriptionsDeleted": strconv.Itoa(t.unsubscribed),
	}
	maps.Copy(attributes, settings.told)
	if settings.signature != "" {
		attributes["SignatureVersion"] = settings.signature
	}
	if t.fifo != nil {
		attributes["FifoTopic"] = "true"
		attributes["ContentBasedDeduplication"] = strconv.FormatBool(settings.contentBased)
		if settings.scope != "" {
			attributes["FifoThroughputScope"] = settings.scope
		}
	}
	if t.policy == "" {
		attributes["Policy"] = t.defaultPolicy(s.cloud.Account)
	}
	confirmed := 0
	for _, sub := range t.subscriptions {
		if !s.pending(sub) {
			confirmed++
		}
	}
	attributes["SubscriptionsConfirmed"] = strconv.Itoa(confirmed)
	attributes["SubscriptionsPending"] = strconv.Itoa(len(t.subscriptions) - confirmed)
	return attributes, nil
}

// byDefault tells whether nobody has given the topic a policy: services that call
// with AWS:SourceOwner, as alarms do, then publish to the account's topics.
func (s *SNS) byDefault(t *topic) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return t.policy == ""
}

// defaultPolicy is that of a topic which nobody has given one. To others than such
// services it permits nothing that policies of identities do not: they call with
// AWS:SourceAccount.
func (t *topic) defaultPolicy(account string) string {
	const text = `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},` +
		`"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],` +
		`"Resource":%q,"Condition":{"StringEquals":{"AWS:SourceOwner":%q}}}]}`
	return fmt.Sprintf(text, t.arn, account)
}
