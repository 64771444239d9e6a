package local_test

// This file lets tasks call as roles that their machine's role takes on.

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/local"
)

// borrowing has a machine that sends a message by the role of its input. Only
// Sender may send; its trust, and what the machine may take on, are to be filled in.
const borrowing = `{"Resources": {
	"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}},
	"Sender": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "sender", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"AWS": {"Fn::GetAtt": ["Role", "Arn"]}}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "arn:aws:states:us-east-1:000000000000:stateMachine:TRUSTED"}}}]},
		"Policies": [{"PolicyName": "send", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}]}}]}},
	"Idle": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "idle", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"AWS": {"Fn::GetAtt": ["Role", "Arn"]}}, "Action": "sts:AssumeRole"}]}}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "borrower", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}},
	"Grant": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "grant", "Roles": [{"Ref": "Role"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "EFFECT", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::000000000000:role/*"}]}}},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "borrower", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
		"DefinitionString": {"Fn::Sub": "{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sqs:sendMessage\",\"Credentials\":{\"RoleArn.$\":\"$.role\"},\"Parameters\":{\"QueueUrl\":\"${Queue}\",\"MessageBody\":\"m\"},\"End\":true}}}"}}}}}`

func TestATaskBorrowsARoleThatTrustsItsMachine(t *testing.T) {
	for _, row := range []struct{ name, trusted, effect, role, failure string }{
		{"one that may send", "borrower", "Allow", "sender", ""},
		{"one that may not send", "borrower", "Allow", "idle", "SQS.AmazonSQSException"},
		{"one that trusts another machine only", "other", "Allow", "sender", "States.TaskFailed"},
		{"one that the machine's role may not take on", "borrower", "Deny", "sender", "States.TaskFailed"},
		{"one that is not there", "borrower", "Allow", "nobody", "States.TaskFailed"},
	} {
		template := strings.NewReplacer("TRUSTED", row.trusted, "EFFECT", row.effect).Replace(borrowing)
		machines := sfn.NewFromConfig(client(startTemplate(t, template, local.Options{})))
		started := must(machines.StartExecution(t.Context(), &sfn.StartExecutionInput{
			StateMachineArn: aws.String("arn:aws:states:us-east-1:000000000000:stateMachine:borrower"),
			Input:           aws.String(`{"role":"arn:aws:iam::000000000000:role/` + row.role + `"}`),
		}))
		var ended *sfn.DescribeExecutionOutput
		eventually(t, "the end of the execution", func() bool {
			ended = must(machines.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn}))
			return ended.Status != "RUNNING"
		})
		if got := aws.ToString(ended.Error); got != row.failure {
			t.Errorf("%s: failed by %q (%s), want %q", row.name, got, aws.ToString(ended.Cause), row.failure)
		}
	}
}
