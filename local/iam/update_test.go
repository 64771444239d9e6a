package iam_test

// This file updates what templates declare.

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
)

// update makes a stack what other resources say, or leaves it what it was.
func (e *engine) update(t *testing.T, stack *cfn.Created, resources string) error {
	t.Helper()
	template, err := cfn.Parse([]byte(`{"Resources": ` + resources + `}`))
	if err != nil {
		t.Fatal(err)
	}
	failed := stack.Update(t.Context(), &cfn.Stack{Name: "Stack", Site: e.Site, Template: template})
	if failed != nil {
		if err := stack.Rollback(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := stack.CleanUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if failure, ok := failed.(*cfn.Failure); ok {
		return failure.Cause
	}
	return failed
}

// described is what the API tells of an estate, without ids, times and numbers
// of versions.
func (e *engine) described(t *testing.T) map[string]string {
	t.Helper()
	told := map[string]string{}
	for _, call := range []struct{ action, input string }{
		{"GetRole", `{"RoleName": "worker"}`},
		{"ListRolePolicies", `{"RoleName": "worker"}`},
		{"GetRolePolicy", `{"RoleName": "worker", "PolicyName": "own"}`},
		{"GetRolePolicy", `{"RoleName": "worker", "PolicyName": "shared"}`},
		{"ListAttachedRolePolicies", `{"RoleName": "worker"}`},
		{"GetUser", `{"UserName": "alice"}`},
		{"ListUserPolicies", `{"UserName": "alice"}`},
		{"ListAttachedUserPolicies", `{"UserName": "alice"}`},
		{"ListGroupsForUser", `{"UserName": "alice"}`},
		{"GetGroup", `{"GroupName": "staff"}`},
		{"ListGroupPolicies", `{"GroupName": "staff"}`},
		{"ListAttachedGroupPolicies", `{"GroupName": "staff"}`},
		{"GetGroup", `{"GroupName": "guests"}`},
		{"GetPolicy", `{"PolicyArn": "arn:aws:iam::111122223333:policy/send"}`},
		{"ListEntitiesForPolicy", `{"PolicyArn": "arn:aws:iam::111122223333:policy/send"}`},
		{"GetPolicyVersion", `{"PolicyArn": "arn:aws:iam::111122223333:policy/send", "VersionId": "` + e.defaultVersion(t) + `"}`},
	} {
		output, err := e.Call(t.Context(), e.Administrator(), "iam", call.action, json.RawMessage(call.input))
		text := fmt.Sprint(err)
		if err == nil {
			var value any
			if err := json.Unmarshal(output, &value); err != nil {
				t.Fatal(err)
			}
			text = fmt.Sprint(timeless(value))
		}
		told[call.action+" "+call.input[:min(len(call.input), 40)]] = text
	}
	return told
}

func timeless(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name := range v {
			if strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Date") {
				delete(v, name)
				continue
			}
			v[name] = timeless(v[name])
		}
	case []any:
		for i := range v {
			v[i] = timeless(v[i])
		}
	}
	return value
}

func (e *engine) defaultVersion(t *testing.T) string {
	t.Helper()
	return *must(e.GetPolicy(t.Context(), &awsiam.GetPolicyInput{PolicyArn: aws.String(account + "policy/send")}))(t).Policy.DefaultVersionId
}

// company is the estate with what the updates of the test below lead to.
var company = strings.NewReplacer(
	`"Staff": {`, `"Guests": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "guests"}}, "Staff": {`,
	`"Bob": {"Type": "AWS::IAM::User", "Properties": {}}`, `"Bob": {"Type": "AWS::IAM::User", "Properties": {"UserName": "bob"}}`,
	`"GroupName": "staff"`, `"GroupName": "staff", "Path": "/all/", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"], "Policies": [{"PolicyName": "ours", "PolicyDocument": `+allowRead+`}]`,
	`"UserName": "alice"`, `"UserName": "alice", "Path": "/of/us/", "Tags": [{"Key": "floor", "Value": "3"}], "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"], "Policies": [{"PolicyName": "mine", "PolicyDocument": `+allowRead+`}]`,
	`"Description": "to orders"`, `"Description": "to orders", "Tags": [{"Key": "of", "Value": "orders"}]`,
).Replace(estate)

