package b2b

// This file declares the queue between intake and workflow, and the function
// that starts an execution for each message.

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/internal/alarm"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// QueueProps are the properties of a Queue.
type QueueProps struct {
	// Workflow is started once for each message. Required.
	Workflow *workflow.Workflow

	// MaxConcurrency is how many batches of ten messages are started at a
	// time, 2 to 1,000: enough to use the account's StartExecution rate up is
	// enough. Default: 10.
	MaxConcurrency int

	Shared Shared
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
	must("Queue", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	props.Shared = props.Shared.withDefaults(this)

	q := &Queue{Construct: this, DeadLetters: deadLetters(this, "DeadLetters")}
	q.Queue = awssqs.NewQueue(this, jsii.String("Resource"), &awssqs.QueueProps{
		Encryption: awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL: jsii.Bool(true),
		// Six times the consumer's timeout, as Lambda's documentation asks
		// for, so that no message is delivered again while it is worked on.
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * startTimeout.Seconds())),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(4)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: q.DeadLetters, MaxReceiveCount: jsii.Number(5)},
	})
	q.Start = props.Shared.function(this, "Start", "start", gofunction.Props{
		Description: "Starts a workflow execution for each queued transaction",
		Memory:      512,
		Timeout:     startTimeout,
		Environment: map[string]string{
			contract.EnvWorkflowARN: *props.Workflow.StateMachine.StateMachineArn(),
		},
	})
	props.Workflow.GrantStartExecution(q.Start.Role)
	q.Start.Function.AddEventSource(awslambdaeventsources.NewSqsEventSource(q.Queue, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize:               jsii.Number(10),
		MaxConcurrency:          jsii.Number(props.MaxConcurrency),
		ReportBatchItemFailures: jsii.Bool(true),
	}))

	alarm.New(this, "DeadLettersAlarm",
		"A transaction could not be started: mend the cause and redrive the dead letters to the queue.",
		q.MetricDeadLetters(), 1, props.Shared.AlarmTopic)
	alarm.New(this, "BacklogAlarm",
		"Transactions wait for more than 15 minutes to be started: see start's logs and StartExecution's throttling.",
		q.MetricAge(), (15 * time.Minute).Seconds(), props.Shared.AlarmTopic)
	return q
}

func (p *QueueProps) validate() error {
	if p.MaxConcurrency == 0 {
		p.MaxConcurrency = 10
	}
	var faults []error
	require(&faults, "Workflow", p.Workflow != nil)
	return errors.Join(append(faults, validateConcurrency(p.MaxConcurrency))...)
}

// validateConcurrency knows Lambda's bounds.
func validateConcurrency(n int) error {
	if n < 2 || n > 1000 {
		return fmt.Errorf("MaxConcurrency is %d: give 2 to 1000", n)
	}
	return nil
}

// MetricDeadLetters is how many messages were given up.
func (q *Queue) MetricDeadLetters() awscloudwatch.Metric {
	return q.DeadLetters.MetricApproximateNumberOfMessagesVisible(highest())
}

// MetricAge is how long the oldest message has waited, in seconds.
func (q *Queue) MetricAge() awscloudwatch.Metric {
	return q.Queue.MetricApproximateAgeOfOldestMessage(highest())
}
