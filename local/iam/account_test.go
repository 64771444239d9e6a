package iam_test

// This file is instance profiles, other names, keys that are turned off, and what
// the account tells of itself.

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
)

func TestAnInstanceProfileHasOneRole(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	e.role(t, "r")
	e.role(t, "other")
	name := aws.String("web")
	made := must(e.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: name, Path: aws.String("/shop/"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}}))(t).InstanceProfile
	if *made.Arn != account+"instance-profile/shop/web" || !strings.HasPrefix(*made.InstanceProfileId, "AIPA") || len(made.Roles) != 0 || len(made.Tags) != 1 {
		t.Errorf("made %+v", made)
	}
	_, err := e.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: aws.String("WEB")})
	fails[*types.EntityAlreadyExistsException](t, "the same name", err)
	must(e.AddRoleToInstanceProfile(ctx, &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: aws.String("r")}))(t)
	_, err = e.AddRoleToInstanceProfile(ctx, &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: aws.String("other")})
	fails[*types.LimitExceededException](t, "a second role", err)
	_, err = e.DeleteInstanceProfile(ctx, &awsiam.DeleteInstanceProfileInput{InstanceProfileName: name})
	fails[*types.DeleteConflictException](t, "a profile with a role", err)
	_, err = e.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: aws.String("r")})
	fails[*types.DeleteConflictException](t, "a role of a profile", err)
	of := must(e.ListInstanceProfilesForRole(ctx, &awsiam.ListInstanceProfilesForRoleInput{RoleName: aws.String("r")}))(t).InstanceProfiles
	if len(of) != 1 || *of[0].InstanceProfileName != "web" || *of[0].Roles[0].RoleName != "r" {
		t.Errorf("profiles of the role: %+v", of)
	}
	must(e.TagInstanceProfile(ctx, &awsiam.TagInstanceProfileInput{InstanceProfileName: name, Tags: []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}}}))(t)
	must(e.UntagInstanceProfile(ctx, &awsiam.UntagInstanceProfileInput{InstanceProfileName: name, TagKeys: []string{"a"}}))(t)
	tags := must(e.ListInstanceProfileTags(ctx, &awsiam.ListInstanceProfileTagsInput{InstanceProfileName: name}))(t).Tags
	got := must(e.GetInstanceProfile(ctx, &awsiam.GetInstanceProfileInput{InstanceProfileName: name}))(t).InstanceProfile
	if len(tags) != 1 || *tags[0].Key != "b" || len(got.Tags) != 1 || *got.Roles[0].RoleName != "r" {
		t.Errorf("tags %+v of %+v", tags, got)
	}
	_, err = e.RemoveRoleFromInstanceProfile(ctx, &awsiam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: aws.String("other")})
	fails[*types.NoSuchEntityException](t, "a role that is not in it", err)
	must(e.RemoveRoleFromInstanceProfile(ctx, &awsiam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: aws.String("r")}))(t)
	if below := must(e.ListInstanceProfiles(ctx, &awsiam.ListInstanceProfilesInput{PathPrefix: aws.String("/other/")}))(t).InstanceProfiles; len(below) != 0 {
		t.Errorf("below another path: %+v", below)
	}
	must(e.DeleteInstanceProfile(ctx, &awsiam.DeleteInstanceProfileInput{InstanceProfileName: name}))(t)
	_, err = e.GetInstanceProfile(ctx, &awsiam.GetInstanceProfileInput{InstanceProfileName: name})
	fails[*types.NoSuchEntityException](t, "a deleted profile", err)
}

