package iam

import (
	"context"
	"slices"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAGrantIsUnusedAsFarAsItAllowedNoCall(t *testing.T) {
	const other = "arn:aws:sqs:us-east-1:000000000000:other"
	store, caller := roleWith(t, `[
		{"Sid":"Half","Effect":"Allow","Action":["sqs:SendMessage","SQS:Get*"],"Resource":["`+queue+`","`+other+`"]},
		{"Effect":"Deny","Action":"s3:*","Resource":"*"},
		{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},
		{"Effect":"Allow","NotAction":"sqs:*","Resource":"arn:aws:sns:*"},
		{"Effect":"Allow","Action":"sqs:send*","Resource":"`+queue+`"}]`)
	refusedBefore := store.Authorize(caller, "s3:GetObject", "arn:aws:s3:::b/x")
	if err := store.Authorize(caller, "sqs:SendMessage", queue); err != nil || refusedBefore == nil {
		t.Fatal(err, refusedBefore)
	}
	if err := store.Authorize(caller, "sns:Publish", "arn:aws:sns:us-east-1:000000000000:t"); err != nil {
		t.Fatal(err)
	}
	role := "arn:aws:iam::000000000000:role/worker"
	want := []UnusedGrant{
		{Principal: role, Policy: "p", Statement: 0, Sid: "Half", Actions: []string{"SQS:Get*"}, Resources: []string{other}},
		{Principal: role, Policy: "p", Statement: 2, Entirely: true, Actions: []string{"s3:GetObject"}, Resources: []string{"*"}},
	}
	got := store.Privileges().Unused
	if !slices.EqualFunc(got, want, sameGrant) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func sameGrant(a, b UnusedGrant) bool {
	return a.Principal == b.Principal && a.Policy == b.Policy && a.Statement == b.Statement && a.Sid == b.Sid && a.Entirely == b.Entirely &&
		slices.Equal(a.Actions, b.Actions) && slices.Equal(a.Resources, b.Resources)
}

// A policy that two roles have may be too much for one of them.
func TestTheUseOfAPolicyCountsForTheRoleThatUsedItOnly(t *testing.T) {
	store, types := newStore(t)
	template, err := cfn.Parse([]byte(`{"Resources": {
		"Shared": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "shared", "PolicyDocument": {"Version": "2012-10-17",
			"Statement": {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:PurgeQueue"], "Resource": "*"}}}},
		"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "a", "ManagedPolicyArns": [{"Ref": "Shared"}, "arn:aws:iam::aws:policy/AmazonSQSFullAccess"],
			"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}}},
		"B": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "b", "ManagedPolicyArns": [{"Ref": "Shared"}],
			"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	stack := cfn.Stack{Name: "s", Template: template}
	if _, err := stack.Create(context.Background(), types); err != nil {
		t.Fatal(err)
	}
	caller, err := store.Assume(store.site.ServiceCaller("lambda.amazonaws.com", ""), "arn:aws:iam::000000000000:role/a", "f")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Authorize(caller, "sqs:SendMessage", queue); err != nil {
		t.Fatal(err)
	}
	shared := "arn:aws:iam::000000000000:policy/shared"
	want := []UnusedGrant{
		{Principal: "arn:aws:iam::000000000000:role/a", Policy: shared, Actions: []string{"sqs:PurgeQueue"}},
		{Principal: "arn:aws:iam::000000000000:role/b", Policy: shared, Entirely: true, Actions: []string{"sqs:SendMessage", "sqs:PurgeQueue"}, Resources: []string{"*"}},
	}
	if got := store.Privileges().Unused; !slices.EqualFunc(got, want, sameGrant) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAPolicyThatIsPutAgainHasBeenUsedAsBefore(t *testing.T) {
	store, caller := roleWith(t, `{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}`)
	if err := store.Authorize(caller, "sqs:SendMessage", queue); err != nil {
		t.Fatal(err)
	}
	role := store.entities[caller.Role]
	put := func(text string) []UnusedGrant {
		t.Helper()
		document, err := compileIdentity(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := role.put("p", document); err != nil {
			t.Fatal(err)
		}
		return store.Privileges().Unused
	}
	if left := put(role.inline["p"].text); len(left) > 0 {
		t.Errorf("the same: %+v", left)
	}
	if left := put(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:*","Resource":"*"}}`); len(left) != 1 || !left[0].Entirely {
		t.Errorf("another: %+v", left)
	}
}

func TestARefusedCallIsToldWithTheStatementThatWouldAllowIt(t *testing.T) {
	store, caller := roleWith(t, `[{"Effect":"Allow","Action":["sqs:*","sns:*"],"Resource":"*"},{"Effect":"Deny","Action":"sqs:PurgeQueue","Resource":"*"}]`)
	table := "arn:aws:dynamodb:us-east-1:000000000000:table/t"
	bounded := caller
	bounded.Within = &sessionPolicies{}
	service := store.site.ServiceCaller("events.amazonaws.com", rule)
	for _, call := range []struct {
		caller           cloud.Caller
		action, resource string
	}{
		{caller, "dynamodb:PutItem", table}, {caller, "sqs:PurgeQueue", queue}, {caller, "dynamodb:PutItem", table},
		{bounded, "sns:Publish", "t"}, {service, "sqs:SendMessage", queue},
	} {
		if err := store.Authorize(call.caller, call.action, call.resource); err == nil {
			t.Fatalf("%s was allowed", call.action)
		}
	}
	want := []struct {
		principal, action, reason, remedy string
		calls                             int
	}{
		{caller.Role, "dynamodb:PutItem", "because no identity-based policy allows the dynamodb:PutItem action",
			`{"Effect":"Allow","Action":"dynamodb:PutItem","Resource":"` + table + `"}`, 2},
		{caller.Role, "sns:Publish", "because no session policy allows the sns:Publish action", "", 1},
		{caller.Role, "sqs:PurgeQueue", "with an explicit deny in an identity-based policy", "", 1},
		{"events.amazonaws.com", "sqs:SendMessage", "because no resource-based policy allows the sqs:SendMessage action",
			`{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + queue + `","Condition":{"ArnEquals":{"aws:SourceArn":"` + rule + `"}}}`, 1},
	}
	got := store.Privileges().Refused
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i, w := range want {
		g := got[i]
		if g.Principal != w.principal || g.Action != w.action || g.Reason != w.reason || string(g.Remedy) != w.remedy || g.Calls != w.calls {
			t.Errorf("got  %+v (%s)\nwant %+v", g, g.Remedy, w)
		}
	}
}

func TestOfMoreThanAThousandRefusedCallsTheRestIsCounted(t *testing.T) {
	store, caller := roleWith(t, `{"Effect":"Allow","Action":"sqs:*","Resource":"*"}`)
	for i := range maxRefused + 7 {
		if err := store.Authorize(caller, "s3:GetObject", "arn:aws:s3:::b/"+itoa(i)); err == nil {
			t.Fatal("allowed")
		}
	}
	if p := store.Privileges(); len(p.Refused) != maxRefused || p.Dropped != 7 {
		t.Errorf("%d listed, %d dropped", len(p.Refused), p.Dropped)
	}
}
