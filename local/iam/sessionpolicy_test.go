package iam_test

// This file is about sessions that may do less than their role.

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/wire"
)

const (
	worker    = account + "role/worker"
	sessionID = "arn:aws:sts::111122223333:assumed-role/worker/work"
	denyRead  = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "sqs:ReceiveMessage", "Resource": "*"}]}`
)

// resourcePolicy lets a principal receive messages, or forbids it.
func resourcePolicy(effect, principal string) json.RawMessage {
	return json.RawMessage(`{"Version": "2012-10-17", "Statement": [{"Effect": "` + effect + `", "Principal": {"AWS": "` + principal + `"}, "Action": "sqs:ReceiveMessage", "Resource": "` + orders + `"}]}`)
}

func TestASessionMayDoWhatItsRoleAndItsOwnPoliciesAllow(t *testing.T) {
	for _, tt := range []struct {
		name     string
		role     string          // the role's own policy, or none
		session  string          // inline
		managed  string          // of the session
		boundary string          // of the role
		resource json.RawMessage // of the queue
		want     string          // of the refusal; "" for none
	}{
		{name: "no session policy", role: allowAll},
		{name: "both allow", role: allowAll, session: allowRead},
		{name: "the role alone allows", role: allowAll, session: allowSend, want: "because no session policy allows"},
		{name: "the session alone allows", role: allowSend, session: allowRead, want: "because no identity-based policy allows"},
		{name: "neither allows", role: allowSend, session: allowSend, want: "because no identity-based policy allows"},
		{name: "the session denies", role: allowAll, session: denyRead, want: "with an explicit deny in a session policy"},
		{name: "the role denies", role: denyRead, session: allowAll, want: "with an explicit deny in an identity-based policy"},

		{name: "a managed policy allows", role: allowAll, managed: allowRead},
		{name: "a managed policy alone does not", role: allowAll, managed: allowSend, want: "because no session policy allows"},
		{name: "the inline one allows, beside a managed one", role: allowAll, session: allowRead, managed: allowSend},
		{name: "the managed one allows, beside an inline one", role: allowAll, session: allowSend, managed: allowRead},
		{name: "the managed one denies what the inline one allows", role: allowAll, session: allowRead, managed: denyRead, want: "with an explicit deny in a session policy"},
		{name: "the inline one denies what the managed one allows", role: allowAll, session: denyRead, managed: allowRead, want: "with an explicit deny in a session policy"},

		{name: "a boundary and the session allow", role: allowAll, boundary: allowRead, session: allowRead},
		{name: "a boundary does not", role: allowAll, boundary: allowSend, session: allowRead, want: "because no permissions boundary allows"},
		{name: "within a boundary, the session does not", role: allowAll, boundary: allowRead, session: allowSend, want: "because no session policy allows"},

		{name: "the queue's policy allows the role, and the session does", session: allowRead, resource: resourcePolicy("Allow", worker)},
		{name: "the queue's policy allows the role, and the session does not", session: allowSend, resource: resourcePolicy("Allow", worker), want: "because no session policy allows"},
		{name: "the queue's policy allows the role, and the session denies", session: denyRead, resource: resourcePolicy("Allow", worker), want: "with an explicit deny in a session policy"},
		{name: "the queue's policy allows the session, and its policy does not", session: allowSend, resource: resourcePolicy("Allow", sessionID)},
		{name: "the queue's policy allows the session, and its policy denies", session: denyRead, resource: resourcePolicy("Allow", sessionID), want: "with an explicit deny in a session policy"},
		{name: "the queue's policy allows another session", session: allowSend, resource: resourcePolicy("Allow", sessionID+"2"), want: "because no identity-based policy allows"},
		{name: "the queue's policy denies", role: allowAll, session: allowAll, resource: resourcePolicy("Deny", worker), want: "with an explicit deny in a resource-based policy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := newEngine(t)
			e.makeRole(t, "worker", "111122223333", "", tt.role)
			input := map[string]any{"RoleArn": worker, "RoleSessionName": "work"}
			if tt.session != "" {
				input["Policy"] = tt.session
			}
			if tt.managed != "" {
				input["PolicyArns"] = []any{map[string]any{"arn": e.makePolicy(t, "managed", tt.managed)}}
			}
			if tt.boundary != "" {
				must(e.PutRolePermissionsBoundary(t.Context(), &awsiam.PutRolePermissionsBoundaryInput{
					RoleName: aws.String("worker"), PermissionsBoundary: aws.String(e.makePolicy(t, "boundary", tt.boundary))}))(t)
			}
			if err := e.iam.SetResourcePolicy(orders, "", tt.resource); err != nil {
				t.Fatal(err)
			}
			checkRefusal(t, e.Authorize(e.session(t, input), "sqs:ReceiveMessage", orders), tt.want)
		})
	}
}

// makePolicy makes a managed policy and returns its ARN.
func (e *engine) makePolicy(t *testing.T, name, document string) string {
	t.Helper()
	return *must(e.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &document}))(t).Policy.Arn
}

// session takes on a role as the administrator, and returns who it becomes.
func (e *engine) session(t *testing.T, input map[string]any) cloud.Caller {
	t.Helper()
	out, err := e.assume(t, e.Administrator(), input)
	if err != nil {
		t.Fatal(err)
	}
	caller, _, err := e.iam.Identify(iam.SignedBy(e.iam, out.Credentials.AccessKeyId))
	if err != nil {
		t.Fatal(err)
	}
	return caller
}

func checkRefusal(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestAManagedPolicyOfASessionCountsAsItIsNow(t *testing.T) {
	e := newEngine(t)
	e.makeRole(t, "worker", "111122223333", "", allowAll)
	arn := e.makePolicy(t, "managed", allowSend)
	caller := e.session(t, map[string]any{"RoleArn": worker, "RoleSessionName": "work", "PolicyArns": []any{map[string]any{"arn": arn}}})
	checkRefusal(t, e.Authorize(caller, "sqs:ReceiveMessage", orders), "because no session policy allows")
	must(e.CreatePolicyVersion(t.Context(), &awsiam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: aws.String(allowRead), SetAsDefault: true}))(t)
	checkRefusal(t, e.Authorize(caller, "sqs:ReceiveMessage", orders), "")
	must(e.DeletePolicyVersion(t.Context(), &awsiam.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")}))(t)
	must(e.DeletePolicy(t.Context(), &awsiam.DeletePolicyInput{PolicyArn: &arn}))(t)
	checkRefusal(t, e.Authorize(caller, "sqs:ReceiveMessage", orders), "because no session policy allows")
}

func TestAServiceAssumesARoleWithinASessionPolicy(t *testing.T) {
	e := newEngine(t)
	must(e.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String("worker"), AssumeRolePolicyDocument: aws.String(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "transfer.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`)}))(t)
	must(e.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: aws.String("worker"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allowAll)}))(t)
	service := e.ServiceCaller("transfer.amazonaws.com", "")
	for _, tt := range []struct{ policy, want string }{
		{"", ""},
		{allowRead, ""},
		{allowSend, "because no session policy allows"},
	} {
		caller, err := e.AssumeWithin(service, worker, "work", tt.policy)
		if err != nil {
			t.Fatal(err)
		}
		checkRefusal(t, e.Authorize(caller, "sqs:ReceiveMessage", orders), tt.want)
	}
	if _, err := e.AssumeWithin(service, worker, "work", "{}"); err == nil || cloud.AsError(err).Code != "MalformedPolicyDocumentException" {
		t.Errorf("a policy that is none: %v", err)
	}
	if _, err := e.AssumeWithin(e.ServiceCaller("events.amazonaws.com", ""), worker, "work", allowRead); err == nil {
		t.Error("a service that the role does not trust")
	}
}

