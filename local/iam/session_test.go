package iam_test

// This file is about who signs requests: sessions of roles, and users.

import (
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

type credentialsOutput struct {
	Credentials struct {
		AccessKeyId, SecretAccessKey, SessionToken string
		Expiration                                 cloud.Time
	}
	AssumedRoleUser struct{ AssumedRoleId, Arn string }
}

// assume takes on a role as the caller.
func (e *engine) assume(t *testing.T, caller cloud.Caller, input map[string]any) (out credentialsOutput, err error) {
	t.Helper()
	if !e.Has("sts") {
		e.Register("sts", iam.NewSTS(e.iam))
	}
	err = e.Do(t.Context(), caller, "sts", "AssumeRole", input, &out)
	return out, err
}

// makeRole makes a role with a trust policy and, unless it is empty, an inline one.
func (e *engine) makeRole(t *testing.T, name, principal, condition, document string) {
	t.Helper()
	trust := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "` + principal + `"}, "Action": "sts:AssumeRole", "Condition": {` + condition + `}}]}`
	must(e.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust, MaxSessionDuration: aws.Int32(7200)}))(t)
	if document != "" {
		must(e.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("p"), PolicyDocument: &document}))(t)
	}
}

func TestARoleIsTakenOnByWhomItsTrustPolicyNames(t *testing.T) {
	e := newEngine(t)
	alice := cloud.Caller{ARN: *must(e.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: aws.String("alice")}))(t).User.Arn}
	bob := cloud.Caller{ARN: *must(e.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: aws.String("bob")}))(t).User.Arn}
	must(e.PutUserPolicy(t.Context(), &awsiam.PutUserPolicyInput{UserName: aws.String("bob"), PolicyName: aws.String("p"), PolicyDocument: aws.String(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}, {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "` + account + `role/kept"}]}`)}))(t)
	e.makeRole(t, "of-alice", account+"user/alice", "", "")
	e.makeRole(t, "of-all", "111122223333", "", "")
	e.makeRole(t, "kept", account+"user/bob", "", "")
	e.makeRole(t, "agreed", "*", `"StringEquals": {"sts:ExternalId": "secret"}`, "")
	e.makeRole(t, "working", "*", `"StringEquals": {"sts:RoleSessionName": "work"}`, "")
	e.makeRole(t, "playing", "*", `"StringEquals": {"sts:RoleSessionName": "play"}`, "")
	for _, tt := range []struct {
		name, role string
		caller     cloud.Caller
		more       map[string]any
		code       string
	}{
		{"the user whom it names", "of-alice", alice, nil, ""},
		{"a user who may, and whom it does not name", "of-alice", bob, nil, "AccessDeniedException"},
		{"a user of the account without a policy", "of-all", alice, nil, "AccessDeniedException"},
		{"a user of the account who may", "of-all", bob, nil, ""},
		{"a user whom it names and a policy denies it", "kept", bob, nil, "AccessDeniedException"},
		{"the administrator, if it trusts the account", "of-all", e.Administrator(), nil, ""},
		{"the administrator, if it does not", "of-alice", e.Administrator(), nil, "AccessDeniedException"},
		{"without the external id", "agreed", bob, nil, "AccessDeniedException"},
		{"with another", "agreed", bob, map[string]any{"ExternalId": "guess"}, "AccessDeniedException"},
		{"with the external id", "agreed", bob, map[string]any{"ExternalId": "secret"}, ""},
		{"a session that is called as it wants", "working", bob, nil, ""},
		{"a session that is called otherwise", "playing", bob, nil, "AccessDeniedException"},
		{"no role", "none", bob, nil, "AccessDeniedException"},
		{"a session of its longest", "of-all", bob, map[string]any{"DurationSeconds": 7200}, ""},
		{"a session of more", "of-all", bob, map[string]any{"DurationSeconds": 7201}, "ValidationError"},
		{"a session of 15 minutes", "of-all", bob, map[string]any{"DurationSeconds": 900}, ""},
		{"a session of less", "of-all", bob, map[string]any{"DurationSeconds": 899}, "ValidationError"},
		{"a session of more than any", "of-all", bob, map[string]any{"DurationSeconds": 43201}, "ValidationError"},
		{"what is too short for a role", "", bob, map[string]any{"RoleArn": "role"}, "ValidationError"},
		{"what is no ARN", "", bob, map[string]any{"RoleArn": "role/that-is-long-enough"}, "ValidationError"},
		{"a user for a role", "", bob, map[string]any{"RoleArn": account + "user/alice"}, "AccessDeniedException"},
		{"tags of a session", "of-all", bob, map[string]any{"Tags": []map[string]string{{"Key": "a", "Value": "1"}}}, "ValidationError"},
		{"a policy's ARN that is too short", "of-all", bob, map[string]any{"PolicyArns": []map[string]string{{"arn": "policy"}}}, "ValidationError"},
		{"a session policy", "of-all", bob, map[string]any{"Policy": allowRead}, ""},
		{"a name of one character", "of-all", bob, map[string]any{"RoleSessionName": "x"}, "ValidationError"},
		{"a name with a slash", "of-all", bob, map[string]any{"RoleSessionName": "a/b"}, "ValidationError"},
	} {
		input := map[string]any{"RoleArn": account + "role/" + tt.role, "RoleSessionName": "work"}
		for name, value := range tt.more {
			input[name] = value
		}
		out, err := e.assume(t, tt.caller, input)
		code := ""
		if err != nil {
			code = cloud.AsError(err).Code
		}
		if code != tt.code || err == nil && out.AssumedRoleUser.Arn != "arn:aws:sts::111122223333:assumed-role/"+tt.role+"/work" {
			t.Errorf("%s: got %+v, %v; want %q", tt.name, out.AssumedRoleUser, err, tt.code)
		}
	}
}

func TestASessionEndsAndIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(cloud.Site{Account: "111122223333", Region: "us-east-1"})
		defer c.Close()
		identity := iam.New(c)
		c.Register("iam", identity)
		c.Register("sts", iam.NewSTS(identity))
		do := func(caller cloud.Caller, service, action string, in any, out any) error {
			return c.Do(t.Context(), caller, service, action, in, out)
		}
		if err := do(c.Administrator(), "iam", "CreateRole", map[string]any{"RoleName": "worker", "AssumeRolePolicyDocument": trustsAll}, nil); err != nil {
			t.Fatal(err)
		}
		take := map[string]any{"RoleArn": account + "role/worker", "RoleSessionName": "work", "DurationSeconds": 900}
		var out credentialsOutput
		if err := do(c.Administrator(), "sts", "AssumeRole", take, &out); err != nil {
			t.Fatal(err)
		}
		key := out.Credentials.AccessKeyId
		time.Sleep(15 * time.Minute)
		caller, _, err := identity.Identify(iam.SignedBy(identity, key))
		if err != nil || caller.Role != account+"role/worker" || caller.ID != out.AssumedRoleUser.AssumedRoleId || !strings.HasPrefix(caller.ID, "AROA") {
			t.Errorf("within its time: %+v, %v", caller, err)
		}
		// Whoever is a role already is another one for an hour at most.
		if err := do(c.Administrator(), "iam", "PutRolePolicy", map[string]any{"RoleName": "worker", "PolicyName": "p", "PolicyDocument": `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}`}, nil); err != nil {
			t.Fatal(err)
		}
		for seconds, want := range map[int]string{3600: "", 3601: "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"} {
			take["DurationSeconds"] = seconds
			if err := do(caller, "sts", "AssumeRole", take, nil); (err == nil) != (want == "") || err != nil && err.Error() != want {
				t.Errorf("a session of a session of %d seconds: %v, want %q", seconds, err, want)
			}
		}
		time.Sleep(time.Second)
		if _, _, err := identity.Identify(iam.SignedBy(identity, key)); err == nil || cloud.AsError(err).Code != "ExpiredTokenException" {
			t.Errorf("after its time: %v", err)
		}
		take["DurationSeconds"] = 900
		if err := do(c.Administrator(), "sts", "AssumeRole", take, nil); err != nil { // which tidies up
			t.Fatal(err)
		}
		if caller, _, err := identity.Identify(iam.SignedBy(identity, key)); err != nil || !caller.Root {
			t.Errorf("a session that is over is kept: %+v, %v", caller, err)
		}
	})
}

func TestAnAccessKeyStandsForItsUserUntilItIsDeleted(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	user := must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("alice")}))(t).User
	made := must(e.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("alice")}))(t).AccessKey
	if len(*made.SecretAccessKey) != 40 || !strings.HasPrefix(*made.AccessKeyId, "AKIA") || made.Status != types.StatusTypeActive {
		t.Errorf("key %+v", made)
	}
	caller, _, err := e.iam.Identify(iam.SignedBy(e.iam, *made.AccessKeyId))
	if err != nil || caller.ARN != *user.Arn || caller.ID != *user.UserId || caller.Root {
		t.Errorf("caller %+v, %v", caller, err)
	}
	must(e.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: aws.String("alice"), PolicyName: aws.String("self"), PolicyDocument: aws.String(
		`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "` + account + `user/${aws:username}"}}`)}))(t)
	alice := e.as(t, caller)
	if got := must(alice.GetUser(ctx, &awsiam.GetUserInput{}))(t); *got.User.UserName != "alice" {
		t.Errorf("who am I: %+v", got.User)
	}
	if _, err := alice.GetUser(ctx, &awsiam.GetUserInput{UserName: aws.String("bob")}); cloudCode(err) != "AccessDenied" {
		t.Errorf("who is bob: %v", err)
	}
	if listed := must(e.ListAccessKeys(ctx, &awsiam.ListAccessKeysInput{UserName: aws.String("alice")}))(t).AccessKeyMetadata; len(listed) != 1 || *listed[0].AccessKeyId != *made.AccessKeyId {
		t.Errorf("keys %+v", listed)
	}
	must(e.DeleteUserPolicy(ctx, &awsiam.DeleteUserPolicyInput{UserName: aws.String("alice"), PolicyName: aws.String("self")}))(t)
	_, err = e.DeleteUser(ctx, &awsiam.DeleteUserInput{UserName: aws.String("alice")})
	fails[*types.DeleteConflictException](t, "deleting a user with a key", err)
	must(e.DeleteAccessKey(ctx, &awsiam.DeleteAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: made.AccessKeyId}))(t)
	if caller, _, err := e.iam.Identify(iam.SignedBy(e.iam, *made.AccessKeyId)); err != nil || !caller.Root {
		t.Errorf("a deleted key stands for %+v, %v", caller, err)
	}
	_, err = e.DeleteAccessKey(ctx, &awsiam.DeleteAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: made.AccessKeyId})
	fails[*types.NoSuchEntityException](t, "deleting it again", err)
}
