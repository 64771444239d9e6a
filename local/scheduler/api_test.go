package scheduler_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

const here = "arn:aws:scheduler:eu-west-1:111122223333:"

func TestASchedulesLife(t *testing.T) {
	inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
		in := daily("rate(1 hour)")
		in.Description = aws.String("hourly")
		in.EndDate = aws.Time(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC))
		created, err := client.CreateSchedule(t.Context(), in)
		if err != nil || *created.ScheduleArn != here+"schedule/default/daily" {
			t.Fatalf("%+v, %v", created, err)
		}
		_, err = client.CreateSchedule(t.Context(), in)
		if conflict := (*types.ConflictException)(nil); !errors.As(err, &conflict) {
			t.Errorf("again: %v", err)
		}
		got, err := client.GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{Name: aws.String("daily"), GroupName: aws.String("default")})
		if err != nil || *got.Arn != *created.ScheduleArn || *got.Description != "hourly" || *got.ScheduleExpressionTimezone != "UTC" || got.State != "ENABLED" || *got.GroupName != "default" ||
			got.ActionAfterCompletion != "NONE" || !got.EndDate.Equal(*in.EndDate) || got.StartDate != nil || *got.Target.Arn != machine || got.FlexibleTimeWindow.Mode != "OFF" || !got.CreationDate.Equal(e.began) {
			t.Errorf("%+v, %v", got, err)
		}
		time.Sleep(90 * time.Minute)
		update := func(state types.ScheduleState) error {
			_, err := client.UpdateSchedule(t.Context(), &awsscheduler.UpdateScheduleInput{
				Name: aws.String("daily"), ScheduleExpression: aws.String("cron(0 0/12 * * ? *)"), FlexibleTimeWindow: in.FlexibleTimeWindow, Target: in.Target, State: state,
			})
			return err
		}
		expect(t, "update", update("ENABLED"), "", "")
		time.Sleep(24 * time.Hour)
		if got := e.seconds(); fmt.Sprint(got) != "[0 3600 43200 86400]" {
			t.Errorf("called at %v", got)
		}
		got, err = client.GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{Name: aws.String("daily")})
		if err != nil || got.Description != nil || got.EndDate != nil || !got.CreationDate.Equal(e.began) || !got.LastModificationDate.Equal(e.began.Add(90*time.Minute)) {
			t.Errorf("updated: %+v, %v", got, err)
		}
		expect(t, "disable", update("DISABLED"), "", "")
		time.Sleep(24 * time.Hour)
		if n := len(e.seconds()); n != 4 {
			t.Errorf("called %d times", n)
		}
		remove := func() error {
			_, err := client.DeleteSchedule(t.Context(), &awsscheduler.DeleteScheduleInput{Name: aws.String("daily"), ClientToken: aws.String("t")})
			return err
		}
		expect(t, "delete", remove(), "", "")
		expect(t, "delete again", remove(), "ResourceNotFoundException", "Schedule daily does not exist.")
		expect(t, "update what is gone", update("ENABLED"), "ResourceNotFoundException", "")
	})
}

func TestAScheduleToldHasItsWholeRetryPolicy(t *testing.T) {
	inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
		for i, row := range []struct {
			asked        *types.RetryPolicy
			retries, age int32
		}{
			{nil, 185, 86400},
			{&types.RetryPolicy{}, 185, 86400},
			{&types.RetryPolicy{MaximumRetryAttempts: aws.Int32(0)}, 0, 86400},
			{&types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(60)}, 185, 60},
		} {
			in := daily("rate(1 day)")
			in.Name, in.Target.RetryPolicy = aws.String(fmt.Sprint("s", i)), row.asked
			create(t, client, in)
			got, err := client.GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{Name: in.Name})
			if err != nil || got.Target.RetryPolicy == nil || *got.Target.RetryPolicy.MaximumRetryAttempts != row.retries || *got.Target.RetryPolicy.MaximumEventAgeInSeconds != row.age {
				t.Errorf("asked %+v, it has %+v, %v", row.asked, got.Target.RetryPolicy, err)
			}
		}
	})
}

