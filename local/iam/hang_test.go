package iam_test

// This file hangs policies on roles, users and groups and takes them off, by the
// AWS SDK: for all three there are the same calls.

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// hanging are the calls for one of the three, which is called x.
type hanging struct {
	put      func(ctx context.Context, policy, document string) error
	get      func(ctx context.Context, policy string) (document *string, err error)
	remove   func(ctx context.Context, policy string) error
	list     func(ctx context.Context) ([]string, error)
	attach   func(ctx context.Context, arn string) error
	detach   func(ctx context.Context, arn string) error
	attached func(ctx context.Context) ([]types.AttachedPolicy, error)
	delete   func(ctx context.Context) error
}

func (e *engine) hangings() map[string]hanging {
	x := aws.String("x")
	return map[string]hanging{
		"role": {
			func(ctx context.Context, p, d string) error {
				_, err := e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: x, PolicyName: &p, PolicyDocument: &d})
				return err
			},
			func(ctx context.Context, p string) (*string, error) {
				out, err := e.GetRolePolicy(ctx, &awsiam.GetRolePolicyInput{RoleName: x, PolicyName: &p})
				if err != nil {
					return nil, err
				}
				return out.PolicyDocument, nil
			},
			func(ctx context.Context, p string) error {
				_, err := e.DeleteRolePolicy(ctx, &awsiam.DeleteRolePolicyInput{RoleName: x, PolicyName: &p})
				return err
			},
			func(ctx context.Context) ([]string, error) {
				out, err := e.ListRolePolicies(ctx, &awsiam.ListRolePoliciesInput{RoleName: x})
				if err != nil {
					return nil, err
				}
				return out.PolicyNames, nil
			},
			func(ctx context.Context, arn string) error {
				_, err := e.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: x, PolicyArn: &arn})
				return err
			},
			func(ctx context.Context, arn string) error {
				_, err := e.DetachRolePolicy(ctx, &awsiam.DetachRolePolicyInput{RoleName: x, PolicyArn: &arn})
				return err
			},
			func(ctx context.Context) ([]types.AttachedPolicy, error) {
				out, err := e.ListAttachedRolePolicies(ctx, &awsiam.ListAttachedRolePoliciesInput{RoleName: x})
				if err != nil {
					return nil, err
				}
				return out.AttachedPolicies, nil
			},
			func(ctx context.Context) error {
				_, err := e.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: x})
				return err
			},
		},
		"user": {
			func(ctx context.Context, p, d string) error {
				_, err := e.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: x, PolicyName: &p, PolicyDocument: &d})
				return err
			},
			func(ctx context.Context, p string) (*string, error) {
				out, err := e.GetUserPolicy(ctx, &awsiam.GetUserPolicyInput{UserName: x, PolicyName: &p})
				if err != nil {
					return nil, err
				}
				return out.PolicyDocument, nil
			},
			func(ctx context.Context, p string) error {
				_, err := e.DeleteUserPolicy(ctx, &awsiam.DeleteUserPolicyInput{UserName: x, PolicyName: &p})
				return err
			},
			func(ctx context.Context) ([]string, error) {
				out, err := e.ListUserPolicies(ctx, &awsiam.ListUserPoliciesInput{UserName: x})
				if err != nil {
					return nil, err
				}
				return out.PolicyNames, nil
			},
			func(ctx context.Context, arn string) error {
				_, err := e.AttachUserPolicy(ctx, &awsiam.AttachUserPolicyInput{UserName: x, PolicyArn: &arn})
				return err
			},
			func(ctx context.Context, arn string) error {
				_, err := e.DetachUserPolicy(ctx, &awsiam.DetachUserPolicyInput{UserName: x, PolicyArn: &arn})
				return err
			},
			func(ctx context.Context) ([]types.AttachedPolicy, error) {
				out, err := e.ListAttachedUserPolicies(ctx, &awsiam.ListAttachedUserPoliciesInput{UserName: x})
				if err != nil {
					return nil, err
				}
				return out.AttachedPolicies, nil
			},
			func(ctx context.Context) error {
				_, err := e.DeleteUser(ctx, &awsiam.DeleteUserInput{UserName: x})
				return err
			},
		},
		"group": {
			func(ctx context.Context, p, d string) error {
				_, err := e.PutGroupPolicy(ctx, &awsiam.PutGroupPolicyInput{GroupName: x, PolicyName: &p, PolicyDocument: &d})
				return err
			},
			func(ctx context.Context, p string) (*string, error) {
				out, err := e.GetGroupPolicy(ctx, &awsiam.GetGroupPolicyInput{GroupName: x, PolicyName: &p})
				if err != nil {
					return nil, err
				}
				return out.PolicyDocument, nil
			},
			func(ctx context.Context, p string) error {
				_, err := e.DeleteGroupPolicy(ctx, &awsiam.DeleteGroupPolicyInput{GroupName: x, PolicyName: &p})
				return err
			},
			func(ctx context.Context) ([]string, error) {
				out, err := e.ListGroupPolicies(ctx, &awsiam.ListGroupPoliciesInput{GroupName: x})
				if err != nil {
					return nil, err
				}
				return out.PolicyNames, nil
			},
			func(ctx context.Context, arn string) error {
				_, err := e.AttachGroupPolicy(ctx, &awsiam.AttachGroupPolicyInput{GroupName: x, PolicyArn: &arn})
				return err
			},
			func(ctx context.Context, arn string) error {
				_, err := e.DetachGroupPolicy(ctx, &awsiam.DetachGroupPolicyInput{GroupName: x, PolicyArn: &arn})
				return err
			},
			func(ctx context.Context) ([]types.AttachedPolicy, error) {
				out, err := e.ListAttachedGroupPolicies(ctx, &awsiam.ListAttachedGroupPoliciesInput{GroupName: x})
				if err != nil {
					return nil, err
				}
				return out.AttachedPolicies, nil
			},
			func(ctx context.Context) error {
				_, err := e.DeleteGroup(ctx, &awsiam.DeleteGroupInput{GroupName: x})
				return err
			},
		},
	}
}

