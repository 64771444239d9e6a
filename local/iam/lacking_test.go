package iam_test

// This file is what a call lacks, or names that is not there.

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
)

func TestWhatACallLacksIsToldOf(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	e.role(t, "r")
	must(e.CreatePolicy(ctx, &awsiam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(allowRead)}))(t)
	must(e.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: aws.String("empty"), Path: aws.String("/a/")}))(t)
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("u")}))(t)
	must(e.CreateGroup(ctx, &awsiam.CreateGroupInput{GroupName: aws.String("g")}))(t)
	must(e.AddUserToGroup(ctx, &awsiam.AddUserToGroupInput{GroupName: aws.String("g"), UserName: aws.String("u")}))(t)
	type values = map[string]any
	simulated := func(more values) values {
		in := values{"PolicyInputList": []string{allowRead}, "ActionNames": []string{"s3:GetObject"}}
		for name, value := range more {
			in[name] = value
		}
		return in
	}
	long := strings.Repeat("ä", 256)
	for _, row := range []struct {
		name, action string
		in           values
		want         string // a part of the error; empty: it is accepted
	}{
		{"a short ARN to attach", "AttachRolePolicy", values{"RoleName": "r", "PolicyArn": "policy"}, "Value at 'policyArn' failed to satisfy constraint: Member must have length greater than or equal to 20"},
		{"what is no ARN to attach", "AttachRolePolicy", values{"RoleName": "r", "PolicyArn": "policy/that-is-long-enough"}, "ValidationError: Invalid ARN:  Could not be parsed!"},
		{"a short ARN of a policy", "GetPolicy", values{"PolicyArn": "policy"}, "Value at 'policyArn' failed to satisfy constraint"},
		{"a policy's name, which is there in another case", "CreatePolicy", values{"PolicyName": "P", "PolicyDocument": allowRead}, "A policy called P already exists. Duplicate names are not allowed."},
		{"a version that is not there", "GetPolicyVersion", values{"PolicyArn": account + "policy/p", "VersionId": "v9"}, "version v9 does not exist or is not attachable"},
		{"a role that a profile has not", "RemoveRoleFromInstanceProfile", values{"InstanceProfileName": "empty", "RoleName": "r"}, "The role with name r cannot be found."},
		{"a group that has users", "DeleteGroup", values{"GroupName": "g"}, "must remove users from group first"},
		{"a service-linked role of no service", "CreateServiceLinkedRole", values{}, "'aWSServiceName' failed to satisfy constraint: Member must not be null"},
		{"no deletion", "GetServiceLinkedRoleDeletionStatus", values{}, "'deletionTaskId' failed to satisfy constraint: Member must not be null"},
		{"a tag without a key", "TagRole", values{"RoleName": "r", "Tags": []values{{"Key": "", "Value": "x"}}}, "'tags.member.key'"},
		{"the longest tag", "TagRole", values{"RoleName": "r", "Tags": []values{{"Key": long[:256], "Value": long}}}, ""},
		{"a longer key", "TagRole", values{"RoleName": "r", "Tags": []values{{"Key": long[:258], "Value": ""}}}, "'tags.member.key'"},
		{"a longer value", "TagRole", values{"RoleName": "r", "Tags": []values{{"Key": "x", "Value": long + "x"}}}, "'tags.member.value'"},
		{"no policy to simulate", "SimulateCustomPolicy", simulated(values{"PolicyInputList": nil}), "'policyInputList' failed to satisfy constraint: Member must not be null"},
		{"no action to simulate", "SimulateCustomPolicy", simulated(values{"ActionNames": nil}), "'actionNames' failed to satisfy constraint: Member must not be null"},
		{"an action without a service", "SimulateCustomPolicy", simulated(values{"ActionNames": []string{"GetObject"}}), `Invalid Input Actions: "GetObject"`},
		{"an action of a service with a space", "SimulateCustomPolicy", simulated(values{"ActionNames": []string{"s 3:GetObject"}}), "Invalid Input Actions"},
		{"a service without an action", "SimulateCustomPolicy", simulated(values{"ActionNames": []string{"s3:"}}), "Invalid Input Actions"},
		{"everything", "SimulateCustomPolicy", simulated(values{"ResourceArns": []string{"*"}}), ""},
		{"everything and more", "SimulateCustomPolicy", simulated(values{"ResourceArns": []string{"*", "arn:aws:s3:::a"}}), "ResourceNames are not in a valid ARN format: *."},
		{"what is no ARN to simulate", "SimulateCustomPolicy", simulated(values{"ResourceArns": []string{"bucket"}}), "ResourceNames are not in a valid ARN format: bucket."},
		{"a short key of a context", "SimulateCustomPolicy", simulated(values{"ContextEntries": []values{{"ContextKeyName": "a:bc", "ContextKeyType": "string", "ContextKeyValues": []string{"x"}}}}), "'contextEntries.member.contextKeyName'"},
		{"the shortest key of a context", "SimulateCustomPolicy", simulated(values{"ContextEntries": []values{{"ContextKeyName": "a:bcd", "ContextKeyType": "string", "ContextKeyValues": []string{"x"}}}}), ""},
		{"a long key of a context", "SimulateCustomPolicy", simulated(values{"ContextEntries": []values{{"ContextKeyName": "a:" + strings.Repeat("x", 255), "ContextKeyType": "string", "ContextKeyValues": []string{"x"}}}}), "'contextEntries.member.contextKeyName'"},
		{"no policy to read the keys of", "GetContextKeysForCustomPolicy", values{}, "'policyInputList' failed to satisfy constraint"},
	} {
		err := e.Do(ctx, e.Administrator(), "iam", row.action, row.in, nil)
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
	for prefix, want := range map[string]int{"/": 1, "/a/": 1, "/b/": 0} {
		if got := must(e.ListInstanceProfiles(ctx, &awsiam.ListInstanceProfilesInput{PathPrefix: &prefix}))(t); len(got.InstanceProfiles) != want {
			t.Errorf("below %s are %d profiles, want %d", prefix, len(got.InstanceProfiles), want)
		}
	}
	if got := must(e.UpdateRoleDescription(ctx, &awsiam.UpdateRoleDescriptionInput{RoleName: aws.String("r"), Description: aws.String("new")}))(t); *got.Role.RoleName != "r" || *got.Role.Description != "new" {
		t.Errorf("the role is told as %+v", got.Role)
	}
}