func TestSchedulesAreInGroupsAndListed(t *testing.T) {
	inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
		in := daily("rate(1 day)")
		in.GroupName = aws.String("night")
		_, err := client.CreateSchedule(t.Context(), in)
		expect(t, "without its group", err, "ResourceNotFoundException", "Schedule group night does not exist.")
		group, err := client.CreateScheduleGroup(t.Context(), &awsscheduler.CreateScheduleGroupInput{Name: aws.String("night")})
		if err != nil || *group.ScheduleGroupArn != here+"schedule-group/night" {
			t.Fatalf("%+v, %v", group, err)
		}
		_, err = client.CreateScheduleGroup(t.Context(), &awsscheduler.CreateScheduleGroupInput{Name: aws.String("night")})
		expect(t, "a group twice", err, "ConflictException", "")
		create(t, client, in)
		for i := range 3 {
			other := daily("rate(1 day)")
			other.Name = aws.String(fmt.Sprintf("a%d", i))
			other.State = "DISABLED"
			create(t, client, other)
		}
		for _, row := range []struct {
			in   awsscheduler.ListSchedulesInput
			want string
		}{
			{awsscheduler.ListSchedulesInput{}, "a0 a1 a2 daily"},
			{awsscheduler.ListSchedulesInput{GroupName: aws.String("night")}, "daily"},
			{awsscheduler.ListSchedulesInput{NamePrefix: aws.String("a")}, "a0 a1 a2"},
			{awsscheduler.ListSchedulesInput{State: "ENABLED"}, "daily"},
			{awsscheduler.ListSchedulesInput{MaxResults: aws.Int32(3)}, "a0 a1 a2 ..."},
			{awsscheduler.ListSchedulesInput{MaxResults: aws.Int32(3), NextToken: aws.String("3")}, "daily"},
		} {
			out, err := client.ListSchedules(t.Context(), &row.in)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range out.Schedules {
				got = append(got, *s.Name)
			}
			if out.NextToken != nil {
				got = append(got, "...")
			}
			if strings.Join(got, " ") != row.want {
				t.Errorf("%+v: %q, want %s", row.in, got, row.want)
			}
		}
		_, err = client.ListSchedules(t.Context(), &awsscheduler.ListSchedulesInput{MaxResults: aws.Int32(101)})
		expect(t, "too large a page", err, "ValidationException", "")
		groups, err := client.ListScheduleGroups(t.Context(), &awsscheduler.ListScheduleGroupsInput{})
		if err != nil || len(groups.ScheduleGroups) != 2 || *groups.ScheduleGroups[1].Name != "night" || groups.ScheduleGroups[1].State != "ACTIVE" {
			t.Errorf("%+v, %v", groups, err)
		}
		_, err = client.DeleteScheduleGroup(t.Context(), &awsscheduler.DeleteScheduleGroupInput{Name: aws.String("night")})
		expect(t, "delete a group", err, "", "")
		_, err = client.GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{Name: aws.String("daily"), GroupName: aws.String("night")})
		expect(t, "its schedule", err, "ResourceNotFoundException", "")
		_, err = client.GetScheduleGroup(t.Context(), &awsscheduler.GetScheduleGroupInput{Name: aws.String("night")})
		expect(t, "the group", err, "ResourceNotFoundException", "")
		_, err = client.DeleteScheduleGroup(t.Context(), &awsscheduler.DeleteScheduleGroupInput{Name: aws.String("default")})
		expect(t, "the default group", err, "ValidationException", "")
		time.Sleep(48 * time.Hour)
		if n := len(e.seconds()); n != 1 { // when it was created
			t.Errorf("called %d times", n)
		}
	})
}

