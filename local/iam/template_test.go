package iam_test

// This file is about templates: the API sees and changes what they declare.

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
)

// estate declares one of each type.
const estate = `{
	"Bound": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "bound", "Path": "/guards/", "PolicyDocument": ` + allowAll + `}},
	"Send": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "send", "Description": "to orders", "PolicyDocument": ` + allowSend + `,
		"Roles": [{"Ref": "Worker"}], "Users": [{"Ref": "Alice"}], "Groups": [{"Ref": "Staff"}]}},
	"Worker": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "worker", "AssumeRolePolicyDocument": ` + trustsAll + `, "MaxSessionDuration": 7200,
		"PermissionsBoundary": {"Ref": "Bound"}, "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
		"Policies": [{"PolicyName": "own", "PolicyDocument": ` + allowRead + `}], "Tags": [{"Key": "team", "Value": "blue"}]}},
	"Alice": {"Type": "AWS::IAM::User", "Properties": {"UserName": "alice", "Groups": [{"Ref": "Staff"}], "PermissionsBoundary": {"Ref": "Bound"}}},
	"Bob": {"Type": "AWS::IAM::User", "Properties": {}},
	"Key": {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "Alice"}}},
	"Staff": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "staff"}},
	"Joined": {"Type": "AWS::IAM::UserToGroupAddition", "Properties": {"GroupName": {"Ref": "Staff"}, "Users": [{"Ref": "Bob"}]}},
	"Inline": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "shared", "PolicyDocument": ` + allowRead + `,
		"Roles": [{"Ref": "Worker"}], "Users": [{"Ref": "Bob"}], "Groups": [{"Ref": "Staff"}]}}
}`

func TestTheAPISeesWhatATemplateDeclaresAndNothingOfItIsLeft(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	stack := must(e.stack(t, estate))(t)
	role := must(e.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("worker")}))(t).Role
	if *role.Arn != stack.Handles["Worker"].Attributes["Arn"] || *role.RoleId != stack.Handles["Worker"].Attributes["RoleId"] ||
		*role.MaxSessionDuration != 7200 || *role.PermissionsBoundary.PermissionsBoundaryArn != account+"policy/guards/bound" || *role.Tags[0].Value != "blue" {
		t.Errorf("role %+v", role)
	}
	inline := must(e.ListRolePolicies(ctx, &awsiam.ListRolePoliciesInput{RoleName: aws.String("worker")}))(t).PolicyNames
	if strings.Join(inline, " ") != "own shared" {
		t.Errorf("inline policies of the role %v", inline)
	}
	send := stack.Handles["Send"].Ref
	using := must(e.ListEntitiesForPolicy(ctx, &awsiam.ListEntitiesForPolicyInput{PolicyArn: &send}))(t)
	if len(using.PolicyRoles) != 1 || len(using.PolicyUsers) != 1 || len(using.PolicyGroups) != 1 || *using.PolicyUsers[0].UserName != "alice" {
		t.Errorf("entities of the policy %+v", using)
	}
	if got := must(e.GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: &send}))(t).Policy; *got.AttachmentCount != 3 || *got.Description != "to orders" {
		t.Errorf("policy %+v", got)
	}
	staff := must(e.GetGroup(ctx, &awsiam.GetGroupInput{GroupName: aws.String("staff")}))(t)
	if len(staff.Users) != 2 || len(must(e.ListAccessKeys(ctx, &awsiam.ListAccessKeysInput{UserName: aws.String("alice")}))(t).AccessKeyMetadata) != 1 {
		t.Errorf("group %+v", staff.Users)
	}
	must(e.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: &send, PolicyDocument: aws.String(allowRead), SetAsDefault: true}))(t)
	worker := cloud.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/worker/s", Role: *role.Arn}
	if e.Authorize(worker, "sqs:SendMessage", orders) == nil {
		t.Error("a template's role does not follow its policy's default version")
	}

	if err := stack.Delete(ctx, cfn.Deletion{}); err != nil {
		t.Fatal(err)
	}
	if left := e.left(t); left != "" {
		t.Errorf("left are %s", left)
	}
}

