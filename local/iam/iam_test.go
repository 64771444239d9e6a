package iam

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	queue = "arn:aws:sqs:us-east-1:000000000000:orders"
	rule  = "arn:aws:events:us-east-1:000000000000:rule/uploads"
)

func newStore(t testing.TB) (*IAM, map[string]cfn.Type) {
	t.Helper()
	store := New(cloud.New(cloud.Site{Account: "000000000000", Region: "us-east-1"}))
	types := map[string]cfn.Type{}
	for _, typ := range store.Types() {
		types[typ.Name] = typ
	}
	return store, types
}

// roleWith creates a role that Lambda may assume, with one inline policy.
func roleWith(t testing.TB, statements string) (*IAM, cloud.Caller) {
	t.Helper()
	store, types := newStore(t)
	template, err := cfn.Parse([]byte(`{"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {
		"RoleName": "worker",
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
		"Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": ` + statements + `}}]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	stack := cfn.Stack{Name: "s", Template: template}
	if _, err := stack.Create(context.Background(), types); err != nil {
		t.Fatal(err)
	}
	caller, err := store.Assume(store.site.ServiceCaller("lambda.amazonaws.com", ""), "arn:aws:iam::000000000000:role/worker", "f")
	if err != nil {
		t.Fatal(err)
	}
	return store, caller
}

func TestARoleMayDoExactlyWhatItsPoliciesAllow(t *testing.T) {
	for _, tt := range []struct {
		name, statements, action, resource string
		context                            map[string]string
		allowed                            bool
	}{
		{"an action and resource that are listed", `[{"Effect":"Allow","Action":["sqs:SendMessage"],"Resource":["` + queue + `"]}]`, "sqs:SendMessage", queue, nil, true},
		{"single values instead of lists", `{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"` + queue + `"}`, "sqs:SendMessage", queue, nil, true},
		{"action names ignore case", `{"Effect":"Allow","Action":"SQS:sendmessage","Resource":"*"}`, "sqs:SendMessage", queue, nil, true},
		{"another action", `{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}`, "sqs:ReceiveMessage", queue, nil, false},
		{"another resource", `{"Effect":"Allow","Action":"sqs:*","Resource":"` + queue + `"}`, "sqs:SendMessage", queue + "2", nil, false},
		{"wildcards in the resource", `{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/in?ox/*"}`, "s3:GetObject", "arn:aws:s3:::b/inbox/a/b", nil, true},
		{"an explicit deny wins", `[{"Effect":"Allow","Action":"sqs:*","Resource":"*"},{"Effect":"Deny","Action":"sqs:SendMessage","Resource":"*"}]`, "sqs:SendMessage", queue, nil, false},
		{"a condition that holds", `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringLike":{"s3:prefix":["inbox/acme/*","inbox/acme"]}}}`, "s3:ListBucket", "arn:aws:s3:::b", map[string]string{"s3:prefix": "inbox/acme/x"}, true},
		{"a condition that does not hold", `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringLike":{"s3:prefix":"inbox/acme/*"}}}`, "s3:ListBucket", "arn:aws:s3:::b", map[string]string{"s3:prefix": "inbox/globex/x"}, false},
		{"a condition on an absent key", `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringEquals":{"s3:prefix":"x"}}}`, "s3:ListBucket", "arn:aws:s3:::b", nil, false},
		{"a negated condition on an absent key", `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringNotEquals":{"s3:prefix":"x"}}}`, "s3:ListBucket", "arn:aws:s3:::b", nil, true},
		{"a deny of insecure transport", `[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]`, "s3:GetObject", "arn:aws:s3:::b/x", nil, true},
		{"a policy variable", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalAccount}/*"}`, "s3:GetObject", "arn:aws:s3:::b/000000000000/x", nil, true},
		{"a policy variable without a value", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}*"}`, "s3:GetObject", "arn:aws:s3:::b/x", nil, false},
		{"a policy variable with a default", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username, 'all'}/*"}`, "s3:GetObject", "arn:aws:s3:::b/all/x", nil, true},
		{"the account of the resource", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":["000000000000"]}}}`, "sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:q", nil, true},
		{"the account of an object", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"s3:ResourceAccount":"000000000000"}}}`, "s3:GetObject", "arn:aws:s3:::b/x", nil, false},
		{"the account of an object, asked about what is none", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"s3:ResourceAccount":"000000000000"}}}`, "sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:q", nil, false},
		{"a policy variable in a condition", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:prefix":"${aws:PrincipalAccount}"}}}`, "s3:GetObject", "arn:aws:s3:::b", map[string]string{"S3:Prefix": "000000000000"}, true},
		{"a condition on a key that must not be there", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"Null":{"s3:prefix":"true"}}}`, "s3:GetObject", "arn:aws:s3:::b", map[string]string{"s3:prefix": "x"}, false},
		{"a condition on a key if it is there", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEqualsIfExists":{"s3:prefix":"y"}}}`, "s3:GetObject", "arn:aws:s3:::b", nil, true},
		{"an address in the range that is let in", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]}}}]`, "s3:GetObject", "arn:aws:s3:::c", map[string]string{"aws:SourceIp": "192.0.2.255"}, true},
		{"an address of the other kind that is let in", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]}}}]`, "s3:GetObject", "arn:aws:s3:::c", map[string]string{"aws:SourceIp": "2001:db8::1"}, true},
		{"an address beside the range that is let in", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]}}}]`, "s3:GetObject", "arn:aws:s3:::c", map[string]string{"aws:SourceIp": "192.0.3.0"}, false},
		{"an address that is kept out", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.7"}}}]`, "s3:GetObject", "arn:aws:s3:::c", map[string]string{"aws:SourceIp": "192.0.2.7"}, false},
		{"an allow and a deny whose condition holds", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b","Condition":{"NumericLessThan":{"k:n":"5"}}}]`, "s3:GetObject", "arn:aws:s3:::c", map[string]string{"k:n": "3"}, false},
		{"NotAction", `{"Effect":"Allow","NotAction":"sqs:DeleteQueue","Resource":"*"}`, "sqs:DeleteQueue", queue, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store, caller := roleWith(t, tt.statements)
			caller.Context = tt.context
			if err := store.Authorize(caller, tt.action, tt.resource); (err == nil) != tt.allowed {
				t.Errorf("allowed = %v, want %v: %v", err == nil, tt.allowed, err)
			}
		})
	}
}

func TestARefusalNamesRoleActionAndResource(t *testing.T) {
	store, caller := roleWith(t, `{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}`)
	err := store.Authorize(caller, "dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:000000000000:table/t")
	var refusal *cloud.Error
	if !errors.As(err, &refusal) || refusal.Code != "AccessDeniedException" {
		t.Fatalf("got %v, want an AccessDeniedException", err)
	}
	for _, part := range []string{"assumed-role/worker/f", "dynamodb:PutItem", "table/t"} {
		if !strings.Contains(refusal.Message, part) {
			t.Errorf("message %q does not name %s", refusal.Message, part)
		}
	}
}

func TestAServiceNeedsAResourcePolicyThatNamesItAndItsSource(t *testing.T) {
	store, _ := newStore(t)
	site := cloud.Site{Account: "000000000000", Region: "us-east-1"}
	policy := `{"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
		"Resource": "` + queue + `", "Condition": {"ArnEquals": {"aws:SourceArn": "` + rule + `"}}}]}`
	if err := store.SetResourcePolicy(queue, "", json.RawMessage(policy)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, service, source string
		allowed               bool
	}{
		{"the named service and source", "events.amazonaws.com", rule, true},
		{"another source", "events.amazonaws.com", rule + "2", false},
		{"another service", "sns.amazonaws.com", rule, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := store.Authorize(site.ServiceCaller(tt.service, tt.source), "sqs:SendMessage", queue)
			if (err == nil) != tt.allowed {
				t.Errorf("allowed = %v, want %v: %v", err == nil, tt.allowed, err)
			}
		})
	}
}

func TestManagedPoliciesOfAWSAllowWhatTheyAllowThereAndUnknownOnesAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name, managed, action string
		allowed               bool
		refused               string
	}{
		{"one that allows the action", "service-role/AWSLambdaSQSQueueExecutionRole", "sqs:ReceiveMessage", true, ""},
		{"one that does not", "service-role/AWSLambdaSQSQueueExecutionRole", "sqs:SendMessage", false, ""},
		{"one for logs only", "service-role/AWSLambdaBasicExecutionRole", "sqs:SendMessage", false, ""},
		{"one that the engine does not know", "AmazonBraketFullAccess", "", false, "does not know the policy arn:aws:iam::aws:policy/AmazonBraketFullAccess"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store, types := newStore(t)
			template, err := cfn.Parse([]byte(`{"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {
				"RoleName": "worker", "AssumeRolePolicyDocument": {"Statement": []},
				"ManagedPolicyArns": ["arn:aws:iam::aws:policy/` + tt.managed + `"]}}}}`))
			if err != nil {
				t.Fatal(err)
			}
			_, err = (&cfn.Stack{Name: "s", Template: template}).Create(t.Context(), types)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("got %v, want %q", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			caller := cloud.Caller{ARN: "x", Role: "arn:aws:iam::000000000000:role/worker"}
			if err := store.Authorize(caller, tt.action, queue); (err == nil) != tt.allowed {
				t.Errorf("allowed = %v, want %v: %v", err == nil, tt.allowed, err)
			}
		})
	}
}

func TestARoleIsAssumedOnlyByWhomItTrusts(t *testing.T) {
	store, caller := roleWith(t, `{"Effect":"Allow","Action":"sqs:*","Resource":"*"}`)
	if _, err := store.Assume(cloud.Caller{Service: "states.amazonaws.com"}, caller.Role, "x"); err == nil {
		t.Error("states.amazonaws.com assumed a role that trusts Lambda only")
	}
}

func TestARoleMayTrustTheServiceOfItsRegion(t *testing.T) {
	store, types := newStore(t)
	region := store.site.Region
	for name, trusted := range map[string]bool{"states." + region + ".amazonaws.com": true, "states.mars-1.amazonaws.com": false, "lambda." + region + ".amazonaws.com": false} {
		template, err := cfn.Parse([]byte(`{"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "` + strings.ReplaceAll(name, ".", "-") + `",
			"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["` + name + `"]}, "Action": "sts:AssumeRole"}]}}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (&cfn.Stack{Name: "s", Template: template}).Create(t.Context(), types); err != nil {
			t.Fatal(err)
		}
		_, err = store.Assume(cloud.Caller{Service: "states.amazonaws.com"}, "arn:aws:iam::000000000000:role/"+strings.ReplaceAll(name, ".", "-"), "x")
		if (err == nil) != trusted {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A trust policy can hold a service to what it works for: the account, and a
// resource in it.
func TestARoleIsAssumedOnlyOnBehalfOfWhatItTrusts(t *testing.T) {
	store, types := newStore(t)
	template, err := cfn.Parse([]byte(`{"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {
		"RoleName": "machine",
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": {
				"StringEquals": {"aws:SourceAccount": "000000000000"},
				"ArnLike": {"aws:SourceArn": "arn:aws:states:eu-west-1:000000000000:stateMachine:*"}}}]}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&cfn.Stack{Name: "s", Template: template}).Create(t.Context(), types); err != nil {
		t.Fatal(err)
	}
	own, other := cloud.Site{Account: "000000000000", Region: "eu-west-1"}, cloud.Site{Account: "999999999999", Region: "eu-west-1"}
	for name, test := range map[string]struct {
		service cloud.Caller
		trusted bool
	}{
		"a machine of the account":       {own.ServiceCaller("states.amazonaws.com", own.ARN("states", "stateMachine:m")), true},
		"an activity of the account":     {own.ServiceCaller("states.amazonaws.com", own.ARN("states", "activity:a")), false},
		"a machine of another account":   {other.ServiceCaller("states.amazonaws.com", other.ARN("states", "stateMachine:m")), false},
		"a service that does not tell":   {own.ServiceCaller("states.amazonaws.com", ""), false},
		"another service, for a machine": {own.ServiceCaller("events.amazonaws.com", own.ARN("states", "stateMachine:m")), false},
	} {
		if _, err := store.Assume(test.service, "arn:aws:iam::000000000000:role/machine", "x"); (err == nil) != test.trusted {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPolicyThatWouldNotBeEnforcedIsRefused(t *testing.T) {
	store, _ := newStore(t)
	for name, policy := range map[string]string{
		"an unknown condition operator": `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringResembles":{"aws:SourceIp":"10.0.0.0/8"}}}}`,
		"NotPrincipal":                  `{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"x"},"Action":"*","Resource":"*"}}`,
		"an unknown element":            `{"Statement":{"Effect":"Allow","Actions":"*","Resource":"*"}}`,
		"an effect that is none":        `{"Statement":{"Effect":"allow","Action":"*","Resource":"*"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := store.SetResourcePolicy(queue, "", json.RawMessage(policy)); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestIssuedCredentialsIdentifyTheirRoleAndAnyOthersTheAdministrator(t *testing.T) {
	store, caller := roleWith(t, `{"Effect":"Allow","Action":"sqs:*","Resource":"*"}`)
	issued := store.Issue(caller)
	for key, want := range map[string]string{issued.AccessKeyID: caller.ARN, "test": "arn:aws:iam::000000000000:root"} {
		got, service, err := store.Identify(SignedBy(store, key))
		if err != nil || got.ARN != want || service != "sqs" {
			t.Errorf("key %s: got %s for %s, %v; want %s for sqs", key, got.ARN, service, err, want)
		}
	}
	if _, _, err := store.Identify(httptest.NewRequest("POST", "/", nil)); err == nil {
		t.Error("an unsigned request was identified")
	}
}

func TestAResourcesPolicyIsMadeOfPartsThatComeAndGo(t *testing.T) {
	store, _ := newStore(t)
	site := cloud.Site{Account: "000000000000", Region: "us-east-1"}
	part := func(service string) json.RawMessage {
		return json.RawMessage(`{"Statement": {"Effect": "Allow", "Principal": {"Service": "` + service + `.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "` + queue + `"}}`)
	}
	for _, step := range []struct {
		name, part string
		policy     json.RawMessage
		allowed    string // services
	}{
		{"a first part", "a", part("events"), "events "},
		{"another part", "b", part("sns"), "events sns "},
		{"the first one again, changed", "a", part("s3"), "s3 sns "},
		{"without the second one", "b", nil, "s3 "},
		{"without one that never was", "c", nil, "s3 "},
		{"without any", "a", nil, ""},
	} {
		if err := store.SetResourcePolicy(queue, step.part, step.policy); err != nil {
			t.Fatal(err)
		}
		allowed := ""
		for _, service := range []string{"events", "s3", "sns"} {
			if store.Authorize(site.ServiceCaller(service+".amazonaws.com", ""), "sqs:SendMessage", queue) == nil {
				allowed += service + " "
			}
		}
		if allowed != step.allowed {
			t.Errorf("%s: %sare allowed, want %s", step.name, allowed, step.allowed)
		}
	}
	if len(store.resources) > 0 {
		t.Errorf("%d policies without a statement are kept", len(store.resources))
	}
}