func TestPoliciesAreHungOnRolesUsersAndGroupsAndTakenOff(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	e.role(t, "x")
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("x")}))(t)
	must(e.CreateGroup(ctx, &awsiam.CreateGroupInput{GroupName: aws.String("x")}))(t)
	read := e.policy(t, "read", allowRead)
	for kind, on := range e.hangings() {
		t.Run(kind, func(t *testing.T) {
			noError := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			noError(on.put(ctx, "b", allowRead))
			noError(on.put(ctx, "a", allowRead))
			noError(on.put(ctx, "b", allowSend)) // in place of the first
			if document, err := url.PathUnescape(*must(on.get(ctx, "b"))(t)); err != nil || document != allowSend {
				t.Errorf("document %s, %v", document, err)
			}
			if names := must(on.list(ctx))(t); strings.Join(names, " ") != "a b" {
				t.Errorf("inline policies %v", names)
			}
			noError(on.attach(ctx, read))
			noError(on.attach(ctx, read)) // again, which changes nothing
			if attached := must(on.attached(ctx))(t); len(attached) != 1 || *attached[0].PolicyName != "read" || *attached[0].PolicyArn != read {
				t.Errorf("attached %+v", attached)
			}
			if p := must(e.GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: &read}))(t).Policy; *p.AttachmentCount != 1 {
				t.Errorf("the policy counts %d", *p.AttachmentCount)
			}
			_, err := e.DeletePolicy(ctx, &awsiam.DeletePolicyInput{PolicyArn: &read})
			fails[*types.DeleteConflictException](t, "deleting a policy in use", err)
			fails[*types.DeleteConflictException](t, "deleting what has policies", on.delete(ctx))
			noError(on.detach(ctx, read))
			fails[*types.DeleteConflictException](t, "deleting what has inline policies", on.delete(ctx))
			fails[*types.NoSuchEntityException](t, "detaching again", on.detach(ctx, read))
			fails[*types.NoSuchEntityException](t, "attaching what is not there", on.attach(ctx, account+"policy/none"))
			noError(on.remove(ctx, "a"))
			noError(on.remove(ctx, "b"))
			fails[*types.NoSuchEntityException](t, "removing again", on.remove(ctx, "a"))
			_, err = on.get(ctx, "a")
			fails[*types.NoSuchEntityException](t, "getting what is removed", err)
			noError(on.delete(ctx))
			fails[*types.NoSuchEntityException](t, "deleting again", on.delete(ctx))
			fails[*types.NoSuchEntityException](t, "a policy of nobody", on.put(ctx, "a", allowRead))
		})
	}
}

