package sns

// This file is subscriptions: what a template or a caller says about one, and
// what callers are told. A subscription never changes; what it says is changed
// by another one in its place.

import (
	"context"
	"encoding/json"
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/fifo"
)

type subscription struct {
	arn      string
	protocol string
	endpoint string
	subscriptionSettings
}

type subscriptionSettings struct {
	raw         bool
	policy      string  // the filter policy, as it was given
	scope       string  // of the filter policy
	filter      *filter // made of both; nil: everything
	redrive     string  // the redrive policy, as it was given
	deadLetters string  // the queue that it names, or empty
}

// id is the last part of the ARN.
func (s *subscription) id() string { return s.arn[strings.LastIndex(s.arn, ":")+1:] }

// byMail tells a subscription of somebody's mail address.
func (s *subscription) byMail() bool { return s.protocol == "email" || s.protocol == "email-json" }

// inert tells whether a subscription would leave the machine.
func (s *SNS) inert(sub *subscription) bool {
	if sub.byMail() {
		return s.mailbox == ""
	}
	return sub.protocol != "sqs" && sub.protocol != "lambda"
}

// check tells whether a topic may have the subscription.
func (t *topic) check(sub *subscription) error {
	if t.fifo != nil && sub.protocol != "sqs" {
		return invalid("Invalid protocol type: %s", sub.protocol)
	}
	if t.fifo == nil && sub.protocol == "sqs" && fifo.Named(sub.endpoint) {
		return invalid("Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
	}
	if sub.deadLetters != "" && fifo.Named(sub.deadLetters) != (t.fifo != nil) {
		return invalid("RedrivePolicy: the dead-letter queue of a FIFO topic's subscription must be a FIFO queue, and that of a standard topic's a standard queue")
	}
	if sub.byMail() {
		if address, err := mail.ParseAddress(sub.endpoint); err != nil || address.Address != sub.endpoint {
			return invalid("Email address")
		}
	}
	if sub.raw && sub.protocol != "sqs" && !strings.HasPrefix(sub.protocol, "http") {
		return invalid("Attributes Reason: RawMessageDelivery: delivery protocol [%s] does not support raw message delivery.", sub.protocol)
	}
	return nil
}

// setFilter reads a filter policy for a scope.
func (s *subscriptionSettings) setFilter(policy, scope string) (err error) {
	s.policy, s.scope = policy, scope
	s.filter, err = newFilter(policy, scope)
	return err
}

// setRedrive reads the policy that names the subscription's dead letters.
func (s *subscriptionSettings) setRedrive(policy string) error {
	s.redrive, s.deadLetters = "", ""
	if policy == "" {
		return nil
	}
	var redrive struct {
		DeadLetterTargetArn string `json:"deadLetterTargetArn"`
	}
	if err := json.Unmarshal([]byte(policy), &redrive); err != nil {
		return invalid("RedrivePolicy: failed to parse JSON.")
	}
	if arn, ok := cloud.ParseARN(redrive.DeadLetterTargetArn); !ok || arn.Service != "sqs" {
		return invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn")
	}
	s.redrive, s.deadLetters = policy, redrive.DeadLetterTargetArn
	return nil
}

// add makes a subscription one of the topic's.
func (s *SNS) add(t *topic, sub *subscription) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := t.checkFilters(sub); err != nil {
		return err
	}
	t.subscriptions = append(t.subscriptions, sub)
	return nil
}

// checkFilters counts the filter policies of a topic whose other subscriptions
// stay as they are.
func (t *topic) checkFilters(changed *subscription) error {
	filters := 0
	for _, sub := range t.subscriptions {
		if sub.filter != nil && sub.arn != changed.arn {
			filters++
		}
	}
	if changed.filter != nil && filters >= maxFiltersPerTopic {
		return cloud.Errorf(403, "FilterPolicyLimitExceeded", "The number of filter policies of topic %s is at its limit of %d.", t.name, maxFiltersPerTopic)
	}
	return nil
}

