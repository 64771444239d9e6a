package evaluate

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/iamtest"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/internal/policyguard"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	bad      = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*"}]}`
	compacts = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:CreateUser","Resource":"*"}]}`
	harmless = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}`
	trust    = `{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}}`
)

// room is an account with a policy p, whose versions are bad, harmless and bad
// again, and a role, a user and a group n, each with an inline policy that is bad.
type room struct {
	*iamtest.Account
	*Handler
	t *testing.T
}

func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{Account: iamtest.New(t), t: t}
	var err error
	if r.Handler, err = New(r.Account, []string{"iam:*", "s3:DeleteBucket"}, []string{iamtest.ARN("own"), "role/own"}); err != nil {
		t.Fatal(err)
	}
	n := aws.String("n")
	_, errs := r.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(bad)})
	r.must(errs)
	for _, document := range []string{harmless, bad} {
		_, err := r.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: aws.String(iamtest.ARN("p")), PolicyDocument: &document})
		r.must(err)
	}
	_, err = r.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: n, AssumeRolePolicyDocument: aws.String(trust)})
	r.must(err)
	_, err = r.CreateUser(t.Context(), &iam.CreateUserInput{UserName: n})
	r.must(err)
	_, err = r.CreateGroup(t.Context(), &iam.CreateGroupInput{GroupName: n})
	r.must(err)
	for _, kind := range []contract.Kind{contract.Role, contract.User, contract.Group} {
		_, err := policyguard.PutInline(t.Context(), r.Account, contract.Policy{Kind: kind, Of: "n", Name: "inline"}, bad)
		r.must(err)
	}
	return r
}

func (r *room) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// event is a change as CloudTrail tells of it.
func event(t *testing.T, name, request, response string) contract.Change {
	t.Helper()
	var c contract.Change
	text := `{"eventID": "e1", "eventName": "` + name + `", "eventTime": "2026-01-02T03:04:05Z", "sourceIPAddress": "192.0.2.1", "awsRegion": "us-east-1",
		"userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/dev/eve",
			"sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/dev"}}},
		"requestParameters": ` + request + `, "responseElements": ` + response + `}`
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func quotedText(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(b)
}

var p = contract.Policy{Kind: contract.Managed, ARN: iamtest.ARN("p")}

func TestEachCallIsJudgedByWhatItPutsInForce(t *testing.T) {
	arn := quotedText(p.ARN)
	for _, row := range []struct {
		name, call, request, response string
		policy                        contract.Policy
		version                       string
		inForce, restricted           bool
	}{
		{"a policy", "CreatePolicy", `{"policyName": "p", "policyDocument": ` + quotedText(bad) + `}`, `{"policy": {"arn": ` + arn + `, "defaultVersionId": "v1"}}`, p, "v1", true, true},
		{"a version", "CreatePolicyVersion", `{"policyArn": ` + arn + `, "setAsDefault": true}`, `{"policyVersion": {"versionId": "v3", "isDefaultVersion": true}}`, p, "v3", true, true},
		{"a harmless version", "CreatePolicyVersion", `{"policyArn": ` + arn + `, "setAsDefault": true}`, `{"policyVersion": {"versionId": "v2", "isDefaultVersion": true}}`, p, "v2", true, false},
		{"a version not in force", "CreatePolicyVersion", `{"policyArn": ` + arn + `}`, `{"policyVersion": {"versionId": "v3", "isDefaultVersion": false}}`, p, "v3", false, false},
		{"a version put in force", "SetDefaultPolicyVersion", `{"policyArn": ` + arn + `, "versionId": "v3"}`, `null`, p, "v3", true, true},
		{"a harmless one put in force", "SetDefaultPolicyVersion", `{"policyArn": ` + arn + `, "versionId": "v2"}`, `null`, p, "v2", true, false},
		{"a role's", "PutRolePolicy", `{"roleName": "n", "policyName": "inline", "policyDocument": ` + quotedText(bad) + `}`, `null`, contract.Policy{Kind: contract.Role, Of: "n", Name: "inline"}, "", true, true},
		{"a user's", "PutUserPolicy", `{"userName": "n", "policyName": "inline", "policyDocument": ` + quotedText(bad) + `}`, `null`, contract.Policy{Kind: contract.User, Of: "n", Name: "inline"}, "", true, true},
		{"a group's", "PutGroupPolicy", `{"groupName": "n", "policyName": "inline", "policyDocument": ` + quotedText(bad) + `}`, `null`, contract.Policy{Kind: contract.Group, Of: "n", Name: "inline"}, "", true, true},
		{"a role's without the document", "PutRolePolicy", `{"roleName": "n", "policyName": "inline"}`, `null`, contract.Policy{Kind: contract.Role, Of: "n", Name: "inline"}, "", true, true},
		{"a harmless one of a role that has a bad one since", "PutRolePolicy", `{"roleName": "n", "policyName": "inline", "policyDocument": ` + quotedText(harmless) + `}`, `null`, contract.Policy{Kind: contract.Role, Of: "n", Name: "inline"}, "", true, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRoom(t)
			got, err := r.Handle(t.Context(), event(t, row.call, row.request, row.response))
			if err != nil {
				t.Fatal(err)
			}
			if got.Policy != row.policy || got.Key != row.policy.Key() || got.Version != row.version || got.InForce != row.inForce || got.Restricted != row.restricted ||
				got.EventID != "e1" || got.ChangedBy != "arn:aws:iam::111122223333:role/dev" || got.Own {
				t.Errorf("%+v", got)
			}
			if row.restricted && (len(got.Findings) != 1 || got.Findings[0].Grants[0] != "iam:*" || got.Document != compacts) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// The version may have been deleted, or the whole policy: the event has the
// document, or else nobody can judge it.
func TestWhatIsGoneIsJudgedByTheEvent(t *testing.T) {
	r := newRoom(t)
	gone := quotedText(iamtest.ARN("gone"))
	for request, want := range map[string]string{
		`{"policyArn": ` + gone + `, "setAsDefault": true, "policyDocument": ` + quotedText(bad) + `}`: "Restore gone? It grants iam:*",
		`{"policyArn": ` + gone + `, "setAsDefault": true}`:                                            "Restore gone? It cannot be judged",
	} {
		got, err := r.Handle(t.Context(), event(t, "CreatePolicyVersion", request, `{"policyVersion": {"versionId": "v3", "isDefaultVersion": true}}`))
		if err != nil || !got.Restricted || got.Title != want {
			t.Errorf("%+v, %v", got, err)
		}
	}
	got, err := r.Handle(t.Context(), event(t, "PutUserPolicy", `{"userName": "nobody", "policyName": "inline"}`, `null`))
	if err != nil || !got.Restricted || got.Title != "Restore inline of user nobody? It cannot be judged" || got.Document != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestADocumentThatNobodyCanReadIsNotLetPass(t *testing.T) {
	for name, document := range map[string]string{"no JSON": "x", "an unknown element": `{"Statement": {"Effect": "Allow", "Actions": "*", "Resource": "*"}}`} {
		r := newRoom(t)
		got, err := r.Handle(t.Context(), event(t, "PutRolePolicy", `{"roleName": "n", "policyName": "inline", "policyDocument": `+quotedText(document)+`}`, `null`))
		if err != nil || !got.Restricted || !strings.Contains(got.Details, "It cannot be judged: ") || len(got.Findings) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestWhoMadeTheCallIsToldByTheRoleOrTheUser(t *testing.T) {
	for want, identity := range map[string]string{
		"arn:aws:iam::111122223333:role/dev": `{"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/dev/eve", "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/dev"}}}`,
		"arn:aws:iam::111122223333:user/eve": `{"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/eve", "userName": "eve"}`,
		"arn:aws:iam::111122223333:root":     `{"type": "Root", "arn": "arn:aws:iam::111122223333:root"}`,
		"sso.amazonaws.com":                  `{"type": "AWSService", "invokedBy": "sso.amazonaws.com"}`,
		"Unknown":                            `{"type": "Unknown"}`,
	} {
		c := event(t, "CreatePolicy", "{}", "{}")
		c.UserIdentity = contract.UserIdentity{}
		if err := json.Unmarshal([]byte(identity), &c.UserIdentity); err != nil || c.UserIdentity.Who() != want {
			t.Errorf("%s, %v, want %s", c.UserIdentity.Who(), err, want)
		}
	}
}

func TestWhatIsTheGuardsOwnIsKnownByItsWholeName(t *testing.T) {
	r := newRoom(t)
	for name, row := range map[string]struct {
		change contract.Change
		own    bool
	}{
		"the boundary":       {event(t, "SetDefaultPolicyVersion", `{"policyArn": "`+iamtest.ARN("own")+`", "versionId": "v1"}`, "null"), true},
		"a longer name":      {event(t, "SetDefaultPolicyVersion", `{"policyArn": "`+iamtest.ARN("own2")+`", "versionId": "v1"}`, "null"), false},
		"a role":             {event(t, "PutRolePolicy", `{"roleName": "own", "policyName": "x", "policyDocument": "{}"}`, "null"), true},
		"a user by its name": {event(t, "PutUserPolicy", `{"userName": "own", "policyName": "x", "policyDocument": "{}"}`, "null"), false},
	} {
		if got, err := r.Handle(t.Context(), row.change); err != nil || got.Own != row.own {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestWhatAdministratorsAreToldIsComplete(t *testing.T) {
	r := newRoom(t)
	document := `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Wipe", "Effect": "Allow", "Action": ["S3:Delete*", "sqs:*"], "Resource": ["arn:a", "x\nStatement 9 grants nothing"], "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
		{"Effect": "Allow", "NotAction": "s3:*", "NotResource": "arn:b"}]}`
	got, err := r.Handle(t.Context(), event(t, "PutRolePolicy", `{"roleName": "n", "policyName": "inline", "policyDocument": `+quotedText(document)+`}`, `null`))
	if err != nil {
		t.Fatal(err)
	}
	want := `Policy: inline, inline in the role n