func TestAPolicyKnowsWhoUsesItAndHow(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	p, other := e.policy(t, "p", allowRead), e.policy(t, "other", allowRead)
	e.role(t, "attached")
	e.role(t, "bounded")
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("u"), Path: aws.String("/staff/"), PermissionsBoundary: &p}))(t)
	must(e.CreateGroup(ctx, &awsiam.CreateGroupInput{GroupName: aws.String("g")}))(t)
	must(e.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: aws.String("attached"), PolicyArn: &p}))(t)
	must(e.AttachGroupPolicy(ctx, &awsiam.AttachGroupPolicyInput{GroupName: aws.String("g"), PolicyArn: &p}))(t)
	must(e.PutRolePermissionsBoundary(ctx, &awsiam.PutRolePermissionsBoundaryInput{RoleName: aws.String("bounded"), PermissionsBoundary: &p}))(t)
	for _, tt := range []struct {
		name string
		in   awsiam.ListEntitiesForPolicyInput
		want string
	}{
		{"all", awsiam.ListEntitiesForPolicyInput{}, "attached bounded u g"},
		{"roles", awsiam.ListEntitiesForPolicyInput{EntityFilter: types.EntityTypeRole}, "attached bounded"},
		{"as permissions", awsiam.ListEntitiesForPolicyInput{PolicyUsageFilter: types.PolicyUsageTypePermissionsPolicy}, "attached g"},
		{"as a boundary", awsiam.ListEntitiesForPolicyInput{PolicyUsageFilter: types.PolicyUsageTypePermissionsBoundary}, "bounded u"},
		{"below a path", awsiam.ListEntitiesForPolicyInput{PathPrefix: aws.String("/staff/")}, "u"},
	} {
		tt.in.PolicyArn = &p
		out := must(e.ListEntitiesForPolicy(ctx, &tt.in))(t)
		var names []string
		for _, r := range out.PolicyRoles {
			names = append(names, *r.RoleName)
		}
		for _, u := range out.PolicyUsers {
			names = append(names, *u.UserName)
		}
		for _, g := range out.PolicyGroups {
			names = append(names, *g.GroupName)
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	for _, tt := range []struct {
		name string
		in   awsiam.ListPoliciesInput
		want string
	}{
		{"the account's", awsiam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}, "other p"},
		{"those in use", awsiam.ListPoliciesInput{OnlyAttached: true}, "p"},
		{"boundaries", awsiam.ListPoliciesInput{PolicyUsageFilter: types.PolicyUsageTypePermissionsBoundary}, "p"},
	} {
		var names []string
		for _, listed := range must(e.ListPolicies(ctx, &tt.in))(t).Policies {
			names = append(names, *listed.PolicyName)
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := must(e.GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: &p}))(t).Policy; *got.AttachmentCount != 2 || *got.PermissionsBoundaryUsageCount != 2 {
		t.Errorf("counts %+v", got)
	}
	must(e.DeleteUserPermissionsBoundary(ctx, &awsiam.DeleteUserPermissionsBoundaryInput{UserName: aws.String("u")}))(t)
	must(e.PutRolePermissionsBoundary(ctx, &awsiam.PutRolePermissionsBoundaryInput{RoleName: aws.String("bounded"), PermissionsBoundary: &other}))(t)
	if got := must(e.GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: &p}))(t).Policy; *got.PermissionsBoundaryUsageCount != 0 {
		t.Errorf("a boundary that was taken off counts: %+v", got)
	}
	if _, err := e.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: aws.String("bounded")}); err != nil {
		t.Errorf("a role with a boundary: %v", err)
	}
	must(e.DeletePolicy(ctx, &awsiam.DeletePolicyInput{PolicyArn: &other}))(t)
}

