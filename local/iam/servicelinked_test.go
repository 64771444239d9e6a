package iam_test

// This file is about the roles of AWS's services.

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
)

// link makes the role of a service.
func (e *engine) link(t *testing.T, service, suffix string) (*types.Role, error) {
	t.Helper()
	in := &awsiam.CreateServiceLinkedRoleInput{AWSServiceName: &service}
	if suffix != "" {
		in.CustomSuffix = &suffix
	}
	out, err := e.CreateServiceLinkedRole(t.Context(), in)
	if err != nil {
		return nil, err
	}
	return out.Role, nil
}

func TestTheRoleOfAServiceTrustsItAndHasItsPolicy(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	made := must(e.link(t, "autoscaling.amazonaws.com", ""))(t)
	arn := account + "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
	if *made.Arn != arn || !strings.Contains(*made.AssumeRolePolicyDocument, "%22Service%22%3A%22autoscaling.amazonaws.com%22") {
		t.Errorf("made %s, trusting %s", *made.Arn, *made.AssumeRolePolicyDocument)
	}
	attached := must(e.ListAttachedRolePolicies(ctx, &awsiam.ListAttachedRolePoliciesInput{RoleName: made.RoleName}))(t).AttachedPolicies
	policy := aws.String("arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy")
	if len(attached) != 1 || *attached[0].PolicyArn != *policy {
		t.Errorf("attached %+v", attached)
	}
	if told := must(e.GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: policy}))(t).Policy; *told.AttachmentCount != 1 || *told.Path != "/aws-service-role/" {
		t.Errorf("the policy is told as %+v", told)
	}
	if _, err := e.Assume(cloud.Caller{ARN: "autoscaling.amazonaws.com", Service: "autoscaling.amazonaws.com"}, arn, "s"); err != nil {
		t.Error(err)
	}
	suffixed := must(e.link(t, "autoscaling.amazonaws.com", "blue"))(t)
	if *suffixed.RoleName != "AWSServiceRoleForAutoScaling_blue" {
		t.Errorf("with a suffix it is %s", *suffixed.RoleName)
	}
	for name, tt := range map[string]struct{ service, suffix, want string }{
		"once more":             {"autoscaling.amazonaws.com", "", "InvalidInput: Service role name AWSServiceRoleForAutoScaling has been taken in this account, please try a different suffix."},
		"a suffix of a service": {"batch.amazonaws.com", "blue", "InvalidInput: Custom suffix is not allowed for batch.amazonaws.com"},
		"a long suffix":         {"connect.amazonaws.com", strings.Repeat("x", 60), "ValidationError: 1 validation error detected: Value at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64"},
		"another service":       {"toaster.amazonaws.com", "", "NotImplemented: the local engine does not know the role of the service toaster.amazonaws.com"},
	} {
		if _, err := e.link(t, tt.service, tt.suffix); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func TestOnlyAWSChangesWhatTheRoleOfAServiceMayDo(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	role := must(e.link(t, "batch.amazonaws.com", ""))(t).RoleName
	read, of := e.policy(t, "read", allowRead), aws.String("arn:aws:iam::aws:policy/aws-service-role/BatchServiceRolePolicy")
	e.role(t, "own")
	own := aws.String("own")
	for what, do := range map[string]func() error{
		"an inline policy": func() error {
			_, err := e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String("p"), PolicyDocument: aws.String(allowAll)})
			return err
		},
		"a managed policy": func() error {
			_, err := e.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: role, PolicyArn: &read})
			return err
		},
		"without its policy": func() error {
			_, err := e.DetachRolePolicy(ctx, &awsiam.DetachRolePolicyInput{RoleName: role, PolicyArn: of})
			return err
		},
		"a boundary": func() error {
			_, err := e.PutRolePermissionsBoundary(ctx, &awsiam.PutRolePermissionsBoundaryInput{RoleName: role, PermissionsBoundary: &read})
			return err
		},
		"another trust": func() error {
			_, err := e.UpdateAssumeRolePolicy(ctx, &awsiam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: aws.String(trustsAll)})
			return err
		},
		"deleted as others are": func() error {
			_, err := e.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: role})
			return err
		},
	} {
		err := do()
		fails[*types.UnmodifiableEntityException](t, what, err)
		if want := "Cannot perform the operation on the protected role 'AWSServiceRoleForBatch' - this role is only modifiable by AWS"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	must(e.UpdateRole(ctx, &awsiam.UpdateRoleInput{RoleName: role, Description: aws.String("jobs")}))(t)
	must(e.TagRole(ctx, &awsiam.TagRoleInput{RoleName: role, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}))(t)
	if got := must(e.GetRole(ctx, &awsiam.GetRoleInput{RoleName: role}))(t).Role; *got.Description != "jobs" || len(got.Tags) != 1 {
		t.Errorf("told as %+v", got)
	}
	_, err := e.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: own, PolicyArn: of})
	fails[*types.PolicyNotAttachableException](t, "a service's policy for another role", err)
	_, err = e.PutRolePermissionsBoundary(ctx, &awsiam.PutRolePermissionsBoundaryInput{RoleName: own, PermissionsBoundary: of})
	fails[*types.NoSuchEntityException](t, "a service's policy as a boundary", err)
}

