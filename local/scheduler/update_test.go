package scheduler_test

// This file updates schedules by their template.

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

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

func TestAGroupHasTags(t *testing.T) {
	inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
		group := func(tags string) string {
			return `{"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "night", "Tags": [` + tags + `]}}`
		}
		s, err := cfntest.Create(t, e.Site, e.service.Types(), `"Night": `+group(`{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}`))
		if err != nil {
			t.Fatal(err)
		}
		arn := func(name string) *string { return aws.String(here + name) }
		has := func(want string) {
			t.Helper()
			out, err := client.ListTagsForResource(t.Context(), &awsscheduler.ListTagsForResourceInput{ResourceArn: arn("schedule-group/night")})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, tag := range out.Tags {
				if !strings.HasPrefix(*tag.Key, "aws:") {
					got += *tag.Key + *tag.Value + " "
				}
			}
			if got != want {
				t.Errorf("it has %s, want %s", got, want)
			}
		}
		has("a1 b1 ")
		tag := func(name, key string) error {
			_, err := client.TagResource(t.Context(), &awsscheduler.TagResourceInput{ResourceArn: arn(name), Tags: []types.Tag{{Key: &key, Value: aws.String("2")}}})
			return err
		}
		expect(t, "tag", tag("schedule-group/night", "c"), "", "")
		expect(t, "a tag without a key", tag("schedule-group/night", ""), "ValidationException", "")
		expect(t, "tag a group that is not there", tag("schedule-group/day", "c"), "ResourceNotFoundException", "Schedule group day does not exist.")
		expect(t, "tag a schedule", tag("schedule/night/s", "c"), "ValidationException", "")
		s.Put(t, "Night", group(`{"Key": "a", "Value": "3"}`))
		has("a3 c2 ")
		_, err = client.UntagResource(t.Context(), &awsscheduler.UntagResourceInput{ResourceArn: arn("schedule-group/night"), TagKeys: []string{"a"}})
		expect(t, "untag", err, "", "")
		has("c2 ")
	})
}
