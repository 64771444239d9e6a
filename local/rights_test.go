package local_test

// This file deploys stacks by roles that may do little.

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tradepost-dev/tradepost/local"
)

const deployed = `{"Resources": {
	"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "deployed", "DelaySeconds": %[1]d}},
	"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "deployed", "DisplayName": "%[1]d"}},
	"Subscription": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]}}},
	"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]}}},
	"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/deployed/p", "Type": "String", "Value": "%[1]d"}},
	"Rule": {"Type": "AWS::Events::Rule", "Properties": {"Name": "deployed", "EventPattern": {"source": ["%[1]d"]}, "Targets": [{"Id": "t", "Arn": {"Ref": "Machine"}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}]}},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "deployed", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
		"DefinitionString": "{\"StartAt\": \"P%[1]d\", \"States\": {\"P%[1]d\": {\"Type\": \"Pass\", \"End\": true}}}"}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "deployed", "Description": "%[1]d", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": ["events.amazonaws.com", "states.amazonaws.com"]}, "Action": "sts:AssumeRole"}]}}},
	"Grant": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "grant", "Roles": [{"Ref": "Role"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "states:StartExecution", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "%[1]d"}}}]}}}}}`

// asked is what the stack asks for, of its deployer: action, and resource after
// arn:aws:, with the region and the account.
var asked = []string{
	"sqs:CreateQueue sqs:R:deployed", "sqs:SetQueueAttributes sqs:R:deployed", "sqs:DeleteQueue sqs:R:deployed",
	"sns:CreateTopic sns:R:deployed", "sns:SetTopicAttributes sns:R:deployed", "sns:DeleteTopic sns:R:deployed", "sns:Subscribe sns:R:deployed", "sns:Unsubscribe sns:R:deployed",
	"ssm:PutParameter ssm:R:parameter/deployed/p", "ssm:DeleteParameter ssm:R:parameter/deployed/p", "events:PutRule events:R:rule/deployed", "events:DeleteRule events:R:rule/deployed",
	"states:CreateStateMachine states:R:stateMachine:deployed", "states:UpdateStateMachine states:R:stateMachine:deployed", "states:DeleteStateMachine states:R:stateMachine:deployed",
	"iam:CreateRole iam::000000000000:role/deployed", "iam:UpdateRole iam::000000000000:role/deployed", "iam:DeleteRole iam::000000000000:role/deployed",
	"iam:PutRolePolicy iam::000000000000:role/deployed", "iam:DeleteRolePolicy iam::000000000000:role/deployed", "iam:PassRole iam::000000000000:role/deployed",
}