// An updated resource is no other than one that is created so, and updated back
// it is what it was.
func TestAnUpdateMakesWhatACreationMakes(t *testing.T) {
	for _, row := range []struct{ name, from, to string }{
		{"a role's trust", `"AssumeRolePolicyDocument": ` + trustsAll, `"AssumeRolePolicyDocument": ` + strings.Replace(trustsAll, `"111122223333"`, `"444455556666"`, 1)},
		{"a role's longest session", `"MaxSessionDuration": 7200,`, ``},
		{"a role's description", `"MaxSessionDuration": 7200,`, `"MaxSessionDuration": 7200, "Description": "works",`},
		{"a role's boundary", `7200,
		"PermissionsBoundary": {"Ref": "Bound"},`, `7200,`},
		{"a role's managed policies", `"PermissionsBoundary": {"Ref": "Bound"}, "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]`, `"PermissionsBoundary": {"Ref": "Bound"}, "ManagedPolicyArns": [{"Ref": "Bound"}]`},
		{"a role's inline policy", `"own", "PolicyDocument": ` + allowRead, `"own", "PolicyDocument": ` + allowSend},
		{"a role's inline policy by another name", `"PolicyName": "own"`, `"PolicyName": "other"`},
		{"a role's tags", `{"Key": "team", "Value": "blue"}`, `{"Key": "team", "Value": "red"}, {"Key": "new", "Value": "1"}`},
		{"a role without tags", `, "Tags": [{"Key": "team", "Value": "blue"}]`, ``},
		{"a user's path", `"/of/us/"`, `"/of/them/"`},
		{"a user's groups", `"Groups": [{"Ref": "Staff"}], "PermissionsBoundary"`, `"Groups": [{"Ref": "Guests"}], "PermissionsBoundary"`},
		{"a user's boundary", `"Groups": [{"Ref": "Staff"}], "PermissionsBoundary": {"Ref": "Bound"}`, `"Groups": [{"Ref": "Staff"}]`},
		{"a user's policies", `"PolicyName": "mine"`, `"PolicyName": "his"`},
		{"a user's tags", `{"Key": "floor", "Value": "3"}`, `{"Key": "floor", "Value": "4"}`},
		{"a group's path", `"/all/"`, `"/"`},
		{"a group's policies", `"PolicyName": "ours"`, `"PolicyName": "theirs"`},
		{"a group's managed policies", `"Path": "/all/", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]`, `"Path": "/all/", "ManagedPolicyArns": []`},
		{"who is in a group", `"Users": [{"Ref": "Bob"}]}}`, `"Users": []}}`},
		{"which group somebody is in", `{"GroupName": {"Ref": "Staff"}, "Users": [{"Ref": "Bob"}]}`, `{"GroupName": {"Ref": "Guests"}, "Users": [{"Ref": "Bob"}]}`},
		{"a managed policy's document", `"to orders", "Tags": [{"Key": "of", "Value": "orders"}], "PolicyDocument": ` + allowSend, `"to orders", "Tags": [{"Key": "of", "Value": "orders"}], "PolicyDocument": ` + allowRead},
		{"whose a managed policy is", `"Users": [{"Ref": "Alice"}], "Groups": [{"Ref": "Staff"}]}},
	"Worker"`, `"Users": [{"Ref": "Bob"}]}},
	"Worker"`},
		{"a managed policy's tags", `{"Key": "of", "Value": "orders"}`, `{"Key": "of", "Value": "all"}`},
		{"a policy's document", `"shared", "PolicyDocument": ` + allowRead, `"shared", "PolicyDocument": ` + allowSend},
		{"a policy's name", `"PolicyName": "shared"`, `"PolicyName": "common"`},
		{"whose a policy is", `"Roles": [{"Ref": "Worker"}], "Users": [{"Ref": "Bob"}], "Groups": [{"Ref": "Staff"}]}}
}`, `"Users": [{"Ref": "Bob"}, {"Ref": "Alice"}]}}
}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if strings.Count(company, row.from) != 1 {
				t.Fatalf("%d of %s", strings.Count(company, row.from), row.from)
			}
			changed := strings.Replace(company, row.from, row.to, 1)
			e := newEngine(t)
			stack := must(e.stack(t, company))(t)
			before := e.described(t)
			refs := fmt.Sprint(stack.Handles["Worker"].Ref, stack.Handles["Send"].Ref, stack.Handles["Alice"].Ref, stack.Handles["Key"].Ref)
			if err := e.update(t, stack, changed); err != nil {
				t.Fatal(err)
			}
			after := e.described(t)
			anew := newEngine(t)
			must(anew.stack(t, changed))(t)
			alike(t, "updated", after, "created so", anew.described(t))
			if fmt.Sprint(before) == fmt.Sprint(after) {
				t.Error("nothing has changed")
			}
			if err := e.update(t, stack, company); err != nil {
				t.Fatal(err)
			}
			alike(t, "updated back", e.described(t), "before", before)
			if now := fmt.Sprint(stack.Handles["Worker"].Ref, stack.Handles["Send"].Ref, stack.Handles["Alice"].Ref, stack.Handles["Key"].Ref); now != refs {
				t.Errorf("the resources are %s, and were %s", now, refs)
			}
			if err := stack.Delete(t.Context(), cfn.Deletion{}); err != nil {
				t.Fatal(err)
			}
			if left := e.left(t); left != "" {
				t.Errorf("left are %s", left)
			}
		})
	}
}

func alike(t *testing.T, name string, one map[string]string, otherName string, other map[string]string) {
	t.Helper()
	for call, told := range one {
		if told != other[call] {
			t.Errorf("%s answers\n%s: %s\n%s: %s", call, name, told, otherName, other[call])
		}
	}
}

func TestWhatOthersHaveGivenARoleOutlivesItsUpdate(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	stack := must(e.stack(t, estate))(t)
	own := e.policy(t, "of-others", allowRead)
	must(e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("worker"), PolicyName: aws.String("more"), PolicyDocument: aws.String(allowSend)}))(t)
	must(e.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: aws.String("worker"), PolicyArn: &own}))(t)
	if err := e.update(t, stack, strings.Replace(estate, `"PolicyName": "own"`, `"PolicyName": "other"`, 1)); err != nil {
		t.Fatal(err)
	}
	inline := must(e.ListRolePolicies(ctx, &awsiam.ListRolePoliciesInput{RoleName: aws.String("worker")}))(t).PolicyNames
	if strings.Join(inline, " ") != "more other shared" {
		t.Errorf("inline policies %v", inline)
	}
	if attached := must(e.ListAttachedRolePolicies(ctx, &awsiam.ListAttachedRolePoliciesInput{RoleName: aws.String("worker")}))(t).AttachedPolicies; len(attached) != 3 {
		t.Errorf("attached policies %v", attached)
	}
}

// The rights that an update takes or gives count from the next call on.
func TestAnUpdatedPolicyIsInForce(t *testing.T) {
	e := newEngine(t)
	stack := must(e.stack(t, estate))(t)
	worker := cloud.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/worker/s", Role: account + "role/worker"}
	if err := e.Authorize(worker, "sqs:SendMessage", orders); err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		document := fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:PurgeQueue", "Resource": "arn:aws:sqs:eu-west-1:111122223333:q%d"}]}`, i)
		if err := e.update(t, stack, strings.Replace(estate, `"PolicyDocument": `+allowSend, `"PolicyDocument": `+document, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if e.Authorize(worker, "sqs:SendMessage", orders) == nil || e.Authorize(worker, "sqs:PurgeQueue", "arn:aws:sqs:eu-west-1:111122223333:q6") != nil {
		t.Error("the last document is not in force")
	}
	versions := must(e.ListPolicyVersions(t.Context(), &awsiam.ListPolicyVersionsInput{PolicyArn: aws.String(account + "policy/send")}))(t).Versions
	if len(versions) != 5 || *versions[0].VersionId != "v8" || !versions[0].IsDefaultVersion || stack.Handles["Send"].Attributes["DefaultVersionId"] != "v8" {
		t.Errorf("after seven updates there are %d versions, the newest %s", len(versions), *versions[0].VersionId)
	}
}

func TestAnUpdateThatIAMRefusesIsUndone(t *testing.T) {
	for _, row := range []struct{ name, from, to, want string }{
		{"no policy", `"own", "PolicyDocument": ` + allowRead, `"own", "PolicyDocument": {"Statement": [{"Effect": "Maybe"}]}`, "policy own"},
		{"a policy that there is not", `["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]`, `["` + account + `policy/none"]`, "does not exist or is not attachable"},
		{"a session that is too long", `7200`, `99999`, "maxSessionDuration"},
		{"a group that there is not", `"Groups": [{"Ref": "Staff"}], "PermissionsBoundary"`, `"Groups": ["none"], "PermissionsBoundary"`, "cannot be found"},
		{"a role that there is not", `"Roles": [{"Ref": "Worker"}], "Users": [{"Ref": "Bob"}]`, `"Roles": ["none"], "Users": [{"Ref": "Bob"}]`, "cannot be found"},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := newEngine(t)
			stack := must(e.stack(t, company))(t)
			before := e.described(t)
			if err := e.update(t, stack, strings.Replace(company, row.from, row.to, 1)); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want %s", err, row.want)
			}
			alike(t, "rolled back", e.described(t), "before", before)
		})
	}
}

