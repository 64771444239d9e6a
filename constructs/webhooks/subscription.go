package webhooks

// This file declares who is told of events.

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

// Subscription is a function that is told of some events, or of all.
type Subscription struct {
	// Name is the id of the subscription: PascalCase. Required.
	Name string

	// Function gets batches of up to ten messages of a FIFO queue, whose bodies are
	// CloudEvents. It has to report the messages that it failed on
	// (ReportBatchItemFailures), and with each all that follow of its
	// MessageGroupId; and to do nothing for an event, known by source and id, that
	// it has had before. Default: one that keeps the events in the table Events.
	Function awslambda.IFunction

	// Timeout is that of Function, of which the queue's visibility timeout is six
	// times. Default: 30 seconds.
	Timeout time.Duration

	// MaxConcurrency is how many batches are worked on at a time, those of one key
	// one after the other: 2 to 1,000. Default: 10.
	MaxConcurrency int

	// Sources are whose events the subscription is told of. Default: those of all.
	Sources []string

	// Types are which events the subscription is told of: "invoice.paid", or with a
	// * at the end, "invoice.*". Default: all.
	Types []string
}

// Subscriber is what is made of a Subscription.
type Subscriber struct {
	Construct    constructs.Construct
	Queue        awssqs.Queue
	DeadLetters  awssqs.Queue // what the function has failed on five times
	Subscription awssns.Subscription
}