func TestWhatNoScheduleCanBeIsRefused(t *testing.T) {
	for _, row := range []struct {
		name, message string
		change        func(in *awsscheduler.CreateScheduleInput)
	}{
		{"no expression", "Invalid Schedule Expression", func(in *awsscheduler.CreateScheduleInput) { in.ScheduleExpression = aws.String("daily") }},
		{"a bad rate", "Invalid Schedule Expression rate(1 days).", func(in *awsscheduler.CreateScheduleInput) { in.ScheduleExpression = aws.String("rate(1 days)") }},
		{"a bad time", "Invalid Schedule Expression at(tomorrow).", func(in *awsscheduler.CreateScheduleInput) { in.ScheduleExpression = aws.String("at(tomorrow)") }},
		{"a bad place", "Invalid ScheduleExpressionTimezone Mars/Olympus", func(in *awsscheduler.CreateScheduleInput) {
			in.ScheduleExpressionTimezone = aws.String("Mars/Olympus")
		}},
		{"a bad name", "'name'", func(in *awsscheduler.CreateScheduleInput) { in.Name = aws.String("a b") }},
		{"too long a name", "'name'", func(in *awsscheduler.CreateScheduleInput) { in.Name = aws.String(strings.Repeat("a", 65)) }},
		{"a bad state", "'state'", func(in *awsscheduler.CreateScheduleInput) { in.State = "ON" }},
		{"a bad end", "'actionAfterCompletion'", func(in *awsscheduler.CreateScheduleInput) { in.ActionAfterCompletion = "STAY" }},
		{"a window that is off", "mode is OFF", func(in *awsscheduler.CreateScheduleInput) {
			in.FlexibleTimeWindow.MaximumWindowInMinutes = aws.Int32(1)
		}},
		{"too long a window", "from 1 to 1440, got 1441", func(in *awsscheduler.CreateScheduleInput) {
			in.FlexibleTimeWindow = &types.FlexibleTimeWindow{Mode: "FLEXIBLE", MaximumWindowInMinutes: aws.Int32(1441)}
		}},
		{"dates the wrong way", "StartDate must be before EndDate", func(in *awsscheduler.CreateScheduleInput) {
			in.StartDate, in.EndDate = aws.Time(time.Unix(2e9, 0)), aws.Time(time.Unix(2e9, 0))
		}},
		{"no ARN", "not in correct format", func(in *awsscheduler.CreateScheduleInput) { in.Target.Arn = aws.String("m") }},
		{"a cluster", "does not schedule calls of arn:aws:ecs", func(in *awsscheduler.CreateScheduleInput) {
			in.Target.Arn = aws.String("arn:aws:ecs:eu-west-1:111122223333:cluster/c")
		}},
		{"a bus without parameters", "EventBridgeParameters", func(in *awsscheduler.CreateScheduleInput) {
			in.Target.Arn = aws.String("arn:aws:events:eu-west-1:111122223333:event-bus/b")
		}},
		{"a stream without a key", "KinesisParameters", func(in *awsscheduler.CreateScheduleInput) {
			in.Target.Arn = aws.String("arn:aws:kinesis:eu-west-1:111122223333:stream/s")
		}},
		{"an action that reads", "only reads", func(in *awsscheduler.CreateScheduleInput) {
			in.Target.Arn = aws.String("arn:aws:scheduler:::aws-sdk:sqs:receiveMessage")
		}},
		{"an action that is not there", "sqs:DeleteMessage is not supported", func(in *awsscheduler.CreateScheduleInput) {
			in.Target.Arn = aws.String("arn:aws:scheduler:::aws-sdk:sqs:deleteMessage")
		}},
		{"a service that is not there", "not known as aws-sdk:SERVICE:ACTION", func(in *awsscheduler.CreateScheduleInput) {
			in.Target.Arn = aws.String("arn:aws:scheduler:::aws-sdk:tea:pour")
		}},
		{"too many retries", "from 0 to 185, got 186", func(in *awsscheduler.CreateScheduleInput) {
			in.Target.RetryPolicy = &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(186)}
		}},
		{"too short an age", "from 60 to 86400, got 59", func(in *awsscheduler.CreateScheduleInput) {
			in.Target.RetryPolicy = &types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(59)}
		}},
		{"dead letters that are no queue", "is not the ARN of a queue", func(in *awsscheduler.CreateScheduleInput) {
			in.Target.DeadLetterConfig = &types.DeadLetterConfig{Arn: aws.String(machine)}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
				in := daily("rate(1 day)")
				row.change(in)
				_, err := client.CreateSchedule(t.Context(), in)
				expect(t, "create", err, "ValidationException", row.message)
			})
		})
	}
}

