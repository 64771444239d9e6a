package iam_test

// This file calls IAM with the AWS SDK.

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/wire"
)

const (
	orders    = "arn:aws:sqs:us-east-1:111122223333:orders"
	allowSend = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "` + orders + `"}]}`
	allowRead = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "*"}]}`
	allowAll  = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`
	trustsAll = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}]}`
	account   = "arn:aws:iam::111122223333:"
)

// engine is IAM with a client of the administrator.
type engine struct {
	*cloud.Cloud
	iam *iam.IAM
	*awsiam.Client
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "us-east-1"})
	t.Cleanup(c.Close)
	identity := iam.New(c)
	c.Authorizer, c.Policies = identity, identity
	c.Register("iam", identity)
	e := &engine{Cloud: c, iam: identity}
	e.Client = e.as(t, c.Administrator())
	return e
}

// as returns a client whose requests are the caller's.
func (e *engine) as(t *testing.T, caller cloud.Caller) *awsiam.Client {
	t.Helper()
	server := httptest.NewServer(wire.As(e.Cloud, caller, "iam", e.iam.Protocols()))
	t.Cleanup(server.Close)
	// The SDK may close a request's body before net/http has seen its end, which
	// breaks off a long answer: it asks again.
	return awsiam.New(awsiam.Options{
		BaseEndpoint: aws.String(server.URL), Region: "us-east-1", RetryMaxAttempts: 3,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
}

// stack creates the resources of a template.
func (e *engine) stack(t *testing.T, resources string) (*cfn.Created, error) {
	t.Helper()
	known := map[string]cfn.Type{}
	for _, typ := range e.iam.Types() {
		known[typ.Name] = typ
	}
	template, err := cfn.Parse([]byte(`{"Resources": ` + resources + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return (&cfn.Stack{Name: "Stack", Site: e.Site, Template: template}).Create(t.Context(), known)
}

// role creates a role and returns a session of it.
func (e *engine) role(t *testing.T, name string) cloud.Caller {
	t.Helper()
	out := must(e.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustsAll)}))(t)
	return cloud.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/" + name + "/session", Role: *out.Role.Arn}
}

func (e *engine) policy(t *testing.T, name, document string) (arn string) {
	t.Helper()
	out := must(e.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &document}))(t)
	return *out.Policy.Arn
}

// must returns a function that returns the value, or ends the test.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// fails holds an error to the SDK's type for it.
func fails[E error](t *testing.T, what string, err error) {
	t.Helper()
	if _, ok := errors.AsType[E](err); !ok {
		t.Errorf("%s: got %v, want %T", what, err, *new(E))
	}
}

func TestTheSDKKeepsVersionsOfAManagedPolicy(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	made := must(e.CreatePolicy(ctx, &awsiam.CreatePolicyInput{
		PolicyName: aws.String("send"), Path: aws.String("/shop/"), PolicyDocument: aws.String(allowSend), Description: aws.String("to the shop"),
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}},
	}))(t).Policy
	arn := made.Arn
	if *arn != account+"policy/shop/send" || *made.DefaultVersionId != "v1" || !made.IsAttachable || !strings.HasPrefix(*made.PolicyId, "ANPA") || *made.Tags[0].Value != "blue" {
		t.Errorf("made %+v", made)
	}
	for i := 2; i <= 5; i++ {
		v := must(e.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(allowRead), SetAsDefault: i == 3}))(t).PolicyVersion
		if *v.VersionId != fmt.Sprint("v", i) || v.IsDefaultVersion != (i == 3) || v.CreateDate == nil {
			t.Errorf("version %d: %+v", i, v)
		}
	}
	_, err := e.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(allowRead)})
	fails[*types.LimitExceededException](t, "a sixth version", err)
	_, err = e.DeletePolicyVersion(ctx, &awsiam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v3")})
	fails[*types.DeleteConflictException](t, "deleting the default version", err)
	_, err = e.DeletePolicy(ctx, &awsiam.DeletePolicyInput{PolicyArn: arn})
	fails[*types.DeleteConflictException](t, "deleting a policy with versions", err)

	must(e.SetDefaultPolicyVersion(ctx, &awsiam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v1")}))(t)
	must(e.DeletePolicyVersion(ctx, &awsiam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v5")}))(t)
	again := must(e.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(allowRead)}))(t)
	if *again.PolicyVersion.VersionId != "v6" {
		t.Errorf("the number of a deleted version was used again: %s", *again.PolicyVersion.VersionId)
	}
	ids := ""
	pages := awsiam.NewListPolicyVersionsPaginator(e.Client, &awsiam.ListPolicyVersionsInput{PolicyArn: arn, MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		for _, v := range must(pages.NextPage(ctx))(t).Versions {
			ids += fmt.Sprintf("%s %t ", *v.VersionId, v.IsDefaultVersion)
		}
	}
	if ids != "v6 false v4 false v3 false v2 false v1 true " {
		t.Errorf("versions %s", ids)
	}
	got := must(e.GetPolicyVersion(ctx, &awsiam.GetPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v1")}))(t).PolicyVersion
	if document, err := url.PathUnescape(*got.Document); err != nil || document != allowSend || strings.ContainsAny(*got.Document, ` {"+`) {
		t.Errorf("document %q, %v", *got.Document, err)
	}
	policy := must(e.GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: arn}))(t).Policy
	if *policy.DefaultVersionId != "v1" || *policy.Description != "to the shop" || *policy.AttachmentCount != 0 || policy.UpdateDate.Before(*policy.CreateDate) {
		t.Errorf("policy %+v", policy)
	}
	for _, id := range []string{"v2", "v3", "v4", "v6"} {
		must(e.DeletePolicyVersion(ctx, &awsiam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: &id}))(t)
	}
	must(e.DeletePolicy(ctx, &awsiam.DeletePolicyInput{PolicyArn: arn}))(t)
	_, err = e.GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: arn})
	fails[*types.NoSuchEntityException](t, "a deleted policy", err)
}