func TestRolesUsersAndPoliciesHaveTags(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	e.role(t, "r")
	arn := e.policy(t, "p", allowRead)
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("u"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("0")}}}))(t)
	tags := []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}, {Key: aws.String("a"), Value: aws.String("1")}}
	text := func(tags []types.Tag) (s string) {
		for _, t := range tags {
			s += *t.Key + *t.Value + " "
		}
		return s
	}
	must(e.TagRole(ctx, &awsiam.TagRoleInput{RoleName: aws.String("r"), Tags: tags}))(t)
	must(e.TagUser(ctx, &awsiam.TagUserInput{UserName: aws.String("u"), Tags: tags}))(t)
	must(e.TagPolicy(ctx, &awsiam.TagPolicyInput{PolicyArn: &arn, Tags: tags}))(t)
	for kind, got := range map[string][]types.Tag{
		"role":   must(e.ListRoleTags(ctx, &awsiam.ListRoleTagsInput{RoleName: aws.String("r")}))(t).Tags,
		"user":   must(e.ListUserTags(ctx, &awsiam.ListUserTagsInput{UserName: aws.String("u")}))(t).Tags,
		"policy": must(e.ListPolicyTags(ctx, &awsiam.ListPolicyTagsInput{PolicyArn: &arn}))(t).Tags,
	} {
		if text(got) != "a1 b2 " {
			t.Errorf("%s: %s", kind, text(got))
		}
	}
	must(e.UntagRole(ctx, &awsiam.UntagRoleInput{RoleName: aws.String("r"), TagKeys: []string{"a", "c"}}))(t)
	must(e.UntagUser(ctx, &awsiam.UntagUserInput{UserName: aws.String("u"), TagKeys: []string{"a", "b"}}))(t)
	must(e.UntagPolicy(ctx, &awsiam.UntagPolicyInput{PolicyArn: &arn, TagKeys: []string{"b"}}))(t)
	if got := text(must(e.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("r")}))(t).Role.Tags) + "/ " +
		text(must(e.GetUser(ctx, &awsiam.GetUserInput{UserName: aws.String("u")}))(t).User.Tags) + "/ " +
		text(must(e.GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: &arn}))(t).Policy.Tags); got != "b2 / / a1 " {
		t.Errorf("tags left %s", got)
	}
}

func TestARoleIsUpdated(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	e.role(t, "r")
	must(e.UpdateRole(ctx, &awsiam.UpdateRoleInput{RoleName: aws.String("r"), Description: aws.String("new"), MaxSessionDuration: aws.Int32(7200)}))(t)
	must(e.UpdateRole(ctx, &awsiam.UpdateRoleInput{RoleName: aws.String("r")}))(t) // which changes nothing
	const nobody = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}`
	must(e.UpdateAssumeRolePolicy(ctx, &awsiam.UpdateAssumeRolePolicyInput{RoleName: aws.String("r"), PolicyDocument: aws.String(nobody)}))(t)
	role := must(e.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("r")}))(t).Role
	if trust, err := url.PathUnescape(*role.AssumeRolePolicyDocument); err != nil || trust != nobody || *role.Description != "new" || *role.MaxSessionDuration != 7200 {
		t.Errorf("role %+v, trusts %s", role, trust)
	}
	if _, err := e.assume(t, e.Administrator(), map[string]any{"RoleArn": *role.Arn, "RoleSessionName": "work"}); err == nil {
		t.Error("the new trust policy does not count")
	}
}
