package b2b

// This file declares the queue between intake and workflow, and the function
// that starts an execution for each message.

import (
	"cmp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// QueueProps are the properties of a Queue.
type QueueProps struct {
	// StateMachine is started once for each message, under a name of the
	// message's own. Required.
	StateMachine awsstepfunctions.IStateMachine

	// MaxConcurrency is how many batches of ten messages are started at a
	// time, 2 to 1,000: enough to use the account's StartExecution rate up is
	// enough. Default: 10.
	MaxConcurrency int

	// Code replaces the code of functions. Default: this module's own
	// handlers, built here.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept and whom the alarms tell.
	// Default: see operation.Settings.
	Operation operation.Settings
}

// Queue holds transactions that are taken in and not yet started. A message
// that cannot be started after five deliveries is kept as a dead letter.
type Queue struct {
	Construct   constructs.Construct
	Queue       awssqs.Queue
	DeadLetters awssqs.Queue
	Start       *gofunction.Function
}

const startTimeout = time.Minute

// NewQueue declares the queue and its function. It panics if props are wrong.
func NewQueue(scope constructs.Construct, id string, props QueueProps) *Queue {
	props = props.withDefaults()
	operation.Must("b2b.Queue", id, props.validate())
	this := constructs.NewConstruct(scope, &id)

	q := &Queue{Construct: this, DeadLetters: operation.NewDeadLetters(this, "DeadLetters", props.Operation)}
	q.Queue = operation.NewQueue(this, "Resource", props.Operation, awssqs.QueueProps{
		// Six times the consumer's timeout, as Lambda's documentation asks
		// for, so that no message is delivered again while it is worked on.
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * startTimeout.Seconds())),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: q.DeadLetters, MaxReceiveCount: jsii.Number(5)},
	})
	q.Start = functions(this, props.Code, props.Operation, props.Alarms.Functions).Add("Start", Start, gofunction.Props{
		Description: "Starts a workflow execution for each queued transaction",
		Memory:      512,
		Timeout:     startTimeout,
		Environment: map[string]string{
			contract.EnvWorkflowARN: *props.StateMachine.StateMachineArn(),
		},
	})
	props.StateMachine.GrantStartExecution(q.Start.Role)
	q.Start.Function.AddEventSource(awslambdaeventsources.NewSqsEventSource(q.Queue, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize:               jsii.Number(10),
		MaxConcurrency:          jsii.Number(props.MaxConcurrency),
		ReportBatchItemFailures: jsii.Bool(true),
	}))

	operation.NewAlarm(this, "DeadLettersAlarm", props.Operation, operation.AlarmProps{
		Description: "A transaction could not be started: mend the cause and redrive the dead letters to the queue.",
		Metric:      q.MetricDeadLetters(nil),
		Threshold:   1,
		Adjust:      props.Alarms.DeadLetters,
	})
	operation.NewAlarm(this, "BacklogAlarm", props.Operation, operation.AlarmProps{
		Description: "Transactions wait too long to be started: see start's logs and StartExecution's throttling.",
		Metric:      q.MetricAge(nil),
		Threshold:   (15 * time.Minute).Seconds(),
		Adjust:      props.Alarms.Backlog,
	})
	return q
}

func (p QueueProps) withDefaults() QueueProps {
	p.MaxConcurrency = cmp.Or(p.MaxConcurrency, 10)
	return p
}

func (p QueueProps) validate() error {
	var faults operation.Faults
	faults.Require("StateMachine", p.StateMachine != nil)
	validateConcurrency(&faults, p.MaxConcurrency)
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.validate(&faults)
	return faults.Err()
}

// validateConcurrency knows Lambda's bounds.
func validateConcurrency(faults *operation.Faults, n int) {
	operation.Within(faults, "MaxConcurrency", n, 2, 1000)
}

// MetricDeadLetters is how many messages were given up.
func (q *Queue) MetricDeadLetters(options *operation.MetricOptions) awscloudwatch.Metric {
	return operation.MetricDeadLetters(q.DeadLetters, options)
}

// MetricAge is how long the oldest message has waited, in seconds.
func (q *Queue) MetricAge(options *operation.MetricOptions) awscloudwatch.Metric {
	return operation.MetricAge(q.Queue, options)
}
