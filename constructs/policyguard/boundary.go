package policyguard

// This file declares the boundary that keeps others from switching the guard off.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// boundaryName has to be known before the policy is made: the guard knows it as
// its own, and the policy names the guard.
func (s *System) boundaryName() string {
	name := *awscdk.Names_UniqueResourceName(s.Construct, &awscdk.UniqueResourceNameOptions{Separator: jsii.String("-"), MaxLength: jsii.Number(80)})
	return name + "-" + operation.StackPart(s.Construct)
}

func (s *System) boundaryARN() string { return s.iamARN("policy/" + s.boundaryName()) }

// addBoundary declares the boundary. A boundary grants nothing by itself: within
// this one everything stays as it is granted, but what is denied here.
func (s *System) addBoundary() {
	boundary := s.boundaryARN()
	deny := func(sid string, resources []string, conditions map[string]any, actions ...string) awsiam.PolicyStatement {
		props := &awsiam.PolicyStatementProps{
			Sid: &sid, Effect: awsiam.Effect_DENY, Actions: jsii.Strings(actions...), Resources: jsii.Strings(resources...),
		}
		if conditions != nil {
			props.Conditions = &conditions
		}
		return awsiam.NewPolicyStatement(props)
	}
	s.Boundary = awsiam.NewManagedPolicy(s.Construct, jsii.String("Boundary"), &awsiam.ManagedPolicyProps{
		ManagedPolicyName: jsii.String(s.boundaryName()),
		Description:       jsii.String("Permissions boundary: whoever has it cannot touch the policy guard"),
		Statements: &[]awsiam.PolicyStatement{
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid: jsii.String("WhatIsGrantedElsewhere"), Actions: jsii.Strings("*"), Resources: jsii.Strings("*"),
			}),
			deny("ButNotTheGuard", s.guarded(boundary), nil, "*"),
			deny("NorWithoutThisBoundary", []string{"*"}, map[string]any{"StringNotEquals": map[string]any{"iam:PermissionsBoundary": boundary}},
				"iam:CreateRole", "iam:CreateUser", "iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary"),
			deny("NorOutOfIt", []string{"*"}, nil, "iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"),
			deny("NorTheTrails", []string{"*"}, nil, "cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail"),
		},
	})
	operation.Suppress(s.Boundary, "AwsSolutions-IAM5", "A boundary grants nothing: it lets through what is granted elsewhere, and what it denies it denies wholesale.")
}

// guarded are the ARNs of all that the guard consists of: the rules, the state
// machine and its executions, in whose histories are tasks' tokens, functions and
// roles, tables, topics and queues, the key of links, alarms, and the stack.
func (s *System) guarded(boundary string) []string {
	stack := awscdk.Stack_Of(s.Construct)
	arns := []string{
		boundary, *stack.StackId(), *s.Rule.RuleArn(), *s.TamperRule.RuleArn(),
		*s.Workflow.StateMachine.StateMachineArn(), s.Workflow.Executions(),
		*s.Cases.TableArn(), *s.Approval.Requests.TableArn(), *s.Notices.TopicArn(), *s.Approval.Mails.TopicArn(), *s.AlarmTopic.TopicArn(),
		*s.Undelivered.QueueArn(), *s.Approval.Key.SecretArn(), operation.ARN(s.Construct, "cloudwatch", "alarm:"+*stack.StackName()+"-*"),
	}
	for _, function := range []*string{
		s.Evaluate.Function.FunctionArn(), s.RollBack.Function.FunctionArn(), s.Restore.Function.FunctionArn(),
		s.Approval.Request.Function.FunctionArn(), s.Approval.Page.Function.FunctionArn(), s.Approval.Conclude.Function.FunctionArn(),
	} {
		arns = append(arns, *function+"*") // and its versions
	}
	for _, role := range s.roles {
		arns = append(arns, *role.RoleArn())
	}
	return arns
}