// only permits some actions on some resources, and nothing else.
type only []string

func (o only) Authorize(_ cloud.Caller, action, resource string) error {
	for _, permitted := range o {
		if permitted == action+" "+resource {
			return nil
		}
	}
	return cloud.Errorf(403, "AccessDeniedException", "%s on %s", action, resource)
}

func (o only) Assume(caller cloud.Caller, role, _ string) (cloud.Caller, error) {
	if caller.Service != "scheduler.amazonaws.com" || caller.Context["aws:SourceArn"] != here+"schedule-group/default" {
		return cloud.Caller{}, cloud.Errorf(403, "AccessDeniedException", "%+v", caller)
	}
	if len(o) > 0 && o[len(o)-1] == "untrusted" {
		return cloud.Caller{}, cloud.Errorf(403, "AccessDeniedException", "no")
	}
	return cloud.Caller{Role: role}, nil
}

func TestEveryActionNeedsItsPermissions(t *testing.T) {
	asked := map[string]any{
		"Name": "n", "ScheduleExpression": "rate(1 day)", "State": "DISABLED", "FlexibleTimeWindow": map[string]any{"Mode": "OFF"}, "Target": map[string]any{"Arn": machine, "RoleArn": role},
	}
	for _, row := range []struct {
		action string
		in     map[string]any
		needs  only
	}{
		{"CreateSchedule", asked, only{"scheduler:CreateSchedule " + here + "schedule/default/n", "iam:PassRole " + role}},
		{"UpdateSchedule", map[string]any{"Name": "daily", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": map[string]any{"Mode": "OFF"}, "Target": map[string]any{"Arn": machine, "RoleArn": role}},
			only{"scheduler:UpdateSchedule " + here + "schedule/default/daily", "iam:PassRole " + role}},
		{"GetSchedule", map[string]any{"Name": "n"}, only{"scheduler:GetSchedule " + here + "schedule/default/n"}},
		{"DeleteSchedule", map[string]any{"Name": "n"}, only{"scheduler:DeleteSchedule " + here + "schedule/default/n"}},
		{"ListSchedules", nil, only{"scheduler:ListSchedules " + here + "schedule/*/*"}},
		{"CreateScheduleGroup", map[string]any{"Name": "n"}, only{"scheduler:CreateScheduleGroup " + here + "schedule-group/n"}},
		{"GetScheduleGroup", map[string]any{"Name": "n"}, only{"scheduler:GetScheduleGroup " + here + "schedule-group/n"}},
		{"DeleteScheduleGroup", map[string]any{"Name": "n"}, only{"scheduler:DeleteScheduleGroup " + here + "schedule-group/n"}},
		{"ListScheduleGroups", nil, only{"scheduler:ListScheduleGroups " + here + "schedule-group/*"}},
	} {
		t.Run(row.action, func(t *testing.T) {
			inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
				in := daily("rate(1 day)")
				in.State = "DISABLED"
				create(t, client, in)
				call := func() error { return e.Do(t.Context(), cloud.Caller{}, "scheduler", row.action, row.in, nil) }
				for i, need := range row.needs {
					e.Authorizer = append(append(only{}, row.needs[:i]...), row.needs[i+1:]...)
					if err := call(); err == nil || !strings.Contains(err.Error(), strings.Replace(need, " ", " on ", 1)) {
						t.Errorf("without %s: %v", need, err)
					}
				}
				if len(row.needs) > 1 {
					e.Authorizer = append(append(only{}, row.needs...), "untrusted")
					if err := call(); err == nil || !strings.Contains(err.Error(), "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.") {
						t.Errorf("with a role that does not trust the service: %v", err)
					}
				}
				e.Authorizer = row.needs
				if err := call(); err != nil && cloud.AsError(err).Code == "AccessDeniedException" {
					t.Errorf("with all of it: %v", err)
				}
			})
		})
	}
}

