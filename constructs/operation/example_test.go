package operation_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// A construct takes Settings, and makes what holds data by them.
func ExampleSettings() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	settings := operation.Settings{AlarmTopic: operation.NewAlarmTopic(stack, "Alarms", operation.Settings{})}
	letters := operation.NewDeadLetters(stack, "DeadLetters", settings)
	operation.NewQueue(stack, "Work", settings, awssqs.QueueProps{
		DeadLetterQueue: &awssqs.DeadLetterQueue{Queue: letters, MaxReceiveCount: new(float64(5))},
	})
	operation.NewAlarm(stack, "DeadLettersAlarm", settings, operation.AlarmProps{
		Description: "Work was given up: read the message, mend the cause, and move it back.",
		Metric:      operation.MetricDeadLetters(letters, nil),
		Threshold:   1,
	})
	app.Synth(nil)
}