Changed by: "arn:aws:iam::111122223333:role/dev", by PutRolePolicy at "2026-01-02T03:04:05Z" from "192.0.2.1"
Event: "e1"

Statement 1 "Wipe" grants s3:DeleteBucket
  by "S3:Delete*"
  on "arn:a", "x\nStatement 9 grants nothing"
  if {"Bool":{"aws:MultiFactorAuthPresent":"true"}}

Statement 2 grants iam:*
  by all actions but "s3:*"
  on all resources but "arn:b"

Document: `
	if head, _, _ := strings.Cut(got.Details, `{"Version"`); head != want {
		t.Errorf("details %s, want %s", got.Details, want)
	}
	if got.Title != "Restore inline of role n? It grants s3:DeleteBucket, iam:*" {
		t.Errorf("title %s", got.Title)
	}
	wanted := []contract.Finding{
		{Statement: 1, Sid: "Wipe", Grants: []string{"s3:DeleteBucket"}, Action: []string{"S3:Delete*"}, Resource: []string{"arn:a", "x\nStatement 9 grants nothing"},
			Condition: json.RawMessage(`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)},
		{Statement: 2, Grants: []string{"iam:*"}, NotAction: []string{"s3:*"}, NotResource: []string{"arn:b"}},
	}
	if !reflect.DeepEqual(got.Findings, wanted) {
		t.Errorf("findings %+v", got.Findings)
	}
}