// A session that is under way has other rights at the next call.
func TestWhoeverAPolicyIsAttachedToFollowsItsDefaultVersion(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	worker := e.role(t, "worker")
	arn := e.policy(t, "work", allowSend)
	may := func(action string) bool { return e.Authorize(worker, action, orders) == nil }
	if may("sqs:SendMessage") {
		t.Error("a role without policies may send")
	}
	must(e.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: aws.String("worker"), PolicyArn: &arn}))(t)
	if !may("sqs:SendMessage") || may("sqs:ReceiveMessage") {
		t.Error("an attached policy does not count")
	}
	must(e.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: aws.String(allowRead)}))(t)
	if !may("sqs:SendMessage") || may("sqs:ReceiveMessage") {
		t.Error("a version that is not the default counts")
	}
	must(e.SetDefaultPolicyVersion(ctx, &awsiam.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v2")}))(t)
	if may("sqs:SendMessage") || !may("sqs:ReceiveMessage") {
		t.Error("the new default version does not count, or the old one does")
	}
	must(e.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: aws.String(allowSend), SetAsDefault: true}))(t)
	if !may("sqs:SendMessage") || may("sqs:ReceiveMessage") {
		t.Error("a version that was made the default does not count")
	}
	must(e.DetachRolePolicy(ctx, &awsiam.DetachRolePolicyInput{RoleName: aws.String("worker"), PolicyArn: &arn}))(t)
	if may("sqs:SendMessage") {
		t.Error("a detached policy counts")
	}
	must(e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("worker"), PolicyName: aws.String("read"), PolicyDocument: aws.String(allowRead)}))(t)
	if !may("sqs:ReceiveMessage") {
		t.Error("an inline policy does not count")
	}
	must(e.DeleteRolePolicy(ctx, &awsiam.DeleteRolePolicyInput{RoleName: aws.String("worker"), PolicyName: aws.String("read")}))(t)
	must(e.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: aws.String("worker")}))(t)
	if may("sqs:ReceiveMessage") {
		t.Error("a session of a deleted role may do what it could")
	}
}

