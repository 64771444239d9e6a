package scheduler_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestASchedulesTimes(t *testing.T) {
	const hour = 3600
	at := func(hours float64) *time.Time {
		return aws.Time(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(hours * float64(time.Hour))))
	}
	for _, row := range []struct {
		name string
		in   *awsscheduler.CreateScheduleInput
		with func(in *awsscheduler.CreateScheduleInput)
		want []int // within two days
	}{
		{"a rate begins at once", daily("rate(20 hours)"), nil, []int{0, 20 * hour, 40 * hour}},
		{"a rate begins at its start", daily("rate(20 hours)"), func(in *awsscheduler.CreateScheduleInput) { in.StartDate = at(5) }, []int{5 * hour, 25 * hour, 45 * hour}},
		{"a rate goes on from its start", daily("rate(20 hours)"), func(in *awsscheduler.CreateScheduleInput) { in.StartDate = at(-15) }, []int{5 * hour, 25 * hour, 45 * hour}},
		{"a rate ends", daily("rate(20 hours)"), func(in *awsscheduler.CreateScheduleInput) { in.EndDate = at(20) }, []int{0, 20 * hour}},
		{"an hour of the day", daily("cron(0 3 * * ? *)"), nil, []int{3 * hour, 27 * hour}},
		{"an hour of a place", daily("cron(0 3 * * ? *)"), func(in *awsscheduler.CreateScheduleInput) {
			in.ScheduleExpressionTimezone = aws.String("Europe/Berlin")
		}, []int{2 * hour, 26 * hour}},
		{"from its start", daily("cron(0 3 * * ? *)"), func(in *awsscheduler.CreateScheduleInput) { in.StartDate = at(3) }, []int{3 * hour, 27 * hour}},
		{"after its start", daily("cron(0 3 * * ? *)"), func(in *awsscheduler.CreateScheduleInput) { in.StartDate = at(3.5) }, []int{27 * hour}},
		{"to its end", daily("cron(0 3 * * ? *)"), func(in *awsscheduler.CreateScheduleInput) { in.EndDate = at(26) }, []int{3 * hour}},
		{"once", daily("at(2000-01-02T01:00:00)"), nil, []int{25 * hour}},
		{"once, whatever its dates", daily("at(2000-01-02T01:00:00)"), func(in *awsscheduler.CreateScheduleInput) { in.EndDate = at(1) }, []int{25 * hour}},
		{"once, in New York", daily("at(2000-01-01T01:00:00)"), func(in *awsscheduler.CreateScheduleInput) {
			in.ScheduleExpressionTimezone = aws.String("America/New_York")
		}, []int{6 * hour}},
		{"not any more", daily("at(1999-12-31T01:00:00)"), nil, nil},
		{"not while it is disabled", daily("rate(1 hour)"), func(in *awsscheduler.CreateScheduleInput) { in.State = "DISABLED" }, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
				if row.with != nil {
					row.with(row.in)
				}
				create(t, client, row.in)
				time.Sleep(48*time.Hour - time.Second)
				if got := e.seconds(); fmt.Sprint(got) != fmt.Sprint(row.want) {
					t.Errorf("called at %v, want %v", got, row.want)
				}
			})
		})
	}
}

func TestAFlexibleScheduleRunsWithinItsWindow(t *testing.T) {
	inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
		in := daily("cron(0 * * * ? *)")
		in.FlexibleTimeWindow = &types.FlexibleTimeWindow{Mode: "FLEXIBLE", MaximumWindowInMinutes: aws.Int32(30)}
		create(t, client, in)
		time.Sleep(50*time.Hour + 31*time.Minute)
		late := 0
		for _, second := range e.seconds() {
			if second%3600 > 30*60 {
				t.Errorf("called at %d", second)
			}
			if second%3600 > 60 {
				late++
			}
		}
		if n := len(e.seconds()); n != 50 || late < 20 {
			t.Errorf("called %d times, late %d times", n, late)
		}
	})
}

