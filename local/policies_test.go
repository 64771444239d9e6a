package local_test

// This file changes policies of a running template with unmodified clients: the
// calls are announced, judged by a state machine, and count at once.

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/tradepost-dev/tradepost/local"
)

// guarded is a queue that a role of people may send to, and a state machine that
// reads a policy and judges it. Calls of IAM are told to a queue.
const guarded = `{"Resources": {
	"Inbox": {"Type": "AWS::SQS::Queue"},
	"Notices": {"Type": "AWS::SQS::Queue"},
	"MayNotify": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Notices"}], "PolicyDocument": {"Statement": {
		"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Notices", "Arn"]}}}}},
	"Trail": {"Type": "AWS::CloudTrail::Trail", "Properties": {"IsLogging": true, "S3BucketName": "logs"}},
	"Changed": {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Id": "Notices", "Arn": {"Fn::GetAtt": ["Notices", "Arn"]}}], "EventPattern": {
		"source": ["aws.iam"], "detail": {"eventName": [{"prefix": "CreatePolicy"}, {"prefix": "Get"}], "errorCode": [{"exists": false}]}}}},
	"Person": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "person", "ManagedPolicyArns": [{"Ref": "Rights"}],
		"AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"AWS": {"Ref": "AWS::AccountId"}}, "Action": "sts:AssumeRole"}}}},
	"Rights": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": {
		"Effect": "Allow", "Action": ["sqs:SendMessage", "iam:CreatePolicyVersion"], "Resource": "*"}}}},
	"JudgeRole": {"Type": "AWS::IAM::Role", "Properties": {
		"AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}},
		"Policies": [{"PolicyName": "read", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": ["iam:GetPolicy", "access-analyzer:CheckAccessNotGranted"], "Resource": "*"}}}]}},
	"Judge": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": {"Fn::GetAtt": ["JudgeRole", "Arn"]}, "Definition": {
		"QueryLanguage": "JSONata", "StartAt": "Look", "States": {
			"Look": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:iam:getPolicy", "Arguments": {"PolicyArn": "{% $states.input.policy %}"},
				"Assign": {"since": "{% $states.result.Policy.CreateDate %}"}, "Output": "{% $states.input %}", "Next": "Check",
				"Catch": [{"ErrorEquals": ["Iam.NoSuchEntityException"], "Next": "Gone"}]},
			"Check": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:accessanalyzer:checkAccessNotGranted", "End": true,
				"Arguments": {"PolicyDocument": "{% $states.input.document %}", "PolicyType": "IDENTITY_POLICY", "Access": [{"Actions": ["iam:*"]}]},
				"Output": "{% $states.result.Result & ' ' & $string($states.result.Reasons[0].StatementIndex) & $substring($since, 10, 1) %}"},
			"Gone": {"Type": "Pass", "Output": "gone", "End": true}}}}}},
	"Outputs": {"Inbox": {"Value": {"Ref": "Inbox"}}, "Notices": {"Value": {"Ref": "Notices"}}, "Rights": {"Value": {"Ref": "Rights"}},
		"Person": {"Value": {"Fn::GetAtt": ["Person", "Arn"]}}, "Judge": {"Value": {"Ref": "Judge"}}}}`

// person is the configuration of clients that have taken on the role of people.
func person(t *testing.T, engine *local.Engine) aws.Config {
	t.Helper()
	c := client(engine)
	taken, err := sts.NewFromConfig(c).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(output(t, engine, "Person")), RoleSessionName: aws.String("alice")})
	if err != nil {
		t.Fatal(err)
	}
	c.Credentials = credentials.NewStaticCredentialsProvider(*taken.Credentials.AccessKeyId, *taken.Credentials.SecretAccessKey, *taken.Credentials.SessionToken)
	return c
}

func TestAPolicyThatIsChangedIsAnnouncedAndJudgedAndCountsAtOnce(t *testing.T) {
	engine := startTemplate(t, guarded, local.Options{})
	alice, rights := person(t, engine), output(t, engine, "Rights")
	send := func() error {
		_, err := sqs.NewFromConfig(alice).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(output(t, engine, "Inbox")), MessageBody: aws.String("x")})
		return err
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	const document = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:iam::000000000000:policy/*"}]}`
	if _, err := iam.NewFromConfig(alice).CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: &rights, PolicyDocument: aws.String(document), SetAsDefault: true}); err != nil {
		t.Fatal(err)
	}
	if err := send(); err == nil || !strings.Contains(err.Error(), "because no identity-based policy allows the sqs:SendMessage action") {
		t.Errorf("by the former version: %v", err)
	}
	var event struct {
		Detail struct {
			EventName         string
			RequestParameters struct{ PolicyArn, PolicyDocument string }
			UserIdentity      struct {
				Arn            string
				SessionContext struct{ SessionIssuer struct{ Arn string } }
			}
		}
	}
	if err := json.Unmarshal([]byte(receive(t, engine)), &event); err != nil {
		t.Fatal(err)
	}
	d := event.Detail
	if d.EventName != "CreatePolicyVersion" || d.RequestParameters.PolicyArn != rights || d.RequestParameters.PolicyDocument != document ||
		d.UserIdentity.Arn != "arn:aws:sts::000000000000:assumed-role/person/alice" || d.UserIdentity.SessionContext.SessionIssuer.Arn != output(t, engine, "Person") {
		t.Errorf("event %+v", d)
	}
	for policy, want := range map[string]string{rights: "FAIL 1T", rights + "2": "gone"} {
		input, err := json.Marshal(map[string]string{"policy": policy, "document": document})
		if err != nil {
			t.Fatal(err)
		}
		if status, got := runsTo(t, engine, "Judge", string(input)); status != "SUCCEEDED" || got != `"`+want+`"` {
			t.Errorf("%s: %s %s, want %q", policy, status, got, want)
		}
	}
}