func TestAPermissionsBoundaryLimitsWhatPoliciesAllow(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	worker := e.role(t, "worker")
	all, send := e.policy(t, "all", allowAll), e.policy(t, "send", allowSend)
	must(e.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: aws.String("worker"), PolicyArn: &all}))(t)
	must(e.PutRolePermissionsBoundary(ctx, &awsiam.PutRolePermissionsBoundaryInput{RoleName: aws.String("worker"), PermissionsBoundary: &send}))(t)
	if err := e.Authorize(worker, "sqs:SendMessage", orders); err != nil {
		t.Error(err)
	}
	if err := e.Authorize(worker, "sqs:DeleteQueue", orders); err == nil || !strings.Contains(err.Error(), "because no permissions boundary allows the sqs:DeleteQueue action") {
		t.Errorf("beyond the boundary: %v", err)
	}
	grant := func(principal string) {
		policy := `{"Statement": {"Effect": "Allow", "Principal": {"AWS": "` + principal + `"}, "Action": "sqs:DeleteQueue", "Resource": "*"}}`
		if err := e.SetResourcePolicy(orders, "", []byte(policy)); err != nil {
			t.Fatal(err)
		}
	}
	grant(worker.Role)
	if e.Authorize(worker, "sqs:DeleteQueue", orders) == nil {
		t.Error("a resource's policy that names the role goes beyond the role's boundary")
	}
	grant(worker.ARN)
	if err := e.Authorize(worker, "sqs:DeleteQueue", orders); err != nil {
		t.Errorf("a resource's policy that names the session: %v", err)
	}
	_, err := e.DeletePolicy(ctx, &awsiam.DeletePolicyInput{PolicyArn: &send})
	fails[*types.DeleteConflictException](t, "deleting a boundary in use", err)
	role := must(e.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("worker")}))(t).Role
	if *role.PermissionsBoundary.PermissionsBoundaryArn != send || role.PermissionsBoundary.PermissionsBoundaryType != "Policy" {
		t.Errorf("boundary %+v", role.PermissionsBoundary)
	}
	must(e.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: &send, SetAsDefault: true, PolicyDocument: aws.String(
		`{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}`)}))(t)
	if err := e.Authorize(worker, "sqs:DeleteQueue", orders); err == nil || !strings.Contains(err.Error(), "with an explicit deny in a permissions boundary") {
		t.Errorf("denied by the boundary: %v", err)
	}
	must(e.DeleteRolePermissionsBoundary(ctx, &awsiam.DeleteRolePermissionsBoundaryInput{RoleName: aws.String("worker")}))(t)
	if err := e.Authorize(worker, "sqs:DeleteQueue", orders); err != nil {
		t.Errorf("without a boundary: %v", err)
	}
	_, err = e.PutRolePermissionsBoundary(ctx, &awsiam.PutRolePermissionsBoundaryInput{RoleName: aws.String("worker"), PermissionsBoundary: aws.String(account + "policy/none")})
	fails[*types.NoSuchEntityException](t, "a boundary that is not there", err)
}

func TestAUserHasThePoliciesOfItsGroups(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	user := must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("alice"), Path: aws.String("/staff/")}))(t).User
	must(e.CreateGroup(ctx, &awsiam.CreateGroupInput{GroupName: aws.String("senders")}))(t)
	must(e.PutGroupPolicy(ctx, &awsiam.PutGroupPolicyInput{GroupName: aws.String("senders"), PolicyName: aws.String("send"), PolicyDocument: aws.String(allowSend)}))(t)
	alice := cloud.Caller{ARN: *user.Arn}
	if e.Authorize(alice, "sqs:SendMessage", orders) == nil {
		t.Error("a user may do what a group may that she is not in")
	}
	must(e.AddUserToGroup(ctx, &awsiam.AddUserToGroupInput{GroupName: aws.String("senders"), UserName: aws.String("ALICE")}))(t)
	if err := e.Authorize(alice, "sqs:SendMessage", orders); err != nil {
		t.Error(err)
	}
	group := must(e.GetGroup(ctx, &awsiam.GetGroupInput{GroupName: aws.String("senders")}))(t)
	if len(group.Users) != 1 || *group.Users[0].UserName != "alice" || *group.Group.Arn != account+"group/senders" {
		t.Errorf("group %+v", group)
	}
	if of := must(e.ListGroupsForUser(ctx, &awsiam.ListGroupsForUserInput{UserName: aws.String("alice")}))(t).Groups; len(of) != 1 || *of[0].GroupName != "senders" {
		t.Errorf("groups %+v", of)
	}
	for what, deletion := range map[string]func() error{
		"a user in a group": func() error {
			_, err := e.DeleteUser(ctx, &awsiam.DeleteUserInput{UserName: aws.String("alice")})
			return err
		},
		"a group with users": func() error {
			_, err := e.DeleteGroup(ctx, &awsiam.DeleteGroupInput{GroupName: aws.String("senders")})
			return err
		},
	} {
		fails[*types.DeleteConflictException](t, what, deletion())
	}
	must(e.RemoveUserFromGroup(ctx, &awsiam.RemoveUserFromGroupInput{GroupName: aws.String("senders"), UserName: aws.String("alice")}))(t)
	if e.Authorize(alice, "sqs:SendMessage", orders) == nil {
		t.Error("a user may do what a group may that she has left")
	}
	must(e.DeleteUser(ctx, &awsiam.DeleteUserInput{UserName: aws.String("alice")}))(t)
	must(e.DeleteGroupPolicy(ctx, &awsiam.DeleteGroupPolicyInput{GroupName: aws.String("senders"), PolicyName: aws.String("send")}))(t)
	must(e.DeleteGroup(ctx, &awsiam.DeleteGroupInput{GroupName: aws.String("senders")}))(t)
}

// cloudCode is the code of an error as it came over the wire.
func cloudCode(err error) string {
	coded, ok := errors.AsType[interface {
		error
		ErrorCode() string
	}](err)
	if !ok {
		return ""
	}
	return coded.ErrorCode()
}