// Who gives a profile a role gives EC2 the role.
func TestTheRoleOfAProfileIsPassedToEC2(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	client := e.as(t, e.role(t, "r"))
	must(e.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: aws.String("web"), Path: aws.String("/x/")}))(t)
	add := func(passes string) error {
		must(e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p"), PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": "iam:AddRoleToInstanceProfile", "Resource": "` + account + `instance-profile/x/web"},
			{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "` + account + `role/r", "Condition": {"StringEquals": {"iam:PassedToService": "` + passes + `"}}}]}`)}))(t)
		_, err := client.AddRoleToInstanceProfile(ctx, &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("web"), RoleName: aws.String("r")})
		return err
	}
	if err := add("lambda.amazonaws.com"); cloudCode(err) != "AccessDenied" || !strings.Contains(err.Error(), "iam:PassRole on resource: "+account+"role/r") {
		t.Errorf("got %v", err)
	}
	if err := add("ec2.amazonaws.com"); err != nil {
		t.Error(err)
	}
	must(e.RemoveRoleFromInstanceProfile(ctx, &awsiam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: aws.String("WEB"), RoleName: aws.String("R")}))(t)
}

func TestAProfileOfATemplateIsTold(t *testing.T) {
	e := newEngine(t)
	created := must(e.stack(t, `{
		"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": `+trustsAll+`}},
		"Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"InstanceProfileName": "web", "Roles": [{"Ref": "Role"}]}}}`))(t)
	got := must(e.GetInstanceProfile(t.Context(), &awsiam.GetInstanceProfileInput{InstanceProfileName: aws.String("web")}))(t).InstanceProfile
	if *got.Arn != created.Handles["Profile"].Attributes["Arn"] || len(got.Roles) != 1 {
		t.Errorf("told %+v", got)
	}
	if err := created.Handles["Profile"].Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := e.GetInstanceProfile(t.Context(), &awsiam.GetInstanceProfileInput{InstanceProfileName: aws.String("web")})
	fails[*types.NoSuchEntityException](t, "the profile of a deleted stack", err)
}

func TestAUserWithAnotherNameHasTheSameRightsAndKeys(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("ada")}))(t)
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("bob")}))(t)
	must(e.CreateGroup(ctx, &awsiam.CreateGroupInput{GroupName: aws.String("team")}))(t)
	must(e.AddUserToGroup(ctx, &awsiam.AddUserToGroupInput{UserName: aws.String("ada"), GroupName: aws.String("team")}))(t)
	must(e.PutGroupPolicy(ctx, &awsiam.PutGroupPolicyInput{GroupName: aws.String("team"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allowSend)}))(t)
	key := must(e.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("ada")}))(t).AccessKey
	_, err := e.UpdateUser(ctx, &awsiam.UpdateUserInput{UserName: aws.String("ada"), NewUserName: aws.String("BOB")})
	fails[*types.EntityAlreadyExistsException](t, "a name that is taken", err)
	must(e.UpdateUser(ctx, &awsiam.UpdateUserInput{UserName: aws.String("ada"), NewUserName: aws.String("Ada.L"), NewPath: aws.String("/x/")}))(t)
	must(e.UpdateGroup(ctx, &awsiam.UpdateGroupInput{GroupName: aws.String("team"), NewGroupName: aws.String("crew")}))(t)
	_, err = e.GetUser(ctx, &awsiam.GetUserInput{UserName: aws.String("ada")})
	fails[*types.NoSuchEntityException](t, "the old name", err)
	of := must(e.ListGroupsForUser(ctx, &awsiam.ListGroupsForUserInput{UserName: aws.String("ada.l")}))(t).Groups
	if len(of) != 1 || *of[0].Arn != account+"group/crew" {
		t.Errorf("groups %+v", of)
	}
	caller, _, err := e.iam.Identify(iam.SignedBy(e.iam, *key.AccessKeyId))
	if err != nil || caller.ARN != account+"user/x/Ada.L" {
		t.Errorf("the key is of %s, %v", caller.ARN, err)
	}
	if err := e.iam.Authorize(caller, "sqs:SendMessage", orders); err != nil {
		t.Error(err)
	}
	for _, status := range []types.StatusType{types.StatusTypeInactive, types.StatusTypeActive} {
		must(e.UpdateAccessKey(ctx, &awsiam.UpdateAccessKeyInput{UserName: aws.String("Ada.L"), AccessKeyId: key.AccessKeyId, Status: status}))(t)
		_, _, err := e.iam.Identify(iam.SignedBy(e.iam, *key.AccessKeyId))
		if off := err != nil && strings.Contains(err.Error(), "The security token included in the request is invalid."); off != (status == types.StatusTypeInactive) {
			t.Errorf("a key that is %s: %v", status, err)
		}
		if told := must(e.ListAccessKeys(ctx, &awsiam.ListAccessKeysInput{UserName: aws.String("Ada.L")}))(t).AccessKeyMetadata; told[0].Status != status {
			t.Errorf("told as %s, want %s", told[0].Status, status)
		}
	}
	_, err = e.UpdateAccessKey(ctx, &awsiam.UpdateAccessKeyInput{UserName: aws.String("Ada.L"), AccessKeyId: aws.String("AKIAXXXXXXXXXXXXXXXX"), Status: types.StatusTypeActive})
	fails[*types.NoSuchEntityException](t, "another key", err)
}