// stack creates the resources of a template.
func (e *engine) stack(t *testing.T, resources string) (*cfn.Created, error) {
	t.Helper()
	template, err := cfn.Parse([]byte(`{"Resources": {` + resources + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]cfn.Type{}
	for _, typ := range e.service.Types() {
		types[typ.Name] = typ
	}
	s := cfn.Stack{Name: "app", Site: e.Site, Template: template}
	if faults := s.Check(types); len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "\n"))
	}
	return s.Create(t.Context(), types)
}

func TestATemplateDeclaresSchedulesAndGroups(t *testing.T) {
	inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
		created, err := e.stack(t, `
			"Night": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "night", "Tags": [{"Key": "a", "Value": "b"}]}},
			"Daily": {"Type": "AWS::Scheduler::Schedule", "Properties": {
				"GroupName": {"Ref": "Night"}, "ScheduleExpression": "rate(1 hour)", "StartDate": "2000-01-01T05:00:00Z", "EndDate": "2000-01-01T06:30:00Z",
				"FlexibleTimeWindow": {"Mode": "OFF"}, "State": "ENABLED",
				"Target": {"Arn": "`+machine+`", "RoleArn": "`+role+`", "Input": "{}", "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": "600"}, "DeadLetterConfig": {"Arn": "`+queue+`"}}}}`)
		if err != nil {
			t.Fatal(err)
		}
		name := created.Handles["Daily"].Ref
		if arn := created.Handles["Daily"].Attributes["Arn"]; arn != here+"schedule/night/"+name || created.Handles["Night"].Ref != "night" || created.Handles["Night"].Attributes["Arn"] != here+"schedule-group/night" {
			t.Errorf("%s has %v", name, arn)
		}
		got, err := client.GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{Name: &name, GroupName: aws.String("night")})
		if err != nil || *got.Target.RetryPolicy.MaximumRetryAttempts != 3 || *got.Target.RetryPolicy.MaximumEventAgeInSeconds != 600 || *got.Target.DeadLetterConfig.Arn != queue {
			t.Errorf("%+v, %v", got, err)
		}
		time.Sleep(5*time.Hour + time.Minute)
		if err := created.Delete(t.Context(), cfn.Deletion{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Hour)
		if got := e.seconds(); fmt.Sprint(got) != "[18000]" {
			t.Errorf("called at %v", got)
		}
		groups, err := client.ListScheduleGroups(t.Context(), &awsscheduler.ListScheduleGroupsInput{})
		if err != nil || len(groups.ScheduleGroups) != 1 {
			t.Errorf("left: %+v, %v", groups, err)
		}
	})
}

func TestATemplateSaysWhatIsWrong(t *testing.T) {
	const good = `"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}, `
	target := `"Target": {"Arn": "` + machine + `", "RoleArn": "` + role + `"}`
	for _, row := range []struct{ name, properties, want string }{
		{"a date", good + `"StartDate": "tomorrow", ` + target, "property StartDate: want a time such as 2026-11-27T12:00:00Z, got tomorrow"},
		{"a cluster's parameters", good + `"Target": {"Arn": "a", "RoleArn": "r", "EcsParameters": {}}`, "property Target.EcsParameters is not supported"},
		{"no window", `"ScheduleExpression": "rate(1 hour)", ` + target, "flexibleTimeWindow"},
		{"no group", good + `"GroupName": "none", ` + target, "Schedule group none does not exist"},
		{"a bad name", good + `"Name": "a b", ` + target, "'name'"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
				_, err := e.stack(t, `"Daily": {"Type": "AWS::Scheduler::Schedule", "Properties": {`+row.properties+`}}`)
				if err == nil || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), "Daily") {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}
