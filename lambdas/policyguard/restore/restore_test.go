package restore

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/iamtest"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/internal/policies"
	"github.com/tradepost-dev/tradepost/internal/policyguard"
	"github.com/tradepost-dev/tradepost/lambdas/policyguard/rollback"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	bad      = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}`
	harmless = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}`
	trust    = `{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}}`
)

// room is an account in which the guard has rolled back a managed policy, by
// event m, and a role's inline one, by event i.
type room struct {
	*iamtest.Account
	t       *testing.T
	restore *Handler
	back    *rollback.Handler
	arn     string
	inline  contract.Policy
}

func newRoom(t *testing.T) *room {
	t.Helper()
	tables := dynamotest.Empty(t)
	tables.Create("Cases", contract.AttrPolicy, contract.AttrEntry)
	cases := policyguard.Cases{DynamoDB: tables, Table: "Cases"}
	r := &room{Account: iamtest.New(t), t: t, arn: iamtest.ARN("p"), inline: contract.Policy{Kind: contract.Role, Of: "n", Name: "inline"}}
	r.restore, r.back = &Handler{IAM: r.Account, Cases: cases}, &rollback.Handler{IAM: r.Account, Cases: cases}
	_, err := r.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(bad)})
	r.must(err)
	_, err = r.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("n"), AssumeRolePolicyDocument: aws.String(trust)})
	r.must(err)
	r.put(bad)
	r.rollBack("m", contract.Policy{Kind: contract.Managed, ARN: r.arn}, "v1", bad)
	r.rollBack("i", r.inline, "", bad)
	r.Calls = nil
	return r
}

func (r *room) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) rollBack(event string, p contract.Policy, version, document string) {
	r.t.Helper()
	got, err := r.back.Handle(r.t.Context(), contract.RollBack{Execution: "execution-of-" + event, Evaluated: contract.Evaluated{
		EventID: event, Policy: p, Key: p.Key(), Version: version, Document: document}})
	if err != nil || got.Outcome != contract.RolledBack {
		r.t.Fatalf("%+v, %v", got, err)
	}
}

func (r *room) put(document string) {
	r.t.Helper()
	_, err := policyguard.PutInline(r.t.Context(), r.Account, r.inline, document)
	r.must(err)
}

func (r *room) version(document string) {
	r.t.Helper()
	_, err := r.CreatePolicyVersion(r.t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: &r.arn, PolicyDocument: &document, SetAsDefault: true})
	r.must(err)
}

func (r *room) setDefault(version string) {
	r.t.Helper()
	_, err := r.SetDefaultPolicyVersion(r.t.Context(), &iam.SetDefaultPolicyVersionInput{PolicyArn: &r.arn, VersionId: &version})
	r.must(err)
}

func (r *room) managedCase() contract.Restore {
	return contract.Restore{Execution: "execution-of-m", EventID: "m", Policy: contract.Policy{Kind: contract.Managed, ARN: r.arn}}
}

func (r *room) inlineCase() contract.Restore {
	return contract.Restore{Execution: "execution-of-i", EventID: "i", Policy: r.inline}
}

// want restores, and checks what comes of it and what stands then: a version, or
// a document.
func (r *room) want(in contract.Restore, want contract.Outcome, standing string) {
	r.t.Helper()
	got, err := r.restore.Handle(r.t.Context(), in)
	if err != nil || got.Outcome != want {
		r.t.Errorf("%+v, %v, want %s", got, err, want)
	}
	now := ""
	if in.Policy.Kind == contract.Managed {
		d, _, err := policyguard.ReadDefault(r.t.Context(), r.Account, in.Policy.ARN)
		r.must(err)
		now = d.Version
	} else {
		document, _, err := policyguard.ReadInline(r.t.Context(), r.Account, in.Policy)
		r.must(err)
		now = document
	}
	if now != standing {
		r.t.Errorf("%s stands, want %s", now, standing)
	}
	if lock, err := r.restore.Cases.Lock(r.t.Context(), in.Policy.Key()); err != nil {
		r.t.Errorf("%s stays locked: %v", in.Policy.Key(), err)
	} else {
		r.must(lock.Unlock(r.t.Context()))
	}
}

func TestWhatStoodIsRestoredAndThePlaceholderGoes(t *testing.T) {
	r := newRoom(t)
	for range 2 { // repeated, too
		r.want(r.managedCase(), contract.Restored, "v1")
		r.want(r.inlineCase(), contract.Restored, bad)
	}
	if _, ok, err := policyguard.ReadVersion(t.Context(), r.Account, r.arn, "v2"); ok || err != nil {
		t.Errorf("the placeholder is there, %v", err)
	}
}

// Nothing is overwritten that was changed since.
func TestWhatWasChangedMeanwhileStaysAsItIs(t *testing.T) {
	r := newRoom(t)
	r.version(harmless)
	r.put(harmless)
	r.want(r.managedCase(), contract.Changed, "v3")
	r.want(r.inlineCase(), contract.Changed, harmless)
	if slices.ContainsFunc(r.Calls, func(call string) bool { return call == "SetDefaultPolicyVersion" }) {
		t.Errorf("calls %q", r.Calls)
	}
}

