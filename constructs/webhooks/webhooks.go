// Package webhooks takes in the webhooks of several senders, each published once
// and in the order of its key, to whoever subscribes.
//
//	sender --> POST /webhooks/{source} --> Receive (signature) --\
//	sender --> POST /webhooks/<source> --> Authorize (token) -----+--> Stream --> Forward --> Workflow:
//	                                                                                  |     Validate, Process,
//	                                                                       Failures <-+     Normalise, Publish
//	                                                                                              |
//	                                   function <-- queue <-- filtered subscription <-- Topic <---/
//
// What is not signed right is answered with 401 and costs no record. What cannot
// be published is among the failures, with the payload and the reason, from where
// it is sent again: go run ./cmd/tradepost webhooks.
package webhooks

// This file puts the system together.

import (
	"cmp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskinesis"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/restapi"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/statemachines"
)

// Props are the properties of a System.
type Props struct {
	// Sources are who sends, by name: the last part of the path that they send to.
	// Required.
	Sources map[string]Source

	// Subscriptions are who is told of events. Default: one, Events, which keeps
	// all of them in a table.
	Subscriptions []Subscription

	// Shards are those of the stream: each takes 1,000 webhooks, or 1 MiB, a
	// second. Default: as many as it takes (on demand).
	Shards int

	// Retention is how long the stream keeps what is not processed yet, or could
	// not even be parked: whole hours, one day to a year. Default: seven days.
	Retention time.Duration

	// MaxAge is how old a webhook may become in the stream before it is parked
	// instead of processed: one minute to seven days, and less than Retention.
	// Default: one day.
	MaxAge time.Duration

	// Patience is how long a webhook is tried before it is parked, 10 seconds to
	// four minutes: so long one that never succeeds holds up those behind it in its
	// shard. Default: one minute.
	Patience time.Duration

	// Remember is how long a webhook that comes again is known to be the same: an
	// hour more than MaxAge at least. Default: seven days.
	Remember time.Duration

	// BatchSize is how many webhooks of a shard are forwarded at a time, those of
	// one key one after the other: 1 to 1,000. Default: 100.
	BatchSize int

	// Parallel is how many batches of a shard are forwarded at a time, those of one
	// key in one of them: 1 to 10. Default: 2.
	Parallel int

	// RequestsPerSecond is the sustained rate of all sources together: what comes
	// faster is answered with 429. Default: 1,000.
	RequestsPerSecond float64

	// Burst is how many requests may come at once. Default: twice the rate, at
	// most 5,000.
	Burst int

	// WebACL is the ARN of a regional web ACL of AWS WAF to put in front. Default:
	// none.
	WebACL string

	// KeepAPIAccount leaves the account's role for API Gateway's logs as it is.
	// Default: the stack sets one.
	KeepAPIAccount bool

	// Code replaces the code of functions: see Process and Normalise. Default: this
	// module's own handlers, built here.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept, whom the alarms tell, and
	// which key encrypts everything. Default: see operation.Settings.
	Operation operation.Settings
}

// System is all of it.
type System struct {
	Construct constructs.Construct

	API *restapi.API

	// Secrets are those of the sources, by name: JSON with current, which is made
	// up at first, and previous, a list of those that are valid as well. A change
	// is known within a minute. Their names are SecretPrefix and the source.
	Secrets      map[string]awssecretsmanager.Secret
	SecretPrefix string

	// Stream has a record per webhook (contract: internal/contract/webhooks.Record).
	Stream awskinesis.Stream

	// Claims has a row per webhook: who is at work on it, or what has become of it.
	Claims awsdynamodb.Table

	// Failures holds webhooks that were rejected or given up: the body is the
	// record, the attributes are outcome, reason, source, id, key, sequence and
	// parkedAt.
	Failures awssqs.Queue

	// Discarded is told of batches that Lambda has given up, and DiscardedLetters
	// holds those of them that Salvage could not park.
	Discarded, DiscardedLetters awssqs.Queue

	// Workflow runs an execution per webhook.
	Workflow *workflow.Workflow

	// Topic is a FIFO topic of CloudEvents, with the message attributes source,
	// type and id. Undelivered holds those that did not reach a subscription.
	Topic       awssns.Topic
	Undelivered awssqs.Queue

	// Subscribers are those of Props.Subscriptions, by name.
	Subscribers map[string]*Subscriber

	// Events is what the subscription Events fills, with a row per event: eventKey
	// (the partition key), eventId, place, type, receivedAt and data. Nil if no
	// subscription is without a function.
	Events awsdynamodb.Table

	Receive, Forward, Salvage, Validate, Process, Normalise, Publish *gofunction.Function

	// Authorize is nil without a source of the scheme Token, Record without Events.
	Authorize, Record *gofunction.Function

	AlarmTopic awssns.ITopic
	Dashboard  awscloudwatch.Dashboard

	settings operation.Settings
}

