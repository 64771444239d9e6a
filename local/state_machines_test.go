package local_test

// This file stops engines whose state machines the API has made.

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/local"
)

// machinesTemplate has a role, and a machine with a version.
const machinesTemplate = `{
"Resources": {
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "states.amazonaws.com"}}]}}},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "declared", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
		"Tags": [{"Key": "of", "Value": "the template"}],
		"Definition": {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": 1, "End": true}}}}},
	"Version": {"Type": "AWS::StepFunctions::StateMachineVersion", "Properties": {"StateMachineArn": {"Ref": "Machine"}, "StateMachineRevisionId": {"Fn::GetAtt": ["Machine", "StateMachineRevisionId"]}}},
	"Live": {"Type": "AWS::StepFunctions::StateMachineAlias", "Properties": {"Name": "live", "RoutingConfiguration": [{"StateMachineVersionArn": {"Ref": "Version"}, "Weight": 100}]}}
},
"Outputs": {"Machine": {"Value": {"Ref": "Machine"}}, "Role": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}, "Version": {"Value": {"Ref": "Version"}}, "Live": {"Value": {"Ref": "Live"}}}}`

const (
	passing1 = `{"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": 1, "End": true}}}`
	passing2 = `{"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": 2, "End": true}}}`
)

func TestWhatTheAPIMakesOfStateMachinesIsThereInTheNextRun(t *testing.T) {
	o := local.Options{State: filepath.Join(t.TempDir(), "state")}
	first := startKept(t, machinesTemplate, o)
	flows := sfn.NewFromConfig(client(first.Engine))
	role, declared := output(t, first.Engine, "Role"), output(t, first.Engine, "Machine")
	if version, live := output(t, first.Engine, "Version"), output(t, first.Engine, "Live"); version != declared+":1" || live != declared+":live" {
		t.Errorf("the template's version is %s, its alias %s", version, live)
	}
	made, err := flows.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String("made"), RoleArn: &role, Definition: aws.String(passing1), Publish: true, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	arn := *made.StateMachineArn
	updated, err := flows.UpdateStateMachine(t.Context(), &sfn.UpdateStateMachineInput{StateMachineArn: &arn, Definition: aws.String(passing2)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := flows.CreateStateMachineAlias(t.Context(), &sfn.CreateStateMachineAliasInput{
		Name: aws.String("old"), RoutingConfiguration: []types.RoutingConfigurationListItem{{StateMachineVersionArn: made.StateMachineVersionArn, Weight: 100}},
	}); err != nil {
		t.Fatal(err)
	}
	activity, err := flows.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: aws.String("a"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
	if err != nil {
		t.Fatal(err)
	}
	// Of the template's machine, a version more.
	if _, err := flows.UpdateStateMachine(t.Context(), &sfn.UpdateStateMachineInput{StateMachineArn: &declared, Definition: aws.String(passing2), Publish: true}); err != nil {
		t.Fatal(err)
	}
	started, err := flows.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(arn + ":old"), Name: aws.String("n")})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it has ended", func() bool { return describe(t, flows, *started.ExecutionArn).Status == types.ExecutionStatusSucceeded })
	first.stop(t)

	for range 2 { // what was restored is saved again
		next := startKept(t, machinesTemplate, o)
		flows := sfn.NewFromConfig(client(next.Engine))
		m, err := flows.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
		if err != nil {
			t.Fatal(err)
		}
		if *m.Definition != passing2 || *m.RevisionId != *updated.RevisionId || !m.CreationDate.Equal(*made.CreationDate) || *m.RoleArn != role {
			t.Errorf("the machine is %+v", m)
		}
		if d := describe(t, flows, *started.ExecutionArn); *d.Output != "1" || *d.StateMachineAliasArn != arn+":old" || *d.StateMachineVersionArn != arn+":1" {
			t.Errorf("the execution is %+v", d)
		}
		again, err := flows.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(arn + ":old")})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "another one has ended", func() bool { return describe(t, flows, *again.ExecutionArn).Status == types.ExecutionStatusSucceeded })
		if d := describe(t, flows, *again.ExecutionArn); *d.Output != "1" {
			t.Errorf("the alias goes to %+v", d)
		}
		if tags, err := flows.ListTagsForResource(t.Context(), &sfn.ListTagsForResourceInput{ResourceArn: &arn}); err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Value != "v" {
			t.Errorf("its tags are %v, %v", tags, err)
		}
		versions, err := flows.ListStateMachineVersions(t.Context(), &sfn.ListStateMachineVersionsInput{StateMachineArn: &declared})
		if err != nil || len(versions.StateMachineVersions) != 2 || output(t, next.Engine, "Version") != declared+":1" {
			t.Errorf("the template's machine has %+v, %v", versions, err)
		}
		second, err := flows.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(declared + ":2")})
		if err != nil || *second.Definition != passing2 {
			t.Errorf("the version that the API has made is %+v, %v", second, err)
		}
		if tags, err := flows.ListTagsForResource(t.Context(), &sfn.ListTagsForResourceInput{ResourceArn: &declared}); err != nil || !slices.ContainsFunc(tags.Tags, func(t types.Tag) bool { return *t.Key == "of" && *t.Value == "the template" }) {
			t.Errorf("its tags are %v, %v", tags, err)
		}
		if a, err := flows.DescribeActivity(t.Context(), &sfn.DescribeActivityInput{ActivityArn: activity.ActivityArn}); err != nil || !a.CreationDate.Equal(*activity.CreationDate) {
			t.Errorf("the activity is %+v, %v", a, err)
		}
		if tags, err := flows.ListTagsForResource(t.Context(), &sfn.ListTagsForResourceInput{ResourceArn: activity.ActivityArn}); err != nil || len(tags.Tags) != 1 {
			t.Errorf("its tags are %v, %v", tags, err)
		}
		next.stop(t)
	}

	last := startKept(t, machinesTemplate, o)
	if _, err := sfn.NewFromConfig(client(last.Engine)).DeleteStateMachine(t.Context(), &sfn.DeleteStateMachineInput{StateMachineArn: &arn}); err != nil {
		t.Fatal(err)
	}
	last.stop(t)
	after := startKept(t, machinesTemplate, o)
	list, err := sfn.NewFromConfig(client(after.Engine)).ListStateMachines(t.Context(), &sfn.ListStateMachinesInput{})
	if err != nil || len(list.StateMachines) != 1 || *list.StateMachines[0].StateMachineArn != declared {
		t.Errorf("there are %+v, %v", list, err)
	}
}