func TestAnOriginalThatWasDeletedMeanwhileCannotBeRestored(t *testing.T) {
	r := newRoom(t)
	_, err := r.DeletePolicyVersion(t.Context(), &iam.DeletePolicyVersionInput{PolicyArn: &r.arn, VersionId: aws.String("v1")})
	r.must(err)
	r.want(r.managedCase(), contract.Changed, "v2")
	if _, ok, err := policyguard.ReadVersion(t.Context(), r.Account, r.arn, "v2"); !ok {
		t.Errorf("the placeholder is gone, %v", err)
	}
}

func TestAPolicyThatWasDeletedMeanwhileIsNotMadeAgain(t *testing.T) {
	r := newRoom(t)
	_, err := r.DeletePolicyVersion(t.Context(), &iam.DeletePolicyVersionInput{PolicyArn: &r.arn, VersionId: aws.String("v1")})
	r.must(err)
	_, err = r.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: &r.arn})
	r.must(err)
	_, err = r.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: &r.inline.Of, PolicyName: &r.inline.Name})
	r.must(err)
	r.want(r.managedCase(), contract.Deleted, "")
	r.want(r.inlineCase(), contract.Deleted, "")
	_, err = r.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: &r.inline.Of})
	r.must(err)
	r.want(r.inlineCase(), contract.Deleted, "")

	// Another one by its name has versions by the same names.
	_, err = r.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(bad)})
	r.must(err)
	r.version(policies.Placeholder)
	r.want(r.managedCase(), contract.Deleted, "v2")
}

// The later change is asked about by itself: approving the first one does not
// put it in force.
func TestACaseThatALaterOneHasSupersededRestoresNothing(t *testing.T) {
	r := newRoom(t)
	r.version(bad)
	r.put(strings.ReplaceAll(bad, "iam:", "s3:"))
	r.rollBack("m2", contract.Policy{Kind: contract.Managed, ARN: r.arn}, "v3", bad)
	r.rollBack("i2", r.inline, "", strings.ReplaceAll(bad, "iam:", "s3:"))
	r.want(r.managedCase(), contract.Superseded, "v2")
	r.want(r.inlineCase(), contract.Superseded, policies.Placeholder)

	later, laterInline := r.managedCase(), r.inlineCase()
	later.Execution, later.EventID = "execution-of-m2", "m2"
	laterInline.Execution, laterInline.EventID = "execution-of-i2", "i2"
	r.want(later, contract.Restored, "v3")
	r.want(laterInline, contract.Restored, strings.ReplaceAll(bad, "iam:", "s3:"))
}

func TestARestoredChangeThatIsMadeAgainIsAskedAboutAgain(t *testing.T) {
	r := newRoom(t)
	r.want(r.managedCase(), contract.Restored, "v1")
	r.setDefault("v1")
	r.rollBack("m2", contract.Policy{Kind: contract.Managed, ARN: r.arn}, "v1", bad)
	again := r.managedCase()
	again.Execution, again.EventID = "execution-of-m2", "m2"
	r.want(again, contract.Restored, "v1")
}

func TestAnInlinePolicyThatHadToBeDeletedComesBack(t *testing.T) {
	for name, row := range map[string]struct {
		meanwhile string
		want      contract.Outcome
		standing  string
	}{
		"nothing since": {"", contract.Restored, bad}, "another one since": {harmless, contract.Changed, harmless}, "a placeholder since": {policies.Placeholder, contract.Changed, policies.Placeholder},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			r.put(bad)
			r.Before = func(action string) error {
				if action == "PutRolePolicy" {
					return cloud.Errorf(409, "LimitExceeded", "full")
				}
				return nil
			}
			r.rollBack("i2", r.inline, "", bad)
			if r.Before = nil; row.meanwhile != "" {
				r.put(row.meanwhile)
			}
			again := r.inlineCase()
			again.Execution, again.EventID = "execution-of-i2", "i2"
			r.want(again, row.want, row.standing)
		})
	}
}

func TestWhatIAMRefusesOrIsTooBusyForSaysSo(t *testing.T) {
	for code, busy := range map[string]bool{"Throttling": true, "ServiceFailure": true, "ConcurrentModification": true, "EntityTemporarilyUnmodifiable": true, "AccessDenied": false} {
		r := newRoom(t)
		status := map[bool]int{true: 400, false: 403}[busy]
		if code == "ServiceFailure" {
			status = 500
		}
		r.Before = func(action string) error {
			if action == "SetDefaultPolicyVersion" {
				return cloud.Errorf(status, code, "no")
			}
			return nil
		}
		_, err := r.restore.Handle(t.Context(), r.managedCase())
		_, isBusy := err.(*patience.ServiceBusy)
		_, isRefused := err.(*patience.ServiceRefused)
		if isBusy != busy || isRefused == busy || !strings.Contains(err.Error(), "put v1 of "+r.arn+" in force") {
			t.Errorf("%s: %T %v", code, err, err)
		}
		r.Before = nil
		r.want(r.managedCase(), contract.Restored, "v1")
	}
}

func TestALockedPolicyIsNotRestored(t *testing.T) {
	r := newRoom(t)
	_, err := r.restore.Cases.Lock(t.Context(), r.arn)
	r.must(err)
	if _, err := r.restore.Handle(t.Context(), r.managedCase()); err != (contract.PolicyLocked{Policy: r.arn}) || len(r.Calls) > 0 {
		t.Errorf("%v, calls %q", err, r.Calls)
	}
}
