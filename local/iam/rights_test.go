package iam_test

// This file is about who may call IAM.

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// asksAbout are the resources that the actions ask about, for requests about the
// role r, the user u, the group g and the policy p, all on the path /x/.
var asksAbout = map[string]string{
	account + "role/x/r": `CreateRole DeleteRole DeleteServiceLinkedRole GetRole UpdateRole UpdateAssumeRolePolicy PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies
		AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies PutRolePermissionsBoundary DeleteRolePermissionsBoundary TagRole UntagRole ListRoleTags
		UpdateRoleDescription ListInstanceProfilesForRole`,
	account + "user/x/u": `CreateUser DeleteUser GetUser PutUserPolicy GetUserPolicy DeleteUserPolicy ListUserPolicies AttachUserPolicy DetachUserPolicy
		ListAttachedUserPolicies PutUserPermissionsBoundary DeleteUserPermissionsBoundary TagUser UntagUser ListUserTags
		CreateAccessKey DeleteAccessKey UpdateAccessKey UpdateUser ListAccessKeys ListGroupsForUser
		CreateServiceSpecificCredential ListServiceSpecificCredentials UpdateServiceSpecificCredential ResetServiceSpecificCredential DeleteServiceSpecificCredential`,
	account + "role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch": "CreateServiceLinkedRole GetServiceLinkedRoleDeletionStatus",
	account + "group/x/g": `CreateGroup DeleteGroup GetGroup PutGroupPolicy GetGroupPolicy DeleteGroupPolicy ListGroupPolicies AttachGroupPolicy DetachGroupPolicy
		ListAttachedGroupPolicies AddUserToGroup RemoveUserFromGroup UpdateGroup`,
	account + "policy/x/p": `CreatePolicy DeletePolicy GetPolicy CreatePolicyVersion DeletePolicyVersion GetPolicyVersion ListPolicyVersions SetDefaultPolicyVersion
		ListEntitiesForPolicy TagPolicy UntagPolicy ListPolicyTags`,
	account + "role/x/":  "ListRoles",
	account + "user/x/":  "ListUsers",
	account + "group/x/": "ListGroups",
	"*":                  "ListPolicies SimulateCustomPolicy GetContextKeysForCustomPolicy GetAccountSummary GetAccountAuthorizationDetails",
	account + "instance-profile/x/i": `CreateInstanceProfile GetInstanceProfile DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile
		TagInstanceProfile UntagInstanceProfile ListInstanceProfileTags`,
	account + "instance-profile/x/": "ListInstanceProfiles",
	account + "role/x/s":            "SimulatePrincipalPolicy GetContextKeysForPrincipalPolicy",
}

// only is what of an input an action has.
func (e *engine) only(action string, input map[string]any) map[string]any {
	own := map[string]any{}
	for _, field := range reflect.VisibleFields(e.iam.Input(action)) {
		if value, ok := input[field.Name]; ok && e.iam.Effect(action, field.Name) != cloud.Refused {
			own[field.Name] = value
		}
	}
	return own
}

func TestEachActionAsksForItsPermissionOnItsResource(t *testing.T) {
	e := newEngine(t)
	input := map[string]any{
		"RoleName": "r", "UserName": "u", "GroupName": "g", "PolicyName": "p", "PolicyArn": account + "policy/x/p", "Path": "/x/", "PathPrefix": "/x/",
		"PolicyDocument": allowRead, "AssumeRolePolicyDocument": trustsAll, "VersionId": "v1", "PermissionsBoundary": account + "policy/x/p", "AccessKeyId": "AKIA",
		"InstanceProfileName": "i", "ServiceSpecificCredentialId": "ACCA", "AWSServiceName": "batch.amazonaws.com", "DeletionTaskId": "task/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch/1", "Status": "Inactive",
		"PolicyInputList": []string{allowRead}, "ActionNames": []string{"sqs:SendMessage"},
	}
	for _, action := range []string{"CreateRole", "CreateUser", "CreateGroup", "CreatePolicy", "CreateInstanceProfile"} {
		own := e.only(action, input)
		delete(own, "PermissionsBoundary")
		if err := e.Do(t.Context(), e.Administrator(), "iam", action, own, nil); err != nil {
			t.Fatal(action, err)
		}
	}
	stranger := cloud.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/nobody/s", Role: account + "role/nobody"}
	asked := map[string]bool{}
	for resource, actions := range asksAbout {
		for action := range strings.FieldsSeq(actions) {
			asked[action] = true
			own := e.only(action, input)
			if strings.HasSuffix(action, "PrincipalPolicy") {
				own["PolicySourceArn"] = resource
			}
			err := e.Do(t.Context(), stranger, "iam", action, own, nil)
			want := "is not authorized to perform: iam:" + action + " on resource: " + resource + " because"
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", action, err, want)
			}
		}
	}
	for action := range e.iam.Operations {
		if !asked[action] {
			t.Errorf("nobody knows what %s asks about", action)
		}
	}
	if left := e.left(t); left != "r u g p" {
		t.Errorf("left are %s", left)
	}
}