func TestEachKindOfTargetIsCalledAsTheRole(t *testing.T) {
	event := `{"version":"0","id":"ID","detail-type":"Scheduled Event","source":"aws.scheduler","account":"111122223333","time":"2000-01-01T00:00:00Z","region":"eu-west-1","resources":["arn:aws:scheduler:eu-west-1:111122223333:schedule/default/daily"],"detail":"{}"}`
	for _, row := range []struct {
		name   string
		target types.Target
		action string
		want   map[string]any
	}{
		{"a state machine", types.Target{Arn: aws.String(machine), Input: aws.String(`{"a":1}`)}, "states:StartExecution", map[string]any{"stateMachineArn": machine, "input": `{"a":1}`}},
		{"a state machine without an input", types.Target{Arn: aws.String(machine)}, "states:StartExecution", map[string]any{"stateMachineArn": machine, "input": event}},
		{"a queue", types.Target{Arn: aws.String(queue), Input: aws.String("text")}, "sqs:SendMessage", map[string]any{"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q", "MessageBody": "text"}},
		{"a FIFO queue", types.Target{Arn: aws.String(queue + ".fifo"), Input: aws.String("text"), SqsParameters: &types.SqsParameters{MessageGroupId: aws.String("g")}}, "sqs:SendMessage",
			map[string]any{"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q.fifo", "MessageBody": "text", "MessageGroupId": "g"}},
		{"a topic", types.Target{Arn: aws.String("arn:aws:sns:eu-west-1:111122223333:t"), Input: aws.String("text")}, "sns:Publish", map[string]any{"TopicArn": "arn:aws:sns:eu-west-1:111122223333:t", "Message": "text"}},
		{"a function", types.Target{Arn: aws.String("arn:aws:lambda:eu-west-1:111122223333:function:f"), Input: aws.String(`{"a":1}`)}, "lambda:Invoke",
			map[string]any{"FunctionName": "arn:aws:lambda:eu-west-1:111122223333:function:f", "InvocationType": "Event", "Payload": map[string]any{"a": 1}}},
		{"an event bus", types.Target{Arn: aws.String("arn:aws:events:eu-west-1:111122223333:event-bus/b"), Input: aws.String(`{"a":1}`), EventBridgeParameters: &types.EventBridgeParameters{DetailType: aws.String("d"), Source: aws.String("s")}}, "events:PutEvents",
			map[string]any{"Entries": []any{map[string]any{"EventBusName": "arn:aws:events:eu-west-1:111122223333:event-bus/b", "DetailType": "d", "Source": "s", "Detail": `{"a":1}`}}}},
		{"a stream", types.Target{Arn: aws.String("arn:aws:kinesis:eu-west-1:111122223333:stream/s"), Input: aws.String("text"), KinesisParameters: &types.KinesisParameters{PartitionKey: aws.String("k")}}, "kinesis:PutRecord",
			map[string]any{"StreamARN": "arn:aws:kinesis:eu-west-1:111122223333:stream/s", "PartitionKey": "k", "Data": "dGV4dA=="}},
		{"any action", types.Target{Arn: aws.String("arn:aws:scheduler:::aws-sdk:sqs:sendMessage"), Input: aws.String(`{"QueueUrl":"u","MessageBody":"<aws.scheduler.attempt-number>"}`)}, "sqs:SendMessage", map[string]any{"QueueUrl": "u", "MessageBody": "1"}},
		{"any action of an API in lower case", types.Target{Arn: aws.String("arn:aws:scheduler:::aws-sdk:sfn:startExecution"), Input: aws.String(`{"StateMachineArn":"m","Name":"n","Input":"{\"A\":1}"}`)}, "states:StartExecution", map[string]any{"stateMachineArn": "m", "name": "n", "input": `{"A":1}`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
				in := daily("rate(1 day)")
				row.target.RoleArn = aws.String(role)
				in.Target = &row.target
				create(t, client, in)
				time.Sleep(time.Second)
				synctest.Wait()
				if len(e.calls) != 1 || e.calls[0].action != row.action || e.calls[0].caller != role {
					t.Fatalf("called %+v", e.calls)
				}
				got := text(e.calls[0].members)
				if body, ok := e.calls[0].members["input"].(string); ok && strings.Contains(body, `"id":"`) {
					id := body[strings.Index(body, `"id":"`)+6:][:36]
					got = strings.Replace(got, id, "ID", 1)
				}
				if got != text(row.want) {
					t.Errorf("asked %s\nwant  %s", got, text(row.want))
				}
			})
		})
	}
}

func TestTheInputHasTheAttributesOfTheInvocation(t *testing.T) {
	inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
		in := daily("cron(0 3 * * ? *)")
		in.Target.Input = aws.String(`<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time> <aws.scheduler.attempt-number> <aws.scheduler.execution-id>`)
		e.fails = func(call int) error {
			if call == 0 {
				return cloud.Errorf(500, "InternalFailure", "no")
			}
			return nil
		}
		create(t, client, in)
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		if len(e.calls) != 2 {
			t.Fatalf("called %+v", e.calls)
		}
		first, second := strings.Fields(e.calls[0].members["input"].(string)), strings.Fields(e.calls[1].members["input"].(string))
		if got := strings.Join(first[:3], " "); got != "arn:aws:scheduler:eu-west-1:111122223333:schedule/default/daily 2000-01-01T03:00:00Z 1" {
			t.Errorf("first %s", got)
		}
		if second[2] != "2" || second[1] != first[1] || second[3] != first[3] || len(first[3]) != 36 {
			t.Errorf("second %q after %q", second, first)
		}
	})
}

