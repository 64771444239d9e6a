package iam_test

// This file asks the policy simulator.

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const bucket = "arn:aws:s3:::docs"

// told is a result in short: decision, and the policies whose statements decide,
// with their places if wanted.
func told(r types.EvaluationResult, places bool) string {
	text := string(r.EvalDecision)
	for _, m := range r.MatchedStatements {
		text += " " + *m.SourcePolicyId
		if places {
			text += fmt.Sprintf("@%d:%d-%d:%d", m.StartPosition.Line, m.StartPosition.Column, m.EndPosition.Line, m.EndPosition.Column)
		}
	}
	return text
}

// The places are those that AWS answered for the same documents.
func TestTheSimulatorTellsWhichStatementDecides(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	document := `{"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}}`
	put := e.policy(t, "put", document)
	e.role(t, "r")
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("u")}))(t)
	must(e.CreateGroup(ctx, &awsiam.CreateGroupInput{GroupName: aws.String("g")}))(t)
	must(e.AddUserToGroup(ctx, &awsiam.AddUserToGroupInput{UserName: aws.String("u"), GroupName: aws.String("g")}))(t)
	must(e.AttachGroupPolicy(ctx, &awsiam.AttachGroupPolicyInput{GroupName: aws.String("g"), PolicyArn: &put}))(t)
	must(e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("in"), PolicyDocument: &document}))(t)
	for source, policy := range map[string]string{"role/r": "role_r_in", "group/g": "put", "user/u": "put"} {
		out := must(e.SimulatePrincipalPolicy(ctx, &awsiam.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String(account + source), ActionNames: []string{"s3:PutObject", "s3:GetObjectVersion"}, ResourceArns: []string{bucket},
		}))(t)
		put, get := out.EvaluationResults[0], out.EvaluationResults[1]
		if got, want := told(put, true), "allowed "+policy+"@1:41-1:113"; got != want {
			t.Errorf("%s: %s, want %s", source, got, want)
		}
		if *put.MatchedStatements[0].StartPosition != *put.ResourceSpecificResults[0].MatchedStatements[0].StartPosition || put.MatchedStatements[0].SourcePolicyType != "IAM Policy" {
			t.Errorf("%s: %+v", source, put)
		}
		if told(get, true) != "implicitDeny" || get.ResourceSpecificResults[0].EvalResourceDecision != "implicitDeny" || *get.EvalResourceName != bucket || *get.ResourceSpecificResults[0].EvalResourceName != bucket {
			t.Errorf("%s: %+v", source, get)
		}
	}
}