func TestWhatHasNothingToShowIsCheckedWhenItIsUpdated(t *testing.T) {
	resources := `{"Worker": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "worker", "AssumeRolePolicyDocument": ` + trustsAll + `}},
		"Other": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "other", "AssumeRolePolicyDocument": ` + trustsAll + `}},
		"Alice": {"Type": "AWS::IAM::User", "Properties": {}},
		"Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Worker"}]}},
		"Key": {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "Alice"}}}}`
	e := newEngine(t)
	stack := must(e.stack(t, resources))(t)
	before := fmt.Sprint(stack.Handles["Profile"].Ref, stack.Handles["Key"].Ref)
	for _, row := range []struct{ from, to, want string }{
		{`[{"Ref": "Worker"}]`, `[{"Ref": "Other"}]`, ""},
		{`[{"Ref": "Worker"}]`, `["nobody"]`, "cannot be found"},
		{`{"UserName": {"Ref": "Alice"}}`, `{"UserName": {"Ref": "Alice"}, "Status": "Active"}`, ""},
		{`{"UserName": {"Ref": "Alice"}}`, `{"UserName": {"Ref": "Alice"}, "Status": "Paused"}`, "Member must satisfy enum value set"},
	} {
		err := e.update(t, stack, strings.Replace(resources, row.from, row.to, 1))
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("with %s: %v", row.to, err)
		}
		if after := fmt.Sprint(stack.Handles["Profile"].Ref, stack.Handles["Key"].Ref); after != before {
			t.Errorf("with %s they are %s, and were %s", row.to, after, before)
		}
	}
}

// A user's key goes on by the ARN that the user has then.
func TestAUserOnAnotherPathHasTheKeysThatHeHad(t *testing.T) {
	e := newEngine(t)
	resources := `{"Alice": {"Type": "AWS::IAM::User", "Properties": {"UserName": "alice", "Path": "/one/", "Policies": [{"PolicyName": "p", "PolicyDocument": ` + allowSend + `}]}},
		"Key": {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "Alice"}}}}`
	stack := must(e.stack(t, resources))(t)
	if err := e.update(t, stack, strings.Replace(resources, "/one/", "/other/", 1)); err != nil {
		t.Fatal(err)
	}
	if got := stack.Handles["Alice"].Attributes["Arn"]; got != account+"user/other/alice" {
		t.Errorf("the user is %v", got)
	}
	if err := e.Authorize(e.whose(t, stack.Handles["Key"].Ref), "sqs:SendMessage", orders); err != nil {
		t.Error(err)
	}
}

// whose is the caller that an access key stands for.
func (e *engine) whose(t *testing.T, key string) cloud.Caller {
	t.Helper()
	caller, _, err := e.iam.Identify(iam.SignedBy(e.iam, key))
	if err != nil {
		t.Fatal(err)
	}
	return caller
}
