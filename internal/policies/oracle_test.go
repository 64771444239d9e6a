package policies_test

// This file compares verdicts with what the engine's IAM lets a role do that has
// the policy.

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/policies"
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
)

// oracle is IAM with a role that has one managed policy.
type oracle struct {
	*cloud.Cloud
	iam    *iam.IAM
	caller cloud.Caller

	version int // the default of the policy
}

const held = "arn:aws:iam::111122223333:policy/held"

func newOracle(t testing.TB) *oracle {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "us-east-1"})
	t.Cleanup(c.Close)
	o := &oracle{Cloud: c, iam: iam.New(c), version: 1}
	c.Authorizer, c.Policies = o.iam, o.iam
	c.Register("iam", o.iam)
	if err := o.call("CreatePolicy", map[string]any{"PolicyName": "held", "PolicyDocument": policies.Placeholder}); err != nil {
		t.Fatal(err)
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Bearer": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": ["` + held + `"],
		"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]cfn.Type{}
	for _, kind := range o.iam.Types() {
		types[kind.Name] = kind
	}
	stack := cfn.Stack{Name: "s", Site: c.Site, Template: template}
	created, err := stack.Create(t.Context(), types)
	if err != nil {
		t.Fatal(err)
	}
	role, _ := created.Handles["Bearer"].Attributes["Arn"].(string)
	if o.caller, err = c.Assume(c.ServiceCaller("lambda.amazonaws.com", ""), role, "session"); err != nil {
		t.Fatal(err)
	}
	return o
}

// call calls IAM as the administrator.
func (o *oracle) call(action string, in map[string]any) error {
	return o.Do(context.Background(), o.Administrator(), "iam", action, in, nil)
}

// hold replaces the document of the policy.
func (o *oracle) hold(document string) error {
	if err := o.call("CreatePolicyVersion", map[string]any{"PolicyArn": held, "PolicyDocument": document, "SetAsDefault": true}); err != nil {
		return err
	}
	former := fmt.Sprintf("v%d", o.version)
	o.version++
	return o.call("DeletePolicyVersion", map[string]any{"PolicyArn": held, "VersionId": former})
}

var resources = []string{"arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:iam::111122223333:user/u"}

// other is a resource of which no policy speaks.
const other = "arn:aws:sqs:us-east-1:111122223333:q"

// granted are those of the actions that the role may perform on any of the
// resources when it has the document; ok is false if IAM does not take it.
func (o *oracle) granted(document string, actions []string) (granted []string, ok bool) {
	if o.hold(document) != nil {
		return nil, false
	}
	for _, action := range actions {
		if slices.ContainsFunc(append([]string{other}, resources...), func(resource string) bool { return o.Authorize(o.caller, action, resource) == nil }) {
			granted = append(granted, action)
		}
	}
	return granted, true
}

// actions are what a bearer of a policy tries; each stands for itself in a list
// that is restricted, and so do the patterns.
var (
	actions  = []string{"s3:DeleteBucket", "s3:DeleteObject", "s3:GetObject", "iam:CreateUser", "iam:GetUser", "iam:CreateRole", "S3:PUTOBJECT"}
	patterns = []string{"s3:*", "s3:Delete*", "*", "iam:C*", "iam:?reate*", "s*:*t", "*:*User", "s3:DeleteB?cket", "sqs:*", "i*:*", "S3:delete*"}
)

// written is a document by chance: actions of few words, so that they often meet.
func written(r *rand.Rand) string {
	words := append(slices.Clone(actions), patterns...)
	choose := func(list []string) []string {
		var some []string
		for range 1 + r.IntN(3) {
			some = append(some, list[r.IntN(len(list))])
		}
		return some
	}
	either := func(n int) bool { return r.IntN(n) == 0 }
	var statements []map[string]any
	for range 1 + r.IntN(4) {
		s := map[string]any{"Effect": "Allow", "Resource": "*"}
		if either(3) {
			s["Effect"] = "Deny"
		}
		if either(4) {
			s["NotAction"] = choose(words)
		} else {
			s["Action"] = choose(words)
		}
		if either(3) {
			s["Resource"] = choose(append(resources, "*", "arn:aws:s3:::*"))
		} else if either(5) {
			delete(s, "Resource")
			s["NotResource"] = choose(resources)
		}
		if either(6) {
			s["Condition"] = map[string]any{"StringEquals": map[string]any{"aws:PrincipalAccount": choose([]string{"111122223333", "444455556666"})}}
		}
		statements = append(statements, s)
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // maps of texts always marshal
	}
	return string(text)
}

