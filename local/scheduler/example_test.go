package scheduler_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/scheduler"
)

// A schedule that would start an execution every night.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	c.Register("scheduler", scheduler.New(c))
	in := map[string]any{
		"Name": "nightly", "ScheduleExpression": "cron(0 3 * * ? *)", "ScheduleExpressionTimezone": "Europe/Berlin",
		"FlexibleTimeWindow": map[string]any{"Mode": "OFF"},
		"Target": map[string]any{
			"Arn": "arn:aws:states:eu-central-1:123456789012:stateMachine:train", "RoleArn": "arn:aws:iam::123456789012:role/nightly",
		},
	}
	var out struct{ ScheduleArn string }
	err := c.Do(ctx, c.Administrator(), "scheduler", "CreateSchedule", in, &out)
	fmt.Println(out.ScheduleArn, err)
	// Output: arn:aws:scheduler:eu-central-1:123456789012:schedule/default/nightly <nil>
}
