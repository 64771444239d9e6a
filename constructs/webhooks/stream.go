package webhooks

// This file declares the stream, who follows it, and what becomes of what cannot
// be published.

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

func (s *System) addStream(props Props) {
	s.Stream = operation.NewStream(s.Construct, "Stream", s.settings, props.Shards, props.Retention)
	s.addClaims()
	s.Failures = operation.NewDeadLetters(s.Construct, "Failures", s.settings)
	operation.NewAlarm(s.Construct, "FailuresAlarm", s.settings, operation.AlarmProps{
		Description: "Webhooks were rejected or given up: see their attribute reason, mend the cause, and send them again by tradepost webhooks replay.",
		Metric:      s.MetricFailures(nil),
		Threshold:   1,
		Adjust:      props.Alarms.Failures,
	})
}

// attempts is how often Lambda delivers a batch again that forward was killed by.
// Forward itself fails for nothing that a webhook could be.
const attempts = 5

// addForward declares the function that follows the stream.
func (s *System) addForward(functions gofunction.Set[Handler], props Props) {
	s.Discarded, s.DiscardedLetters = operation.NewWorkQueue(constructs.NewConstruct(s.Construct, jsii.String("Discarded")), s.settings, salvageTimeout)
	s.Forward = functions.Add("Forward", Forward, gofunction.Props{
		Description: "Runs the workflow for each webhook of the stream",
		Memory:      512,
		Timeout:     forwardTimeout(props.Patience),
		Environment: withMetrics(s.settings, map[string]string{
			contract.EnvWorkflowARN: *s.Workflow.StateMachine.StateMachineArn(),
			contract.EnvClaimsTable: *s.Claims.TableName(),
			contract.EnvFailuresURL: *s.Failures.QueueUrl(),
			contract.EnvPatience:    props.Patience.String(),
			contract.EnvRemember:    props.Remember.String(),
		}),
	})
	operation.Allow(s.Forward, []string{*s.Workflow.StateMachine.StateMachineArn()}, "states:StartSyncExecution")
	operation.AllowTable(s.Forward, s.Claims, "dynamodb:PutItem", "dynamodb:UpdateItem")
	operation.AllowSend(s.Forward, s.Failures)
	operation.AllowSend(s.Forward, s.Discarded)
	operation.AllowFollow(s.Forward, s.Stream)

	// The CDK's own way allows Lambda more than it needs.
	mapping := awslambda.NewCfnEventSourceMapping(s.Forward.Construct, jsii.String("Follow"), &awslambda.CfnEventSourceMappingProps{
		FunctionName:               s.Forward.Function.FunctionName(),
		EventSourceArn:             s.Stream.StreamArn(),
		StartingPosition:           jsii.String("TRIM_HORIZON"),
		BatchSize:                  jsii.Number(props.BatchSize),
		ParallelizationFactor:      jsii.Number(props.Parallel),
		FunctionResponseTypes:      jsii.Strings("ReportBatchItemFailures"),
		BisectBatchOnFunctionError: jsii.Bool(true),
		MaximumRetryAttempts:       jsii.Number(attempts),
		MaximumRecordAgeInSeconds:  jsii.Number(props.MaxAge.Seconds()),
		DestinationConfig: &awslambda.CfnEventSourceMapping_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventSourceMapping_OnFailureProperty{Destination: s.Discarded.QueueArn()},
		},
	})
	mapping.Node().AddDependency(s.Forward.Role) // and its policy
	operation.NewAlarm(s.Construct, "LagAlarm", s.settings, operation.AlarmProps{
		Description: "Webhooks wait too long in the stream: see forward's log, the executions of the workflow, and whether one key has most of them.",
		Metric:      s.MetricLag(nil),
		Threshold:   float64((5 * time.Minute).Milliseconds()),
		Adjust:      props.Alarms.Lag,
	})
}

// forwardTimeout leaves room for being patient with one webhook after another has
// been forwarded, and for going through a batch.
func forwardTimeout(patience time.Duration) time.Duration {
	return 3*patience + time.Minute
}

// salvageTimeout is how long salvage reads and parks a batch.
const salvageTimeout = 2 * time.Minute

// addSalvage declares the function that parks what Lambda has given up.
func (s *System) addSalvage(functions gofunction.Set[Handler], props Props) {
	s.Salvage = functions.Add("Salvage", Salvage, gofunction.Props{
		Description: "Parks webhooks that Lambda has given up",
		Timeout:     salvageTimeout,
		Environment: withMetrics(s.settings, map[string]string{
			contract.EnvStreamARN:   *s.Stream.StreamArn(),
			contract.EnvClaimsTable: *s.Claims.TableName(),
			contract.EnvFailuresURL: *s.Failures.QueueUrl(),
			contract.EnvRemember:    props.Remember.String(),
		}),
	})
	operation.AllowTable(s.Salvage, s.Claims, "dynamodb:PutItem", "dynamodb:UpdateItem")
	operation.AllowSend(s.Salvage, s.Failures)
	operation.AllowRead(s.Salvage, s.Stream)
	s.Salvage.Function.AddEventSource(awslambdaeventsources.NewSqsEventSource(s.Discarded, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize: jsii.Number(1), ReportBatchItemFailures: jsii.Bool(true),
	}))
	operation.NewAlarm(s.Construct, "LostAlarm", s.settings, operation.AlarmProps{
		Description: "Lambda has given up webhooks, and they could not be parked: they are in the stream until its retention ends. See salvage's log, and redrive the dead letters.",
		Metric:      operation.MetricDeadLetters(s.DiscardedLetters, nil),
		Threshold:   1,
		Adjust:      props.Alarms.Lost,
	})
	operation.NewAlarm(s.Construct, "UntoldAlarm", s.settings, operation.AlarmProps{
		Description: "Lambda has given up webhooks, and could not say which: see forward's log for the numbers, and the permissions of its role on the queue.",
		Metric:      s.MetricUntold(nil),
		Threshold:   1,
		Adjust:      props.Alarms.Lost,
	})
}

// MetricUntold counts batches that Lambda gave up without being able to say so.
func (s *System) MetricUntold(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.Forward.MetricUntold(options)
}