func parsed(t *testing.T, list ...string) []policies.Pattern {
	t.Helper()
	read, err := policies.Patterns(list)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// What IAM would grant is found, whatever the document says; and with neither a
// Deny nor a condition on the way, what is found is granted.
func TestVerdictsAreThoseOfIAM(t *testing.T) {
	o := newOracle(t)
	r := rand.New(rand.NewPCG(1, 2))
	found, nothing := 0, 0
	for range 5_000 {
		document := written(r)
		granted, ok := o.granted(document, actions)
		d, err := policies.Parse(document)
		if !ok || err != nil {
			t.Fatalf("%s: %v, %v", document, ok, err)
		}
		for _, action := range actions {
			got, want := len(d.Grants(parsed(t, action))) > 0, slices.Contains(granted, action)
			if want && !got {
				t.Fatalf("%s grants %s", document, action)
			}
			if got && !want && !strings.Contains(document, `"Deny"`) && !strings.Contains(document, `"Condition"`) {
				t.Fatalf("%s does not grant %s", document, action)
			}
			if got {
				found++
			} else {
				nothing++
			}
		}
		for _, pattern := range patterns {
			list := parsed(t, pattern)
			if len(d.Grants(list)) > 0 {
				continue
			}
			for _, action := range granted {
				alone, _ := policies.Parse(`{"Statement": {"Effect": "Allow", "Resource": "*", "Action": "` + action + `"}}`)
				if len(alone.Grants(list)) > 0 {
					t.Fatalf("%s grants %s, which is one of %s", document, action, pattern)
				}
			}
		}
	}
	if found < 2_000 || nothing < 2_000 {
		t.Errorf("%d found, %d not", found, nothing)
	}
}

// Whatever was rolled back: what stands in its place grants nothing of any list.
func TestThePlaceholderGrantsNothing(t *testing.T) {
	o := newOracle(t)
	tried := append([]string{"sts:GetCallerIdentity", "sts:AssumeRole"}, actions...)
	if granted, ok := o.granted(policies.Placeholder, tried); !ok || len(granted) > 0 {
		t.Errorf("grants %q, %v", granted, ok)
	}
	d, err := policies.Parse(policies.Placeholder)
	if err != nil || len(d.Grants(parsed(t, "*"))) > 0 {
		t.Errorf("%+v, %v", d, err)
	}
	// Its one Deny is of an action that nobody needs a permission for.
	if s := d.Statements; len(s) != 1 || s[0].Allow || !slices.Equal(s[0].Action, []string{"sts:GetCallerIdentity"}) {
		t.Errorf("%+v", s)
	}
}

// A document that anybody may write is judged or refused, and never lets pass
// what the engine's IAM would grant by it.
func FuzzParse(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		f.Add(written(r))
	}
	for _, text := range []string{"", "{}", "null", `{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Resource": []}}`,
		`{"statement": [{"effect": "Allow", "NotAction": [], "Resource": "${aws:username}"}]}`, policies.Placeholder} {
		f.Add(text)
	}
	o := newOracle(f)
	f.Fuzz(func(t *testing.T, document string) {
		granted, ok := o.granted(document, actions)
		d, err := policies.Parse(document)
		if !ok || err != nil { // IAM refuses it, or it is a finding
			return
		}
		for _, action := range granted {
			if len(d.Grants(parsed(t, action))) == 0 {
				t.Errorf("%q grants %s", document, action)
			}
		}
	})
}