// What another authorizer said cannot be judged, so it allows nothing.
func TestPoliciesOfAnotherAuthorizersSessionAllowNothing(t *testing.T) {
	e := newEngine(t)
	e.makeRole(t, "worker", "111122223333", "", allowAll)
	checkRefusal(t, e.Authorize(cloud.Caller{ARN: sessionID, Role: worker, Within: foreign{}}, "sqs:ReceiveMessage", orders), "because no session policy allows")
}

type foreign struct{}

func (foreign) SessionPolicies() {}

// long makes a policy of so many characters, of which none repeats much if they
// are random.
func long(characters int, random bool) string {
	text := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":["*"`
	const end = `]}]}`
	state := uint32(1)
	for len(text)+len(end) < characters {
		name := strings.Repeat("a", 40)
		if random {
			name = ""
			for range 40 {
				state = state*1664525 + 1013904223
				name += string(rune('!' + 2 + state>>16%80))
			}
			name = strings.NewReplacer(`\`, "b", `"`, "c", "$", "d").Replace(name)
		}
		text += `,"arn:aws:s3:::` + name + `"`
	}
	text = text[:min(len(text), characters-len(end)-1)]
	if cut := strings.LastIndex(text, `,"`); !strings.HasSuffix(text, `"`) {
		text = text[:cut]
	}
	return text + strings.Repeat(" ", characters-len(text)-len(end)) + end
}

func TestPoliciesOfASessionAreHeldToTheirLimits(t *testing.T) {
	e := newEngine(t)
	e.makeRole(t, "worker", "111122223333", "", allowAll)
	arn := e.makePolicy(t, "managed", allowRead)
	service := iam.NewSTS(e.iam)
	e.Register("sts", service)
	server := httptest.NewServer(wire.As(e.Cloud, e.Administrator(), "sts", service.Protocols()))
	defer server.Close()
	client := sts.New(sts.Options{BaseEndpoint: &server.URL, Region: e.Region, Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""), RetryMaxAttempts: 1})
	list := func(n int) []types.PolicyDescriptorType {
		all := make([]types.PolicyDescriptorType, n)
		for i := range all {
			all[i].Arn = &arn
		}
		return all
	}
	for _, tt := range []struct {
		name    string
		policy  string
		managed []types.PolicyDescriptorType
		want    string
	}{
		{"a short one", allowRead, nil, ""},
		{"2,048 characters", long(2048, false), nil, ""},
		{"2,049 characters", long(2049, false), nil, "Member must have length less than or equal to 2048"},
		{"ten managed ones", "", list(10), ""},
		{"eleven managed ones", "", list(11), "Member must have length less than or equal to 10"},
		{"2,048 characters with those of an ARN", long(2048-len(arn), false), list(1), ""},
		{"one more", long(2049-len(arn), false), list(1), "Member must have length less than or equal to 2048"},
		{"what packs badly", long(2048, true), nil, "of allotted space, please use smaller policy"},
		{"no JSON", "allow", nil, "Syntax errors in policy."},
		{"a principal", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}}`, nil, "should not specify a principal"},
		{"a letter that no policy has", strings.Replace(allowRead, "sqs:", "sqs☃:", 1), nil, "at 'policy' failed to satisfy constraint"},
		{"a managed one that is not there", "", []types.PolicyDescriptorType{{Arn: aws.String(arn + "2")}}, "does not exist"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := &sts.AssumeRoleInput{RoleArn: aws.String(worker), RoleSessionName: aws.String("work"), PolicyArns: tt.managed}
			if tt.policy != "" {
				in.Policy = &tt.policy
			}
			_, err := client.AssumeRole(t.Context(), in)
			checkRefusal(t, err, tt.want)
		})
	}
	_, err := client.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(worker), RoleSessionName: aws.String("work"), Policy: aws.String(long(2048, true))})
	fails[*types.PackedPolicyTooLargeException](t, "what packs badly", err)
	_, err = client.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(worker), RoleSessionName: aws.String("work"), Policy: aws.String("allow")})
	fails[*types.MalformedPolicyDocumentException](t, "no JSON", err)
}

func TestASessionWithPoliciesIsToldHowMuchSpaceTheyTake(t *testing.T) {
	e := newEngine(t)
	e.makeRole(t, "worker", "111122223333", "", allowAll)
	e.Register("sts", iam.NewSTS(e.iam))
	sizes := map[string]int{}
	for name, policy := range map[string]string{"none": "", "short": allowRead, "long": long(2048, false)} {
		var out struct{ PackedPolicySize *int }
		if err := e.Do(t.Context(), e.Administrator(), "sts", "AssumeRole", map[string]any{"RoleArn": worker, "RoleSessionName": "work", "Policy": policy}, &out); err != nil {
			t.Fatal(err)
		}
		if (out.PackedPolicySize == nil) != (policy == "") {
			t.Fatalf("%s: %v", name, out.PackedPolicySize)
		}
		if out.PackedPolicySize != nil {
			sizes[name] = *out.PackedPolicySize
		}
	}
	if sizes["short"] < 1 || sizes["long"] <= sizes["short"] || sizes["long"] > 100 {
		t.Errorf("sizes in percent: %v", sizes)
	}
}