var subscriptionName = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{0,39}$`)

func validateSubscriptions(faults *operation.Faults, subscriptions []Subscription) {
	for i, given := range subscriptions {
		if !subscriptionName.MatchString(given.Name) {
			faults.Addf("Subscriptions has %q: give names of 1 to 40 letters and digits, the first one a capital", given.Name)
		}
		if slices.ContainsFunc(subscriptions[:i], func(other Subscription) bool { return other.Name == given.Name }) {
			faults.Addf("Subscriptions has %q twice", given.Name)
		}
		if given.Function == nil && given.Timeout != 0 {
			faults.Addf("Subscription %s has a Timeout and no Function: it is that of yours", given.Name)
		}
		given = given.withDefaults()
		operation.Within(faults, given.Name+".Timeout", given.Timeout, time.Second, 15*time.Minute)
		gofunction.ValidateConcurrency(faults, given.MaxConcurrency)
		for _, text := range slices.Concat(given.Sources, given.Types) {
			if text == "" || text == "*" {
				faults.Addf("Subscription %s has the source or type %q: leave the list empty for all", given.Name, text)
			}
		}
	}
}

func (s Subscription) withDefaults() Subscription {
	if s.Timeout == 0 {
		s.Timeout = 30 * time.Second
	}
	if s.MaxConcurrency == 0 {
		s.MaxConcurrency = 10
	}
	return s
}

// policy is the subscription's filter policy; nil lets everything through.
func (s Subscription) policy() *map[string]awssns.SubscriptionFilter {
	policy := map[string]awssns.SubscriptionFilter{}
	if len(s.Sources) > 0 {
		policy[contract.EventSource] = awssns.SubscriptionFilter_StringFilter(&awssns.StringConditions{Allowlist: jsii.Strings(s.Sources...)})
	}
	var exact, prefixes []string
	for _, kind := range s.Types {
		if prefix, ok := strings.CutSuffix(kind, "*"); ok {
			prefixes = append(prefixes, prefix)
		} else {
			exact = append(exact, kind)
		}
	}
	if len(s.Types) > 0 {
		conditions := &awssns.StringConditions{}
		if len(exact) > 0 {
			conditions.Allowlist = jsii.Strings(exact...)
		}
		if len(prefixes) > 0 {
			conditions.MatchPrefixes = jsii.Strings(prefixes...)
		}
		policy[contract.EventType] = awssns.SubscriptionFilter_StringFilter(conditions)
	}
	if len(policy) == 0 {
		return nil
	}
	return &policy
}

// addTopic declares the topic, and the queue for what a subscription's queue does
// not take.
func (s *System) addTopic(alarms Alarms) {
	s.Topic = operation.NewFIFOTopic(s.Construct, "Topic", s.settings)
	s.Undelivered = operation.NewQueue(s.Construct, "Undelivered", s.settings, awssqs.QueueProps{Fifo: jsii.Bool(true)})
	operation.Suppress(s.Undelivered, "AwsSolutions-SQS3", "This queue is itself a dead-letter queue, watched by an alarm.")
	operation.NewAlarm(s.Construct, "UndeliveredAlarm", s.settings, operation.AlarmProps{
		Description: "Events did not reach a subscription's queue: see the queue's policy and key, and send them on to it.",
		Metric:      operation.MetricDeadLetters(s.Undelivered, nil),
		Threshold:   1,
		Adjust:      alarms.Undelivered,
	})
}

func (s *System) addSubscriptions(functions gofunction.Set[Handler], props Props) {
	s.Subscribers = make(map[string]*Subscriber)
	scope := constructs.NewConstruct(s.Construct, jsii.String("Subscriptions"))
	for _, subscription := range props.Subscriptions {
		subscription = subscription.withDefaults()
		if subscription.Function == nil {
			subscription.Function = s.recorder(functions, subscription.Timeout) // which is the default
		}
		s.Subscribers[subscription.Name] = s.subscribe(scope, subscription, props.Alarms)
	}
}

func (s *System) subscribe(scope constructs.Construct, subscription Subscription, alarms Alarms) *Subscriber {
	this := constructs.NewConstruct(scope, &subscription.Name)
	subscriber := &Subscriber{Construct: this}
	subscriber.Queue, subscriber.DeadLetters = operation.NewFIFOQueue(this, s.settings, subscription.Timeout)
	subscriber.Subscription = awssns.NewSubscription(this, jsii.String("Subscription"), &awssns.SubscriptionProps{
		Topic: s.Topic, Protocol: awssns.SubscriptionProtocol_SQS, Endpoint: subscriber.Queue.QueueArn(),
		RawMessageDelivery: jsii.Bool(true), FilterPolicy: subscription.policy(), DeadLetterQueue: s.Undelivered,
	})
	operation.AllowTopic(subscriber.Queue, s.Topic)
	operation.AllowTopic(s.Undelivered, s.Topic)
	subscription.Function.AddEventSource(awslambdaeventsources.NewSqsEventSource(subscriber.Queue, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize: jsii.Number(10), MaxConcurrency: jsii.Number(subscription.MaxConcurrency), ReportBatchItemFailures: jsii.Bool(true),
	}))
	operation.NewAlarm(this, "DeadLettersAlarm", s.settings, operation.AlarmProps{
		Description: "The subscription's function has failed on events five times: see its log, mend the cause, and redrive them.",
		Metric:      operation.MetricDeadLetters(subscriber.DeadLetters, nil),
		Threshold:   1,
		Adjust:      alarms.DeadLetters,
	})
	operation.NewAlarm(this, "BacklogAlarm", s.settings, operation.AlarmProps{
		Description: "Events wait too long for the subscription's function: see its log and its throttles.",
		Metric:      operation.MetricAge(subscriber.Queue, nil),
		Threshold:   (15 * time.Minute).Seconds(),
		Adjust:      alarms.Backlog,
	})
	return subscriber
}

// recorder is the function of subscriptions that have none of their own.
func (s *System) recorder(functions gofunction.Set[Handler], timeout time.Duration) awslambda.IFunction {
	if s.Record == nil {
		s.Events = operation.NewTable(s.Construct, "Events", s.settings, awsdynamodb.TableProps{
			PartitionKey: text(contract.AttrEventKey), SortKey: text(contract.AttrEventID),
		})
		s.Record = functions.Add("Record", Record, gofunction.Props{
			Description: "Keeps events, each once, in the order of their keys",
			Timeout:     timeout,
			Environment: map[string]string{contract.EnvEventsTable: *s.Events.TableName()},
		})
		operation.AllowTable(s.Record, s.Events, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
	}
	return s.Record.Function
}