// remove lets a subscription go.
func (s *SNS) remove(t *topic, arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.subscriptions = slices.DeleteFunc(slices.Clone(t.subscriptions), func(sub *subscription) bool { return sub.arn == arn })
}

// find returns the subscription of an ARN with its topic, under the lock.
func (s *SNS) find(arn string) (*topic, int, error) {
	for _, t := range s.topics {
		for i, sub := range t.subscriptions {
			if sub.arn == arn {
				return t, i, nil
			}
		}
	}
	return nil, 0, cloud.Errorf(404, "NotFound", "Subscription does not exist")
}

type subscriptionInput struct {
	SubscriptionArn string
	AttributeName   string
	AttributeValue  string
}

func (s *SNS) getSubscriptionAttributes(_ context.Context, caller cloud.Caller, in subscriptionInput) (any, error) {
	if err := s.cloud.Authorize(caller, "sns:GetSubscriptionAttributes", "*"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, i, err := s.find(in.SubscriptionArn)
	if err != nil {
		return nil, err
	}
	sub := t.subscriptions[i]
	attributes := map[string]string{
		"SubscriptionArn":              sub.arn,
		"TopicArn":                     t.arn,
		"Owner":                        s.cloud.Account,
		"Protocol":                     sub.protocol,
		"Endpoint":                     sub.endpoint,
		"ConfirmationWasAuthenticated": strconv.FormatBool(!sub.byMail()),
		"PendingConfirmation":          strconv.FormatBool(s.inert(sub)),
		"RawMessageDelivery":           strconv.FormatBool(sub.raw),
	}
	if sub.filter != nil {
		attributes["FilterPolicy"], attributes["FilterPolicyScope"] = sub.policy, sub.scope
	}
	if sub.redrive != "" {
		attributes["RedrivePolicy"] = sub.redrive
	}
	return struct{ Attributes map[string]string }{attributes}, nil
}

func (s *SNS) setSubscriptionAttributes(_ context.Context, caller cloud.Caller, in subscriptionInput) (any, error) {
	if err := s.cloud.Authorize(caller, "sns:SetSubscriptionAttributes", "*"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, i, err := s.find(in.SubscriptionArn)
	if err != nil {
		return nil, err
	}
	changed := *t.subscriptions[i]
	if err := changed.set(in.AttributeName, in.AttributeValue); err != nil {
		return nil, err
	}
	return struct{}{}, s.replace(&changed)
}

// replace puts a subscription in the place of the one with its ARN, under the lock.
func (s *SNS) replace(changed *subscription) error {
	t, i, err := s.find(changed.arn)
	if err != nil {
		return err
	}
	for _, check := range []func(*subscription) error{t.check, t.checkFilters} {
		if err := check(changed); err != nil {
			return err
		}
	}
	t.subscriptions = slices.Clone(t.subscriptions)
	t.subscriptions[i] = changed
	return nil
}

// set changes one attribute.
func (s *subscriptionSettings) set(name, value string) (err error) {
	switch name {
	case "RawMessageDelivery":
		if value != "true" && value != "false" {
			return invalid("RawMessageDelivery: Invalid value [%s]. Must be true or false.", value)
		}
		s.raw = value == "true"
	case "FilterPolicy":
		err = s.setFilter(value, s.scope)
	case "FilterPolicyScope":
		if value != byAttributes && value != byBody {
			return invalid("FilterPolicyScope: Invalid value [%s]. Please use either MessageBody or MessageAttributes", value)
		}
		err = s.setFilter(s.policy, value)
	case "RedrivePolicy":
		err = s.setRedrive(value)
	case "DeliveryPolicy", "SubscriptionRoleArn": // of HTTP, which is inert, and of Firehose, which is refused
	default:
		return invalid("AttributeName")
	}
	return err
}
