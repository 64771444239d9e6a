package operation_test

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// A construct takes Settings, and makes what holds data by them.
func ExampleSettings() {
	stack, done := cdktest.ExampleStack()
	defer done()

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
	fmt.Println(cdktest.Count(stack, "AWS::SQS::Queue"), "queues,", cdktest.Count(stack, "AWS::CloudWatch::Alarm"), "alarm")
	// Output: 2 queues, 1 alarm
}

// A construct checks its props, and stops with everything that is wrong.
func ExampleFaults() {
	var faults operation.Faults
	faults.Require("Partners", false)
	operation.Within(&faults, "MaxConcurrency", 1, 2, 1000)
	faults.Add(errors.New("detection is \"Maybe\""))
	fmt.Println(faults.Err())
	// Output:
	// Partners is required
	// MaxConcurrency is 1: give 2 to 1000
	// detection is "Maybe"
}
