package sns

// This file makes subscriptions by the API, and ends them.

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type subscribeInput struct {
	TopicArn              string
	Protocol              string
	Endpoint              string
	Attributes            map[string]string
	ReturnSubscriptionArn bool
}

type subscriptionARN struct{ SubscriptionArn string }

// subscribe answers with the subscription that there is, if it has the attributes
// that are asked for.
func (s *SNS) subscribe(_ context.Context, caller cloud.Caller, in subscribeInput) (any, error) {
	t, err := s.open(caller, "sns:Subscribe", in.TopicArn)
	if err != nil {
		return nil, err
	}
	wanted, err := in.subscription(t)
	if err != nil {
		return nil, err
	}
	wanted.principal = caller.ARN
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range t.subscriptions {
		if sub.protocol != in.Protocol || sub.endpoint != in.Endpoint {
			continue
		}
		if sub.differs(wanted, in.Attributes) {
			return nil, invalid("Attributes Reason: Subscription already exists with different attributes")
		}
		if s.pending(sub) {
			s.invite(t, sub, subscriptionConfirmation)
		}
		return s.subscribed(sub, in), nil
	}
	if err := t.checkFilters(wanted); err != nil {
		return nil, err
	}
	t.subscriptions = append(t.subscriptions, wanted)
	s.invite(t, wanted, subscriptionConfirmation)
	return s.subscribed(wanted, in), nil
}

// subscribed hides the ARN of a subscription that somebody has yet to confirm.
func (s *SNS) subscribed(sub *subscription, in subscribeInput) subscriptionARN {
	if s.pending(sub) && !in.ReturnSubscriptionArn {
		return subscriptionARN{"pending confirmation"}
	}
	return subscriptionARN{sub.arn}
}

// subscription is the one that a call asks for.
func (in subscribeInput) subscription(t *topic) (*subscription, error) {
	sub := newSubscription(t, in.Protocol, in.Endpoint)
	sub.scope = byAttributes
	if err := sub.checkEndpoint(); err != nil {
		return nil, err
	}
	// the scope first: it decides which filter policies are sound
	names := slices.SortedFunc(maps.Keys(in.Attributes), func(a, b string) int { return strings.Compare(b, a) })
	for _, name := range names {
		if err := sub.set(name, in.Attributes[name]); err != nil {
			return nil, ofAttributes(err)
		}
	}
	return sub, t.check(sub)
}

// ofAttributes is what Subscribe says where SetSubscriptionAttributes would refuse.
func ofAttributes(err error) error {
	if e := cloud.AsError(err); e.Code == "InvalidParameter" {
		return invalid("Attributes Reason: %s", strings.TrimPrefix(e.Message, "Invalid parameter: "))
	}
	return err
}

// differs tells whether a subscription has not what was asked for, by name.
func (s *subscription) differs(wanted *subscription, asked map[string]string) bool {
	has, wants := s.values(), wanted.values()
	for name := range asked {
		if has[name] != wants[name] {
			return true
		}
	}
	return false
}

var phoneNumber = regexp.MustCompile(`^\+?[0-9]+([-./ ()]?[0-9]+)*$`)

// checkEndpoint refuses what is not an address of its protocol.
func (s *subscription) checkEndpoint() error {
	arn, isARN := cloud.ParseARN(s.endpoint)
	switch {
	case s.endpoint == "":
		return invalid("Endpoint")
	case s.protocol == "sqs" && (!isARN || arn.Service != "sqs"):
		return invalid("SQS endpoint ARN")
	case s.protocol == "lambda" && (!isARN || arn.Service != "lambda"):
		return invalid("Lambda endpoint ARN")
	case (s.protocol == "http" || s.protocol == "https") && !strings.HasPrefix(s.endpoint, s.protocol+"://"):
		return invalid("Endpoint must match the specified protocol")
	case s.protocol == "sms" && !phoneNumber.MatchString(s.endpoint):
		return cloud.Errorf(400, "InvalidParameter", "Invalid SMS endpoint: %s", s.endpoint)
	case s.protocol == "application" || s.protocol == "firehose":
		return cloud.NotHonoured("Subscribe", "Protocol "+s.protocol)
	case !slices.Contains(protocols, s.protocol):
		return invalid("Amazon SNS does not support this protocol string: %s", s.protocol)
	}
	return nil
}

// unsubscribe ends a subscription; one that is not there has ended.
func (s *SNS) unsubscribe(_ context.Context, caller cloud.Caller, in subscriptionARN) (any, error) {
	if err := s.cloud.Authorize(caller, "sns:Unsubscribe", "*"); err != nil {
		return nil, err
	}
	if err := checkARN("SubscriptionArn", in.SubscriptionArn); err != nil {
		return nil, err
	}
	arn, _ := cloud.ParseARN(in.SubscriptionArn)
	name, id, _ := strings.Cut(arn.Resource, ":")
	if id == "" {
		return nil, invalid("SubscriptionId")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.topics[s.cloud.ARN("sns", name)]
	_, at, err := s.find(in.SubscriptionArn)
	if t == nil || err != nil {
		return struct{}{}, nil
	}
	sub := t.subscriptions[at]
	if isVisitor(caller) && sub.guarded {
		return nil, cloud.Errorf(403, "AuthorizationError", "To unsubscribe %s has to be signed", sub.arn)
	}
	t.drop(sub.arn)
	if isVisitor(caller) && sub.confirmed {
		s.invite(t, sub, unsubscribeConfirmation)
	}
	return struct{}{}, nil
}