// simulated asks about a custom policy and returns the results in short.
func (e *engine) simulated(t *testing.T, in awsiam.SimulateCustomPolicyInput) string {
	t.Helper()
	out, err := e.SimulateCustomPolicy(t.Context(), &in)
	if err != nil {
		return cloudCode(err) + ": " + err.Error()[strings.LastIndex(err.Error(), cloudCode(err)+": ")+len(cloudCode(err))+2:]
	}
	var all []string
	for _, r := range out.EvaluationResults {
		text := told(r, false)
		missing := r.MissingContextValues
		for _, s := range r.ResourceSpecificResults {
			missing = append(missing, s.MissingContextValues...)
		}
		if len(missing) > 0 {
			text += " missing " + strings.Join(missing, ",")
		}
		if b := r.PermissionsBoundaryDecisionDetail; b != nil {
			text += fmt.Sprintf(" boundary %t", b.AllowedByPermissionsBoundary)
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

func entry(name, typ string, values ...string) types.ContextEntry {
	return types.ContextEntry{ContextKeyName: &name, ContextKeyType: types.ContextKeyTypeEnum(typ), ContextKeyValues: values}
}

func TestTheSimulatorJudgesPoliciesContextAndBoundaries(t *testing.T) {
	e := newEngine(t)
	until := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}`
	statement := func(more string) string {
		return `{"Version":"2012-10-17","Statement":[` + more + `]}`
	}
	allow := func(condition string) string {
		return statement(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{` + condition + `}}`)
	}
	own := statement(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/${aws:username}/*"}`)
	get := []string{"s3:GetObject"}
	ada, in := aws.String(account+"user/ada"), []string{bucket + "/ada/x"}
	for _, tt := range []struct {
		name string
		in   awsiam.SimulateCustomPolicyInput
		want string
	}{
		{"a condition that holds", awsiam.SimulateCustomPolicyInput{PolicyInputList: []string{until}, ActionNames: []string{"dynamodb:CreateBackup"}, ContextEntries: []types.ContextEntry{entry("aws:CurrentTime", "date", "2019-04-25T11:00:00Z")}},
			"allowed PolicyInputList.1"},
		{"one that does not", awsiam.SimulateCustomPolicyInput{PolicyInputList: []string{until}, ActionNames: []string{"dynamodb:CreateBackup"}, ContextEntries: []types.ContextEntry{entry("aws:CurrentTime", "date", "2018-04-25T11:00:00Z")}}, "implicitDeny"},
		{"one whose key is missing", awsiam.SimulateCustomPolicyInput{PolicyInputList: []string{until}, ActionNames: []string{"dynamodb:CreateBackup", "s3:GetObject"}}, "implicitDeny missing aws:CurrentTime; implicitDeny"},
		{"a denial", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allowAll, "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Deny\",\n      \"Action\": \"s3:*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}"}},
			"explicitDeny PolicyInputList.2"},
		{"two statements of one policy", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{statement(`{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}`)}},
			"allowed PolicyInputList.1 PolicyInputList.1"},
		{"all values of a list", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allow(`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`)}, ContextEntries: []types.ContextEntry{entry("aws:TagKeys", "stringList", "a", "b")}}, "allowed PolicyInputList.1"},
		{"not all values", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allow(`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`)}, ContextEntries: []types.ContextEntry{entry("AWS:tagkeys", "stringList", "a", "c")}}, "implicitDeny"},
		{"any value", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allow(`"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}`)}, ContextEntries: []types.ContextEntry{entry("aws:TagKeys", "stringList", "c", "a")}}, "allowed PolicyInputList.1"},
		{"none of the values", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allow(`"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}`)}, ContextEntries: []types.ContextEntry{entry("aws:TagKeys", "stringList", "c", "d")}}, "implicitDeny"},
		{"any value that is another", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allow(`"ForAnyValue:StringNotEquals":{"aws:TagKeys":"a"}`)}, ContextEntries: []types.ContextEntry{entry("aws:TagKeys", "stringList", "a", "d")}}, "allowed PolicyInputList.1"},
		{"an empty list", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allow(`"Null":{"aws:TagKeys":"true"}`)}, ContextEntries: []types.ContextEntry{entry("aws:TagKeys", "stringList")}}, "allowed PolicyInputList.1"},
		{"an address", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allow(`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`)}, ContextEntries: []types.ContextEntry{entry("aws:SourceIp", "ip", "10.1.2.3")}}, "allowed PolicyInputList.1"},
		{"a number", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allow(`"NumericLessThan":{"s3:max-keys":"10"}`)}, ContextEntries: []types.ContextEntry{entry("s3:max-keys", "numeric", "9")}}, "allowed PolicyInputList.1"},
		{"a boolean", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allow(`"Bool":{"aws:SecureTransport":"true"}`)}, ContextEntries: []types.ContextEntry{entry("aws:SecureTransport", "boolean", "false")}}, "implicitDeny"},
		{"nothing known of the transport", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allow(`"Bool":{"aws:SecureTransport":"true"}`)}}, "implicitDeny missing aws:SecureTransport"},
		{"a variable of the caller", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{own}, ResourceArns: in, CallerArn: ada}, "allowed PolicyInputList.1"},
		{"a variable of the context", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{own}, ResourceArns: in, CallerArn: ada, ContextEntries: []types.ContextEntry{entry("aws:username", "string", "bob")}}, "implicitDeny"},
		{"a variable without a value", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{own}, ResourceArns: in}, "implicitDeny missing aws:username"},
		{"within the boundary", awsiam.SimulateCustomPolicyInput{ActionNames: []string{"sqs:SendMessage", "sqs:ReceiveMessage"}, PolicyInputList: []string{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`}, PermissionsBoundaryPolicyInputList: []string{allowRead}},
			"implicitDeny boundary false; allowed PermissionsBoundaryPolicyInputList.1 PolicyInputList.1 boundary true"},
		{"within the boundary on one resource", awsiam.SimulateCustomPolicyInput{ActionNames: get, ResourceArns: []string{bucket + "/a", bucket + "/b"}, PolicyInputList: []string{allowAll}, PermissionsBoundaryPolicyInputList: []string{statement(`{"Effect":"Allow","Action":"*","Resource":"` + bucket + `/a"}`)}},
			"implicitDeny PermissionsBoundaryPolicyInputList.1 PolicyInputList.1 boundary false"},
		{"a resource's policy that allows", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allowRead}, ResourceArns: in, CallerArn: ada, ResourcePolicy: aws.String(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + *ada + `"},"Action":"s3:GetObject","Resource":"` + bucket + `/*"}}`)},
			"allowed ResourcePolicy"},
		{"one that names another", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allowRead}, ResourceArns: in, CallerArn: aws.String(account + "user/bob"), ResourcePolicy: aws.String(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + *ada + `"},"Action":"s3:GetObject","Resource":"` + bucket + `/*"}}`)}, "implicitDeny"},
		{"one that denies", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allowAll}, ResourceArns: in, CallerArn: ada, ResourceOwner: aws.String(account + "root"), ResourcePolicy: aws.String(`{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*"}}`)}, "explicitDeny ResourcePolicy"},

		{"a resource's policy and no caller", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allowAll}, ResourceArns: in, ResourcePolicy: aws.String(allowAll)}, "InvalidInput: Invalid caller - Caller must be an IAM user in this context."},
		{"a role that calls", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allowAll}, CallerArn: aws.String(account + "role/r")}, "InvalidInput: Invalid caller - Caller must be an IAM user in this context."},
		{"a resource's policy of everything", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allowAll}, CallerArn: ada, ResourcePolicy: aws.String(allowAll)}, "InvalidInput: Invalid Entity Arn: * does not clearly define entity type and name."},
		{"no resource", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allowAll}, ResourceArns: []string{"docs"}}, "InvalidInput: ResourceNames are not in a valid ARN format: docs."},
		{"an owner that is no ARN", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allowAll}, ResourceOwner: aws.String("123456789012")}, "InvalidInput: '123456789012' is not a valid as a Resource Owner."},
		{"another account", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allowAll}, ResourceOwner: aws.String("arn:aws:iam::123456789012:root")}, "NotImplemented: the local engine does not serve the parameter ResourceOwner of another account of the policy simulator"},
		{"a scenario", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allowAll}, ResourceHandlingOption: aws.String("EC2-VPC-EBS")}, "NotImplemented: the local engine does not serve the parameter ResourceHandlingOption of SimulateCustomPolicy"},
		{"an action with a wildcard", awsiam.SimulateCustomPolicyInput{ActionNames: []string{"s3:*"}, PolicyInputList: []string{allowAll}}, `InvalidInput: Invalid Input Actions: "s3:*"`},
		{"two boundaries", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allowAll}, PermissionsBoundaryPolicyInputList: []string{allowAll, allowAll}}, "InvalidInput: The list of Permissions Boundary policies cannot exceed 1 items."},
		{"no policy", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{"?"}}, "InvalidInput: Invalid policy in PolicyInputList.1: Syntax errors in policy."},
		{"two dates of one", awsiam.SimulateCustomPolicyInput{ActionNames: get, PolicyInputList: []string{allowAll}, ContextEntries: []types.ContextEntry{entry("aws:CurrentTime", "date", "2019-04-25", "2019-04-26")}}, "InvalidInput: Invalid context value: aws:CurrentTime has more than one value, and its type is date."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := e.simulated(t, tt.in); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestStatementsAreFoundInLinesOfAnyDocument(t *testing.T) {
	e := newEngine(t)
	const statement = "{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\",\"Condition\":{\"Null\":{\"a:b\":\"true\"}}}"
	for name, tt := range map[string]struct{ document, want string }{
		"as AWS shows it":       {`{"Version":"2012-10-17","Statement":` + statement + `}`, "1:38-1:122"},
		"the second of a list":  {`{"Version":"2012-10-17","Id":"Statement","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"},` + statement + `]}`, "1:105-1:191"},
		"in lines of its own":   {"{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": \"s3:*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}", "3:17-8:6"},
		"characters, not bytes": {`{"Version":"2012-10-17","Id":"ä","Statement":` + statement + `}`, "1:47-1:131"},
	} {
		out := must(e.SimulateCustomPolicy(t.Context(), &awsiam.SimulateCustomPolicyInput{ActionNames: []string{"s3:GetObject"}, PolicyInputList: []string{tt.document}}))(t)
		if got := told(out.EvaluationResults[0], true); got != "allowed PolicyInputList.1@"+tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

// The questions and the answers were recorded on AWS, but for the resource's name.
func TestAnActionOnSeveralResourcesHasTheHardestDecision(t *testing.T) {
	e := newEngine(t)
	const object = "arn:aws:s3:::stackd-policy-parity/"
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"` + object + `allowed"},{"Effect":"Deny","Action":"s3:GetObject","Resource":"` + object + `blocked"}]}`
	out := must(e.SimulateCustomPolicy(t.Context(), &awsiam.SimulateCustomPolicyInput{PolicyInputList: []string{policy}, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{object + "allowed", object + "blocked", object + "unspecified"}}))(t)
	if len(out.EvaluationResults) != 1 {
		t.Fatalf("%d results", len(out.EvaluationResults))
	}
	r := out.EvaluationResults[0]
	if got, want := told(r, true), "explicitDeny PolicyInputList.1@1:38-1:135 PolicyInputList.1@1:135-1:232"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if *r.EvalResourceName != "*" {
		t.Errorf("the resource of all is %s", *r.EvalResourceName)
	}
	var each []string
	for _, on := range r.ResourceSpecificResults {
		each = append(each, fmt.Sprint(on.EvalResourceDecision, len(on.MatchedStatements)))
	}
	if got := strings.Join(each, " "); got != "allowed1 explicitDeny1 implicitDeny0" {
		t.Errorf("each is %s", got)
	}
}

// As recorded on AWS of the tags of requests: a list needs an operator for sets.
func TestAListIsAskedAboutByOperatorsForSets(t *testing.T) {
	e := newEngine(t)
	for operator, want := range map[string][3]bool{ // of [team], [env], and both
		"StringEquals": {}, "StringNotEquals": {}, "StringEqualsIfExists": {}, "StringNotEqualsIfExists": {},
		"ForAnyValue:StringEquals": {true, false, true}, "ForAllValues:StringEquals": {true, false, false},
		"ForAnyValue:StringNotEquals": {false, true, true}, "ForAllValues:StringNotEquals": {false, true, false},
	} {
		policy := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:TagUser","Resource":"*","Condition":{"` + operator + `":{"aws:TagKeys":"team"}}}}`
		for i, keys := range [][]string{{"team"}, {"env"}, {"team", "env"}} {
			got := e.simulated(t, awsiam.SimulateCustomPolicyInput{PolicyInputList: []string{policy}, ActionNames: []string{"iam:TagUser"}, ContextEntries: []types.ContextEntry{entry("aws:TagKeys", "stringList", keys...)}})
			if allowed := got == "allowed PolicyInputList.1"; allowed != want[i] {
				t.Errorf("%s of %q: %s", operator, keys, got)
			}
		}
	}
}

// What a condition holds without is not missing, as recorded on AWS.
func TestAKeyThatNeedNotBeThereIsNotMissing(t *testing.T) {
	e := newEngine(t)
	for operator, want := range map[string]string{"StringNotEquals": "allowed PolicyInputList.1", "ForAllValues:StringEquals": "allowed PolicyInputList.1", "StringEqualsIfExists": "allowed PolicyInputList.1",
		"StringEquals": "implicitDeny missing aws:TagKeys", "ForAnyValue:StringNotEquals": "implicitDeny missing aws:TagKeys"} {
		policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"` + operator + `":{"aws:TagKeys":"a"}}}]}`
		if got := e.simulated(t, awsiam.SimulateCustomPolicyInput{PolicyInputList: []string{policy}, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{bucket + "/x"}}); got != want {
			t.Errorf("%s: got %s, want %s", operator, got, want)
		}
	}
}

func TestValuesOfTheContextHaveTheirType(t *testing.T) {
	e := newEngine(t)
	for typ, values := range map[string][2]string{
		"numeric": {"1e3", "one"}, "boolean": {"True", "yes"}, "ip": {"::1", "10.0.0"}, "binaryList": {"YQ==", "?"}, "date": {"2026-01-01T00:00:00Z", "soon"}, "text": {"", "a"},
	} {
		for i, value := range values {
			got := e.simulated(t, awsiam.SimulateCustomPolicyInput{ActionNames: []string{"s3:GetObject"}, PolicyInputList: []string{allowRead}, ContextEntries: []types.ContextEntry{entry("a:key", typ, value)}})
			want := "implicitDeny"
			switch {
			case typ == "text":
				want = "ValidationError: "
			case i == 1:
				want = "InvalidInput: Invalid context value: " + value
			}
			if !strings.HasPrefix(got, want) {
				t.Errorf("%s of type %s: %s", value, typ, got)
			}
		}
	}
}

// What the simulator says is what happens: the same questions are asked both ways.
func TestTheSimulatorSaysWhatCallsMeet(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	caller := e.role(t, "r")
	bound := e.policy(t, "bound", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"s3:DeleteObject","Resource":"*"}]}`)
	must(e.PutRolePermissionsBoundary(ctx, &awsiam.PutRolePermissionsBoundaryInput{RoleName: aws.String("r"), PermissionsBoundary: &bound}))(t)
	must(e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["s3:Get*","s3:DeleteObject"],"Resource":"arn:aws:s3:::docs/*"},
		{"Effect":"Deny","Action":"s3:GetObjectAcl","Resource":"*"},
		{"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/r"}}}]}`)}))(t)
	actions := []string{"s3:GetObject", "s3:DeleteObject", "s3:GetObjectAcl", "s3:PutObject", "sqs:SendMessage"}
	resources := []string{bucket + "/x", "arn:aws:s3:::other/x"}
	var results []types.EvaluationResult
	pages := awsiam.NewSimulatePrincipalPolicyPaginator(e.Client, &awsiam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String(account + "role/r"), ActionNames: actions, ResourceArns: resources, MaxItems: aws.Int32(3),
	})
	for pages.HasMorePages() {
		results = append(results, must(pages.NextPage(ctx))(t).EvaluationResults...)
	}
	if len(results) != len(actions) {
		t.Fatalf("%d results", len(results))
	}
	if got := told(results[4], false); got != "allowed bound role_r_p" {
		t.Errorf("what allows %s: %s", actions[4], got)
	}
	unused := len(e.iam.Privileges().Unused)
	for i, r := range results {
		for j, on := range r.ResourceSpecificResults {
			want := "allowed"
			if err := e.iam.Authorize(caller, actions[i], resources[j]); err != nil {
				want = "implicitDeny"
				if cloud.AsError(err).Denied {
					want = "explicitDeny"
				}
			}
			if *r.EvalActionName != actions[i] || *on.EvalResourceName != resources[j] || string(on.EvalResourceDecision) != want {
				t.Errorf("%s on %s: %s, want %s", *r.EvalActionName, *on.EvalResourceName, on.EvalResourceDecision, want)
			}
		}
	}
	if after := len(e.iam.Privileges().Unused); unused != 2 || after != 1 {
		t.Errorf("%d grants were unused after the simulation, %d after the calls", unused, after)
	}
}

func TestTheSimulatorKnowsTheIDOfAUser(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	ada := must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("ada")}))(t).User
	must(e.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: ada.UserName, PolicyName: aws.String("p"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"` + bucket + `/${aws:userid}"}}`)}))(t)
	out := must(e.SimulatePrincipalPolicy(ctx, &awsiam.SimulatePrincipalPolicyInput{PolicySourceArn: ada.Arn, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{bucket + "/" + *ada.UserId}}))(t)
	if got := told(out.EvaluationResults[0], false); got != "allowed user_ada_p" {
		t.Error(got)
	}
}

func TestTheSimulatorRefusesWhomItDoesNotKnow(t *testing.T) {
	e := newEngine(t)
	e.role(t, "here")
	err := e.Do(t.Context(), e.Administrator(), "iam", "SimulateCustomPolicy", map[string]any{"PolicySourceArn": account + "role/here", "PolicyInputList": []string{allowAll}, "ActionNames": []string{"s3:GetObject"}}, nil)
	if err == nil || !strings.Contains(err.Error(), "does not serve the parameter PolicySourceArn of SimulateCustomPolicy") {
		t.Errorf("a custom policy of a role: %v", err)
	}
	for source, want := range map[string]string{
		account + "role/there/here":                    "NoSuchEntity: The role with ARN " + account + "role/there/here cannot be found.",
		"role/here":                                    "Member must have length greater than or equal to 20",
		account + "role/gone":                          "NoSuchEntity: The role with name gone cannot be found.",
		"arn:aws:iam::123456789012:role/r":             "InvalidInput: Invalid Policy Source Arn: caller's account 111122223333 does not have access to policies in account 123456789012",
		"arn:aws:sts::111122223333:assumed-role/r/s":   "InvalidInput: Invalid Entity Arn: arn:aws:sts::111122223333:assumed-role/r/s does not clearly define entity type and name.",
		"arn:aws:iam::111122223333:policy/some-policy": "InvalidInput: Invalid Entity Arn: arn:aws:iam::111122223333:policy/some-policy does not clearly define entity type and name.",
	} {
		_, err := e.SimulatePrincipalPolicy(t.Context(), &awsiam.SimulatePrincipalPolicyInput{PolicySourceArn: &source, ActionNames: []string{"s3:GetObject"}})
		if err == nil || !strings.HasSuffix(strings.Replace(err.Error(), "Exception: ", ": ", 1), want) {
			t.Errorf("%s: got %v, want %s", source, err, want)
		}
	}
}

func TestPoliciesTellTheContextKeysThatTheyDependOn(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	e.role(t, "r")
	must(e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/${ aws:PrincipalTag/team , 'none'}/${*}"}}`)}))(t)
	dated := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::${aws:userid}","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-01"},"StringLike":{"s3:prefix":["${AWS:username}/*"]}}}}`
	custom := must(e.GetContextKeysForCustomPolicy(ctx, &awsiam.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{dated, allowAll}}))(t).ContextKeyNames
	if want := []string{"AWS:username", "aws:CurrentTime", "aws:userid", "s3:prefix"}; !slices.Equal(custom, want) {
		t.Errorf("got %q, want %q", custom, want)
	}
	principal := must(e.GetContextKeysForPrincipalPolicy(ctx, &awsiam.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: aws.String(account + "role/r"), PolicyInputList: []string{dated}}))(t).ContextKeyNames
	if want := []string{"aws:CurrentTime", "aws:PrincipalTag/team", "aws:userid", "aws:username", "s3:prefix"}; !slices.Equal(principal, want) {
		t.Errorf("got %q, want %q", principal, want)
	}
}
