package iam_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tradepost-dev/tradepost/local/iam"
)

// of is a policy of the statements.
func of(statements string) json.RawMessage {
	return json.RawMessage(`{"Version": "2012-10-17", "Statement": ` + statements + `}`)
}

func TestGrantsTellsWhatAPolicyCouldAllow(t *testing.T) {
	for _, tt := range []struct {
		name, statements string
		actions          string // separated by spaces
		resources        string
		granted          bool
	}{
		{"the action itself", `{"Effect":"Allow","Action":"s3:DeleteBucket","Resource":"*"}`, "s3:DeleteBucket", "", true},
		{"another action", `{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"*"}`, "s3:DeleteBucket", "", false},
		{"another letter case", `{"Effect":"Allow","Action":"S3:deletebucket","Resource":"*"}`, "s3:DeleteBucket", "", true},
		{"a wildcard in the policy", `{"Effect":"Allow","Action":"s3:Del*","Resource":"*"}`, "s3:DeleteBucket", "", true},
		{"one character's wildcard", `{"Effect":"Allow","Action":"s3:DeleteBucke?","Resource":"*"}`, "s3:DeleteBucket", "", true},
		{"a wildcard in the question", `{"Effect":"Allow","Action":"s3:DeleteBucket","Resource":"*"}`, "s3:Delete*", "", true},
		{"wildcards in both that meet", `{"Effect":"Allow","Action":"s3:*Bucket","Resource":"*"}`, "s3:Delete*", "", true},
		{"wildcards in both that do not meet", `{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}`, "s3:Delete*", "", false},
		{"everything", `{"Effect":"Allow","Action":"*","Resource":"*"}`, "s3:DeleteBucket", "", true},
		{"one of several", `{"Effect":"Allow","Action":["sqs:*","s3:Put*"],"Resource":"*"}`, "iam:* s3:PutObject", "", true},
		{"all but others", `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`, "s3:DeleteBucket", "", true},
		{"all but it", `{"Effect":"Allow","NotAction":["iam:*","s3:*"],"Resource":"*"}`, "s3:DeleteBucket", "", false},
		{"all but some of them", `{"Effect":"Allow","NotAction":"s3:DeleteB*","Resource":"*"}`, "s3:Delete*", "", true},
		{"a deny of it", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:Delete*","Resource":"*"}]`, "s3:DeleteBucket", "", false},
		{"a deny of some of them", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:DeleteB*","Resource":"*"}]`, "s3:Delete*", "", true},
		{"denies of all of them together", `[{"Effect":"Allow","Action":["s3:A","s3:B"],"Resource":"*"},{"Effect":"Deny","Action":"s3:A","Resource":"*"},{"Effect":"Deny","Action":"s3:B","Resource":"*"}]`, "s3:*", "", false},
		{"a deny of some resources", `[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::a"}]`, "s3:DeleteBucket", "", true},
		{"denies of all its resources", `[{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::a","arn:aws:s3:::b"]},{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::a"},{"Effect":"Deny","Action":"s3:De*","Resource":"arn:aws:s3:::b"}]`, "s3:DeleteBucket", "", false},
		{"a deny of all but the rest", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","NotAction":"s3:Get*","Resource":"*"}]`, "s3:DeleteBucket", "", false},
		{"a deny of all but its resource", `[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::a"},{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b"}]`, "s3:DeleteBucket", "", false},
		{"a deny alone", `{"Effect":"Deny","Action":"*","Resource":"*"}`, "s3:DeleteBucket", "", false},
		{"a deny under a condition", `[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}]`, "s3:DeleteBucket", "", true},
		{"an allow under a condition", `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"x"}}}`, "s3:DeleteBucket", "", true},
		{"a deny whose resource is a variable", `[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home"},{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}"}]`, "s3:DeleteBucket", "", true},
		{"a deny beyond a variable", `[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home"},{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::${aws:username}"}]`, "s3:DeleteBucket", "", true},
		{"an allow whose resource is a variable", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}"}`, "s3:DeleteBucket", "arn:aws:s3:::home", true},
		{"an allow beyond a variable", `{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::${aws:username}"}`, "s3:DeleteBucket", "arn:aws:s3:::home", true},
		{"any action on a resource", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a/*"}`, "", "arn:aws:s3:::a/x", true},
		{"any action on another resource", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a/*"}`, "", "arn:aws:s3:::b/*", false},
		{"the action on another resource", `[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"},{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::a/*"}]`, "s3:PutObject", "arn:aws:s3:::b/*", false},
		{"another letter case of the resource", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::A"}`, "", "arn:aws:s3:::a", false},
		{"nothing that is an action", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*:*","Resource":"*"}]`, "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			grants, err := iam.Grants(of(tt.statements), iam.Access{Actions: strings.Fields(tt.actions), Resources: strings.Fields(tt.resources)})
			if err != nil || len(grants) > 0 != tt.granted {
				t.Errorf("grants %+v, %v; want some: %t", grants, err, tt.granted)
			}
		})
	}
}

func TestGrantsNamesTheStatementsAndACallOfEach(t *testing.T) {
	grants, err := iam.Grants(of(`[{"Effect":"Deny","Action":"s3:DeleteBucketP*","Resource":"*"},{"Sid":"Wide","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a?"},
		{"Effect":"Allow","Action":"sqs:*","Resource":"*"},{"Effect":"Allow","NotAction":"sqs:*","Resource":"arn:aws:s3:::b"}]`), iam.Access{Actions: []string{"s3:DeleteBucket*"}})
	want := []iam.Grant{{Statement: 1, Sid: "Wide", Action: "s3:deletebucket", Resource: "arn:aws:s3:::ax"}, {Statement: 3, Action: "s3:deletebucket", Resource: "arn:aws:s3:::b"}}
	if err != nil || !slices.Equal(grants, want) {
		t.Errorf("grants %+v, %v; want %+v", grants, err, want)
	}
	if _, err := iam.Grants(json.RawMessage(`{"Statement": []}`), iam.Access{}); err == nil {
		t.Error("a document without statements was accepted")
	}
}

// The search is held against calls: what it proves IAM allows, and where IAM
// allows any of many calls it proves one.
func TestGrantsAgreesWithTheEvaluationOfCalls(t *testing.T) {
	e := newEngine(t)
	worker := e.role(t, "worker")
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{"s3:DeleteBucket", "s3:DeleteObject", "s3:GetObject", "iam:CreateUser", "iam:GetUser", "sqs:X"}
	patterns := append([]string{"*", "s3:*", "s3:Delete*", "iam:?reate*", "*:*User", "s*:*", "s3:*et*"}, names...)
	buckets := []string{"arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::ab"}
	places := append([]string{"*", "arn:aws:s3:::*", "arn:aws:s3:::?", "arn:aws:s3:::*b"}, buckets...)
	some := func(list []string) []string {
		chosen := []string{list[r.IntN(len(list))]}
		for r.IntN(2) == 0 {
			chosen = append(chosen, list[r.IntN(len(list))])
		}
		return chosen
	}
	either := func(yes, no string) string { return []string{yes, no, no}[r.IntN(3)] }
	granted := 0
	for range 300 {
		var statements []any
		for range 1 + r.IntN(4) {
			statements = append(statements, map[string]any{"Effect": either("Deny", "Allow"), either("NotAction", "Action"): some(patterns), either("NotResource", "Resource"): some(places)})
		}
		document, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
		if err != nil {
			t.Fatal(err)
		}
		name, text := "p", string(document)
		if _, err := e.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: ptr("worker"), PolicyName: &name, PolicyDocument: &text}); err != nil {
			t.Fatal(text, err)
		}
		asked := some(patterns)
		grants, err := iam.Grants(document, iam.Access{Actions: asked})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range grants {
			granted++
			if err := e.Authorize(worker, g.Action, g.Resource); err != nil {
				t.Fatalf("%s\nproves too much: %v", document, err)
			}
		}
		for _, action := range names {
			for _, bucket := range buckets {
				if e.Authorize(worker, action, bucket) != nil {
					continue
				}
				if one, err := iam.Grants(document, iam.Access{Actions: []string{action}, Resources: []string{bucket}}); err != nil || len(one) == 0 {
					t.Fatalf("%s\nallows %s on %s, and Grants does not know: %v", document, action, bucket, err)
				}
			}
		}
	}
	if granted < 100 {
		t.Errorf("only %d grants were tried", granted)
	}
}

func ptr[T any](value T) *T { return &value }

// A policy may be made so that an exact answer would take forever.
func TestGrantsGivesUpOnThePolicysSide(t *testing.T) {
	var denied []string
	for i := range 200 {
		denied = append(denied, fmt.Sprintf("s3:*a%sb*%d", strings.Repeat("?", i%17), i))
	}
	list, err := json.Marshal(denied)
	if err != nil {
		t.Fatal(err)
	}
	grants, err := iam.Grants(of(`[{"Effect":"Allow","Action":"s3:*a????????????????????","Resource":"*"},{"Effect":"Deny","Action":`+string(list)+`,"Resource":"*"},{"Effect":"Deny","Action":"s3:*a*","Resource":"*"}]`),
		iam.Access{Actions: []string{"s3:*b????????????????????*", "s3:*a*a*a*a*a*a*a*a*a*"}})
	if err != nil || len(grants) != 1 || grants[0].Action != "" {
		t.Errorf("grants %v, %v; want one without a call that proves it", grants, err)
	}
	long := strings.Repeat("*a", 30000)
	if grants, err = iam.Grants(of(`{"Effect":"Allow","Action":"s3:`+long+`","Resource":"*"}`), iam.Access{Actions: []string{"s3:*"}}); err != nil || len(grants) != 1 {
		t.Errorf("of a long pattern: %v, %v", len(grants), err)
	}
}