// mayDo lets the role "deployer" do what is asked, but for some of it.
func mayDo(t *testing.T, identities *iam.Client, but ...string) {
	t.Helper()
	var statements []string
	for _, row := range asked {
		action, resource, _ := strings.Cut(row, " ")
		if slices.Contains(but, action) {
			continue
		}
		resource = strings.Replace(resource, ":R:", ":us-east-1:000000000000:", 1)
		condition := ""
		if action == "iam:PassRole" {
			condition = `, "Condition": {"StringEquals": {"iam:PassedToService": ["events.amazonaws.com", "states.amazonaws.com"]}}`
		}
		statements = append(statements, fmt.Sprintf(`{"Effect": "Allow", "Action": %q, "Resource": "arn:aws:%s"%s}`, action, resource, condition))
	}
	if _, err := identities.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("deployer"), PolicyName: aws.String("may"), PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ", ") + `]}`),
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAStackIsDeployedWithTheRightsOfItsRole(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {"Deployer": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "deployer", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}}}}`, local.Options{})
	cfg := client(engine)
	stacks, identities := cloudformation.NewFromConfig(cfg), iam.NewFromConfig(cfg)
	role := aws.String("arn:aws:iam::000000000000:role/deployer")
	template := func(n int) *string { return aws.String(fmt.Sprintf(deployed, n)) }
	named := []types.Capability{"CAPABILITY_NAMED_IAM"}
	reasons := func(name string) string {
		t.Helper()
		var all []string
		for _, e := range must(stacks.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: &name})).StackEvents {
			all = append(all, aws.ToString(e.ResourceStatusReason))
		}
		return strings.Join(all, "\n")
	}
	refusal := func(action, name string) {
		t.Helper()
		if got := reasons(name); !strings.Contains(got, "assumed-role/deployer/AWSCloudFormation is not authorized to perform: "+action+" on resource") {
			t.Errorf("without %s the reasons are %s", action, got)
		}
	}

	for _, missing := range []string{"sqs:CreateQueue", "iam:PassRole", "states:CreateStateMachine", "sns:Subscribe", "sqs:SetQueueAttributes", "iam:PutRolePolicy"} {
		mayDo(t, identities, missing)
		made := must(stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("late"), TemplateBody: template(1), RoleARN: role, Capabilities: named}))
		if s := settled(t, stacks, *made.StackId); s.StackStatus != types.StackStatusRollbackComplete {
			t.Errorf("without %s the stack is in %s: %s", missing, s.StackStatus, reasons(*made.StackId))
		}
		refusal(missing, *made.StackId)
		must(stacks.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: made.StackId}))
		settled(t, stacks, *made.StackId)
	}

	mayDo(t, identities)
	made := must(stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("late"), TemplateBody: template(1), RoleARN: role, Capabilities: named}))
	if s := settled(t, stacks, *made.StackId); s.StackStatus != types.StackStatusCreateComplete || *s.RoleARN != *role {
		t.Fatalf("with all rights the stack is %+v: %s", s, reasons(*made.StackId))
	}
	// An update without a role goes by the one that the stack had.
	update := func(n int) types.Stack {
		t.Helper()
		must(stacks.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: aws.String("late"), TemplateBody: template(n), Capabilities: named}))
		return settled(t, stacks, *made.StackId)
	}
	for i, missing := range []string{"sns:SetTopicAttributes", "states:UpdateStateMachine", "iam:UpdateRole", "ssm:PutParameter"} {
		mayDo(t, identities, missing)
		if s := update(2 + i); s.StackStatus != types.StackStatusUpdateRollbackComplete {
			t.Errorf("without %s the stack is in %s: %s", missing, s.StackStatus, reasons(*made.StackId))
		}
		refusal(missing, *made.StackId)
	}
	mayDo(t, identities)
	if s := update(9); s.StackStatus != types.StackStatusUpdateComplete || *s.RoleARN != *role {
		t.Errorf("with all rights it is %+v: %s", s, reasons(*made.StackId))
	}
	deletes := []string{"ssm:DeleteParameter", "iam:DeleteRolePolicy", "sns:Unsubscribe", "sqs:DeleteQueue"}
	for i, missing := range deletes {
		mayDo(t, identities, deletes[i:]...)
		must(stacks.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: made.StackId}))
		if s := settled(t, stacks, *made.StackId); s.StackStatus != types.StackStatusDeleteFailed {
			t.Errorf("without %s the stack is in %s: %s", missing, s.StackStatus, reasons(*made.StackId))
		}
		refusal(missing, *made.StackId)
	}
	mayDo(t, identities)
	must(stacks.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: made.StackId}))
	if s := settled(t, stacks, *made.StackId); s.StackStatus != types.StackStatusDeleteComplete {
		t.Errorf("with all rights it is in %s: %s", s.StackStatus, reasons(*made.StackId))
	}

	// A role that CloudFormation cannot take on is refused at once.
	_, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("late"), TemplateBody: template(1), RoleARN: aws.String("arn:aws:iam::000000000000:role/none"), Capabilities: named})
	if err == nil || !strings.Contains(err.Error(), "Role arn:aws:iam::000000000000:role/none is invalid or cannot be assumed") {
		t.Errorf("a role that is not there: %v", err)
	}
}

// What a caller may not do himself, he cannot have done by a stack without a role.
func TestAStackWithoutARoleIsDeployedWithTheRightsOfTheCaller(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {"User": {"Type": "AWS::IAM::User", "Properties": {"UserName": "clerk", "Policies": [{"PolicyName": "p", "PolicyDocument":
		{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["cloudformation:*", "sqs:*"], "Resource": "*"}]}}]}}, "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "strong",
		"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"], "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}}}}`, local.Options{})
	key := must(iam.NewFromConfig(client(engine)).CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("clerk")})).AccessKey
	cfg := client(engine)
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*key.AccessKeyId, *key.SecretAccessKey, "")
	stacks := cloudformation.NewFromConfig(cfg)
	in := func(resource string) *cloudformation.CreateStackInput {
		return &cloudformation.CreateStackInput{StackName: aws.String("late"), TemplateBody: aws.String(`{"Resources": {"R": {"Type": "` + resource + `"}}}`)}
	}
	made := must(stacks.CreateStack(t.Context(), in("AWS::SNS::Topic")))
	if s := settled(t, stacks, *made.StackId); s.StackStatus != types.StackStatusRollbackComplete {
		t.Errorf("a topic is made by who may make none: %s", s.StackStatus)
	}
	must(stacks.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: made.StackId}))
	settled(t, stacks, *made.StackId)
	made = must(stacks.CreateStack(t.Context(), in("AWS::SQS::Queue")))
	if s := settled(t, stacks, *made.StackId); s.StackStatus != types.StackStatusCreateComplete {
		t.Errorf("a queue is not made by who may make some: %s", s.StackStatus)
	}
	_, err := stacks.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: made.StackId, RoleARN: aws.String("arn:aws:iam::000000000000:role/strong")})
	if err == nil || !strings.Contains(err.Error(), "iam:PassRole") {
		t.Errorf("who may pass no role has it deleted by one: %v", err)
	}
}