// Who may rename needs the right on both names.
func TestRenamingNeedsTheRightOnBothNames(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	caller := e.role(t, "r")
	must(e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p"), PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "` + account + `user/a*"}}`)}))(t)
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("ada")}))(t)
	client := e.as(t, caller)
	_, err := client.UpdateUser(ctx, &awsiam.UpdateUserInput{UserName: aws.String("ada"), NewUserName: aws.String("bob")})
	if cloudCode(err) != "AccessDenied" || !strings.Contains(err.Error(), account+"user/bob") {
		t.Errorf("got %v", err)
	}
	must(client.UpdateUser(ctx, &awsiam.UpdateUserInput{UserName: aws.String("ada"), NewUserName: aws.String("amy")}))(t)
}

func TestTheAccountTellsWhatItHas(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	arn := e.policy(t, "send", allowSend)
	e.role(t, "r")
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("ada"), PermissionsBoundary: &arn}))(t)
	must(e.CreateGroup(ctx, &awsiam.CreateGroupInput{GroupName: aws.String("team")}))(t)
	must(e.AddUserToGroup(ctx, &awsiam.AddUserToGroupInput{UserName: aws.String("ada"), GroupName: aws.String("team")}))(t)
	must(e.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonSQSFullAccess")}))(t)
	must(e.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: aws.String("ada"), PolicyName: aws.String("in"), PolicyDocument: aws.String(allowRead)}))(t)
	sum := must(e.GetAccountSummary(ctx, &awsiam.GetAccountSummaryInput{}))(t).SummaryMap
	for name, want := range map[string]int32{"Users": 1, "Roles": 1, "Groups": 1, "Policies": 1, "PolicyVersionsInUse": 1, "RolesQuota": 1000, "InstanceProfiles": 0} {
		if sum[name] != want {
			t.Errorf("%s is %d, want %d", name, sum[name], want)
		}
	}
	var all awsiam.GetAccountAuthorizationDetailsOutput
	pages := awsiam.NewGetAccountAuthorizationDetailsPaginator(e.Client, &awsiam.GetAccountAuthorizationDetailsInput{MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		p := must(pages.NextPage(ctx))(t)
		all.UserDetailList, all.GroupDetailList = append(all.UserDetailList, p.UserDetailList...), append(all.GroupDetailList, p.GroupDetailList...)
		all.RoleDetailList, all.Policies = append(all.RoleDetailList, p.RoleDetailList...), append(all.Policies, p.Policies...)
	}
	if len(all.UserDetailList) != 1 || len(all.GroupDetailList) != 1 || len(all.RoleDetailList) != 1 || len(all.Policies) != 2 {
		t.Fatalf("told %+v", all)
	}
	u, r := all.UserDetailList[0], all.RoleDetailList[0]
	document, _ := url.QueryUnescape(*u.UserPolicyList[0].PolicyDocument)
	if document != allowRead || !slices.Equal(u.GroupList, []string{"team"}) || *u.PermissionsBoundary.PermissionsBoundaryArn != arn {
		t.Errorf("the user is told as %+v", u)
	}
	if *r.AttachedManagedPolicies[0].PolicyName != "AmazonSQSFullAccess" || r.AssumeRolePolicyDocument == nil || r.RoleLastUsed == nil {
		t.Errorf("the role is told as %+v", r)
	}
	own := must(e.GetAccountAuthorizationDetails(ctx, &awsiam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{types.EntityTypeLocalManagedPolicy}}))(t)
	if len(own.Policies) != 1 || *own.Policies[0].PolicyVersionList[0].VersionId != "v1" || len(own.RoleDetailList) != 0 {
		t.Errorf("own policies are told as %+v", own)
	}
}