// What the engine does not know it does not make up.
func TestWhatTheRoleOfAServiceMayDoIsNotTold(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	role := must(e.link(t, "batch.amazonaws.com", ""))(t)
	of := aws.String("arn:aws:iam::aws:policy/aws-service-role/BatchServiceRolePolicy")
	for what, do := range map[string]func() error{
		"its document": func() error {
			_, err := e.GetPolicyVersion(ctx, &awsiam.GetPolicyVersionInput{PolicyArn: of, VersionId: aws.String("v1")})
			return err
		},
		"a simulation": func() error {
			_, err := e.SimulatePrincipalPolicy(ctx, &awsiam.SimulatePrincipalPolicyInput{PolicySourceArn: role.Arn, ActionNames: []string{"ec2:RunInstances"}})
			return err
		},
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), "the local engine does not know what the policy "+*of+" allows") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestTheRoleOfAServiceIsDeletedByATask(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	role := must(e.link(t, "batch.amazonaws.com", ""))(t).RoleName
	e.role(t, "own")
	_, err := e.DeleteServiceLinkedRole(ctx, &awsiam.DeleteServiceLinkedRoleInput{RoleName: aws.String("own")})
	fails[*types.NoSuchEntityException](t, "a role of nobody's service", err)
	task := must(e.DeleteServiceLinkedRole(ctx, &awsiam.DeleteServiceLinkedRoleInput{RoleName: role}))(t).DeletionTaskId
	if !strings.HasPrefix(*task, "task/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch/") {
		t.Errorf("the task is %s", *task)
	}
	status := must(e.GetServiceLinkedRoleDeletionStatus(ctx, &awsiam.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: task}))(t).Status
	if left := e.left(t); status != types.DeletionTaskStatusTypeSucceeded || left != "own" {
		t.Errorf("it is %s, and left are %s", status, left)
	}
	_, err = e.GetServiceLinkedRoleDeletionStatus(ctx, &awsiam.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: aws.String(*task + "0")})
	fails[*types.NoSuchEntityException](t, "another task", err)
	if used := must(e.GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: aws.String("arn:aws:iam::aws:policy/aws-service-role/BatchServiceRolePolicy")}))(t).Policy.AttachmentCount; *used != 0 {
		t.Errorf("its policy has %d users", *used)
	}
	must(e.link(t, "batch.amazonaws.com", ""))(t)
}

func TestATemplateHasTheRoleOfAService(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	resources := `{"R": {"Type": "AWS::IAM::ServiceLinkedRole", "Properties": {"AWSServiceName": "batch.amazonaws.com", "Description": "one"}}}`
	stack := must(e.stack(t, resources))(t)
	if h := stack.Handles["R"]; h.Ref != "AWSServiceRoleForBatch" || h.Attributes["RoleName"] != h.Ref {
		t.Errorf("it is %+v", h)
	}
	if err := e.update(t, stack, strings.Replace(resources, "one", "other", 1)); err != nil {
		t.Fatal(err)
	}
	if got := must(e.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("AWSServiceRoleForBatch")}))(t).Role; *got.Description != "other" {
		t.Errorf("described as %q", *got.Description)
	}
	if err := stack.Delete(ctx, cfn.Deletion{}); err != nil || e.left(t) != "" {
		t.Errorf("left are %s, %v", e.left(t), err)
	}
	stack = must(e.stack(t, resources))(t)
	must(e.DeleteServiceLinkedRole(ctx, &awsiam.DeleteServiceLinkedRoleInput{RoleName: aws.String("AWSServiceRoleForBatch")}))(t)
	if err := stack.Delete(ctx, cfn.Deletion{}); err != nil {
		t.Errorf("after the role has gone: %v", err)
	}
}

func TestWhoMakesTheRoleOfAServiceMayBeHeldToSomeServices(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	client := e.as(t, e.role(t, "r"))
	must(e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p"), PolicyDocument: aws.String(
		`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*", "Condition": {"StringEquals": {"iam:AWSServiceName": "batch.amazonaws.com"}}}}`)}))(t)
	if _, err := client.CreateServiceLinkedRole(ctx, &awsiam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("connect.amazonaws.com")}); cloudCode(err) != "AccessDenied" {
		t.Errorf("of another service: %v", err)
	}
	must(client.CreateServiceLinkedRole(ctx, &awsiam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("batch.amazonaws.com")}))(t)
}

func TestADeletionTaskIsKnownForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(cloud.Site{Account: "111122223333", Region: "us-east-1"})
		defer c.Close()
		c.Register("iam", iam.New(c))
		do := func(action string, in map[string]string) (told struct{ DeletionTaskId, Status string }, err error) {
			err = c.Do(t.Context(), c.Administrator(), "iam", action, in, &told)
			return told, err
		}
		deleted := func() string {
			must(do("CreateServiceLinkedRole", map[string]string{"AWSServiceName": "batch.amazonaws.com"}))(t)
			return must(do("DeleteServiceLinkedRole", map[string]string{"RoleName": "AWSServiceRoleForBatch"}))(t).DeletionTaskId
		}
		first := deleted()
		for _, tt := range []struct {
			after time.Duration
			known bool
		}{{24 * time.Hour, true}, {time.Second, false}} {
			time.Sleep(tt.after)
			deleted() // which tidies up
			if told, err := do("GetServiceLinkedRoleDeletionStatus", map[string]string{"DeletionTaskId": first}); (err == nil) != tt.known || tt.known && told.Status != "SUCCEEDED" {
				t.Errorf("after %v: %+v, %v", tt.after, told, err)
			}
		}
	})
}