// left names all entities and policies of the account.
func (e *engine) left(t *testing.T) string {
	t.Helper()
	var names []string
	for _, r := range must(e.ListRoles(t.Context(), &awsiam.ListRolesInput{}))(t).Roles {
		names = append(names, *r.RoleName)
	}
	for _, u := range must(e.ListUsers(t.Context(), &awsiam.ListUsersInput{}))(t).Users {
		names = append(names, *u.UserName)
	}
	for _, g := range must(e.ListGroups(t.Context(), &awsiam.ListGroupsInput{}))(t).Groups {
		names = append(names, *g.GroupName)
	}
	for _, p := range must(e.ListPolicies(t.Context(), &awsiam.ListPoliciesInput{Scope: "Local"}))(t).Policies {
		names = append(names, *p.PolicyName)
	}
	return strings.Join(names, " ")
}

// As on AWS, what others have hung on a stack's role or policy keeps it.
func TestATemplateMayGivePoliciesAsTexts(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	stack := must(e.stack(t, `{
		"Managed": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Fn::Sub": `+strconv.Quote(allowSend)+`}}},
		"Worker": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "worker", "AssumeRolePolicyDocument": `+strconv.Quote(trustsAll)+`,
			"Policies": [{"PolicyName": "own", "PolicyDocument": `+strconv.Quote(allowRead)+`}]}}}`))(t)
	arn := stack.Handles["Managed"].Ref
	version := must(e.GetPolicyVersion(ctx, &awsiam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")}))(t).PolicyVersion
	own := must(e.GetRolePolicy(ctx, &awsiam.GetRolePolicyInput{RoleName: aws.String("worker"), PolicyName: aws.String("own")}))(t)
	role := must(e.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("worker")}))(t).Role
	for want, got := range map[string]*string{allowSend: version.Document, allowRead: own.PolicyDocument, trustsAll: role.AssumeRolePolicyDocument} {
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if text := must(url.PathUnescape(*got))(t); text != compact.String() {
			t.Errorf("got %s, want %s", text, compact.String())
		}
	}
}

func TestAStackWithSomethingHungOnItIsNotDeletedUntilItIsTakenOff(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	stack := must(e.stack(t, estate))(t)
	own := e.policy(t, "of-others", allowRead)
	e.role(t, "of-others")
	send := stack.Handles["Send"].Ref
	must(e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("worker"), PolicyName: aws.String("more"), PolicyDocument: aws.String(allowAll)}))(t)
	must(e.AttachUserPolicy(ctx, &awsiam.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: &own}))(t)
	must(e.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: aws.String("of-others"), PolicyArn: &send}))(t)
	if err := stack.Delete(ctx, cfn.Deletion{}); err == nil || !strings.Contains(err.Error(), "[Send]") {
		t.Errorf("a policy that is attached to another's role: %v", err)
	}
	must(e.DetachRolePolicy(ctx, &awsiam.DetachRolePolicyInput{RoleName: aws.String("of-others"), PolicyArn: &send}))(t)
	if err := stack.Delete(ctx, cfn.Deletion{}); err == nil || !strings.Contains(err.Error(), "Worker") || !strings.Contains(err.Error(), "Alice") {
		t.Errorf("a role and a user with others' policies: %v", err)
	}
	must(e.DeleteRolePolicy(ctx, &awsiam.DeleteRolePolicyInput{RoleName: aws.String("worker"), PolicyName: aws.String("more")}))(t)
	must(e.DetachUserPolicy(ctx, &awsiam.DetachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: &own}))(t)
	if err := stack.Delete(ctx, cfn.Deletion{}); err != nil {
		t.Fatal(err)
	}
	if left := e.left(t); left != "of-others of-others" {
		t.Errorf("left are %s", left)
	}
}

