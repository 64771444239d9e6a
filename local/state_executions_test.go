package local_test

// This file stops engines while executions run, and after they have ended.

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/local"
)

// executionsTemplate has a machine that fails, or waits if its input says so,
// and a queue that hears of executions that are aborted.
const executionsTemplate = `{
"Resources": {
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "states.amazonaws.com"}}]}}},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "machine", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
		"Definition": {"StartAt": "Long?", "States": {
			"Long?": {"Type": "Choice", "Choices": [{"Variable": "$.long", "BooleanEquals": true, "Next": "Wait"}], "Default": "Echo"},
			"Wait": {"Type": "Wait", "Seconds": 3600, "Next": "Echo"},
			"Echo": {"Type": "Choice", "Choices": [{"Variable": "$.fail", "IsPresent": true, "Next": "Fail"}], "Default": "Done"},
			"Fail": {"Type": "Fail", "Error": "Broken", "Cause": "as asked"},
			"Done": {"Type": "Succeed"}}}}},
	"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
	"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}, "Principal": {"Service": "events.amazonaws.com"}}]}}},
	"Rule": {"Type": "AWS::Events::Rule", "Properties": {
		"EventPattern": {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"], "detail": {"status": ["ABORTED"]}},
		"Targets": [{"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}]}}
},
"Outputs": {"Machine": {"Value": {"Ref": "Machine"}}}}`

func TestExecutionsAreThereInTheNextRun(t *testing.T) {
	o := local.Options{State: filepath.Join(t.TempDir(), "state")}
	first := startKept(t, executionsTemplate, o)
	flows := sfn.NewFromConfig(client(first.Engine))
	machine := output(t, first.Engine, "Machine")
	arns := map[string]string{}
	for name, input := range map[string]string{"good": `{"long": false,  "n": 1.50}`, "bad": `{"long": false, "fail": 1}`, "running": `{"long": true}`} {
		started, err := flows.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Name: aws.String(name), Input: aws.String(input)})
		if err != nil {
			t.Fatal(err)
		}
		arns[name] = *started.ExecutionArn
	}
	eventually(t, "two have ended, and one waits", func() bool {
		ended := describe(t, flows, arns["good"]).Status == types.ExecutionStatusSucceeded && describe(t, flows, arns["bad"]).Status == types.ExecutionStatusFailed
		return ended && strings.Contains(history(t, flows, arns["running"]), "WaitStateEntered")
	})
	good, bad := describe(t, flows, arns["good"]), describe(t, flows, arns["bad"])
	goodHistory, badHistory, runningHistory := history(t, flows, arns["good"]), history(t, flows, arns["bad"]), history(t, flows, arns["running"])
	first.stop(t)

	for run := range 3 { // what was restored is saved again, and what is new as well
		next := startKept(t, executionsTemplate, o)
		flows := sfn.NewFromConfig(client(next.Engine))
		got := describe(t, flows, arns["good"])
		if got.Status != good.Status || *got.Output != *good.Output || *got.Input != *good.Input || !got.StopDate.Equal(*good.StopDate) || !got.StartDate.Equal(*good.StartDate) {
			t.Errorf("was %+v\nis  %+v", good, got)
		}
		if got := describe(t, flows, arns["bad"]); got.Status != bad.Status || *got.Error != "Broken" || *got.Cause != "as asked" || got.RedriveStatus != types.ExecutionRedriveStatusNotRedrivable {
			t.Errorf("was %+v\nis  %+v", bad, got)
		}
		if got := history(t, flows, arns["good"]) + history(t, flows, arns["bad"]); got != goodHistory+badHistory {
			t.Errorf("histories were\n%s and are\n%s", goodHistory+badHistory, got)
		}
		aborted := describe(t, flows, arns["running"])
		if aborted.Status != types.ExecutionStatusAborted || *aborted.Error != "Local.EngineStopped" || !strings.Contains(*aborted.Cause, "stopped while the execution ran") || aborted.StopDate == nil {
			t.Errorf("what ran is %+v", aborted)
		}
		if got := history(t, flows, arns["running"]); !strings.HasPrefix(got, runningHistory) || strings.Count(got, "ExecutionAborted") != 1 || !strings.HasSuffix(got, "5 4 ExecutionAborted\n") {
			t.Errorf("its history was\n%s and is\n%s", runningHistory, got)
		}
		var heard []string
		if run == 0 {
			eventually(t, "the rule hears of it", func() bool { heard, _ = next.receive(t); return len(heard) > 0 })
			var event struct{ Detail struct{ Name, Status string } }
			if err := json.Unmarshal([]byte(heard[0]), &event); err != nil || len(heard) != 1 || event.Detail.Name != "running" || event.Detail.Status != "ABORTED" {
				t.Errorf("heard %q", heard)
			}
		}
		if _, err := flows.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Name: aws.String("bad"), Input: aws.String("{}")}); err == nil || !strings.Contains(err.Error(), "ExecutionAlreadyExists") {
			t.Errorf("the name is free: %v", err)
		}
		list, err := flows.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &machine})
		if err != nil || len(list.Executions) != 3+run {
			t.Errorf("listed %+v %v", list, err)
		}
		more, err := flows.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Input: aws.String(`{"long": false}`)})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "one more has ended", func() bool { return describe(t, flows, *more.ExecutionArn).Status == types.ExecutionStatusSucceeded })
		next.stop(t)
	}
}

func describe(t *testing.T, flows *sfn.Client, arn string) *sfn.DescribeExecutionOutput {
	t.Helper()
	got, err := flows.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// history returns a line for each event: its id, the one before it, its kind.
func history(t *testing.T, flows *sfn.Client, arn string) string {
	t.Helper()
	got, err := flows.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, e := range got.Events {
		fmt.Fprintln(&lines, e.Id, e.PreviousEventId, e.Type)
	}
	return lines.String()
}
