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

	standing
	subscriptionSettings
}

// standing is how a subscription came about, whatever it says.
type standing struct {
	principal     string // who has subscribed by a call; empty for a template's
	confirmed     bool   // by an endpoint that is asked
	authenticated bool   // whether that was signed
	guarded       bool   // whether to unsubscribe has to be
	pace          *cloud.Pace
}

// protocols are those that subscriptions may have.
var protocols = []string{"sqs", "lambda", "email", "email-json", "http", "https", "sms"}

type subscriptionSettings struct {
	raw         bool
	policy      string  // the filter policy, as it was given
	scope       string  // of the filter policy
	filter      *filter // made of both; nil: everything
	redrive     string  // the redrive policy, as it was given
	deadLetters string  // the queue that it names, or empty

	delivery *subscriptionDelivery // to an endpoint that speaks HTTP; nil: as the topic says

	role string // as it was given: of Firehose, which is refused
}

// newSubscription is one that says nothing yet.
func newSubscription(t *topic, protocol, endpoint string) *subscription {
	return &subscription{arn: t.arn + ":" + cloud.UUID(), protocol: protocol, endpoint: endpoint, standing: standing{pace: &cloud.Pace{}}}
}

// id is the last part of the ARN.
func (s *subscription) id() string { return s.arn[strings.LastIndex(s.arn, ":")+1:] }

// byMail tells a subscription of somebody's mail address.
func (s *subscription) byMail() bool { return s.protocol == "email" || s.protocol == "email-json" }

// pending tells whether somebody has yet to confirm a subscription: nobody can, of
// those that would leave the machine. A phone is not asked.
func (s *SNS) pending(sub *subscription) bool {
	return sub.byHTTP() && !sub.confirmed || sub.byMail() && s.mailbox == ""
}

// inert tells whether nothing is sent to a subscription.
func (s *SNS) inert(sub *subscription) bool { return s.pending(sub) || sub.protocol == "sms" }

// check tells whether a topic may have the subscription.
func (t *topic) check(sub *subscription) error {
	if t.fifo != nil && sub.protocol != "sqs" {
		return invalid("Invalid protocol type: %s", sub.protocol)
	}
	if t.fifo == nil && sub.protocol == "sqs" && fifo.Named(sub.endpoint) {
		return invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
	}
	ordered := t.fifo != nil && fifo.Named(sub.endpoint)
	if sub.deadLetters != "" && fifo.Named(sub.deadLetters) != ordered {
		kind := "standard"
		if ordered {
			kind = "FIFO"
		}
		return invalid("RedrivePolicy: must use a %s queue as DLQ for a %s Subscription to a %s Topic.", kind, kind, kind)
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
		return notJSON("RedrivePolicy", policy)
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
	s.invite(t, sub, subscriptionConfirmation)
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
	t.drop(arn)
}

// drop is remove, under the lock.
func (t *topic) drop(arn string) {
	before := len(t.subscriptions)
	t.subscriptions = slices.DeleteFunc(t.subscriptions, func(sub *subscription) bool { return sub.arn == arn })
	t.unsubscribed += before - len(t.subscriptions)
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

// values are the attributes that can be set.
func (s *subscription) values() map[string]string {
	values := map[string]string{
		"RawMessageDelivery": strconv.FormatBool(s.raw), "FilterPolicy": s.policy, "FilterPolicyScope": s.scope, "RedrivePolicy": s.redrive, "SubscriptionRoleArn": s.role,
	}
	if text, err := s.delivery.text(); err == nil { // it was read from text
		values["DeliveryPolicy"] = text
	}
	return values
}

type subscriptionInput struct {
	SubscriptionArn string
	AttributeName   string
	AttributeValue  string
}

func (s *SNS) getSubscriptionAttributes(_ context.Context, caller cloud.Caller, in subscriptionARN) (any, error) {
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
		"ConfirmationWasAuthenticated": strconv.FormatBool(sub.authenticated || !sub.byMail() && !sub.byHTTP()),
		"PendingConfirmation":          strconv.FormatBool(s.pending(sub)),
	}
	for name, value := range sub.values() {
		if value != "" && (sub.filter != nil || name != "FilterPolicy" && name != "FilterPolicyScope") {
			attributes[name] = value
		}
	}
	if sub.principal != "" {
		attributes["SubscriptionPrincipal"] = sub.principal
	}
	if sub.byHTTP() {
		effective := sub.delivery.over(t.settings.Load())
		if attributes["EffectiveDeliveryPolicy"], err = effective.text(); err != nil {
			return nil, err
		}
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
	t.subscriptions[i] = changed
	return nil
}

// set changes one attribute.
func (s *subscriptionSettings) set(name, value string) (err error) {
	switch name {
	case "RawMessageDelivery":
		raw := strings.ToLower(value)
		if raw != "true" && raw != "false" {
			return invalid("RawMessageDelivery: Invalid value [%s]. Must be true or false.", value)
		}
		s.raw = raw == "true"
	case "FilterPolicy":
		err = s.setFilter(value, s.scope)
	case "FilterPolicyScope":
		if value != byAttributes && value != byBody {
			return invalid("FilterPolicyScope: Invalid value [%s]. Please use either MessageBody or MessageAttributes", value)
		}
		err = s.setFilter(s.policy, value)
	case "RedrivePolicy":
		err = s.setRedrive(value)
	case "DeliveryPolicy":
		s.delivery, err = readSubscriptionDelivery(value)
	case "SubscriptionRoleArn":
		s.role = value
	case "ReplayPolicy":
		return cloud.NotHonoured("Subscribe and SetSubscriptionAttributes", name)
	default:
		return invalid("AttributeName")
	}
	return err
}
