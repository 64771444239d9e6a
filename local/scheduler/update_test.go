package scheduler_test

// This file updates schedules by their template.

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
)

func TestAScheduleOfATemplateIsUpdated(t *testing.T) {
	inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
		schedule := func(expression, rest string) string {
			return `{"Type": "AWS::Scheduler::Schedule", "Properties": {"Name": "s", "ScheduleExpression": "` + expression + `", "FlexibleTimeWindow": {"Mode": "OFF"},
				"Target": {"Arn": "` + machine + `", "RoleArn": "` + role + `", "Input": "{}"}` + rest + `}}`
		}
		s, err := cfntest.Create(t, e.Site, e.service.Types(), `"S": `+schedule("rate(1 hour)", "")+`,
			"Night": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "night"}}`)
		if err != nil {
			t.Fatal(err)
		}
		created, err := client.GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{Name: aws.String("s")})
		if err != nil {
			t.Fatal(err)
		}
		calls := 0
		step := func(what string, lasts time.Duration, want int) {
			t.Helper()
			time.Sleep(lasts)
			if got := len(e.seconds()); got-calls != want {
				t.Errorf("%s: called %d times, want %d", what, got-calls, want)
			}
			calls = len(e.seconds())
		}
		step("every hour, from now on", 3*time.Hour+time.Minute, 4)
		s.Put(t, "S", schedule("rate(30 minutes)", ""))
		step("every half hour", 3*time.Hour+time.Minute, 7)
		s.Put(t, "S", schedule("rate(30 minutes)", `, "State": "DISABLED"`))
		step("never", 3*time.Hour, 0)
		s.Put(t, "S", schedule("rate(30 minutes)", `, "Description": "of the night", "GroupName": "night"`))
		step("in another group", time.Hour+time.Minute, 3)
		if arn := s.Handles["S"].Attributes["Arn"]; s.Ref("S") != "s" || arn != here+"schedule/night/s" {
			t.Errorf("the schedule is %s, %v", s.Ref("S"), arn)
		}
		moved, err := client.GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{Name: aws.String("s"), GroupName: aws.String("night")})
		if err != nil || !moved.CreationDate.Equal(*created.CreationDate) || aws.ToString(moved.Description) != "of the night" {
			t.Errorf("moved: %+v, %v", moved, err)
		}
		if _, err := client.GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{Name: aws.String("s")}); err == nil {
			t.Error("it is in its former group too")
		}
		if err := s.Try(t, map[string]string{"S": schedule("rate(30 minutes)", `, "GroupName": "none"`)}); err == nil {
			t.Error("a group that there is not was accepted")
		}
		step("after what was refused, which began it anew", time.Hour+time.Minute, 3)

		// One that has deleted itself is made anew.
		s.Put(t, "S", schedule(fmt.Sprintf("at(%s)", time.Now().Add(time.Minute).UTC().Format("2006-01-02T15:04:05")), `, "ActionAfterCompletion": "DELETE"`))
		step("once", time.Hour, 1)
		s.Put(t, "S", schedule("rate(1 hour)", ""))
		step("again", time.Hour+time.Minute, 2)
		s.Remove(t, "S")
		step("gone", 5*time.Hour, 0)
	})
}