// However long the document is, and however many findings there are: the state
// machine can carry the answer.
func TestTheAnswerHasItsBounds(t *testing.T) {
	r := newRoom(t)
	statement := `{"Sid": "` + strings.Repeat("s", 300) + `", "Effect": "Allow", "Action": ["iam:*"` + strings.Repeat(`, "iam:C*"`, 30) + `], "Resource": ["` + strings.Repeat("ü", 1000) + `"],
		"Condition": {"StringEquals": {"x": "` + strings.Repeat("c", 5000) + `"}}}`
	document := `{"Version": "2012-10-17",` + strings.Repeat("\n", 20_000) + `"Statement": [` + strings.Repeat(statement+",", 11) + statement + `]}`
	got, err := r.Handle(t.Context(), event(t, "PutRolePolicy", `{"roleName": "n", "policyName": "`+strings.Repeat("p", 300)+`", "policyDocument": `+quotedText(document)+`}`, `null`))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got)
	if err != nil || len(text) > 200<<10 || len(got.Findings) != contract.MaxFindings || got.Document != "" || !strings.Contains(got.Details, "and 2 more statements do") || len(got.Title) != 200 {
		t.Errorf("%d bytes, %d findings, title %s, %v", len(text), len(got.Findings), got.Title, err)
	}
	f := got.Findings[0]
	if len(f.Sid) != 200 || len(f.Resource[0]) > 200 || !strings.HasSuffix(f.Resource[0], "ü...") || string(f.Condition) != `"a condition too long to be shown here"` {
		t.Errorf("%+v", f)
	}
	many, err := r.Handle(t.Context(), event(t, "PutRolePolicy", `{"roleName": "n", "policyName": "x", "policyDocument": `+quotedText(`{"Statement": {"Effect": "Allow", "Action": "*", "Resource": ["a"`+strings.Repeat(`, "a"`, 24)+`]}}`)+`}`, `null`))
	if err != nil || len(many.Findings[0].Resource) != 21 || many.Findings[0].Resource[20] != "... and 5 more" {
		t.Errorf("%+v, %v", many, err)
	}
}