func TestAStackIsDeletedAfterTheAPIHasDeletedItsResources(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	stack := must(e.stack(t, `{"Send": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "send", "PolicyDocument": `+allowSend+`}},
		"Worker": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "worker", "AssumeRolePolicyDocument": `+trustsAll+`}}}`))(t)
	arn := stack.Handles["Send"].Ref
	must(e.DeletePolicy(ctx, &awsiam.DeletePolicyInput{PolicyArn: &arn}))(t)
	must(e.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: aws.String("worker")}))(t)
	e.role(t, "worker") // of somebody else, as is the policy
	e.policy(t, "send", allowRead)
	if err := stack.Delete(ctx, cfn.Deletion{}); err != nil {
		t.Fatal(err)
	}
	if left := e.left(t); left != "worker send" {
		t.Errorf("left are %s", left)
	}
}

func TestATemplateIsHeldToWhatIAMTakes(t *testing.T) {
	for name, tt := range map[string]struct{ resources, want string }{
		"an inline policy with a principal":           {`{"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": ` + trustsAll + `, "Policies": [{"PolicyName": "p", "PolicyDocument": ` + trustsAll + `}]}}}`, "R (AWS::IAM::Role): policy p: MalformedPolicyDocumentException: Policy document should not specify a principal."},
		"a boundary that is not known":                {`{"R": {"Type": "AWS::IAM::User", "Properties": {"PermissionsBoundary": "arn:aws:iam::aws:policy/AmazonBraketFullAccess"}}}`, "R (AWS::IAM::User): property PermissionsBoundary: the local engine does not know the policy"},
		"a policy of the account's that is not there": {`{"R": {"Type": "AWS::IAM::Group", "Properties": {"ManagedPolicyArns": ["` + account + `policy/none"]}}}`, "R (AWS::IAM::Group): NoSuchEntityException: Policy " + account + "policy/none does not exist"},
		"a policy of nobody":                          {`{"R": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": ` + allowRead + `}}}`, "at least one of Roles, Users and Groups must be given"},
		"two roles of one name":                       {`{"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": ` + trustsAll + `}}, "S": {"Type": "AWS::IAM::Role", "DependsOn": "R", "Properties": {"RoleName": "R", "AssumeRolePolicyDocument": ` + trustsAll + `}}}`, "S (AWS::IAM::Role): EntityAlreadyExistsException: Role with name R already exists."},
		"a key of another status":                     {`{"U": {"Type": "AWS::IAM::User", "Properties": {"UserName": "u"}}, "R": {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "U"}, "Status": "Paused"}}}`, "Member must satisfy enum value set"},
		"a password":                                  {`{"R": {"Type": "AWS::IAM::User", "Properties": {"LoginProfile": {"Password": "x"}}}}`, "property LoginProfile is not supported"},
		"a user of a group that is not there":         {`{"R": {"Type": "AWS::IAM::User", "Properties": {"Groups": ["none"]}}}`, "The group with name none cannot be found."},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t)
			if _, err := e.stack(t, tt.resources); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestAKeyOfATemplateSignsWhileItIsActive(t *testing.T) {
	e := newEngine(t)
	resources := func(status string) string {
		return `{"U": {"Type": "AWS::IAM::User", "Properties": {"UserName": "ada"}}, "K": {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "U"}` + status + `}}}`
	}
	stack := must(e.stack(t, resources(`, "Status": "Inactive"`)))(t)
	key := stack.Handles["K"].Ref
	for _, tt := range []struct {
		status string
		signs  bool
	}{{`, "Status": "Inactive"`, false}, {`, "Status": "Active"`, true}, {`, "Status": "Inactive"`, false}, {"", true}} {
		if err := e.update(t, stack, resources(tt.status)); err != nil {
			t.Fatal(err)
		}
		if stack.Handles["K"].Ref != key {
			t.Errorf("%s: the key was replaced", tt.status)
		}
		if caller, _, err := e.iam.Identify(iam.SignedBy(e.iam, key)); (err == nil) != tt.signs || tt.signs && caller.ARN != account+"user/ada" {
			t.Errorf("%s: the key stands for %q, %v", tt.status, caller.ARN, err)
		}
	}
}