// What keeps people within a boundary: they may give rights only to what has it,
// and only rights of a list.
func TestPoliciesMayAskAboutBoundariesAndPolicies(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	bound, read := e.policy(t, "bound", allowAll), e.policy(t, "read", allowRead)
	wide := e.policy(t, "wide", allowAll)
	deployer := e.role(t, "deployer")
	must(e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("deployer"), PolicyName: aws.String("deploy"), PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"], "Resource": "*", "Condition": {"StringEquals": {"iam:PermissionsBoundary": "` + bound + `"}}},
		{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*", "Condition": {"ArnLike": {"iam:PolicyARN": "` + read + `"}}},
		{"Effect": "Allow", "Action": ["iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy"], "Resource": "*", "Condition": {"Null": {"iam:PermissionsBoundary": "true"}}}]}`)}))(t)
	client := e.as(t, deployer)
	create := func(name string, boundary *string) error {
		_, err := client.CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustsAll), PermissionsBoundary: boundary})
		return err
	}
	put := func(role string) error {
		_, err := client.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("p"), PolicyDocument: aws.String(allowAll)})
		return err
	}
	attach := func(policy string) error {
		_, err := client.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: aws.String("app"), PolicyArn: &policy})
		return err
	}
	putBoundary := func(policy string) error {
		_, err := client.PutRolePermissionsBoundary(ctx, &awsiam.PutRolePermissionsBoundaryInput{RoleName: aws.String("app"), PermissionsBoundary: &policy})
		return err
	}
	unbind := func() error {
		_, err := client.DeleteRolePermissionsBoundary(ctx, &awsiam.DeleteRolePermissionsBoundaryInput{RoleName: aws.String("app")})
		return err
	}
	e.role(t, "free")
	for _, tt := range []struct {
		name    string
		err     error
		allowed bool
	}{
		{"a role without a boundary", create("app", nil), false},
		{"a role with another one", create("app", &wide), false},
		{"a role with the boundary", create("app", &bound), true},
		{"an inline policy of a role with the boundary", put("app"), true},
		{"an inline policy of a role without one", put("free"), false},
		{"a policy of the list", attach(read), true},
		{"another policy", attach(wide), false},
		{"another boundary", putBoundary(wide), false},
		{"the boundary again", putBoundary(bound), true},
		{"no boundary any more", unbind(), false},
	} {
		if (tt.err == nil) != tt.allowed {
			t.Errorf("%s: allowed is %t, want %t: %v", tt.name, tt.err == nil, tt.allowed, tt.err)
		}
	}
	if !slices.Contains(strings.Fields(e.left(t)), "app") {
		t.Error("the role is not there")
	}
}

// Whatever its policies say, nobody changes those of AWS.
func TestThePoliciesOfAWSAreReadAndNotChanged(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	arn := aws.String("arn:aws:iam::aws:policy/AmazonSQSFullAccess")
	if got := must(e.GetPolicyVersion(ctx, &awsiam.GetPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v1")}))(t); !strings.Contains(*got.PolicyVersion.Document, "sqs%3A%2A") {
		t.Errorf("document %s", *got.PolicyVersion.Document)
	}
	_, err := e.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(allowAll)})
	if err == nil || cloudCode(err) != "AccessDenied" {
		t.Errorf("a new version: %v", err)
	}
	if _, err = e.DeletePolicy(ctx, &awsiam.DeletePolicyInput{PolicyArn: arn}); cloudCode(err) != "AccessDenied" {
		t.Errorf("a deletion: %v", err)
	}
}