func TestAnEventThatIsNoneOfTheCallsIsRefused(t *testing.T) {
	r := newRoom(t)
	for name, c := range map[string]contract.Change{
		`"DeletePolicy" is none`:               event(t, "DeletePolicy", `{}`, `null`),
		"CreatePolicy does not say":            event(t, "CreatePolicy", `{"policyName": "p"}`, `null`),
		"SetDefaultPolicyVersion does not":     event(t, "SetDefaultPolicyVersion", `{"policyArn": "arn:p"}`, `null`),
		"PutRolePolicy does not say":           event(t, "PutRolePolicy", `{"userName": "n", "policyName": "p"}`, `null`),
		"event of PutGroupPolicy does not say": event(t, "PutGroupPolicy", `{"groupName": "n"}`, `null`),
	} {
		if _, err := r.Handle(t.Context(), c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		} else if _, ok := err.(contract.ChangeInvalid); !ok {
			t.Errorf("%T", err)
		}
	}
	without := event(t, "PutRolePolicy", `{"roleName": "n", "policyName": "p"}`, `null`)
	without.EventID = ""
	if _, err := r.Handle(t.Context(), without); err == nil {
		t.Error("an event without an id")
	}
}

// Whoever pads a document until CloudTrail leaves out what was asked is told of.
func TestAChangeThatCloudTrailLeavesOutIsToldOf(t *testing.T) {
	r := newRoom(t)
	const omitted = `{"reason": "requestParameters too large", "omitted": true, "originalSize": 110000}`
	for _, c := range []contract.Change{
		event(t, "PutRolePolicy", omitted, "null"), event(t, "PutUserPolicy", omitted, "null"), event(t, "PutGroupPolicy", omitted, "null"),
		event(t, "CreatePolicyVersion", omitted, `{"policyVersion": {"versionId": "v3", "isDefaultVersion": true}}`),
	} {
		got, err := r.Handle(t.Context(), c)
		if err != nil || !got.Unknown || !got.Restricted || !got.InForce || got.Key != contract.KeyUnknown || !strings.Contains(got.Details, "CloudTrail has left out") || !strings.Contains(got.Details, "by "+c.EventName) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	got, err := r.Handle(t.Context(), event(t, "CreatePolicy", omitted, `{"policy": {"arn": "`+p.ARN+`", "defaultVersionId": "v1"}}`))
	if err != nil || got.Unknown || !got.Restricted || got.Document != compacts {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = r.Handle(t.Context(), event(t, "CreatePolicyVersion", omitted, `{"policyVersion": {"versionId": "v3", "isDefaultVersion": false}}`))
	if err != nil || got.InForce || got.Restricted || got.Key != contract.KeyUnknown {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAnAccountThatIsBusySaysSoByName(t *testing.T) {
	r := newRoom(t)
	r.Before = func(string) error { return cloud.Errorf(400, "Throttling", "slow down") }
	_, err := r.Handle(t.Context(), event(t, "SetDefaultPolicyVersion", `{"policyArn": "`+p.ARN+`", "versionId": "v3"}`, `null`))
	if _, ok := err.(*patience.ServiceBusy); !ok {
		t.Errorf("%T %v", err, err)
	}
	if _, err := New(r.Account, []string{"iam"}, nil); err == nil {
		t.Error("a list with no action is taken")
	}
}
