package workflowapi

// This file tells queues and topics what becomes of executions.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// Progress says who is told when an execution is RUNNING, and when it has
// SUCCEEDED, FAILED, TIMED_OUT or is ABORTED: each time a message with the
// detail of AWS's event, {"executionArn","name","status","startDate",...}.
// Messages may come twice, and in another order. What cannot be delivered within
// a day lies in API.ProgressDeadLetters.
//
// AWS sends no events of an execution's single states. A machine that wants to
// tell of these sends messages to the same queue or topic by states of its own.
type Progress struct {
	// Queue receives the messages; a queue that is not of the app has to let
	// events.amazonaws.com send. Default: none.
	Queue awssqs.IQueue

	// Topic is told as well; the same holds for it. Default: none.
	Topic awssns.ITopic
}

func (a *API) addProgress(resource awsapigateway.Resource, r Asynchronous) {
	if r.Progress == (Progress{}) {
		return
	}
	detail := awsevents.RuleTargetInput_FromEventPath(jsii.String("$.detail"))
	var targets []awsevents.IRuleTarget
	if r.Progress.Queue != nil {
		targets = append(targets, awseventstargets.NewSqsQueue(r.Progress.Queue, &awseventstargets.SqsQueueProps{
			Message: detail, DeadLetterQueue: a.deadLetters(),
		}))
	}
	if r.Progress.Topic != nil {
		targets = append(targets, awseventstargets.NewSnsTopic(r.Progress.Topic, &awseventstargets.SnsTopicProps{
			Message: detail, DeadLetterQueue: a.deadLetters(),
		}))
	}
	awsevents.NewRule(resource, jsii.String("Progress"), &awsevents.RuleProps{
		Description: jsii.String("What becomes of executions started at /" + r.Path),
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings("aws.states"),
			DetailType: jsii.Strings("Step Functions Execution Status Change"),
			Detail:     &map[string]any{"stateMachineArn": []*string{r.StateMachine.StateMachineArn()}},
		},
		Targets: &targets,
	})
}

// deadLetters are those of all routes.
func (a *API) deadLetters() awssqs.Queue {
	if a.ProgressDeadLetters == nil {
		a.ProgressDeadLetters = operation.NewDeadLetters(a.Construct, "ProgressDeadLetters", a.props.Operation)
		a.ProgressDeadLettersAlarm = operation.NewAlarm(a.Construct, "ProgressDeadLettersAlarm", a.props.Operation, operation.AlarmProps{
			Description: "Progress of executions could not be told: see why the queue or topic refuses it, and move the dead letters there.",
			Metric:      operation.MetricDeadLetters(a.ProgressDeadLetters, nil),
			Threshold:   1,
			Adjust:      a.props.Alarms.ProgressDeadLetters,
		})
	}
	return a.ProgressDeadLetters
}