func TestPoliciesAreListedByWhoseTheyAreAndByTheirUse(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	e.role(t, "r")
	for name, path := range map[string]string{"attached": "/a/", "bound": "/a/", "idle": "/b/"} {
		must(e.CreatePolicy(ctx, &awsiam.CreatePolicyInput{PolicyName: &name, Path: &path, PolicyDocument: aws.String(allowRead)}))(t)
	}
	must(e.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: aws.String(account + "policy/a/attached")}))(t)
	must(e.PutRolePermissionsBoundary(ctx, &awsiam.PutRolePermissionsBoundaryInput{RoleName: aws.String("r"), PermissionsBoundary: aws.String(account + "policy/a/bound")}))(t)
	for _, row := range []struct {
		in   map[string]any
		want string
	}{
		{map[string]any{"Scope": "Local"}, "attached bound idle"},
		{map[string]any{"Scope": "Local", "OnlyAttached": true}, "attached bound"},
		{map[string]any{"Scope": "Local", "PolicyUsageFilter": "PermissionsPolicy"}, "attached"},
		{map[string]any{"Scope": "Local", "PolicyUsageFilter": "PermissionsBoundary"}, "bound"},
		{map[string]any{"Scope": "Local", "PathPrefix": "/b/"}, "idle"},
		{map[string]any{"Scope": "AWS", "PathPrefix": "/a/"}, ""},
		{map[string]any{"PathPrefix": "/a/"}, "attached bound"},
	} {
		var out struct{ Policies []struct{ PolicyName string } }
		if err := e.Do(ctx, e.Administrator(), "iam", "ListPolicies", row.in, &out); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range out.Policies {
			names = append(names, p.PolicyName)
		}
		if got := strings.Join(names, " "); got != row.want {
			t.Errorf("%v: %s, want %s", row.in, got, row.want)
		}
	}
	var out struct{ AttachedPolicies []struct{ PolicyName string } }
	for prefix, want := range map[string]int{"/a/": 1, "/b/": 0} {
		if err := e.Do(ctx, e.Administrator(), "iam", "ListAttachedRolePolicies", map[string]any{"RoleName": "r", "PathPrefix": prefix}, &out); err != nil || len(out.AttachedPolicies) != want {
			t.Errorf("below %s are attached %+v, %v", prefix, out, err)
		}
	}
}