// New declares the system. It panics if props are wrong.
func New(scope constructs.Construct, id string, props Props) *System {
	props = props.withDefaults()
	operation.Must("webhooks.System", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	settings := props.Operation.WithDefaults(this)
	functions := gofunction.Set[Handler]{Scope: this, System: "webhooks", Code: props.Code, Alarms: props.Alarms.Functions}
	functions.Prepare(handlers...)

	if settings.AlarmTopic == nil {
		settings.AlarmTopic = operation.NewAlarmTopic(this, "Alarms", settings)
	}
	functions.Operation = settings
	s := &System{Construct: this, AlarmTopic: settings.AlarmTopic, settings: settings}
	s.addStream(props)
	s.addAPI(functions, props)
	s.addTopic(props.Alarms)
	s.addSteps(functions, props.Sources)
	s.addWorkflow(props.Alarms.Workflow)
	s.addForward(functions, props)
	s.addSalvage(functions, props)
	s.addSubscriptions(functions, props)
	s.addOverview()
	return s
}

func (p Props) withDefaults() Props {
	p.Retention = cmp.Or(p.Retention, 7*24*time.Hour)
	p.MaxAge = cmp.Or(p.MaxAge, 24*time.Hour)
	p.Patience = cmp.Or(p.Patience, time.Minute)
	p.Remember = cmp.Or(p.Remember, 7*24*time.Hour)
	p.BatchSize = cmp.Or(p.BatchSize, 100)
	p.Parallel = cmp.Or(p.Parallel, 2)
	p.Alarms = p.Alarms.withDefaults()
	if len(p.Subscriptions) == 0 {
		p.Subscriptions = []Subscription{{Name: "Events"}}
	}
	return p
}

func (p Props) validate() error {
	var faults operation.Faults
	validateSources(&faults, p.Sources)
	validateSubscriptions(&faults, p.Subscriptions)
	operation.Within(&faults, "Shards", p.Shards, 0, 10_000)
	operation.Within(&faults, "Retention", p.Retention, 24*time.Hour, 365*24*time.Hour)
	if p.Retention%time.Hour != 0 {
		faults.Addf("Retention is %v: give whole hours", p.Retention)
	}
	operation.Within(&faults, "MaxAge", p.MaxAge, time.Minute, 7*24*time.Hour)
	if p.MaxAge >= p.Retention {
		faults.Addf("MaxAge is %v, and Retention %v: what is too old is read from the stream once more", p.MaxAge, p.Retention)
	}
	operation.Within(&faults, "Patience", p.Patience, 10*time.Second, 4*time.Minute)
	if p.Remember < p.MaxAge+time.Hour {
		faults.Addf("Remember is %v: give %v, an hour more than MaxAge, at least", p.Remember, p.MaxAge+time.Hour)
	}
	for name, given := range map[string]time.Duration{"MaxAge": p.MaxAge, "Patience": p.Patience, "Remember": p.Remember} {
		if given%time.Second != 0 {
			faults.Addf("%s is %v: give whole seconds", name, given)
		}
	}
	operation.Within(&faults, "BatchSize", p.BatchSize, 1, 1000)
	operation.Within(&faults, "Parallel", p.Parallel, 1, 10)
	operation.NotNegative(&faults, "RequestsPerSecond", p.RequestsPerSecond)
	operation.NotNegative(&faults, "Burst", p.Burst)
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.validate(&faults)
	return faults.Err()
}

func (s *System) addWorkflow(alarms workflow.Alarms) {
	steps := map[string]*gofunction.Function{
		"ValidateFunctionArn": s.Validate, "ProcessFunctionArn": s.Process, "NormaliseFunctionArn": s.Normalise, "PublishFunctionArn": s.Publish,
	}
	substitutions := make(map[string]string, len(steps))
	for name, step := range steps {
		substitutions[name] = *step.Function.FunctionArn()
	}
	s.Workflow = workflow.New(s.Construct, "Workflow", workflow.Props{
		Definition:    statemachines.Definition("webhooks/webhook.asl.json"),
		Substitutions: substitutions,
		Express:       true,
		Alarms:        alarms,
		Operation:     s.settings,
	})
	for _, step := range []*gofunction.Function{s.Validate, s.Process, s.Normalise, s.Publish} {
		step.GrantInvoke(s.Workflow)
	}
}

// text is an attribute of a table's key.
func text(name string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: &name, Type: awsdynamodb.AttributeType_STRING}
}

func (s *System) addClaims() {
	s.Claims = operation.NewTable(s.Construct, "Claims", s.settings, awsdynamodb.TableProps{
		PartitionKey: text(contract.AttrWebhook), TimeToLiveAttribute: ptr(contract.AttrExpiresAt),
	})
}

func ptr(text string) *string { return &text }