func TestATargetThatFailsIsCalledAgainOrGivenUp(t *testing.T) {
	for _, row := range []struct {
		name            string
		error           error
		retries, age    int32
		calls           int
		code, exhausted string
		metrics         string
	}{
		{"throttled", cloud.Errorf(400, "ThrottlingException", "slow down"), 3, 86400, 4, "THROTTLING", "MaximumRetryAttempts", "4 4 4 1 1 0"},
		{"a stream that is full", cloud.Errorf(400, "ProvisionedThroughputExceededException", "slow down"), 3, 86400, 4, "THROTTLING", "MaximumRetryAttempts", "4 4 4 1 1 0"},
		{"out of order", cloud.Errorf(500, "InternalFailure", "no"), 2, 86400, 3, "ERROR_FROM_TARGET", "MaximumRetryAttempts", "3 3 0 1 1 0"},
		{"for too long", cloud.Errorf(503, "ServiceUnavailable", "no"), 185, 60, 0, "ERROR_FROM_TARGET", "MaximumEventAgeInSeconds", ""},
		{"without the right", cloud.Errorf(403, "AccessDeniedException", "no"), 185, 86400, 1, "NO_PERMISSIONS", "", "1 1 0 1 1 0"},
		{"without a target", cloud.Errorf(400, "StateMachineDoesNotExist", "no"), 185, 86400, 1, "NO_RESOURCE", "", "1 1 0 1 1 0"},
		{"never", cloud.Errorf(500, "InternalFailure", "no"), 0, 86400, 1, "ERROR_FROM_TARGET", "MaximumRetryAttempts", "1 1 0 1 1 0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
				e.fails = func(int) error { return row.error }
				in := daily("at(2000-01-01T01:00:00)")
				in.Target.RetryPolicy = &types.RetryPolicy{MaximumRetryAttempts: &row.retries, MaximumEventAgeInSeconds: &row.age}
				in.Target.DeadLetterConfig = &types.DeadLetterConfig{Arn: aws.String(queue)}
				create(t, client, in)
				time.Sleep(20 * time.Hour)
				e.mu.Lock()
				defer e.mu.Unlock()
				dead := e.calls[len(e.calls)-1]
				if n := len(e.calls) - 1; row.calls > 0 && n != row.calls || n == 0 || row.calls == 0 && dead.second > 3600+60 {
					t.Errorf("called %d times, given up after %d s", n, dead.second)
				}
				attributes := text(dead.members["MessageAttributes"])
				for name, want := range map[string]string{
					"ERROR_CODE": row.code, "EXHAUSTED_RETRY_CONDITION": row.exhausted, "SCHEDULED_TIME": "2000-01-01T01:00:00Z", "TARGET_ARN": machine,
					"SCHEDULE_ARN": "arn:aws:scheduler:eu-west-1:111122223333:schedule/default/daily",
				} {
					if has := strings.Contains(attributes, `"`+name+`":{"DataType":"String","StringValue":"`+want+`"}`); has != (want != "") {
						t.Errorf("%s is not %q in %s", name, want, attributes)
					}
				}
				if dead.action != "sqs:SendMessage" || dead.caller != role || dead.members["MessageBody"] != "{}" || !strings.Contains(attributes, fmt.Sprintf(`"RETRY_ATTEMPTS":{"DataType":"Number","StringValue":"%d"}`, len(e.calls)-2)) {
					t.Errorf("dead letter %+v", dead)
				}
				var counts []string
				for _, name := range []string{"InvocationAttemptCount", "TargetErrorCount", "TargetErrorThrottledCount", "InvocationDroppedCount", "InvocationsSentToDeadLetterCount", "InvocationsFailedToBeSentToDeadLetterCount"} {
					counts = append(counts, fmt.Sprint(e.metrics[name]))
					if e.grouped[name] != e.metrics[name] {
						t.Errorf("%s of the group is %v", name, e.grouped[name])
					}
				}
				if got := strings.Join(counts, " "); row.metrics != "" && got != row.metrics {
					t.Errorf("metrics %s, want %s", got, row.metrics)
				}
			})
		})
	}
}

func TestADeadLetterIsSentAgainToAQueueThatFails(t *testing.T) {
	inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
		e.fails = func(int) error { return cloud.Errorf(400, "StateMachineDoesNotExist", "no") }
		e.drops = func(call int) error {
			if call < 5 {
				return cloud.Errorf(500, "InternalFailure", "not now")
			}
			return nil
		}
		in := daily("at(2000-01-01T01:00:00)")
		in.Target.DeadLetterConfig = &types.DeadLetterConfig{Arn: aws.String(queue)}
		create(t, client, in)
		time.Sleep(2 * time.Hour)
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.calls) != 6 || e.metrics["InvocationsSentToDeadLetterCount"] != 1 {
			t.Errorf("%d calls, metrics %v", len(e.calls), e.metrics)
		}
	})
}

func TestAScheduleGoesAfterItsLastTime(t *testing.T) {
	inEngine(t, func(t *testing.T, e *engine, client *awsscheduler.Client) {
		in := daily("at(2000-01-01T01:00:00)")
		in.ActionAfterCompletion = "DELETE"
		create(t, client, in)
		get := func() error {
			_, err := client.GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{Name: aws.String("daily")})
			return err
		}
		time.Sleep(time.Hour - time.Second)
		expect(t, "before", get(), "", "")
		time.Sleep(2 * time.Second)
		expect(t, "after", get(), "ResourceNotFoundException", "Schedule daily does not exist.")
		if got := e.seconds(); len(got) != 1 {
			t.Errorf("called at %v", got)
		}
		create(t, client, daily("at(2000-01-01T02:00:00)"))
		time.Sleep(2 * time.Hour)
		expect(t, "one that stays", get(), "", "")
	})
}
