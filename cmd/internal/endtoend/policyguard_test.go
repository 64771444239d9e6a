package endtoend

// This file has the policy guard: what somebody changes, what the administrator
// decides by the mail's link, and what stands then.

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/cmd/internal/approver"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/policyguard"
	approvals "github.com/tradepost-dev/tradepost/internal/contract/approval"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/policies"
	shared "github.com/tradepost-dev/tradepost/internal/policyguard"
)

const (
	guardBad      = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}`
	guardWorse    = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "NotAction": "sqs:*", "Resource": "*"}]}`
	guardHarmless = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}`
)

// suspect is a policy of a test's own.
type suspect struct {
	*testing.T
	name, arn string
}

// suspicious makes a policy with a version that grants what is restricted, waits
// until it is rolled back, and returns it with the link of the mail.
func suspicious(t *testing.T, name string) (p suspect, link string) {
	t.Helper()
	p = suspect{T: t, name: name}
	var err error
	p.arn, err = guard.Create(deadline(t), name, guardBad)
	p.must(err)
	return p, p.asked(1)
}

func (p suspect) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// asked waits for so many mails, and returns the link of the last.
func (p suspect) asked(mails int) string {
	p.Helper()
	link, err := guard.Asked(deadline(p.T), p.name, mails)
	p.must(err)
	p.stands("", policies.Placeholder)
	return link
}

func (p suspect) decide(link string, verdict approvals.Verdict) {
	p.Helper()
	p.must(approver.Decide(deadline(p.T), link, verdict, "because"))
}

func (p suspect) version(document string) {
	p.Helper()
	_, err := guard.IAM().CreatePolicyVersion(deadline(p.T), &iam.CreatePolicyVersionInput{PolicyArn: &p.arn, PolicyDocument: &document, SetAsDefault: true})
	p.must(err)
}

// stands checks what is in force; a version that is empty is any.
func (p suspect) stands(version, document string) {
	p.Helper()
	gotVersion, got, err := guard.Standing(deadline(p.T), p.arn)
	p.must(err)
	if !policies.Same(got, document) && got != document || version != "" && gotVersion != version {
		p.Errorf("%s %s stands, want %s %s", gotVersion, got, version, document)
	}
}

func (p suspect) versions() []string {
	p.Helper()
	listed, err := guard.IAM().ListPolicyVersions(deadline(p.T), &iam.ListPolicyVersionsInput{PolicyArn: &p.arn})
	p.must(err)
	var all []string
	for _, v := range listed.Versions {
		all = append(all, *v.VersionId)
	}
	slices.Sort(all)
	return all
}

// outcomes waits for the outcomes of a policy's cases; that of an open one is
// empty.
func (p suspect) outcomes(want ...contract.Outcome) {
	p.Helper()
	closed := 0
	for _, outcome := range want {
		closed += len(outcome[:min(1, len(outcome))])
	}
	cases, err := guard.Closed(deadline(p.T), p.arn, closed)
	p.must(err)
	var got []contract.Outcome
	for _, c := range cases {
		got = append(got, c.Outcome)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		p.Errorf("outcomes %q, want %q", got, want)
	}
}

func TestAnApprovedPolicyIsRestoredAndTheGuardIgnoresItself(t *testing.T) {
	t.Parallel()
	p, link := suspicious(t, "guard-approved")
	p.stands("v2", policies.Placeholder)
	p.decide(link, approvals.Approved)
	p.outcomes(contract.Restored)
	p.stands("v1", guardBad)
	if got := p.versions(); !slices.Equal(got, []string{"v1"}) {
		t.Errorf("versions %q", got)
	}
	// Neither the placeholder nor the restoration is a change that it hears of.
	outcomes, err := guard.Outcomes(deadline(t))
	p.must(err)
	if got := outcomes[p.arn]; !slices.Equal(got, []contract.Outcome{contract.Restored}) {
		t.Errorf("executions %q", got)
	}
}

func TestADeniedPolicyStaysRolledBackAndTheOutcomeIsTold(t *testing.T) {
	t.Parallel()
	p, link := suspicious(t, "guard-denied")
	p.decide(link, approvals.Denied)
	p.outcomes(contract.Denied)
	p.stands("v2", policies.Placeholder)
	if got := p.versions(); !slices.Equal(got, []string{"v1", "v2"}) {
		t.Errorf("versions %q", got)
	}
	eventually(t, "a mail that tells the outcome", func() bool {
		mails, err := guard.Mails()
		p.must(err)
		return slices.ContainsFunc(mails, func(mail laptop.Mail) bool {
			return strings.Contains(mail.Text, "Policy guard: DENIED") && strings.Contains(mail.Text, p.arn) && strings.Contains(mail.Text, "Decided by "+policyguard.Administrator)
		})
	})
}

func TestInlinePoliciesOfRolesUsersAndGroupsAreGuarded(t *testing.T) {
	t.Parallel()
	ctx, client := deadline(t), guard.IAM()
	name, inline, document := aws.String("guard-inline"), aws.String("inline"), aws.String(guardBad)
	must := suspect{T: t}.must
	must(guard.Role(ctx, *name))
	_, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: name})
	must(err)
	_, err = client.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: name})
	must(err)
	_, err = client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: inline, PolicyDocument: document})
	must(err)
	_, err = client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: inline, PolicyDocument: document})
	must(err)
	_, err = client.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: name, PolicyName: inline, PolicyDocument: document})
	must(err)
	for _, kind := range []contract.Kind{contract.Role, contract.User, contract.Group} {
		p := contract.Policy{Kind: kind, Of: *name, Name: *inline}
		link, err := guard.Asked(ctx, *inline+" of "+string(kind)+" "+*name, 1)
		must(err)
		standing := func() string {
			document, err := guard.Inline(ctx, p)
			must(err)
			return document
		}
		if got := standing(); !policies.Same(got, policies.Placeholder) {
			t.Errorf("%s: %s stands", kind, got)
		}
		must(approver.Decide(ctx, link, approvals.Approved, ""))
		if cases, err := guard.Closed(ctx, p.Key(), 1); err != nil || cases[0].Outcome != contract.Restored || cases[0].Document != guardBad {
			t.Errorf("%s: %+v, %v", kind, cases, err)
		}
		if got := standing(); got != guardBad {
			t.Errorf("%s: %s stands", kind, got)
		}
	}
}

func TestAPolicyThatIsChangedMeanwhileIsNotOverwritten(t *testing.T) {
	t.Parallel()
	p, link := suspicious(t, "guard-changed")
	p.version(guardHarmless)
	p.decide(link, approvals.Approved)
	p.outcomes(contract.Changed)
	p.stands("v3", guardHarmless)
}

func TestAPolicyThatIsDeletedMeanwhileIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	p, link := suspicious(t, "guard-deleted")
	ctx := deadline(t)
	_, err := guard.IAM().DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: &p.arn, VersionId: aws.String("v1")})
	p.must(err)
	_, err = guard.IAM().DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &p.arn})
	p.must(err)
	p.decide(link, approvals.Approved)
	p.outcomes(contract.Deleted)
	p.stands("", "")
}

// Two alarms on one policy: the later change is asked about by itself, and
// approving the earlier one does not touch it.
func TestALaterChangeOfAPolicySupersedesTheEarlierOne(t *testing.T) {
	t.Parallel()
	p, first := suspicious(t, "guard-superseded")
	p.version(guardWorse)
	second := p.asked(2)
	p.stands("v2", policies.Placeholder) // the one that is there
	p.decide(first, approvals.Approved)
	p.outcomes(contract.Superseded, "")
	p.stands("v2", policies.Placeholder)
	p.decide(second, approvals.Approved)
	p.outcomes(contract.Superseded, contract.Restored)
	p.stands("v3", guardWorse)
	if got := p.versions(); !slices.Equal(got, []string{"v1", "v3"}) {
		t.Errorf("versions %q", got)
	}
}

func TestWhatIsPutInForceAgainIsJudgedAgain(t *testing.T) {
	t.Parallel()
	p, link := suspicious(t, "guard-again")
	p.decide(link, approvals.Denied)
	p.outcomes(contract.Denied)
	_, err := guard.IAM().SetDefaultPolicyVersion(deadline(t), &iam.SetDefaultPolicyVersionInput{PolicyArn: &p.arn, VersionId: aws.String("v1")})
	p.must(err)
	link = p.asked(2)
	p.decide(link, approvals.Approved)
	p.outcomes(contract.Denied, contract.Restored)
	p.stands("v1", guardBad)
}

func TestAPolicyWithFiveVersionsIsRolledBackAsWell(t *testing.T) {
	t.Parallel()
	p := suspect{T: t, name: "guard-five"}
	var err error
	p.arn, err = guard.Create(deadline(t), p.name, guardHarmless)
	p.must(err)
	for range 3 {
		p.version(guardHarmless)
	}
	p.version(guardBad)
	link := p.asked(1)
	if got := p.versions(); !slices.Equal(got, []string{"v2", "v3", "v4", "v5", "v6"}) {
		t.Errorf("versions %q", got)
	}
	rows, err := guard.Rows(deadline(t), p.arn)
	p.must(err)
	kept := ""
	for entry := range rows {
		if strings.HasPrefix(entry, contract.PrefixVersion) && strings.HasSuffix(entry, "#v1") {
			kept = entry
		}
	}
	if kept == "" {
		t.Errorf("v1 is not kept: %v", rows)
	}
	p.decide(link, approvals.Approved)
	p.outcomes(contract.Restored)
	p.stands("v5", guardBad)
}

// Harmless changes are left alone, and calls that IAM refuses never heard of.
func TestWhatIsHarmlessOrRefusedIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := suspect{T: t, name: "guard-harmless"}
	var err error
	p.arn, err = guard.Create(deadline(t), p.name, guardHarmless)
	p.must(err)
	_, err = guard.Create(deadline(t), p.name, guardBad) // there is one
	if _, exists := errors.AsType[*types.EntityAlreadyExistsException](err); !exists {
		t.Errorf("%v", err)
	}
	_, err = guard.IAM().CreatePolicyVersion(deadline(t), &iam.CreatePolicyVersionInput{PolicyArn: &p.arn, PolicyDocument: aws.String(guardBad)})
	p.must(err)
	eventually(t, "both changes judged", func() bool {
		outcomes, err := guard.Outcomes(deadline(t))
		p.must(err)
		return slices.Equal(outcomes[p.arn], []contract.Outcome{contract.Allowed, contract.Allowed})
	})
	p.stands("v1", guardHarmless)
	if cases, err := guard.Changes(deadline(t), p.arn); err != nil || len(cases) > 0 {
		t.Errorf("%+v, %v", cases, err)
	}
}

// The guard's own roles have what it takes to roll back. That is told, and never
// rolled back.
func TestTheGuardNeverRollsBackItsOwnPermissions(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	roles, err := guard.IAM().ListRoles(ctx, &iam.ListRolesInput{MaxItems: aws.Int32(1000)})
	must := suspect{T: t}.must
	must(err)
	at := slices.IndexFunc(roles.Roles, func(r types.Role) bool {
		return strings.Contains(*r.RoleName, "Restore") && strings.Contains(*r.RoleName, "PolicyGuard")
	})
	if at < 0 {
		t.Fatal("no role of Restore")
	}
	p := contract.Policy{Kind: contract.Role, Of: *roles.Roles[at].RoleName, Name: "more"}
	_, err = guard.IAM().PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &p.Of, PolicyName: &p.Name, PolicyDocument: aws.String(guardBad)})
	must(err)
	if cases, err := guard.Closed(ctx, p.Key(), 1); err != nil || cases[0].Outcome != contract.Alerted {
		t.Errorf("%+v, %v", cases, err)
	}
	if got, err := guard.Inline(ctx, p); err != nil || got != guardBad {
		t.Errorf("%s stands, %v", got, err)
	}
	_, err = guard.IAM().DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &p.Of, PolicyName: &p.Name})
	must(err)
}

// Whoever has the boundary may do what is granted to them, but nothing to the
// guard, whatever a policy says.
func TestTheBoundaryKeepsEverybodyOffTheGuard(t *testing.T) {
	t.Parallel()
	ctx, client := deadline(t), guard.IAM()
	must := suspect{T: t}.must
	name := aws.String("guard-bounded")
	_, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: name, PermissionsBoundary: &guard.Boundary})
	must(err)
	_, err = client.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")})
	must(err)
	key, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name})
	must(err)
	config := here.AWS()
	config.Credentials = credentials.NewStaticCredentialsProvider(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
	bounded := iam.NewFromConfig(config)
	_, err = bounded.ListUsers(ctx, &iam.ListUsersInput{})
	must(err)
	_, err = sqs.NewFromConfig(config).ListQueues(ctx, &sqs.ListQueuesInput{})
	must(err)

	for what, call := range map[string]func() error{
		"judge something else": func() error {
			_, err := sfn.NewFromConfig(config).StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &guard.Workflow, Input: aws.String("{}")})
			return err
		},
		"read what is asked": func() error {
			_, err := dynamodb.NewFromConfig(config).Scan(ctx, &dynamodb.ScanInput{TableName: &guard.Cases})
			return err
		},
		"loosen the boundary": func() error {
			_, err := bounded.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: &guard.Boundary, PolicyDocument: aws.String(guardBad), SetAsDefault: true})
			return err
		},
		"take it off": func() error {
			_, err := bounded.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: name})
			return err
		},
		"make somebody without it": func() error {
			_, err := bounded.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("guard-unbounded")})
			return err
		},
	} {
		err := call()
		if failure, ok := errors.AsType[smithy.APIError](err); !ok || !strings.HasPrefix(failure.ErrorCode(), "AccessDenied") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = bounded.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("guard-also-bounded"), PermissionsBoundary: &guard.Boundary})
	must(err)
	// IAM counts its characters without blanks.
	document, ok, err := shared.ReadVersion(ctx, client, guard.Boundary, "v1")
	if n := len(strings.Join(strings.Fields(document), "")); !ok || err != nil || n > 6144 {
		t.Errorf("the boundary has %d characters, %v", n, err)
	}
}