func TestARoleIsToldWithItsOwnProfilesAndAPolicyOfAWSThatBounds(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	e.role(t, "r")
	e.role(t, "other")
	bound := aws.String("arn:aws:iam::aws:policy/AmazonSQSFullAccess")
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("ada"), PermissionsBoundary: bound}))(t)
	must(e.CreatePolicy(ctx, &awsiam.CreatePolicyInput{PolicyName: aws.String("read"), PolicyDocument: aws.String(allowRead), Description: aws.String("reads")}))(t)
	must(e.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: aws.String("web")}))(t)
	must(e.AddRoleToInstanceProfile(ctx, &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("web"), RoleName: aws.String("r")}))(t)
	must(e.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: aws.String("empty")}))(t)
	of := must(e.ListInstanceProfilesForRole(ctx, &awsiam.ListInstanceProfilesForRoleInput{RoleName: aws.String("other")}))(t).InstanceProfiles
	if len(of) != 0 {
		t.Errorf("profiles of the other role: %+v", of)
	}
	all := must(e.GetAccountAuthorizationDetails(ctx, &awsiam.GetAccountAuthorizationDetailsInput{}))(t)
	for _, role := range all.RoleDetailList {
		if want := map[string]int{"r": 1}[*role.RoleName]; len(role.InstanceProfileList) != want {
			t.Errorf("%s is told with %d profiles", *role.RoleName, len(role.InstanceProfileList))
		}
	}
	if len(all.Policies) != 2 || *all.Policies[1].Arn != *bound || aws.ToString(all.Policies[0].Description) != "reads" {
		t.Errorf("policies %+v", all.Policies)
	}
	document, err := url.QueryUnescape(aws.ToString(all.Policies[0].PolicyVersionList[0].Document))
	if err != nil || document != allowRead {
		t.Errorf("the policy's document is %s, %v", document, err)
	}
}

// The ARNs and the answers are recorded ones.
func TestARoleIsNamedByAnARN(t *testing.T) {
	e := newEngine(t)
	for _, arn := range []string{"nothing-valid-in-here", "arn::b:::something/test-role", "arn:a::::something/test-role", "arn:a:::something/test-role", "arn:a:a::aaaaaaaaaa:"} {
		_, err := e.assume(t, e.Administrator(), map[string]any{"RoleArn": arn, "RoleSessionName": "Session1"})
		if err == nil || err.Error() != "ValidationError: "+arn+" is invalid" {
			t.Errorf("%s: %v", arn, err)
		}
	}
}

func TestASessionTokenStandsForItsUserUntilItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(cloud.Site{Account: "111122223333", Region: "us-east-1"})
		defer c.Close()
		identity := iam.New(c)
		c.Authorizer = identity
		c.Register("sts", iam.NewSTS(identity))
		user := cloud.Caller{ARN: account + "user/ada", ID: "AIDAX"}
		var out credentialsOutput
		if err := c.Do(t.Context(), user, "sts", "GetSessionToken", map[string]any{"DurationSeconds": 1800}, &out); err != nil {
			t.Fatal(err)
		}
		if caller, _, err := identity.Identify(iam.SignedBy(identity, out.Credentials.AccessKeyId)); err != nil || caller.ARN != user.ARN || out.Credentials.Expiration.Seconds() != float64(time.Now().Unix())+1800 {
			t.Errorf("the token is of %+v until %v, %v", caller, out.Credentials.Expiration, err)
		}
		time.Sleep(1801 * time.Second)
		if _, _, err := identity.Identify(iam.SignedBy(identity, out.Credentials.AccessKeyId)); err == nil || !strings.Contains(err.Error(), "expired") {
			t.Errorf("after its end: %v", err)
		}
		for want, ask := range map[string]func() error{
			"Cannot call GetSessionToken with session credentials": func() error {
				return c.Do(t.Context(), cloud.Caller{ARN: "x", Role: account + "role/r"}, "sts", "GetSessionToken", struct{}{}, nil)
			},
			"between 900 and 129600": func() error {
				return c.Do(t.Context(), user, "sts", "GetSessionToken", map[string]any{"DurationSeconds": 899}, nil)
			},
			"greater than or equal to 16": func() error {
				return c.Do(t.Context(), c.Administrator(), "sts", "GetAccessKeyInfo", map[string]any{"AccessKeyId": "AKIA"}, nil)
			},
			"sts:GetAccessKeyInfo": func() error {
				return c.Do(t.Context(), user, "sts", "GetAccessKeyInfo", map[string]any{"AccessKeyId": "AKIA000000000000"}, nil)
			},
		} {
			if err := ask(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		var of struct{ Account string }
		if err := c.Do(t.Context(), c.Administrator(), "sts", "GetAccessKeyInfo", map[string]any{"AccessKeyId": "AKIA000000000000"}, &of); err != nil || of.Account != "111122223333" {
			t.Errorf("the key is of %s, %v", of.Account, err)
		}
	})
}
